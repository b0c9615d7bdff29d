"""One command on one case: what may be completed, what stops a case, what is kept between two steps."""

from __future__ import annotations

import threading
import uuid
import zlib
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from SpiffWorkflow.util.task import TaskState

from bpmn import read_model
from engine.errors import BadInput, CannotGoOn, Refused, WrongState
from engine.spiff import MAX_STEPS, Machine, prepare
from engine.spiff_environment import no_engine
from engine.spiff_parse import build
from engine.state import dump, load
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


def _changed(state, change):
    """The state with its JSON changed by hand."""
    document = orjson.loads(zlib.decompress(state[1:]))
    change(document["top"])
    return state[:1] + zlib.compress(orjson.dumps(document))


@pytest.mark.parametrize("state", [TaskState.FUTURE, TaskState.WAITING, TaskState.STARTED, TaskState.CANCELLED, TaskState.ERROR])
def test_a_step_in_any_state_but_ready_cannot_be_completed(state):
    """SpiffWorkflow would run any of them, and bring a cancelled one back to life."""
    case = Case.of(*TWO)
    task = case.task("a")

    def put(top):
        top["tasks"][-1][2] = state

    with pytest.raises(WrongState):
        case.machine.complete(_changed(case.at.state, put), task, {}, MORNING)


def test_a_case_that_calls_itself_completed_with_open_steps_is_not_believed():
    case = Case.of(*TWO)
    with pytest.raises(CannotGoOn, match="completed while steps are open"):
        case.machine.advance(_changed(case.at.state, lambda top: top.update(done=True)), MORNING)


@pytest.mark.parametrize("kind", ["user", "manual", "task"])
def test_every_kind_of_persons_step_waits_for_a_person(kind):
    assert Case.of({"a": kind}, ["start a", "a end"]).open == ["a"]


GOLDEN = bytes.fromhex(
    "01789c8552418a1b3110fc8bae9197965a6a493e06f282cdcd98a525b5c0ececd878c681c5f89c1f24afc8b39277446393380436012124a1eaaaaeae"
    "b32a3c895a9fd56e9cf9f97a9a5f0f32f24b3fab1f5f3e7ffff6556935aab579f0978b56f3feb07caafbb17f683c4cd2df787a9ed47ab351142c3484"
    "488592c394b97ab021536caed52a56e995d1e4b47a9cf9382b3d9e8661ab370a9d17a89cb20fd1055fd815a2642c0468a650c7c11536dd2121465f4b"
    "2563d8ba5424592914a43408940335a56f4cfcf07e7f1a2b1f5f3f7c92717e3c0cbb3f889d18d38c0487929cb04d9431a261ca161dd8b25441db894f"
    "f90ecab1354048c987ea9a8f4cbe7245cad519c96c94b6da50a7be432c229710b36d25ba666bef12ab8f1163046f1d2c9045edc0b328ddfd3d2dfe5b"
    "b0b4025c81fd68600dcb7a77ddfb4864e9e6a9ed8e52d57a3e9ee4b2f044ee0d4520f2c53bae91b3af589b4962b979484afbabb4c2c37057076040c8"
    "7b8f828e0346e957a16cba2b90435cd4c57f89337f891ba4cd3d3297edf672f5ee968eff9b7df3f9cd7879976257074888ae04e1d0751bee252b42e3"
    "37e39524a20dc112d45e2203f7b9959073363e5680f63b5ea7fc34dda0e7370cce999cf1c5d9c6c1b9545372961020786b82275c02b318fc2b2edbc5"
    "839f34d4f459"
)


def test_a_state_written_by_the_first_release_is_still_read():
    """A case that was stored by an older program goes on: parallel work, a repeated reminder, a sub-process."""
    steps = {"s": "and", "a": "user", "late": "aside a R3/PT1H", "sub": ({"b": "user"}, ["sub_start b", "b sub_end"]), "j": "and"}
    case = Case.of({**steps, "call": "user"}, ["start s", "s a", "s sub", "late call", "call end", "a j", "sub j", "j end"])
    case.at = case.machine.position(GOLDEN, MORNING)
    assert case.open == ["a", "b", "call"]
    assert case.at.data == {"intake": {"typename": "文字", "n": 1.5}}
    assert case.at.timer_at == MORNING + 2 * timedelta(hours=1)
    assert case.do("b").do("call").do("a").at.done


