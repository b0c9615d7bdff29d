"""The processes that the bench runs: fifteen steps with timers and parallel branches, and a loop that goes round for ever."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from bpmn import Bundle, read_bundle

STEPS = tuple(f"step_{number}" for number in range(1, 16))
PARALLEL = (STEPS[4:6], STEPS[6:8], STEPS[8:10])
TIMED = (STEPS[0], STEPS[3], STEPS[6], STEPS[10], STEPS[13])
ANSWERS = {
    "note": "The customer was called twice, agreed to the exchange and wants to be told when the parcel leaves the house.",
    "amount": 125.5,
    "kind": "exchange",
    "done": True,
}
ORGANISATION: Mapping[str, Any] = {
    "departments": [{"code": "desk", "name": {"zh": "服务台", "en": "Desk"}, "part": "lead"}],
    "posts": [
        {"code": "clerk", "name": {"zh": "专员", "en": "Clerk"}, "department": "desk"},
        {"code": "head", "name": {"zh": "主管", "en": "Head of desk"}, "department": "desk"},
    ],
    "persons": [
        {"login": "mei", "name": {"zh": "梅", "en": "Mei"}, "posts": ["clerk"], "roles": ["performer"]},
        {"login": "bo", "name": {"zh": "博", "en": "Bo"}, "posts": ["head"], "roles": ["performer", "owner"]},
    ],
}
_LABEL = {"zh": "标签", "en": "Label"}
_FORM = {
    "type": "object",
    "title": _LABEL,
    "properties": {
        "note": {"type": "string", "title": _LABEL},
        "amount": {"type": "number", "title": _LABEL, "x-measure": True},
        "kind": {
            "type": "string",
            "title": _LABEL,
            "enum": ["exchange", "refund"],
            "x-labels": {"zh": ["换货", "退款"], "en": ["Exchange", "Refund"]},
        },
        "done": {"type": "boolean", "title": _LABEL, "x-measure": True},
    },
    "required": ["note", "amount", "kind", "done"],
    "additionalProperties": False,
}


def fifteen_steps(timer: str = "PT720H") -> str:
    """Four steps, three parallel branches of two, five more steps; a boundary timer on every third. BPMN XML."""
    order = [*STEPS[:4], "fork"]
    flows = [("start", STEPS[0]), *pairwise(order)]
    for branch in PARALLEL:
        flows += [("fork", branch[0]), branch, (branch[1], "join")]
    rest = ["join", *STEPS[10:], "end"]
    flows += pairwise(rest)
    nodes = [_task(step) for step in STEPS] + ['<parallelGateway id="fork"/>', '<parallelGateway id="join"/>']
    for step in TIMED:
        nodes.append(
            f'<boundaryEvent id="{step}_late" attachedToRef="{step}" cancelActivity="false"><timerEventDefinition>'
            f"<timeDuration>{timer}</timeDuration></timerEventDefinition></boundaryEvent>"
            f'<endEvent id="{step}_told"/>'
        )
        flows.append((f"{step}_late", f"{step}_told"))
    return _paper("BENCH-15", nodes, flows)


def loop() -> str:
    """One step that is done again for as long as its answer says `done == false`. BPMN XML."""
    nodes = [_task("again"), '<exclusiveGateway id="enough" default="f_enough_end"/>']
    flows = [("start", "again"), ("again", "enough"), ("enough", "end")]
    back = (
        '<sequenceFlow id="back" sourceRef="enough" targetRef="again">'
        "<conditionExpression>again.done == false</conditionExpression></sequenceFlow>"
    )
    return _paper("BENCH-LOOP", [*nodes, back], flows)


def repeated(code: str, marker: str) -> str:
    """One step that is carried out several times, as a BPMN marker says. BPMN XML."""
    step = _task("again").replace("</userTask>", f"{marker}</userTask>")
    return _paper(code, [step], [("start", "again"), ("again", "end")])


def several(count: int) -> str:
    """The marker for so many instances at once."""
    inside = f"<loopCardinality>{count}</loopCardinality>"
    return f"<multiInstanceLoopCharacteristics>{inside}</multiInstanceLoopCharacteristics>"


UNTIL_DONE = "<standardLoopCharacteristics><loopCondition>again.done == false</loopCondition></standardLoopCharacteristics>"


def bundle(xml: str) -> Bundle:
    """The process with its form and its people."""
    files = {"to-be.bpmn": xml.encode(), "forms/answer.json": json.dumps(_FORM).encode()}
    return read_bundle(files)


def _task(step: str) -> str:
    return (
        f'<userTask id="{step}" name="{step}"><extensionElements><pilot:raci responsible="clerk" accountable="head"/>'
        '<pilot:standard completion="PT4H"/><pilot:form ref="answer"/></extensionElements></userTask>'
    )


def _paper(code: str, nodes: Sequence[str], flows: Sequence[tuple[str, str]]) -> str:
    drawn = "".join(f'<sequenceFlow id="f_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in flows)
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:pilot="urn:pilotrun:bpmn:1.0"'
        ' id="d" targetNamespace="urn:bench">'
        f'<process id="{code.replace("-", "_")}" name="{code}" isExecutable="true"><extensionElements>'
        f'<pilot:process code="{code}" owner="head" director="head"/><pilot:standard completion="PT240H"/></extensionElements>'
        f'<startEvent id="start"/>{"".join(nodes)}<endEvent id="end"/>{drawn}</process></definitions>'
    )
