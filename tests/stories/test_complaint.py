"""What happens to a complaint, from the telephone call to the archive."""

from __future__ import annotations

from typing import Any

import pytest

import engine
from tests.world import World


def test_a_simple_complaint_takes_five_steps_and_leaves_its_trace(world: World) -> None:
    """Receive, classify, handle, feedback, archive; every fact in causal order, the chain whole."""
    case = world.start()

    world.walk(case, "receive", "classify", "handle", "feedback", "archive")

    view = world.view(case)
    assert (view.state, view.tokens) == ("completed", ())
    assert [step.step for step in view.steps if step.times] == ["receive", "classify", "handle", "feedback", "archive"]
    step = ["item.offered", "item.claimed", "item.completed", "clock.met"]
    handled = [*step, "decision.taken"]
    assert world.kinds(case) == ["case.started", *step * 2, *handled, *step * 2, "clock.met", "case.completed"]
    with engine.reading(world.engine) as c:
        assert engine.check_log(c).ok


def test_each_step_is_offered_to_its_post_and_to_nobody_else(world: World) -> None:
    """The agent sees the first step, the supervisor the second; sales never sees a complaint that does not concern it."""
    case = world.start()
    with engine.reading(world.engine) as c:
        seen = {
            login: [row.step for row in engine.my_tasks(c, world.who(login), world.now)] for login in ("chen.jing", "wang.fang")
        }
    assert seen == {"chen.jing": ["receive"], "wang.fang": []}

    world.do(case, "receive")

    with engine.reading(world.engine) as c:
        seen = {
            login: [row.step for row in engine.my_tasks(c, world.who(login), world.now)]
            for login in ("chen.jing", "wang.fang", "sun.hao")
        }
    assert seen == {"chen.jing": [], "wang.fang": ["classify"], "sun.hao": []}


@pytest.mark.parametrize(
    ("compensation", "approver"),
    [
        (0, None),
        (0.01, "approve_manager"),
        (5000, "approve_manager"),
        (5000.01, "approve_director"),
        (80_000, "approve_director"),
    ],
)
def test_the_compensation_decides_who_approves(world: World, compensation: float, approver: str | None) -> None:
    """Up to 5 000 CNY the manager, above it the director, nobody when nothing is paid."""
    case = world.start()
    world.walk(case, "receive", "classify")

    world.do(case, "handle", {"compensation": compensation})

    assert [item.step for item in world.open_items(case)] == [approver or "feedback"]


def ask_everybody(world: World) -> engine.StartedCase:
    """A complaint that sales and legal are asked about, just classified."""
    case = world.start()
    world.do(case, "receive")
    world.do(case, "classify", {"ask_sales": True, "ask_legal": True})
    return case


@pytest.mark.parametrize(
    "order",
    [
        ("handle", "answer_sales", "answer_legal"),
        ("answer_legal", "answer_sales", "handle"),
        ("answer_sales", "handle", "answer_legal"),
    ],
)
def test_the_case_waits_for_every_department_that_was_asked_on_every_pass(sqlite_world: World, order: tuple[str, ...]) -> None:
    """A rejected compensation sends the case round again; on no pass does it go on with an answer missing."""
    case = ask_everybody(sqlite_world)
    for rounds in range(1, 5):
        for number, step in enumerate(order, 1):
            sqlite_world.do(case, step, {"compensation": 900} if step == "handle" else {})
            still = sorted(item.step for item in sqlite_world.open_items(case))
            assert still == (sorted(order[number:]) or ["approve_manager"]), f"pass {rounds}, after {step}"
        sqlite_world.do(case, "approve_manager", {"approved": False, "reason": "Too much"})
        assert sorted(item.step for item in sqlite_world.open_items(case)) == sorted(order)


def test_a_special_demand_goes_to_the_director_and_skips_the_normal_path_when_granted(world: World) -> None:
    """The special approval path: decided directly by the named director."""
    case = world.start()
    world.do(case, "receive")
    world.do(case, "classify", {"special": True})
    assert [(item.step, item.post) for item in world.open_items(case)] == [("special_approval", "service-director")]

    world.do(case, "special_approval", {"granted": True})

    assert [item.step for item in world.open_items(case)] == ["feedback"]


def test_a_special_demand_that_is_refused_goes_back_to_the_normal_path(world: World) -> None:
    """Refused is not the end: the departments handle it as any other complaint."""
    case = world.start()
    world.do(case, "receive")
    world.do(case, "classify", {"special": True})

    world.do(case, "special_approval", {"granted": False})

    assert [item.step for item in world.open_items(case)] == ["handle"]


def test_a_customer_who_never_answers_does_not_keep_the_case_open(world: World) -> None:
    """After 72 hours of silence the feedback is withdrawn, dated at that instant although the worker slept: on to the archive."""
    case = world.start()
    world.walk(case, "receive", "classify", "handle")
    offered = world.item(case, "feedback").offered_at
    world.later(hours=100)

    assert [item.step for item in world.open_items(case)] == ["archive"]
    withdrawn = next(entry for entry in world.log(case) if entry.kind == "item.withdrawn")
    assert (withdrawn.at - offered).total_seconds() == 72 * 3600
    assert withdrawn.recorded_at == world.now


def test_an_answer_that_comes_after_the_silence_is_refused_even_if_the_sweep_has_not_been_by(world: World) -> None:
    """The timer was due first: the worker's delay must not decide which way the case goes."""
    case = world.start()
    world.walk(case, "receive", "classify", "handle")
    item, agent = world.item(case, "feedback"), world.who("chen.jing")
    with engine.writing(world.engine) as c:
        engine.claim(c, item.item, by=agent, now=world.now)
    world.later(hours=73, sweep=False)

    with pytest.raises(engine.WrongState), engine.writing(world.engine) as c:
        engine.complete(c, item.item, {"satisfied": True, "reopen": False}, by=agent, now=world.now)

    world.later(seconds=1)
    assert [open_item.step for open_item in world.open_items(case)] == ["archive"]


def test_a_dissatisfied_customer_opens_the_case_again(world: World) -> None:
    """Reopened complaints are handled again; their second pass is an activation of its own in the log."""
    case = world.start()
    world.walk(case, "receive", "classify", "handle")
    world.do(case, "feedback", {"satisfied": False, "reopen": True})

    world.walk(case, "handle", "feedback", "archive")

    done: list[Any] = [entry.step for entry in world.log(case) if entry.kind == "item.completed"]
    assert done == ["receive", "classify", "handle", "feedback", "handle", "feedback", "archive"]
    assert next(step for step in world.view(case).steps if step.step == "handle").times == 2


def test_a_customer_starts_a_case_without_signing_in_and_gets_a_receipt(world: World) -> None:
    """The receipt shows the number and the state, and nothing of the content."""
    case = world.start(by=None)

    with engine.reading(world.engine) as c:
        shown = engine.receipt(c, case.receipt)
        unknown = engine.receipt(c, "0" * 20)

    assert shown is not None
    assert (shown.number, shown.state) == (case.number, "running")
    assert set(shown.__slots__) == {"number", "code", "state", "started_at", "ended_at"}
    assert unknown is None
    assert world.log(case)[0].data["channel"] == "public"
