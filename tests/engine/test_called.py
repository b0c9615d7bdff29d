"""What called processes cost and how they hold up: statements, deadlines, cancellation, incidents, two writers at once."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

import engine
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

    def release(bundle: object) -> None:
        ready.wait()
        try:
            with engine.writing(world.engine) as c:
                engine.deploy(c, bundle, version="V2.0", by=None, now=world.now)  # type: ignore[arg-type]
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


def without_calls() -> object:
    """A first version of the complaint in which nothing is called."""
    return complaint(called="")


def test_a_case_of_the_called_process_runs_by_itself_too(world: World) -> None:
    move_in(world)
    with engine.writing(world.engine) as c:
        case = engine.start_case(c, RETURN, {"customer": "Gao Yuan"}, by=world.who("chen.jing"), now=world.now)
    assert [item.step for item in world.open_items(case)] == ["collect"]
    assert INTAKE["customer"] == "Gao Yuan"
