"""A pilot plan is read once, checked to the last bound, and hashed as it was written."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest

from bpmn import Duration
from pilots.errors import BadPlan
from pilots.plan import plan_bytes, plan_hash, read_plan


def complaint_plan() -> dict:
    return {
        "pilot": {
            "departments": ["customer-service", "sales"],
            "starts": date(2026, 3, 2),
            "weeks": 8,
            "max_cases": 150,
            "calendar": "cn",
        },
        "criteria": [
            {
                "id": "total-48h",
                "title": {"en": "Solved within 48 h", "zh": "48 小时内办结"},
                "metric": "cycle_time",
                "clock": "wall",
                "limit": "PT48H",
                "goal": 0.9,
                "tolerance": 0.05,
                "must": True,
            },
            {
                "id": "receive-15",
                "title": {"en": "Received within 15 minutes", "zh": "15 分钟内接收"},
                "metric": "step_sojourn",
                "step": "receive",
                "clock": "working",
                "limit": "15 working minutes",
                "goal": 0.9,
                "must": False,
            },
            {
                "id": "satisfied",
                "title": {"en": "Customers are satisfied", "zh": "客户满意"},
                "metric": "share_true",
                "field": "feedback.satisfied",
                "goal": 0.9,
                "must": True,
            },
        ],
        "reviews": [date(2026, 4, 10), "2026-04-24"],
        "baseline": {"total": "P5D"},
    }


def with_criterion(**changes) -> dict:
    plan = complaint_plan()
    plan["criteria"][0] |= changes
    return plan


def with_pilot(**changes) -> dict:
    plan = complaint_plan()
    plan["pilot"] |= changes
    return plan


def test_a_plan_is_read_with_its_defaults():
    plan = read_plan(complaint_plan())
    total, receive, satisfied = plan.criteria
    assert plan.starts == date(2026, 3, 2)
    assert plan.reviews == (date(2026, 4, 10), date(2026, 4, 24))
    assert plan.must_haves == (total, satisfied)
    assert (total.floor, total.alpha, total.cancelled, total.min_weeks) == (0.85, 0.05, "separate", 4)
    assert receive.clock == "working"
    assert str(receive.limit) == "15 working minutes"


def test_true_or_false_answers_count_from_cases_as_old_as_the_whole_case_may_get():
    assert read_plan(complaint_plan()).criteria[2].limit == Duration.parse("PT48H")


def test_the_plan_goes_round_and_keeps_its_hash():
    plan = read_plan(complaint_plan())
    again = read_plan(json.loads(json.dumps(plan.to_dict())))
    assert again == plan
    assert plan_hash(again) == plan_hash(plan) == plan_hash(complaint_plan())
    assert plan_hash(plan) == hashlib.sha256(plan_bytes(plan)).hexdigest()


def test_the_hash_does_not_depend_on_the_order_of_the_entries_but_on_every_value():
    plan = complaint_plan()
    assert plan_hash(dict(reversed(plan.items()))) == plan_hash(plan)
    assert plan_hash(with_criterion(goal=0.89)) != plan_hash(plan)


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (with_criterion(limit="PT0H"), "criterion total-48h: limit: 'PT0H' is not a duration"),
        (with_criterion(limit="two days"), "criterion total-48h: limit: 'two days' is not a duration"),
        (with_criterion(limit=None), "the limit is missing"),
        (with_criterion(goal=0), "goal: 0 is not a share above 0 and up to 1"),
        (with_criterion(goal=1.01), "goal: 1.01 is not a share"),
        (with_criterion(goal=True), "goal: True is not a share"),
        (with_criterion(goal=float("nan")), "goal: None is not a share"),
        (with_criterion(tolerance=0.9), "tolerance: 0.9 is not a share from 0 to below the goal"),
        (with_criterion(alpha=0.5), "alpha: 0.5 is not a risk"),
        (with_criterion(metric="happiness"), "metric: 'happiness' is unknown; use one of cycle_time"),
        (with_criterion(clock="working"), "clock is 'working', but PT48H is counted on the wall clock"),
        (with_criterion(step="receive"), "cycle_time is about the whole case; leave step out"),
        (with_criterion(field="a.b"), "cycle_time reads no field"),
        (with_criterion(metric="share_true"), "field must name a step and its yes/no answer"),
        (with_criterion(metric="step_sojourn"), "step: must be a text"),
        (with_criterion(cancelled="ignore"), "cancelled: 'ignore' is unknown"),
        (with_criterion(must="yes"), "must: 'yes' is neither true nor false"),
        (with_criterion(id="total 48"), "an id is made of letters"),
        (with_criterion(id="satisfied"), "'satisfied' is the id of two criteria"),
        (with_criterion(title={}), "the title is missing"),
        (with_criterion(tolerence=0.05), "'tolerence' is not an entry of a plan"),
        (with_pilot(weeks=0), "pilot.weeks: 0 is not a whole number from 1 to 520"),
        (with_pilot(max_cases=-5), "pilot.max_cases: -5 is not a whole number"),
        (with_pilot(starts="next week"), "pilot.starts: 'next week' is not a date"),
        (with_pilot(calendar=""), "pilot.calendar: must be a text"),
        (complaint_plan() | {"criteria": []}, "the plan promises nothing"),
        (complaint_plan() | {"reviews": ["2026-04-24", "2026-04-10"]}, "2026-04-10 does not come after 2026-04-24"),
        (complaint_plan() | {"reviews": ["2026-03-02"]}, "2026-03-02 does not come after 2026-03-02"),
        (complaint_plan() | {"reviews": "weekly"}, "reviews: must be a list"),
        (complaint_plan() | {"pilot": None}, "pilot: must be a set of named entries"),
        (complaint_plan() | {"budget": 5}, "'budget' is not an entry of a plan"),
        (complaint_plan() | {"baseline": {"total": object()}}, "something that is not plain data"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_plan_that_cannot_be_kept_is_refused_with_a_sentence(plan, sentence):
    with pytest.raises(BadPlan) as refused:
        read_plan(plan)
    assert sentence in str(refused.value)


def test_a_plan_without_a_must_have_decides_nothing():
    plan = complaint_plan()
    for criterion in plan["criteria"]:
        criterion["must"] = False
    with pytest.raises(BadPlan, match="no criterion is a must-have"):
        read_plan(plan)


def test_a_criterion_about_a_step_that_the_model_does_not_have_is_refused():
    assert read_plan(complaint_plan(), steps={"receive", "classify"})
    with pytest.raises(BadPlan, match="the model has no step 'receive'; it has archive, classify"):
        read_plan(complaint_plan(), steps=["classify", "archive"])
