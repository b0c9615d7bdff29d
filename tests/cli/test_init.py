"""`pilotrun init` makes what is missing and nothing twice; only the demo has accounts that everybody knows."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import engine
from tests.cli.conftest import Run, is_one_line
from tests.cli.test_bad_input import contents
from webapp.cli import sample
from webapp.passwords import Passwords

DATABASE = Path("var/pilotrun.db")
ONE_TIME = re.compile(r"sign in as (\S+) with the one-time password (\S+)\n")


def stored_password(login: str) -> str | None:
    """The hash that is kept for a person, None for a stranger."""
    with sqlite3.connect(DATABASE) as db:
        row = db.execute("SELECT password_hash FROM person WHERE login = ?", (login,)).fetchone()
    return row[0] if row else None


def test_an_empty_place_gets_one_administrator_with_a_password_shown_once(run: Run) -> None:
    first, second = run("init"), run("init")

    login, password = ONE_TIME.search(first.stdout).groups()  # type: ignore[union-attr]
    assert login == "admin"
    assert Passwords().fits(stored_password("admin"), password)
    assert not ONE_TIME.search(second.stdout)
    with sqlite3.connect(DATABASE) as db:
        assert db.execute("SELECT login, roles FROM person").fetchall() == [("admin", '["administrator"]')]


def test_a_second_run_changes_nothing(run: Run) -> None:
    run("init")
    before = contents(DATABASE)

    assert run("init").exit_code == 0
    assert contents(DATABASE) == before


def test_the_shipped_process_is_deployed_with_the_posts_it_names(run: Run) -> None:
    run("init")

    database = engine.connect(f"sqlite:///{DATABASE}")
    with engine.reading(database) as c:
        assert [(row.code, row.version) for row in engine.list_processes(c)] == [("CSC-2024-001", "V1.0")]
        assert {"service-agent", "service-supervisor", "legal-counsel"} <= engine.post_names(c).keys()
        assert engine.actor(c, "chen.jing") is None


def test_another_administrator_can_be_added_later(run: Run) -> None:
    run("init")

    added = run("init", "--admin", "zhang.wei")

    assert ONE_TIME.search(added.stdout).group(1) == "zhang.wei"  # type: ignore[union-attr]
    assert stored_password("zhang.wei") != stored_password("admin")


def test_a_forgotten_password_is_replaced_and_open_sessions_end(run: Run) -> None:
    run("init")
    old = stored_password("admin")
    now = datetime.now(UTC)
    database = engine.connect(f"sqlite:///{DATABASE}")
    with engine.writing(database) as c:
        admin = engine.actor(c, "admin")
        assert admin is not None
        engine.open_session(c, admin.id, "token", now + timedelta(hours=1), now)

    run("init", "--admin", "admin")

    assert stored_password("admin") != old
    with engine.reading(database) as c:
        assert engine.session_actor(c, "token", now) is None


def test_what_is_written_is_for_the_owner_alone(run: Run) -> None:
    run("init")

    assert DATABASE.parent.stat().st_mode & 0o077 == 0


def test_a_place_that_cannot_be_written_is_bad_input(run: Run) -> None:
    Path("var").write_text("a file where the directory should be")

    refused = run("init", env={"PILOTRUN_SECRET_KEY": "k" * 32})

    assert refused.exit_code == 2
    assert is_one_line(refused.stderr)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, loaded once for the tests that look at it."""
    from tests.cli.conftest import call

    folder = tmp_path_factory.mktemp("demo")
    env = {"PILOTRUN_DATABASE_URL": f"sqlite:///{folder / 'pilotrun.db'}", "PILOTRUN_VAR": str(folder)}
    made = call("init", "--demo", env=env)
    assert made.exit_code == 0, made.stderr
    assert "one-time" not in made.stdout
    return folder


@pytest.mark.slow
def test_the_demo_has_people_a_real_pilot_without_cases_and_a_rehearsed_one_under_way(demo: Path) -> None:
    database = engine.connect(f"sqlite:///{demo / 'pilotrun.db'}")
    with engine.reading(database) as c:
        found = {row.rehearsal: row for row in engine.list_pilots(c)}
        board = engine.board(c, sample.CODE, datetime.now(UTC), rehearsal=True)
        assert engine.check_log(c).ok
    with engine.writing(database) as c:
        assert engine.claim_notices(c, datetime.now(UTC)) == []  # nobody is told what synthetic staff let slip

    assert (found[False].cases, found[False].state) == (0, "running")
    assert 60 < found[True].cases < sample.MOST_CASES
    assert board.running + board.completed == found[True].cases
    assert board.completed > 50
    assert sample.sample_logins(database)[0].endswith(f"(password {sample.PASSWORD}):")


@pytest.mark.slow
def test_the_demo_is_loaded_once(demo: Path, run: Run) -> None:
    before = contents(demo / "pilotrun.db")

    again = run("init", "--demo", env={"PILOTRUN_DATABASE_URL": f"sqlite:///{demo / 'pilotrun.db'}", "PILOTRUN_VAR": str(demo)})

    assert again.exit_code == 0
    assert contents(demo / "pilotrun.db") == before


def test_sample_logins_are_named_only_while_they_work(sqlite_url: str) -> None:
    database = engine.connect(sqlite_url)
    engine.upgrade(database)
    assert sample.sample_logins(database) == []

    with engine.writing(database) as c:
        sample.load_people(c, datetime.now(UTC))
    lines = sample.sample_logins(database)
    with engine.writing(database) as c:
        engine.set_password(c, "chen.jing", Passwords().hash("something else"))

    assert [line.split()[0] for line in lines[1:]] == [login for login, _ in sample.LOGINS]
    assert sample.sample_logins(database) == []


@pytest.mark.parametrize("day", range(7))
def test_the_rehearsal_begins_in_the_morning_two_weeks_and_a_half_before_any_day(day: int) -> None:
    now = datetime(2026, 11, 23 + day, 15, tzinfo=UTC)

    start = sample.rehearsal_start(now)

    assert start.hour == 1
    assert timedelta(days=17) <= now - start < timedelta(days=18)
