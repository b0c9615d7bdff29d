"""The namespaces and tags of BPMN 2.0 that this room reads, in one place."""

from __future__ import annotations

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XML = "http://www.w3.org/XML/1998/namespace"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
PILOT = "urn:pilotrun:bpmn:1.0"
# Colours of shapes: bpmn-js draws them, the engine never looks at them.
COLOURS = frozenset({"http://bpmn.io/schema/bpmn/biocolor/1.0", "http://www.omg.org/spec/BPMN/non-normative/color/1.0"})
KEPT = frozenset({BPMN, BPMNDI, DC, DI, XML, XSI, PILOT}) | COLOURS

HUMAN = frozenset({"task", "userTask", "manualTask"})
TASKS = HUMAN | {"scriptTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"}
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})
ACTIVITIES = TASKS | SUB_PROCESSES | {"callActivity"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
CHOREOGRAPHY = frozenset({"choreographyTask", "subChoreography", "callChoreography", "implicitThrowEvent", "event"})
FLOW_NODES = ACTIVITIES | GATEWAYS | EVENTS | CHOREOGRAPHY


def tag(name: str, namespace: str = BPMN) -> str:
    """The tag as lxml writes it."""
    return f"{{{namespace}}}{name}"


def unprefixed(reference: str) -> str:
    """A QName reference without its prefix: `tns:late` and `late` name the same thing in one file."""
    return reference.strip().rpartition(":")[2]
