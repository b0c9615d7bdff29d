"""Calendars and instants that the time stories share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bpmn import Duration, calendar_data
from engine.calendars import Calendar

OFFICE = [["09:00", "12:00"], ["13:30", "18:00"]]
WEEK = ("mon", "tue", "wed", "thu", "fri")
NIGHT = [["22:00", "06:00"]]
EARLY_AND_LATE = [["00:30", "04:00"], ["09:00", "17:00"]]
DAYS = (*WEEK, "sat", "sun")


def data(**changes: Any) -> dict[str, Any]:
    """A plain office calendar in Shanghai for 2026, without holidays, with these changes."""
    plain = {
        "name": "office",
        "version": "1",
        "zone": "Asia/Shanghai",
        "first": "2026-01-01",
        "last": "2026-12-31",
        "weekly": dict.fromkeys(WEEK, OFFICE),
    }
    return plain | changes


@cache
def cn() -> Calendar:
    """The calendar that is shipped."""
    return Calendar.from_data(calendar_data("cn"))


@cache
def berlin_nights() -> Calendar:
    """A plant in Berlin that works every night from 22:00 to 06:00."""
    every_night = dict.fromkeys(DAYS, NIGHT)
    return Calendar.from_data(data(name="nights", zone="Europe/Berlin", weekly=every_night))


@cache
def berlin_office() -> Calendar:
    """An office in Berlin that works every day, also through the hours in which the clocks change."""
    always = dict.fromkeys(DAYS, EARLY_AND_LATE)
    return Calendar.from_data(data(name="berlin", zone="Europe/Berlin", weekly=always))


def at(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> datetime:
    """The instant of a local time, in UTC, where a time that the clocks show twice has one meaning: at("2026-02-13 17:00")."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def berlin(text: str, fold: int = 0) -> datetime:
    """Local time in Berlin."""
    return at(text, "Europe/Berlin", fold)


def of(text: str) -> Duration:
    """A duration: of("2 working hours")."""
    return Duration.parse(text)


def office(**changes: Any) -> Calendar:
    """A calendar from `data`."""
    return Calendar.from_data(data(**changes))


def year(off: tuple[str, ...] = (), make_up: tuple[str, ...] = ()) -> Mapping[int, Any]:
    """The entry `years` for 2026."""
    return {2026: {"off": list(off), "make_up": list(make_up)}}
