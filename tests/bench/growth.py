"""What a completion costs after 5 000 rounds of a loop, beside a million finished cases, with 100 000 open clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from statistics import median
from typing import Any

import engine
from tests.bench.completions import claim_next, complete_all, start_cases
from tests.bench.drawings import ANSWERS
from tests.bench.houses import MORNING, House, Street
from tests.bench.table import Line

GROWTH = 1.3
_RUNGS = '[[80,"remind","assignee","2036-01-01T00:00:00.000000Z"]]'
_NOBODY_KNOWS = "f" * 64


def loops(street: Street, iterations: tuple[int, ...], rounds: int) -> Iterator[Line]:
    """Cases that went round a loop so many times, completed in turns from there on."""
    house = street.build()
    cases = start_cases(house, len(iterations), "BENCH-LOOP")
    for case, count in zip(cases, iterations, strict=True):
        go_round(house, case, count - 1)
    named = {f"loop iteration {count:,}": case for case, count in zip(cases, iterations, strict=True)}
    costs = in_turns({what: lambda case=case: one_more(house, case, done=False) for what, case in named.items()}, rounds)
    yield from compared(street.kind, costs)
    house.close()


def crowds(street: Street, *, finished: int, clocks: int, rounds: int) -> Iterator[Line]:
    """The same completions in a house of 1 000 finished cases and few clocks, in one of many cases, in one of many clocks."""
    small = street.build()
    finish(small, 1_000)
    full, busy = street.copy(small), street.copy(small)
    finish(full, finished - 1_000, first=2_000)
    run_clocks(busy, clocks)
    houses = {
        "1,000 finished cases, 10 open clocks": small,
        f"{finished:,} finished cases": full,
        f"{clocks:,} open clocks": busy,
    }
    work = {}
    for what, house in houses.items():
        house.settle()
        cases = iter(start_cases(house, 5))  # ten open clocks: each case has its own and its first step's
        work[what] = _worker(house, list(cases))
    yield from compared(street.kind, in_turns(work, rounds))
    with engine.reading(full.engine) as c:
        yield Line(
            f"{street.kind}: size of the house with {finished:,} finished cases",
            full.size() / 2**20,
            "filled by SQL: 7 rows a case",
            "MB",
        )
        assert engine.next_wake(c) is not None
    for house in houses.values():
        house.close()


def _worker(house: House, cases: list[int]) -> Callable[[], float]:
    """Each call completes one step, of one case after the other; the last step of none is reached."""
    turn = 0

    def work() -> float:
        nonlocal turn, cases
        if turn == 5 * 12:
            cases, turn = start_cases(house, 5), 0
        turn += 1
        return one_more(house, cases[turn % 5], done=True)

    return work


def one_more(house: House, case: int, *, done: bool) -> float:
    """Seconds of one durable completion in this case; the claim before it is not counted."""
    ((_, item),) = claim_next(house, [case])
    return complete_all(house, [item], [f"one-{item}"], done=done)[0]


def go_round(house: House, case: int, times: int) -> None:
    """Complete the loop's step many times, a few hundred in one transaction: only where it leads is of interest."""
    mei = house.who()
    while times > 0:
        with engine.writing(house.engine) as c:
            for _ in range(min(times, 250)):
                item = c.exec_driver_sql(f"SELECT max(id) FROM work_item WHERE case_id = {case}").scalar_one()
                engine.claim(c, item, by=mei, now=MORNING)
                engine.complete(c, item, {**ANSWERS, "done": False}, by=mei, now=MORNING)
        times -= 250


