"""How each kind of answer is written into the model, in the product's own words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from lxml import etree

from bpmn.draft.conditions import producers
from bpmn.draft.declare import declare_message
from bpmn.draft.dialects import code_of
from bpmn.draft.joins import write_join
from bpmn.draft.language import is_ours, names_read
from bpmn.draft.paper import Paper
from bpmn.draft.people import ask_people, make_human
from bpmn.draft.repeat_answers import write_instances, write_loop
from bpmn.draft.things import become, definitions, drop, label, ours, set_condition, set_ours
from bpmn.draft.timers import kind_of, may_repeat, set_time
from bpmn.draft.unfit import COMPARE, Unfit, code_in, member_of, text_in
from bpmn.draft.values import Hints
from bpmn.durations import BadDuration, Duration
from bpmn.names import tag
from bpmn.references import LONGEST_NAME
from bpmn.safexml import attribute, local


def _process_code(paper: Paper, process: etree._Element, answer: Any) -> None:
    set_ours(process, "process", code=code_in(answer))


def _process_post(name: str) -> Callable[[Paper, etree._Element, Any], None]:
    def write(paper: Paper, process: etree._Element, answer: Any) -> None:
        code = code_in(answer)
        if ours(process, "process") is None:
            set_ours(process, "process", code=code_of(process.get("id")) or "process")
            paper.say(
                "code-chosen", process, "The process was given a code out of its id, as it has a post but no code of its own."
            )
        set_ours(process, "process", **{name: code})

    return write


def _department(paper: Paper, lane: etree._Element, answer: Any) -> None:
    set_ours(lane, "department", code=code_in(answer))


def _standard(paper: Paper, owner: etree._Element, answer: Any) -> None:
    parts = answer if isinstance(answer, Mapping) else {"completion": answer}
    if unknown := set(parts) - {"completion", "reaction", "calendar"}:
        raise Unfit(f"a time standard has a completion, a reaction and a calendar, not {', '.join(sorted(map(str, unknown)))}")
    written = {"completion": _duration(parts.get("completion"))}
    if parts.get("reaction"):
        written["reaction"] = _duration(parts["reaction"])
    if parts.get("calendar"):
        written["calendar"] = code_in(parts["calendar"])
    set_ours(owner, "standard", **written)


def _duration(answer: Any) -> str:
    try:
        return str(Duration.parse(text_in(answer, "a duration, e.g. 2 working days")))
    except BadDuration as error:
        raise Unfit(str(error)) from None


def _post(paper: Paper, step: etree._Element, answer: Any) -> None:
    parts = answer if isinstance(answer, Mapping) else {"responsible": answer, "accountable": answer}
    responsible = code_in(parts.get("responsible"))
    set_ours(step, "raci", responsible=responsible, accountable=code_in(parts.get("accountable") or responsible))


def _form(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer != "none":
        set_ours(node, "form", ref=code_in(answer))
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
        condition = text_in(text, "a condition, or 'default'")
        if condition == "default":
            gateway.set("default", identifier)
            set_condition(flows[identifier], None)
        elif is_ours(condition, names):
            set_condition(flows[identifier], condition)
            if gateway.get("default") == identifier:
                del gateway.attrib["default"]
        else:
            raise Unfit(f"{condition[:60]!r} cannot be used: {COMPARE}", identifier)
    paper.say("decision-answered", gateway, f"The ways out of {label(gateway)} were given their conditions.")


def _task(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer == "person":
        make_human(paper, node)
    elif local(node) == "scriptTask":
        text = member_of(answer, "script", "'person', or a script of assignments")
        if names_read(text, "exec") is None:
            raise Unfit("the script cannot be used: write assignments in the expression language")
        for child in node.findall(tag("script")):
            node.remove(child)
        drop(node, "scriptFormat")
        etree.SubElement(node, tag("script")).text = text
        paper.say("script-answered", node, f"The script of {label(node)} was written in the expression language.")
    elif local(node) == "businessRuleTask":
        set_ours(node, "decision", ref=code_in(member_of(answer, "decision", "'person', or the id of a DMN decision")))
        paper.say("decision-named", node, f"{label(node)} was given its decision table.")
    elif local(node) == "serviceTask":
        set_ours(node, "connector", ref=code_in(member_of(answer, "connector", "'person', or the name of a connector")))
        paper.say("connector-named", node, f"{label(node)} was given its connector.")
    elif local(node) in {"sendTask", "receiveTask"}:
        name = member_of(answer, "message", "'person', or the name of a message")
        declare_message(paper, node, name[:LONGEST_NAME])
        paper.say("message-named", node, f"{label(node)} was given its message {name[:80]!r}.")
    else:
        raise Unfit("write 'person'")


def _call(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer == "person":
        make_human(paper, node)
    else:
        called = code_in(member_of(answer, "process", "'person', or the code of a deployed process"))
        node.set("calledElement", called)
        paper.hints[node] = replace(paper.hints.get(node, Hints()), called=called)
        paper.say("call-answered", node, f"{label(node)} calls {called!r}.")


def _timer(paper: Paper, node: etree._Element, answer: Any) -> None:
    text = " ".join(text_in(answer, "a time, e.g. PT4H").split())
    if kind_of(text) is None or (kind_of(text) == "timeCycle" and not may_repeat(node)):
        raise Unfit(f"{text[:60]!r} is no time that fits here: write e.g. PT4H, P2D or 2026-12-01T09:00:00+08:00")
    for definition in definitions(node):
        if local(definition) == "timerEventDefinition":
            set_time(definition, text)
    paper.say("timer-answered", node, f"{label(node)} was given its time: {text}.")


def _begin(paper: Paper, start: etree._Element, answer: Any) -> None:
    if answer != "people":
        raise Unfit("write 'people': they begin the cases")
    for definition in definitions(start):
        start.remove(definition)
    paper.say("begun-by-people", start, f"{label(start)} began the process by itself: people begin its cases.")


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
    text = member_of(answer, "expression", "'remove', or a condition")
    if not is_ours(text, producers(paper)):
        raise Unfit(f"{text[:60]!r} cannot be used: {COMPARE}")
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
    "join": write_join,
    "task": _task,
    "call": _call,
    "instances": write_instances,
    "loop": write_loop,
    "begin": _begin,
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
