"""One round of a worker over the automated steps that are due."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

import engine
from webapp.connectors.asked import BusinessError, Connector, NoUse, TryAgain

log = logging.getLogger(__name__)


def run_jobs(
    database: engine.Engine, connectors: Mapping[str, Connector], clock: Callable[[], datetime], *, most: int = 20
) -> int:
    """Take due jobs one by one and try each; returns how many were tried.

    1. Take one: its lease is committed before anybody is asked.
    2. Ask, outside any transaction: others are slow.
    3. Say how it went. A crash between 2 and 3 asks again with the same key, after the lease.
    """
    for tried in range(most):
        with engine.reading(database) as c:
            due = engine.next_job(c)
        if due is None or due > clock():
            return tried
        with engine.writing(database) as c:
            taken = engine.claim_jobs(c, clock(), most=1)
        if not taken:
            return tried
        _try(database, connectors, clock, taken[0])
    return most


def _try(
    database: engine.Engine, connectors: Mapping[str, Connector], clock: Callable[[], datetime], one: engine.JobToRun
) -> None:
    said, again = "", True
    try:
        try:
            answer = _ask(connectors, one)
        except BusinessError as business:
            with engine.writing(database) as c:
                engine.fail_business(c, one.id, business.code, attempt=one.attempt, now=clock())
        else:
            with engine.writing(database) as c:
                engine.finish_job(c, one.id, answer, attempt=one.attempt, now=clock())
        return
    except engine.WrongState:
        log.info("job %s of %s was over when its answer came", one.step, one.case)
        return
    except engine.BadInput as error:
        said, again = f"its answer does not fit the form of the step: {error}", False
    except (engine.CannotGoOn, NoUse) as error:
        said, again = str(error), False
    except TryAgain as error:
        said = str(error)
    try:
        with engine.writing(database) as c:
            engine.fail_job(c, one.id, f"{one.connector}: {said}", attempt=one.attempt, now=clock(), again=again)
    except engine.WrongState:
        log.info("job %s of %s was over when it failed", one.step, one.case)


def _ask(connectors: Mapping[str, Connector], one: engine.JobToRun) -> Mapping[str, object]:
    connector = connectors.get(one.connector)
    if connector is None:
        raise NoUse("no connector of this name is set up here")
    try:
        return connector.ask(one.key, one.payload)
    except (TryAgain, NoUse, BusinessError):
        raise
    except Exception as error:  # a company's own connector may raise anything; what it says may hold anything
        log.exception("connector %s failed", one.connector)
        raise TryAgain(f"it failed ({type(error).__name__})") from error
