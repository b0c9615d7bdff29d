"""How answers about repeated steps are written into the model."""

from __future__ import annotations

from typing import Any

from lxml import etree

from bpmn.draft.conditions import producers
from bpmn.draft.language import is_ours
from bpmn.draft.paper import Paper
from bpmn.draft.repeats import is_completion, set_list
from bpmn.draft.things import label
from bpmn.draft.unfit import Unfit, member_of
from bpmn.draft.values import Hints
from bpmn.names import tag
from bpmn.safexml import local, text_of


def write_instances(paper: Paper, node: etree._Element, answer: Any) -> None:
    marker = node.find(tag("multiInstanceLoopCharacteristics"))
    if marker is None:
        return
    until = _until(paper, marker)
    if answer == "once":
        node.remove(marker)
        paper.say("done-once", node, f"{label(node)} was to be done several times: it is done once.{until}")
    elif _is_count(answer):
        _clear(marker, keep=not until)
        etree.SubElement(marker, tag("loopCardinality")).text = str(answer)
        _until_last(marker)
        paper.say("done-so-often", node, f"{label(node)} is done {answer} times.{until}")
    else:
        over = member_of(answer, "list", "'once', how often, from 1 to 1000, or the list whose entries it is done for")
        if not is_ours(over, producers(paper)):
            raise Unfit(f"{over[:60]!r} cannot be used: name a list that a step leaves, e.g. <step>.<field>")
        entry = answer.get("as") or paper.hints.get(node, Hints()).entry
        _clear(marker, keep=not until)
        set_list(marker, over, entry if isinstance(entry, str) else None)
        paper.say("done-so-often", node, f"{label(node)} is done for each entry of {over!r}.{until}")


def write_loop(paper: Paper, node: etree._Element, answer: Any) -> None:
    marker = node.find(tag("standardLoopCharacteristics"))
    if marker is None:
        return
    if answer == "once":
        node.remove(marker)
        paper.say("done-once", node, f"{label(node)} was to be done several times: it is done once.")
    elif _is_count(answer):
        _clear(marker, keep=False)
        marker.set("loopMaximum", str(answer))
        paper.say("done-so-often", node, f"{label(node)} is done {answer} times.")
    else:
        raise Unfit("write 'once', or how often, from 1 to 1000")


def _is_count(answer: Any) -> bool:
    return isinstance(answer, int) and not isinstance(answer, bool) and 1 <= answer <= 1_000


def _until(paper: Paper, marker: etree._Element) -> str:
    """What is said of a completion condition that cannot be kept; empty when there is none, or it can."""
    text = text_of(marker.find(tag("completionCondition")))
    kept = not text or is_completion(text, producers(paper))
    return "" if kept else f" That it is over early when {' '.join(text.split())[:80]!r} was not kept."


def _clear(marker: etree._Element, *, keep: bool) -> None:
    for child in [child for child in marker if not (keep and local(child) == "completionCondition")]:
        marker.remove(child)


def _until_last(marker: etree._Element) -> None:
    """BPMN's schema wants the completion condition behind the number."""
    for child in marker.findall(tag("completionCondition")):
        marker.append(child)
