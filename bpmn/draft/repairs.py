"""What is missing before the engine can run a draft: each thing with its place, a sentence, and the answers it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lxml import etree

from bpmn.draft.conditions import CHOOSING, producers, usable
from bpmn.draft.dialects import code_of
from bpmn.draft.joins import waiting_joins
from bpmn.draft.language import is_ours, names_read
from bpmn.draft.paper import Paper
from bpmn.draft.reach import endless, loose_heads
from bpmn.draft.repeats import says_how_often
from bpmn.draft.things import condition_of, definitions, label, ours
from bpmn.draft.timers import kind_of, may_repeat, time_of
from bpmn.draft.values import Choice, Hints, Repair
from bpmn.elements import lane_of_each
from bpmn.model import Model
from bpmn.names import HUMAN, tag
from bpmn.safexml import attribute, local, text_of

_CONNECTED = {
    "serviceTask": "calls a service",
}
_MESSAGED = {"sendTask": "sends", "receiveTask": "waits for"}
_BY_ITSELF = {"timerEventDefinition": "by the clock", "conditionalEventDefinition": "when a condition holds"}
_SCRIPTS = frozenset({"", "pilot", "text/pilot"})
UNASSIGNED = "unassigned"
A_DAY = "1 working day"


class Lister:
    """One look at one draft: what is known about all its steps, and how a repair is written."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.producers = producers(paper)
        self.lanes = lane_of_each(paper.process)
        pools = paper.root.iter(tag("participant"))
        process = paper.process.get("id")
        self.pool = next((pool.get("name") for pool in pools if pool.get("processRef") == process), None)

    def hint(self, node: etree._Element) -> Hints:
        """What other tools said about it."""
        return self.paper.hints.get(node, Hints())

    def repair(
        self,
        kind: str,
        element: etree._Element,
        sentence: str,
        accepts: tuple[str, ...],
        suggestion: str | None = None,
        choices: tuple[Choice, ...] = (),
    ) -> Repair:
        """One thing that is missing at an element."""
        identifier = attribute(element, "id")
        name, line = element.get("name"), self.paper.line(element)
        return Repair(kind, identifier, name, line, sentence, f"{kind}:{identifier}", accepts, suggestion, choices)

    def lane_code(self, node: etree._Element) -> str | None:
        """A code out of the name of the innermost lane it stands in, or of its pool."""
        place: etree._Element | None = node
        while place is not None:
            for identifier in (place.get("id"), place.get("attachedToRef")):
                lane = self.paper.by_id(self.lanes.get(identifier or ""))
                if lane is not None:
                    return code_of(lane.get("name")) or code_of(lane.get("id"))
            place = place.getparent()
        return code_of(self.pool)


def list_repairs(paper: Paper) -> tuple[Repair, ...]:
    """Everything that still needs an answer: about the process first, then in the order of the file."""
    lister = Lister(paper)
    found = [*_process(lister), *_lanes(lister), *_pieces(lister)]
    for node in paper.all_nodes():
        for look in _LOOKS:
            found += look(lister, node)
    return tuple(found)


def list_waits(paper: Paper, model: Model) -> tuple[Repair, ...]:
    """The joins at which a case may wait for ever; to be asked once every step hangs together."""
    lister = Lister(paper)
    found = []
    for identifier in waiting_joins(model):
        gateway = paper.by_id(identifier)
        assert gateway is not None
        sentence = (
            f"At {label(gateway)} a case may wait for ever, as not every way before it takes all the flows into it: "
            "let it wait only for the ways that are taken, or draw it anew."
        )
        found.append(lister.repair("join", gateway, sentence, ("inclusive",)))
    return tuple(found)


def _process(lister: Lister) -> Iterator[Repair]:
    process = lister.paper.process
    own = ours(process, "process")
    if own is None or not own.get("code"):
        suggestion = code_of(process.get("id"))
        yield lister.repair(
            "code", process, "The process has no code: under which code shall its cases run?", ("code",), suggestion
        )
    for kind, question in (("owner", "Which post owns the process?"), ("director", "Which post decides its exceptions?")):
        if own is None or not own.get(kind):
            yield lister.repair(kind, process, f"The process has no {kind}. {question}", ("code",), UNASSIGNED)
    if ours(process, "standard") is None:
        yield lister.repair(
            "standard", process, "The whole process has no time standard: how long may a case take?", ("duration",)
        )


