"""Conditions of other tools: Wei's file says `${amount > 1000}`; what can be meant is kept, what cannot is asked."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bpmn.draft.language import FUNCTIONS, is_ours, names_read
from bpmn.draft.translate import Known, Untranslatable, are_opposites, translate
from engine.expression_compiler import _FORGIVING
from engine.expression_values import FUNCTIONS as ENGINE_FUNCTIONS
from engine.expressions import ExpressionError, compile_expression
from tests.bpmn.drafts import change, conditions, draft, flow, kinds, repair

KNOWN = {
    "amount": Known("intake.amount", "number"),
    "approved": Known("check.approved", "boolean"),
    "level": Known("check.level", "string", ("low", "high")),
    "审批": Known("check.审批", "boolean"),
}
PRODUCERS = frozenset({"check", "intake"})
TRANSLATED = {
    "${amount > 1000}": "intake.amount > 1000",
    "#{amount >= 10.5}": "intake.amount >= 10.5",
    "${ 1000 lt amount }": "1000 < intake.amount",
    "= amount > 1000": "intake.amount > 1000",
    '= level = "high"': 'check.level == "high"',
    "${level == 'high'}": 'check.level == "high"',
    "${level ne 'high'}": 'check.level != "high"',
    "level === 'low'": 'check.level == "low"',
    "${approved}": "check.approved == true",
    "${!approved}": "check.approved == false",
    "= not(approved)": "check.approved == false",
    "${approved == 'true'}": "check.approved == true",
    '${amount == "3"}': "intake.amount == 3",
    "${level == 3}": 'check.level == "3"',
    "${approved && amount > 3}": "check.approved == true and intake.amount > 3",
    "${approved and (amount > 3 or level == 'low')}": 'check.approved == true and (intake.amount > 3 or check.level == "low")',
    "${!(approved || amount > 3)}": "not ((check.approved == true or intake.amount > 3))",
    "${not (amount > 3)}": "not (intake.amount > 3)",
    "${execution.getVariable('approved')}": "check.approved == true",
    "return amount > 3;": "intake.amount > 3",
    "${true}": "true",
    "${check.level == 'low'}": 'check.level == "low"',
    "${审批}": "check.审批 == true",
    "${level == null}": "check.level == null",
}
ASKED = {
    "${amount}": "alone is no comparison",
    "${unknown > 3}": "reads 'unknown'",
    "${level > 'a'}": "which of two texts is larger",
    "${list.size() > 3}": "reads 'list.size'",
    "${service.call(1)}": "reads 'service.call'",
    "${amount + 1 > 3}": "more than a comparison",
    "${a ? b : c}": "'? b : c' is more than a comparison",
    "${empty level}": "reads 'empty'",
    "import os": "reads 'import'",
    "": "empty",
    "${}": "empty",
    "((amount > 3)": "bracket is not closed",
    "amount > 3)": "more than a comparison",
    "${approved &&}": "not a comparison",
    "(" * 60 + "amount > 3": "nested too deep",
    "not " * 60 + "approved": "nested too deep",
    "${amount > 1000" + "0" * 2000 + "}": "longer than 1000",
}


@pytest.mark.parametrize("text", TRANSLATED)
def test_a_comparison_is_translated_and_the_engine_reads_it(text):
    translated = translate(text, KNOWN, PRODUCERS)
    assert translated == TRANSLATED[text]
    assert compile_expression(translated)
    assert is_ours(translated, PRODUCERS)


@pytest.mark.parametrize("text", ASKED)
def test_anything_more_than_a_comparison_is_not_translated_and_says_why(text):
    with pytest.raises(Untranslatable) as reason:
        translate(text, KNOWN, PRODUCERS)
    assert ASKED[text] in str(reason.value)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="${}#=<>!&|()'\" amount level approved null and or not 3.", max_size=40))
def test_whatever_is_written_is_translated_into_our_language_or_refused(text):
    try:
        translated = translate(text, KNOWN, PRODUCERS)
    except Untranslatable:
        return
    assert compile_expression(translated).names <= PRODUCERS


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab.[]()='\"<> andornotexists(,1234)__:\n", max_size=40))
def test_what_is_taken_for_ours_is_what_the_engine_takes(text):
    if is_ours(text, frozenset({"a", "b"})):
        with contextlib.suppress(ExpressionError):  # bounds and the number of arguments are the gate's to judge
            assert compile_expression(text).names <= {"a", "b"}


def test_the_functions_of_the_language_are_those_of_the_engine():
    assert set(ENGINE_FUNCTIONS) | set(_FORGIVING) == FUNCTIONS


def test_names_are_told_from_functions_and_from_what_a_script_sets():
    assert names_read("a = len(b.c) + 1", "exec") == {"b"}
    assert names_read("a = 1\nb = a + 1", "exec") == set()


def test_a_name_that_a_script_reads_before_it_sets_it_is_read_from_outside():
    assert names_read("rounds = rounds + 1", "exec") == {"rounds"}
    assert names_read("a = b\nb = 1\nc = b", "exec") == {"b"}
    assert names_read("if t.ok:\n    a = 1\nelse:\n    a = 2\nb = a", "exec") == {"t"}
    assert names_read("if t.ok:\n    a = 1\nb = a", "exec") == {"t", "a"}
    assert names_read("a.b = 1", "exec") == {"a"}
    for not_ours in (
        "import os",
        "a.b()",
        "(lambda: 1)()",
        "__import__('os')",
        "open('x')",
        "[x for x in a]",
        "a\0b",
        "x" * 3_000,
    ):
        assert names_read(not_ours, "exec") is None
        assert names_read(not_ours, "eval") is None


def test_opposites_are_seen_where_they_are_plain():
    assert are_opposites("a.b == true", "a.b == false")
    assert are_opposites("a.b > 3", "a.b <= 3")
    assert are_opposites("a.b == 3", "a.b != 3")
    for sign, other in (("<", ">="), ("<=", ">"), (">", "<="), (">=", "<"), ("!=", "==")):
        assert are_opposites(f"a.b {sign} 3", f"a.b {other} 3")
        wrong = [each for each in ("<", "<=", ">", ">=", "==", "!=") if each != other]
        assert not any(are_opposites(f"a.b {sign} 3", f"a.b {each} 3") for each in wrong)
    assert not are_opposites("a.b > 3", "a.b < 3")
    assert not are_opposites("a.b > 3", "a.c <= 3")
    assert not are_opposites("a.b == 1 and a.c == 2", "a.b == 1 and a.c != 2")


FORM = """<userTask id="check" name="Check"><extensionElements>
  <activiti:formProperty id="approved" type="boolean"/>
  <activiti:formProperty id="level" type="enum"><activiti:value id="low" name="Low"/><activiti:value id="high"/>
  </activiti:formProperty>
