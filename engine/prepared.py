"""Statements that every step runs: built by SQLAlchemy, spelled once for each database, then handed to the driver as they are.

Building and compiling them, and wrapping what comes back, costs SQLAlchemy several times what the database needs to run
them. Errors are SQLAlchemy's as ever, and `before_cursor_execute` is told of each statement (with no cursor).
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from engine.prepared_postgres import Answer, Line

Values = Mapping[str, Any]
Row: TypeAlias = Any  # a named tuple with the names and the types of the statement's columns
_Maker: TypeAlias = Callable[[Any], Any] | None
_NAMED = re.compile(r"%\((\w+)\)s")
_MOST_TOGETHER = 8  # rows of one statement: more are spelled one by one
_LINE = "pilotrun.line"


class _Spelled(NamedTuple):
    """The text for one database, how each of its values is made, in order, and how its rows are read."""

    sql: str
    makers: tuple[tuple[str, _Maker], ...]
    constants: Values
    row: Any
    readers: tuple[tuple[int, Callable[[Any], Any]], ...]


class Ran:
    """What a statement did. Inside `together` the server is asked only when somebody wants to know."""

    __slots__ = ("_answer", "_c", "_rows", "_spelled")

    def __init__(self, c: Connection, spelled: _Spelled, answer: Answer | Told) -> None:
        self._c, self._spelled, self._answer = c, spelled, answer
        self._rows: list[Row] | None = None

    @property
    def rowcount(self) -> int:
        """How many rows were written."""
        self._arrive()
        return self._answer.rowcount()

    def all(self) -> list[Row]:
        """The rows; none where the statement gives none."""
        if self._rows is None:
            self._arrive()
            self._rows = self._read() if self._spelled.row is not None else []
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
        try:
            self._answer.arrive()
        except Exception as error:
            self._c._handle_dbapi_exception(error, self._spelled.sql, (), None, None)

    def _read(self) -> list[Row]:
        make, readers = self._spelled.row, self._spelled.readers
        if not readers:
            return [make(row) for row in self._answer.rows()]
        rows = []
        for raw in self._answer.rows():
            row = list(raw)
            for number, read in readers:
                row[number] = read(row[number])
            rows.append(make(row))
        return rows


class Told:
    """What SQLite said, which answers at once."""

    __slots__ = ("_count", "_rows")

    def __init__(self, cursor: Any, *, rows: bool) -> None:
        self._rows: list[tuple[Any, ...]] = cursor.fetchall() if rows else []
        self._count: int = cursor.rowcount

    def arrive(self) -> None:
        """It has."""

    def rowcount(self) -> int:
        """How many rows were written."""
        return self._count

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows."""
        return self._rows


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
    text, names = compiled.string, compiled.positiontup
    if not compiled.positional:
        names = _NAMED.findall(text)
        number = count(1)
        text = _NAMED.sub(lambda _match: f"${next(number)}", text)
    makers = tuple((name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names)
    constants = {name: value for name, value in compiled.params.items() if value is not None}
    read = {str(name): column.type for name, column in statement.exported_columns.items()}
    processors = [kind.dialect_impl(dialect).result_processor(dialect, None) for kind in read.values()]
    row: Any = namedtuple("Row", read) if read else None
    return _Spelled(
        text,
        makers,
        constants,
        row._make if row is not None else None,
        tuple((at, processor) for at, processor in enumerate(processors) if processor is not None),
    )


def _bound(spelled: _Spelled, values: Values) -> tuple[Any, ...]:
    given = {**spelled.constants, **values} if spelled.constants else values
    return tuple([given[name] if maker is None else maker(given[name]) for name, maker in spelled.makers])


def _execute(c: Connection, spelled: _Spelled, values: tuple[Any, ...]) -> Ran:
    for told in c.dispatch.before_cursor_execute:
        told(c, None, spelled.sql, values, None, False)
    if not c.in_transaction():
        c.begin()
    try:
        if c.dialect.name == "sqlite":
            cursor = c.connection.cursor()
            cursor.execute(spelled.sql, values)
            return Ran(c, spelled, Told(cursor, rows=spelled.row is not None))
        line = _line(c)
        ran = Ran(c, spelled, line.send(spelled.sql, values))
        if not line.patient:
            line.answer()
            ran.all()
        return ran
    except Exception as error:
        c._handle_dbapi_exception(error, spelled.sql, values, None, None)


def _line(c: Connection) -> Line:
    held = c.connection
    line: Line | None = held.info.get(_LINE)
    if line is None:
        driver: Any = held.dbapi_connection
        line = held.info[_LINE] = Line(driver)
    return line


@contextmanager
def together(c: Connection) -> Iterator[None]:
    """Prepared statements in here need not wait for each other's answers: on PostgreSQL they share their way to the server.

    An answer is waited for when somebody asks for it, when a statement follows that is not prepared, or at the end; an error
    shows then.
    """
    if c.dialect.name != "postgresql" or (line := _line(c)).patient:
        yield
        return
    line.patient = True
    try:
        yield
        _answer(c, line)
        line.patient = False
    except BaseException:
        line.abandon()
        raise


def _answer(c: Connection, line: Line) -> None:
    try:
        line.answer()
    except Exception as error:
        c._handle_dbapi_exception(error, "(statements together)", (), None, None)


def come_apart(c: Connection, cursor: Any, *_rest: object) -> None:
    """Told of every statement on PostgreSQL: one of SQLAlchemy's own (it has a cursor) comes after those on their way."""
    if cursor is not None and (line := c.connection.info.get(_LINE)) is not None:
        _answer(c, line)
