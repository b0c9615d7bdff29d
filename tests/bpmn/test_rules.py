"""Each rule about a process on paper: Mei's bundle keeps it, and one change breaks it and no other."""

from __future__ import annotations

import json

import pytest

from bpmn import check, read_bundle
from bpmn.rules import RULES
from tests.bpmn.papers import CARD, LABEL, MODEL, ORGANISATION, bundle, files, form, rules_of, spoiled

RACI = '<pilot:raci responsible="clerk" accountable="hr-lead" consulted="boss" informed="applicant"/>'
STANDARD = '<pilot:standard completion="2 working hours" reaction="30 working minutes" calendar="cn"/>'
GATEWAY = '<exclusiveGateway id="long"'
LONE = '<exclusiveGateway id="lone"/><sequenceFlow id="f9" sourceRef="lone" targetRef="days"/>'

# rule -> what is changed in which file, and the element that is named
BAD: dict[str, tuple[str, tuple[tuple[str, str], ...], str]] = {
    "one-responsible": ("model", ((RACI, ""),), "look"),
    "one-accountable": ("model", ((' accountable="hr-lead"', ""),), "look"),
    "step-standard": ("model", ((STANDARD, ""),), "look"),
    "reaction-first": ("model", (('reaction="30 working minutes"', 'reaction="2 working hours"'),), "look"),
    "known-calendar": ("model", (('calendar="cn"', 'calendar="mars"'),), "look"),
    "step-fits-process": ("model", (('completion="4 working hours"', 'completion="PT25H"'),), "decide"),
    "step-name": ("model", ((' name="Decide"', ""),), "decide"),
    "input-and-output": ("model", (('<pilot:input name="opinion"/>', ""),), "decide"),
    "form-exists": ("model", (('<pilot:form ref="look"/>', '<pilot:form ref="look2"/>'),), "look"),
    "decision-exists": ("model", (('<pilot:decision ref="length"/>', '<pilot:decision ref="width"/>'),), "days"),
    "public-intake-form": ("model", (('<pilot:form ref="request"/>', ""),), "begin"),
    "intake-subject": ("request", (('"x-subject": true', '"x-subject": false'),), "begin"),
    "process-code": ("model", (('<pilot:process code="HR-1" owner="hr-lead" director="boss"/>', ""),), "leave_process"),
    "process-owner": ("model", ((' owner="hr-lead"', ""),), "leave_process"),
    "process-director": ("model", ((' director="boss"', ""),), "leave_process"),
    "process-standard": ("model", (('<pilot:standard completion="PT24H"/>', ""),), "leave_process"),
    "lane-department": ("model", (('<pilot:department code="board"/>', ""),), "lane_board"),
    "step-in-lane": ("model", (("<flowNodeRef>look</flowNodeRef>", ""),), "look"),
    "superfluous-gateway": ("model", ((GATEWAY, LONE + GATEWAY), ('targetRef="days"/>\n    <sequenceFlow id="f3"',
                                                                 'targetRef="lone"/>\n    <sequenceFlow id="f3"')), "lone"),
    "known-posts": ("model", (('consulted="boss"', 'consulted="bosss"'),), "look"),
    "known-departments": ("model", (('<pilot:department code="board"/>', '<pilot:department code="bored"/>'),), "lane_board"),
    "post-in-its-lane": ("model", (('<pilot:raci responsible="boss" accountable="boss"/>',
                                    '<pilot:raci responsible="clerk" accountable="boss"/>'),), "decide"),
    "card-code": ("card", (("code: HR-1", "code: HR-2"),), "leave_process"),
    "card-one-responsible": ("card", (("responsible: [clerk]", "responsible: [clerk, boss]"),), "look"),
    "card-one-accountable": ("card", ((", accountable: [hr-lead]", ""),), "look"),
    "card-post-is-responsible": ("card", (("post: clerk", "post: hr-lead"),), "look"),
    "card-step-in-model": ("card", (("id: look", "id: leer"), ("look: {resp", "leer: {resp")), "leave_process"),
    "card-standard": ("card", (("standard: 2 working hours", "standard: 3 working hours"),), "look"),
}  # fmt: skip
# Without the process element three things are missing at once; a stranger's department is no post's home.
TOGETHER = {"process-code": {"process-owner", "process-director"}, "known-departments": {"post-in-its-lane"}}
TEXTS = {"model": MODEL, "card": CARD, "request": files()["forms/request.json"].decode()}


