"""How each kind of answer is written into the model, in the product's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from lxml import etree

from bpmn.draft.conditions import producers
from bpmn.draft.dialects import code_of
from bpmn.draft.paper import Paper
from bpmn.draft.people import ask_people, make_human
from bpmn.draft.repeats import is_completion, set_list
from bpmn.draft.things import become, definitions, drop, label, ours, set_condition, set_ours
from bpmn.draft.timers import kind_of, may_repeat, set_time
from bpmn.draft.translate import is_ours, names_read
from bpmn.draft.values import Hints
from bpmn.durations import BadDuration, Duration
from bpmn.names import tag
from bpmn.safexml import attribute, local, text_of

_COMPARE = "compare fields of steps, e.g. <step>.<field> == true"


class Unfit(Exception):
    """Why an answer does not fit; `part` names the part of it that is wrong, where it has several."""

    def __init__(self, sentence: str, part: str = "") -> None:
        super().__init__(sentence)
        self.part = part


def _text(answer: Any, what: str) -> str:
    if not isinstance(answer, str) or not answer.strip():
        raise Unfit(f"write {what}")
    return answer.strip()


def _code(answer: Any) -> str:
    text = _text(answer, "a code")
    if code_of(text) != text.lower():
        raise Unfit(f"{text[:60]!r} is no code: latin letters, digits, _ and -, at most 64, a letter or digit first")
    return text


def _member(answer: Any, name: str, what: str) -> str:
    if not isinstance(answer, Mapping) or name not in answer:
        raise Unfit(f"write {what}")
    return _text(answer[name], what)


def _process_code(paper: Paper, process: etree._Element, answer: Any) -> None:
    set_ours(process, "process", code=_code(answer))


def _process_post(name: str) -> Callable[[Paper, etree._Element, Any], None]:
    def write(paper: Paper, process: etree._Element, answer: Any) -> None:
        code = _code(answer)
        if ours(process, "process") is None:
            set_ours(process, "process", code=code_of(process.get("id")) or "process")
            paper.say(
                "code-chosen", process, "The process was given a code out of its id, as it has a post but no code of its own."
            )
        set_ours(process, "process", **{name: code})

    return write


def _department(paper: Paper, lane: etree._Element, answer: Any) -> None:
    set_ours(lane, "department", code=_code(answer))


def _standard(paper: Paper, owner: etree._Element, answer: Any) -> None:
    parts = answer if isinstance(answer, Mapping) else {"completion": answer}
    if unknown := set(parts) - {"completion", "reaction", "calendar"}:
        raise Unfit(f"a time standard has a completion, a reaction and a calendar, not {', '.join(sorted(map(str, unknown)))}")
    written = {"completion": _duration(parts.get("completion"))}
    if parts.get("reaction"):
        written["reaction"] = _duration(parts["reaction"])
    if parts.get("calendar"):
        written["calendar"] = _code(parts["calendar"])
    set_ours(owner, "standard", **written)


def _duration(answer: Any) -> str:
    try:
        return str(Duration.parse(_text(answer, "a duration, e.g. 2 working days")))
    except BadDuration as error:
        raise Unfit(str(error)) from None


def _post(paper: Paper, step: etree._Element, answer: Any) -> None:
    parts = answer if isinstance(answer, Mapping) else {"responsible": answer, "accountable": answer}
    responsible = _code(parts.get("responsible"))
    set_ours(step, "raci", responsible=responsible, accountable=_code(parts.get("accountable") or responsible))


def _form(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer != "none":
        set_ours(node, "form", ref=_code(answer))
    paper.hints[node] = replace(paper.hints.get(node, Hints()), form=None)


def _decision(paper: Paper, gateway: etree._Element, answer: Any) -> None:
    if answer == "people":
        ask_people(paper, gateway)
        return
    flows = {attribute(flow, "id"): flow for flow in paper.leaving(gateway)}
    if not isinstance(answer, Mapping) or not answer or set(answer) - set(flows):
        raise Unfit(f"write 'people', or a condition for each of the ways {', '.join(flows)}")
    names = producers(paper)
    for identifier, text in answer.items():
        condition = _text(text, "a condition, or 'default'")
        if condition == "default":
            gateway.set("default", identifier)
            set_condition(flows[identifier], None)
        elif is_ours(condition, names):
            set_condition(flows[identifier], condition)
            if gateway.get("default") == identifier:
                del gateway.attrib["default"]
        else:
            raise Unfit(f"{condition[:60]!r} cannot be used: {_COMPARE}", identifier)
    paper.say("decision-answered", gateway, f"The ways out of {label(gateway)} were given their conditions.")


def _task(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer == "person":
        make_human(paper, node)
    elif local(node) == "scriptTask":
        text = _member(answer, "script", "'person', or a script of assignments")
        if names_read(text, "exec") is None:
            raise Unfit("the script cannot be used: write assignments in the expression language")
        for child in node.findall(tag("script")):
            node.remove(child)
        drop(node, "scriptFormat")
        etree.SubElement(node, tag("script")).text = text
        paper.say("script-answered", node, f"The script of {label(node)} was written in the expression language.")
    elif local(node) == "businessRuleTask":
        set_ours(node, "decision", ref=_code(_member(answer, "decision", "'person', or the id of a DMN decision")))
        paper.say("decision-named", node, f"{label(node)} was given its decision table.")
    else:
        raise Unfit("write 'person'")


def _call(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer == "person":
        make_human(paper, node)
    else:
        called = _code(_member(answer, "process", "'person', or the code of a deployed process"))
        node.set("calledElement", called)
        paper.hints[node] = replace(paper.hints.get(node, Hints()), called=called)
        paper.say("call-answered", node, f"{label(node)} calls {called!r}.")


def _instances(paper: Paper, node: etree._Element, answer: Any) -> None:
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
        over = _member(answer, "list", "'once', how often, from 1 to 1000, or the list whose entries it is done for")
        if not is_ours(over, producers(paper)):
            raise Unfit(f"{over[:60]!r} cannot be used: name a list that a step leaves, e.g. <step>.<field>")
        entry = answer.get("as") or paper.hints.get(node, Hints()).entry
        _clear(marker, keep=not until)
        set_list(marker, over, entry if isinstance(entry, str) else None)
        paper.say("done-so-often", node, f"{label(node)} is done for each entry of {over!r}.{until}")


def _loop(paper: Paper, node: etree._Element, answer: Any) -> None:
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


def _timer(paper: Paper, node: etree._Element, answer: Any) -> None:
    text = " ".join(_text(answer, "a time, e.g. PT4H").split())
    if kind_of(text) is None or (kind_of(text) == "timeCycle" and not may_repeat(node)):
        raise Unfit(f"{text[:60]!r} is no time that fits here: write e.g. PT4H, P2D or 2026-12-01T09:00:00+08:00")
    for definition in definitions(node):
        if local(definition) == "timerEventDefinition":
            set_time(definition, text)
    paper.say("timer-answered", node, f"The timer {label(node)} was given its time: {text}.")


def _condition_event(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer == "remove":
        if local(node) == "boundaryEvent":
            paper.remove_node(node, "event-removed", f"{label(node)} was taken out: nobody said for which condition it waits.")
            return
        for definition in definitions(node):
            node.remove(definition)
        if local(node) == "intermediateCatchEvent":
            become(node, "intermediateThrowEvent")
        paper.say("event-made-plain", node, f"{label(node)} became a plain event: nobody said for which condition it waits.")
        return
    text = _member(answer, "expression", "'remove', or a condition")
    if not is_ours(text, producers(paper)):
        raise Unfit(f"{text[:60]!r} cannot be used: {_COMPARE}")
    for condition in node.iter(tag("condition")):
        condition.text = text


def _unconnected(paper: Paper, head: etree._Element, answer: Any) -> None:
    """Take out the head and then whatever nothing leads to any more."""
    if answer != "remove":
        raise Unfit("write 'remove', or connect it in the drawing and hand the file in again")
    todo = [head]
    while todo:
        node = todo.pop()
        after = [flow for gone in (node, *paper.guests(node)) for flow in paper.leaving(gone)]
        targets = [target for flow in after if (target := paper.target(flow)) is not None and target is not node]
        paper.remove_node(node, "unconnected-removed", f"{label(node)} was taken out: no way leads to it from the start.")
        todo += [target for target in dict.fromkeys(targets) if paper.is_there(target) and not paper.entering(target)]


def _endless(paper: Paper, node: etree._Element, answer: Any) -> None:
    """People choose after the step whether it goes on or is over."""
    flows, scope = paper.leaving(node), node.getparent()
    if answer != "exit" or len(flows) != 1 or scope is None:
        raise Unfit("write 'exit', or draw a way to an end and hand the file in again")
    gateway = paper.add_node("exclusiveGateway", scope, f"{node.get('id')}_again", node)
    paper.lead(flows[0], source=gateway)
    paper.add_flow(node, gateway)
    end = paper.add_node("endEvent", scope, f"{node.get('id')}_end", node)
    paper.add_flow(gateway, end)
    paper.say("exit-added", gateway, f"No way led from {label(node)} to an end: after it, people choose whether it is over.")


_Writer: TypeAlias = Callable[[Paper, etree._Element, Any], None]
WRITERS: Mapping[str, _Writer] = {
    "unconnected": _unconnected,
    "endless": _endless,
    "task": _task,
    "call": _call,
    "instances": _instances,
    "loop": _loop,
    "timer": _timer,
    "event-condition": _condition_event,
    "decision": _decision,
    "form": _form,
    "post": _post,
    "standard": _standard,
    "code": _process_code,
    "owner": _process_post("owner"),
    "director": _process_post("director"),
    "department": _department,
}
"""By the kind of repair, in the order in which answers are written: what changes the ways first, then what steps say."""
