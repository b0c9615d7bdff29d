"""Statements that every step runs: built by SQLAlchemy, spelled once for each database, then handed to the driver as they are.

Building and compiling costs SQLAlchemy several times what the database needs to run them; errors and events stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

Values = Mapping[str, Any]


class _Spelled(NamedTuple):
    """The text for one database, and how each of its values is made: by its type, in the order of the text if that has one."""

    sql: str
    makers: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    constants: Values
    in_order: bool


class Prepared:
    """One statement. Values are given by column and by bind parameter; which columns are given decides what is written.

    Rows come back as the driver gives them: for numbers and texts, not for JSON and instants.
    """

    __slots__ = ("_spelled", "_statement")

    def __init__(self, statement: sa.Select[Any] | sa.Insert | sa.Update) -> None:
        self._statement = statement
        self._spelled: dict[tuple[str, ...], _Spelled] = {}

    def run(self, c: Connection, values: Values) -> sa.CursorResult[Any]:
        """Once."""
        spelled = self._for(c.dialect, values)
        return c.exec_driver_sql(spelled.sql, _bound(spelled, values))

    def run_many(self, c: Connection, rows: Sequence[Values]) -> None:
        """For several rows with the same columns, in one go."""
        spelled = self._for(c.dialect, rows[0])
        c.exec_driver_sql(spelled.sql, [_bound(spelled, row) for row in rows])

    def _for(self, dialect: Dialect, values: Values) -> _Spelled:
        shape = (dialect.name, *values)
        return self._spelled.get(shape) or self._spelled.setdefault(shape, self._spell(dialect, list(values)))

    def _spell(self, dialect: Dialect, columns: list[str]) -> _Spelled:
        written = isinstance(self._statement, sa.Insert | sa.Update)
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=columns if written else None)
        names = compiled.positiontup if compiled.positional else [name for name in compiled.binds if name in compiled.params]
        makers = tuple((name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names)
        constants = {name: value for name, value in compiled.params.items() if value is not None}
        return _Spelled(compiled.string, makers, constants, compiled.positional)


def _bound(spelled: _Spelled, values: Values) -> Any:
    given = {**spelled.constants, **values} if spelled.constants else values
    if spelled.in_order:
        return tuple([maker(given[name]) if maker else given[name] for name, maker in spelled.makers])
    return {name: maker(given[name]) if maker else given[name] for name, maker in spelled.makers}
