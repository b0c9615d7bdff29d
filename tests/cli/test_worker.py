"""The worker beats: what is due happens, notices go out once, and no error of the database makes it fall silent."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import engine
from tests.world import World
from webapp.notify import LogNotifier, send_due, text_of
from webapp.settings import Settings
from webapp.worker import Worker


@dataclass
class Outbox:
    """Keeps notices instead of sending them; accepts none while it is shut."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    open: bool = True

    def send(self, key: str, to: str, text: str) -> bool:
        """As a mail server would: taken or not."""
        if self.open:
            self.sent.append((key, to, text))
        return self.open


@pytest.fixture
def outbox() -> Outbox:
    """Where the notices of a story arrive."""
    return Outbox()


def worker_of(world: World, outbox: Outbox) -> Worker:
    """A worker on the world's clock, beaten by hand."""
    return Worker(Settings(), world.engine, outbox, clock=world.clock)


def test_a_late_step_reaches_the_agents_then_the_supervisor_then_the_owner(world: World, outbox: Outbox) -> None:
    worker = worker_of(world, outbox)
    case = world.start(by="chen.jing")

    told = []
    for minutes in (11, 4, 4):  # 73 %, 100 %, 127 % of fifteen working minutes
        world.later(minutes=minutes, sweep=False)
        worker.beat()
        told.append(sorted({to for _, to, _ in outbox.sent}))
    world.later(minutes=1, sweep=False)
    worker.beat()

    assert told[0] == []
    assert told[1] == ["chen.jing", "zhou.min"]
    assert told[2] == ["chen.jing", "li.na", "wang.fang", "zhou.min"]
    assert len({key for key, _, _ in outbox.sent}) == len(outbox.sent)
    assert all(text.startswith(f"{case.number} 客户投诉接收：") for _, _, text in outbox.sent)


def test_a_notice_that_is_not_taken_comes_again_with_the_same_key(sqlite_world: World, outbox: Outbox) -> None:
    worker = worker_of(sqlite_world, outbox)
    sqlite_world.start()
    sqlite_world.later(minutes=13, sweep=False)
    outbox.open = False
    worker.beat()
    outbox.open = True

    worker.beat()
    assert outbox.sent == []  # leased: whoever took it may still be sending
    sqlite_world.later(minutes=1, seconds=30, sweep=False)
    worker.beat()
    sqlite_world.later(seconds=31, sweep=False)
    worker.beat()
    worker.beat()

    assert sorted(to for _, to, text in outbox.sent if "80%" in text) == ["chen.jing", "zhou.min"]


