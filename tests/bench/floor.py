"""The floor: the rows of a command written again, already known, by bare SQL over the bare driver, one commit for each command.

The rows are read back from the product's house after a round and written into a twin of it that started the same.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.houses import House

Rows = list[Sequence[Any]]
INSERTED = ("cases", "work_item", "sla_clock", "event", "command_key")  # in the order of their foreign keys


@dataclass
class Written:
    """What one command wrote, as the driver gives it: whole new rows by table, and the rows it changed."""

    inserted: dict[str, Rows] = field(default_factory=lambda: defaultdict(list))
    item: Sequence[Any] = ()
    clock: Sequence[Any] = ()
    case: Sequence[Any] = ()
    head: Sequence[Any] = ()
    counter: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a house stands before a round: the highest number of each table."""

    case: int
    item: int
    clock: int
    seq: int

    @classmethod
    def of(cls, house: House) -> Mark:
        """Now."""
        row = house.run(
            "SELECT (SELECT coalesce(max(id), 0) FROM cases), (SELECT coalesce(max(id), 0) FROM work_item),"
            " (SELECT coalesce(max(id), 0) FROM sla_clock), (SELECT seq FROM event_head)",
            (),
        ).fetchone()
        house.raw.commit()
        return cls(*row)


def completions(house: House, mark: Mark, done: Sequence[tuple[int, int]], keys: Sequence[str]) -> list[Written]:
    """What the completions of a round wrote; `done` are (case, item), one item for each case."""
    found = {case: Written() for case, _ in done}
    _inserted(house, mark, found)
    for (case, item), key in zip(done, keys, strict=True):
        one = found[case]
        one.item = _one(house, "SELECT state, closed_at, closed_by, answers, comment, id FROM work_item WHERE id = ?", item)
        one.clock = _one(house, "SELECT state, breached_at, stopped_at, rung, wake_at, id FROM sla_clock WHERE item_id = ?", item)
        one.case = _one(house, "SELECT blob, version, wake_at, id FROM cases WHERE id = ?", case)
        one.inserted["command_key"] = [_one(house, "SELECT * FROM command_key WHERE key = ?", key)]
    house.raw.commit()
    return list(found.values())


def starts(house: House, mark: Mark, cases: Sequence[int]) -> list[Written]:
    """What starting these cases wrote."""
    found = {case: Written() for case in cases}
    _inserted(house, mark, found)
    for case, one in found.items():
        one.inserted["cases"] = [_one(house, "SELECT * FROM cases WHERE id = ?", case)]
        one.counter = (case, _one(house, "SELECT code FROM cases WHERE id = ?", case)[0])
    house.raw.commit()
    return list(found.values())


def _inserted(house: House, mark: Mark, found: dict[int, Written]) -> None:
    for table, key, number, case_at in (
        ("work_item", "id", mark.item, 1),
        ("sla_clock", "id", mark.clock, 1),
        ("event", "seq", mark.seq, 4),
    ):
        for row in house.run(f"SELECT * FROM {table} WHERE {key} > ? ORDER BY {key}", (number,)).fetchall():
            if row[case_at] in found:
                found[row[case_at]].inserted[table].append(tuple(row))
    for one in found.values():
        last = one.inserted["event"][-1]
        one.head = (last[0], last[-1])


def _one(house: House, sql: str, value: Any) -> Sequence[Any]:
    row = house.run(sql, (value,)).fetchone()
    assert row is not None, sql
    return tuple(row)


def write(house: House, commands: Sequence[Written]) -> tuple[float, float]:
    """Write the rows of each command in a transaction of its own. Returns wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.thread_time()
    for one in commands:
        write_one(house, one)
    return time.perf_counter() - wall, time.thread_time() - cpu


def write_one(house: House, one: Written) -> None:
    """The same rows, the same commit, nothing else."""
    house.begin()
    if one.item:
        house.run("UPDATE work_item SET state=?, closed_at=?, closed_by=?, answers=?, comment=? WHERE id=?", one.item)
        house.run("UPDATE sla_clock SET state=?, breached_at=?, stopped_at=?, rung=?, wake_at=? WHERE id=?", one.clock)
        house.run("UPDATE cases SET blob=?, version=?, wake_at=? WHERE id=?", one.case)
    if one.counter:
        house.run("UPDATE case_counter SET last=? WHERE prefix=?", one.counter)
    for table in INSERTED:
        rows = one.inserted[table]
        if rows:
            house.run_many(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    house.run("UPDATE event_head SET seq=?, hash=? WHERE id=1", one.head)
    house.raw.commit()