def _lanes(lister: Lister) -> Iterator[Repair]:
    named = set(lister.lanes.values())
    for lane in lister.paper.process.iter(tag("lane")):
        inner = [child.get("id") for child in lane.iter(tag("lane"))]
        if named & set(inner) and lane.get("id") in named and not _has_department(lane):
            suggestion = code_of(lane.get("name")) or code_of(lane.get("id"))
            yield lister.repair("department", lane, f"Which department is the lane {label(lane)}?", ("code",), suggestion)


def _has_department(lane: etree._Element | None) -> bool:
    while lane is not None and lane.tag != tag("process"):
        if lane.tag == tag("lane") and ours(lane, "department") is not None:
            return True
        lane = lane.getparent()
    return False


def _pieces(lister: Lister) -> Iterator[Repair]:
    for scope in lister.paper.scopes():
        heads = loose_heads(lister.paper, scope)
        for node in heads:
            sentence = f"No way leads to {label(node)} from the start: connect it in the drawing, or let it be taken out."
            yield lister.repair("unconnected", node, sentence, ("remove",))
        last = None if heads else endless(lister.paper, scope)
        if last is not None:
            sentence = f"No way leads from {label(last)} to an end: draw one, or let people end it there."
            yield lister.repair("endless", last, sentence, ("exit",))


def _decision(lister: Lister, node: etree._Element) -> Iterator[Repair]:
    flows = lister.paper.leaving(node)
    if local(node) not in CHOOSING or len(flows) < 2:
        return
    default = node.get("default")
    choices = tuple(_choice(lister, flow, default) for flow in flows)
    missing = [choice for choice in choices if choice.condition is None]
    always = any(choice.condition == "true" for choice in choices)
    if not missing and (default is not None or always):
        return
    if missing:
        asked = ", ".join(repr(choice.label) for choice in missing[:5])
        sentence = f"When is each way out of {label(node)} taken? There is no condition that can be used for {asked}."
    else:
        sentence = f"Which way out of {label(node)} is taken when none of its conditions holds?"
    yield lister.repair("decision", node, sentence, ("people", "conditions"), "people", choices)


def _choice(lister: Lister, flow: etree._Element, default: str | None) -> Choice:
    text = condition_of(flow)
    target = lister.paper.target(flow)
    name = flow.get("name") or (target.get("name") if target is not None else None) or attribute(flow, "id")
    if flow.get("id") == default:
        return Choice(attribute(flow, "id"), name, "default")
    if usable(text, lister.producers):
        return Choice(attribute(flow, "id"), name, text)
    return Choice(attribute(flow, "id"), name, None, text)


def _task(lister: Lister, node: etree._Element) -> Iterator[Repair]:
    kind, hint = local(node), lister.hint(node)
    if kind in _CONNECTED:
        with_what = f" ({hint.connector[:80]})" if hint.connector else ""
        if ours(node, "connector") is None:
            sentence = (
                f"{label(node)} {_CONNECTED[kind]}{with_what}: name a connector that is set up here, or let a person do it."
            )
            yield lister.repair("task", node, sentence, ("person", "connector"), "person")
    elif kind in _MESSAGED and not node.get("messageRef"):
        with_what = f" ({hint.connector[:80]})" if hint.connector else ""
        sentence = f"{label(node)} does not say which message it {_MESSAGED[kind]}{with_what}: name it, or let a person do it."
        yield lister.repair("task", node, sentence, ("person", "message"), "person")
    elif kind == "scriptTask" and (reason := _why_not(lister, node)):
        sentence = f"The script of {label(node)} {reason}: a person can do it, or write it in the expression language."
        yield lister.repair("task", node, sentence, ("person", "script"), "person")
    elif kind == "businessRuleTask" and ours(node, "decision") is None:
        sentence = f"{label(node)} names no decision table that is here: a person can decide, or name the DMN decision."
        yield lister.repair("task", node, sentence, ("person", "decision"), hint.decision or "person")
    elif kind == "callActivity" and (hint.called is None or hint.called != node.get("calledElement")):
        called = f" {node.get('calledElement')!r}" if node.get("calledElement") else " and does not say which"
        sentence = f"{label(node)} calls another process{called}: a person can do it, or name a process that is deployed."
        yield lister.repair("call", node, sentence, ("person", "process"), node.get("calledElement") or "person")


