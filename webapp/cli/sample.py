"""The sample organisation and pilot that `init --demo` loads: what a newcomer looks around in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import bpmn
import engine
import pilots
from webapp.passwords import Passwords

CODE = "CSC-2024-001"
PASSWORD = "complaint-desk-2024"  # noqa: S105 (a sample's password is public on purpose; init without --demo makes none)
MOST_CASES, ABOUT, SEED = 400, 100, 1
AGO = timedelta(days=17)  # that makes about a hundred complaints by now: a few seconds of computing, some of them still open
LOGINS = (
    ("chen.jing", "service agent: receives, handles, reports back, archives"),
    ("wang.fang", "service supervisor: classifies"),
    ("li.na", "service manager and process owner: SLA board, pilot, pack"),
    ("zhao.lei", "service director: special approvals, verdict"),
    ("sun.hao", "sales representative: answers for the sales department"),
    ("admin", "administrator"),
)


def load_people(c: engine.Connection, now: datetime) -> None:
    """The sample's departments, posts and persons; those that are there already are left alone."""
    hashed = Passwords().hash(PASSWORD) if engine.actor(c, LOGINS[0][0]) is None else None
    engine.import_organisation(c, bpmn.shipped(CODE).organisation, password_hash=hashed, now=now)


def load_pilot(c: engine.Connection, now: datetime) -> None:
    """Register and freeze the pilot that real cases run under, its plan moved to begin today, unless there is one."""
    if engine.latest_pilot(c, CODE) is None:
        plan = pilots.shift_plan(bpmn.shipped(CODE).plan, now.date())
        pilot_id = engine.register_pilot(c, CODE, plan, rehearsal=False, by=None, now=now)
        engine.freeze_pilot(c, pilot_id, plan_hash=pilots.plan_hash(plan), by=None, now=now)


def load_rehearsal(c: engine.Connection, now: datetime, tell: Callable[[int], None]) -> None:
    """Fill a rehearsed pilot up to `now`, so that every page and every list has something to show, unless there is one."""
    if engine.latest_pilot(c, CODE, rehearsal=True) is None:
        start = rehearsal_start(now)
        bundle = bpmn.shipped(CODE)
        pilots.rehearse(
            c, CODE, bundle=bundle, cases=MOST_CASES, seed=SEED, start=start, until=now, progress=lambda done, _: tell(done)
        )
        _keep_notices_in(c, now)


def _keep_notices_in(c: engine.Connection, now: datetime) -> None:
    """What synthetic staff let slip is told to nobody: its notices count as sent before anybody could see them as due."""
    while notices := engine.claim_notices(c, now, limit=500):
        engine.mark_sent(c, [notice.id for notice in notices if notice.case_number.startswith(f"R-{CODE}-")], now)


def rehearsal_start(now: datetime) -> datetime:
    """Nine in the morning in Shanghai, two weeks and a half ago."""
    return datetime.combine((now - AGO).date(), time(1), UTC)


def sample_logins(database: engine.Engine) -> list[str]:
    """Lines that name the sample logins; none when the demo is not loaded or its password was changed."""
    with engine.reading(database) as c:
        stored = engine.password_hash_of(c, LOGINS[0][0])
    if stored is None or not Passwords().fits(stored, PASSWORD):
        return []
    return [f"sample logins (password {PASSWORD}):", *(f"  {login:<10} {what}" for login, what in LOGINS)]
