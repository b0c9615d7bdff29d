"""The engine's words in the words of people: states, escalations, events of the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.sentences import gettext


@dataclass(frozen=True, slots=True)
class Chip:
    """The kind (colour and shape) and the text of a chip."""

    kind: str
    text: str


def case_state(state: str) -> Chip:
    """running, completed, cancelled."""
    texts = {"running": gettext("running"), "completed": gettext("completed"), "cancelled": gettext("cancelled")}
    return Chip({"running": "open", "completed": "ok"}.get(state, "quiet"), texts.get(state, state))


def item_state(state: str) -> Chip:
    """offered, claimed, completed, withdrawn."""
    texts = {
        "offered": gettext("open to the post"),
        "claimed": gettext("in work"),
        "completed": gettext("completed"),
        "withdrawn": gettext("no longer needed"),
    }
    return Chip({"completed": "ok", "withdrawn": "quiet"}.get(state, "open"), texts.get(state, state))


def step_state(state: str) -> Chip:
    """open, done, late, open-late, untouched."""
    texts = {
        "open": ("open", gettext("open")),
        "done": ("ok", gettext("done in time")),
        "late": ("late", gettext("done late")),
        "open-late": ("late", gettext("open, overdue")),
    }
    return Chip(*texts.get(state, ("quiet", gettext("not reached"))))


def escalation(action: str, percent: int) -> str:
    """What a rung of the ladder says."""
    texts = {
        "remind": gettext("%(percent)s%% of the time is used", percent=percent),
        "escalate": gettext("Deadline missed"),
        "look_back": gettext("%(over)s%% over the standard: look back", over=percent - 100),
    }
    return texts.get(action, f"{action} {percent}%")


def instance(number: int | None, of: int | None, about: str | None) -> str:
    """Which instance of a repeated step: "2 of 5: Legal", "2 of 5", in a loop "round 2"; nothing for a step done once."""
    if number is None:
        return ""
    where = (
        gettext("%(number)s of %(of)s", number=number, of=of) if of is not None else gettext("round %(number)s", number=number)
    )
    return gettext("%(where)s: %(about)s", where=where, about=about) if about else where


def step_name(name: str, number: int | None, of: int | None, about: str | None) -> str:
    """The name of a step, of a repeated one with its instance."""
    which = instance(number, of, about)
    return gettext("%(step)s (%(which)s)", step=name, which=which) if which else name


def event(kind: str, step_name: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    """One event of a case as a sentence. `posts` turns a post's code into its name."""
    said = _EVENTS.get(kind)
    return said(step_name, data, posts) if said else f"{kind} {step_name}".strip()


def is_bad(kind: str, data: Mapping[str, Any]) -> bool:
    """Whether the timeline marks the event as trouble."""
    return kind in {"clock.breached", "incident.raised"} or (kind == "clock.escalated" and data.get("percent", 0) >= 100)


Said = Callable[[str, Mapping[str, Any], Callable[[str], str]], str]


def _started(step: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    texts = {
        "public": gettext("Case opened through the public form"),
        "staff": gettext("Case opened by staff"),
        "rehearsal": gettext("Case opened in a rehearsal"),
        "message": gettext("Case opened by a message"),
    }
    return texts.get(str(data.get("channel")), gettext("Case opened"))


def _breached(step: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    if data.get("clock") == "case":
        return gettext("The deadline of the whole case passed")
    return gettext("%(step)s: the deadline passed", step=step)


def _met(step: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    if data.get("clock") == "case":
        return gettext("The whole case was finished in time")
    return gettext("%(step)s: finished in time", step=step)


def _stopped(step: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    if data.get("clock") == "case":
        return gettext("The clock of the case was stopped")
    return gettext("%(step)s: the clock was stopped", step=step)


def _escalated(step: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    to = posts(str(data.get("to") or ""))
    what = escalation(str(data.get("action")), int(data.get("percent", 0)))
    subject = step if data.get("clock") != "case" else gettext("Whole case")
    if to:
        return gettext("%(subject)s: %(what)s; told to %(to)s", subject=subject, what=what, to=to)
    return gettext("%(subject)s: %(what)s", subject=subject, what=what)


def _decision(step: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    outputs = ", ".join(f"{name} = {value}" for name, value in (data.get("outputs") or {}).items())
    return gettext("%(step)s: decided by the rule, %(outputs)s", step=step, outputs=outputs)


def _resolved(step: str, data: Mapping[str, Any], posts: Callable[[str], str]) -> str:
    texts = {
        "retried": gettext("The incident is closed: tried again, and it worked"),
        "went on": gettext("The incident is closed: the case went on"),
        "ended": gettext("The incident is closed with the case"),
        "dismissed": gettext("The incident is dismissed: %(why)s", why=data.get("why", "")),
    }
    return texts.get(str(data.get("how")), gettext("The incident is closed"))


_EVENTS: dict[str, Said] = {
    "case.started": _started,
    "case.completed": lambda step, data, posts: gettext("Case completed"),
    "case.cancelled": lambda step, data, posts: gettext("Case cancelled: %(reason)s", reason=data.get("reason", "")),
    "item.offered": lambda step, data, posts: gettext("%(step)s: offered to the post", step=step),
    "item.claimed": lambda step, data, posts: gettext("%(step)s: claimed", step=step),
    "item.released": lambda step, data, posts: gettext("%(step)s: given back to the post", step=step),
    "item.completed": lambda step, data, posts: gettext("%(step)s: completed", step=step),
    "item.withdrawn": lambda step, data, posts: gettext("%(step)s: no longer needed", step=step),
    "clock.breached": _breached,
    "clock.met": _met,
    "clock.cancelled": _stopped,
    "clock.escalated": _escalated,
    "escalation.acknowledged": lambda step, data, posts: gettext("Escalation acknowledged"),
    "timer.fired": lambda step, data, posts: gettext("%(step)s: the waiting time was over", step=step),
    "decision.taken": _decision,
    "incident.raised": lambda step, data, posts: gettext("Something cannot go on: %(reason)s", reason=data.get("reason", "")),
    "job.queued": lambda step, data, posts: gettext(
        "%(step)s: %(connector)s is asked", step=step, connector=data.get("connector", "")
    ),
    "job.completed": lambda step, data, posts: gettext(
        "%(step)s: %(connector)s has answered", step=step, connector=data.get("connector", "")
    ),
    "job.failed": lambda step, data, posts: gettext(
        "%(step)s: did not work, %(reason)s", step=step, reason=data.get("reason", "")
    ),
    "job.withdrawn": lambda step, data, posts: gettext("%(step)s: the answer is waited for no longer", step=step),
    "incident.assigned": lambda step, data, posts: gettext("%(who)s looks after the incident", who=data.get("to", "")),
    "incident.resolved": _resolved,
    "message.thrown": lambda step, data, posts: gettext(
        "%(step)s: sent the message %(name)s", step=step, name=data.get("name", "")
    ),
    "message.received": lambda step, data, posts: gettext(
        "%(step)s: got the message %(name)s", step=step, name=data.get("name", "")
    ),
    "message.expired": lambda step, data, posts: gettext(
        "The message %(name)s found nobody who waited for it", name=data.get("name", "")
    ),
    "signal.thrown": lambda step, data, posts: gettext(
        "%(step)s: gave the signal %(name)s", step=step, name=data.get("name", "")
    ),
    "signal.received": lambda step, data, posts: gettext(
        "%(step)s: heard the signal %(name)s", step=step, name=data.get("name", "")
    ),
}
