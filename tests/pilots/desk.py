"""A complaint desk on paper: named people, a clock turned by hand, and a log that is chained as the engine chains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine import GENESIS, Calendar, LogEntry, entry_hash, fields_of, instant
from pilots.plan import Plan, plan_hash, read_plan

CODE = "CSC-2024-001"
MODEL = b'<?xml version="1.0"?><definitions>the complaint process</definitions>'
MODEL_SHA256 = "f6b2f1b25eb0ee4f3f0d1b8f8b0a9b1d6d7a43d2a0e3c5a1f9d1e6b0a2c4e8f1"
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # Monday, 09:00 in Shanghai
AGENT, SUPERVISOR = ("chen.jing", "service-agent"), ("wang.fang", "service-supervisor")

CALENDAR_DATA: dict[str, Any] = {
    "name": "cn",
    "version": "test",
    "zone": "Asia/Shanghai",
    "first": "2026-01-01",
    "last": "2026-12-31",
    "weekly": {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "years": {"2026": {"off": [], "make_up": []}},
}
CALENDAR = Calendar.from_data(CALENDAR_DATA)
CALENDARS = {"cn": CALENDAR}


def hours(value: float) -> timedelta:
    return timedelta(hours=value)


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


QUARTER_HOUR, TWO_MINUTES, FOUR_HOURS, TWENTY_HOURS = minutes(15), minutes(2), hours(4), hours(20)


def total(**changes: Any) -> dict[str, Any]:
    """The criterion "nine of ten complaints solved within 48 hours"."""
    criterion = {
        "id": "total-48h",
        "title": {"en": "Solved within 48 h", "zh": "48 小时内办结"},
        "metric": "cycle_time",
        "limit": "PT48H",
        "goal": 0.9,
        "tolerance": 0.0,
        "min_weeks": 1,
    }
    return criterion | changes


def satisfied(**changes: Any) -> dict[str, Any]:
    """The criterion "nine of ten customers are satisfied"."""
    criterion = {
        "id": "satisfied",
        "title": {"en": "Customers are satisfied", "zh": "客户满意"},
        "metric": "share_true",
        "field": "feedback.satisfied",
        "limit": "PT48H",
        "goal": 0.9,
    }
    return criterion | changes


def plan_of(*criteria: Mapping[str, Any], reviews: tuple[date, ...] = (), max_cases: int | None = 150) -> Plan:
    """A plan that promises these criteria (by default the total)."""
    return read_plan(
        {
            "pilot": {
                "departments": ["customer-service"],
                "starts": "2026-03-02",
                "weeks": 8,
                "max_cases": max_cases,
                "calendar": "cn",
            },
            "criteria": list(criteria or (total(),)),
            "reviews": [review.isoformat() for review in reviews],
        }
    )


@dataclass
class Desk:
    """Writes a log. `rehearsal` marks every case."""

    rehearsal: bool = False
    log: list[LogEntry] = field(default_factory=list)
    cases: int = 0
    items: int = 0

    def say(
        self,
        kind: str,
        at: datetime,
        *,
        case: str | None = None,
        item: int | None = None,
        step: str | None = None,
        by: tuple[str | None, str | None] = (None, None),
        **data: Any,
    ) -> LogEntry:
        """Chain one entry."""
        person, post = by
        department = "customer-service" if step else None
        seq, prev = len(self.log) + 1, self.log[-1].hash if self.log else GENESIS
        draft = LogEntry(seq, at, at, kind, case, item, step, person, post, department, data, prev, "")
        entry = LogEntry(
            seq, at, at, kind, case, item, step, person, post, department, data, prev, entry_hash(prev, fields_of(draft))
        )
        self.log.append(entry)
        return entry

    def freeze(self, plan: Plan, at: datetime = MONDAY, model_sha256: str = MODEL_SHA256) -> None:
        """Fix the plan and the model."""
        self.say("pilot.frozen", at, pilot=1, plan_hash=plan_hash(plan), model_sha256=model_sha256, rehearsal=self.rehearsal)

    def open(self, at: datetime, *, due: timedelta = timedelta(hours=48), rehearsal: bool | None = None) -> str:
        """A complaint comes in; returns its number."""
        self.cases += 1
        marked = self.rehearsal if rehearsal is None else rehearsal
        number = f"{'R-' if marked else ''}{CODE}-{self.cases:05}"
        self.say(
            "case.started",
            at,
            case=number,
            process=CODE,
            version="V1.0",
            channel="rehearsal" if marked else "staff",
            pilot=1,
            rehearsal=marked,
            standard="PT48H",
            calendar="cn",
            due_at=instant(at + due),
        )
        return number

    def offer(self, case: str, step: str, at: datetime, *, due: timedelta | None = QUARTER_HOUR, post: str = AGENT[1]) -> int:
        """A step waits for somebody; returns the number of the item."""
        self.items += 1
        self.say(
            "item.offered",
            at,
            case=case,
            item=self.items,
            step=step,
            by=(None, post),
            name=step.capitalize(),
            standard="15 working minutes" if due else None,
            calendar="cn",
            due_at=instant(at + due) if due else None,
        )
        return self.items

    def claim(self, case: str, item: int, step: str, at: datetime, by: tuple[str, str] = AGENT) -> None:
        self.say("item.claimed", at, case=case, item=item, step=step, by=by)

    def complete(self, case: str, item: int, step: str, at: datetime, by: tuple[str, str] = AGENT, **measures: Any) -> None:
        self.say("item.completed", at, case=case, item=item, step=step, by=by, measures=measures, comment_given=False)

    def work(
        self,
        at: datetime,
        takes: timedelta | None,
        *,
        step: str = "receive",
        by: tuple[str, str] = AGENT,
        claimed_after: timedelta = TWO_MINUTES,
        **measures: Any,
    ) -> str:
        """A complaint with one step that is claimed soon, and done when the case is; open for good when `takes` is None."""
        case = self.open(at)
        item = self.offer(case, step, at, post=by[1])
        self.claim(case, item, step, at + claimed_after, by)
        if takes is not None:
            self.complete(case, item, step, at + takes, by, **measures)
            self.say("case.completed", at + takes, case=case)
        return case

    def cancel(self, case: str, at: datetime, reason: str = "the customer withdrew") -> None:
        """The open items are withdrawn and the case ends."""
        closed = {entry.item for entry in self.log if entry.kind in ("item.completed", "item.withdrawn")}
        for entry in [one for one in self.log if one.case == case and one.kind == "item.offered" and one.item not in closed]:
            self.say("item.withdrawn", at, case=case, item=entry.item, step=entry.step, by=(None, entry.post), reason=reason)
        self.say("case.cancelled", at, case=case, reason=reason)


def stream(
    desk: Desk, good: list[bool], *, start: datetime = MONDAY, every: timedelta = FOUR_HOURS, good_takes: timedelta = TWENTY_HOURS
) -> datetime:
    """Cases at even intervals, in time or still open; returns an instant at which every limit of 48 hours has passed."""
    at = start
    for one in good:
        desk.work(at, good_takes if one else None)
        at += every
    return at + hours(48)
