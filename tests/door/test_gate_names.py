"""What conditions, scripts and decisions read is produced by a step, has that field, and was there before."""

from __future__ import annotations

import pytest

from engine.errors import Refused
from engine.gate import inspect
from engine.spiff import prepare
from tests.door.paper import bundle, draw, rules, table
from tests.door.test_gate import GOOD


@pytest.mark.parametrize(
    ("condition", "form", "message"),
    [
        ("b.ok == true", ("ok",), "'b' is no step of this process"),
        ("amount > 5", ("ok",), "'amount' is no step of this process"),
        ("a.yes == true", ("ok", "why"), "'a' has no field 'yes', it has ok, why"),
        ("a == true", ("ok",), "'a' is a whole step and has no value"),
        ("end.ok == true", ("ok",), "'end' is no step of this process"),
    ],
)
def test_a_condition_reads_what_a_step_really_produces(condition, form, message):
    drawn = draw({"a": "user f", "x": "xor"}, ["start a", "a x", f"x a: {condition}", "x end: default"])
    found = [finding for finding in inspect(bundle(drawn, f=form)) if finding.rule == "unknown-name"]
    assert any(message in finding.message and finding.severity == "error" and finding.element == "f_2" for finding in found)


def test_a_step_without_a_form_has_no_fields():
    drawn = draw({"a": "user", "x": "xor"}, ["start a", "a x", "x a: a.ok == true", "x end: default"])
    assert any("it has no fields" in finding.message for finding in inspect(bundle(drawn)))
    assert inspect(bundle(draw(*GOOD), f=("ok",))) == ()


def test_a_field_that_may_be_left_empty_is_pointed_out_unless_the_author_thought_of_it():
    def warnings(condition):
        drawn = draw({"a": "user f", "x": "xor"}, ["start a", "a x", f"x a: {condition}", "x end: default"])
        return [finding.message for finding in inspect(bundle(drawn, f=("ok?", "sure")))]

    assert any("may be left empty" in message for message in warnings("a.ok == true"))
    for condition in ("exists(a.ok) and a.ok == true", "coalesce(a.ok, false)", "a.sure == true"):
        assert warnings(condition) == []


def test_a_step_that_may_not_have_been_done_is_pointed_out():
    steps = {"a": "user f", "x": "xor", "b": "user f", "m": "xor", "y": "xor"}
    flows = ["start a", "a x", "x b: a.ok == true", "x m: default", "b m", "m y", "y a: b.ok == true", "y end: default"]
    found = inspect(bundle(draw(steps, flows), f=("ok",)))
    assert [(finding.element, finding.severity) for finding in found] == [("f_6", "warning")]
    assert "'b' is not always done before this" in found[0].message


def test_a_step_that_a_timer_may_take_away_counts_as_perhaps_not_done():
    steps = {"a": "user f", "late": "on a PT1H", "m": "xor", "x": "xor"}
    flows = ["start a", "a m", "late m", "m x", "x a: a.ok == true", "x end: default"]
    assert any("not always done before" in finding.message for finding in inspect(bundle(draw(steps, flows), f=("ok",))))


def test_all_branches_of_a_parallel_block_count_as_done_behind_it():
    steps = {"s": "and", "a": "user f", "b": "user f", "j": "and", "x": "xor", "c": "user"}
    flows = ["start s", "s a", "s b", "a j", "b j", "j x", "x c: a.ok == true and b.ok == true", "x end: default", "c end"]
    assert inspect(bundle(draw(steps, flows), f=("ok",))) == ()


def test_a_decision_and_a_script_are_held_to_the_same_rules():
    fees = table("UNIQUE", ["a.money"], ["who"], ["-", '"x"'])
    steps = {"a": "user f", "t": "rule table", "s": "script y = t.who + lost.z", "x": "xor"}
    flows = ["start a", "a t", "t s", "s x", "x a: s.y == t.what", "x end: default"]
    messages = [finding.message for finding in inspect(bundle(draw(steps, flows), fees, f=("ok",)))]
    assert any("the decision 'table': 'a' has no field 'money'" in message for message in messages)
    assert any("the script: 'lost' is no step" in message for message in messages)
    assert any("'t' has no field 'what', it has who" in message for message in messages)


def test_a_table_that_cannot_be_decided_keeps_the_model_out():
    fees = table("PRIORITY", ["1"], ["who"], ["-", '"x"'])
    assert rules({"t": "rule table"}, ["start t", "t end"], fees) == {"decision-hit-policy"}
    with pytest.raises(Refused, match="PRIORITY"):
        prepare(draw({"t": "rule table"}, ["start t", "t end"]), {"table": fees})
