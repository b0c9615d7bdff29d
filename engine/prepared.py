"""Statements that every step runs: built by SQLAlchemy, spelled once for each database, then handed to the driver as they are.

Building and compiling them, and wrapping what comes back, costs SQLAlchemy several times what the database needs to run
them. Errors are SQLAlchemy's as ever, and `before_cursor_execute` is told of each statement (with no cursor).
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

Values = Mapping[str, Any]
Row: TypeAlias = Any  # a named tuple with the names and the types of the statement's columns
_Maker: TypeAlias = Callable[[Any], Any] | None
_NAMED = re.compile(r"%\((\w+)\)s")
_MOST_TOGETHER = 8  # rows of one statement: more are spelled one by one


class _Spelled(NamedTuple):
    """The text for one database, how each of its values is made, in order, and how its rows are read."""

    sql: str
    makers: tuple[tuple[str, _Maker], ...]
    constants: Values
    row: Any
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]


class Ran:
    """What a statement did. Inside `together` the server is asked only when somebody wants to know."""

    __slots__ = ("_c", "_company", "_cursor", "_number", "_rows", "_spelled")

    def __init__(self, c: Connection, spelled: _Spelled, cursor: Any, company: _Company | None) -> None:
        self._c, self._spelled, self._cursor, self._company = c, spelled, cursor, company
        self._number = company.sent if company is not None else 0
        self._rows: list[Row] | None = None
        if company is None and spelled.row is not None:
            self._rows = self._read()

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        self._arrive()
        count: int = self._cursor.rowcount
        return count

    def all(self) -> list[Row]:
        """The rows."""
        if self._rows is None:
            self._arrive()
            self._rows = self._read()
        return self._rows

    def first(self) -> Row | None:
        """The first row, or None."""
        rows = self.all()
        return rows[0] if rows else None

    def one(self) -> Row:
        """The only row."""
        (row,) = self.all()
        return row

    def _arrive(self) -> None:
        if self._company is not None:
            self._company.wait_for(self._number)

    def _read(self) -> list[Row]:
        make, readers = self._spelled.row, self._spelled.readers
        if not readers:
            return [make(row) for row in self._cursor.fetchall()]
        rows = []
        for raw in self._cursor.fetchall():
            row = list(raw)
            for number, read in readers:
                row[number] = read(row[number])
            rows.append(make(row))
        return rows


class Prepared:
    """One statement. Values are given by column and by bind parameter; which columns are given decides what is written.

    Lists as values (`IN`) are not taken: their number would be another text each time.
    """

    __slots__ = ("_spelled", "_statement")

    def __init__(self, statement: sa.Select[Any] | sa.Insert | sa.Update) -> None:
        self._statement = statement
        self._spelled: dict[tuple[Any, ...], _Spelled] = {}

    def run(self, c: Connection, values: Values) -> Ran:
        """Once."""
        shape = (c.dialect.name, *values)
        spelled = self._spelled.get(shape) or self._spelled.setdefault(shape, self._spell(c.dialect, list(values)))
        return _execute(c, spelled, _bound(spelled, values))

    def run_many(self, c: Connection, rows: Sequence[Values]) -> None:
        """Insert several rows with the same columns, in one statement where they are few."""
        if len(rows) == 1 or len(rows) > _MOST_TOGETHER:
            for row in rows:
                self.run(c, row)
            return
        columns = list(rows[0])
        shape = (c.dialect.name, len(rows), *columns)
        spelled = self._spelled.get(shape) or self._spelled.setdefault(shape, self._spell_many(c.dialect, columns, len(rows)))
        _execute(c, spelled, _bound(spelled, {f"{name}__{at}": row[name] for at, row in enumerate(rows) for name in columns}))

    def _spell(self, dialect: Dialect, columns: list[str]) -> _Spelled:
        written = isinstance(self._statement, sa.Insert | sa.Update)
        return _spell(self._statement, dialect, columns if written else None)

    def _spell_many(self, dialect: Dialect, columns: list[str], count: int) -> _Spelled:
        assert isinstance(self._statement, sa.Insert)
        types = {name: self._statement.table.c[name].type for name in columns}
        rows = [{name: sa.bindparam(f"{name}__{at}", type_=types[name]) for name in columns} for at in range(count)]
        return _spell(self._statement.values(rows), dialect, None)


def _spell(statement: sa.Select[Any] | sa.Insert | sa.Update, dialect: Dialect, columns: list[str] | None) -> _Spelled:
    compiled: Any = statement.compile(dialect=dialect, column_keys=columns)
    names = compiled.positiontup if compiled.positional else _NAMED.findall(compiled.string)
    makers = tuple((name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    read = {str(name): column.type for name, column in statement.exported_columns.items()}
    processors = [kind.dialect_impl(dialect).result_processor(dialect, None) for kind in read.values()]
    row: Any = namedtuple("Row", read) if read else None
    return _Spelled(
        compiled.string if compiled.positional else _NAMED.sub("%s", compiled.string),
        makers,
        constants,
        row._make if row is not None else None,
        tuple((number, processor) for number, processor in enumerate(processors) if processor is not None),
    )


def _bound(spelled: _Spelled, values: Values) -> tuple[Any, ...]:
    given = {**spelled.constants, **values} if spelled.constants else values
    return tuple([given[name] if maker is None else maker(given[name]) for name, maker in spelled.makers])


def _execute(c: Connection, spelled: _Spelled, values: tuple[Any, ...]) -> Ran:
    for told in c.dispatch.before_cursor_execute:
        told(c, None, spelled.sql, values, None, False)
    if not c.in_transaction():
        c.begin()
    company = _companies.get(c)
    cursor = None
    try:
        cursor = c.connection.cursor()
        cursor.execute(spelled.sql, values)
        if company is not None:
            company.sent += 1
        return Ran(c, spelled, cursor, company)
    except Exception as error:
        c._handle_dbapi_exception(error, spelled.sql, values, cursor, None)


class _Company:
    """Statements on their way to PostgreSQL, one behind the other, without waiting for the answer to each."""

    def __init__(self, c: Connection) -> None:
        self.sent = 0
        self._c, self._arrived, self._open = c, 0, ExitStack()
        driver: Any = c.connection.dbapi_connection
        self._pipeline = self._open.enter_context(driver.pipeline())

    def wait_for(self, number: int) -> None:
        """Let everything that was sent be answered; the first error among the answers is raised."""
        if number <= self._arrived:
            return
        self._arrived = self.sent
        try:
            self._pipeline.sync()
        except Exception as error:
            self._c._handle_dbapi_exception(error, "(statements together)", (), None, None)

    def leave(self) -> None:
        """From here on each statement waits for its answer again."""
        self.wait_for(self.sent)
        _companies.pop(self._c, None)
        self._open.close()

    def abandon(self) -> None:
        """After an error, which is the one to be told of."""
        _companies.pop(self._c, None)
        with suppress(Exception):
            self._open.close()


_companies: WeakKeyDictionary[Connection, _Company] = WeakKeyDictionary()


@contextmanager
def together(c: Connection) -> Iterator[None]:
    """Prepared statements in here need not wait for each other's answers: on PostgreSQL they share their way to the server.

    An answer is waited for when somebody asks for it, or at the end; an error shows then. A statement that is not prepared
    waits for those before it, and ends the sharing.
    """
    if c.dialect.name != "postgresql" or c in _companies:
        yield
        return
    company = _companies[c] = _Company(c)
    try:
        yield
        company.leave()
    except BaseException:
        company.abandon()
        raise


def come_apart(c: Connection, cursor: Any, *_rest: object) -> None:
    """Told of every statement on PostgreSQL: one of SQLAlchemy's own (it has a cursor) wants its answer at once."""
    if cursor is not None and (company := _companies.get(c)) is not None:
        company.leave()
