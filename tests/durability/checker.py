"""What has to be true after any run, whatever died in it: read from the event log, the rows and what the processes wrote down."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

import engine
from engine import processes
from engine.model import cases, command_key, escalation, notice, sla_clock, work_item
from tests.durability.rig import WORKERS, History

_NEXT = {  # what may be said of an item after what
    None: {"item.offered"},
    "item.offered": {"item.claimed", "item.withdrawn"},
    "item.claimed": {"item.completed", "item.released", "item.withdrawn"},
    "item.released": {"item.claimed", "item.withdrawn"},
    "item.completed": set(),
    "item.withdrawn": set(),
}
_STATE = {
    "item.offered": "offered",
    "item.released": "offered",
    "item.claimed": "claimed",
    "item.completed": "completed",
    "item.withdrawn": "withdrawn",
}
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Books:
    """Everything that can be known after a run."""

    history: History
    chain: engine.LogCheck
    log: Sequence[engine.LogEntry]
    cases: Sequence[Any]
    items: Sequence[Any]
    clocks: Sequence[Any]
    escalations: Sequence[Any]
    notices: Sequence[Any]
    keys: Sequence[Any]
    open_in_state: dict[int, set[str]]  # case -> activations that its state calls open


def open_books(url: str, history: History) -> Books:
    """Read the database once, in one consistent look."""
    database = engine.connect(url)
    with engine.reading(database) as c:
        rows = {table.name: c.execute(sa.select(table).order_by(table.c[0])).all() for table in _TABLES}
        states = {}
        for row in rows["cases"]:
            machine = processes.version_by_id(c, row.process_version_id).machine
            states[row.id] = {item.task for item in machine.position(bytes(row.blob), row.started_at).items}
        books = Books(history, engine.check_log(c), engine.event_log(c), *(rows[table.name] for table in _TABLES), states)
    database.dispose()
    return books


_TABLES = (cases, work_item, sla_clock, escalation, notice, command_key)


def check(url: str, history: History) -> list[str]:
    """Every promise that was broken, in words; nothing when all were kept."""
    books = open_books(url, history)
    return [complaint for question in QUESTIONS for complaint in question(books)]


def chain_is_whole(books: Books) -> Iterator[str]:
    """Nothing was taken out of the log or changed in it."""
    if not books.chain.ok:
        yield f"the chain is broken: {books.chain.reason}"


def answers_were_true(books: Books) -> Iterator[str]:
    """What was acknowledged happened once; what was refused did not happen; nothing happened twice."""
    completed = Counter(entry.item for entry in books.log if entry.kind == "item.completed")
    yield from (f"item {item} was completed {times} times" for item, times in completed.items() if times > 1)
    # A clock that jumps back can make a refused answer right again: then it was asked and answered anew.
    acknowledged = {int(words[3]) for words in books.history.asked if words[1:3] == ["done", "complete"]}
    for login, verb, what, number, *_ in books.history.asked:
        if what != "complete":
            continue
        if verb == "done" and not completed[int(number)]:
            yield f"the completion of item {number} was acknowledged to {login} and is lost"
        if verb == "refused" and completed[int(number)] and int(number) not in acknowledged:
            yield f"the completion of item {number} was refused to {login} and done all the same"


def cases_started_once(books: Books) -> Iterator[str]:
    """One case for each request to start one, however often it was sent."""
    asked = {(login, number) for login, verb, what, number, *_ in books.history.asked if (verb, what) == ("ask", "start")}
    wanted = len(asked) + books.history.plan.late
    if len(books.cases) != wanted:
        yield f"{wanted} cases were asked for and {len(books.cases)} are there"
    known = {row.key: row.result["id"] for row in books.keys if row.command == "start_case"}
    for login, verb, what, number, *rest in books.history.asked:
        if (verb, what) == ("done", "start") and known.get(f"{login}-{number}") != int(rest[0]):
            yield f"case {rest[0]} was acknowledged to {login} and its key leads to {known.get(f'{login}-{number}')}"
    for kind in ("case.started", "case.completed"):
        told = Counter(entry.case for entry in books.log if entry.kind == kind)
        wanted = {row.number for row in books.cases if kind == "case.started" or row.state == "completed"}
        if told != Counter(wanted):
            yield f"{kind} is told of {len(told)} cases {told.total()} times, {len(wanted)} are so"


def items_agree_with_the_log(books: Books) -> Iterator[str]:
    """The life of each item is in order, and its row is as the log says last."""
    said: dict[int, str | None] = defaultdict(lambda: None)
    for entry in books.log:
        if entry.kind.startswith("item.") and entry.item is not None:
            if entry.kind not in _NEXT[said[entry.item]]:
                yield f"item {entry.item}: {entry.kind} after {said[entry.item]}"
            said[entry.item] = entry.kind
    for row in books.items:
        if _STATE.get(said[row.id] or "") != row.state:
            yield f"item {row.id} is {row.state}, the log says {said[row.id]}"
    if said.keys() != {row.id for row in books.items}:
        yield "the log and the items do not tell of the same items"


def cases_agree_with_their_state(books: Books) -> Iterator[str]:
    """What a case's state calls open is what is on the lists; nothing is open in a case that has ended."""
    on_lists: dict[int, set[str]] = defaultdict(set)
    for row in books.items:
        if row.state in ("offered", "claimed"):
            on_lists[row.case_id].add(row.activation)
    for row in books.cases:
        if on_lists[row.id] != books.open_in_state[row.id]:
            yield f"{row.number}: on the lists are {on_lists[row.id]}, in its state {books.open_in_state[row.id]}"
        if (row.state == "completed") != (row.ended_at is not None) or (row.ended_at and on_lists[row.id]):
            yield f"{row.number} is {row.state}, ended at {row.ended_at}, with {len(on_lists[row.id])} items open"


