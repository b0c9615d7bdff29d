"""A working calendar that is wrong is refused, and the sentence says which entry and why."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
import yaml

from engine.calendars import BadCalendar, Calendar
from engine.errors import BadInput
from tests.time.hours import OFFICE, data, office, year

BROKEN: list[tuple[dict[str, Any], str, str]] = [
    ({"zone": "Asia/Beijing"}, "zone", "is not a time zone"),
    ({"zone": "Asia"}, "zone", "is not a time zone"),
    ({"zone": "../../etc/passwd"}, "zone", "is not a time zone"),
    ({"zone": None}, "zone", "must be a text"),
    ({"name": ""}, "name", "1 to 64 characters"),
    ({"name": "x" * 65}, "name", "1 to 64 characters"),
    ({"version": None}, "version", "1 to 64 characters"),
    ({"first": "2027-01-01"}, "last", "2026-12-31 lies before the first day 2027-01-01"),
    ({"first": "1970-01-01"}, "last", "more than 40 years"),
    ({"first": "2026-02-30"}, "first", "'2026-02-30' is not a date"),
    ({"first": "01.01.2026"}, "first", "is not a date like 2026-02-14"),
    ({"first": None}, "first", "None is not a date"),
    ({"last": datetime(2026, 12, 31, 10)}, "last", "is not a date"),  # noqa: DTZ001 - no zone needed to be wrong
    ({"weekly": None}, "weekly", "is missing"),
    ({"weekly": {}}, "weekly", "no day has working hours"),
    ({"weekly": {"mon": []}}, "weekly", "no day has working hours"),
    ({"weekly": {"monday": OFFICE}}, "weekly.monday", "is not a day of the week"),
    ({"weekly": {"mon": "09:00-18:00"}}, "weekly.mon", "must be a list"),
    ({"weekly": {"mon": [["09:00", "09:30"]] * 13}}, "weekly.mon", "at most 12 slots"),
    ({"weekly": {"mon": [["09:00"]]}}, "weekly.mon[0]", "needs a start and an end"),
    ({"weekly": {"mon": [["09:00", "12:00"], "13:30"]}}, "weekly.mon[1]", "needs a start and an end"),
    ({"weekly": {"mon": [["09:00", None]]}}, "weekly.mon[0]", "None is not a time of day"),
    ({"weekly": {"mon": [["09:00", 1080]]}}, "weekly.mon[0]", "in quotes"),
    ({"weekly": {"mon": [["9:00", "18:00"]]}}, "weekly.mon[0]", "'9:00' is not a time of day"),
    ({"weekly": {"mon": [["09:00", "24:30"]]}}, "weekly.mon[0]", "'24:30' is not a time of day"),
    ({"weekly": {"mon": [["09:00", "09:00"]]}}, "weekly.mon[0]", "has no length"),
    ({"weekly": {"mon": [["24:00", "06:00"]]}}, "weekly.mon[0]", "no slot starts at 24:00"),
    ({"weekly": {"mon": [["09:00", "12:00"], ["11:30", "18:00"]]}}, "weekly.mon", "two slots overlap at 11:30"),
    ({"weekly": {"mon": [["22:00", "06:00"], ["23:00", "24:00"]]}}, "weekly.mon", "two slots overlap at 23:00"),
    ({"weekly": {"mon": [["22:00", "06:00"]], "tue": [["05:00", "08:00"]]}}, "weekly.tue", "before the night shift of mon"),
    ({"weekly": {"sun": [["22:00", "06:00"]], "mon": [["05:00", "08:00"]]}}, "weekly.mon", "before the night shift of sun"),
    ({"weekly": {"tue": OFFICE}, "years": year(make_up=("2026-05-09",))}, "weekly.mon", "make-up days follow Monday's hours"),
    ({"years": year(off=("2026-05-09",), make_up=("2026-05-09",))}, "years.2026", "2026-05-09 is both"),
    ({"years": year(off=("2025-05-01",))}, "years.2026.off", "2025-05-01 does not belong to 2026"),
    ({"years": year(off=("2026-13-01",))}, "years.2026.off", "is not a date"),
    ({"years": {2026: {"off": "2026-05-01"}}}, "years.2026.off", "must be a list of dates"),
    ({"years": {2026: {"make-up": ["2026-05-09"]}}}, "years.2026.make-up", "is not an entry of a year"),
    ({"years": {2026: {False: ["2026-05-01"]}}}, "years.2026", 'write "off" in quotes'),
    ({"years": {2026: ["2026-05-01"]}}, "years.2026", "must be a table"),
    ({"years": {2026: {}, "2026": {"off": ["2026-05-01"]}}}, "years", "two entries for the same year"),
    ({"years": {2025: {}}}, "years", "2026 lies between first and last but has no entry"),
    ({"years": {"next": {}}}, "years", "'next' is not a year"),
    ({"years": [2026]}, "years", "must list a year"),
    ({"year": {2026: {}}}, "year", "is not an entry of a calendar"),
]


@pytest.mark.parametrize(("change", "where", "what"), BROKEN, ids=[f"{where}: {what}" for _, where, what in BROKEN])
def test_a_broken_calendar_names_the_entry_and_the_reason(change: dict[str, Any], where: str, what: str) -> None:
    with pytest.raises(BadCalendar) as refused:
        office(**change)
    assert (refused.value.where, what in refused.value.what) == (where, True), refused.value
    assert str(refused.value) == f"working calendar, {where}: {refused.value.what}"


def test_what_is_no_table_at_all_is_refused_too() -> None:
    with pytest.raises(BadInput, match="is not a table"):
        Calendar.from_data(["mon"])  # type: ignore[arg-type]


def test_the_words_that_yaml_reads_in_its_own_way_are_explained_to_who_wrote_them() -> None:
    with pytest.raises(BadCalendar, match="quotes"):
        office(weekly=yaml.safe_load("mon: [[09:00, 18:00]]"))
    with pytest.raises(BadCalendar, match="quotes"):
        office(years=yaml.safe_load("2026: {off: [2026-05-01]}"))


def test_the_notice_for_a_year_may_name_days_of_the_december_before() -> None:
    calendar = office(first="2025-12-01", years={2025: None, 2026: {"make_up": ["2025-12-27"]}})
    assert calendar.is_working_day(date(2025, 12, 27))


def test_remarks_for_readers_are_welcome() -> None:
    assert Calendar.from_data(data(source="the works council", years={2026: {"notice": "none", "off": None}})).first == date(
        2026, 1, 1
    )


def test_a_calendar_of_a_single_day_is_a_calendar() -> None:
    assert office(first="2026-03-06", last="2026-03-06").working_seconds_of(date(2026, 3, 6)) == 7.5 * 3600
