"""DMN decision tables, worked out by ourselves: S-FEEL cells over the safe expressions, hit policies as the standard says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from bpmn import Decision, Finding
from engine import expression_values as values
from engine.cells import Test, compile_cell
from engine.errors import CannotGoOn
from engine.expressions import Expression, ExpressionError, compile_expression

_SINGLE = {"UNIQUE", "FIRST", "ANY"}
_LISTS = {"RULE ORDER", "COLLECT"}
_AGGREGATIONS = {"SUM", "MIN", "MAX", "COUNT"}
_REFUSED = {"PRIORITY", "OUTPUT ORDER"}  # they need an order of the output values, which a Decision does not carry
_MAX_RULES = 500


@dataclass(frozen=True, slots=True)
class _Rule:
    number: int
    tests: tuple[Test, ...]
    outputs: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class _Table:
    inputs: tuple[Expression, ...]
    rules: tuple[_Rule, ...]


def policy(decision: Decision) -> str:
    """The hit policy in the standard's spelling; UNIQUE when the table does not say."""
    return " ".join(decision.hit_policy.upper().replace("_", " ").split()) or "UNIQUE"


def decide(decision: Decision, data: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of the table over the case data, by output name.

    UNIQUE, FIRST and ANY give one value an output, RULE ORDER and COLLECT the list of the matching rows' values,
    COLLECT with an aggregation one number. Raises CannotGoOn when no row matches, when rows contradict the hit policy,
    or when a cell cannot be worked out.
    """
    try:
        table = _compiled(decision)
        asked = [expression.raw(data) for expression in table.inputs]
        matching = _matching(table, asked, data, first_only=policy(decision) == "FIRST")
        results = [[output(data) for output in rule.outputs] for rule in matching]
    except ExpressionError as error:
        raise CannotGoOn(f"The decision {_label(decision)} cannot be taken: {error}.") from error
    return _by_policy(decision, matching, results, asked)


def _matching(table: _Table, asked: Sequence[Any], data: Mapping[str, Any], *, first_only: bool) -> list[_Rule]:
    found = []
    for rule in table.rules:
        if all(test(value, data) for test, value in zip(rule.tests, asked, strict=True)):
            found.append(rule)
            if first_only:
                break
    return found


def _by_policy(
    decision: Decision, matching: Sequence[_Rule], results: Sequence[Sequence[Any]], asked: Sequence[Any]
) -> dict[str, Any]:
    kind = policy(decision)
    if kind in _LISTS:
        columns = {name: [row[i] for row in results] for i, name in enumerate(decision.outputs)}
        return {name: _aggregate(decision, column) for name, column in columns.items()} if decision.aggregation else columns
    if kind not in _SINGLE:
        raise CannotGoOn(f"The decision {_label(decision)} has the hit policy {kind}, which is not supported.")
    if not matching:
        raise CannotGoOn(f"The decision {_label(decision)} has no row for {_values(decision, asked)}: add one to the table.")
    if kind == "UNIQUE" and len(matching) > 1:
        rows = " and ".join(str(rule.number) for rule in matching[:3])
        raise CannotGoOn(
            f"In the decision {_label(decision)} the rows {rows} all match {_values(decision, asked)}, but only one may."
        )
    if kind == "ANY" and any(row != results[0] for row in results):
        raise CannotGoOn(
            f"In the decision {_label(decision)} the matching rows say different things for {_values(decision, asked)}."
        )
    return dict(zip(decision.outputs, results[0], strict=True))


def _aggregate(decision: Decision, column: list[Any]) -> Any:
    kind = (decision.aggregation or "").upper()
    if kind == "COUNT":
        return len(column)
    if not column:
        raise CannotGoOn(f"The decision {_label(decision)} has no matching row, so there is nothing to compute.")
    function: Callable[..., Any] = {
        "SUM": values.FUNCTIONS["sum"][0],
        "MIN": values.FUNCTIONS["min"][0],
        "MAX": values.FUNCTIONS["max"][0],
    }[kind]
    try:
        return values.plain(function(values.bounded(column)))
    except ExpressionError as error:
        raise CannotGoOn(f"The decision {_label(decision)} cannot be taken: {error}.") from error


def _values(decision: Decision, asked: Sequence[Any]) -> str:
    pairs = zip(decision.inputs, asked, strict=True)
    return ", ".join(f"{column.label or column.expression} = {str(value)[:60]}" for column, value in pairs) or "this case"


def _label(decision: Decision) -> str:
    return f"'{decision.name or decision.id}'"


@lru_cache(maxsize=512)
def _compiled(decision: Decision) -> _Table:
    rules = tuple(
        _Rule(number, tuple(map(compile_cell, rule.inputs)), tuple(map(compile_expression, rule.outputs)))
        for number, rule in enumerate(decision.rules, start=1)
    )
    return _Table(tuple(compile_expression(column.expression) for column in decision.inputs), rules)


def check_decision(decision: Decision) -> tuple[Finding, ...]:
    """What would keep this table from being taken, or make it say something else than its author meant."""
    return tuple(_findings(decision))


def _finding(decision: Decision, rule: str, message: str, line: int | None = None) -> Finding:
    return Finding(rule, message, decision.id, decision.name, line or decision.line)


def _findings(decision: Decision) -> Iterator[Finding]:
    yield from _policy_findings(decision)
    if not decision.rules:
        yield _finding(decision, "decision-empty", "the table has no rows: add at least one")
    if len(decision.rules) > _MAX_RULES:
        yield _finding(decision, "decision-size", f"the table has more than {_MAX_RULES} rows: split it")
    if not decision.outputs or not all(decision.outputs):
        yield _finding(decision, "decision-output", "every output column needs a name: conditions read the result by it")
    if len(set(decision.outputs)) != len(decision.outputs):
        yield _finding(decision, "decision-output", "two output columns have the same name: rename one")
    for number, column in enumerate(decision.inputs, start=1):
        yield from _unreadable(decision, f"input column {number}", column.expression, compile_expression, decision.line)
    for number in range(1, len(decision.rules) + 1):
        yield from _rule_findings(decision, number)
    yield from _twins(decision)


def _policy_findings(decision: Decision) -> Iterator[Finding]:
    kind = policy(decision)
    if kind in _REFUSED:
        message = (
            f"the hit policy {kind} needs an order of the output values, which is not supported: use FIRST and order the rows"
        )
        yield _finding(decision, "decision-hit-policy", message)
    elif kind not in _SINGLE | _LISTS:
        yield _finding(
            decision, "decision-hit-policy", f"{kind!r} is not a hit policy: use UNIQUE, FIRST, ANY, RULE ORDER or COLLECT"
        )
    if decision.aggregation is None:
        return
    if kind != "COLLECT":
        yield _finding(
            decision, "decision-aggregation", "an aggregation belongs to COLLECT only: remove it or change the hit policy"
        )
    if decision.aggregation.upper() not in _AGGREGATIONS:
        yield _finding(decision, "decision-aggregation", "the aggregation has to be SUM, MIN, MAX or COUNT")
    if len(decision.outputs) != 1:
        yield _finding(decision, "decision-aggregation", "an aggregation needs exactly one output column")


def _rule_findings(decision: Decision, number: int) -> Iterator[Finding]:
    rule = decision.rules[number - 1]
    if len(rule.inputs) != len(decision.inputs) or len(rule.outputs) != len(decision.outputs):
        yield _finding(decision, "decision-cells", f"row {number} has not one cell for every column", rule.line)
        return
    for column, cell in enumerate(rule.inputs, start=1):
        yield from _unreadable(decision, f"row {number}, input {column}", cell, compile_cell, rule.line)
    for column, cell in enumerate(rule.outputs, start=1):
        yield from _unreadable(decision, f"row {number}, output {column}", cell, compile_expression, rule.line)


def _unreadable(decision: Decision, where: str, text: str, read: Callable[[str], Any], line: int) -> Iterator[Finding]:
    try:
        read(text)
    except ExpressionError as error:
        yield _finding(decision, "decision-cell", f"{where}: {text[:60]!r} cannot be used: {error}", line)


def _twins(decision: Decision) -> Iterator[Finding]:
    """Two rows with the same input cells under UNIQUE always match together."""
    if policy(decision) != "UNIQUE" or len(decision.rules) > _MAX_RULES:
        return
    cells = [tuple("".join(cell.split()) for cell in rule.inputs) for rule in decision.rules]
    for (one, first), (two, second) in combinations(enumerate(cells, start=1), 2):
        if first == second:
            message = f"the rows {one} and {two} ask for the same: under UNIQUE only one row may match"
            yield _finding(decision, "decision-overlap", message, decision.rules[two - 1].line)
