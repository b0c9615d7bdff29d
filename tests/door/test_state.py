"""What is kept of a case between two steps: any JSON, nothing of the model, and never believed when it was spoilt."""

from __future__ import annotations

import zlib
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from SpiffWorkflow.util.task import TaskState

from engine.errors import BadInput, CannotGoOn, WrongState
from engine.spiff import prepare
from engine.spiff_environment import no_engine
from engine.state import dump, load
from tests.door.paper import MORNING, Case, draw

TWO = ({"a": "user", "b": "user"}, ["start a", "a b", "b end"])


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
