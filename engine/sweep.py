"""What time does: breaches, rungs, BPMN timers, deliveries. Claims what is due, acts, settles; a poisoned row steps aside.

The sweep holds no truth of its own: `wake_at` columns do. Any number of sweeps may run; a lost one loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from engine import clocks, deliveries, processes, timers
from engine.clocks import ClockRow, Running, Subject
from engine.db import AnyRow, reading, writing
from engine.eventlog import Fact, append
from engine.incidents import Trouble, heal, raise_all
from engine.model import cases, heartbeat, process_version, sla_clock, work_item
from engine.prepared import Prepared

log = logging.getLogger("pilotrun.sweep")
POISONED = timedelta(hours=1)
PULSE = timedelta(seconds=10)
TOGETHER = 20  # clocks in one transaction: a commit costs more than twenty clocks, and whoever waits for one waits milliseconds

_PULSE = heartbeat.update().where(heartbeat.c.name == "sweep")
_PULSE_AT = sa.select(heartbeat.c.at).where(heartbeat.c.name == "sweep")
_WAKES = Prepared(
    sa.select(
        sa.select(sa.func.min(sla_clock.c.wake_at)).scalar_subquery().label("clock"),
        sa.select(sa.func.min(cases.c.wake_at)).where(cases.c.state == "running").scalar_subquery().label("case"),
        deliveries.WAKE.scalar_subquery().label("letter"),
    )
)
_VERSION = [
    process_version.c.id.label("pv_id"),
    process_version.c.code.label("pv_code"),
    process_version.c.version.label("pv_version"),
    process_version.c.content_sha256.label("pv_content"),
    cases.c.called.label("pv_called"),
]
# A timer of the case that was due before the clock may take the clock's work away: it goes first, whoever has it in hand.
_TIMER_FIRST = sa.exists().where(
    cases.c.id == sla_clock.c.case_id, cases.c.state == "running", cases.c.wake_at < sla_clock.c.wake_at
)
_DUE_CLOCKS = Prepared(
    sa.select(sla_clock.c.case_id, sla_clock.c.item_id, *ClockRow.columns(""))
    .where(sla_clock.c.wake_at <= sa.bindparam("upto"), sa.not_(_TIMER_FIRST))
    .order_by(sla_clock.c.wake_at, sla_clock.c.id)  # ties too come out in one order, whatever the database
    .limit(sa.bindparam("most"))
    .with_for_update(of=sla_clock, skip_locked=True, key_share=True)
)
_TIMER_AT = sa.case((cases.c.state == "running", cases.c.wake_at)).label("timer_at")
_ITEM = (work_item.c.step, work_item.c.post, work_item.c.department, work_item.c.claimed_by)
_SUBJECTS = (
    sa.select(sla_clock.c.id, cases.c.number, cases.c.incident, _TIMER_AT, *_ITEM, *_VERSION)
    .select_from(
        sla_clock.join(cases, cases.c.id == sla_clock.c.case_id)
        .join(process_version, process_version.c.id == cases.c.process_version_id)
        .outerjoin(work_item, work_item.c.id == sla_clock.c.item_id)
    )
    .where(sla_clock.c.id.in_(sa.bindparam("ids", expanding=True)))
)
_DUE_CASE = Prepared(
    sa.select(cases, cases.c.id.label("case_id"), cases.c.version.label("case_version"), *_VERSION)
    .select_from(cases.join(process_version, process_version.c.id == cases.c.process_version_id))
    .where(cases.c.wake_at <= sa.bindparam("upto"), cases.c.state == "running")
    .order_by(cases.c.wake_at, cases.c.id)
    .limit(1)
    .with_for_update(of=cases, skip_locked=True, key_share=True)
)
_CLOCK = sla_clock.update().where(sla_clock.c.id == sa.bindparam("clock_id"))
_CASE = cases.update().where(cases.c.id == sa.bindparam("case_id"))


@dataclass(frozen=True, slots=True)
class Beat:
    """What one beat of the sweep did."""

    timers: int = 0
    clocks: int = 0
    letters: int = 0
    poisoned: int = 0
    more: bool = False

    @property
    def rows(self) -> int:
        """How many due rows it settled or set aside."""
        return self.timers + self.clocks + self.letters + self.poisoned

    def __add__(self, other: Beat) -> Beat:
        letters = self.letters + other.letters
        return Beat(self.timers + other.timers, self.clocks + other.clocks, letters, self.poisoned + other.poisoned)


def beat(engine: Engine, now: datetime, *, batch: int = 200) -> Beat:
    """Do what is due by `now`, oldest first, in short transactions; at most `batch` rows, so that people get their turn."""
    with reading(engine) as c:
        pulse = heartbeat_at(c)
        wakes = _wakes(c)
    if pulse is None or now - pulse >= PULSE or pulse > now:
        with writing(engine) as c:
            c.execute(_PULSE, {"at": now})
    done = Beat()
    while wakes.due(now) and done.rows < batch:
        settled = _settle_next(engine, now, wakes, min(batch - done.rows, TOGETHER))
        if not settled.rows:
            break  # what is due is in the hands of another sweep
        done += settled
        with reading(engine) as c:
            wakes = _wakes(c)
    return replace(done, more=wakes.due(now))


def sweep_within(c: Connection, now: datetime, *, most: int = 100_000) -> int:
    """Everything due by `now` inside the caller's transaction, for rehearsals in virtual time. Returns the rows settled."""
    count = 0
    while count < most and (wakes := _wakes(c)).due(now):
        kind, upto = wakes.order(now)[0]
        claimed = kind.claim(c, upto, TOGETHER)
        if not claimed:
            break  # held by somebody else
        kind.act(c, claimed, now)
        count += len(claimed)
    return count


