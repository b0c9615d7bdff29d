"""Notices out: what a delivery channel looks like, the channel that every installation has, and the round that uses it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import engine

log = logging.getLogger(__name__)


class Notifier(Protocol):
    """A way to reach a person outside the pages. The notice itself is already on the person's page."""

    def send(self, key: str, to: str, text: str) -> bool:
        """Deliver `text` to the person with login `to`; say whether it was accepted. Never raises.

        `key` is the same at every attempt for one notice: a receiver that has seen it drops the repeat.
        """
        ...


class LogNotifier:
    """Writes notices to the log of the worker, where an operator or a log shipper finds them."""

    def send(self, key: str, to: str, text: str) -> bool:
        """Always accepted."""
        log.info("notice %s to %s: %s", key, to, text)
        return True


def send_due(database: engine.Engine, notifier: Notifier, clock: Callable[[], datetime], *, limit: int = 20) -> int:
    """Send up to `limit` due notices; returns how many were accepted.

    1. Claim them: `engine.claim_notices` pushes their next attempt past a lease, and that is committed.
    2. Send, outside any transaction: receivers are slow.
    3. Mark the accepted ones. A crash between 2 and 3 sends a notice twice with the same key; a refused one comes back.
    """
    with engine.writing(database) as c:
        notices = engine.claim_notices(c, clock(), limit=limit)
    accepted = [notice.id for notice in notices if notifier.send(notice.key, notice.login, text_of(notice))]
    if accepted:
        with engine.writing(database) as c:
            engine.mark_sent(c, accepted, clock())
    return len(accepted)


_SENTENCES = {
    "en": {
        "remind": "{what}: {percent} % of the time is used",
        "escalate": "{what}: the deadline has passed",
        "look_back": "{what}: {percent} % of the time is used, a look-back is due",
    },
    "zh": {
        "remind": "{what}：已用时限的 {percent}%",
        "escalate": "{what}：已超时",
        "look_back": "{what}：已用时限的 {percent}%，需要复盘",
    },
}


def text_of(notice: engine.NoticeToSend) -> str:
    """One line in the person's language. It names the case and the step and nothing that was entered about either."""
    sentences = _SENTENCES["zh" if notice.locale.startswith("zh") else "en"]
    what = " ".join(part for part in (notice.case_number, notice.step_name) if part)
    return sentences[notice.action].format(what=what, percent=notice.percent)
