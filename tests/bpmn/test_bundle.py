"""The files of one process version: read together, refused together."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bpmn import BadModel, calendar_data, calendar_names, read_bundle, read_yaml, shipped, shipped_codes
from bpmn.documents import MOST_TEXT
from tests.bpmn.papers import DECISION, LABEL, LOOK, MODEL, bundle, files, form


def refusal(**changed: str | bytes | None) -> str:
    """Why Mei's changed files are refused, in one text."""
    with pytest.raises(BadModel) as caught:
        bundle(**changed)
    return str(caught.value)


def test_mei_s_files_become_one_bundle():
    given = files()
    found = read_bundle(given)
    assert found.model.code == "HR-1"
    assert set(found.decisions) == {"length"}
    assert set(found.forms) == {"request", "look"}
    assert found.card["effective"] == date(2026, 3, 2)
    assert found.organisation["persons"][0]["login"] == "mei"
    assert found.files == given
    assert (found.as_is, found.plan, found.rehearsal) == (None, {}, {})


def test_the_as_is_model_is_beside_and_never_the_main_one():
    found = read_bundle(files() | {"as-is.bpmn": MODEL.replace("HR-1", "HR-0").encode()})
    assert found.as_is is not None
    assert (found.model.code, found.as_is.code) == ("HR-1", "HR-0")


def test_the_main_model_may_have_any_name_when_it_is_the_only_one_or_is_named():
    given = files(model=None)
    assert read_bundle(given | {"leave.bpmn": MODEL.encode()}).model.code == "HR-1"
    two = given | {"leave.bpmn": MODEL.encode(), "old.bpmn": MODEL.replace("HR-1", "HR-0").encode()}
    assert read_bundle(two, main="old.bpmn").model.code == "HR-0"
    with pytest.raises(BadModel, match=r"to-be\.bpmn is missing"):
        read_bundle(two)


def test_every_bad_file_is_named_in_one_refusal():
    with pytest.raises(BadModel) as caught:
        bundle(model=MODEL.replace('sourceRef="begin"', 'sourceRef="x"'), decision="<x/>", card="- no", look="{")
    assert {finding.file for finding in caught.value.findings} == {"to-be.bpmn", "length.dmn", "card.yaml", "forms/look.json"}


def test_a_decision_in_two_files_is_ambiguous():
    with pytest.raises(BadModel, match="in another file too"):
        read_bundle(files() | {"again.dmn": DECISION.encode()})


def test_a_file_of_an_unknown_kind_is_kept_and_not_read():
    odd = {"notes.txt": b"\xff", "other.json": b"{", "sub/readme.yaml": b"}{", "old.bpmn": b"<broken"}
    found = read_bundle(files() | odd)
    assert found.files["notes.txt"] == b"\xff"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "not YAML"),
        ("a: !!python/object/apply:os.system [ls]", "not YAML"),
        ("a: &x 1\nb: *x", "aliases"),
        ("a: " + "[" * 40 + "]" * 40, "nested more than 32 deep"),
        ("[" * 5000, "nested more than 32 deep"),
        ("- a", "mapping"),
        ("1: a", "mapping"),
        ("", "mapping"),
        ("a: 1\n\x00", "not YAML"),
        ("a: 2026-13-45", "not YAML"),
        ("{[1]: 2}", "not YAML"),
        ("a: " + "x" * MOST_TEXT, "at most 500,000"),
    ],
)
def test_yaml_that_makes_objects_copies_itself_or_never_ends_is_refused(text, words):
    with pytest.raises(BadModel, match=words):
        read_yaml(text.encode(), "plan.yaml")


def test_yaml_in_another_encoding_is_refused_or_read_but_never_guessed():
    with pytest.raises(BadModel):
        read_yaml("a: 中".encode("gb18030"), "plan.yaml")


def test_the_line_of_a_yaml_mistake_is_named():
    with pytest.raises(BadModel) as caught:
        read_yaml(b"a: 1\nb: 2\nc: [1,\n", "plan.yaml")
    assert caught.value.findings[0].line == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ('{"type": "object", "properties": {"a": {"minimum": NaN}}}', "NaN"),
        ("[" * 100_000, "not JSON"),
        ("[]", "a form is a JSON Schema"),
        ('{"type": "array", "properties": {}}', "a form is a JSON Schema"),
        (json.dumps(form(a={"$ref": "http://127.0.0.1/x"})), "refers to no other schema"),
        (json.dumps(form(a={"type": "wish"})), "not JSON Schema"),
        (json.dumps(form(a={"title": "one language"})), "title in zh and en"),
        (json.dumps(form(a={"x-help": {"zh": "只有中文"}})), "x-help needs zh and en"),
        (json.dumps(form(a={"enum": ["x", "y"]})), "one label for each value"),
        (json.dumps(form(a={"enum": ["x", "y"], "x-labels": {"zh": ["甲"], "en": ["A", "B"]}})), "one label for each value"),
        (json.dumps(form() | {"title": "one language"}), "the form needs a title"),
        (json.dumps(form(a={"default": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]})), "at most 32 deep"),
    ],
)
def test_a_form_that_is_no_schema_or_cannot_be_read_by_people_is_refused(text, words):
    assert words in refusal(look=text)


def test_a_field_called_title_is_a_field_like_any_other():
    assert "title" in bundle(look=json.dumps(form(title={"type": "string"}, days={"type": "number"}))).forms["look"]["properties"]


def test_conditions_in_a_form_may_use_all_of_json_schema():
    schema = LOOK | {"allOf": [{"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["days"]}}]}
    assert bundle(look=json.dumps(schema)).forms["look"]["allOf"]


def test_an_organisation_of_the_wrong_shape_is_refused_before_anybody_uses_it():
    assert "$.posts" in refusal(organisation="departments: [{code: a, name: {zh: 甲, en: A}}]\nposts: {}\npersons: []")
    bad_role = "departments: [{code: a, name: {zh: 甲, en: A}}]\nposts: [{code: p, name: {zh: 乙, en: P}, department: a}]\n"
    assert "'king' is not one of" in refusal(
        organisation=bad_role + "persons: [{login: mei, name: {zh: 梅, en: Mei}, posts: [p], roles: [king]}]"
    )


def test_what_is_shipped_is_listed_and_anything_else_is_a_clear_no():
    assert shipped_codes() == ("CSC-2024-001",)
    assert shipped("CSC-2024-001").model.code == "CSC-2024-001"
    with pytest.raises(KeyError, match="there is CSC-2024-001"):
        shipped("../calendars")
    assert calendar_names() == ("cn",)
    with pytest.raises(KeyError, match="there is cn"):
        calendar_data("../CSC-2024-001/plan")


def test_labels_are_not_checked_where_json_schema_would_not_look():
    assert bundle(look=json.dumps(form(a={"type": "string", "title": LABEL}))).forms["look"]["properties"]["a"]["title"] == LABEL
