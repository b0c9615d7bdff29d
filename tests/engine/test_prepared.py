"""Prepared statements write what SQLAlchemy's own would have written, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

import engine
from engine.db import Utc
from engine.model import Json
from engine.prepared import Prepared, together

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
metadata = sa.MetaData()
thing = sa.Table(
    "thing",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, unique=True),
    sa.Column("at", Utc),
    sa.Column("data", Json),
    sa.Column("raw", sa.LargeBinary),
    sa.Column("yes", sa.Boolean),
)
INSERT = Prepared(thing.insert())
CHANGE = Prepared(thing.update().where(thing.c.id == sa.bindparam("wanted"), thing.c.name == "kettle"))
READ = Prepared(sa.select(thing, thing.c.at.label("moment")).where(thing.c.id == sa.bindparam("wanted")).order_by(thing.c.id))
NUMBERED = Prepared(thing.insert().returning(thing.c.id, thing.c.at))
ROW = {"id": 1, "name": "kettle", "at": NOON, "data": {"b": [1, "ü"], "a": None}, "raw": b"\x00\xff", "yes": True}


@pytest.fixture
def database(database_url: str) -> engine.Engine:
    """One table with every kind of column that the engine has."""
    made = engine.connect(database_url)
    metadata.create_all(made)
    return made


def _rows(database: engine.Engine) -> list[dict[str, object]]:
    with engine.reading(database) as c:
        found = [dict(row._mapping) for row in c.execute(sa.select(thing).order_by(thing.c.id))]
    database.dispose()
    return [{**row, "raw": bytes(row["raw"]) if row["raw"] is not None else None} for row in found]


def test_every_type_comes_back_as_it_was_given(database: engine.Engine) -> None:
    """Instants, JSON, bytes, truth and nothing at all."""
    nothing = dict.fromkeys(ROW) | {"id": 2}
    with engine.writing(database) as c:
        INSERT.run(c, ROW)
        INSERT.run(c, nothing)
        INSERT.run_many(c, [ROW | {"id": 3, "name": "pan"}, ROW | {"id": 4, "name": "pot", "yes": False}])

    assert _rows(database) == [
        ROW,
        nothing,
        ROW | {"id": 3, "name": "pan"},
        ROW | {"id": 4, "name": "pot", "yes": False},
    ]


def test_only_the_columns_that_are_given_are_written(database: engine.Engine) -> None:
    """The same statement for different columns, and a count of what it changed."""
    with engine.writing(database) as c:
        INSERT.run(c, ROW)
        assert CHANGE.run(c, {"wanted": 1, "yes": False}).rowcount == 1
        assert CHANGE.run(c, {"wanted": 1, "yes": True, "data": [7]}).rowcount == 1
        assert CHANGE.run(c, {"wanted": 2, "yes": False}).rowcount == 0

    assert _rows(database) == [ROW | {"data": [7]}]


def test_a_naive_instant_is_refused_as_everywhere(database: engine.Engine) -> None:
    """The types of the columns still stand between us and the driver."""
    with pytest.raises(ValueError, match="has no time zone"), engine.writing(database) as c:
        INSERT.run(c, ROW | {"at": NOON.replace(tzinfo=None)})
    assert _rows(database) == []


def test_a_taken_key_is_the_same_error_as_ever(database: engine.Engine) -> None:
    """Whoever catches SQLAlchemy's errors goes on catching them."""
    with engine.writing(database) as c:
        INSERT.run(c, ROW)
    with pytest.raises(sa.exc.IntegrityError), engine.writing(database) as c:
        INSERT.run(c, ROW | {"id": 2})
    assert _rows(database) == [ROW]


