"""Answers to what a draft is missing, written into its model in the product's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeAlias

from lxml import etree

from bpmn.draft.conditions import producers
from bpmn.draft.dialects import code_of
from bpmn.draft.make import finish, open_paper, settle
from bpmn.draft.paper import Paper, become, definitions, drop, label, ours, set_condition, set_ours
from bpmn.draft.people import ask_people, make_human
from bpmn.draft.repairs import A_DAY, UNASSIGNED, loose_heads, reached
from bpmn.draft.timers import kind_of, may_repeat, set_time
from bpmn.draft.translate import is_ours, names_read
from bpmn.draft.values import Draft, Hints, Repair
from bpmn.durations import BadDuration, Duration
from bpmn.names import tag
from bpmn.safexml import attribute, local

_DECIDED_BY_PEOPLE = {"decision": "people", "task": "person", "call": "person"}
_ROUNDS = 6  # an answer can raise a question: a task made a person's step needs a post


class BadAnswer(ValueError):
    """An answer does not fit what was asked; `problems` say why, by the key it was given under."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{key}: {sentence}" for key, sentence in self.problems.items()))


def apply_answers(draft: Draft, answers: Mapping[str, Any]) -> Draft:
    """The draft with answers written in, by the keys of its repairs; what they change is added to `changes`.

    Kinds of answer, as `Repair.accepts` names them: code `"sales"`; duration `"2 working days"`; raci `{"responsible": code,
    "accountable": code}`; people / person / once / none / remove are those words; conditions `{flow id: expression or
    "default"}`; script `{"script": text}`; decision `{"decision": id}`; process `{"process": id}`; count `3`; time `"PT4H"`;
    expression `{"expression": text}`. Raises BadAnswer, and then nothing is changed.
    """
    asked = {repair.key: repair for repair in draft.repairs}
    problems = {key: "nothing of that key is missing in this draft" for key in answers if key not in asked}
    paper = _open(draft)
    given = [(asked[key], answers[key]) for key in asked if key in answers]
    for repair, answer in sorted(given, key=lambda pair: _ORDER.index(pair[0].kind)):
        node = paper.by_id(repair.element)
        if node is None:
            continue  # it went with something that another answer took out
        try:
            _WRITERS[repair.kind](paper, node, answer)
        except BadDuration as error:
            problems[repair.key] = str(error)
        except _Unfit as unfit:
            problems[repair.key] = str(unfit)
    if problems:
        raise BadAnswer(problems)
    settle(paper)
    return finish(paper, draft.notices, draft.others, draft)


def leave_to_people(draft: Draft, keys: Iterable[str] | None = None) -> Draft:
    """Let people take the decisions and do the steps that nothing else can: those of `keys`, or all, and what follows from it."""
    wanted = None if keys is None else set(keys)
    for _ in range(_ROUNDS):
        answers = {
            repair.key: _DECIDED_BY_PEOPLE[repair.kind]
            for repair in draft.repairs
            if repair.kind in _DECIDED_BY_PEOPLE and (wanted is None or repair.key in wanted)
        }
        if not answers:
            break
        draft = apply_answers(draft, answers)
    return draft


def answer_by_default(draft: Draft) -> Draft:
    """Answer everything that is missing, so that the draft can be tried: posts from lanes, one working day, people decide."""
    for _ in range(_ROUNDS):
        if not draft.repairs:
            break
        draft = apply_answers(draft, {repair.key: _default(repair) for repair in draft.repairs})
    return draft


def _default(repair: Repair) -> Any:
    if repair.kind == "post":
        code = repair.suggestion or UNASSIGNED
        return {"responsible": code, "accountable": code}
    if repair.kind in {"code", "owner", "director", "department"}:
        return repair.suggestion or UNASSIGNED
    if repair.kind == "standard":
        return repair.suggestion or A_DAY
    return repair.suggestion or "P1D" if repair.kind == "timer" else repair.accepts[0]


class _Unfit(Exception):
    """Why an answer does not fit."""


def _open(draft: Draft) -> Paper:
    paper, _ = open_paper(draft.model_xml, draft.file, draft.model().process_id)
    paper.index()
    paper.forms = {ref: dict(deepcopy(dict(form))) for ref, form in draft.forms.items()}
    for identifier, hints in draft.hints.items():
        if (node := paper.by_id(identifier)) is not None:
            paper.hints[node] = hints
    for identifier, line in draft.lines.items():
        if (node := paper.by_id(identifier)) is not None:
            paper.lines[node] = line
    return paper


def _text(answer: Any, what: str) -> str:
    if not isinstance(answer, str) or not answer.strip():
        raise _Unfit(f"write {what}")
    return answer.strip()


def _code(answer: Any) -> str:
    text = _text(answer, "a code")
    if code_of(text) != text.lower():
        raise _Unfit(f"{text[:60]!r} is no code: latin letters, digits, _ and -, at most 64, a letter or digit first")
    return text


def _member(answer: Any, name: str, what: str) -> str:
    if not isinstance(answer, Mapping) or name not in answer:
        raise _Unfit(f"write {what}")
    return _text(answer[name], what)


def _process_code(paper: Paper, process: etree._Element, answer: Any) -> None:
    set_ours(process, "process", code=_code(answer))


