"""Kill everything at any moment: what was acknowledged is there once. And the checker says so when it is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import engine
from engine.eventlog import Fact, append
from engine.model import escalation, event, notice, sla_clock, work_item
from tests.durability.checker import check
from tests.durability.rig import History, Plan, run

pytestmark = pytest.mark.slow
CASES = 10


def test_nothing_is_lost_or_doubled_when_anything_dies_at_any_moment(database_url: str, tmp_path: Path) -> None:
    """Clerks and workers die from outside and at every seam: before a commit, after it, between sending and marking."""
    history = run(database_url, tmp_path, Plan(cases=CASES, seed=3))

    assert check(database_url, history) == []
    assert sum(history.kills.values()) > 3
    assert len(history.asked) >= 2 * 4 * CASES


@pytest.mark.postgres
def test_nothing_is_lost_or_doubled_when_connections_are_cut_all_the_time(pg_url: str, tmp_path: Path) -> None:
    """A storm of pg_terminate_backend besides the kills; everybody asks again with the same key."""
    history = run(pg_url, tmp_path, Plan(cases=CASES, seed=5, cuts=True))

    assert check(pg_url, history) == []
    assert history.cuts > 10


def test_a_clock_that_jumps_to_and_fro_fires_nothing_twice(sqlite_url: str, tmp_path: Path) -> None:
    """Five minutes ahead, five back, for two workers and two clerks that never agree on the time."""
    history = run(sqlite_url, tmp_path, Plan(cases=CASES, seed=7, jumps=timedelta(minutes=5)))

    assert check(sqlite_url, history) == []


def test_a_worker_that_marks_before_it_sends_is_found_out(sqlite_url: str, tmp_path: Path) -> None:
    """The negative control of the whole rig: an engine with this flaw does not pass."""
    seams = "sent=0.5"
    history = run(sqlite_url, tmp_path, Plan(cases=CASES, seed=11, careless=True, seams=seams, late=5))

    assert any("never arrived" in complaint for complaint in check(sqlite_url, history))


# Negative controls of the checker: one quiet run, its books cooked in every way that matters.


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, History]:
    """A run in which nobody dies. Some cases are late when it begins: there are rungs to be cooked on every machine."""
    folder = tmp_path_factory.mktemp("quiet")
    history = run(f"sqlite:///{folder / 'q.db'}", folder, Plan(cases=4, seed=13, kills_every=1e9, seams="", late=3))
    return folder / "q.db", history


@pytest.fixture
def books(quiet: tuple[Path, History], tmp_path: Path) -> Iterator[tuple[engine.Engine, str, History]]:
    """A copy of its books, to be cooked."""
    shutil.copy(quiet[0], tmp_path / "books.db")
    url = f"sqlite:///{tmp_path / 'books.db'}"
    database = engine.connect(url)
    yield database, url, quiet[1]
    database.dispose()


def test_the_quiet_run_is_in_order(books: tuple[engine.Engine, str, History]) -> None:
    """Otherwise the cooked books below would prove nothing."""
    assert check(books[1], books[2]) == []


def _again(kind: str) -> Callable[[sa.Connection], None]:
    """Say once more what was said of the last item, with the chain in order."""

    def cook(c: sa.Connection) -> None:
        entry = [entry for entry in engine.event_log(c) if entry.kind == kind][-1]
        case_id = c.execute(sa.select(event.c.case_id).where(event.c.seq == entry.seq)).scalar_one()
        fact = Fact(entry.kind, entry.at, case_id, entry.case, entry.item, entry.step, data=dict(entry.data))
        append(c, [fact], entry.recorded_at)

    return cook


def _lose(table: sa.Table) -> Callable[[sa.Connection], None]:
    """The newest row is gone."""

    def cook(c: sa.Connection) -> None:
        c.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        newest = c.execute(sa.select(sa.func.max(table.c[0]))).scalar_one()
        c.execute(table.delete().where(table.c[0] == newest))

    return cook


def _reopen(c: sa.Connection) -> None:
    newest = c.execute(sa.select(sa.func.max(work_item.c.id))).scalar_one()
    c.execute(work_item.update().where(work_item.c.id == newest).values(state="claimed", closed_at=None))


def _restart_clock(c: sa.Connection) -> None:
    c.execute(sla_clock.update().where(sla_clock.c.id == 1).values(state="running", wake_at=sla_clock.c.due_at, stopped_at=None))


def _rewrite(c: sa.Connection) -> None:
    c.execute(event.update().where(event.c.seq == 3).values(person="somebody else"))


def _lose_a_rung(c: sa.Connection) -> None:
    newest = c.execute(sa.select(sa.func.max(escalation.c.id))).scalar_one()
    c.execute(notice.delete().where(notice.c.escalation_id == newest))
    c.execute(escalation.delete().where(escalation.c.id == newest))


@pytest.mark.parametrize(
    ("cook", "complaint"),
    [
        (_again("item.completed"), "completed 2 times"),
        (_again("clock.escalated"), "raised 2 times"),
        (_again("case.started"), "case.started is told of"),
        (_again("clock.met"), "told 2 times"),
        (_again("item.offered"), "item.offered after item.completed"),
        (_lose(notice), "do not name the same people"),
        (_lose_a_rung, "rungs in the log and rungs in the rows differ"),
        (_lose(event), "missing at the end"),
        (_rewrite, "was changed"),
        (_reopen, "on the lists are"),
        (_restart_clock, "clock 1 stopped at None"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_cooked_books_are_found_out(
    books: tuple[engine.Engine, str, History], cook: Callable[[sa.Connection], None], complaint: str
) -> None:
    """Doubled, lost, rewritten or reopened: each is named."""
    database, url, history = books
    with engine.writing(database) as c:
        for guard in ("event_no_update", "event_no_delete"):  # whoever cooks books does away with the guards first
            c.exec_driver_sql(f"DROP TRIGGER {guard}")
        cook(c)

    assert any(complaint in said for said in check(url, history)), check(url, history)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda h: replace(h, asked=[*h.asked, ["mei", "done", "complete", "999"]]), "was acknowledged to mei and is lost"),
        (lambda h: replace(h, asked=[*h.asked, ["mei", "ask", "start", "999"]]), "were asked for"),
        (lambda h: replace(h, asked=[*h.asked, ["mei", "done", "start", "1", "999"]]), "case 999 was acknowledged"),
        (lambda h: replace(h, asked=[_refused(words) for words in h.asked]), "and done all the same"),
        (lambda h: replace(h, sent=h.sent[1:]), "never arrived"),
        (lambda h: replace(h, sent=[*h.sent, h.sent[0]]), "1 notices arrived again"),
        (lambda h: replace(h, sent=[*h.sent, "clock:0:80:1"]), "which nobody was owed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_answers_that_do_not_fit_the_books_are_found_out(
    books: tuple[engine.Engine, str, History], change: Callable[[History], History], complaint: str
) -> None:
    """Lost although acknowledged, done although refused, never sent, sent twice, sent for nothing: each is named."""
    assert any(complaint in said for said in check(books[1], change(books[2])))


def _refused(words: list[str]) -> list[str]:
    return [words[0], "refused", *words[2:]] if words[1:3] == ["done", "complete"] else words
