"""The floor: the rows of a command written again, already known, by bare SQL over the bare driver, one commit for each command.

The rows are read back from the product's house after a round and written into a twin of it that started the same.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import sqlalchemy as sa

import engine
from engine import model
from engine.model import metadata
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

    def updated(self) -> Iterator[tuple[str, Sequence[str], Sequence[Any]]]:
        """Table, columns, and their values with the row's key behind them."""
        if self.item:
            yield "work_item", ("state", "closed_at", "closed_by", "answers", "comment"), self.item
            yield "sla_clock", ("state", "breached_at", "stopped_at", "rung", "wake_at"), self.clock
            yield "cases", ("blob", "version", "wake_at"), self.case
        if self.counter:
            yield "case_counter", ("last",), self.counter
        yield "event_head", ("seq", "hash"), (*self.head, 1)


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
    for table, columns, row in one.updated():
        key = "prefix" if table == "case_counter" else "id"
        house.run(f"UPDATE {table} SET {', '.join(f'{column}=?' for column in columns)} WHERE {key}=?", row)
    for table in INSERTED:
        rows = one.inserted[table]
        if rows:
            house.run_many(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    house.raw.commit()


def write_in_core(house: House, commands: Sequence[Written]) -> tuple[float, float]:
    """The same through SQLAlchemy Core, each statement made once, the values as the driver wants them. Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.thread_time()
    for one in commands:
        with engine.writing(house.engine) as c:
            _write_rows(c, one)
    return time.perf_counter() - wall, time.thread_time() - cpu


def write_naively(house: House, commands: Sequence[Written], complete: Callable[[str], str]) -> tuple[float, float]:
    """What a naive product does: its document read under a lock, moved on, written back whole, with the same rows beside it."""
    wall, cpu = time.perf_counter(), time.thread_time()
    for one in commands:
        with engine.writing(house.engine) as c:
            document = bytes(c.execute(_DOCUMENT, {"case_id": one.case[-1]}).scalar_one())
            moved_on = complete(document.decode()).encode()
            _write_rows(c, replace(one, case=(moved_on, *one.case[1:])))
    return time.perf_counter() - wall, time.thread_time() - cpu


def begin_naively(house: House, cases: Sequence[int], document: str) -> None:
    """Cases that were written as the product's become the naive engine's."""
    house.begin()
    for case in cases:
        house.run("UPDATE cases SET blob = ? WHERE id = ?", (document.encode(), case))
    house.raw.commit()


def document_size(house: House) -> int:
    """Bytes of the largest naive document."""
    with engine.reading(house.engine) as c:
        return int(c.exec_driver_sql("SELECT max(length(blob)) FROM cases").scalar_one())


_DOCUMENT = sa.select(model.cases.c.blob).where(model.cases.c.id == sa.bindparam("case_id")).with_for_update()


def _write_rows(c: engine.Connection, one: Written) -> None:
    for table, columns, row in one.updated():
        c.execute(_update(table), {**dict(zip(columns, row, strict=False)), "the_row": row[-1]})
    for table in INSERTED:
        if rows := one.inserted[table]:
            insert, names = _insert(table)
            c.execute(insert, [dict(zip(names, row, strict=True)) for row in rows])


@cache
def _untyped(table: str) -> sa.TableClause:
    return sa.table(table, *(sa.column(column.name) for column in metadata.tables[table].columns))


@cache
def _update(table: str) -> sa.Update:
    bare = _untyped(table)
    return sa.update(bare).where(bare.c["prefix" if table == "case_counter" else "id"] == sa.bindparam("the_row"))


@cache
def _insert(table: str) -> tuple[sa.Insert, tuple[str, ...]]:
    return sa.insert(_untyped(table)), tuple(column.name for column in metadata.tables[table].columns)