def _process_post(name: str) -> Callable[[Paper, etree._Element, Any], None]:
    def write(paper: Paper, process: etree._Element, answer: Any) -> None:
        code = _code(answer)
        if ours(process, "process") is None:
            set_ours(process, "process", code=code_of(process.get("id")) or "process")
        set_ours(process, "process", **{name: code})

    return write


def _department(paper: Paper, lane: etree._Element, answer: Any) -> None:
    set_ours(lane, "department", code=_code(answer))


def _standard(paper: Paper, owner: etree._Element, answer: Any) -> None:
    parts = answer if isinstance(answer, Mapping) else {"completion": answer}
    if unknown := set(parts) - {"completion", "reaction", "calendar"}:
        raise _Unfit(f"a time standard has a completion, a reaction and a calendar, not {', '.join(sorted(map(str, unknown)))}")
    written = {"completion": str(Duration.parse(_text(parts.get("completion"), "a duration, e.g. 2 working days")))}
    if parts.get("reaction"):
        written["reaction"] = str(Duration.parse(_text(parts["reaction"], "a duration, e.g. 2 working hours")))
    if parts.get("calendar"):
        written["calendar"] = _code(parts["calendar"])
    set_ours(owner, "standard", **written)


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
        raise _Unfit(f"write 'people', or a condition for each of the ways {', '.join(flows)}")
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
            raise _Unfit(f"{condition[:60]!r} cannot be used: compare fields of steps, e.g. <step>.<field> == true")
    paper.say("decision-answered", gateway, f"The ways out of {label(gateway)} were given their conditions.")


def _task(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer == "person":
        make_human(paper, node)
    elif local(node) == "scriptTask":
        text = _member(answer, "script", "'person', or a script of assignments")
        if names_read(text, "exec") is None:
            raise _Unfit("the script cannot be used: write assignments in the expression language")
        for child in node.findall(tag("script")):
            node.remove(child)
        drop(node, "scriptFormat")
        etree.SubElement(node, tag("script")).text = text
        paper.say("script-answered", node, f"The script of {label(node)} was written in the expression language.")
    elif local(node) == "businessRuleTask":
        set_ours(node, "decision", ref=_code(_member(answer, "decision", "'person', or the id of a DMN decision")))
        paper.say("decision-named", node, f"{label(node)} was given its decision table.")
    else:
        raise _Unfit("write 'person'")


def _call(paper: Paper, node: etree._Element, answer: Any) -> None:
    if answer == "person":
        make_human(paper, node)
    else:
        node.set("calledElement", _code(_member(answer, "process", "'person', or the code of a deployed process")))


def _repeated(name: str, write: Callable[[etree._Element, int], None]) -> Callable[[Paper, etree._Element, Any], None]:
    def answered(paper: Paper, node: etree._Element, answer: Any) -> None:
        marker = node.find(tag(name))
        if marker is None:
            return
        if answer == "once":
            node.remove(marker)
            paper.say("done-once", node, f"{label(node)} was to be done several times: it is done once.")
        elif isinstance(answer, int) and not isinstance(answer, bool) and 1 <= answer <= 1_000:
            write(marker, answer)
            paper.say("done-so-often", node, f"{label(node)} is done {answer} times.")
        else:
            raise _Unfit("write 'once', or how often, from 1 to 1000")

    return answered


def _count_instances(marker: etree._Element, count: int) -> None:
    for child in list(marker):
        marker.remove(child)
    etree.SubElement(marker, tag("loopCardinality")).text = str(count)


def _count_rounds(marker: etree._Element, count: int) -> None:
    for child in list(marker):
        marker.remove(child)
    marker.set("loopMaximum", str(count))


def _timer(paper: Paper, node: etree._Element, answer: Any) -> None:
    text = " ".join(_text(answer, "a time, e.g. PT4H").split())
    if kind_of(text) is None or (kind_of(text) == "timeCycle" and not may_repeat(node)):
        raise _Unfit(f"{text[:60]!r} is no time that fits here: write e.g. PT4H, P2D or 2026-12-01T09:00:00+08:00")
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
        raise _Unfit(f"{text[:60]!r} cannot be used: compare fields of steps, e.g. <step>.<field> == true")
    for condition in node.iter(tag("condition")):
        condition.text = text


def _unconnected(paper: Paper, head: etree._Element, answer: Any) -> None:
    """Take out the head and all that only it, and no start and no other piece, leads to."""
    if answer != "remove":
        raise _Unfit("write 'remove', or connect it in the drawing and hand the file in again")
    scope = head.getparent()
    assert scope is not None
    starts = [node for node in paper.nodes(scope) if local(node) == "startEvent"]
    kept = reached(paper, [*starts, *(other for other in loose_heads(paper, scope) if other is not head)])
    for node in paper.nodes(scope):
        if node in reached(paper, [head]) - kept and paper.is_there(node):
            paper.remove_node(node, "unconnected-removed", f"{label(node)} was taken out: no way leads to it from the start.")


_Writer: TypeAlias = Callable[[Paper, etree._Element, Any], None]
_WRITERS: Mapping[str, _Writer] = {
    "unconnected": _unconnected,
    "task": _task,
    "call": _call,
    "instances": _repeated("multiInstanceLoopCharacteristics", _count_instances),
    "loop": _repeated("standardLoopCharacteristics", _count_rounds),
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
_ORDER = tuple(_WRITERS)