def test_mei_s_bundle_keeps_every_rule():
    assert check(bundle()) == ()


@pytest.mark.parametrize("rule", BAD)
def test_one_change_breaks_its_rule_and_no_other(rule):
    file, edits, element = BAD[rule]
    findings = check(bundle(**{file: spoiled(TEXTS[file], *edits)}))

    finding = next(finding for finding in findings if finding.rule == rule)
    assert finding.element == element
    assert len(finding.message) > 20
    assert set(rules_of(findings)) - {rule} <= TOGETHER.get(rule, set())


def test_every_rule_has_a_bad_example_a_sentence_and_a_name_of_its_own():
    assert {one.id for one in RULES} == set(BAD)
    assert len({one.id for one in RULES}) == len(RULES)
    for one in RULES:
        assert one.sentence.endswith("."), one.id
        assert "\n" not in one.sentence, one.id


def test_a_finding_in_the_model_has_its_line_and_one_in_the_card_has_its_file():
    (in_model,) = check(bundle(model=spoiled(MODEL, (STANDARD, ""))))
    assert in_model.line == MODEL[: MODEL.index('<userTask id="look"')].count("\n") + 1
    assert in_model.file is None
    (in_card,) = check(bundle(card=spoiled(CARD, (", accountable: [hr-lead]", ""))))
    assert (in_card.line, in_card.file) == (None, "card.yaml")


def test_errors_come_before_warnings_and_each_group_in_the_order_of_the_file():
    edits = (
        (' name="Decide"', ""),
        (STANDARD, ""),
        (' director="boss"', ""),
        ('<pilot:form ref="look"/>', '<pilot:form ref="x"/>'),
    )
    findings = check(bundle(model=spoiled(MODEL, *edits)))
    assert [finding.severity for finding in findings] == ["error", "error", "error", "warning"]
    assert rules_of(findings)[0] == "process-director"


def test_a_business_rule_task_without_any_decision_is_told_to_name_one():
    (finding,) = check(bundle(model=spoiled(MODEL, ('<pilot:decision ref="length"/>', ""))))
    assert "names no decision" in finding.message


def test_the_owner_must_be_a_post_of_the_organisation_too():
    (finding,) = check(bundle(model=spoiled(MODEL, ('owner="hr-lead"', 'owner="nobody"'))))
    assert (finding.rule, finding.element) == ("known-posts", "leave_process")


def test_somebody_outside_may_be_informed_but_never_responsible():
    responsible = spoiled(MODEL, ('responsible="clerk"', 'responsible="applicant"'))
    assert "known-posts" in rules_of(check(bundle(model=responsible)))


def test_without_an_organisation_posts_and_departments_are_not_judged():
    text = spoiled(MODEL, ('consulted="boss"', 'consulted="anyone"'), ('code="board"', 'code="anywhere"'))
    assert check(bundle(model=text, organisation=None)) == ()


def test_a_subject_that_is_no_text_does_not_name_a_case():
    request = form(days={"type": "number", "x-subject": True})
    assert rules_of(check(bundle(request=json.dumps(request)))) == ["intake-subject"]
    two = form(a={"type": "string", "x-subject": True}, b={"type": "string", "x-subject": True, "title": LABEL})
    assert rules_of(check(bundle(request=json.dumps(two)))) == ["intake-subject"]


def test_what_was_left_out_of_a_foreign_file_is_among_the_warnings():
    text = spoiled(MODEL, ('<userTask id="look"', '<userTask xmlns:odd="urn:odd" odd:assignee="mei" id="look"'))
    (finding,) = check(bundle(model=text))
    assert (finding.rule, finding.severity) == ("foreign", "warning")


def test_a_department_without_people_is_no_reason_to_complain():
    organisation = ORGANISATION[: ORGANISATION.index("persons:")] + "persons: []\n"
    assert check(read_bundle(files(organisation=organisation))) == ()
