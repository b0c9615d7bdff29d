"""Answers become case data: strict JSON, copied all the way down, so that nothing shared or unstorable gets into a case."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.errors import BadInput

MAX_NESTING = 20
MAX_VALUES = 20_000
_MAX_INT = 2**63


def clean(data: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of JSON data. Raises BadInput for NaN, integers beyond 64 bits, lone surrogates, or anything not JSON."""
    left = [MAX_VALUES]
    return {_key(key): _copy(value, left, 0) for key, value in data.items()}


def _copy(value: Any, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_NESTING:
        raise BadInput("There is too much data in this answer.")
    if isinstance(value, Mapping):
        return {_key(key): _copy(item, left, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(item, left, depth + 1) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int and -_MAX_INT <= value < _MAX_INT:
        return value
    if kind is float and math.isfinite(value):
        return value
    if isinstance(value, str):
        return _text(value)
    raise BadInput(f"{str(value)[:40]!r} cannot be stored: only texts, numbers, yes or no, lists and groups of these can.")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise BadInput("Every field needs a name that is a text.")
    return _text(key)


def _text(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadInput("A text holds half a character and cannot be stored.") from None
    return str(text)
