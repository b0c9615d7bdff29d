"""Starting a case: once per request, on the pilot's version, by staff or by the public form."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import engine
from tests.world import CODE, INTAKE, World


def start(world: World, answers: dict[str, Any], **how: Any) -> engine.StartedCase:
    """Start in a transaction of its own."""
    with engine.writing(world.engine) as c:
        return engine.start_case(c, CODE, answers, by=world.who("chen.jing"), now=world.now, **how)


def test_a_case_belongs_to_the_running_pilot_and_has_a_number_for_people(world: World) -> None:
    """The log's first entry of a case says under what it was started."""
    case = start(world, INTAKE)

    first = world.log(case)[0]
    assert case.number == "CSC-2024-001-00001"
    assert (first.kind, first.data["pilot"], first.data["rehearsal"], first.data["standard"]) == (
        "case.started",
        world.pilot_id,
        False,
        "PT48H",
    )
    assert world.view(case).subject == INTAKE["subject"]


def test_the_same_key_gives_the_same_case_again(world: World) -> None:
    """A form sent twice is one complaint."""
    first, second = start(world, INTAKE, key="k-1"), start(world, INTAKE, key="k-1")
    assert first == second
    assert [entry.kind for entry in world.log()].count("case.started") == 1


def test_numbers_are_neither_lost_nor_doubled_when_many_start_at_once(world: World) -> None:
    """Sixteen complaints from four desks."""
    world.who("chen.jing")
    with ThreadPoolExecutor(4) as threads:
        numbers = {case.number for case in threads.map(lambda _: start(world, INTAKE), range(16))}
    assert numbers == {f"CSC-2024-001-{n:05d}" for n in range(1, 17)}
    with engine.reading(world.engine) as c:
        assert engine.check_log(c).ok


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, "subject"),
        ({**INTAKE, "subject": ""}, "subject"),
        ({**INTAKE, "channel": "pigeon"}, "channel"),
        ({**INTAKE, "special": True}, "special"),
        ({**INTAKE, "description": 7}, "description"),
    ],
)
def test_a_wrong_intake_is_refused_by_field_and_no_number_is_used_up(world: World, answers: dict[str, Any], told: str) -> None:
    """Nothing is written."""
    with pytest.raises(engine.BadInput) as refused:
        start(world, answers)
    assert told in refused.value.fields
    assert start(world, INTAKE).number.endswith("-00001")


def test_an_unknown_process_is_not_found(world: World) -> None:
    """The sentence names it."""
    with pytest.raises(engine.NotFound, match="'HR-1'"), engine.writing(world.engine) as c:
        engine.start_case(c, "HR-1", {}, by=None, now=world.now)
