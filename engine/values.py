"""Values that cross the engine's door: what a case, a work item, a clock and an event look like from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Names = Mapping[str, str]  # a name in both languages: {"zh": ..., "en": ...}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One fact of the event log.

    `at` is when it became true, `recorded_at` when it was written (both aware, UTC). `kind` is noun.past-participle,
    e.g. `item.completed`; the kinds and the keys of `data` are listed in `engine/eventlog.py`.
    `prev` and `hash` are the chain, in hex. `step` is the BPMN id, `person` a login or None when the engine did it.
    """

    seq: int
    at: datetime
    recorded_at: datetime
    kind: str
    case: str | None
    item: int | None
    step: str | None
    person: str | None
    post: str | None
    department: str | None
    data: Mapping[str, Any]
    prev: str
    hash: str


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A human step that waits for a person: `task` is the engine's own id of this activation (hex).

    In a repetition `instance` is its number from 1, `of` how many there are (None in a loop), `about` its entry in a few words,
    `within` has the numbers of the instances around it, the outermost first.
    A step of a called process has the ids of the calls before its own, `goods_return/inspect`, and the code of its `process`;
    None there is the process of the case.
    """

    task: str
    step: str
    about: str | None = None
    instance: int | None = None
    of: int | None = None
    process: str | None = None
    within: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """What a case listens for: a `message` or a `signal` of this name; `task` is the activation that waits (hex).

    `key` is the business key by which the waiting event wants to be found, if its model gives one.
    """

    kind: str
    name: str
    task: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """An automated step that waits for its connector's answer: `task` is the activation (hex), `payload` what is handed over."""

    task: str
    step: str
    connector: str
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thrown:
    """What a case has thrown at its step `source`; `caught` says that the message has been taken inside the case itself.

    `key` is the case number or business key of the case that a message is for, None if the model does not say.
    """

    kind: str
    name: str
    source: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None
    caught: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """A message or signal that an event (`step`) of the case got; `task` is the activation that waited for it (hex)."""

    kind: str
    name: str
    step: str
    task: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where a case stands after moving as far as it can without people or time.

    `state` is opaque to everyone but `engine.state`; `timer_at` the next instant (UTC) at which time moves the case on;
    `passed` are the ids of the automatic nodes that were taken on the way, in order. `opened` and `closed` are the activations
    open now and not in the state handed in, and the other way round; what opened and closed in between is in neither.
    `waits` is what the case listens for now, `armed` and `disarmed` say of it what `opened` and `closed` say of the steps;
    `jobs`, `jobs_opened` and `jobs_closed` say the same of automated steps that wait for an answer.
    `thrown` and `received` are what this move threw and got, `decided` the decisions it took with their outputs, each in order.
    """

    state: bytes
    items: tuple[OpenItem, ...]
    timer_at: datetime | None
    done: bool
    data: Mapping[str, Any] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    opened: tuple[OpenItem, ...] = ()
    closed: tuple[str, ...] = ()
    waits: tuple[Wait, ...] = ()
    armed: tuple[Wait, ...] = ()
    disarmed: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()
    jobs_opened: tuple[Job, ...] = ()
    jobs_closed: tuple[str, ...] = ()
    thrown: tuple[Thrown, ...] = ()
    received: tuple[Received, ...] = ()
    decided: tuple[tuple[str, Mapping[str, Any]], ...] = ()
