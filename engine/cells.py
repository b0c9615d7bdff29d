"""S-FEEL unary tests, the input cells of a decision table, compiled to tests over safe expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from engine import expression_values as values
from engine.expressions import ExpressionError, compile_expression

Test: TypeAlias = Callable[[Any, Mapping[str, Any]], bool]
"""`test(value, data)`: whether the cell accepts the input's value; `data` is the case data the cell may name."""

MAX_CELL = 1_000
_INTERVAL = re.compile(r"([\[(\]])(.+?)\.\.(.+)([\])\[])", re.DOTALL)
_COMPARISON = re.compile(r"(<=|>=|<|>)(.+)", re.DOTALL)
_MARK = re.compile(r'"(?:\\.|[^"\\])*"|[\[(\]][^,"\[\]()]+\.\.[^,"\[\]()]+[\])\[]|[\[\](),"]')
_NOT = re.compile(r"not\s*\((.*)\)", re.DOTALL)


@lru_cache(maxsize=4_096)
def compile_cell(text: str) -> Test:
    """Read a cell: `-`, `"high"`, `> 5000`, `[1..10)`, a list of these with commas, or `not(...)` around them.

    A test between values of different kinds is False, as in the standard, except that an order between things that have
    none is an ExpressionError at the time of the decision. Raises ExpressionError for a cell that cannot be read.
    """
    if len(text) > MAX_CELL:
        raise ExpressionError(f"the cell is longer than {MAX_CELL} characters")
    cell = text.strip()
    if cell in {"", "-"}:
        return lambda value, data: True
    if (negated := _NOT.fullmatch(cell)) and len(_split(cell)) == 1:
        inner = _any_of(negated[1])
        return lambda value, data: not inner(value, data)
    return _any_of(cell)


def _any_of(text: str) -> Test:
    tests = [_single(part) for part in _split(text)]
    return lambda value, data: any(test(value, data) for test in tests)


def _single(text: str) -> Test:
    part = text.strip()
    if not part or part == "-":
        raise ExpressionError("there is an empty place in the list of values")
    if _NOT.match(part):
        raise ExpressionError("not(...) has to stand around the whole cell")
    if match := _INTERVAL.fullmatch(part):
        return _interval(*match.groups())
    if match := _COMPARISON.fullmatch(part):
        compare, limit = values.ordering(match[1]), compile_expression(match[2])
        return lambda value, data: value is not None and compare(value, limit.raw(data))
    wanted = compile_expression(part)
    return lambda value, data: values.equal(value, wanted.raw(data))


def _interval(opening: str, low: str, high: str, closing: str) -> Test:
    above = values.ordering(">=" if opening == "[" else ">")
    below = values.ordering("<=" if closing == "]" else "<")
    bottom, top = compile_expression(low), compile_expression(high)
    return lambda value, data: value is not None and above(value, bottom.raw(data)) and below(value, top.raw(data))


def _split(text: str) -> list[str]:
    """The parts between commas that stand outside quotes, intervals and brackets."""
    parts, depth, start = [], 0, 0
    for match in _MARK.finditer(text):
        mark = match[0]
        if mark == '"':
            raise ExpressionError("a text in quotes does not end")
        depth += (mark == "(") + (mark == "[") - (mark == ")") - (mark == "]")
        if mark == "," and depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]
