"""One command on one case: what may be completed, what stops a case, what is kept between two steps."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from SpiffWorkflow.util.task import TaskState

from bpmn import read_model
from engine.errors import CannotGoOn, Refused, WrongState
from engine.spiff import MAX_STEPS, Machine, prepare
from engine.spiff_environment import no_engine
from engine.spiff_parse import build
from engine.state import load
from tests.door.paper import MORNING, Case, draw, paper, table

TWO = ({"a": "user", "b": "user"}, ["start a", "a b", "b end"])


def test_a_case_walks_from_its_start_to_its_end():
    case = Case.of(*TWO, data={"intake": {"customer": "Chen Jing"}})
    assert (case.open, case.at.done, case.at.timer_at) == (["a"], False, None)
    case.do("a", ok=True)
    assert case.open == ["b"]
    case.do("b")
    assert (case.open, case.at.done) == ([], True)
    assert case.at.data == {"intake": {"customer": "Chen Jing"}, "a": {"ok": True}, "b": {}}
    assert case.passed == ["start", "end"]


def test_a_step_is_completed_once():
    case = Case.of(*TWO)
    task, before = case.task("a"), case.at.state
    case.do("a", n=1)
    with pytest.raises(WrongState, match="not open any more"):
        case.machine.complete(case.at.state, task, {"n": 2}, MORNING)
    assert case.at.data["a"] == {"n": 1}
    assert case.machine.complete(before, task, {"n": 2}, MORNING).data["a"] == {"n": 2}


@pytest.mark.parametrize("task", ["", "x", "None", None, 7, "0" * 32, str(uuid.uuid4()), "'; drop table"])
def test_a_task_that_does_not_exist_is_not_open(task):
    case = Case.of(*TWO)
    with pytest.raises(WrongState):
        case.machine.complete(case.at.state, task, {}, MORNING)


def test_neither_an_automatic_nor_a_future_nor_a_cancelled_nor_a_waiting_task_can_be_completed():
    steps = {"a": "user", "late": "on a PT1H", "s": "and", "j": "and", "b": "user", "m": "xor", "c": "user"}
    case = Case.of(steps, ["start s", "s a", "s b", "late m", "a m", "m j", "b j", "j c", "c end"])
    a = case.task("a")
    case.do("b")
    workflow = load(case.at.state, case.machine._specs)
    others = {task.id.hex for task in workflow.tasks.values() if task.state != TaskState.READY or not task.task_spec.manual}
    assert len(others) >= 4
    for other in others:
        with pytest.raises(WrongState):
            case.machine.complete(case.at.state, other, {}, MORNING)
    case.later(hours=1)
    with pytest.raises(WrongState):
        case.machine.complete(case.at.state, a, {}, case.now)
    assert case.open == ["c"]


@pytest.mark.parametrize("kind", ["user", "manual", "task"])
def test_every_kind_of_persons_step_waits_for_a_person(kind):
    assert Case.of({"a": kind}, ["start a", "a end"]).open == ["a"]


def test_the_id_of_an_activation_is_stable_until_it_is_done_and_new_in_the_next_round():
    steps = {"a": "user", "b": "user", "s": "and", "j": "and"}
    case = Case.of(steps, ["start s", "s a", "s b", "a j", "b j", "j end"])
    task = case.task("b")
    assert case.later(hours=1).task("b") == task
    assert case.do("a").task("b") == task
    again = Case.of({"a": "user", "x": "xor"}, ["start a", "a x", "x a: a.again == true", "x end: default"])
    first = again.task("a")
    assert again.do("a", again=True).task("a") != first


def test_a_condition_that_cannot_be_decided_stops_the_case_and_changes_nothing():
    case = Case.of({"a": "user", "x": "xor"}, ["start a", "a x", "x a: a.again == true", "x end: default"])
    with pytest.raises(
        CannotGoOn, match=r"At 'x' the condition 'a\.again == true' cannot be decided: a\.again is not known here"
    ):
        case.do("a")
    assert case.open == ["a"]
    assert case.do("a", again=False).at.done


def test_scripts_and_decisions_leave_their_results_under_their_own_ids():
    steps = {"a": "user", "sum": "script total = a.n * 2\nbig = total > 10", "t": "rule table", "x": "xor", "b": "user"}
    fees = table("UNIQUE", ["sum.total"], ["who"], ["> 10", '"boss"'], ["<= 10", '"clerk"'])
    flows = ["start a", "a sum", "sum t", "t x", 'x b: t.who == "boss"', "x end: default", "b end"]
    assert Case.of(steps, flows, fees).do("a", n=6).open == ["b"]
    clerk = Case.of(steps, flows, fees).do("a", n=5)
    assert clerk.at.done
    assert clerk.at.data == {"a": {"n": 5}, "sum": {"total": 10, "big": False}, "t": {"who": "clerk"}}
    assert clerk.passed == ["start", "sum", "t", "x", "end"]


def test_a_script_or_decision_that_fails_says_where():
    with pytest.raises(CannotGoOn, match=r"script of 's' cannot be worked out: \+ does not work with a text and a number"):
        Case.of({"a": "user", "s": "script x = a.n + 1"}, ["start a", "a s", "s end"]).do("a", n="one")
    with pytest.raises(CannotGoOn, match="'Table' has no row"):
        Case.of({"t": "rule table"}, ["start t", "t end"], table("UNIQUE", ["1"], ["x"], ["2", "3"]))


def test_a_loop_without_people_is_refused_and_stopped_if_it_gets_through():
    steps = {"m": "xor", "s": "script n = coalesce(s.n, 0) + 1", "x": "xor"}
    model = draw(steps, ["start m", "m s", "s x", "x m: s.n > 0", "x end: default"])
    with pytest.raises(Refused, match="past no person and no timer"):
        prepare(model, {})
    with pytest.raises(CannotGoOn, match=f"goes round in circles: {MAX_STEPS} automatic steps"):
        Case(Machine(model, build(model, {})))


def test_terminate_ends_everything_at_once():
    steps = {"s": "and", "a": "user", "b": "user", "stop": "end terminate", "late": "on b PT1H"}
    case = Case.of(steps, ["start s", "s a", "s b", "a stop", "b end", "late end"]).do("a")
    assert case.at.done
    assert case.at.timer_at is None


def test_terminate_in_a_sub_process_ends_that_one_only():
    inner = (
        {"i": "and", "b": "user", "c": "user", "stop": "end terminate"},
        ["sub_start i", "i b", "i c", "b stop", "c sub_end"],
    )
    case = Case.of({"sub": inner, "a": "user"}, ["start sub", "sub a", "a end"]).do("b")
    assert case.open == ["a"]
    assert case.do("a").at.done


def test_an_error_in_a_sub_process_is_caught_at_its_edge():
    inner = ({"b": "user", "c": "user", "i": "and", "x": "xor", "bad": "end error E"},)
    flows = ["sub_start i", "i b", "i c", "c sub_end", "b x", "x bad: b.bad == true", "x sub_end: default"]
    steps = {"sub": (*inner, flows), "other": "on sub error F", "caught": "on sub error E", "fix": "user", "no": "user"}
    case = Case.of(steps, ["start sub", "sub end", "caught fix", "fix end", "other no", "no end"])
    failed = case.do("b", bad=True)
    assert failed.open == ["fix"]
    assert failed.do("fix").at.done
    fine = Case(case.machine).do("b", bad=False).do("c")
    assert fine.at.done


def test_an_error_goes_out_through_as_many_edges_as_it_needs():
    innermost = ({"b": "user", "bad": "end error E"}, ["deep_start b", "b bad"])
    inner = ({"deep": innermost, "c": "user", "i": "and"}, ["sub_start i", "i deep", "i c", "deep sub_end", "c sub_end"])
    steps = {"sub": inner, "any": "on sub error", "fix": "user"}
    case = Case.of(steps, ["start sub", "sub end", "any fix", "fix end"])
    assert case.open == ["b", "c"]
    assert case.do("b").open == ["fix"]
    assert case.do("fix").at.done


def test_sub_processes_nest_and_repeat():
    deep = ({"c": "user"}, ["deep_start c", "c deep_end"])
    inner = ({"b": "user", "deep": deep}, ["sub_start b", "b deep", "deep sub_end"])
    steps = {"m": "xor", "sub": inner, "a": "user", "x": "xor"}
    case = Case.of(steps, ["start m", "m sub", "sub a", "a x", "x m: a.again == true", "x end: default"])
    sizes = set()
    for number in range(60):
        assert case.do("b").open == ["c"]
        sizes.add(len(case.at.state))
        case.do("c").do("a", again=number < 59)
    assert case.at.done
    assert max(sizes) - min(sizes) < 60


def test_a_process_of_390_steps_in_a_row_runs():
    names = [f"t{n}" for n in range(390)]
    ways = [f"{a} {b}" for a, b in zip(["start", *names], [*names, "end"], strict=True)]
    case = Case.of(dict.fromkeys(names, "user"), ways)
    for name in names:
        case.do(name)
    assert case.at.done


def test_twelve_parallel_blocks_in_a_row_cost_nothing():
    """SpiffWorkflow would predict 32 765 tasks here."""
    steps: dict = {}
    flows, before = [], "start"
    for n in range(12):
        steps |= {f"s{n}": "and", f"j{n}": "and", f"a{n}": "user", f"b{n}": "user"}
        flows += [f"{before} s{n}", f"s{n} a{n}", f"s{n} b{n}", f"a{n} j{n}", f"b{n} j{n}"]
        before = f"j{n}"
    case = Case.of(steps, [*flows, f"{before} end"])
    for n in range(12):
        case.do(f"b{n}").do(f"a{n}")
    assert case.at.done


def test_nobody_can_flood_a_case_with_open_steps():
    steps: dict = {}
    flows, before = [], "start"
    for n in range(9):
        steps |= {f"s{n}": "and", f"m{n}": "xor"}
        flows += [f"{before} s{n}", f"s{n} m{n}", f"s{n} m{n}"]
        before = f"m{n}"
    model = draw({**steps, "a": "user"}, [*flows, f"{before} a", "a end"])
    with pytest.raises(CannotGoOn, match="more than 500 open steps at once"):
        Case(Machine(model, build(model, {})))


def test_one_machine_runs_many_cases_in_many_threads():
    inner = ({"b": "user", "late": "on b PT1H"}, ["sub_start b", "b sub_end", "late sub_end"])
    steps = {"s": "and", "j": "or", "a": "user", "sub": inner, "x": "xor", "m": "xor"}
    flows = ["start m", "m s", "s a", "s sub", "a j", "sub j", "j x", "x m: a.n < 4", "x end: default"]
    machine, failures = prepare(draw(steps, flows), {}), []

    def run(number):
        try:
            for _ in range(15):
                case = Case(machine)
                for n in range(1, 5):
                    order = ["a", "b"] if (n + number) % 2 else ["b", "a"]
                    for step in order:
                        case.do(step, n=n)
                assert case.at.done
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_nothing_in_the_file_itself_is_ever_run():
    """The machine is built from values: a condition that another reader might execute is refused, whatever the XML says."""
    evil = paper({"a": "user", "x": "xor"}, ["start a", "a x", "x a: __import__('os').system('id') == 0", "x end: default"])
    with pytest.raises(Refused, match=r"the condition .* cannot be used: only the functions of the language can be called"):
        prepare(read_model(evil.encode()), {})


def test_spiffworkflows_own_script_engine_is_shut():
    engine = no_engine()
    for call in (engine.environment.evaluate, engine.environment.execute, engine.environment.call_service):
        with pytest.raises(CannotGoOn):
            call("1 + 1", {})


def test_a_case_can_be_moved_on_long_after_it_began():
    case = Case.of(*TWO)
    case.now += timedelta(days=2_000)
    assert case.do("a").do("b").at.done
