"""The process card (流程梳理优化模板) as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from bpmn.documents import check_shape
from bpmn.durations import BadDuration, Duration
from bpmn.errors import BadModel, Finding

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CardStep:
    """One key step: what is done, by which post, from what, to what, and the longest time it may take. `id` is the BPMN id."""

    id: str
    name: Names
    post: str
    input: Names
    output: Names
    standard: Duration


@dataclass(frozen=True, slots=True)
class CardRaci:
    """A row of the responsibility matrix as the card gives it: any number of posts in each column, right or wrong."""

    responsible: tuple[str, ...] = ()
    accountable: tuple[str, ...] = ()
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """A filled-in card. `departments` maps a department's code to its part: lead, cooperating or supporting."""

    code: str
    name: Names
    version: str
    effective: date | None
    departments: Mapping[str, str]
    owner: str
    director: str | None
    goal: Names
    scope: Names
    standard: Duration
    steps: tuple[CardStep, ...]
    raci: Mapping[str, CardRaci]
    risks: tuple[Names, ...]
    suggestions: tuple[Names, ...]
    special_approval: str | None


def read_card(data: Mapping[str, Any], file: str = "card.yaml") -> Card:
    """The card of a parsed `card.yaml`. Raises BadModel with each field that is missing, unknown or cannot be read."""
    check_shape(data, "card", file)
    findings: list[Finding] = []
    card = Card(
        code=data["code"],
        name=data["name"],
        version=data["version"],
        effective=_date(data.get("effective"), findings, file),
        departments={department["code"]: department["part"] for department in data["departments"]},
        owner=data["owner"],
        director=data.get("director"),
        goal=data["goal"],
        scope=data["scope"],
        standard=_duration(data["standard"], None, findings, file),
        steps=tuple(_step(step, findings, file) for step in data["steps"]),
        raci={step: CardRaci(**{column: tuple(posts) for column, posts in row.items()}) for step, row in data["raci"].items()},
        risks=tuple(data["risks"]),
        suggestions=tuple(data["suggestions"]),
        special_approval=data.get("special_approval"),
    )
    _check_rows(card, findings, file)
    if findings:
        raise BadModel(findings)
    return card


def _step(step: Mapping[str, Any], findings: list[Finding], file: str) -> CardStep:
    return CardStep(**{**step, "standard": _duration(step["standard"], step["id"], findings, file)})


def _duration(text: str, step: str | None, findings: list[Finding], file: str) -> Duration:
    try:
        return Duration.parse(text)
    except BadDuration as error:
        findings.append(Finding("standard-readable", f"the time standard cannot be read: {error}", step, file=file))
        return Duration.parse("PT1S")  # never seen: the finding refuses the card


def _date(value: str | date | None, findings: list[Finding], file: str) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        findings.append(Finding("card-shape", f"effective: {value!r} is no date: write it like 2026-03-02", file=file))
        return None


def _check_rows(card: Card, findings: list[Finding], file: str) -> None:
    steps = [step.id for step in card.steps]
    for twice in {step for step in steps if steps.count(step) > 1}:
        findings.append(Finding("card-shape", "the step is on the card twice: keep one row", twice, file=file))
    for unknown in card.raci.keys() - set(steps):
        findings.append(
            Finding(
                "card-shape", "the responsibility matrix has a row for a step that the card does not list", unknown, file=file
            )
        )
