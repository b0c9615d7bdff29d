"""Rehearsal: the real engine, invented people; repeatable, marked, and never part of a real verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import engine
import pilots
from pilots.rehearse import BadRehearsal, Rehearsal, rehearse, shift_plan
from tests.world import CODE, World


def play(world: World, cases: int, seed: int = 1, **how: Any) -> tuple[Rehearsal, list[engine.LogEntry]]:
    """Rehearse in the world's own database; the log of that pilot."""
    bundle = how.pop("bundle", world.bundle)
    with engine.writing(world.engine) as c:
        done = rehearse(c, CODE, bundle=bundle, cases=cases, seed=seed, **how)
    with engine.reading(world.engine) as c:
        return done, engine.event_log(c, pilot_id=done.pilot_id)


def report(world: World, done: Rehearsal) -> Mapping[str, Any]:
    """The figures of a rehearsed pilot."""
    with engine.reading(world.engine) as c:
        view = engine.pilot_view(c, done.pilot_id)
        entries = engine.event_log(c, pilot_id=done.pilot_id)
    plan = pilots.read_plan(view.plan)
    return pilots.report_dict(pilots.assess(plan, entries, view.calendars, done.ended_at, rehearsal=True))


def facts(entries: list[engine.LogEntry]) -> list[tuple[Any, ...]]:
    """What happened and when, without the places in the chain."""
    return [(entry.at, entry.kind, entry.case, entry.step, entry.person, dict(entry.data)) for entry in entries]


def test_two_hundred_cases_give_the_same_report_on_both_databases(sqlite_world: World, pg_world: World) -> None:
    """Every figure and the hash of the log itself: nothing depends on where the rows lie."""
    told = []
    for world in (sqlite_world, pg_world):
        done, _ = play(world, 200)
        told.append(report(world, done))
    assert told[0] == told[1]
    assert told[0]["counts"]["assessed"] == 200


def test_the_same_seed_gives_the_same_story_and_another_seed_another(sqlite_world: World) -> None:
    """Later rehearsals in one database differ from the first only in numbers of rows."""
    stories = [play(sqlite_world, 12, seed) for seed in (5, 5, 6)]
    first, again, other = ([(fact[0], fact[1], fact[3], fact[4]) for fact in facts(log) if fact[2]] for _, log in stories)
    assert first == again
    assert first != other


def test_every_case_is_worked_to_its_end_in_working_hours(sqlite_world: World) -> None:
    """Nobody of the staff claims or completes at lunch, at night or on a Sunday."""
    done, log = play(sqlite_world, 30)
    calendar = sqlite_world.bundle and engine.Calendar.from_data(_calendar_data(sqlite_world, done))
    worked = [entry for entry in log if entry.kind in ("item.claimed", "item.completed")]
    assert sum(entry.kind == "case.completed" for entry in log) == 30
    assert worked
    for entry in worked:
        opens = calendar.next_working_instant(entry.at)
        closes_then = any(end == entry.at for _, end in calendar.hours_of(entry.at.astimezone(calendar.zone).date()))
        assert opens == entry.at or closes_then, entry


def _calendar_data(world: World, done: Rehearsal) -> Mapping[str, Any]:
    with engine.reading(world.engine) as c:
        data: Mapping[str, Any] = engine.pilot_view(c, done.pilot_id).calendar_data["cn"]
    return data


def test_nobody_has_two_tasks_in_hand(sqlite_world: World) -> None:
    """Capacity is real: a person finishes one thing before the next."""
    _, log = play(sqlite_world, 30)
    in_hand: dict[str, int] = {}
    for entry in log:
        if entry.kind in ("item.claimed", "item.completed") and entry.person:
            in_hand[entry.person] = in_hand.get(entry.person, 0) + (1 if entry.kind == "item.claimed" else -1)
            assert in_hand[entry.person] in (0, 1), entry


def test_rehearsed_cases_are_marked_and_kept_out_of_the_real_pilot(sqlite_world: World) -> None:
    """The real pilot next to it has seen nothing; a mixture is refused."""
    done, log = play(sqlite_world, 8)
    real = sqlite_world.start()

    started = [entry for entry in log if entry.kind == "case.started"]
    assert all(entry.case and entry.case.startswith("R-") and entry.data["rehearsal"] for entry in started)
    with engine.reading(sqlite_world.engine) as c:
        view = engine.pilot_view(c, sqlite_world.pilot_id)
        own = engine.event_log(c, pilot_id=sqlite_world.pilot_id)
        both = engine.event_log(c, code=CODE)
    assert {entry.case for entry in own if entry.case} == {real.number}
    plan = pilots.read_plan(view.plan)
    judged = pilots.report_dict(pilots.assess(plan, both, view.calendars, sqlite_world.now + timedelta(days=90), rehearsal=False))
    assert judged["counts"] == {"assessed": 1, "left_out_rehearsed": 8, "later_entries": judged["counts"]["later_entries"]}
    with pytest.raises(pilots.MixedLog):
        pilots.assess(plan, both, view.calendars, done.ended_at + timedelta(days=90), rehearsal=True)


def test_a_rehearsal_that_stops_at_an_instant_leaves_its_cases_open(sqlite_world: World) -> None:
    """As a pilot is found by a review: some done, some under way, nothing later than the instant."""
    start = datetime.fromisoformat("2026-03-02T09:00:00+08:00")
    until = start + timedelta(days=1, hours=5)

    done, log = play(sqlite_world, 40, start=start, until=until)

    assert done.ended_at == until
    assert 0 < done.cases < 40
    assert max(entry.at for entry in log if entry.case) <= until
    assert sum(entry.kind == "case.completed" for entry in log) < done.cases


def test_moving_a_plan_moves_all_its_dates(sqlite_world: World) -> None:
    """Reviews keep their distance from the start."""
    moved = shift_plan(sqlite_world.bundle.plan, datetime.fromisoformat("2026-03-12").date())
    assert (moved["pilot"]["starts"], moved["reviews"]) == ("2026-03-12", ["2026-04-09", "2026-05-10"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arrivals": {"per_working_day": 0, "calendar": "cn"}}, "above 0"),
        ({"arrivals": {"calendar": "cn"}}, "per_working_day"),
        ({"touch": {"receive": {"min": 9, "mode": 4, "max": 10}}}, "min <= mode <= max"),
        ({"staff": {"service-agent": 7}}, "asks for 7"),
        ({"answers": {"intake": {"subject": {"loc": 3}}}}, "answers.intake.subject"),
    ],
)
def test_assumptions_that_cannot_be_used_are_refused_never_replaced(
    sqlite_world: World, changes: dict[str, Any], said: str
) -> None:
    """A simulator that substitutes a default tells a story about another company."""
    bundle = replace(sqlite_world.bundle, rehearsal={**sqlite_world.bundle.rehearsal, **changes})
    before = len(sqlite_world.log())
    with pytest.raises(BadRehearsal, match=said):
        play(sqlite_world, 3, bundle=bundle)
    assert len(sqlite_world.log()) == before
