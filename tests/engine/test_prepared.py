"""Prepared statements write what SQLAlchemy's own would have written, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

import engine
from engine.db import Utc
from engine.model import Json
from engine.prepared import Prepared

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