</extensionElements></userTask>"""


def decision(first: str | None, second: str | None, kind: str = "exclusiveGateway") -> str:
    """A step with a form, and a gateway with two ways out of it."""
    ends = '<endEvent id="a"/><endEvent id="b"/>'
    ways = flow("x", "g", "a", first) + flow("y", "g", "b", second)
    return f'<startEvent id="s"/>{FORM}<{kind} id="g"/>{ends}{flow("f", "s", "check")}{flow("h", "check", "g")}{ways}'


def test_two_ways_that_leave_nothing_out_need_no_answer():
    found = draft(decision("${approved}", "${!approved}"))
    assert conditions(found)["x"] == "check.approved == true"
    assert found.model().by_id["g"].default == "y"
    assert not [repair for repair in found.repairs if repair.kind == "decision"]
    assert found.forms["check"]["required"] == ["approved"]


def test_ways_for_each_choice_of_a_field_leave_nothing_out():
    found = draft(decision("${level == 'low'}", "${level == 'high'}", "inclusiveGateway"))
    assert found.model().by_id["g"].default == "y"
    assert kinds(found)["g"] == "exclusiveGateway"
    assert conditions(draft(decision("${level == 'low'}", "${level == 'mid'}")))["y"] == 'check.level == "mid"'


def test_conditions_that_leave_something_out_ask_for_a_default():
    found = draft(decision("${level == 'low'}", "${approved}"))
    asked = repair(found, "decision:g")
    assert "when none of its conditions holds" in asked.sentence
    assert [choice.condition for choice in asked.choices] == ['check.level == "low"', "check.approved == true"]


def test_a_condition_that_cannot_be_translated_stays_readable_and_becomes_a_question():
    found = draft(decision("${rules.apply(level)}", None))
    assert conditions(found)["x"] == "${rules.apply(level)}"
    asked = repair(found, "decision:g")
    assert (asked.element, asked.accepts[0]) == ("g", "people")
    assert [(choice.flow, choice.condition) for choice in asked.choices] == [("x", None), ("y", "default")]


def test_a_variable_that_two_forms_ask_for_is_not_guessed():
    other = FORM.replace('id="check"', 'id="again"')
    found = draft(decision("${approved}", None) + other + flow("z", "check", "again"))
    assert conditions(found)["x"] == "${approved}"


def test_the_condition_of_an_event_is_translated_too():
    event = "<conditionalEventDefinition><condition>${approved}</condition></conditionalEventDefinition>"
    wait = f'<startEvent id="s"/>{FORM}<intermediateCatchEvent id="w">{event}</intermediateCatchEvent>'
    wait += flow("f", "s", "check") + flow("h", "check", "w")
    found = draft(wait)
    assert found.model().by_id["w"].events[0].text == "check.approved == true"
    assert change(found, "condition-translated").element == "w"
    asked = repair(draft(wait.replace("${approved}", "${x.y()}")), "event-condition:w")
    assert asked.accepts == ("remove", "expression")


@pytest.mark.parametrize(
    ("script", "read"),
    [
        ("x = 1\ny = x", set()),
        ("x = x + 1", {"x"}),
        ("y = x\nx = 1", {"x"}),
        ("if a.b:\n    x = 1\nelse:\n    x = 2\ny = x", {"a"}),
        ("if a.b:\n    x = 1\ny = x", {"a", "x"}),
        ("x = len(a.b)", {"a"}),
    ],
)
def test_a_script_reads_what_it_has_not_set_before(script, read):
    assert names_read(script, "exec") == read
