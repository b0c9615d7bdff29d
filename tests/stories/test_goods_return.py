"""A complaint calls the goods return of another department, which is deployed and released on its own."""

from __future__ import annotations

import pytest

import engine
from bpmn import Bundle, read_bundle
from engine import linking, processes, releases
from tests.returns import COMPLAINT, RETURN, complaint, do, goods_return, move_in, start
from tests.world import World


def restart() -> None:
    """What a killed and started process has in memory: nothing."""
    processes._ready.clear()
    releases._read.clear()


def open_steps(world: World, case: engine.StartedCase) -> list[str]:
    """The open steps, seen after a restart."""
    restart()
    return [item.step for item in world.open_items(case)]


def test_a_complaint_calls_the_goods_return_and_reads_what_it_found(world: World) -> None:
    """Han Mei of logistics gets the steps of her own process; the complaint goes on with what she found."""
    move_in(world)
    case = start(world)
    assert open_steps(world, case) == ["receive"]
    do(world, case, "receive")
    assert open_steps(world, case) == ["goods_return/collect"]
    with engine.reading(world.engine) as c:
        (row,) = engine.my_tasks(c, world.who("han.mei"), world.now)
        seen = engine.task(c, row.item, world.who("han.mei"), world.now)
    assert (row.step_name, row.post, row.process, row.standard) == ("Collect", "logistics-clerk", RETURN, "4 working hours")
    assert (seen.process_name, seen.documentation, seen.own_step) == ("Goods return", "How to collect.", "collect")
    assert seen.data == {"intake": {"customer": "Gao Yuan", "product": "Kettle K2"}}
    assert seen.raci is not None
    assert seen.raci.accountable == "logistics-lead"
    do(world, case, "goods_return/collect")
    do(world, case, "goods_return/inspect")
    assert open_steps(world, case) == ["refund"]
    do(world, case, "refund")
    do(world, case, "feedback")
    view = world.view(case)
    assert view.state == "completed"
    assert view.data["goods_return"]["inspect"] == {"sound": False}


def test_the_log_names_each_step_by_its_call_and_its_department(world: World) -> None:
    """Facts of the called process are of the case, under names that no other step of it has; measures go the same way."""
    move_in(world)
    case = start(world)
    for step in ("receive", "goods_return/collect", "goods_return/inspect"):
        do(world, case, step)
    log = world.log(case)
    done = {entry.step: entry for entry in log if entry.kind == "item.completed"}
    assert list(done) == ["receive", "goods_return/collect", "goods_return/inspect"]
    assert [entry.department for entry in done.values()] == ["customer-service", "logistics", "logistics"]
    assert done["goods_return/inspect"].data["measures"] == {"sound": False}
    assert log[0].data["calls"] == {RETURN: "V1.0"}
    with engine.reading(world.engine) as c:
        assert engine.check_log(c).ok


def test_a_running_case_keeps_the_version_it_started_with_and_a_new_one_takes_the_new(world: World) -> None:
    """Logistics adds a step while the first complaint is on its way to it."""
    move_in(world)
    first = start(world)
    with engine.writing(world.engine) as c:
        engine.deploy(c, goods_return(clean=True), version="V1.1", by=None, now=world.now)
    second = start(world)
    for case in (first, second):
        do(world, case, "receive")
        do(world, case, "goods_return/collect")
    assert open_steps(world, first) == ["goods_return/inspect"]
    assert open_steps(world, second) == ["goods_return/clean"]
    assert [world.view(case).called[0].version for case in (first, second)] == ["V1.0", "V1.1"]


def test_a_late_step_of_the_called_process_climbs_the_ladder_of_its_own_department(world: World) -> None:
    """Four hours elapsed: the reminder goes to logistics, the escalation to its lead, the look back to its owner."""
    move_in(world)
    case = start(world)
    do(world, case, "receive")
    do(world, case, "goods_return/collect")
    world.later(hours=5)
    told = [(entry.data["percent"], entry.data["to"]) for entry in world.log(case) if entry.kind == "clock.escalated"]
    assert told == [(80, "logistics-clerk"), (100, "logistics-lead"), (120, "logistics-lead")]


def test_a_call_to_a_process_that_is_not_there_is_refused_with_what_to_do(world: World) -> None:
    """The called process comes first."""
    with (
        pytest.raises(engine.Refused, match=f"no process '{RETURN}' here: deploy the called process first"),
        engine.writing(world.engine) as c,
    ):
        engine.deploy(c, complaint(), by=None, now=world.now)


def test_a_call_may_name_the_process_by_the_id_in_its_drawing(world: World) -> None:
    """Other tools write the id of the process, not our code."""
    move_in(world)
    with engine.writing(world.engine) as c:
        engine.deploy(c, complaint(called="log"), version="V2.0", by=None, now=world.now)
    case = start(world)
    do(world, case, "receive")
    assert open_steps(world, case) == ["goods_return/collect"]


def refused(world: World, bundle: Bundle, version: str) -> str:
    """Why this version may not be deployed."""
    with pytest.raises(engine.Refused) as caught, engine.writing(world.engine) as c:
        engine.deploy(c, bundle, version=version, by=None, now=world.now)
    return str(caught.value)


def test_a_new_version_that_would_break_its_callers_is_refused(world: World) -> None:
    """Logistics wants to know the weight, which the complaint does not pass: it has to be optional first."""
    move_in(world)
    said = refused(world, goods_return(needs="customer weight"), "V1.1")
    assert f"{COMPLAINT} V1.0 calls this process and would not run with it any more" in said
    assert f"Goods return: the intake of {RETURN} needs the field 'weight': pass it" in said
    with engine.writing(world.engine) as c:
        engine.deploy(c, goods_return(needs="customer product"), version="V1.1", by=None, now=world.now)


def test_calls_that_come_back_to_their_caller_are_refused_whoever_closes_the_circle(world: World) -> None:
    """The first version of the goods return called nobody."""
    move_in(world)
    assert f"({RETURN} calls {COMPLAINT} calls {RETURN})" in refused(world, goods_return(calls=COMPLAINT), "V1.1")
    assert f"({RETURN} calls {RETURN})" in refused(world, goods_return(calls=RETURN), "V1.1")


def test_a_process_whose_error_only_a_caller_can_catch_is_not_started_by_itself(world: World) -> None:
    """It may be deployed, since another one can call it; a case of its own might stop for ever."""
    move_in(world)
    steps = goods_return().files["to-be.bpmn"]
    steps = steps.replace(b'name="Inspected"/>', b'name="Lost"><errorEventDefinition errorRef="lost"/></endEvent>')
    steps = steps.replace(b"</process>", b'</process><error id="lost" errorCode="LOST"/>')
    with engine.writing(world.engine) as c:
        engine.deploy(c, read_bundle({**goods_return().files, "to-be.bpmn": steps}), version="V1.1", by=None, now=world.now)
    with pytest.raises(engine.WrongState, match="not started by itself"), engine.writing(world.engine) as c:
        engine.start_case(c, RETURN, {"customer": "Gao Yuan"}, by=world.who("chen.jing"), now=world.now)


def test_the_pins_of_a_case_are_all_that_it_calls(world: World) -> None:
    """Code, version id and content, through every level."""
    move_in(world)
    with engine.reading(world.engine) as c:
        version = processes.current_version(c, COMPLAINT)
        returns = processes.current_version(c, RETURN)
        assert linking.pins_now(c, version.id) == {RETURN: [returns.id, returns.content_sha256]}
        assert version.pins == linking.pins_now(c, version.id)
