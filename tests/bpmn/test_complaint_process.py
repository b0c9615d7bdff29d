"""The shipped complaint process CSC-2024-001: what the contract of the pilot says is what is drawn, asked and promised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bpmn import Bundle, Duration, check, shipped
from tests.bpmn.papers import rules_of

STEPS: dict[str, tuple[str, str, str, str, str]] = {
    "receive": ("service-agent", "service-supervisor", "15 working minutes", "receive", "customer-service"),
    "classify": ("service-supervisor", "service-manager", "30 working minutes", "classify", "customer-service"),
    "special_approval": ("service-director", "service-director", "2 working hours", "special", "customer-service"),
    "handle": ("service-agent", "service-manager", "4 working hours", "handle", "customer-service"),
    "answer_sales": ("sales-representative", "sales-manager", "2 working hours", "answer_sales", "sales"),
    "answer_legal": ("legal-counsel", "legal-manager", "2 working hours", "answer_legal", "legal"),
    "approve_manager": ("service-manager", "service-director", "2 working hours", "approve", "customer-service"),
    "approve_director": ("service-director", "service-director", "2 working hours", "approve", "customer-service"),
    "feedback": ("service-agent", "service-supervisor", "1 working hour", "feedback", "customer-service"),
    "archive": ("service-agent", "service-supervisor", "30 working minutes", "archive", "customer-service"),
}
WAYS = {
    ("special_asked", "special_approval"): "classify.special == true",
    ("special_granted", "feedback"): "special_approval.granted == true",
    ("involve", "handle"): "true",
    ("involve", "answer_sales"): "classify.ask_sales == true",
    ("involve", "answer_legal"): "classify.ask_legal == true",
    ("who_approves", "approve_manager"): 'approval_level.approver == "manager"',
    ("who_approves", "approve_director"): 'approval_level.approver == "director"',
    ("reopened", "to_handling"): "feedback.reopen == true",
}


@pytest.fixture(scope="module")
def complaint() -> Bundle:
    """The shipped bundle, read once."""
    return shipped("CSC-2024-001")


@pytest.mark.parametrize("step", STEPS)
def test_each_step_has_its_post_its_standard_its_form_and_its_department(complaint, step):
    node = complaint.model.by_id[step]
    responsible, accountable, standard, form, department = STEPS[step]
    assert (node.raci.responsible, node.raci.accountable) == (responsible, accountable)
    assert node.standard.completion == Duration.parse(standard)
    assert (node.standard.calendar, node.form) == ("cn", form)
    assert complaint.model.department_of(step) == department


def test_there_are_no_other_steps_and_everything_has_a_chinese_name(complaint):
    assert {step.id for step in complaint.model.steps()} == set(STEPS)
    named = [*complaint.model.nodes, *complaint.model.lanes, *(flow for flow in complaint.model.flows if flow.name)]
    for element in named:
        assert any("\u4e00" <= character <= "\u9fff" for character in element.name), element.id


def test_the_whole_process_promises_forty_eight_hours_and_has_an_owner_and_a_director(complaint):
    model = complaint.model
    assert (model.code, model.owner, model.director) == ("CSC-2024-001", "service-manager", "service-director")
    assert model.standard is not None
    assert str(model.standard.completion) == "PT48H"


def test_the_public_may_complain_without_signing_in(complaint):
    intake = complaint.model.start()
    assert (intake.id, intake.form, intake.public_intake) == ("intake", "intake", True)


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_each_way_is_taken_under_its_condition(complaint, way):
    (flow,) = [flow for flow in complaint.model.flows if (flow.source, flow.target) == way]
    assert flow.condition == WAYS[way]


def test_a_rejection_by_whoever_was_asked_leads_back_and_an_old_one_does_not(complaint):
    (flow,) = [flow for flow in complaint.model.flows if (flow.source, flow.target) == ("approved", "to_handling")]
    assert flow.condition is not None
    for approver in ("manager", "director"):
        assert f'approval_level.approver == "{approver}" and approve_{approver}.approved == false' in flow.condition


def test_every_exclusive_choice_has_a_way_when_nothing_applies(complaint):
    for node in complaint.model.nodes:
        if node.kind == "exclusiveGateway" and len(node.outgoing) > 1:
            assert node.default in node.outgoing, node.id


def test_a_customer_who_is_silent_for_three_days_does_not_keep_the_case_open(complaint):
    silent = complaint.model.by_id["customer_silent"]
    assert (silent.attached_to, silent.interrupting, silent.events[0].text) == ("feedback", True, "PT72H")
    assert [flow.target for flow in complaint.model.flows if flow.source == "customer_silent"] == ["archive"]


def test_compensation_is_decided_by_its_amount(complaint):
    decision = complaint.decisions["compensation"]
    assert decision.inputs[0].expression == "handle.compensation"
    assert [(row.inputs, row.outputs) for row in decision.rules] == [
        (("0",), ('"none"',)),
        (("(0..5000]",), ('"manager"',)),
        (("> 5000",), ('"director"',)),
    ]


def test_the_process_on_paper_keeps_every_rule_and_the_card_keeps_its_known_mistakes(complaint):
    findings = check(complaint)
    assert all(finding.severity == "warning" and finding.file == "card.yaml" for finding in findings)
    found = {(finding.rule, finding.element) for finding in findings}
    assert found == {
        ("card-one-responsible", "handle"),
        ("card-post-is-responsible", "handle"),
        ("card-one-accountable", "feedback"),
        ("card-one-accountable", "archive"),
    }
    assert len(rules_of(findings)) == 3


def good_answers(name: str) -> dict[str, Any]:
    """What an honest clerk would enter."""
    return {
        "intake": {"subject": "漏水", "channel": "telephone", "customer": "刘洋", "contact": "010", "description": "空调漏水"},
        "receive": {"product": "空调", "details": "安装后漏水", "complete": True},
        "classify": {"type": "quality", "priority": "normal", "special": False, "ask_sales": True, "ask_legal": False},
        "special": {"granted": True, "ruling": "同意"},
        "handle": {"solution": "上门检修", "compensation": 300.5},
        "answer_sales": {"answer": "同意"},
        "answer_legal": {"answer": "无异议"},
        "approve": {"approved": False, "reason": "金额偏高"},
        "feedback": {"satisfied": True, "reopen": False},
        "archive": {"summary": "已解决"},
    }[name]


def test_each_form_takes_honest_answers_and_nothing_it_did_not_ask(complaint):
    assert len(complaint.forms) == 10
    for name, form in complaint.forms.items():
        validator = Draft202012Validator(form)
        answers = good_answers(name)
        assert list(validator.iter_errors(answers)) == [], name
        assert not validator.is_valid(answers | {"salary": 1}), name
        for field in form["required"]:
            assert not validator.is_valid({key: value for key, value in answers.items() if key != field}), (name, field)


def test_a_rejection_without_a_reason_is_not_taken(complaint):
    validator = Draft202012Validator(complaint.forms["approve"])
    assert validator.is_valid({"approved": True})
    assert not validator.is_valid({"approved": False})


def test_a_compensation_is_never_negative(complaint):
    validator = Draft202012Validator(complaint.forms["handle"])
    assert not validator.is_valid({"solution": "x", "compensation": -1})


def test_only_answers_about_the_process_are_measured_never_about_the_person(complaint):
    measured = {
        (name, field)
        for name, form in complaint.forms.items()
        for field, schema in form["properties"].items()
        if schema.get("x-measure")
    }
    assert measured == {("receive", "complete"), ("feedback", "satisfied"), ("feedback", "reopen")}
    assert [field for field, schema in complaint.forms["intake"]["properties"].items() if schema.get("x-subject")] == ["subject"]


def test_every_post_of_the_process_is_held_by_somebody(complaint):
    held = {post for person in complaint.organisation["persons"] for post in person["posts"]}
    for step in complaint.model.steps():
        assert step.raci is not None
        assert {step.raci.responsible, step.raci.accountable} <= held, step.id
    assert {person["login"] for person in complaint.organisation["persons"]} >= {"chen.jing", "li.na", "zhao.lei", "admin"}


def test_the_rehearsal_gives_every_step_a_time_and_every_form_an_answer(complaint):
    rehearsal = complaint.rehearsal
    assert set(rehearsal["touch"]) == set(STEPS)
    for step, minutes in rehearsal["touch"].items():
        assert 0 < minutes["min"] <= minutes["mode"] <= minutes["max"], step
    for step in ("intake", *STEPS):
        form = complaint.forms[complaint.model.by_id[step].form]
        answers: Mapping[str, Any] = rehearsal["answers"][step]
        assert set(form["required"]) <= set(answers) <= set(form["properties"]), step
    for answers in rehearsal["answers"].values():
        for field, how in answers.items():
            assert sum(how["choice"].values()) == pytest.approx(1) if "choice" in how else True, field


def test_the_staff_of_the_rehearsal_is_in_the_organisation(complaint):
    persons = complaint.organisation["persons"]
    for post, count in complaint.rehearsal["staff"].items():
        assert count <= sum(post in person["posts"] for person in persons), post
    assert set(complaint.rehearsal["staff"]) == {step.raci.responsible for step in complaint.model.steps()}


def test_the_plan_promises_what_the_process_can_be_measured_by(complaint):
    plan = complaint.plan
    criteria = {criterion["id"]: criterion for criterion in plan["criteria"]}
    assert len(criteria) == len(plan["criteria"]) == 7
    total = criteria["total-48h"]
    assert (total["clock"], total["limit"], total["goal"], total["tolerance"], total["must"]) == (
        "wall",
        "PT48H",
        0.85,
        0.05,
        True,
    )
    for criterion in criteria.values():
        if criterion["metric"] == "step_sojourn":
            step = complaint.model.by_id[criterion["step"]]
            assert Duration.parse(criterion["limit"]) == step.standard.completion
        if criterion["metric"] == "share_true":
            step, field = criterion["field"].split(".")
            assert complaint.forms[complaint.model.by_id[step].form]["properties"][field]["x-measure"] is True
        assert 0 < criterion["tolerance"] < criterion["goal"] < 1
    assert {name for name, criterion in criteria.items() if criterion["must"]} == {
        "total-48h",
        "classify-on-time",
        "handle-on-time",
        "satisfied",
    }


def test_the_as_is_process_has_three_approvals_in_a_row_and_no_intake_form(complaint):
    as_is = complaint.as_is
    assert as_is is not None
    assert as_is.start().form is None
    following = {flow.source: flow.target for flow in as_is.flows if flow.id in {"a_proposed", "a_one", "a_two"}}
    assert following == {"propose": "supervisor_signs", "supervisor_signs": "manager_signs", "manager_signs": "director_signs"}
    assert {lane.department for lane in as_is.lanes} == {"customer-service", "sales", "legal"}