def test_rows_are_read_as_sqlalchemy_reads_them(database: engine.Engine) -> None:
    """Types and names of the columns, for a choice of rows and for what an insert gives back."""
    with engine.writing(database) as c:
        given_back = NUMBERED.run(c, ROW).one()
        INSERT.run(c, dict.fromkeys(ROW) | {"id": 2})
        ours, theirs = READ.run(c, {"wanted": 1}).one(), c.execute(sa.select(thing, thing.c.at.label("moment"))).first()
        nothing = READ.run(c, {"wanted": 2}).one()

    assert (given_back.id, given_back.at) == (1, NOON)
    assert theirs is not None
    assert ours._asdict() == dict(theirs._mapping)
    assert ours.at.tzinfo == UTC
    assert set(nothing) == {2, None}
    with engine.reading(database) as c:
        assert READ.run(c, {"wanted": 3}).first() is None
        assert READ.run(c, {"wanted": 3}).all() == []
    database.dispose()


@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_is_written_to_sqlite_as_sqlalchemy_would_write_it(at: datetime) -> None:
    """Rows of earlier releases and rows of this one compare as texts."""
    dialect: Any = sqlite.dialect()
    in_utc = at.astimezone(UTC).replace(tzinfo=None)
    written = Utc().bind_processor(dialect)(at)

    assert written == sa.DateTime().dialect_impl(dialect).bind_processor(dialect)(in_utc)
    assert Utc().result_processor(dialect, None)(written) == at.astimezone(UTC)


def test_many_rows_are_all_there_however_many_they_are(database: engine.Engine) -> None:
    """In one statement or one by one."""
    with engine.writing(database) as c, together(c):
        INSERT.run_many(c, [ROW | {"id": number, "name": str(number)} for number in range(1, 6)])
        INSERT.run_many(c, [ROW | {"id": number, "name": str(number)} for number in range(6, 30)])

    assert [row["name"] for row in _rows(database)] == [str(number) for number in range(1, 30)]


def test_statements_that_travel_together_answer_when_they_are_asked(database: engine.Engine) -> None:
    """Each its own answer, in whatever order; a plain statement between them sees what they wrote."""
    with engine.writing(database) as c, together(c):
        inserted, changed = NUMBERED.run(c, ROW), CHANGE.run(c, {"wanted": 1, "yes": False})
        missed, read = CHANGE.run(c, {"wanted": 9, "yes": False}), READ.run(c, {"wanted": 1})
        assert (missed.rowcount, changed.rowcount, inserted.one().id, read.one().yes) == (0, 1, 1, False)
        INSERT.run(c, ROW | {"id": 2, "name": "pan"})
        with together(c):
            INSERT.run(c, ROW | {"id": 3, "name": "pot"})
        assert c.execute(sa.select(sa.func.count()).select_from(thing)).scalar_one() == 3
        again = CHANGE.run(c, {"wanted": 1, "yes": True})
        INSERT.run(c, ROW | {"id": 4, "name": "cup"})
        assert again.rowcount == 1

    assert [row["id"] for row in _rows(database)] == [1, 2, 3, 4]


@pytest.mark.parametrize("ask", [True, False], ids=["asked", "not asked"])
def test_an_error_among_them_undoes_everything_and_the_connection_lives_on(database: engine.Engine, ask: bool) -> None:
    """Raised at the latest where they stop travelling together, before the commit, as the error that it is."""
    with engine.writing(database) as c:
        INSERT.run(c, ROW)

    def store_three() -> None:
        with engine.writing(database) as c, together(c):
            INSERT.run(c, ROW | {"id": 2, "name": "pan"})
            taken = INSERT.run(c, ROW | {"id": 3})
            INSERT.run(c, ROW | {"id": 4, "name": "pot"})
            if ask:
                assert taken.rowcount == 1

    with pytest.raises(sa.exc.IntegrityError):
        store_three()
    with engine.writing(database) as c, together(c):
        assert CHANGE.run(c, {"wanted": 1, "yes": False}).rowcount == 1

    assert _rows(database) == [ROW | {"yes": False}]


