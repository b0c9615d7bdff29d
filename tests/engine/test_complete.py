"""Completing a step: once, by whoever claimed it, with the fields that its form declares and no others."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

import engine
from engine.model import sla_clock, work_item
from tests.world import SIMPLE, World


@pytest.fixture
def claimed(world: World) -> tuple[World, engine.StartedCase, int]:
    """A complaint whose first step Chen Jing has claimed."""
    case = world.start()
    item = world.item(case, "receive").item
    with engine.writing(world.engine) as c:
        engine.claim(c, item, by=world.who("chen.jing"), now=world.now)
    return world, case, item


def complete(world: World, item: int, answers: dict[str, Any], login: str = "chen.jing", key: str | None = None) -> str:
    """What the caller is told."""
    try:
        with engine.writing(world.engine) as c:
            engine.complete(c, item, answers, by=world.who(login), now=world.now, key=key)
    except engine.EngineError as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def fingerprint(world: World, case: engine.StartedCase) -> tuple[Any, ...]:
    """Everything that a refused command must leave alone."""
    with engine.reading(world.engine) as c:
        items = c.execute(sa.select(work_item).where(work_item.c.case_id == case.id)).all()
        clocks = c.execute(sa.select(sla_clock).where(sla_clock.c.case_id == case.id)).all()
    return tuple(map(tuple, items)), tuple(map(tuple, clocks)), tuple(world.kinds(case))


def test_the_answers_go_into_the_case_under_the_steps_name(claimed: tuple[World, engine.StartedCase, int]) -> None:
    """What the form asked is what the case holds."""
    world, case, item = claimed

    assert complete(world, item, SIMPLE["receive"]) == "done"

    assert world.view(case).data["receive"] == SIMPLE["receive"]


def test_only_measured_answers_reach_the_log(claimed: tuple[World, engine.StartedCase, int]) -> None:
    """Personal data stays out of the evidence."""
    world, case, item = claimed
    complete(world, item, SIMPLE["receive"])

    done = next(entry for entry in world.log(case) if entry.kind == "item.completed")

    assert done.data == {"measures": {"complete": True}, "comment_given": False}
    assert "Kettle" not in str(world.log(case))


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"product": "Kettle", "details": "x"}, "complete"),
        ({**SIMPLE["receive"], "complete": "perhaps"}, "complete"),
        ({**SIMPLE["receive"], "classify": {"special": True}}, "classify"),
        ({**SIMPLE["receive"], "__class__": "x"}, "__class__"),
        ({**SIMPLE["receive"], "product": ["a", "list"]}, "product"),
        ({**SIMPLE["receive"], "product": None}, "product"),
    ],
)
def test_a_wrong_answer_is_refused_by_field_and_nothing_is_written(
    claimed: tuple[World, engine.StartedCase, int], answers: dict[str, Any], told: str
) -> None:
    """Wrong type, missing, unknown: no form value can set another step's data or a key of the engine."""
    world, case, item = claimed
    before = fingerprint(world, case)

    answer = complete(world, item, answers)

    assert answer.startswith("BadInput")
    assert told in answer
    assert fingerprint(world, case) == before


def test_a_step_has_to_be_claimed_first(world: World) -> None:
    """Otherwise nobody could say how long hands were on it."""
    case = world.start()

    assert complete(world, world.item(case, "receive").item, SIMPLE["receive"]) == (
        "WrongState: 客户投诉接收 is not claimed: claim it first."
    )


def test_a_colleague_cannot_complete_what_one_has_claimed(claimed: tuple[World, engine.StartedCase, int]) -> None:
    """Same post, other person."""
    world, case, item = claimed
    before = fingerprint(world, case)

    assert complete(world, item, SIMPLE["receive"], "zhou.min").startswith("NotYours")
    assert complete(world, item, SIMPLE["receive"], "sun.hao").startswith("NotYours")
    assert fingerprint(world, case) == before


def test_two_browsers_complete_one_item_and_one_event_is_written(claimed: tuple[World, engine.StartedCase, int]) -> None:
    """The same person at two screens: the slower is told kindly who was faster."""
    world, case, item = claimed
    world.who("chen.jing")

    with ThreadPoolExecutor(8) as threads:
        told = Counter(threads.map(lambda _: complete(world, item, SIMPLE["receive"]), range(8)))

    assert told == {
        "done": 1,
        "WrongState: 客户投诉接收 has been completed already by Chen Jing (陈静). Nothing was changed by your answer.": 7,
    }
    assert world.kinds(case).count("item.completed") == 1
    assert [row.step for row in world.open_items(case)] == ["classify"]


def test_the_same_key_twice_has_its_effect_once(claimed: tuple[World, engine.StartedCase, int]) -> None:
    """A repeated request, as after a lost connection, gets the same answer and changes nothing."""
    world, case, item = claimed

    told = [complete(world, item, SIMPLE["receive"], key="form-1") for _ in range(2)]

    assert told == ["done", "done"]
    assert world.kinds(case).count("item.completed") == 1


def test_a_key_of_another_item_is_refused(claimed: tuple[World, engine.StartedCase, int]) -> None:
    """A key says which request it was."""
    world, case, item = claimed
    complete(world, item, SIMPLE["receive"], key="form-1")
    following = world.item(case, "classify").item
    with engine.writing(world.engine) as c:
        engine.claim(c, following, by=world.who("wang.fang"), now=world.now)

    told = complete(world, following, SIMPLE["classify"], "wang.fang", key="form-1")
    assert told == "WrongState: This idempotency key was used already."
    assert world.item(case, "classify").state == "claimed"


def test_a_comment_is_kept_with_the_item_and_only_its_presence_is_logged(claimed: tuple[World, engine.StartedCase, int]) -> None:
    """Words of people are for people."""
    world, case, item = claimed
    with engine.writing(world.engine) as c:
        engine.complete(c, item, SIMPLE["receive"], by=world.who("chen.jing"), now=world.now, comment=" called twice ")

    with engine.reading(world.engine) as c:
        assert engine.task(c, item, world.who("chen.jing")).comment == "called twice"
    done = next(entry for entry in world.log(case) if entry.kind == "item.completed")
    assert done.data["comment_given"] is True


def test_a_completion_costs_the_same_statements_however_long_the_case_has_run(sqlite_world: World) -> None:
    """One commit, and no statement more on the tenth round than on the first."""
    case = sqlite_world.start()
    sqlite_world.walk(case, "receive", "classify")
    counts = []
    for _ in range(10):
        sqlite_world.do(case, "handle")
        item, agent = sqlite_world.item(case, "feedback").item, sqlite_world.who("chen.jing")
        with engine.writing(sqlite_world.engine) as c:
            engine.claim(c, item, by=agent, now=sqlite_world.now)
        statements: list[str] = []
        sa.event.listen(sqlite_world.engine, "before_cursor_execute", lambda *a, seen=statements: seen.append(a[2]))
        with engine.writing(sqlite_world.engine) as c:
            engine.complete(c, item, {"satisfied": False, "reopen": True}, by=agent, now=sqlite_world.now)
        counts.append(len(statements))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 14
