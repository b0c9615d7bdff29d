"""From the event log to the times of each case: what was offered, claimed, completed, by whom, and how it ended. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from engine import LogEntry
from pilots.errors import BadLog

Outcome = Literal["open", "completed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Activation:
    """One work item: one step of one case, once. `held` are the spans in which somebody had claimed it (end None: still)."""

    item: int
    step: str
    name: str
    post: str | None
    department: str | None
    offered_at: datetime
    held: tuple[tuple[datetime, datetime | None], ...]
    completed_at: datetime | None
    withdrawn_at: datetime | None
    person: str | None
    standard: str | None
    calendar: str | None
    due_at: datetime | None
    instance: tuple[int, ...] = ()
    """Of a step that is carried out for several at once or in turn: which of them, the outermost number first."""

    @property
    def closed_at(self) -> datetime | None:
        """When it left the lists, done or not."""
        return self.completed_at or self.withdrawn_at

    @property
    def first_touched_at(self) -> datetime | None:
        """The first claim, or the completion where nobody claimed it before."""
        return self.held[0][0] if self.held else self.completed_at


@dataclass(frozen=True, slots=True)
class CaseTimes:
    """One case. `measures` are the last answers of its measured fields, by `step.field`; all datetimes are UTC."""

    number: str
    process: str
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome
    rehearsal: bool
    channel: str
    pilot: int | None
    standard: str | None
    calendar: str | None
    due_at: datetime | None
    activations: tuple[Activation, ...]
    measures: Mapping[str, Any]

    @property
    def completed_at(self) -> datetime | None:
        """The end of a case that was carried through."""
        return self.ended_at if self.outcome == "completed" else None

    @property
    def first_response_at(self) -> datetime | None:
        """The first claim or completion of a human step."""
        touched = [activation.first_touched_at for activation in self.activations]
        return min((at for at in touched if at is not None), default=None)

    @property
    def handovers(self) -> int:
        """How often the next completed item was done by somebody else; nobody counts as one and the same."""
        done = sorted((a for a in self.activations if a.completed_at is not None), key=lambda a: (a.completed_at, a.item))
        return sum(one.person != other.person for one, other in pairwise(done))

    @property
    def repeated_steps(self) -> tuple[str, ...]:
        """Steps that were completed twice or more."""
        return tuple(sorted({step for step, times in self.times_again.items() if times}))

    @property
    def times_again(self) -> Mapping[str, int]:
        """By step: completions beyond the first, of each instance where a step has several: asking three people is no rework."""
        done = Counter((a.step, a.instance) for a in self.activations if a.completed_at is not None)
        again = Counter[str]()
        for (step, _), times in done.items():
            again[step] += times - 1
        return again


def _instance(data: Mapping[str, Any]) -> tuple[int, ...]:
    around = tuple(data.get("within", ()))
    return (*around, data["instance"]) if data.get("of") is not None else around


@dataclass(slots=True)
class _Item:
    """An activation while its entries are being read."""

    offer: LogEntry
    held: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    completed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    person: str | None = None

    def claim(self, entry: LogEntry) -> None:
        self.let_go(entry.at)
        self.held.append((entry.at, None))

    def let_go(self, at: datetime) -> None:
        if self.held and self.held[-1][1] is None:
            self.held[-1] = (self.held[-1][0], at)

    def frozen(self) -> Activation:
        data = self.offer.data
        assert self.offer.item is not None
        assert self.offer.step is not None
        return Activation(
            item=self.offer.item,
            step=self.offer.step,
            name=str(data.get("name") or self.offer.step),
            post=self.offer.post,
            department=self.offer.department,
            offered_at=self.offer.at,
            held=tuple(self.held),
            completed_at=self.completed_at,
            withdrawn_at=self.withdrawn_at,
            person=self.person,
            standard=_text(data.get("standard")),
            calendar=_text(data.get("calendar")),
            due_at=_instant(data.get("due_at"), self.offer),
            instance=_instance(data),
        )


@dataclass(slots=True)
class _Case:
    """A case while its entries are being read."""

    start: LogEntry
    items: dict[int, _Item] = field(default_factory=dict)
    measures: dict[str, Any] = field(default_factory=dict)
    ended_at: datetime | None = None
    outcome: Outcome = "open"

    def take(self, entry: LogEntry) -> None:
        if entry.kind in ("case.completed", "case.cancelled"):
            self.ended_at = entry.at
            self.outcome = "completed" if entry.kind == "case.completed" else "cancelled"
        elif entry.kind == "item.offered":
            if entry.item is None or entry.step is None:
                raise BadLog(f"entry {entry.seq}: an offered item has neither a number nor a step")
            self.items[entry.item] = _Item(entry)
        elif entry.kind.startswith("item."):
            self._item(entry)

    def _item(self, entry: LogEntry) -> None:
        item = self.items.get(entry.item) if entry.item is not None else None
        if item is None:
            raise BadLog(f"entry {entry.seq}: {entry.kind} of item {entry.item} in {entry.case}, which was never offered")
        if entry.kind == "item.claimed":
            item.claim(entry)
            return
        item.let_go(entry.at)
        if entry.kind == "item.withdrawn":
            item.withdrawn_at = entry.at
        elif entry.kind == "item.completed":
            item.completed_at, item.person = entry.at, entry.person
            self._answers(entry)

    def _answers(self, entry: LogEntry) -> None:
        measures = entry.data.get("measures") or {}
        if not isinstance(measures, Mapping):
            raise BadLog(f"entry {entry.seq}: the measures are not answers by field")
        self.measures |= {f"{entry.step}.{name}": value for name, value in measures.items()}

    def frozen(self) -> CaseTimes:
        data = self.start.data
        assert self.start.case is not None
        return CaseTimes(
            number=self.start.case,
            process=str(data.get("process", "")),
            started_at=self.start.at,
            ended_at=self.ended_at,
            outcome=self.outcome,
            rehearsal=bool(data.get("rehearsal", False)),
            channel=str(data.get("channel", "")),
            pilot=data.get("pilot"),
            standard=_text(data.get("standard")),
            calendar=_text(data.get("calendar")),
            due_at=_instant(data.get("due_at"), self.start),
            activations=tuple(item.frozen() for item in self.items.values()),
            measures=dict(self.measures),
        )


def read_cases(entries: Iterable[LogEntry]) -> tuple[CaseTimes, ...]:
    """The cases in the order of their start, from entries in the order of the log.

    Raises BadLog when an entry belongs to a case that never started or to an item that was never offered.
    """
    cases: dict[str, _Case] = {}
    for entry in entries:
        if entry.case is None:
            continue
        if entry.kind == "case.started":
            if entry.case in cases:
                raise BadLog(f"entry {entry.seq}: {entry.case} starts a second time")
            cases[entry.case] = _Case(entry)
        elif entry.case not in cases:
            raise BadLog(f"entry {entry.seq}: {entry.kind} of {entry.case}, which never started")
        else:
            cases[entry.case].take(entry)
    return tuple(case.frozen() for case in cases.values())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _instant(value: object, entry: LogEntry) -> datetime | None:
    """A due instant as the log writes it."""
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadLog(f"entry {entry.seq}: {value!r} is not an instant") from None
    if read.utcoffset() is None:
        raise BadLog(f"entry {entry.seq}: {value!r} does not say its time zone")
    return read