def test_a_database_that_fails_is_logged_and_the_next_beat_goes_on(
    sqlite_world: World, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    worker = worker_of(sqlite_world, outbox)
    sqlite_world.start()
    sqlite_world.later(minutes=20, sweep=False)
    with sqlite_world.engine.begin() as c:
        c.execute(sa.text("ALTER TABLE sla_clock RENAME TO gone"))
    worker.beat()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == [
        "this beat failed; the next one tries again"
    ]

    with sqlite_world.engine.begin() as c:
        c.execute(sa.text("ALTER TABLE gone RENAME TO sla_clock"))
    worker.beat()

    assert outbox.sent


def test_a_deadline_before_the_next_beat_is_looked_at_when_it_passes(sqlite_world: World, outbox: Outbox) -> None:
    worker = worker_of(sqlite_world, outbox)
    sqlite_world.start()
    sqlite_world.later(minutes=11, seconds=59, sweep=False)  # a second before 80 % of fifteen minutes

    worker.beat()

    [early] = [job for job in worker._scheduler.get_jobs() if job.id == "early"]
    assert timedelta(seconds=0) < early.trigger.run_date - sqlite_world.now <= timedelta(seconds=1.1)


def test_a_deadline_that_passes_during_a_beat_is_looked_at_after_a_breath(sqlite_world: World, outbox: Outbox) -> None:
    """Sending Chen Jing's notice takes two minutes; meanwhile the step's deadline passes."""
    began = sqlite_world.now

    @dataclass
    class Slow(Outbox):
        def send(self, key: str, to: str, text: str) -> bool:
            sqlite_world.later(minutes=2, sweep=False)
            return super().send(key, to, text)

    sqlite_world.start()
    sqlite_world.later(minutes=12, seconds=1, sweep=False)
    worker = worker_of(sqlite_world, Slow())

    worker.beat()

    assert sqlite_world.now > began + timedelta(minutes=15)
    [early] = [job for job in worker._scheduler.get_jobs() if job.id == "early"]
    assert early.trigger.run_date - sqlite_world.now == timedelta(milliseconds=100)


def test_while_catching_up_the_worker_takes_a_breath_between_batches(sqlite_world: World, outbox: Outbox) -> None:
    worker = worker_of(sqlite_world, outbox)
    for _ in range(30):
        sqlite_world.start()
    sqlite_world.later(minutes=13, sweep=False)

    worker.beat()
    [early] = [job for job in worker._scheduler.get_jobs() if job.id == "early"]
    raised = len({key for key, _, _ in outbox.sent})
    for _ in range(6):
        worker.beat()

    assert early.trigger.run_date - sqlite_world.now == timedelta(milliseconds=100)
    assert 0 < raised < len({key for key, _, _ in outbox.sent}) == 60


def test_a_second_worker_sends_nothing_again(world: World, outbox: Outbox) -> None:
    world.start()
    world.later(minutes=13, sweep=False)
    for _ in range(2):
        worker_of(world, outbox).beat()

    assert len(outbox.sent) == 2
    assert send_due(world.engine, outbox, world.clock) == 0


def test_a_notice_is_in_the_language_of_its_reader_and_tells_nothing_of_the_customer(sqlite_world: World) -> None:
    sqlite_world.start(subject="Gao Yuan's kettle")
    sqlite_world.later(minutes=20)
    with engine.writing(sqlite_world.engine) as c:
        notices = engine.claim_notices(c, sqlite_world.now)

    texts = {text_of(notice) for notice in notices}

    assert any("已超时" in text for text in texts)
    assert not any("Gao" in text or "kettle" in text for text in texts)


def test_the_log_is_where_notices_go_at_first(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    assert LogNotifier().send("7:80", "chen.jing", "CSC-2024-001-00001: 80 % of the time is used")
    assert "7:80" in caplog.text
    assert "chen.jing" in caplog.text


def test_a_running_worker_beats_by_itself_and_stops_when_told(sqlite_url: str, tmp_path: Path, outbox: Outbox) -> None:
    import threading

    database = engine.connect(sqlite_url)
    engine.upgrade(database)
    worker = Worker(Settings(sweep_seconds=1), database, outbox)
    running = threading.Thread(target=worker.run)
    running.start()
    for _ in range(200):
        with engine.reading(database) as c:
            beaten = engine.heartbeat_at(c)
        if beaten is not None:
            break
        threading.Event().wait(0.02)
    worker.stop()
    running.join(10)

    assert beaten is not None
    assert beaten.tzinfo == UTC
    assert not running.is_alive()


def test_a_worker_that_is_told_to_stop_in_the_middle_of_catching_up_stops(sqlite_world: World) -> None:
    """The beat under way is about to plan the next one; the scheduler is already waiting for it to finish."""
    import threading

    for _ in range(30):
        sqlite_world.start()
    sqlite_world.later(minutes=13, sweep=False)

    @dataclass
    class Interrupted(Outbox):
        def send(self, key: str, to: str, text: str) -> bool:
            worker.stop()
            threading.Event().wait(0.05)
            return super().send(key, to, text)

    outbox = Interrupted()
    worker = Worker(Settings(sweep_seconds=1), engine.connect(str(sqlite_world.engine.url)), outbox)
    running = threading.Thread(target=worker.run, daemon=True)
    running.start()
    running.join(20)

    assert outbox.sent
    assert not running.is_alive()