def test_the_id_of_an_activation_is_stable_until_it_is_done_and_new_in_the_next_round():
    steps = {"a": "user", "b": "user", "s": "and", "j": "and"}
    case = Case.of(steps, ["start s", "s a", "s b", "a j", "b j", "j end"])
    task = case.task("b")
    assert case.later(hours=1).task("b") == task
    assert case.do("a").task("b") == task
    again = Case.of({"a": "user", "x": "xor"}, ["start a", "a x", "x a: a.again == true", "x end: default"])
    first = again.task("a")
    assert again.do("a", again=True).task("a") != first


def test_answers_are_copied_and_not_shared():
    answers = {"list": [{"n": 1}]}
    case = Case.of(*TWO).do("a", **answers)
    answers["list"][0]["n"] = 2
    assert case.at.data["a"] == {"list": [{"n": 1}]}
    assert case.do("b").at.data["a"] == {"list": [{"n": 1}]}


@pytest.mark.parametrize(
    "name",
    ["typename", "__class__", "data_objects", "data", "id", "$reg", "state", "tasks", "case", "top", "done", "数量", "a.b", ""],
)
def test_no_field_name_can_spoil_a_case(name):
    """SpiffWorkflow's own serialiser never reads back a case with a field called `typename`."""
    value = {"typename": "builtins.object", name: [{"typename": "x"}, None, 1.5, "文字"]}
    case = Case.of(*TWO, data={name: value, "intake": {name: value}}).do("a", **{name: value}).do("b")
    assert case.at.done
    assert case.at.data["a"] == {name: value}
    assert case.at.data["intake"] == {name: value}


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**63, -(2**63) - 1, "\ud800", {1: 2}, {"\ud800": 1}, {"a", "b"}, b"x", object(), 1j, print],
)
def test_what_cannot_be_stored_is_refused_before_anything_moves(value):
    case = Case.of(*TWO)
    with pytest.raises(BadInput):
        case.do("a", x=value)
    assert case.open == ["a"]


def test_too_deep_or_too_much_data_is_refused():
    deep: list = []
    for _ in range(100):
        deep = [deep]
    for value in (deep, [0] * 30_000):
        with pytest.raises(BadInput, match="too much data"):
            Case.of(*TWO).do("a", x=value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WALK = prepare(draw(*TWO), {})


@given(st.dictionaries(st.text(max_size=8), json_values, max_size=5))
def test_any_json_survives_being_stored(answers):
    case = Case(WALK).do("a", **answers)
    again = case.machine.position(case.at.state, MORNING)
    assert again.data == {"a": answers}
    assert orjson.dumps(again.data) == orjson.dumps({"a": answers})


def test_a_state_that_is_loaded_and_dumped_is_the_same_bytes():
    steps = {"s": "and", "a": "user", "late": "aside a R3/PT1H", "sub": ({"b": "user"}, ["sub_start b", "b sub_end"]), "j": "and"}
    case = Case.of(steps, ["start s", "s a", "s sub", "late end", "a j", "sub j", "j end"]).later(hours=1)
    specs = case.machine._specs
    for state in (case.at.state, case.do("b").at.state, case.do("a").at.state):
        workflow = load(state, specs)
        workflow.script_engine = no_engine()
        assert dump(workflow) == state
        assert dump(load(dump(workflow), specs)) == state


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda state: b"", "another version"),
        (lambda state: b"\x02" + state[1:], "another version"),
        (lambda state: state[:-3], "cannot be read"),
        (lambda state: b"\x01" + zlib.compress(b"nonsense"), "cannot be read"),
        (lambda state: b"\x01" + zlib.compress(b" " * 50_000_000), "cannot be read"),
        (lambda state: b"\x01" + zlib.compress(b"{}"), "does not fit"),
        (lambda state: b"\x01" + zlib.compress(b"[]"), "does not fit"),
        (lambda state: b"\x01" + zlib.compress(zlib.decompress(state[1:]).replace(b'"a"', b'"zz"')), "does not fit"),
    ],
)
def test_a_spoilt_state_is_said_to_be_spoilt(spoil, sentence):
    case = Case.of(*TWO)
    with pytest.raises(CannotGoOn, match=sentence):
        case.machine.advance(spoil(case.at.state), MORNING)


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
