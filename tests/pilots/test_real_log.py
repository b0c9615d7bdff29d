"""The pilots room on a log that the real engine wrote: one complaint through all its steps, one forgotten, one cancelled."""

from __future__ import annotations

import json

import engine
from pilots import assess, build_pack, check_chain, plan_hash, read_plan, verify_pack
from pilots.archive import read_archive
from tests.world import CODE, World

STEPS = ("receive", "classify", "handle", "feedback", "archive")


def story(world: World) -> list[engine.LogEntry]:
    """Chen Jing's complaint is closed in five minutes; another is forgotten for three days; a third is cancelled."""
    done, _, dropped = world.start(), world.start(), world.start()
    world.walk(done, *STEPS)
    with engine.writing(world.engine) as c:
        engine.cancel_case(c, dropped.id, "the customer withdrew", by=world.who("li.na"), now=world.now)
    for _ in range(3):
        world.later(days=1)
    with engine.reading(world.engine) as c:
        return engine.event_log(c, pilot_id=world.pilot_id)


def test_the_engines_log_is_measured_packed_and_verified(world: World):
    entries = story(world)
    with engine.reading(world.engine) as c:
        view = engine.pilot_view(c, world.pilot_id)
    plan = read_plan(view.plan)
    assessment = assess(plan, entries, view.calendars, world.now, rehearsal=False)
    summary = assessment.summary
    assert (summary.started, summary.completed, summary.cancelled, summary.open) == (3, 1, 1, 1)
    assert (summary.in_time, summary.late, summary.late_open, summary.set_aside) == (1, 1, 1, 1)
    assert [row.step for row in assessment.steps] == list(STEPS)
    assert assessment.decision.outcome == "extend"
    total = next(result for result in assessment.criteria if result.id == "total-48h")
    assert (total.n_mature, total.n_good, len(total.set_aside)) == (2, 1, 1)
    assert check_chain(entries) is None
    made = build_pack(
        assessment,
        entries,
        model_xml=view.bundle.model.xml,
        plan=plan,
        names={CODE: view.row.name, **view.step_names},
        language="zh",
        calendars=view.calendar_data,
    )
    problems = verify_pack(made).problems
    frozen_hash = next(entry.data["plan_hash"] for entry in entries if entry.kind == "pilot.frozen")
    expected = () if frozen_hash == plan_hash(plan) else ("plan.json: is not the plan that the log says was frozen",)
    assert problems == expected


def test_answers_and_names_of_customers_do_not_leave_in_the_pack(sqlite_world: World):
    entries = story(sqlite_world)
    with engine.reading(sqlite_world.engine) as c:
        view = engine.pilot_view(c, sqlite_world.pilot_id)
    plan = read_plan(view.plan)
    assessment = assess(plan, entries, view.calendars, sqlite_world.now, rehearsal=False)
    made = build_pack(
        assessment, entries, model_xml=view.bundle.model.xml, plan=plan, names={}, language="en", calendars=view.calendar_data
    )
    everything = b"".join(read_archive(made).values())
    for private in (b"Gao Yuan", b"gao.yuan@example.org", b"leaks", b"Kettle"):
        assert private not in everything
    assert json.loads(read_archive(made)["metrics.json"])["frozen"]["model_sha256"] == view.bundle.model.sha256
