"""A form that nobody could show, or that could be used to stall the server, is refused before it is asked."""

from __future__ import annotations

import time
from typing import Any

import pytest

from bpmn import shipped, shipped_codes
from engine.errors import CannotGoOn
from engine.forms import BadForm, check_form, read_answers
from tests.forms.samples import NUMBER, RULING, TEXT, YES_NO, form

DEEP: dict[str, Any] = {}
for _ in range(12):
    DEEP = {"not": DEEP}
DEEP_RULES: dict[str, Any] = {"required": ["a"]}
for _ in range(12):
    DEEP_RULES = {"allOf": [DEEP_RULES]}

BAD: list[tuple[Any, str]] = [
    ({"type": "object"}, "properties: a form has at most 100 fields"),
    (form() | {"properties": {f"f{n}": TEXT for n in range(101)}}, "properties: a form has at most 100 fields"),
    (form(a=TEXT) | {"additionalProperties": True}, "additionalProperties: must be false"),
    (form(a=TEXT) | {"$ref": "http://127.0.0.1/x"}, "the form.$ref: this keyword"),
    (form(a=TEXT) | {"$defs": {}}, "the form.$defs: this keyword"),
    (form(a=TEXT | {"$ref": "#"}), "a.$ref: this keyword"),
    (form(a=TEXT, rules={"patternProperties": {"(a+)+$": {}}}), "the form.patternProperties: this keyword"),
    (form(a=TEXT, rules={"anyOf": [{}]}), "the form.anyOf: this keyword"),
    (form(a=True), "a: must be described"),
    (form(a={"type": "array"}), "a.type: 'array' is not a type of a field"),
    (form(a={"type": ["string", "null"]}), "a.type: ['string', 'null'] is not a type"),
    (form() | {"properties": {"a-b": TEXT}}, "a-b: a field's name is made of letters"),
    (form(__class__=TEXT), "__class__: a field's name"),
    (form(a=TEXT | {"x-ui": "slider"}), "a.x-ui: 'slider' is not one of textarea"),
    (form(a=TEXT | {"enum": ["x", 1]}), "a.enum: every choice must be a string"),
    (form(a={"type": "integer", "enum": [1, True]}), "a.enum: every choice must be a integer"),
    (form(a=TEXT | {"enum": ["x", "y"], "x-labels": {"zh": ["甲"]}}), "a.x-labels: must have one label for each choice"),
    (form(a=TEXT | {"x-measure": True}), "a.x-measure: free text may hold personal data"),
    (form(a=NUMBER | {"x-subject": True}), "a.x-subject: what names a case is a text"),
    (form(a=TEXT | {"x-subject": True}, b=TEXT | {"x-subject": True}), "x-subject: only one field"),
    (form(a=TEXT | {"maxLength": 10_001}), "a.maxLength: a text has at most 10000"),
    (form(a=TEXT | {"maxLength": 50, "pattern": "(a+)+$"}), "a.pattern: may have no groups"),
    (form(a=TEXT | {"maxLength": 50, "pattern": "a*a*a*b"}), "a.pattern: may have no groups, at most two"),
    (form(a=TEXT | {"maxLength": 50, "pattern": "a?" * 5}), "at most four ?"),
    (form(a=TEXT | {"maxLength": 50, "pattern": "[a"}), "a.pattern: is not a regular expression"),
    (form(a=TEXT | {"pattern": "^a+$"}), "a.pattern: needs a maxLength"),
    (form(("b",), a=TEXT), "the form.required: there is no field 'b'"),
    (form(a=TEXT, rules={"dependentRequired": {"a": ["b"]}}), "there is no field 'b'"),
    (form(a=TEXT, rules={"if": {"properties": {"b": {"const": 1}}}}), "the form.if: there is no field 'b'"),
    (form(a=TEXT, rules={"then": {"required": ["b"]}}), "the form.then.required: there is no field 'b'"),
    (form(a=TEXT, rules={"else": {"properties": {"b": {"const": 1}}}}), "the form.else.properties: there is no field 'b'"),
    (form(a=TEXT, rules={"then": {"properties": {"a": {"pattern": "(a+)+$"}}}}), "the form.then.a.pattern: this keyword"),
    (form(a=TEXT, rules={"if": {"properties": {"a": {"pattern": "(a+)+$"}}}}), "the form.if.pattern: this keyword"),
    (form(a=TEXT, rules={"if": {"not": {"$dynamicRef": "#"}}}), "the form.if.$dynamicRef: this keyword"),
    (form(a=TEXT, rules={"allOf": [False]}), "the form.allOf[0]: must be a table"),
    (form(a=TEXT, rules={"allOf": [{"oneOf": []}]}), "the form.allOf[0].oneOf: this keyword"),
    (form(a=TEXT, rules={"if": DEEP}), "conditions are nested more than 8 deep"),
    (form(a=TEXT, rules=DEEP_RULES), "conditions are nested more than 8 deep"),
]


@pytest.mark.parametrize(("schema", "sentence"), BAD, ids=[sentence for _, sentence in BAD])
def test_a_form_beyond_what_can_be_asked_is_refused_and_the_sentence_says_where(schema: Any, sentence: str) -> None:
    assert any(sentence in complaint for complaint in check_form(schema)), check_form(schema)
    with pytest.raises(BadForm, match="The form that belongs to this step cannot be used"):
        read_answers(schema, {"a": "x"}, text=True)


def test_a_bad_form_is_an_incident_of_the_case_and_not_the_fault_of_who_filled_it_in() -> None:
    assert issubclass(BadForm, CannotGoOn)


@pytest.mark.parametrize(
    "schema",
    [
        form(),
        RULING,
        form(a=TEXT | {"maxLength": 11, "pattern": r"^1[3-9]\d{9}$"}),
        form(a=TEXT | {"maxLength": 30, "pattern": r"^[A-Z]{2,4}-\(?\d+\)?$"}),
        form(客户=TEXT, rules={"description": "a complaint", "x-note": "for us"}),
        form(
            a=TEXT,
            b=YES_NO,
            rules={"if": {"anyOf": [{"required": ["a"]}, {"not": {"required": ["b"]}}]}, "else": {"required": ["b"]}},
        ),
    ],
)
def test_what_people_really_ask_is_a_form(schema: Any) -> None:
    assert check_form(schema) == ()


def test_every_shipped_form_is_one() -> None:
    forms = {f"{code}/{ref}": schema for code in shipped_codes() for ref, schema in shipped(code).forms.items()}
    assert len(forms) >= 9
    assert {name: check_form(schema) for name, schema in forms.items() if check_form(schema)} == {}


def test_the_worst_pattern_that_is_allowed_is_still_answered_at_once() -> None:
    worst = form(answer=TEXT | {"maxLength": 200, "pattern": "a*a?a?a?a?a*b"})
    started = time.perf_counter()
    with pytest.raises(Exception, match="not written in the form"):
        read_answers(worst, {"answer": "a" * 200}, text=True)
    assert time.perf_counter() - started < 5
