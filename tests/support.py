"""Writes `docs/bpmn-support.md`: every element is drawn, read and judged by the gate, and the table says what the gate said.

`python -m tests.support` writes the file, a test compares it. A row runs, runs with limits (a second drawing of it is refused,
and that sentence is the limit), or is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bpmn import BadModel, Bundle, Finding, read_model
from engine.called import Called
from engine.gate import inspect
from tests.door.paper import table

FILE = Path(__file__).parents[1] / "docs" / "bpmn-support.md"
_HEAD = """# What of BPMN runs

Written by `python -m tests.support` from what the gate says when each element is drawn: not edited by hand. *Runs* means
exactly as drawn. *Runs with limits* means that the sentence beside it is said of a drawing beyond the limit, which is refused;
sentences in brackets are warnings. *Refused* is said at deploy, with the id, the name and the line of the element.
"""
_RULES = {"never-ends", "unreachable", "dead-end", "one-start", "no-end", "never-happens"}  # about the drawing around the element


@dataclass(frozen=True)
class Row:
    """One line of the table: `drawn` is the element with id x, `beyond` the same element further than the engine goes."""

    title: str
    drawn: str
    beyond: str = ""
    beside: str = ""
    """What else is in the process, instead of `start -> x -> end`."""


def _event(kind: str, inside: str, attributes: str = "") -> str:
    return f'<{kind} id="x" {attributes}>{inside}</{kind}>'


def _timer(kind: str, text: str) -> str:
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


_DEFINITIONS = {
    "message": '<messageEventDefinition messageRef="M"/>',
    "signal": '<signalEventDefinition signalRef="S"/>',
    "escalation": '<escalationEventDefinition escalationRef="L"/>',
    "conditional": "<conditionalEventDefinition><condition>not exists(intake.stop)</condition></conditionalEventDefinition>",
    "link": '<linkEventDefinition name="further"/>',
    "compensation": "<compensateEventDefinition/>",
    "cancel": "<cancelEventDefinition/>",
}
_ERROR = '<errorEventDefinition errorRef="E"/>'
_INNER = '<startEvent id="i"/><userTask id="j"/><endEvent id="k"/>' + "".join(
    f'<sequenceFlow id="g{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(["ij", "jk"])
)
_SPLIT = (
    '<startEvent id="s"/>{x}<userTask id="b"/><userTask id="c"/><{kind} id="m"/><endEvent id="e"/>'
    '<sequenceFlow id="f0" sourceRef="s" targetRef="x"/>'
    '<sequenceFlow id="f1" sourceRef="x" targetRef="b">{condition}</sequenceFlow>'
    '<sequenceFlow id="f2" sourceRef="x" targetRef="c"/><sequenceFlow id="f3" sourceRef="b" targetRef="m"/>'
    '<sequenceFlow id="f4" sourceRef="c" targetRef="m"/><sequenceFlow id="f5" sourceRef="m" targetRef="e"/>'
)
_CHOICE = "<conditionExpression>exists(intake.ok)</conditionExpression>"
_EDGE = (
    '<startEvent id="s"/><userTask id="a"/>{x}<endEvent id="e"/><endEvent id="e2"/>'
    '<sequenceFlow id="f0" sourceRef="s" targetRef="a"/><sequenceFlow id="f1" sourceRef="a" targetRef="e"/>'
    '<sequenceFlow id="f2" sourceRef="x" targetRef="e2"/>'
)
_CALL_EDGE = _EDGE.replace('<userTask id="a"/>', '<callActivity id="a" calledElement="CALLED"/>')
_SUB_EDGE = _EDGE.replace('<userTask id="a"/>', f'<subProcess id="a">{_INNER}</subProcess>')
_ENDING = '<startEvent id="s"/><userTask id="a"/>{x}<sequenceFlow id="f0" sourceRef="s" targetRef="a"/>' + (
    '<sequenceFlow id="f1" sourceRef="a" targetRef="x"/>'
)
_CAUGHT = (
    f'<startEvent id="s0"/><subProcess id="p">{_ENDING}</subProcess>'
    f'<boundaryEvent id="c" attachedToRef="p">{_ERROR}</boundaryEvent>'
    '<endEvent id="e"/><sequenceFlow id="h0" sourceRef="s0" targetRef="p"/>'
    '<sequenceFlow id="h1" sourceRef="p" targetRef="e"/><sequenceFlow id="h2" sourceRef="c" targetRef="e"/>'
)
_STARTING = (
    '{x}<userTask id="a"/><endEvent id="e"/><sequenceFlow id="f0" sourceRef="x" targetRef="a"/>'
    '<sequenceFlow id="f1" sourceRef="a" targetRef="e"/>'
)
_IN_LINE = (
    '<startEvent id="s"/>{x}<endEvent id="e"/><sequenceFlow id="f0" sourceRef="s" targetRef="x"/>'
    '<sequenceFlow id="f1" sourceRef="x" targetRef="e"/>'
)
_WITH_EVENT_SUB = '<startEvent id="s"/><userTask id="a"/><endEvent id="e"/>{x}' + (
    '<sequenceFlow id="f0" sourceRef="s" targetRef="a"/><sequenceFlow id="f1" sourceRef="a" targetRef="e"/>'
)


_RACE = (
    '<eventBasedGateway id="x"/><intermediateCatchEvent id="m"><messageEventDefinition messageRef="M"/></intermediateCatchEvent>'
)
_RACING = (
    '<startEvent id="s"/>{x}<receiveTask id="n" messageRef="M"/><endEvent id="e"/>'
    '<sequenceFlow id="f0" sourceRef="s" targetRef="x"/><sequenceFlow id="f1" sourceRef="x" targetRef="m"/>'
    '<sequenceFlow id="f2" sourceRef="x" targetRef="n"/>'
    '<sequenceFlow id="f3" sourceRef="m" targetRef="e"/><sequenceFlow id="f4" sourceRef="n" targetRef="e"/>'
)
_LINKED = (
    '<startEvent id="s"/>{x}<intermediateCatchEvent id="c"><linkEventDefinition name="further"/></intermediateCatchEvent>'
    + ('<endEvent id="e"/><sequenceFlow id="f0" sourceRef="s" targetRef="x"/><sequenceFlow id="f1" sourceRef="c" targetRef="e"/>')
)
_CALLED = _IN_LINE.replace("{x}", '<userTask id="x"/>')


def _event_sub(definition: str) -> str:
    inner = _INNER.replace('<startEvent id="i"/>', f'<startEvent id="i" isInterrupting="false">{definition}</startEvent>')
    return f'<subProcess id="x" triggeredByEvent="true">{inner}</subProcess>'


def _tasks() -> Iterator[Row]:
    for kind in ("task", "userTask", "manualTask"):
        yield Row(kind, f'<{kind} id="x"/>')
    yield Row(
        "scriptTask",
        '<scriptTask id="x"><script>n = 1</script></scriptTask>',
        '<scriptTask id="x"><script>import os</script></scriptTask>',
    )
    rule = '<businessRuleTask id="x"><extensionElements><pilot:decision ref="table"/></extensionElements></businessRuleTask>'
    yield Row("businessRuleTask", rule, rule.replace("table", "elsewhere"))
    connector = '<extensionElements><pilot:connector ref="crm"/></extensionElements>'
    yield Row("serviceTask", f'<serviceTask id="x">{connector}</serviceTask>', '<serviceTask id="x"/>')
    call = '<callActivity id="x" calledElement="{}"/>'
    yield Row("callActivity", call.format("CALLED"), call.format("OTHER"))
    for kind in ("sendTask", "receiveTask"):
        yield Row(kind, f'<{kind} id="x" messageRef="M"/>', f'<{kind} id="x"/>')
    yield Row("subProcess", f'<subProcess id="x">{_INNER}</subProcess>', '<subProcess id="x"/>')
    wrong = _event_sub(_timer("timeDuration", "P1M"))
    yield Row("subProcess, started by a timer event", _event_sub(_timer("timeDuration", "PT1H")), wrong, _WITH_EVENT_SUB)
    for kind in ("message", "signal", "escalation", "conditional"):
        beyond = "" if kind == "escalation" else _event_sub(f"<{kind}EventDefinition/>")
        yield Row(f"subProcess, started by an event: {kind}", _event_sub(_DEFINITIONS[kind]), beyond, _WITH_EVENT_SUB)
    error = _event_sub(_ERROR)
    yield Row("subProcess, started by an event: error", error.replace('"false"', '"true"'), error, _WITH_EVENT_SUB)
    yield Row("transaction", '<transaction id="x"/>')
    yield Row("adHocSubProcess", '<adHocSubProcess id="x"/>')
    yield from _repeated()
    yield Row("userTask with isForCompensation", '<userTask id="x" isForCompensation="true"/>')


_SEVERAL, _LOOP = "multiInstanceLoopCharacteristics", "standardLoopCharacteristics"


def _repeated() -> Iterator[Row]:
    over = '<extensionElements><pilot:repeat over="coalesce(intake.n, 0)"/></extensionElements>'
    over = over.replace("coalesce(intake.n, 0)", "split(coalesce(intake.n, &quot;a&quot;))")
    number, early = "<loopCardinality>{}</loopCardinality>", "<completionCondition>{}</completionCondition>"
    bodies = {
        "userTask": '<userTask id="x">{}</userTask>',
        "scriptTask": '<scriptTask id="x">{}<script>n = loopCounter</script></scriptTask>',
        "subProcess": f'<subProcess id="x">{{}}{_INNER}</subProcess>',
    }
    for kind, body in bodies.items():
        for way in ("false", "true"):
            drawn, beyond = (f'<{_SEVERAL} isSequential="{way}">{number.format(n)}</{_SEVERAL}>' for n in (3, 1001))
            title = f"{kind}, multi-instance, {'one after the other' if way == 'true' else 'in parallel'}"
            yield Row(f"{title}, a number", body.format(drawn), body.format(beyond))
        yield Row(
            f"{kind}, standard loop",
            body.format(f'<{_LOOP} loopMaximum="3"/>'),
            body.format(f"<{_LOOP}/>"),
        )
    body = bodies["userTask"]
    for title, inside, wrong in (
        ("pilot:repeat over a list", over, over.replace("split", "spilt")),
        (
            "completionCondition",
            number.format(3) + early.format("numberOfCompletedInstances > 1"),
            number.format(3) + early.format("a.b("),
        ),
        ("outputDataItem", number.format(3) + '<outputDataItem id="o"/>', ""),
        ("complexBehaviorDefinition", number.format(3) + "<complexBehaviorDefinition/>", ""),
    ):
        drawn, beyond = (body.format(f"<{_SEVERAL}>{text.replace('> 1', '&gt; 1')}</{_SEVERAL}>") for text in (inside, wrong))
        yield Row(f"multi-instance with {title}", drawn, beyond if wrong else "")
    for title, attributes in (("behavior", 'behavior="One"'), ("noneBehaviorEventRef", 'noneBehaviorEventRef="s"')):
        yield Row(f"multi-instance with {title}", body.format(f"<{_SEVERAL} {attributes}>{number.format(3)}</{_SEVERAL}>"))
    condition = "<loopCondition>coalesce(x.again, false)</loopCondition>"
    yield Row(
        "standard loop with loopCondition, testBefore",
        body.format(f'<{_LOOP} testBefore="true">{condition}</{_LOOP}>').replace("x.again", "intake.n"),
        body.format(f'<{_LOOP} testBefore="true">{condition.replace("coalesce", "perhaps")}</{_LOOP}>'),
    )


def _gateways() -> Iterator[Row]:
    for kind in ("exclusiveGateway", "inclusiveGateway"):
        drawn, split = f'<{kind} id="x" default="f2"/>', _SPLIT.replace("{condition}", _CHOICE).replace("{kind}", kind)
        yield Row(kind, drawn, f'<{kind} id="x"/>', split)
    yield Row(
        "parallelGateway", '<parallelGateway id="x"/>', "", _SPLIT.replace("{condition}", "").replace("{kind}", "parallelGateway")
    )
    conditional = _SPLIT.replace("{condition}", _CHOICE).replace("{kind}", "parallelGateway")
    yield Row("conditionExpression on a way out of a parallelGateway", '<parallelGateway id="x"/>', "", conditional)
    yield Row("eventBasedGateway", _RACE, '<eventBasedGateway id="x"/><userTask id="m"/>', _RACING)
    yield Row("complexGateway", '<complexGateway id="x"/>')


def _timers() -> Iterator[Row]:
    at_edge = 'attachedToRef="a" cancelActivity="{}"'
    for title, kind, text, wrong in (
        ("timer date", "timeDate", "2030-01-01T09:00:00+08:00", "2030-01-01"),
        ("timer duration", "timeDuration", "PT4H", "P1M"),
        ("timer cycle", "timeCycle", "R3/PT1H", "R/PT1H"),
    ):
        yield Row(f"intermediateCatchEvent, {title}", *(_event("intermediateCatchEvent", _timer(kind, t)) for t in (text, wrong)))
        for way, cancel in (("interrupting", "true"), ("not interrupting", "false")):
            drawn, beyond = (_event("boundaryEvent", _timer(kind, t), at_edge.format(cancel)) for t in (text, wrong))
            for host, edge in (("userTask", _EDGE), ("subProcess", _SUB_EDGE), ("callActivity", _CALL_EDGE)):
                yield Row(f"boundaryEvent at a {host}, {title}, {way}", drawn, beyond, edge)


def _events() -> Iterator[Row]:
    yield Row("startEvent, none", '<startEvent id="x"/>', "", _STARTING)
    yield Row("startEvent, timer", _event("startEvent", _timer("timeDuration", "PT1H")), "", _STARTING)
    yield Row("endEvent, none", '<endEvent id="x"/>', "", _ENDING)
    yield Row("endEvent, terminate", _event("endEvent", "<terminateEventDefinition/>"), "", _ENDING)
    yield Row("endEvent, error", _event("endEvent", _ERROR), _event("endEvent", _ERROR.replace('"E"', '"F"')), _CAUGHT)
    yield Row("intermediateThrowEvent, none", '<intermediateThrowEvent id="x"/>')
    yield from _timers()
    at_edge = 'attachedToRef="a"'
    yield Row("boundaryEvent at a userTask, error", _event("boundaryEvent", _ERROR, at_edge), "", _EDGE)
    beyond = _event("boundaryEvent", _ERROR, at_edge + ' cancelActivity="false"')
    yield Row("boundaryEvent at a subProcess, error", _event("boundaryEvent", _ERROR, at_edge), beyond, _SUB_EDGE)
    yield Row("boundaryEvent at a callActivity, error", _event("boundaryEvent", _ERROR, at_edge), beyond, _CALL_EDGE)
    yield from _links()
    for name, definition in _DEFINITIONS.items():
        yield Row(f"startEvent, {name}", _event("startEvent", definition), "", _STARTING)
        yield Row(f"endEvent, {name}", _event("endEvent", definition), "", _ENDING)
        for kind in ("intermediateCatchEvent", "intermediateThrowEvent") if name != "link" else ():
            event = _event(kind, definition)
            yield Row(f"{kind}, {name}", event, _without(event, definition))
        for way, cancel in (("interrupting", "true"), ("not interrupting", "false")):
            event = _event("boundaryEvent", definition, f'{at_edge} cancelActivity="{cancel}"')
            yield Row(f"boundaryEvent at a subProcess, {name}, {way}", event, _without(event, definition), _SUB_EDGE)


def _without(event: str, definition: str) -> str:
    """The event with its definition empty; nothing for what needs no more."""
    name = definition[1:].split()[0].split(">")[0].rstrip("/")
    return event.replace(definition, f"<{name}/>") if name.startswith(("message", "signal", "conditional")) else ""


def _links() -> Iterator[Row]:
    link, other = (f'<linkEventDefinition name="{name}"/>' for name in ("further", "elsewhere"))
    yield Row("intermediateThrowEvent, link", *(_event("intermediateThrowEvent", it) for it in (link, other)), _LINKED)
    thrown = (
        _LINKED.replace('id="c"', 'id="x"').replace('sourceRef="c"', 'sourceRef="x"').replace('targetRef="x"', 'targetRef="c"')
    )
    caught = _event("intermediateCatchEvent", link), _event("intermediateCatchEvent", other)
    around = thrown.replace("{x}", f'<intermediateThrowEvent id="c">{link}</intermediateThrowEvent>{{x}}')
    yield Row(
        "intermediateCatchEvent, link",
        *caught,
        around.replace(f'<intermediateCatchEvent id="x">{link}</intermediateCatchEvent>', ""),
    )


def _others() -> Iterator[Row]:
    for kind in ("textAnnotation", "dataObject", "dataStoreReference"):
        yield Row(kind, f'<{kind} id="x"/>', "", _WITH_EVENT_SUB)
    reading = '<userTask id="x"><dataInputAssociation id="d"/></userTask>'
    yield Row("dataInputAssociation", reading)


def findings(row: Row, drawn: str) -> list[Finding]:
    """What the gate, or the reader before it, says of the drawing."""
    inside = (row.beside or _IN_LINE).replace("{x}", drawn)
    shared = (
        '<message id="M" name="M"/><signal id="S" name="S"/><escalation id="L" escalationCode="L"/><error id="E" errorCode="E"/>'
        '<error id="F" errorCode="F"/>'
    )
    xml = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:pilot="urn:pilotrun:bpmn:1.0">'
        f'<process id="P" isExecutable="true">{inside}</process>{shared}</definitions>'
    )
    decision = table("UNIQUE", ["coalesce(intake.n, 0)"], ["out"], [">= 0", "1"])
    try:
        called = read_model(
            xml[: xml.index("<process")].encode() + f'<process id="CALLED">{_CALLED}</process></definitions>'.encode()
        )
        found = inspect(Bundle(read_model(xml.encode()), {"table": decision}), {"CALLED": Called("CALLED", Bundle(called))})
    except BadModel as bad:
        found = bad.findings
    return sorted(found, key=lambda finding: (finding.severity, finding.rule in _RULES))


def judge(row: Row) -> tuple[str, str]:
    """What the table says of a row: runs, runs with limits or refused, and the sentence."""
    said = findings(row, row.drawn)
    if said and said[0].severity == "error":
        return "refused", said[0].message
    limits = [finding.message for finding in findings(row, row.beyond) if finding.severity == "error"][:1] if row.beyond else []
    limits += [f"({finding.message})" for finding in said if finding.rule != "known-name"][:1]
    return ("runs with limits", " ".join(limits)) if limits else ("runs", "")


def write() -> str:
    """The whole file."""
    parts = [_HEAD]
    for title, rows in (
        ("Activities", _tasks()),
        ("Gateways", _gateways()),
        ("Events", _events()),
        ("Beside the flow", _others()),
    ):
        parts.append(f"\n## {title}\n\n| element | | what is said |\n|-|-|-|\n")
        parts += [f"| {row.title} | {' | '.join(judge(row))} |\n" for row in rows]
    return "".join(parts)


if __name__ == "__main__":
    FILE.write_text(write(), encoding="utf-8")
