"""Sub-processes and steps that are drawn in a way the engine has no like for: made into the nearest thing that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lxml import etree

from bpmn.draft.paper import Paper
from bpmn.draft.things import become, definitions, drop, is_true, kinds, label
from bpmn.names import CHOREOGRAPHY, SUB_PROCESSES, tag, unprefixed
from bpmn.safexml import local

_GLOBAL = {"globalUserTask": "userTask", "globalManualTask": "manualTask", "globalTask": "task", "globalScriptTask": "task"}
_TRIGGERS = frozenset({"message", "timer", "signal", "error", "escalation", "conditional"})


def settle_steps(paper: Paper) -> None:
    """Transactions, ad-hoc sub-processes, calls of global tasks, complex gateways, lost choreographies."""
    for node in paper.all_nodes():
        if (change := _CHANGES.get(local(node))) is not None and paper.is_there(node):
            change(paper, node)


def settle_sub_processes(paper: Paper) -> None:
    """Event sub-processes that nothing could begin, and sub-processes in which nothing is drawn."""
    for node in reversed(paper.all_nodes()):  # inner ones first, as the outer one may be empty then
        if local(node) in SUB_PROCESSES and paper.is_there(node):
            _sub_process(paper, node)


def _complex(paper: Paper, node: etree._Element) -> None:
    for condition in node.findall(tag("activationCondition")):
        node.remove(condition)
    paper.say("complex-gateway", node, f"{label(node)} became an inclusive one: rules of its own are not kept.")
    become(node, "inclusiveGateway")


def _no_step(paper: Paper, node: etree._Element) -> None:
    paper.remove_node(node, "not-of-a-process", f"A {local(node)} is no step of a process that runs: it was taken out.")


def _transaction(paper: Paper, node: etree._Element) -> None:
    """Cancelling a transaction leaves it by its cancel event: for us that is an error which its edge catches."""
    drop(node, "method")
    paper.say("transaction", node, f"{label(node)} became a plain sub-process: nothing is undone when it is cancelled.")
    become(node, "subProcess")


def _ad_hoc(paper: Paper, node: etree._Element) -> None:
    drop(node, "ordering", "cancelRemainingInstances")
    for condition in node.findall(tag("completionCondition")):
        node.remove(condition)
    paper.say(
        "ad-hoc",
        node,
        f"{label(node)} became a plain one: all its steps are offered at once and all are done.",
    )
    become(node, "subProcess")


def _global_task(paper: Paper, node: etree._Element) -> None:
    called = paper.by_id(unprefixed(node.get("calledElement", "")))
    kind = _GLOBAL.get(local(called)) if called is not None else None
    if kind is not None and called is not None:
        del node.attrib["calledElement"]
        if not node.get("name") and called.get("name"):
            node.set("name", called.get("name", ""))
        paper.say(
            "global-task", node, f"{label(node)} calls a task that is described elsewhere in the file: it became that task."
        )
        become(node, kind)


def _sub_process(paper: Paper, node: etree._Element) -> None:
    inner = paper.nodes(node)
    if is_true(node, "triggeredByEvent"):
        _event_sub_process(paper, node, inner)
    elif not inner:
        for flow in list(node.iter(tag("sequenceFlow"))):
            paper.remove_flow(flow)
            paper.say("flow-gone", flow, f"{label(flow)} was taken out: nothing else is drawn inside {label(node)}.")
        for child in [child for child in node.iterchildren(tag("*")) if local(child) not in _OF_A_TASK]:
            node.remove(child)
        drop(node, "triggeredByEvent")
        was = label(node)
        paper.say(
            "empty-sub-process",
            node,
            f"Nothing is drawn inside {was}: it became one step that a person does.",
        )
        become(node, "userTask")


_OF_A_TASK = frozenset({
    *("documentation", "extensionElements", "incoming", "outgoing", "property", "dataInputAssociation", "dataOutputAssociation"),
    *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
})  # fmt: skip


def _event_sub_process(paper: Paper, node: etree._Element, inner: list[etree._Element]) -> None:
    for flow in {*paper.leaving(node), *paper.entering(node)}:
        paper.remove_flow(flow)
        paper.say("flow-removed", flow, f"{label(flow)} was taken out: {label(node)} is begun by its event, not by a flow.")
    triggered = [start for start in inner if local(start) == "startEvent" and kinds(start) & _TRIGGERS]
    if not triggered:
        sentence = f"{label(node)} has no event that could begin it: it was taken out with all in it."
        paper.remove_node(node, "event-sub-process-removed", sentence)
        return
    for start in (start for start in inner if local(start) == "startEvent" and start is not triggered[0]):
        sentence = f"{label(start)} was taken out: {label(node)} is begun by {label(triggered[0])}."
        paper.remove_node(start, "several-starts", sentence)
    for definition in definitions(triggered[0]):
        if local(definition).removesuffix("EventDefinition") not in _TRIGGERS:
            triggered[0].remove(definition)


_CHANGES: Mapping[str, Callable[[Paper, etree._Element], None]] = {
    "transaction": _transaction,
    "adHocSubProcess": _ad_hoc,
    "complexGateway": _complex,
    "callActivity": _global_task,
    **dict.fromkeys(CHOREOGRAPHY, _no_step),
}
