"""Durations that say their unit. Elapsed time, working time and working days never fold into each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Unit(StrEnum):
    """What a duration counts."""

    ELAPSED = "elapsed"  # seconds on any clock
    WORKING_TIME = "working time"  # seconds inside the working hours of a calendar
    WORKING_DAYS = "working days"  # working days of a calendar, at the same local time of day


class BadDuration(ValueError):
    """A duration reads like PT4H, 30 working minutes, 4 working hours or 2 working days."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is not a duration: write PT4H (elapsed), 30 working minutes, 4 working hours or 2 working days"
        )


# Weeks, days, hours, minutes and seconds only: a month or a year is not a fixed length of time.
_ISO = re.compile(
    r"P(?!$)(?:(?P<w>\d{1,3})W)?(?:(?P<d>\d{1,4})D)?(?:T(?!$)(?:(?P<h>\d{1,5})H)?(?:(?P<m>\d{1,6})M)?(?:(?P<s>\d{1,8})S)?)?"
)
_ISO_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_WORKING = re.compile(r"(?P<n>\d{1,9}(?:\.\d{1,2})?) working (?P<unit>second|minute|hour|day)s?")
_WORKING_SECONDS = {"second": 1, "minute": 60, "hour": 3_600}
LONGEST = 5 * 366 * 86_400  # five years; nothing that a pilot promises takes longer


@dataclass(frozen=True, slots=True, order=False)
class Duration:
    """`amount` seconds of elapsed or working time, or `amount` working days; always positive."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `PT4H`, `30 working minutes`, `4 working hours`, `2 working days`.

        Raises BadDuration for anything else, for zero, and beyond five years.
        """
        text = " ".join(text.split())
        if match := _ISO.fullmatch(text):
            seconds = sum(int(value) * _ISO_SECONDS[key] for key, value in match.groupdict().items() if value)
            return cls._checked(seconds, Unit.ELAPSED, text)
        if match := _WORKING.fullmatch(text):
            number, unit = Decimal(match["n"]), match["unit"]
            amount = number if unit == "day" else number * _WORKING_SECONDS[unit]
            if amount != int(amount):
                raise BadDuration(text)
            return cls._checked(int(amount), Unit.WORKING_DAYS if unit == "day" else Unit.WORKING_TIME, text)
        raise BadDuration(text)

    @classmethod
    def _checked(cls, amount: int, unit: Unit, text: str) -> Duration:
        most = LONGEST // 86_400 if unit is Unit.WORKING_DAYS else LONGEST
        if not 0 < amount <= most:
            raise BadDuration(text)
        return cls(amount, unit)

    def share(self, percent: int) -> int:
        """`percent` of this duration: seconds, or thousandths of a working day."""
        return self.amount * percent // 100 if self.unit is not Unit.WORKING_DAYS else self.amount * percent * 10

    def __str__(self) -> str:
        """The text that `parse` reads back to the same duration."""
        if self.unit is Unit.WORKING_DAYS:
            return f"{self.amount} working day{'s' if self.amount != 1 else ''}"
        if self.unit is Unit.WORKING_TIME:
            if self.amount % 3_600 == 0:
                return f"{self.amount // 3_600} working hour{'s' if self.amount != 3_600 else ''}"
            if self.amount % 60 == 0:
                return f"{self.amount // 60} working minute{'s' if self.amount != 60 else ''}"
            return f"{self.amount} working second{'s' if self.amount != 1 else ''}"
        return "P" + _iso_text(self.amount)


def _iso_text(seconds: int) -> str:
    """Hours at most: PT48H stays PT48H, since a day is not always 24 hours long to a reader."""
    hours, rest = divmod(seconds, 3_600)
    minutes, rest = divmod(rest, 60)
    return "T" + "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if value)
