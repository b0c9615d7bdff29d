"""Timer texts: constants freed of the brackets and quotes of other tools, cycles where they cannot repeat made durations."""

from __future__ import annotations

import re
from datetime import datetime

from lxml import etree

from bpmn.draft.dialects import ahead, literal
from bpmn.draft.paper import Paper
from bpmn.draft.things import definitions, label
from bpmn.durations import BadDuration, Duration, Unit
from bpmn.names import tag
from bpmn.safexml import local, text_of

MOST_CYCLES = 100
SHORTEST_CYCLE = 60  # seconds
TIMES = ("timeDate", "timeDuration", "timeCycle")
_CYCLE = re.compile(r"R(\d{0,4})/(P[^/]+)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})")


def settle_timers(paper: Paper) -> None:
    """Write every timer text as the engine reads it, where that needs no answer."""
    for node in paper.all_nodes():
        for definition in definitions(node):
            if local(definition) == "timerEventDefinition":
                _settle(paper, node, definition)


def kind_of(text: str) -> str | None:
    """Which kind of time a text is (timeDate, timeDuration, timeCycle); None when it is none that the engine can use."""
    if _DATE.fullmatch(text):
        return "timeDate" if _is_date(text) else None
    if match := _CYCLE.fullmatch(text):
        seconds = _seconds(match[2])
        fits = match[1] and 1 <= int(match[1]) <= MOST_CYCLES and seconds is not None and seconds >= SHORTEST_CYCLE
        return "timeCycle" if fits else None
    return "timeDuration" if _seconds(text) is not None else None


def may_repeat(node: etree._Element) -> bool:
    """A timer can go off several times at the edge of a step that it does not interrupt, and at a start."""
    return local(node) == "startEvent" or (local(node) == "boundaryEvent" and node.get("cancelActivity") == "false")


def time_of(definition: etree._Element) -> etree._Element | None:
    """The element that holds the time."""
    return next((child for child in definition.iterchildren(tag("*")) if local(child) in TIMES), None)


def set_time(definition: etree._Element, text: str) -> None:
    """Give a timer a time that `kind_of` knows."""
    for child in [child for child in definition.iterchildren(tag("*")) if local(child) in TIMES]:
        definition.remove(child)
    etree.SubElement(definition, tag(kind_of(text) or "timeDuration")).text = text


def _settle(paper: Paper, node: etree._Element, definition: etree._Element) -> None:
    time = time_of(definition)
    if time is None:
        return
    text = text_of(time)
    plain = " ".join((literal(text) or ahead(text) or text).split())
    if match := _CYCLE.fullmatch(plain):
        plain = _bounded(node, match[1], match[2])
    if kind_of(plain) is not None and (plain != text or kind_of(plain) != local(time)):
        time.tag = tag(kind_of(plain) or "timeDuration")
        time.text = plain
        paper.say("timer-rewritten", node, f"The time {text[:60]!r} of {label(node)} is now written {plain!r}.")


def _bounded(node: etree._Element, times: str, period: str) -> str:
    """What interrupts happens once; what repeats for ever repeats a hundred times."""
    if not may_repeat(node):
        return period
    return f"R{times if times and int(times) <= MOST_CYCLES else MOST_CYCLES}/{period}"


def _seconds(text: str) -> int | None:
    try:
        duration = Duration.parse(text)
    except BadDuration:
        return None
    return duration.amount if duration.unit is Unit.ELAPSED else None


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
