"""A pilot whose cases call another department's process: its steps are measured, rehearsed, packed and verified as any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

import engine
import pilots
from pilots.archive import read_archive, write_archive
from pilots.eventlog import read_csv
from pilots.pack import CALLED, with_manifest
from pilots.rehearse import BadRehearsal
from tests import returns
from tests.world import World

INSPECT = "goods_return/inspect"


def plan(world: World) -> dict[str, Any]:
    """The plan of the shipped process, with a promise and a question about a step of the called one."""
    kept = [one for one in world.bundle.plan["criteria"] if one["metric"] == "cycle_time"]
    step = {**kept[0], "id": "inspected", "metric": "step_sojourn", "step": INSPECT, "limit": "PT4H", "must": False}
    asked = {**kept[0], "id": "sound", "metric": "share_true", "field": f"{INSPECT}.sound", "must": False}
    return {**world.bundle.plan, "criteria": [*kept, step, asked], "baseline": {}}


@pytest.fixture
def rehearsed(sqlite_world: World) -> tuple[World, pilots.Rehearsal]:
    """Thirty rehearsed complaints; the logistics clerk is assumed in the called process's own rehearsal.yaml."""
    returns.move_in(sqlite_world)
    bundle = replace(
        returns.complaint(), plan=plan(sqlite_world), organisation={"persons": [*sqlite_world.bundle.organisation["persons"]]}
    )
    with engine.writing(sqlite_world.engine) as c:
        return sqlite_world, pilots.rehearse(c, returns.COMPLAINT, bundle=bundle, cases=30, seed=4)


def look(world: World, done: pilots.Rehearsal) -> tuple[engine.PilotView, list[engine.LogEntry], pilots.Assessment]:
    """The pilot, its log and its figures at the end of the rehearsal."""
    with engine.reading(world.engine) as c:
        view = engine.pilot_view(c, done.pilot_id)
        entries = engine.event_log(c, pilot_id=done.pilot_id)
    return view, entries, pilots.assess(pilots.read_plan(view.plan), entries, view.calendars, done.ended_at, rehearsal=True)


def pack(world: World, done: pilots.Rehearsal) -> bytes:
    """The evidence of the rehearsal."""
    view, entries, assessment = look(world, done)
    with engine.reading(world.engine) as c:
        called = engine.called_models(c, entries)
    names = {returns.COMPLAINT: view.row.name, **view.step_names}
    return pilots.build_pack(
        assessment,
        entries,
        model_xml=view.bundle.model.xml,
        plan=pilots.read_plan(view.plan),
        names=names,
        language="en",
        calendars=view.calendar_data,
        called=called,
    )


def test_steps_of_the_called_process_are_steps_of_their_own_in_the_measures(rehearsed: tuple[World, pilots.Rehearsal]) -> None:
    world, done = rehearsed
    view, _, assessment = look(world, done)
    rows = {row.step: row for row in assessment.steps}
    assert set(rows) == {"receive", "goods_return/collect", INSPECT, "refund", "feedback"}
    assert rows[INSPECT].name == view.step_names[INSPECT] == "Inspect"
    assert 10 < rows[INSPECT].completed < 30
    assert rows[INSPECT].completed == rows["goods_return/collect"].completed
    results = {result.id: result for result in assessment.criteria}
    assert results["inspected"].n_mature == rows[INSPECT].offered
    assert results["sound"].n_mature == rows[INSPECT].completed
    assert {row.post for row in assessment.posts} == {"service-agent", "logistics-clerk"}


def test_the_pack_holds_the_called_models_and_is_verified_with_them(rehearsed: tuple[World, pilots.Rehearsal]) -> None:
    made = pack(*rehearsed)
    assert pilots.verify_pack(made).problems == ()
    parts = read_archive(made)
    (name,) = orjson.loads(parts[CALLED])
    assert name == f"{returns.RETURN} V1.0"
    assert INSPECT in {entry.step for entry in read_csv(parts["events.csv"])}
    assert f'value="{INSPECT}"'.encode() in parts["events.xes"]


def test_a_called_model_that_was_changed_left_out_or_added_is_found(rehearsed: tuple[World, pilots.Rehearsal]) -> None:
    parts = read_archive(pack(*rehearsed))
    models = orjson.loads(parts[CALLED])
    (name, model), *_ = models.items()
    forged = {
        "is not the model that the log says was deployed": {name: model.replace("Inspect", "Inspekt")},
        "which cases call, is missing": {},
        "no case calls LOG-9 V1.0": {**models, "LOG-9 V1.0": model},
    }
    for sentence, content in forged.items():
        changed = {**parts, CALLED: orjson.dumps(content, option=orjson.OPT_SORT_KEYS)}
        problems = pilots.verify_pack(write_archive(with_manifest(changed))).problems
        assert any(sentence in problem for problem in problems), sentence
    del parts[CALLED]
    assert any("is missing" in one for one in pilots.verify_pack(write_archive(with_manifest(parts))).problems)


def test_no_pack_leaves_without_a_model_that_its_cases_call(rehearsed: tuple[World, pilots.Rehearsal]) -> None:
    world, done = rehearsed
    view, entries, assessment = look(world, done)
    with pytest.raises(pilots.BadPack, match=f"the model of {returns.RETURN} V1.0"):
        pilots.build_pack(
            assessment, entries, model_xml=b"", plan=pilots.read_plan(view.plan), names={}, language="en", calendars={}
        )


def test_a_step_for_which_nobody_assumed_minutes_is_named(sqlite_world: World) -> None:
    returns.move_in(sqlite_world)
    with engine.writing(sqlite_world.engine) as c:
        engine.deploy(c, replace(returns.goods_return(clean=True), rehearsal={}), version="V1.1", by=None, now=sqlite_world.now)
    bundle = replace(returns.complaint(), plan=plan(sqlite_world), organisation=sqlite_world.bundle.organisation)
    assumed = {**bundle.rehearsal, "staff": {"service-agent": 1}, "touch": {"receive": {"min": 1, "mode": 2, "max": 3}}}
    with (
        pytest.raises(BadRehearsal, match=r"touch\.\S+ is missing"),
        engine.writing(sqlite_world.engine) as c,
    ):
        pilots.rehearse(c, returns.COMPLAINT, bundle=replace(bundle, rehearsal=assumed), cases=9, seed=1)