@pytest.mark.postgres
def test_a_connection_cut_while_they_travel_is_an_error_of_the_database_and_replaced(pg_url: str) -> None:
    """Nothing of it is there, and the next transaction has a connection that works."""
    database = engine.connect(pg_url)
    metadata.create_all(database)

    def store_two() -> None:
        with engine.writing(database) as c, together(c):
            INSERT.run(c, ROW)
            with psycopg.connect(pg_url, autocommit=True) as other:
                driver: Any = c.connection.dbapi_connection
                other.execute("SELECT pg_terminate_backend(%s)", (driver.info.backend_pid,))
            INSERT.run(c, ROW | {"id": 2, "name": "pan"})

    with pytest.raises(sa.exc.OperationalError):
        store_two()
    with engine.writing(database) as c:
        INSERT.run(c, ROW)
    assert _rows(database) == [ROW]


@pytest.mark.postgres
def test_they_share_their_way_to_the_server(pg_url: str) -> None:
    """A row lock held by somebody else is met only when an answer is wanted, not when the statement is handed over."""
    database = engine.connect(pg_url)
    metadata.create_all(database)
    with engine.writing(database) as c:
        INSERT.run(c, ROW)
    handed_over = []

    def change_too() -> None:
        with engine.writing(database) as c:
            c.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            with together(c):
                handed_over.append(CHANGE.run(c, {"wanted": 1, "yes": True}))

    with engine.writing(database) as holder:
        CHANGE.run(holder, {"wanted": 1, "yes": False})
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            change_too()

    assert len(handed_over) == 1
    database.dispose()


@pytest.mark.postgres
def test_what_is_read_is_one_consistent_look(pg_url: str) -> None:
    """As with SQLAlchemy's statements: what others commit meanwhile is not seen, and nothing can be written."""
    database = engine.connect(pg_url)
    metadata.create_all(database)
    with engine.writing(database) as c:
        INSERT.run(c, ROW)
    with engine.reading(database) as c:
        before = READ.run(c, {"wanted": 1}).one()
        with engine.writing(database) as other:
            CHANGE.run(other, {"wanted": 1, "yes": False})
        assert READ.run(c, {"wanted": 1}).one() == before
        with pytest.raises(sa.exc.InternalError, match="read-only"):
            CHANGE.run(c, {"wanted": 1, "yes": True})
    database.dispose()


@pytest.mark.postgres
def test_a_value_that_cannot_be_written_leaves_the_connection_in_order(pg_url: str) -> None:
    """Neither a value that psycopg does not know nor one that the server refuses."""
    database = engine.connect(pg_url)
    metadata.create_all(database)
    for wrong in (object(), "not a number"):
        with pytest.raises((sa.exc.DBAPIError, sa.exc.StatementError)), engine.writing(database) as c:
            INSERT.run(c, ROW | {"id": wrong})
        with engine.writing(database) as c:
            assert READ.run(c, {"wanted": 1}).all() == []
            assert CHANGE.run(c, {"wanted": 1, "yes": False}).rowcount == 0
    database.dispose()


@pytest.mark.postgres
def test_a_server_that_has_forgotten_its_statements_fails_one_transaction_and_not_the_next(pg_url: str) -> None:
    """A rollback forgets nothing; a pooler between may throw everything away."""
    database = engine.connect(pg_url)
    metadata.create_all(database)
    for _ in range(2):
        with database.connect() as c:
            for _ in range(8):
                c.execute(sa.select(thing))
            assert READ.run(c, {"wanted": 1}).all() == []
            c.rollback()
    with database.connect() as c:
        c.exec_driver_sql("DEALLOCATE ALL")
        c.commit()
    with pytest.raises(sa.exc.DBAPIError, match="does not exist"), database.connect() as c:
        READ.run(c, {"wanted": 1})
    with database.connect() as c:
        assert READ.run(c, {"wanted": 1}).all() == []
    database.dispose()
