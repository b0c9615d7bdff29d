"""Charts that can be read without colour, without a mouse and in both languages, and that cannot carry anything in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pilots import assess, case_chart, step_chart, week_chart
from pilots.charts import BAD, GOOD, WAITING, Dot, dot_plot, histogram, nice_ticks, weekly_strip
from pilots.pictures import chart_labels, limit_seconds
from pilots.summary import WeekRow
from tests.pilots.desk import CALENDARS, MONDAY, Desk, hours, plan_of

SVG = "{http://www.w3.org/2000/svg}"
WORDS = chart_labels("en", title="Cases", desc="3 shown", x="start", y="hours", limit="48 h")


def texts(picture: str) -> list[str]:
    return [node.text or "" for node in etree.fromstring(picture).iter(f"{SVG}text")]


def tips(picture: str) -> list[str]:
    root = etree.fromstring(picture)
    return [title.text for group in root.iter(f"{SVG}g") for title in group.findall(f"{SVG}title")]


def assessed(language: str = "en") -> tuple:
    plan, desk = plan_of(), Desk()
    desk.freeze(plan)
    for number in range(20):
        desk.work(MONDAY + timedelta(hours=9 * number), None if number % 6 == 5 else hours(1 + 4 * number))
    return assess(plan, desk.log, CALENDARS, MONDAY + timedelta(days=9), rehearsal=False)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_chart_is_named_described_and_well_formed(language):
    assessment = assessed()
    pictures = [case_chart(assessment, language), week_chart(assessment, language), step_chart(assessment.steps[0], language)]
    for picture in pictures:
        root = etree.fromstring(picture)
        assert root.get("role") == "img"
        named = [root.find(f".//*[@id='{one}']") for one in root.get("aria-labelledby").split()]
        assert [node.tag for node in named] == [f"{SVG}title", f"{SVG}desc"]
        assert all(node.text for node in named)
        assert "<script" not in picture
        assert "style=" not in picture
    assert ("案例耗时与标准" in pictures[0]) == (language == "zh")


def test_two_charts_on_one_page_do_not_share_their_ids():
    assessment = assessed()
    ids = [
        node.get("id")
        for picture in (case_chart(assessment), week_chart(assessment), step_chart(assessment.steps[0]))
        for node in etree.fromstring(picture).iter()
        if node.get("id")
    ]
    assert len(ids) == len(set(ids))


def test_every_case_is_a_mark_and_late_ones_have_another_shape_than_those_in_time():
    dots = [Dot(0.1, 3_600, False, False, "a"), Dot(0.5, 200_000, True, False, "b"), Dot(0.9, 300_000, True, True, "c")]
    picture = dot_plot(dots, 172_800, [(0.0, "03-02")], WORDS, uid="u")
    assert tips(picture) == ["a", "b", "c"]
    marks = [group[1].tag for group in etree.fromstring(picture).iter(f"{SVG}g") if len(group) == 2]
    assert marks == [f"{SVG}circle", f"{SVG}path", f"{SVG}path"]
    assert {"48 h", "in time", "late", "still open", "still open, late"} <= set(texts(picture))


def test_late_bars_are_hatched_and_not_only_red():
    picture = histogram([60, 120, 1_200], [False, False, True], 900, WORDS, uid="u")
    assert picture.count('fill="url(#u-late)"') == 2, "the bar and its legend"
    assert [tip.split(": ")[1] for tip in tips(picture)] == ["1 in time", "1 in time", "1 late"]
    assert GOOD in picture
    assert BAD in picture


@given(st.lists(st.tuples(st.integers(0, 10**7), st.booleans()), max_size=80), st.none() | st.integers(1, 10**7))
def test_a_histogram_shows_every_value_once(values, limit):
    picture = histogram([value for value, _ in values], [late for _, late in values], limit, WORDS, uid="u")
    counted = [int(tip.split(": ")[1].split()[0]) for tip in tips(picture)]
    assert sum(counted) == len(values)


def test_a_week_shows_what_became_of_its_cases():
    weeks = [WeekRow(date(2026, 3, 2), 12, 9, 8, 1, 2, 1), WeekRow(date(2026, 3, 9), 0, 0, 0, 0, 0, 0)]
    picture = weekly_strip(weeks, WORDS, uid="u")
    assert tips(picture) == ["2026-03-02: 8 in time", "2026-03-02: 1 late", "2026-03-02: 3 not due yet"]
    assert WAITING in picture
    assert "2026-03-09" in texts(picture)


def test_nothing_at_all_can_be_drawn():
    for picture in (
        dot_plot([], None, [], WORDS, uid="u"),
        histogram([], [], None, WORDS, uid="u"),
        weekly_strip([], WORDS, uid="u"),
        case_chart(assess(plan_of(), [], CALENDARS, MONDAY, rehearsal=False)),
    ):
        assert etree.fromstring(picture).get("role") == "img"


def test_names_are_text_in_a_picture_too():
    words = {**WORDS, "title": '"><script>alert(1)</script>', "x": "<&>"}
    picture = dot_plot([Dot(0, 1, False, False, "</title><script>")], 1, [(0, "<b>")], words, uid="u")
    assert "<script" not in picture
    assert '"><script>alert(1)</script>' in texts(picture)


@pytest.mark.parametrize(("top", "ticks"), [(1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (48, [0, 10, 20, 30, 40]), (7, [0, 2, 4, 6])])
def test_axes_have_round_numbers(top, ticks):
    assert nice_ticks(top) == ticks


@given(st.floats(0.01, 1e6))
def test_axes_have_at_most_six_numbers(top):
    assert 2 <= len(nice_ticks(top)) <= 6


def test_a_standard_in_working_days_has_no_line_since_their_hours_depend_on_the_calendar():
    assert limit_seconds("PT48H") == 172_800
    assert limit_seconds("15 working minutes") == 900
    assert limit_seconds("2 working days") is None
    assert limit_seconds(None) is None