def clocks_agree_with_what_they_run_for(books: Books) -> Iterator[str]:
    """A clock for each item and each case; it stopped when they ended, once, and its end is told once."""
    ended = {(row.case_id, row.id): row.closed_at for row in books.items}
    ended |= {(row.id, None): row.ended_at for row in books.cases}
    there = {(row.case_id, row.item_id): row for row in books.clocks}
    if there.keys() != ended.keys() or len(there) != len(books.clocks):
        yield f"{len(ended)} clocks should be there, {len(books.clocks)} are"
    told = Counter((entry.case, entry.item, entry.kind) for entry in books.log if entry.kind in _ENDS)
    numbers = {row.id: row.number for row in books.cases}
    for key, row in there.items():
        if row.stopped_at != ended.get(key) or (row.stopped_at is None) == (row.wake_at is None):
            yield f"clock {row.id} stopped at {row.stopped_at}, its work at {ended.get(key)}, it wakes at {row.wake_at}"
        if row.state != "running":
            times = told.pop((numbers[row.case_id], row.item_id, f"clock.{row.state}"), 0)
            if times != 1:
                yield f"clock {row.id} is {row.state}, which is told {times} times"
    yield from (f"{kind} is told of {case}, item {item}, whose clock says otherwise" for case, item, kind in told)


_ENDS = ("clock.met", "clock.breached", "clock.cancelled")


def rungs_were_climbed_once(books: Books) -> Iterator[str]:
    """Every rung that was due while its clock ran was raised, once, with its row and its entry; none before it was due."""
    numbers = {row.id: row.number for row in books.cases}
    told = Counter((entry.case, entry.item, entry.data["percent"]) for entry in books.log if entry.kind == "clock.escalated")
    raised = Counter((numbers[row.case_id], row.item_id, row.percent) for row in books.escalations)
    if told != raised:
        yield f"rungs in the log and rungs in the rows differ: {told - raised} and {raised - told}"
    yield from (f"rung {rung} was raised {times} times" for rung, times in told.items() if times > 1)
    recorded = {
        (entry.case, entry.item, entry.data["percent"]): entry.seq for entry in books.log if entry.kind == "clock.escalated"
    }
    over = {entry.item: entry.seq for entry in books.log if entry.kind in ("item.completed", "item.withdrawn")}
    # A sweep may be told the time later than a clerk and still be first; but what a timer takes away is gone on time.
    withdrawn = {row.id for row in books.items if row.state == "withdrawn"}
    for clock in books.clocks:
        for percent, _, _, at in clock.rungs:
            rung = (numbers[clock.case_id], clock.item_id, percent)
            due = clock.stopped_at is None or datetime.fromisoformat(at) + _INSTANT <= clock.stopped_at
            if due and clock.stopped_at is not None and not told[rung]:
                yield f"rung {rung} was due at {at}, before the clock stopped at {clock.stopped_at}, and was never raised"
            early = clock.item_id not in withdrawn and recorded.get(rung, 0) <= over.get(clock.item_id, recorded.get(rung, 0))
            if not due and told[rung] and not early:
                yield f"rung {rung} was due at {at} and raised after its clock had stopped at {clock.stopped_at}"


def timers_fired_once(books: Books) -> Iterator[str]:
    """The timer of `look` fires once or not at all, and what it takes away is withdrawn."""
    fired = Counter(entry.case for entry in books.log if entry.kind == "timer.fired")
    withdrawn = Counter(entry.case for entry in books.log if entry.kind == "item.withdrawn")
    if fired != withdrawn or set(fired.values()) - {1}:
        yield f"timers fired {fired}, items were withdrawn {withdrawn}"


def notices_arrived(books: Books) -> Iterator[str]:
    """What is owed arrived, nothing else did; a repeat only where a worker died before it could mark what it had sent."""
    owed, sent = {row.key for row in books.notices}, Counter(books.history.sent)
    recipients = {row.id: Counter(row.recipients) for row in books.escalations}
    told: dict[int, Counter[int]] = {number: Counter() for number in recipients}
    for row in books.notices:
        told[row.escalation_id][row.person_id] += 1
        if row.state != "sent":
            yield f"notice {row.key} is still {row.state}"
    if told != recipients:
        yield "escalations and notices do not name the same people"
    yield from (f"notice {key} never arrived" for key in sorted(owed - sent.keys()))
    yield from (f"{key} arrived, which nobody was owed" for key in sorted(sent.keys() - owed))
    repeats = sent.total() - len(sent)
    # A crash of the server, or a full disk, stops every worker before its mark as surely as its own death.
    stopped = books.history.worker_kills + books.history.cuts + len(WORKERS) * books.history.crashes + books.history.full
    if repeats > stopped and not books.history.plan.jumps:
        yield f"{repeats} notices arrived again, after {books.history.worker_kills} deaths of workers"


QUESTIONS: tuple[Callable[[Books], Iterator[str]], ...] = (
    chain_is_whole,
    answers_were_true,
    cases_started_once,
    items_agree_with_the_log,
    cases_agree_with_their_state,
    clocks_agree_with_what_they_run_for,
    rungs_were_climbed_once,
    timers_fired_once,
    notices_arrived,
)
