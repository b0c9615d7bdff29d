"""What Chen Jing types into a form, and what an API sends, becomes the same answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.forms import _compiled, read_answers
from tests.forms.samples import DAY, NOTE, NUMBER, TEXT, WHOLE, YES_NO, form, shipped_form


def typed(about: dict[str, Any], text: str) -> Any:
    """What a text typed into one field is read as."""
    return read_answers(form(answer=about), {"answer": text}, text=True).get("answer")


def sent(about: dict[str, Any], value: Any) -> Any:
    """What a value sent as JSON is read as."""
    return read_answers(form(answer=about), {"answer": value}, text=False).get("answer")


def refusal(about: dict[str, Any], value: Any, *, text: bool) -> str:
    """The key of the sentence with which a value is refused."""
    with pytest.raises(BadInput) as refused:
        read_answers(form(answer=about), {"answer": value}, text=text)
    assert list(refused.value.fields) == ["answer"]
    return refused.value.problems[0].key


def test_chen_jing_fills_in_the_solution_and_the_compensation() -> None:
    typed_in = {"compensation": " 1200.50 ", "solution": "换货，\r\n周五前上门。\n"}
    answers = read_answers(shipped_form("handle"), typed_in, text=True)
    assert answers == {"solution": "换货，\n周五前上门。", "compensation": 1200.5}
    assert list(answers) == ["solution", "compensation"], "in the order of the form"


def test_the_same_answers_sent_by_an_api_are_read_the_same() -> None:
    typed_in = read_answers(shipped_form("handle"), {"compensation": "1200", "solution": "换货"}, text=True)
    assert read_answers(shipped_form("handle"), {"compensation": 1200.0, "solution": " 换货 "}, text=False) == typed_in


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("on", True), ("Yes", True), ("false", False), ("no", False), ("0", False)]
)
def test_boxes_and_radio_buttons_say_yes_or_no(text: str, value: bool) -> None:
    assert typed(YES_NO, text) is value


def test_a_box_that_was_not_ticked_is_no_but_a_question_that_was_not_answered_is_missing() -> None:
    assert read_answers(form(urgent=YES_NO), {}, text=True) == {"urgent": False}
    assert read_answers(form(urgent=YES_NO), {}, text=False) == {}, "an API that says nothing has said nothing"
    assert read_answers(form(urgent=YES_NO | {"x-ui": "radio"}), {}, text=True) == {}
    with pytest.raises(BadInput) as refused:
        read_answers(form(("urgent",), urgent=YES_NO), {}, text=True)
    assert refused.value.fields == {"urgent": "This is needed."}


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("+7", 7), ("-3", -3), ("007", 7), ("１２", 12), ("1000000000000000", 10**15)]
)
def test_whole_numbers(text: str, value: int) -> None:
    assert typed(WHOLE, text) == value
    assert isinstance(typed(WHOLE, text), int)


@pytest.mark.parametrize(
    ("text", "written"),
    [("0.1", "0.1"), ("5000", "5000"), ("5000.00", "5000"), (".5", "0.5"), ("-0", "0"), ("１２．５", "12.5"), ("19.99", "19.99")],
)
def test_numbers_are_kept_as_the_digits_that_were_typed(text: str, written: str) -> None:
    assert json.dumps(typed(NUMBER, text)) == written


@pytest.mark.parametrize("text", ["1,200", "1 200", "12€", "1e3", "NaN", "inf", "--1", "0x10", "½", "1.", "."])
def test_what_only_looks_like_a_number_is_refused_with_an_example(text: str) -> None:
    assert refusal(NUMBER, text, text=True) == "number"


def test_numbers_that_cannot_be_kept_exactly_or_are_beyond_reason_are_refused() -> None:
    assert refusal(NUMBER, "0.12345678901234567890", text=True) == "digits"
    assert refusal(NUMBER, "1" * 41, text=True) == "digits"
    assert refusal(NUMBER, "1000000000000000.5", text=True) == "too_large"
    assert refusal(WHOLE, "1000000000000001", text=True) == "too_large"
    assert refusal(WHOLE, 10**400, text=False) == "too_large"
    assert refusal(WHOLE, "12.5", text=True) == "whole_number"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "12", True, [12], {"n": 12}])
def test_json_has_to_send_a_number_as_a_number(value: Any) -> None:
    assert refusal(NUMBER, value, text=False) == "number"
    assert refusal(WHOLE, value, text=False) == "whole_number"


def test_whole_floats_and_negative_zero_become_plain_whole_numbers() -> None:
    assert json.dumps([sent(NUMBER, 5000.0), sent(NUMBER, -0.0), sent(WHOLE, 3.0)]) == "[5000, 0, 3]"
    assert refusal(WHOLE, 3.5, text=False) == "whole_number"


@pytest.mark.parametrize("value", [1, 0, "true", None.__class__, [True]])
def test_json_has_to_send_yes_or_no_as_true_or_false(value: Any) -> None:
    assert refusal(YES_NO, value, text=False) == "yes_no"


def test_dates_are_days_that_exist() -> None:
    assert typed(DAY, " 2026-02-14 ") == "2026-02-14"
    assert typed(DAY, "２０２６-０２-１４") == "2026-02-14"
    for text in ("2026-02-30", "14.02.2026", "20260214", "2026-W07-6", "2026-2-14", "tomorrow", "2026-02-14T10:00"):
        assert refusal(DAY, text, text=True) == "date"


def test_an_e_mail_address_looks_like_one() -> None:
    about = TEXT | {"format": "email"}
    assert typed(about, "wang.fang@example.org") == "wang.fang@example.org"
    for text in ("wang.fang", "wang@fang", "a b@example.org", "a@b@example.org", "@example.org", "a" * 65 + "@example.org"):
        assert refusal(about, text, text=True) == "email"


def test_blank_and_null_are_no_answer_in_every_channel() -> None:
    several = form(note=NOTE, amount=NUMBER, day=DAY)
    assert read_answers(several, {"note": " \u3000\n", "amount": "", "day": "  "}, text=True) == {}
    assert read_answers(several, {"note": "", "amount": None, "day": None}, text=False) == {}


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[31m", "a\x7f", "a\u202eb", "a\u2066b", "a\ud800b", "a\x85b"])
def test_characters_that_cannot_be_shown_or_that_deceive_are_refused(text: str) -> None:
    assert refusal(NOTE, text, text=True) == "control"
    assert refusal(NOTE, text, text=False) == "control"


def test_lines_belong_into_text_areas_and_families_of_emoji_are_welcome() -> None:
    assert typed(NOTE, "one\r\ntwo\rthree\tfour") == "one\ntwo\nthree\tfour"
    assert refusal(TEXT, "one\ntwo", text=True) == "one_line"
    assert typed(TEXT, "谢谢 👨‍👩‍👧") == "谢谢 👨‍👩‍👧"


def test_ten_thousand_characters_are_enough_whatever_the_form_says() -> None:
    assert len(typed(NOTE, "字" * 10_000)) == 10_000
    assert refusal(NOTE, "字" * 10_001, text=True) == "too_long"


def test_choices_may_be_numbers() -> None:
    about = WHOLE | {"enum": [1, 2, 3]}
    assert typed(about, "2") == 2
    assert refusal(about, "4", text=True) == "choice"
    assert typed({"enum": ["a", "b"]}, "b") == "b", "choices without a type are texts"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
EVERY_KIND = form(
    ("text",), text=TEXT, note=NOTE, yes=YES_NO, whole=WHOLE, number=NUMBER, day=DAY, mail=TEXT | {"format": "email"}
)


@given(st.dictionaries(st.sampled_from([*EVERY_KIND["properties"], "other"]), anything), st.booleans())
@settings(suppress_health_check=[HealthCheck.too_slow])  # the first text that is drawn loads a table of all characters
def test_whatever_is_sent_is_either_read_into_json_or_refused_field_by_field(raw: dict[str, Any], text: bool) -> None:
    outcome = outcome_of(raw, text)
    if isinstance(outcome, BadInput):
        assert outcome.fields
        assert [problem.field for problem in outcome.problems] == list(outcome.fields)
    else:
        assert json.loads(json.dumps(outcome, allow_nan=False)) == outcome
        assert read_answers(EVERY_KIND, outcome, text=False) == outcome, "read again without change"


def outcome_of(raw: dict[str, Any], text: bool) -> dict[str, Any] | BadInput:
    """The answers, or the refusal."""
    try:
        return read_answers(EVERY_KIND, raw, text=text)
    except BadInput as refused:
        return refused


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_every_amount_in_yuan_and_fen_is_kept_to_the_fen(amount: Any) -> None:
    value = typed(NUMBER | {"multipleOf": 0.01}, str(amount))
    assert f"{value:.2f}".replace("-0.00", "0.00") == f"{amount:.2f}".replace("-0.00", "0.00")


def test_a_schema_is_made_ready_once_and_one_that_was_changed_is_another() -> None:
    """However many answers it reads; a form that gains a rule in place is not read by the old one."""
    schema: dict[str, Any] = {"type": "object", "properties": {"amount": {"type": "number", "maximum": 10}}}
    before = _compiled.cache_info().misses
    for amount in range(5):
        assert read_answers(schema, {"amount": amount}, text=False) == {"amount": amount}
    assert _compiled.cache_info().misses == before + 1

    schema["properties"]["amount"]["maximum"] = 3
    with pytest.raises(BadInput):
        read_answers(schema, {"amount": 4}, text=False)


def test_a_bound_beyond_what_the_cache_can_spell_is_kept_all_the_same() -> None:
    """Python's whole numbers have no end, and a schema may name one of them."""
    schema = {"type": "object", "properties": {"amount": {"type": "integer", "minimum": -(10**30)}}}

    assert read_answers(schema, {"amount": 7}, text=False) == {"amount": 7}
