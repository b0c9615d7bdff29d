"""The worker: a metronome that beats the engine's sweep. It holds no truth: a lost worker loses nothing."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

import engine
from webapp.clock import utc_now
from webapp.connectors import Connector, run_jobs
from webapp.notify import LogNotifier, Notifier, send_due
from webapp.settings import Settings

log = logging.getLogger(__name__)

BREATH = timedelta(milliseconds=100)  # between two batches while catching up, so that people's commands get their turn
BATCH = 20  # rows per beat: a worker that catches up on an outage must not starve the people who work meanwhile
ASKING = 4  # connectors asked at once by one worker
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _executors() -> dict[str, ThreadPoolExecutor]:
    return {"default": ThreadPoolExecutor(1), "connectors": ThreadPoolExecutor(ASKING)}


class Worker:
    """Beats every `sweep_seconds`, and once more at the instant at which something falls due sooner.

    The scheduler lives in memory: deadlines are columns in the database, found by asking. Errors of the database are
    logged and survived; the next beat tries again.
    """

    def __init__(
        self,
        settings: Settings,
        database: engine.Engine,
        notifier: Notifier | None = None,
        clock: Callable[[], datetime] = utc_now,
        connectors: Mapping[str, Connector] | None = None,
    ) -> None:
        self._every = timedelta(seconds=settings.sweep_seconds)
        self._database = database
        self._notifier = notifier or LogNotifier()
        self._clock = clock
        self._connectors = dict(connectors or {})
        # One thread: two beats of one worker never overlap. In UTC: a change of the clocks must not move a beat.
        self._scheduler = BackgroundScheduler(timezone=UTC, executors=_executors())
        self._stopping = threading.Event()
        self._planning = threading.Lock()

    def run(self) -> None:
        """Beat until `stop` is called or SIGTERM, SIGINT or SIGHUP arrives; the beat under way is finished first."""
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                signal.signal(number, lambda *_: self.stop())
        self._scheduler.add_job(
            self.beat,
            "interval",
            id="beat",
            seconds=self._every.total_seconds(),
            next_run_time=self._clock(),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
        self._scheduler.add_job(
            self.work,
            "interval",
            id="work",
            seconds=self._every.total_seconds(),
            next_run_time=self._clock(),
            executor="connectors",
            coalesce=True,
            max_instances=ASKING,
            misfire_grace_time=None,
        )
        self._scheduler.start()
        log.info("worker beats every %s s", self._every.total_seconds())
        self._stopping.wait()
        with self._planning:
            pass  # whoever plans a beat has done so: the scheduler waits for the beat with its own lock in hand
        self._scheduler.shutdown(wait=True)
        self._database.dispose()
        log.info("worker stopped")

    def stop(self) -> None:
        """Make `run` return."""
        self._stopping.set()

    def beat(self) -> None:
        """One beat: what time does, then the notices it caused. Never raises: a job that raises would fall silent."""
        try:
            done = engine.beat(self._database, self._clock(), batch=BATCH)
            send_due(self._database, self._notifier, self._clock)
            self._look_again_early(catching_up=done.more)
        except Exception:
            log.exception("this beat failed; the next one tries again")

    def work(self) -> None:
        """Automated steps that are due. In threads of their own: a slow system must not hold up a deadline."""
        try:
            run_jobs(self._database, self._connectors, self._clock)
        except Exception:
            log.exception("this round of automated steps failed; the next one tries again")

    def _look_again_early(self, *, catching_up: bool) -> None:
        """One extra beat when something falls due before the regular one: a deadline is then seen when it passes.

        What fell due during this beat is looked at after a breath, like what is left over when catching up.
        """
        now = self._clock()
        with engine.reading(self._database) as c:
            due = now if catching_up else engine.next_wake(c)
        if due is not None and due < now + self._every:
            at = max(due, now + BREATH)
            self._plan(at)

    def _plan(self, at: datetime) -> None:
        with self._planning:
            if not self._stopping.is_set():
                self._scheduler.add_job(
                    self.beat, "date", id="early", run_date=at, replace_existing=True, misfire_grace_time=None
                )