def in_turns(work: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each call, by what was measured; the calls take turns, so that what shakes the machine shakes all."""
    costs: dict[str, list[float]] = {what: [] for what in work}
    for number in range(rounds + 5):
        for what, step in work.items():
            seconds = step()
            if number >= 5:  # the first ones warm the caches
                costs[what].append(seconds)
    return costs


def compared(kind: str, costs: Mapping[str, list[float]], target: tuple[str, float] | None = ("<=", GROWTH)) -> Iterator[Line]:
    """Each cost beside the first, medians of single completions taken in turns."""
    (base, first), *others = costs.items()
    for what, seconds in others:
        note = f"{1000 * median(seconds):.2f} ms beside {1000 * median(first):.2f} ms with {base}"
        yield Line(f"{kind}: cost with {what}", median(seconds) / median(first), note, target=target)


def finish(house: House, count: int, first: int = 1) -> None:
    """Finished cases by bulk SQL: a case, an item, its clock and the case's, three entries of the log each."""
    at, done = _text(house, MORNING), _text(house, MORNING + timedelta(hours=1))
    case_ids = f"{first} + 1000000 + n"
    for begin in range(0, count, 100_000):
        numbers = _numbers(house, begin, min(count, begin + 100_000))
        house.begin()
        _fill(
            house,
            "cases",
            "id, number, receipt, process_version_id, code, rehearsal, channel, subject, state, blob, version,"
            " started_at, started_by, ended_at",
            f"{case_ids}, 'OLD-' || ({case_ids}), 'old-' || ({case_ids}), 1, 'BENCH-15', {_no(house)}, 'staff', 'Old case',"
            f" 'completed', {_blob(house)}, 16, {at}, 'mei', {done}",
            numbers,
        )
        _fill(
            house,
            "work_item",
            "id, case_id, activation, step, name, post, department, state, offered_at, claimed_at, claimed_by, closed_at,"
            " closed_by, answers",
            f"{case_ids}, {case_ids}, 'old', 'step_1', 'step_1', 'clerk', NULL, 'completed', {at}, {at}, 1, {done}, 1, '{{}}'",
            numbers,
        )
        for offset, item in ((0, case_ids), (500_000_000, "NULL")):
            _fill(
                house,
                "sla_clock",
                "id, case_id, item_id, standard, calendar, calendar_version, started_at, due_at, state, stopped_at, rungs, rung",
                f"{offset} + {case_ids}, {case_ids}, {item}, 'PT4H', 'cn', '', {at}, {done}, 'met', {done}, '{_RUNGS}', 0",
                numbers,
            )
        for number, kind in enumerate(("case.started", "item.completed", "case.completed")):
            # Below zero: entries of the log that is measured follow on their own head.
            _fill(
                house,
                "event",
                "seq, at, recorded_at, kind, case_id, case_number, data, prev, hash",
                f"-(3 * ({case_ids}) + {number}), {at}, {at}, '{kind}', {case_ids}, 'OLD-' || ({case_ids}), '{{}}',"
                f" '{_NOBODY_KNOWS}', '{_NOBODY_KNOWS}'",
                numbers,
            )
        house.raw.commit()
    _above(house)


def run_clocks(house: House, count: int, first: int = 400_000_000, wake: str | None = None) -> None:
    """Running cases by bulk SQL, each with an open item and a clock that wakes in ten years, or at the SQL expression `wake`."""
    at, later = _text(house, MORNING), wake or _text(house, MORNING + timedelta(days=3650))
    ids, numbers = f"{first} + n", _numbers(house, 0, count)
    house.begin()
    _fill(
        house,
        "cases",
        "id, number, receipt, process_version_id, code, rehearsal, channel, subject, state, blob, version,"
        " started_at, started_by",
        f"{ids}, 'RUN-' || ({ids}), 'run-' || ({ids}), 1, 'BENCH-15', {_no(house)}, 'staff', 'Running case', 'running',"
        f" {_blob(house)}, 1, {at}, 'mei'",
        numbers,
    )
    _fill(
        house,
        "work_item",
        "id, case_id, activation, step, name, post, state, offered_at",
        f"{ids}, {ids}, 'open', 'step_1', 'step_1', 'clerk', 'offered', {at}",
        numbers,
    )
    _fill(
        house,
        "sla_clock",
        "id, case_id, item_id, standard, calendar, calendar_version, started_at, due_at, state, rungs, rung, wake_at",
        f"{ids}, {ids}, {ids}, 'PT4H', 'cn', '', {at}, {later}, 'running', '{_RUNGS}', 0, {later}",
        numbers,
    )
    house.raw.commit()
    _above(house)


def _fill(house: House, table: str, columns: str, values: str, numbers: str) -> None:
    house.raw.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {numbers}")


def _numbers(house: House, begin: int, end: int) -> str:
    if house.kind == "postgresql":
        return f"generate_series({begin}, {end - 1}) AS series(n)"
    series = f"SELECT {begin} UNION ALL SELECT n + 1 FROM series WHERE n + 1 < {end}"
    return f"(WITH RECURSIVE series(n) AS ({series}) SELECT n FROM series)"


def _above(house: House) -> None:
    """Let new rows be numbered above the filled ones, as SQLite does by itself."""
    if house.kind == "postgresql":
        for table in ("cases", "work_item", "sla_clock"):
            house.raw.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        house.raw.commit()


def _text(house: House, at: Any) -> str:
    zone = "+00" if house.kind == "postgresql" else ""
    return f"'{at:%Y-%m-%d %H:%M:%S.%f}{zone}'" + ("::timestamptz" if house.kind == "postgresql" else "")


def _no(house: House) -> str:
    return "false" if house.kind == "postgresql" else "0"


def _blob(house: House) -> str:
    """Some three hundred bytes, as a case's state has."""
    return "decode(repeat('5a', 300), 'hex')" if house.kind == "postgresql" else "zeroblob(300)"