def _why_not(lister: Lister, node: etree._Element) -> str | None:
    """What keeps a script from running here; None when it runs."""
    script = text_of(node.find(tag("script")))
    if not script:
        return "is not in the file"
    names = names_read(script, "exec") if (node.get("scriptFormat") or "").strip() in _SCRIPTS else None
    if names is None:
        return "is in another language"
    missing = sorted(names - lister.producers)
    return f"reads {missing[0]!r}, which no step has set before" if missing else None


def _repeated(lister: Lister, node: etree._Element) -> Iterator[Repair]:
    several = node.find(tag("multiInstanceLoopCharacteristics"))
    if several is not None and not says_how_often(several, lister.producers):
        over = lister.hint(node).over
        every = f" for each entry of {over[:60]!r}" if over else ""
        sentence = f"{label(node)} is done several times{every}: how often, or for which list? It can be done once instead."
        yield lister.repair("instances", node, sentence, ("once", "count", "list"), "once")
    loop = node.find(tag("standardLoopCharacteristics"))
    if loop is not None and not _says_until_when(loop, lister):
        sentence = f"{label(node)} is repeated, and it is not said until when: how often at most? It can be done once instead."
        yield lister.repair("loop", node, sentence, ("once", "count"), "once")


def _says_until_when(loop: etree._Element, lister: Lister) -> bool:
    condition = text_of(loop.find(tag("loopCondition")))
    return (loop.get("loopMaximum") or "").isdigit() or (bool(condition) and is_ours(condition, lister.producers))


def _begin(lister: Lister, node: etree._Element) -> Iterator[Repair]:
    if local(node) != "startEvent" or node.getparent() is not lister.paper.process:
        return
    for definition in definitions(node):
        if local(definition) in _BY_ITSELF:
            text = " ".join("".join(map(str, definition.itertext())).split())[:60]
            said = f" ({text})" if text else ""
            sentence = f"The process begins by itself, {_BY_ITSELF[local(definition)]}{said}: here people begin its cases."
            yield lister.repair("begin", node, sentence, ("people",), "people")


def _event(lister: Lister, node: etree._Element) -> Iterator[Repair]:
    begins = local(node) == "startEvent" and node.getparent() is lister.paper.process
    for definition in definitions(node) if not begins else ():
        if local(definition) == "timerEventDefinition":
            time = time_of(definition)
            text = text_of(time)
            kind = kind_of(text)
            if kind is None or (kind == "timeCycle" and not may_repeat(node)):
                said = f"{text[:60]!r} cannot be used" if text else "nothing is said"
                sentence = f"When is {label(node)} due? {said}: write e.g. PT4H or P2D."
                yield lister.repair("timer", node, sentence, ("time",), "P1D")
        elif local(definition) == "conditionalEventDefinition":
            text = text_of(definition.find(tag("condition")))
            if not usable(text or None, lister.producers):
                sentence = f"For which condition does {label(node)} wait? {text[:60]!r} cannot be used."
                yield lister.repair("event-condition", node, sentence, ("remove", "expression"))


def _person(lister: Lister, node: etree._Element) -> Iterator[Repair]:
    if local(node) not in HUMAN | {"startEvent"}:
        return
    hint = lister.hint(node)
    if hint.form is not None and ours(node, "form") is None:
        sentence = f"{label(node)} uses the form {hint.form!r}, which is not in the file: name a form that is here, or none."
        yield lister.repair("form", node, sentence, ("none", "code"), hint.form)
    if local(node) == "startEvent":
        return
    own = ours(node, "raci")
    if own is None or not own.get("accountable"):
        responsible = own.get("responsible") if own is not None else None
        suggestion = responsible or hint.post or lister.lane_code(node)
        yield lister.repair(
            "post", node, f"Which post does {label(node)}, and which answers for it?", ("code", "raci"), suggestion
        )
    if ours(node, "standard") is None:
        yield lister.repair("standard", node, f"How long may {label(node)} take?", ("duration",), hint.standard)


_LOOKS: tuple[Callable[[Lister, etree._Element], Iterator[Repair]], ...] = (_decision, _task, _repeated, _begin, _event, _person)
