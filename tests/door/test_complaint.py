"""The shipped complaint process CSC-2024-001 walks every way that it is drawn with, as values, without a database."""

from __future__ import annotations

from typing import Any

import pytest

from bpmn import shipped
from engine.spiff import prepare
from tests.door.paper import Case

INTAKE = {"intake": {"customer": "远东机械", "subject": "bearing noise"}}


@pytest.fixture(scope="module")
def machine():
    """The process, prepared once."""
    bundle = shipped("CSC-2024-001")
    return prepare(bundle.model, bundle.decisions)


def classified(machine, **answers: Any) -> Case:
    """A complaint that Chen Jing took and Wang Fang classified."""
    asked = {"type": "quality", "priority": "normal", "special": False, "ask_sales": False, "ask_legal": False} | answers
    return Case(machine, INTAKE).do("receive", complete=True).do("classify", **asked)


def test_a_simple_complaint_takes_the_five_steps(machine):
    case = classified(machine)
    assert case.open == ["handle"]
    case.do("handle", solution="replace the bearing", compensation=0)
    assert case.open == ["feedback"]
    case.do("feedback", satisfied=True, reopen=False)
    assert case.open == ["archive"]
    assert case.do("archive").at.done
    assert case.at.data["approval_level"] == {"approver": "none"}
    assert [step for step in case.passed if step == "approval_level"] == ["approval_level"]


@pytest.mark.parametrize(("sales", "legal"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("last", ["handle", "answer"])
def test_handling_waits_for_the_departments_that_were_asked(machine, sales, legal, last):
    case = classified(machine, ask_sales=sales, ask_legal=legal)
    asked = [step for step, wanted in (("answer_legal", legal), ("answer_sales", sales)) if wanted]
    assert case.open == [*asked, "handle"]
    order = [*asked, "handle"] if last == "handle" else ["handle", *asked]
    for step in order:
        assert "feedback" not in case.open
        case.do(step, compensation=0)
    assert case.open == ["feedback"]


@pytest.mark.parametrize(("money", "approver"), [(1, "approve_manager"), (5000, "approve_manager"), (5000.5, "approve_director")])
def test_money_is_approved_by_the_right_person_and_a_rejection_goes_back_to_handling(machine, money, approver):
    case = classified(machine, ask_sales=True).do("answer_sales").do("handle", compensation=money)
    assert case.open == [approver]
    case.do(approver, approved=False, reason="too much")
    assert case.open == ["answer_sales", "handle"]
    case.do("handle", compensation=0).do("answer_sales")
    assert case.open == ["feedback"]


def test_ten_rejections_never_let_a_case_through_with_one_answer(machine):
    case = classified(machine, ask_sales=True, ask_legal=True)
    for number in range(10):
        order = ["handle", "answer_sales", "answer_legal"]
        order = order[number % 3 :] + order[: number % 3]
        for step in order:
            assert case.open == sorted(order[order.index(step) :])
            case.do(step, compensation=9_000)
        assert case.open == ["approve_director"]
        case.do("approve_director", approved=number == 9)
    assert case.open == ["feedback"]


def test_a_special_approval_goes_straight_to_the_customer_or_back_to_the_normal_way(machine):
    assert classified(machine, special=True).do("special_approval", granted=True).open == ["feedback"]
    refused = classified(machine, special=True, ask_legal=True).do("special_approval", granted=False)
    assert refused.open == ["answer_legal", "handle"]


def test_a_customer_who_is_silent_for_72_hours_closes_the_case(machine):
    case = classified(machine).do("handle", compensation=0)
    offered = case.now
    assert (case.at.timer_at - offered).total_seconds() == 72 * 3600
    assert case.later(hours=72).open == ["archive"]
    assert case.passed[-1] == "customer_silent"
    assert case.do("archive").at.done


def test_a_customer_may_reopen_as_often_as_they_like(machine):
    case = classified(machine)
    for number in range(5):
        case.do("handle", compensation=0).do("feedback", satisfied=False, reopen=number < 4)
    assert case.open == ["archive"]
    assert len(case.at.state) < 600
