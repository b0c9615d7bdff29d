"""Processes drawn in a few words, read by the real reader: `draw({"a": "user"}, ["start a", "a end"])`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr, unescape

from bpmn import Bundle, Decision, DecisionInput, DecisionRule, Model, read_model
from engine.called import Called
from engine.gate import inspect
from engine.spiff import Machine, prepare
from engine.values import Position

SHARED = Path(__file__).parents[2].parent / "shared"
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
_TAGS = {
    "user": "userTask",
    "manual": "manualTask",
    "task": "task",
    "xor": "exclusiveGateway",
    "and": "parallelGateway",
    "or": "inclusiveGateway",
    "start": "startEvent",
    "end": "endEvent",
    "pass": "intermediateThrowEvent",
    "script": "scriptTask",
    "rule": "businessRuleTask",
    "wait": "intermediateCatchEvent",
    "on": "boundaryEvent",
    "aside": "boundaryEvent",
    "begin": "startEvent",
    "throw": "intermediateThrowEvent",
    "race": "eventBasedGateway",
    "send": "sendTask",
    "receive": "receiveTask",
    "call": "callActivity",
    "service": "serviceTask",
}
_SHARED = {"message": "name", "signal": "name", "error": "errorCode", "escalation": "escalationCode"}
Steps = Mapping[str, Any]
FORMS: Mapping[str, Mapping[str, Any]] = {
    name: {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "ok": {"type": "boolean"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    for name in "fg"
}


def draw(steps: Steps, flows: Sequence[str], process: str = "P") -> Model:
    """Read the drawing. Events `start` and `end` are there where a flow names them, in a sub-process as `<its id>_start`.

    steps: `"user"`, `"xor"`, `"script x = 1"`, `"wait PT1H"`, `"on a PT1H"` (interrupting), `"aside a R3/PT1H"` (not
    interrupting), `"on sub error E"`, `"end terminate"`, `"end error E"`, `"rule table"`, `"call B n=a.n"` (passes n to B), or
    `(steps, flows)` for a sub-process,
    `(steps, flows, "on PT1H")` or `(steps, flows, "aside message M")` for one that an event starts. Instead of a timer an event
    has `message M`, `signal S`, `error E`, `escalation L`, `link name` or `if a.ok == true`. `throw message M`, `end signal S`
    and `send M` throw, `receive M` waits, `race` is an event-based gateway. Behind ` | ` stand `form F`, `key expression` or
    `send script`. `service crm` is an automated step with the connector `crm`. A marker that repeats it comes last, as
    `"user *parallel over a.people as who until count(x) > 2"` (see `marker`); it is the third part of a sub-process.
    flows: `"a b"`, `"x b: a.ok == true"`, `"x c: default"`.
    """
    return read_model(paper(steps, flows, process).encode())


def paper(steps: Steps, flows: Sequence[str], process: str = "P") -> str:
    """The drawing as BPMN XML."""
    body = _scope(steps, flows, "")
    named = sorted({("error", "E"), ("error", "F"), *re.findall(r'(message|signal|error|escalation)Ref="(\w+)"', body)})
    shared = "".join(f'<{kind} id="{name}" {_SHARED[kind]}="{name}"/>' for kind, name in named)
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:pilot="urn:pilotrun:bpmn:1.0">'
        f'<process id="{process}" isExecutable="true">{body}</process>{shared}</definitions>'
    )


def _scope(steps: Steps, flows: Sequence[str], prefix: str) -> str:
    named = {name for flow in flows for name in flow.partition(": ")[0].split()}
    drawn = {f"{prefix}{kind}": kind for kind in ("start", "end") if f"{prefix}{kind}" in named} | dict(steps)
    defaults = {flow.split()[0]: f"f_{prefix}{n}" for n, flow in enumerate(flows) if flow.endswith(": default")}
    return "".join(_node(name, what, defaults) for name, what in drawn.items()) + "".join(
        _flow(flow, f"f_{prefix}{n}") for n, flow in enumerate(flows)
    )


def _node(name: str, what: Any, defaults: Mapping[str, str]) -> str:
    attributes = f" id={quoteattr(name)}" + (f' default="{defaults[name]}"' if name in defaults else "")
    if isinstance(what, tuple):
        if what[2:] and what[2].startswith("*"):
            return f"<subProcess{attributes}>{marker(what[2])}{_scope(what[0], what[1], name + '_')}</subProcess>"
        if what[2:]:
            attributes += ' triggeredByEvent="true"'
            what = ({f"{name}_start": f"begin {what[2]}"} | what[0], what[1])
        return f"<subProcess{attributes}>{_scope(what[0], what[1], name + '_')}</subProcess>"
    what, *repeated = _MARKER.split(what)
    kind, _, rest = what.partition(" ")
    if kind == "begin":
        way, _, rest = rest.partition(" ")
        attributes += f' isInterrupting="{str(way == "on").lower()}"'
    if kind == "call":
        called, *passes = rest.split()
        attributes += f" calledElement={quoteattr(called)}"
        rest = "".join(_pass(*one.split("=", 1)) for one in passes)
    tag = _TAGS.get(kind, kind)
    if kind in {"on", "aside"}:
        host, _, rest = rest.partition(" ")
        attributes += f' attachedToRef="{host}" cancelActivity="{str(kind == "on").lower()}"'
    rest, *besides = rest.split(" | ")
    if kind in _NAMES:
        attributes, besides, rest = _named(kind, rest, attributes, besides)
    inside, loop = _inside(kind, rest), "".join(map(marker, repeated))
    return f"<{tag}{attributes}>{_extension(besides)}{loop + inside if kind == 'script' else inside + loop}</{tag}>"


_NAMES = {"send", "receive", "service"}  # what stands behind it is a name: of a message, of a connector


def _named(kind: str, name: str, attributes: str, besides: list[str]) -> tuple[str, list[str], str]:
    if kind == "service":
        return attributes, [f"connector {name}", *besides] if name else besides, ""
    return attributes + (f' messageRef="{name}"' if name else ""), besides, ""


def _extension(besides: Sequence[str]) -> str:
    said = dict(each.split(" ", 1) for each in besides)
    if not said:
        return ""
    form = f'<pilot:form ref="{said["form"]}"/>' if "form" in said else ""
    if "connector" in said:
        sent = escape(said.get("send", ""))
        connector = f"<pilot:connector ref={quoteattr(said['connector'])}>{sent}</pilot:connector>"
        return f"<extensionElements>{connector}{form}</extensionElements>"
    key = f" key={quoteattr(said['key'])}" if "key" in said else ""
    message = f"<pilot:message{key}>{escape(said.get('send', ''))}</pilot:message>" if {"key", "send"} & said.keys() else ""
    return f"<extensionElements>{form}{message}</extensionElements>"


_MARKER = re.compile(r" \*(?=parallel|sequential|loop)")
_CLAUSES = re.compile(r" (times|over|as|until|while|most|first)\b")


def marker(words: str) -> str:
    """`parallel times 3`, `sequential over a.list as who until <condition>`, `loop while <condition> most 4 first` as BPMN."""
    kind, *parts = _CLAUSES.split(words.lstrip("*"))
    said = {clause: escape(text.strip()) for clause, text in zip(parts[::2], parts[1::2], strict=True)}
    if kind == "loop":
        attributes = f' loopMaximum="{said["most"]}"' if "most" in said else ""
        attributes += ' testBefore="true"' if "first" in said else ""
        condition = f"<loopCondition>{said['while']}</loopCondition>" if "while" in said else ""
        return f"<standardLoopCharacteristics{attributes}>{condition}</standardLoopCharacteristics>"
    inside = ""
    if "over" in said:
        named = f' as="{said["as"]}"' if "as" in said else ""
        inside = f"<extensionElements><pilot:repeat over={quoteattr(unescape(said['over']))}{named}/></extensionElements>"
    for clause, tag in (("times", "loopCardinality"), ("until", "completionCondition")):
        inside += f"<{tag}>{said[clause]}</{tag}>" if clause in said else ""
    sequential = str(kind == "sequential").lower()
    return f'<multiInstanceLoopCharacteristics isSequential="{sequential}">{inside}</multiInstanceLoopCharacteristics>'


def _inside(kind: str, rest: str) -> str:
    if kind == "script":
        return f"<script>{escape(rest)}</script>"
    if kind == "rule":
        return f'<extensionElements><pilot:decision ref="{rest}"/></extensionElements>'
    if kind in {"user", "start", "call"} and rest:
        return f"<extensionElements>{rest if kind == 'call' else _form(rest)}</extensionElements>"
    word, _, name = rest.partition(" ")
    if word in _SHARED:
        return f'<{word}EventDefinition {word}Ref="{name}"/>' if name else f"<{word}EventDefinition/>"
    if word in {"terminate", "link"}:
        return f"<{word}EventDefinition{f' name={quoteattr(name)}' if name else ''}/>"
    if word == "if":
        return f"<conditionalEventDefinition><condition>{escape(name)}</condition></conditionalEventDefinition>"
    if kind in {"wait", "on", "aside", "begin"}:
        timer = "timeCycle" if rest.startswith("R") else "timeDuration" if rest.startswith("P") else "timeDate"
        return f"<timerEventDefinition><{timer}>{escape(rest)}</{timer}></timerEventDefinition>"
    return rest


def _form(name: str) -> str:
    return f'<pilot:form ref="{name}"/>'


def _pass(name: str, value: str) -> str:
    return f"<pilot:pass name={quoteattr(name)} value={quoteattr(value)}/>"


def _flow(flow: str, flow_id: str) -> str:
    ends, _, condition = flow.partition(": ")
    source, target = ends.split()
    inside = "" if condition in {"", "default"} else f"<conditionExpression>{escape(condition)}</conditionExpression>"
    return f'<sequenceFlow id="{flow_id}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def bundle(model: Model, *decisions: Decision, **forms: Sequence[str]) -> Bundle:
    """The model with decisions and forms; a form is its field names, all required, `?` behind those that are not."""
    made = {
        name: {
            "type": "object",
            "properties": {field.rstrip("?"): {"type": "boolean"} for field in fields},
            "required": [field for field in fields if not field.endswith("?")],
        }
        for name, fields in forms.items()
    }
    return Bundle(model, {decision.id: decision for decision in decisions}, made)


def called(code: str, steps: Steps, flows: Sequence[str], *decisions: Decision, **inner: Called) -> Called:
    """A deployed process with its own calls; `form` of a start is `intake` with a field n (`"start": "start intake"`)."""
    form = {"type": "object", "properties": {"n": {"type": "integer"}, "note": {"type": "string"}}, "required": ["n"]}
    held = Bundle(
        draw(steps, flows, code), {one.id: one for one in decisions}, {"intake": form | {"additionalProperties": False}}
    )
    return Called(code, held, inner)


def table(
    policy: str, inputs: Sequence[str], outputs: Sequence[str], *rows: Sequence[str], aggregation: str | None = None
) -> Decision:
    """A decision table called `table`; a row is its input cells and then its output cells."""
    rules = tuple(DecisionRule(tuple(row[: len(inputs)]), tuple(row[len(inputs) :]), n) for n, row in enumerate(rows, start=10))
    return Decision("table", "Table", policy, tuple(map(DecisionInput, inputs)), tuple(outputs), rules, 1, aggregation)


def rules(steps: Steps, flows: Sequence[str], *decisions: Decision, severity: str = "error", **forms: Sequence[str]) -> set[str]:
    """The rules of the gate that a drawing breaks."""
    found = inspect(bundle(draw(steps, flows), *decisions, **forms))
    return {finding.rule for finding in found if finding.severity == severity}


class Case:
    """One case of one drawing, with a clock turned by hand. Its state is bytes between any two steps."""

    def __init__(self, machine: Machine, data: Mapping[str, Any] | None = None, now: datetime = MORNING) -> None:
        self.machine, self.now = machine, now
        self.at: Position = machine.start(data or {}, now)
        self.passed = list(self.at.passed)

    @classmethod
    def of(
        cls, steps: Steps, flows: Sequence[str], *decisions: Decision, data: Mapping[str, Any] | None = None, **called: Called
    ) -> Case:
        """Draw, prepare and start. The forms `f` and `g` have the fields `n` (a number, required) and `ok` (yes or no)."""
        return cls(prepare(draw(steps, flows), {decision.id: decision for decision in decisions}, FORMS, called), data)

    @property
    def open(self) -> list[str]:
        """The ids of the open steps, sorted."""
        return sorted(item.step for item in self.at.items)

    def task(self, step: str) -> str:
        """The activation of an open step, the oldest if there are several."""
        return next(item.task for item in self.at.items if item.step == step)

    def instances(self, step: str) -> list[int | None]:
        """The instances of a repeated step that are open."""
        return [item.instance for item in self.at.items if item.step == step]

    def do_instance(self, step: str, number: int, **answers: Any) -> Case:
        """Somebody completes one instance of a repeated step."""
        task = next(item.task for item in self.at.items if (item.step, item.instance) == (step, number))
        self.at = self.machine.complete(self.at.state, task, answers, self.now)
        self.passed += self.at.passed
        return self

    def do(self, step: str, **answers: Any) -> Case:
        """Somebody completes an open step."""
        self.at = self.machine.complete(self.at.state, self.task(step), answers, self.now)
        self.passed += self.at.passed
        return self

    def get(self, kind: str, name: str, payload: Mapping[str, Any] | None = None, **fields: Any) -> Case:
        """A message or signal comes from outside."""
        self.at = self.machine.deliver(self.at.state, kind, name, {**(payload or {}), **fields}, self.now)
        self.passed += self.at.passed
        return self

    @property
    def jobs(self) -> list[tuple[str, str, dict[str, Any]]]:
        """The automated steps that wait: step, connector and what is handed over."""
        return [(job.step, job.connector, dict(job.payload)) for job in self.at.jobs]

    def answer(self, step: str, **answer: Any) -> Case:
        """The connector of an automated step answers."""
        task = next(job.task for job in self.at.jobs if job.step == step)
        self.at = self.machine.answer(self.at.state, task, answer, self.now)
        self.passed += self.at.passed
        return self

    def fail(self, step: str, code: str) -> Case:
        """The connector of an automated step reports an error of the business."""
        task = next(job.task for job in self.at.jobs if job.step == step)
        self.at = self.machine.fail(self.at.state, task, code, self.now)
        return self

    @property
    def waits(self) -> list[str]:
        """What the case listens for, sorted: `message M`."""
        return sorted(f"{wait.kind} {wait.name}" for wait in self.at.waits)

    def later(self, **time: float) -> Case:
        """Time passes and the sweep looks."""
        self.now += timedelta(**time)
        self.at = self.machine.advance(self.at.state, self.now)
        self.passed += self.at.passed
        return self
