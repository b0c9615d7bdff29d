"""What called processes cost and how they hold up: statements, deadlines, cancellation, incidents, two writers at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

import engine
from bpmn import Bundle, read_bundle
from engine.model import cases, process_call, work_item
from tests.returns import COMPLAINT, INTAKE, RETURN, complaint, do, goods_return, move_in, start
from tests.world import World


def cost(world: World, case: engine.StartedCase, step: str) -> tuple[int, int]:
    """Statements and commits of completing a claimed step."""
    item = world.item(case, step)
    actor = world.who("han.mei" if item.post == "logistics-clerk" else "chen.jing")
    with engine.writing(world.engine) as c:
        engine.claim(c, item.item, by=actor, now=world.now)
    seen: list[str] = []
    commits: list[object] = []
    sa.event.listen(world.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    sa.event.listen(world.engine, "commit", lambda c: commits.append(c))
    with engine.writing(world.engine) as c:
        answers = {"goods_return/collect": {"carrier": "SF"}, "receive": {"send_back": True}, "refund": {"amount": 1}}[step]
        engine.complete(c, item.item, answers, by=actor, now=world.now)
    return len([text for text in seen if not text.startswith(("BEGIN", "PRAGMA"))]), len(commits)


def test_a_completion_inside_a_call_costs_at_most_ten_statements_and_one_commit(world: World) -> None:
    move_in(world)
    case = start(world)
    costs = [cost(world, case, "receive"), cost(world, case, "goods_return/collect")]
    do(world, case, "goods_return/inspect")
    costs.append(cost(world, case, "refund"))
    assert all(statements <= 10 and commits == 1 for statements, commits in costs), costs


def test_rows_know_what_they_belong_to_and_a_case_that_calls_nothing_keeps_none_of_it(world: World) -> None:
    move_in(world)
    case = start(world)
    do(world, case, "receive")
    plain = world.start()
    with engine.reading(world.engine) as c:
        kept = c.execute(sa.select(cases.c.id, cases.c.called).where(cases.c.id.in_([case.id, plain.id]))).all()
        steps = c.execute(
            sa.select(work_item.c.step, work_item.c.process).where(work_item.c.case_id == case.id).order_by(work_item.c.id)
        ).all()
        meant = c.execute(sa.select(process_call.c.called, process_call.c.code)).all()
    assert {number: set(called or {}) for number, called in kept} == {case.id: {RETURN}, plain.id: set()}
    assert [tuple(row) for row in steps] == [("receive", None), ("goods_return/collect", RETURN)]
    assert [tuple(row) for row in meant] == [(RETURN, RETURN)]


def test_a_cancelled_case_takes_the_steps_of_its_calls_off_the_lists(world: World) -> None:
    move_in(world)
    case = start(world)
    do(world, case, "receive")
    with engine.writing(world.engine) as c:
        engine.cancel_case(c, case.id, "sent twice", by=world.who("li.na"), now=world.now)
    assert world.view(case).tokens == ()
    withdrawn = [entry.step for entry in world.log(case) if entry.kind == "item.withdrawn"]
    assert withdrawn == ["goods_return/collect"]


def test_an_intake_that_the_called_process_would_not_take_leaves_the_step_open(world: World) -> None:
    """The product may be left out in the complaint, and a later return needs it: nothing of the completion is kept."""
    with engine.writing(world.engine) as c:
        move_in_with_a_fussy_return(c, world)
    case = start(world)
    with pytest.raises(engine.CannotGoOn, match=f"'Goods return' calls the process {RETURN}.*'product': This is needed"):
        do(world, case, "receive", product="")
    assert [item.step for item in world.open_items(case)] == ["receive"]
    assert world.item(case, "receive").state == "offered"


def move_in_with_a_fussy_return(c: engine.Connection, world: World) -> None:
    """Logistics wants to know the product."""
    bundle = goods_return(needs="customer product")
    engine.import_organisation(c, bundle.organisation, password_hash=None, now=world.now)
    engine.deploy(c, bundle, by=None, now=world.now)
    engine.deploy(c, complaint(), by=None, now=world.now)


def test_two_who_deploy_at_once_cannot_close_a_circle_together(world: World) -> None:
    """Each is fine alone: the complaint calls the return, the return calls the complaint."""
    with engine.writing(world.engine) as c:
        bundle = goods_return()
        engine.import_organisation(c, bundle.organisation, password_hash=None, now=world.now)
        engine.deploy(c, bundle, by=None, now=world.now)
    with engine.writing(world.engine) as c:
        engine.deploy(c, without_calls(), by=None, now=world.now)
    refused: list[str] = []
    ready = threading.Barrier(2)

    def release(bundle: Bundle) -> None:
        ready.wait()
        try:
            with engine.writing(world.engine) as c:
                engine.deploy(c, bundle, version="V2.0", by=None, now=world.now)
        except engine.Refused as no:
            refused.append(str(no))

    back = goods_return(calls=COMPLAINT, passes={"subject": "intake.customer", "customer": "intake.customer"})
    threads = [threading.Thread(target=release, args=[one]) for one in (complaint(), back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "its calls come back to it" in refused[0]


def without_calls() -> Bundle:
    """A first version of the complaint in which nothing is called."""
    return complaint(called="")


EDGE = {
    "timer": "<timerEventDefinition><timeDuration>PT24H</timeDuration></timerEventDefinition>",
    "error": '<errorEventDefinition errorRef="lost"/>',
}


def with_edge(kind: str) -> Bundle:
    """The complaint goes on without the goods when they take a day, or are lost."""
    drawn = complaint().files["to-be.bpmn"].decode()
    edge = f'<boundaryEvent id="edge" name="No goods" attachedToRef="goods_return">{EDGE[kind]}</boundaryEvent>'
    edge += '<sequenceFlow id="fx" name="on" sourceRef="edge" targetRef="done"/>'
    drawn = drawn.replace("</process>", edge + '</process><error id="lost" errorCode="LOST"/>')
    drawn = drawn.replace("<flowNodeRef>done", "<flowNodeRef>edge</flowNodeRef><flowNodeRef>done")
    return read_bundle({**complaint().files, "to-be.bpmn": drawn.encode()})


def that_loses_the_goods() -> Bundle:
    """A goods return that ends with an error."""
    drawn = goods_return().files["to-be.bpmn"].decode()
    drawn = drawn.replace('name="Inspected"/>', 'name="Lost"><errorEventDefinition errorRef="lost"/></endEvent>')
    drawn = drawn.replace("</process>", '</process><error id="lost" errorCode="LOST"/>')
    return read_bundle({**goods_return().files, "to-be.bpmn": drawn.encode()})


def test_a_timer_at_the_edge_withdraws_what_is_open_inside_at_its_instant(world: World) -> None:
    """Song Tao's people took too long: their step is off the list, dated when the day was over, its clock stopped."""
    move_in(world)
    with engine.writing(world.engine) as c:
        engine.deploy(c, with_edge("timer"), version="V2.0", by=None, now=world.now)
    case = start(world)
    do(world, case, "receive")
    begun = world.now
    world.later(hours=30)
    assert [item.step for item in world.open_items(case)] == ["feedback"]
    withdrawn = next(entry for entry in world.log(case) if entry.kind == "item.withdrawn")
    assert (withdrawn.step, withdrawn.at - begun) == ("goods_return/collect", timedelta(hours=24))
    assert world.view(case).called[0].data is None


def test_an_error_out_of_the_called_process_is_caught_by_its_caller(world: World) -> None:
    with engine.writing(world.engine) as c:
        lost = that_loses_the_goods()
        engine.import_organisation(c, lost.organisation, password_hash=None, now=world.now)
        engine.deploy(c, lost, by=None, now=world.now)
        engine.deploy(c, with_edge("error"), by=None, now=world.now)
    case = start(world)
    for step in ("receive", "goods_return/collect", "goods_return/inspect"):
        do(world, case, step)
    assert [item.step for item in world.open_items(case)] == ["feedback"]
    do(world, case, "feedback")
    assert world.view(case).state == "completed"


def test_a_case_of_the_called_process_runs_by_itself_too(world: World) -> None:
    move_in(world)
    with engine.writing(world.engine) as c:
        case = engine.start_case(c, RETURN, {"customer": "Gao Yuan"}, by=world.who("chen.jing"), now=world.now)
    assert [item.step for item in world.open_items(case)] == ["collect"]
    assert INTAKE["customer"] == "Gao Yuan"