def next_wake(c: Connection) -> datetime | None:
    """The next instant at which time does something, or None when nothing waits."""
    return _wakes(c).first


def heartbeat_at(c: Connection) -> datetime | None:
    """When a sweep last said that it is alive."""
    return c.execute(_PULSE_AT).scalar()


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of row that time moves: how due rows are claimed until the end of the transaction, and what is done with them."""

    settled: Callable[[int], Beat]
    claim: Callable[[Connection, datetime, int], Sequence[Any]]  # what is due up to an instant, oldest first, at most so many
    act: Callable[[Connection, Sequence[Any], datetime], None]
    step_aside: Callable[[Connection, Any, datetime, str], None]


@dataclass(frozen=True, slots=True)
class _Wakes:
    """The next instants at which a clock, a case and a message or signal on its way want to be looked at."""

    clock: datetime | None
    case: datetime | None
    letter: datetime | None

    @property
    def first(self) -> datetime | None:
        return min((at for at in (self.clock, self.case, self.letter) if at is not None), default=None)

    def due(self, now: datetime) -> bool:
        return self.first is not None and self.first <= now

    def order(self, now: datetime) -> list[tuple[_Kind, datetime]]:
        """Which kind to try first, and up to which instant: oldest first, a clock before a timer of the same instant.

        The other kinds follow, for when another sweep holds everything of the first.
        """
        if self.letter is not None and self.letter == self.first:
            return [(LETTERS, now), (TIMERS, now), (CLOCKS, now)]
        others = [(LETTERS, now)] if self.letter is not None and self.letter <= now else []
        if self.clock is not None and self.clock <= (self.case or now):
            return [(CLOCKS, min(now, self.case or now)), (TIMERS, now), *others]
        return [(TIMERS, now), (CLOCKS, now), *others]


def _wakes(c: Connection) -> _Wakes:
    return _Wakes(*_WAKES.run(c, {}).one())


def _settle_next(engine: Engine, now: datetime, wakes: _Wakes, most: int) -> Beat:
    """The oldest of what is due and free, in one transaction; nothing when other sweeps hold it all."""
    for kind, upto in wakes.order(now):
        if (settled := _settle(engine, kind, now, upto, most)).rows:
            return settled
    return Beat()


def _settle(engine: Engine, kind: _Kind, now: datetime, upto: datetime, most: int) -> Beat:
    """Some due rows in a transaction of their own. If that fails, each gets one; the one that cannot be done steps aside."""
    claimed: Sequence[Any] = ()
    try:
        with writing(engine) as c:
            claimed = kind.claim(c, upto, most)
            if claimed:
                kind.act(c, claimed, now)
        return kind.settled(len(claimed))
    except Exception as error:
        if not claimed or _is_of_the_database(error):
            raise  # the next beat tries again
        if len(claimed) == 1:
            log.exception("a due row cannot be settled and steps aside")
            with writing(engine) as c:
                kind.step_aside(c, claimed[0], now, f"{type(error).__name__}: {error}"[:500])
            return Beat(poisoned=1)
    return sum((_settle(engine, kind, now, upto, 1) for _ in claimed), Beat())


def _is_of_the_database(error: Exception) -> bool:
    """Whether the database is in trouble; a value or a constraint that it refuses is the row's own."""
    return isinstance(error, DBAPIError) and not isinstance(error, IntegrityError | DataError)


