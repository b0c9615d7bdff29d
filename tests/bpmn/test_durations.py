"""Durations say their unit, and what is written is read back."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn import BadDuration, Duration, Unit
from bpmn.durations import LONGEST

SECONDS = st.integers(1, LONGEST)


@given(
    st.one_of(
        SECONDS.map(lambda n: Duration(n, Unit.ELAPSED)), st.integers(1, 1830).map(lambda n: Duration(n, Unit.WORKING_DAYS))
    )
)
def test_what_is_written_is_read_back(duration):
    assert Duration.parse(str(duration)) == duration


@given(st.integers(1, 99_999).map(lambda minutes: Duration(minutes * 60, Unit.WORKING_TIME)))
def test_working_minutes_and_hours_are_read_back(duration):
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("PT48H", 172_800, Unit.ELAPSED),
        ("P2D", 172_800, Unit.ELAPSED),
        ("P1W", 604_800, Unit.ELAPSED),
        ("PT1H30M", 5_400, Unit.ELAPSED),
        ("15 working minutes", 900, Unit.WORKING_TIME),
        ("1 working hour", 3_600, Unit.WORKING_TIME),
        ("1.5 working hours", 5_400, Unit.WORKING_TIME),
        ("2 working days", 2, Unit.WORKING_DAYS),
    ],
)
def test_the_three_units_never_fold_into_each_other(text, amount, unit):
    assert Duration.parse(text) == Duration(amount, unit)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1M", "P1Y", "-PT5M", "PT0S", "4 hours", "0 working days", "1.5 working days", "PT4", "９ working hours x"],
)
def test_anything_else_is_refused_with_the_forms_that_can_be_read(text):
    with pytest.raises(BadDuration, match="30 working minutes"):
        Duration.parse(text)


@pytest.mark.parametrize("text", ["PT99999H", "P9999D", "99999 working days"])
def test_nothing_takes_longer_than_five_years(text):
    with pytest.raises(BadDuration):
        Duration.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_duration_or_refused(text):
    with contextlib.suppress(BadDuration):
        assert Duration.parse(text).amount > 0
