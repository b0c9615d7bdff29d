"""Drawings that would hang, end early, be passed over or be misread, each with the refusal that it has to get."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bpmn.drafts import flow
from tests.door.hostile import (
    DUTY,
    GOOD,
    LINE,
    NAMESPACES,
    chain,
    process,
    several,
    step,
    with_marker,
    with_timer,
)


def bpmn() -> Iterator[tuple[str, bytes, str, str | None]]:
    """Drawings that would hang, end early, be passed over or be misread: name, bytes, rule, element."""
    yield from _references()
    yield from _shapes()
    yield from _waits()
    yield from _repeats()
    yield from _extensions()


def _replaced(old: str, new: str) -> bytes:
    assert old in LINE, old
    return process(LINE.replace(old, new))


def _references() -> Iterator[tuple[str, bytes, str, str | None]]:
    yield "another namespace", GOOD.replace(b"20100524/MODEL", b"20990101/MODEL"), "not-bpmn", "d"
    yield "no process", f"<definitions {NAMESPACES}/>".encode(), "executable", None
    yield (
        "two processes that run",
        GOOD.replace(b"</process>", b'</process><process id="q" isExecutable="true"/>'),
        "executable",
        "q",
    )
    yield "a flow from nowhere", _replaced('sourceRef="s"', 'sourceRef="ghost"'), "dangling", "f1"
    yield "a flow to nowhere", _replaced('targetRef="e"', 'targetRef="ghost"'), "dangling", "f2"
    yield "a flow without an end", _replaced(' targetRef="e"', ""), "dangling", "f2"
    yield "a step without an id", _replaced('<userTask id="t"', "<userTask"), "id", None
    yield "an id twice", process(LINE + step("t")), "duplicate-id", "t"
    yield "an id that the engine keeps for itself", process(LINE.replace('"t"', '"End"')), "id-reserved", "End"
    yield "the other id that it keeps", process(LINE.replace('"t"', '"Start"')), "id-reserved", "Start"
    yield "an id of lookalikes", process(LINE.replace('"t"', '"аpprove"')), "id", "аpprove"
    yield "an id with markup", process(LINE.replace('"t"', '"&lt;b&gt;"')), "id", "<b>"
    yield "an id that is a word of the language", process(LINE.replace('"t"', '"true"')), "id-reserved", "true"
    yield "an id of private names", process(LINE.replace('"t"', '"__class__"')), "id-reserved", "__class__"
    yield "the id of the intake", process(LINE.replace('"t"', '"intake"')), "id-reserved", "intake"
    yield "the id of the process", process(LINE.replace('"t"', '"p"')), "duplicate-id", "p"
    yield "an event at the edge of nothing", process(LINE + _edge("ghost") + chain_more("b", "e")), "dangling", "b"
    yield "an event at the edge of an end", process(LINE + _edge("e") + chain_more("b", "e")), "dangling", "b"
    yield "an import", process(LINE, '<import importType="x" location="file:///etc/passwd" namespace="y"/>'), "import", None
    yield "a message that is not there", process(_caught('<messageEventDefinition messageRef="ghost"/>')), "dangling", "w"
    yield (
        "a default that is no way out",
        process(LINE.replace('<userTask id="t"', '<userTask default="f1" id="t"')),
        "dangling",
        "t",
    )


def chain_more(source: str, target: str) -> str:
    """One more flow."""
    return flow(f"more_{source}_{target}", source, target)


def _edge(host: str, definition: str = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>") -> str:
    return f'<boundaryEvent id="b" attachedToRef="{host}">{definition}</boundaryEvent>'


def _caught(definition: str) -> str:
    event = f'<intermediateCatchEvent id="w">{definition}</intermediateCatchEvent>'
    return '<startEvent id="s"/>' + step() + event + '<endEvent id="e"/>' + chain("s", "t", "w", "e")


def _fork(inside: str, *flows: str) -> bytes:
    drawn = []
    for number, line in enumerate(flows):
        ends, _, condition = line.partition(": ")
        drawn.append(flow(f"f{number}", *ends.split(), condition or None))
    return process('<startEvent id="s"/><endEvent id="e"/>' + inside + "".join(drawn))


def _shapes() -> Iterator[tuple[str, bytes, str, str | None]]:
    yield "no start", process(step() + '<endEvent id="e"/>' + chain("t", "e")), "start-event", "p"
    yield "two starts", process(LINE + '<startEvent id="s2"/>' + chain_more("s2", "t")), "one-start", "p"
    yield "no end", process('<startEvent id="s"/>' + step() + chain("s", "t")), "dead-end", "t"
    yield "nothing but a start", process('<startEvent id="s"/>'), "dead-end", "s"
    yield "a step that nothing leads to", process(LINE + step("u") + chain_more("u", "e")), "unreachable", "u"
    yield (
        "an island that goes round",
        process(LINE + step("u") + step("v") + chain_more("u", "v") + chain_more("v", "u")),
        "unreachable",
        "u",
    )
    yield "two ways out of a step", process(LINE + '<endEvent id="e2"/>' + chain_more("t", "e2")), "split", "t"
    yield "a way into the start", process(LINE + chain_more("t", "s")), "flow-into-event", "more_t_s"
    yield "a way out of the end", process(LINE + chain_more("e", "t")), "flow-after-end", "more_e_t"
    yield "a loop in which nobody does anything", _fork(
        '<exclusiveGateway id="g"/><exclusiveGateway id="h" default="f2"/>', "s g", "g h", "h g", "h e"
    ), "busy-loop", "g"  # fmt: skip
    yield "a loop that never ends", _fork(step("a") + step("b"), "s a", "a b", "b a"), "never-ends", "a"
    yield "a join that waits for ever", _fork(
        step("t") + '<exclusiveGateway id="g" default="f2"/><parallelGateway id="j"/>' + step("a") + step("b"),
        "s t", "t g", "g a", "g b: defined(t.x)", "a j", "b j", "j e",
    ), "waits-for-ever", "j"  # fmt: skip
    yield "a join with a way back into it", _fork(
        '<parallelGateway id="j"/><exclusiveGateway id="g" default="f4"/>' + step("a"),
        "s j", "j a", "a g", "g e: defined(a.x)", "g j",
    ), "waits-for-ever", "j"  # fmt: skip
    yield "a flow over the border of a sub-process", process(
        '<startEvent id="s"/><subProcess id="u"><startEvent id="us"/>' + step("a") + '<endEvent id="ue"/>'
        + chain_more("us", "a") + chain_more("a", "ue") + '</subProcess><endEvent id="e"/>' + chain("s", "u", "e")
        + chain_more("a", "e")
    ), "flow-crosses", "more_a_e"  # fmt: skip
    yield (
        "an empty sub-process",
        process('<startEvent id="s"/><subProcess id="u"/><endEvent id="e"/>' + chain("s", "u", "e")),
        "one-start",
        "u",
    )
    yield "sub-processes forty deep", process(
        '<startEvent id="s"/>' + "".join(f'<subProcess id="u{n}">' for n in range(40)) + step()
        + "</subProcess>" * 40 + '<endEvent id="e"/>' + chain("s", "u0", "e")
    ), "one-start", "u39"  # fmt: skip
    yield "nine hundred steps", process(
        '<startEvent id="s"/>' + "".join(f'<task id="t{n}"/>' for n in range(900)) + '<endEvent id="e"/>'
        + chain("s", *(f"t{n}" for n in range(900)), "e")
    ), "size", "p"  # fmt: skip


def doubling() -> bytes:
    """Forks that come together without a join, twenty in a row: one token becomes a million."""
    return _fork(
        "".join(f'<parallelGateway id="a{n}"/><exclusiveGateway id="b{n}"/>' for n in range(20)) + step("x"),
        *("s x", "x a0"),
        *(f"a{n} b{n}" for n in range(20) for _ in range(2)),
        *(f"b{n} a{n + 1}" for n in range(19)),
        "b19 e",
    )


def _waits() -> Iterator[tuple[str, bytes, str, str | None]]:
    for name, text, kind in (
        ("minus five minutes", "-PT5M", "timeDuration"),
        ("no time at all", "PT0S", "timeDuration"),
        ("a month", "P1M", "timeDuration"),
        ("a billion months", "P1000000000M", "timeDuration"),
        ("ten million years", "P10000000D", "timeDuration"),
        ("a number", "5", "timeDuration"),
        ("code", "__import__('os').system('id')", "timeDuration"),
        ("a duration where a date is", "P1D", "timeDate"),
        ("a date without a zone", "2026-12-01T09:00:00", "timeDate"),
        ("the year 99999", "99999-01-01T00:00:00Z", "timeDate"),
        ("the thirtieth of February", "2026-02-30T00:00:00Z", "timeDate"),
        ("a cycle of nothing", "R5/PT0S", "timeCycle"),
        ("a cycle for ever", "R/PT1H", "timeCycle"),
        ("a cron line", "0 0 9 * * ?", "timeCycle"),
        ("an expression", "${now()}", "timeDuration"),
        ("nothing", "", "timeDuration"),
    ):
        yield f"a timer of {name}", with_timer(text, kind), "timer", "w"
    yield "an event that waits for nothing", process(_caught("")), "event", "w"
    yield (
        "an event that waits for two things",
        process(_caught("<signalEventDefinition/><messageEventDefinition/>")),
        "event",
        "w",
    )
    yield "an event that is cancelled", process(_caught("<cancelEventDefinition/>")), "event", "w"
    yield "an event that compensates", process(_caught("<compensateEventDefinition/>")), "event", "w"
    yield "a condition that is code", process(
        _caught("<conditionalEventDefinition><condition>open('/etc/passwd')</condition></conditionalEventDefinition>")
    ), "condition", "w"  # fmt: skip
    yield (
        "an error out of a step",
        process(LINE + _edge("t", "<errorEventDefinition/>") + chain_more("b", "e")),
        "error-boundary",
        "b",
    )
    yield "a start by the clock", process(LINE.replace('<startEvent id="s"/>', _start("timer"))), "event", "s"
    yield "a service task without a connector", _bare("serviceTask"), "connector", "t"
    for kind in ("transaction", "adHocSubProcess", "complexGateway", "choreographyTask"):
        yield f"a {kind}", _bare(kind), "unsupported", "t"
    yield "a call of nothing", _bare("callActivity"), "call", "t"
    yield "a call of what is not there", _bare("callActivity", 'calledElement="ghost"'), "call", "t"
    yield "a message task without a message", _bare("sendTask"), "message", "t"
    yield (
        "a compensation",
        process(LINE.replace('<userTask id="t"', '<userTask isForCompensation="true" id="t"')),
        "compensation",
        "t",
    )
    yield "a data store", process(LINE + '<dataStoreReference id="store"/>'), "data-store", "store"


def _bare(kind: str, attributes: str = "") -> bytes:
    """An element that no person does, in the place of the step."""
    return process(f'<startEvent id="s"/><{kind} id="t" {attributes}/><endEvent id="e"/>' + chain("s", "t", "e"))


def _start(kind: str) -> str:
    return f'<startEvent id="s"><{kind}EventDefinition><timeCycle>R/PT1S</timeCycle></{kind}EventDefinition></startEvent>'


def _repeats() -> Iterator[tuple[str, bytes, str, str | None]]:
    for name, text, rule in (
        ("ten million", "10000000", "repeat-bounds"),
        ("minus one", "-1", "repeat-bounds"),
        ("code", "open('x')", "repeat-expression"),
        ("nothing", "", "repeat-count"),
    ):
        yield f"{name} instances", with_marker(several(text)), rule, "t"
    yield "a loop without an end", with_marker("<standardLoopCharacteristics/>"), "repeat-count", "t"
    yield (
        "a loop of a billion rounds",
        with_marker('<standardLoopCharacteristics loopMaximum="1000000000"/>'),
        "repeat-bounds",
        "t",
    )
    yield "a loop until code says so", with_marker(
        "<standardLoopCharacteristics><loopCondition>__import__('os')</loopCondition></standardLoopCharacteristics>"
    ), "repeat-expression", "t"  # fmt: skip
    yield "a completion condition that is code", with_marker(
        "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality><completionCondition>exec('x')"
        "</completionCondition></multiInstanceLoopCharacteristics>"
    ), "repeat-expression", "t"  # fmt: skip


def _extensions() -> Iterator[tuple[str, bytes, str, str | None]]:
    for name, rule, old, new in (
        ("a post with markup", "pilot-schema", 'responsible="service-agent"', 'responsible="&lt;b&gt;"'),
        ("a post that walks up", "pilot-schema", 'responsible="service-agent"', 'responsible="../../etc"'),
        ("a standard that is code", "standard-readable", 'completion="1 working hour"', 'completion="eval(1)"'),
        ("a standard of minus an hour", "standard-readable", 'completion="1 working hour"', 'completion="-1 working hours"'),
        ("a standard of a month", "standard-readable", 'completion="1 working hour"', 'completion="P1M"'),
        ("a standard on no calendar", "pilot-schema", "<pilot:standard ", '<pilot:standard calendar="../cn" '),
        ("an element of ours that does not exist", "pilot-element", "<pilot:raci", "<pilot:run"),
        ("an attribute of ours that does not exist", "pilot-schema", "<pilot:raci ", '<pilot:raci run="1" '),
        ("a form that walks up", "pilot-schema", "<pilot:raci", '<pilot:form ref="../../etc/passwd"/><pilot:raci'),
        ("a form that is not there", "form-exists", "<pilot:raci", '<pilot:form ref="ghost"/><pilot:raci'),
        ("a decision on a step", "pilot-element", "<pilot:raci", '<pilot:decision ref="ghost"/><pilot:raci'),
        ("no post", "one-responsible", DUTY, '<pilot:standard completion="1 working hour"/>'),
        ("no standard", "step-standard", DUTY, '<pilot:raci responsible="a" accountable="b"/>'),
    ):
        yield name, _replaced(old, new), rule, "t"