@dataclass(frozen=True, slots=True)
class _DueClock:
    clock: ClockRow
    subject: Subject
    about: AnyRow


def _due_clocks(c: Connection, upto: datetime, most: int) -> list[_DueClock]:
    found = _DUE_CLOCKS.run(c, {"upto": upto, "most": most}).all()
    if not found:
        return []
    about = {row.id: row for row in c.execute(_SUBJECTS, {"ids": [row.id for row in found]})}
    return [_due_clock(row, about[row.id]) for row in found]


def _due_clock(row: AnyRow, about: AnyRow) -> _DueClock:
    clock = ClockRow.of(row)
    assert clock is not None
    item = (row.item_id, about.step, about.post, about.department, about.claimed_by)
    return _DueClock(clock, Subject(row.case_id, about.number, *item), about)


def _pass_clocks(c: Connection, claimed: Sequence[_DueClock], now: datetime) -> None:
    # Only up to the next timer of the case: what it takes away must not climb a rung that was due after it.
    due = [(Running(one.clock, one.subject, _version(c, one.about)), min(now, one.about.timer_at or now)) for one in claimed]
    facts = clocks.pass_time(c, due)
    for one in claimed:
        if one.about.incident is not None:
            facts += heal(c, f"clock:{one.clock.id}", one.subject.fact("", now, {}), now)
    append(c, facts, now)


def _clock_aside(c: Connection, one: _DueClock, now: datetime, reason: str) -> None:
    c.execute(_CLOCK, {"clock_id": one.clock.id, "wake_at": now + POISONED})
    trouble = Trouble("clock", f"clock:{one.clock.id}", reason, one.subject.fact("", now, {}))
    append(c, raise_all(c, [trouble], now), now)


def _due_case(c: Connection, upto: datetime, most: int) -> Sequence[AnyRow]:
    """One case, however many may be taken: a timer moves tokens and writes as much as a completion does."""
    del most
    return _DUE_CASE.run(c, {"upto": upto}).all()


def _fire_timers(c: Connection, claimed: Sequence[AnyRow], now: datetime) -> None:
    for row in claimed:
        _, _, facts = timers.catch_up(c, _version(c, row), row, now)
        append(c, facts, now)


def _case_aside(c: Connection, row: AnyRow, now: datetime, reason: str) -> None:
    c.execute(_CASE, {"case_id": row.id, "wake_at": now + POISONED})
    trouble = Trouble("timer", f"timers:{row.id}", reason, Fact("", now, row.id, row.number))
    append(c, raise_all(c, [trouble], now), now)


def _version(c: Connection, row: AnyRow) -> processes.Version:
    return processes.load(c, row.pv_id, row.pv_code, row.pv_version, row.pv_content, row.pv_called or {})


CLOCKS = _Kind(lambda rows: Beat(clocks=rows), _due_clocks, _pass_clocks, _clock_aside)
TIMERS = _Kind(lambda rows: Beat(timers=rows), _due_case, _fire_timers, _case_aside)
LETTERS = _Kind(lambda rows: Beat(letters=rows), deliveries.due, deliveries.bring, deliveries.aside)
