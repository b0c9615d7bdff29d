"""What a form does not take is refused with one sentence a field, in English and as a value to translate."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.errors import BadInput, EngineError, Problem
from engine.forms import SENTENCES, read_answers
from tests.forms.samples import NUMBER, RULING, TEXT, YES_NO, form, shipped_form


def refused(schema: Any, raw: Any, *, text: bool = True) -> BadInput:
    with pytest.raises(BadInput) as error:
        read_answers(schema, raw, text=text)
    return error.value


def test_li_na_who_rejects_without_a_reason_is_asked_for_one() -> None:
    assert refused(RULING, {"decision": "reject"}).fields == {"reason": "This is needed."}
    assert read_answers(RULING, {"decision": "approve"}, text=True) == {"decision": "approve"}
    assert read_answers(RULING, {"decision": "return", "reason": "缺少发票"}, text=True)["reason"] == "缺少发票"


def test_the_shipped_approval_asks_for_a_reason_only_when_it_is_refused() -> None:
    approve = shipped_form("approve")
    assert read_answers(approve, {"approved": "true"}, text=True) == {"approved": True}
    assert refused(approve, {"approved": "false"}).fields == {"reason": "This is needed."}


def test_everything_that_is_wrong_is_said_at_once_each_once() -> None:
    error = refused(RULING, {"decision": "maybe", "amount": "-1", "reason": "x" * 21, "colour": "red"})
    assert error.fields == {
        "colour": "There is no such field in this form.",
        "decision": "Choose one of these: approve, return, reject.",
        "reason": "Enter at most 20 characters.",
        "amount": "Enter at least 0.",
    }


def test_each_problem_is_also_a_value_that_can_be_said_in_chinese() -> None:
    assert refused(RULING, {"decision": "approve", "amount": "2000"}).problems == (
        Problem("amount", "maximum", {"limit": "1000"}),
    )


@pytest.mark.parametrize(
    ("rule", "value", "sentence"),
    [
        ({"exclusiveMinimum": 0}, 0, "Enter more than 0."),
        ({"exclusiveMaximum": 10}, 10, "Enter less than 10."),
        ({"multipleOf": 0.01}, 1.005, "Enter a multiple of 0.01."),
        ({"const": 5}, 6, "Choose one of these: 5."),
    ],
)
def test_each_rule_about_numbers_has_its_sentence(rule: dict[str, Any], value: float, sentence: str) -> None:
    assert refused(form(answer=NUMBER | rule), {"answer": value}, text=False).fields == {"answer": sentence}


@pytest.mark.parametrize("cents", ["0.01", "19.99", "0.07", "1000000.01", "999999999999.99"])
def test_cents_are_multiples_of_a_cent_although_binary_division_denies_it(cents: str) -> None:
    assert read_answers(form(answer=NUMBER | {"multipleOf": 0.01}), {"answer": cents}, text=True) == {"answer": float(cents)}


def test_a_text_that_is_too_short_or_of_another_shape_is_refused() -> None:
    about = TEXT | {"minLength": 4, "maxLength": 20, "pattern": "^CN-[0-9]+$"}
    assert refused(form(answer=about), {"answer": "CN"}).problems[0].key == "too_short"
    assert refused(form(answer=about), {"answer": "CN-12a"}).fields == {"answer": SENTENCES["pattern"]}
    assert read_answers(form(answer=about), {"answer": "CN-12"}, text=True) == {"answer": "CN-12"}


def test_a_field_that_does_not_go_with_the_others_has_to_stay_empty() -> None:
    rules = {"if": {"properties": {"paid": {"const": False}}}, "then": {"properties": {"amount": False}}}
    schema = form(("paid",), rules, paid=YES_NO, amount=NUMBER)
    assert refused(schema, {"paid": "no", "amount": "5"}).fields == {"amount": SENTENCES["empty"]}
    assert read_answers(schema, {"paid": "yes", "amount": "5"}, text=True) == {"paid": True, "amount": 5}


def test_one_answer_may_ask_for_another() -> None:
    schema = form((), {"dependentRequired": {"account": ["bank"]}}, account=TEXT, bank=TEXT)
    assert refused(schema, {"account": "6222"}).problems == (Problem("bank", "required", {}),)
    assert read_answers(schema, {}, text=True) == {}


def test_a_field_is_never_told_that_it_is_missing_when_it_was_wrong() -> None:
    assert refused(form(("answer",), answer=NUMBER), {"answer": "many"}).fields == {"answer": SENTENCES["number"]}


def test_the_names_of_unknown_fields_are_shown_only_as_far_as_they_can_be_shown() -> None:
    (name,) = refused(form(answer=TEXT), {"\x1b[2J" + "x" * 5_000: "1"}).fields
    assert name.isprintable()
    assert len(name) < 100


@pytest.mark.parametrize("raw", [["a"], None, "answer=1", {f"f{n}": "1" for n in range(201)}])
def test_what_is_not_a_table_of_answers_is_refused_as_a_whole(raw: Any) -> None:
    error = refused(form(answer=TEXT), raw)
    assert "a table of at most 200 fields" in str(error)
    assert error.fields == {}


def test_the_message_names_every_field_for_the_command_line() -> None:
    assert str(refused(form(("a", "b"), a=TEXT, b=TEXT), {})) == "a: This is needed.; b: This is needed."


def test_every_sentence_is_a_sentence_and_its_parameters_are_known() -> None:
    for key, sentence in SENTENCES.items():
        assert re.fullmatch(r"[A-Z].*\.", sentence), key
        assert set(re.findall(r"%\((\w+)\)s", sentence)) <= {"limit", "choices"}, key


def test_a_refusal_without_fields_has_no_problems() -> None:
    assert BadInput("no").problems == ()
    assert isinstance(BadInput("no"), EngineError)
