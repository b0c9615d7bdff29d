"""One answer on a form: from what was sent to a value that JSON keeps exactly as it was meant."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

LONGEST_TEXT = 10_000
LARGEST_NUMBER = 10**15  # above it a float no longer tells one cent from the next
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d+)?|\.\d+)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+")
_BOX = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
# Marks that make a text read differently from what it is (bidirectional overrides and isolates).
_DECEIVING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


class FieldError(Exception):
    """A value does not fit its field: `key` of the sentence and its parameters."""

    def __init__(self, key: str, **params: str) -> None:
        self.key, self.params = key, params
        super().__init__(key)


def declared_type(about: Mapping[str, Any]) -> str:
    """string, boolean, integer or number; a list of choices without a type holds texts."""
    return str(about.get("type", "string"))


def is_absent(value: Any) -> bool:
    """Nothing was answered: null, or a text of blanks."""
    return value is None or (isinstance(value, str) and not value.strip())


def read_value(about: Mapping[str, Any], value: Any, *, text: bool) -> str | bool | int | float:
    """The answer to the field `about`, of its declared type. With `text`, texts are converted; otherwise types must be right.

    Numbers come out as int where they are whole, and as float only where the float writes the very digits that were
    entered. Raises FieldError.
    """
    read, convert = _READERS[declared_type(about)]
    if text and isinstance(value, str):
        value = convert(value.strip())
    return read(about, value)


def _read_text(about: Mapping[str, Any], value: Any) -> str:
    if not isinstance(value, str):
        raise FieldError("text")
    if len(value) > LONGEST_TEXT:
        raise FieldError("too_long", limit=str(LONGEST_TEXT))
    value = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if any(_is_control(character) for character in value):
        raise FieldError("control")
    if "\n" in value and about.get("x-ui") != "textarea":
        raise FieldError("one_line")
    return _checked_format(about.get("format"), value)


def _is_control(character: str) -> bool:
    if character in "\n\t":
        return False
    return unicodedata.category(character) in ("Cc", "Cs") or character in _DECEIVING


def _checked_format(form: Any, value: str) -> str:
    if form == "date":
        return _date(unicodedata.normalize("NFKC", value))
    if form == "email" and not (len(value) <= 254 and _EMAIL.fullmatch(value)):
        raise FieldError("email")
    return value


def _date(value: str) -> str:
    try:
        if _DATE.fullmatch(value):  # Python alone would also take 20260214 and 2026-W07-6
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise FieldError("date")


def _read_yes_no(about: Mapping[str, Any], value: Any) -> bool:
    if not isinstance(value, bool):
        raise FieldError("yes_no")
    return value


def _read_whole(about: Mapping[str, Any], value: Any) -> int:
    number = _number(value, "whole_number")
    if number != int(number):
        raise FieldError("whole_number")
    return int(number)


def _read_number(about: Mapping[str, Any], value: Any) -> int | float:
    number = _number(value, "number")
    return int(number) if number == int(number) else float(number)


def _number(value: Any, key: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FieldError(key)
    if isinstance(value, float) and not math.isfinite(value):  # Python's JSON reads NaN and Infinity; nobody else's does
        raise FieldError(key)
    if abs(value) > LARGEST_NUMBER:
        raise FieldError("too_large", limit=f"{LARGEST_NUMBER:,}")
    return value


def _text_to_yes_no(text: str) -> Any:
    return _BOX.get(text.casefold(), text)


def _text_to_whole(text: str) -> Any:
    return _exactly(text, _WHOLE, "whole_number")


def _text_to_number(text: str) -> Any:
    return _exactly(text, _NUMBER, "number")


def _exactly(text: str, pattern: re.Pattern[str], key: str) -> int | float:
    """The number that the digits say. A keyboard set to Chinese types full-width digits: they are digits."""
    digits = unicodedata.normalize("NFKC", text) if len(text) <= 40 else text
    if not pattern.fullmatch(digits):
        raise FieldError(key)
    if len(digits) > 40:
        raise FieldError("digits")
    exact = Decimal(digits)
    if exact == exact.to_integral_value():
        return int(exact)
    number = float(exact)
    if abs(number) <= LARGEST_NUMBER and Decimal(repr(number)) != exact:
        raise FieldError("digits")
    return number


_Reader = Callable[[Mapping[str, Any], Any], str | bool | int | float]
_READERS: Mapping[str, tuple[_Reader, Callable[[str], Any]]] = {
    "string": (_read_text, str),
    "boolean": (_read_yes_no, _text_to_yes_no),
    "integer": (_read_whole, _text_to_whole),
    "number": (_read_number, _text_to_number),
}
