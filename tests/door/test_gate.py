"""The gate lets through what runs as drawn, and says of everything else what is wrong, where, and what to do."""

from __future__ import annotations

import dataclasses
import time
from itertools import product

import pytest

from bpmn import BadModel, Bundle, EventDefinition, Flow, Model, Node, read_model, shipped
from engine.gate import inspect
from engine.runnable import check_model
from engine.spiff import prepare
from engine.spiff_parse import build, differences
from tests.door.paper import MORNING, SHARED, bundle, draw, rules, table

GOOD = ({"a": "user f", "x": "xor", "b": "user"}, ["start a", "a x", "x b: a.ok == true", "x end: default", "b end"])
HARMLESS = {"00_good", "16_utf16", "24_xinclude", "47_timer_unquoted", "63_stored_xss_names"}


def model_of(*nodes: Node, flows: tuple[Flow, ...] = ()) -> Model:
    """A model as values, for what the reader would not let through."""
    return Model("P", "P", b"<x/>", "0", nodes, flows)


def test_a_good_drawing_breaks_no_rule():
    assert inspect(bundle(draw(*GOOD), f=("ok",))) == ()


def test_the_shipped_process_breaks_no_rule():
    assert inspect(shipped("CSC-2024-001")) == ()


@pytest.mark.parametrize("path", sorted((SHARED / "hostile").glob("*.bpmn")), ids=lambda path: path.stem)
def test_every_hostile_file_is_refused_in_a_moment_unless_it_is_harmless(path):
    began = time.perf_counter()
    try:
        found = inspect(Bundle(read_model(path.read_bytes(), path.name)))
    except BadModel as refused:
        found = refused.findings
    assert time.perf_counter() - began < 2
    assert (path.stem in HARMLESS) is not any(finding.severity == "error" for finding in found)
    assert not any(word in str(finding) for finding in found for word in ("Traceback", "Error(", "object at 0x"))


@pytest.mark.parametrize("path", sorted((SHARED / "corpus").glob("*.bpmn*")), ids=lambda path: path.stem[:40])
def test_every_foreign_file_is_judged_without_a_crash_and_what_passes_can_start(path):
    try:
        model = read_model(path.read_bytes(), path.name)
    except BadModel:
        return
    found = inspect(Bundle(model))
    assert all(finding.message and finding.line for finding in found)
    if not any(finding.severity == "error" for finding in found):
        assert prepare(model, {}).start({"intake": {}}, MORNING).state


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("complexGateway", "complex"),
        ("transaction", "transaction"),
        ("adHocSubProcess", "ad-hoc"),
    ],
)
def test_a_kind_that_cannot_run_is_refused_with_a_way_out(kind, word):
    found = inspect(bundle(draw({"a": kind, "b": "user"}, ["start a", "a b", "b end"])))
    (finding,) = [finding for finding in found if finding.rule == "unsupported"]
    assert finding.element == "a"
    assert finding.line
    assert word in finding.message
    assert ":" in finding.message


@pytest.mark.parametrize(
    ("steps", "rule"),
    [
        ({"a": "manual <multiInstanceLoopCharacteristics/>"}, "repeat-count"),
        ({"a": "manual <standardLoopCharacteristics/>"}, "repeat-count"),
        ({"a": "wait PT0S"}, "timer"),
        ({"a": "wait P1M"}, "timer"),
        ({"a": "wait -PT5M"}, "timer"),
        ({"a": "wait P"}, "timer"),
        ({"a": "wait PT"}, "timer"),
        ({"a": "wait PT99999999999H"}, "timer"),
        ({"a": "wait P10000D"}, "timer"),
        ({"a": "wait intake.days"}, "timer"),
        ({"a": "wait 2026-03-01"}, "timer"),
        ({"a": "wait 2026-03-01T10:00:00"}, "timer"),
        ({"a": "wait 2026-02-30T10:00:00Z"}, "timer"),
        ({"a": "wait 2026-03-01T25:00:00Z"}, "timer"),
        ({"a": "wait 4 working hours"}, "timer"),
        ({"a": "wait R3/PT1H"}, "timer-cycle"),
        ({"a": "user", "t": "on a R3/PT1H"}, "timer-cycle"),
        ({"a": "user", "t": "aside a R/PT1H"}, "timer"),
        ({"a": "user", "t": "aside a R0/PT1H"}, "timer"),
        ({"a": "user", "t": "aside a R101/PT1H"}, "timer"),
        ({"a": "user", "t": "aside a R3/PT59S"}, "timer"),
        ({"a": "user", "t": "aside a R3/2026-01-01T00:00:00Z/PT1H"}, "timer"),
        ({"a": "user", "t": "on a error E"}, "error-boundary"),
        ({"a": "script x = 1", "t": "on a PT1H"}, "boundary-host"),
        ({"a": "script while True: pass"}, "script"),
        ({"a": "script"}, "script"),
        ({"a": "rule lost"}, "decision"),
        ({"a": "businessRuleTask"}, "decision"),
        ({"End": "user", "a": "user"}, "id-reserved"),
        ({"Start": "user", "a": "user"}, "id-reserved"),
        ({"Root": "user", "a": "user"}, "id-reserved"),
        ({"P.EndJoin": "user", "a": "user"}, "id-reserved"),
        ({"a.BoundaryEventSplit": "user", "a": "user"}, "id-reserved"),
        ({"intake": "user", "a": "user"}, "id-reserved"),
        ({"class": "user", "a": "user"}, "id-reserved"),
        ({"true": "user", "a": "user"}, "id-reserved"),
        ({"b": "user", "a": "user"}, "unreachable"),
        ({"a": "pass <signalEventDefinition/>"}, "message"),
        ({"a": "pass <messageEventDefinition/>"}, "message"),
        ({"a": "pass <linkEventDefinition name='l'/>"}, "link"),
        ({"a": "pass <compensateEventDefinition/>"}, "event"),
        ({"a": "wait"}, "timer"),
        ({"a": "intermediateCatchEvent"}, "event"),
        ({"a": "wait if "}, "condition"),
        ({"a": "wait if import os"}, "condition"),
        ({"a": "wait message"}, "message"),
        ({"a": "wait escalation L"}, "event"),
        ({"a": "send"}, "message"),
        ({"a": "receive"}, "message"),
        ({"a": "throw if true"}, "event"),
        ({"a": "throw message M | key import os"}, "message"),
        ({"a": "throw message M | send 1 +"}, "message"),
        ({"a": "wait message M | send x = 1"}, "message"),
        ({"a": "throw escalation L | key 1"}, "message"),
        ({"a": "throw message M | key lost.number"}, "unknown-name"),
        ({"a": "throw message M | send x = lost.number"}, "unknown-name"),
        ({"a": "wait if lost.ok == true"}, "unknown-name"),
        ({"a": "send M", "t": "on a PT1H"}, "boundary-host"),
        ({"a": "user", "t": "on a escalation L"}, "error-boundary"),
    ],
)
def test_an_element_that_would_be_misread_is_refused(steps, rule):
    assert rule in rules(steps, ["start a", "a end", *(f"{name} end" for name in steps if name != "a")])


@pytest.mark.parametrize("kind", ["signal", "message", "compensate", "cancel", "error", "link", "terminate link"])
def test_an_end_that_would_report_to_nobody_is_refused(kind):
    model = draw({"a": "user"}, ["start a", "a end"])
    events = tuple(EventDefinition(name, 3) for name in kind.split())
    nodes = tuple(dataclasses.replace(node, events=events) if node.id == "end" else node for node in model.nodes)
    found = {finding.rule for finding in check_model(dataclasses.replace(model, nodes=nodes), {})}
    assert found == {{"error": "error-not-caught", "signal": "message", "message": "message"}.get(kind, "event")} | (
        {"link"} if "link" in kind else set()
    )


@pytest.mark.parametrize("host", [None, "lost", "x", "start", "b"])
def test_a_boundary_event_without_a_step_to_stand_at_is_refused(host):
    """SpiffWorkflow drops such a timer without a word."""
    sub = ({"b": "user"}, ["sub_start b", "b sub_end"])
    model = draw({"a": "user", "late": "on a PT1H", "sub": sub, "x": "xor"}, ["start a", "a x", "x sub", "sub end", "late end"])
    nodes = tuple(dataclasses.replace(node, attached_to=host) if node.id == "late" else node for node in model.nodes)
    assert "boundary-host" in {finding.rule for finding in check_model(dataclasses.replace(model, nodes=nodes), {})}


@pytest.mark.parametrize(
    ("source", "target", "rule"),
    [
        ("a", "lost", "dangling"),
        ("lost", "a", "dangling"),
        ("a", "b", "dangling"),
        ("b", "end", "dangling"),
        ("a", "start", "flow-into-event"),
        ("a", "late", "flow-into-event"),
        ("end", "a", "flow-after-end"),
    ],
)
def test_a_flow_that_leads_nowhere_is_refused(source, target, rule):
    sub = ({"b": "user"}, ["sub_start b", "b sub_end"])
    model = draw({"a": "user", "late": "on a PT1H", "sub": sub}, ["start a", "a sub", "sub end", "late end"])
    flow = Flow("f", source, target, 7, "P")
    found = check_model(dataclasses.replace(model, flows=(*model.flows, flow)), {})
    assert (rule, "f", 7) in {(finding.rule, finding.element, finding.line) for finding in found}


def test_conditions_in_a_process_without_a_start_are_still_judged():
    model = model_of(
        Node("x", "exclusiveGateway", "x", 1, "P", default="g"),
        Node("a", "userTask", "a", 2, "P"),
        flows=(Flow("f", "x", "a", 3, "P", condition="a.ok == true"), Flow("g", "x", "a", 4, "P")),
    )
    assert {"one-start", "no-end"} <= {finding.rule for finding in inspect(Bundle(model))}


def test_an_event_sub_process_and_compensation_are_refused():
    sub = ({"b": "user"}, ["sub_start b", "b sub_end"])
    model = draw({"sub": sub, "a": "user"}, ["start sub", "sub a", "a end"])
    for change, rule in (({"triggered_by_event": True}, "event-sub-process"), ({"for_compensation": True}, "compensation")):
        nodes = tuple(dataclasses.replace(node, **change) if node.id == "sub" else node for node in model.nodes)
        assert rule in {finding.rule for finding in check_model(dataclasses.replace(model, nodes=nodes), {})}


@pytest.mark.parametrize(
    ("steps", "flows", "rule"),
    [
        ({"a": "user", "b": "user"}, ["start a", "a b"], "no-end"),
        ({"a": "user", "b": "user"}, ["start a", "a b", "a end"], "dead-end"),
        ({"a": "user", "b": "user"}, ["start a", "a b", "a end", "b end"], "split"),
        ({"a": "user", "s2": "start"}, ["start a", "s2 a", "a end"], "one-start"),
        ({"a": "user"}, ["start a", "start end", "a end"], "split"),
        ({"a": "user", "x": "xor"}, ["start a", "a x", "x end: a.n > 1"], "condition-ignored"),
        ({"a": "user", "b": "user"}, ["start a", "a b: a.n > 1", "b end"], "condition-ignored"),
        ({"a": "user", "x": "and", "b": "user"}, ["start a", "a x", "x b: a.n > 1", "x end", "b end"], "condition-ignored"),
        ({"a": "user", "x": "xor", "b": "user"}, ["start a", "a x", "x b", "x end: default", "b end"], "no-condition"),
        ({"a": "user", "x": "xor", "b": "user"}, ["start a", "a x", "x b: a.n > 1", "x end: a.n < 1", "b end"], "no-default"),
        ({"a": "user", "x": "or", "b": "user"}, ["start a", "a x", "x b: a.n > 1", "x end: a.n < 1", "b end"], "no-default"),
        ({"a": "user", "x": "xor", "b": "user"}, ["start a", "a x", "x b: ${n > 1}", "x end: default", "b end"], "condition"),
        ({"a": "user", "x": "xor", "b": "user"}, ["start a", "a x", "x b: a.n >", "x end: default", "b end"], "condition"),
        ({"a": "user", "b": "user", "end": "user"}, ["start a", "a b", "b a"], "no-end"),
        ({"a": "user", "x": "xor", "m": "xor"}, ["start m", "m x", "x m: 1 > 2", "x a: default", "a end"], "busy-loop"),
        ({"a": "user", "b": "user", "j": "and", "x": "xor"},
         ["start x", "x a: true", "x b: default", "a j", "b j", "j end"], "waits-for-ever"),
        ({"s": "or", "a": "user", "b": "user", "j": "and"},
         ["start s", "s a: 1 > 2", "s b: true", "a j", "b j", "j end"], "waits-for-ever"),
        ({"sub": ({"b": "user"}, ["sub_start b"]), "a": "user"}, ["start sub", "sub a", "a end"], "no-end"),
        ({"sub": ({"b": "user"}, ["b sub_end"]), "a": "user"}, ["start sub", "sub a", "a end"], "one-start"),
    ],
)  # fmt: skip
def test_a_way_that_would_be_lost_or_stop_is_refused(steps, flows, rule):
    assert rule in rules(steps, flows)


def test_what_is_done_twice_is_pointed_out():
    steps = {"s": "and", "a": "user", "b": "user", "m": "xor", "c": "user"}
    flows = ["start s", "s a", "s b", "a m", "b m", "m c", "c end"]
    assert rules(steps, flows) == set()
    assert rules({**steps, "m": "and"}, flows, severity="warning") == set()


def test_a_case_that_cannot_even_start_is_found_by_starting_one():
    fees = table("UNIQUE", ["intake.n"], ["who"], ["> 100", '"x"'])
    drawn = draw({"t": "rule table"}, ["start t", "t end"])
    drawn = dataclasses.replace(
        drawn, nodes=tuple(dataclasses.replace(n, form="f") if n.id == "start" else n for n in drawn.nodes)
    )
    forms = {"f": {"properties": {"n": {"type": "number"}}, "required": ["n"]}}
    found = inspect(Bundle(drawn, {"table": fees}, forms))
    assert [finding.rule for finding in found] == ["trial-start"]
    assert "has no row for intake.n = 1" in found[0].message


@pytest.mark.parametrize("node_id", ["Т", "a b", "1a", "-a", "a" * 101, "a/b", "a'b", ""])
def test_ids_that_could_be_mistaken_are_refused(node_id):
    model = model_of(Node(node_id, "userTask", "x", 3, "P"))
    assert "id-syntax" in {finding.rule for finding in check_model(model, {})}


def test_whatever_values_come_the_gate_answers_with_findings():
    """Every kind of node with every oddity, built as values: no rule crashes."""
    kinds = ["userTask", "startEvent", "endEvent", "boundaryEvent", "exclusiveGateway", "subProcess", "scriptTask", "nonsense"]
    events = [
        (),
        (EventDefinition("timer", 1),),
        (EventDefinition("timer", 1, "timeDate", None),),
        (EventDefinition("x", 1),) * 2,
    ]
    for kind, event, attached, scope in product(kinds, events, [None, "lost", "n"], ["P", "lost", "n"]):
        node = Node("n", kind, "n", 1, scope, events=event, attached_to=attached, default="lost", decision="lost")
        odd = (Flow("f", "n", "n", 1, "P"), Flow("g", "n", "lost", 1, "P", condition="("), Flow("h", "lost", "n", 1, "P"))
        for flows in ((), odd):
            assert any(finding.severity == "error" for finding in inspect(Bundle(model_of(node, flows=flows))))


def test_the_model_and_what_was_built_from_it_are_compared():
    model = draw(*GOOD)
    assert list(differences(build(model, {}), model)) == []
    fewer = dataclasses.replace(model, flows=model.flows[:-1])
    assert list(differences(build(fewer, {}), model)) == ["b"]
    other = dataclasses.replace(model, nodes=(*model.nodes, Node("lost", "userTask", "lost", 1, "P")))
    assert list(differences(build(model, {}), other)) == ["lost"]


def test_the_largest_and_the_most_tangled_drawings_are_judged_in_a_moment():
    tangled, flows, before = {}, [], "start"
    for n in range(48):
        kind = ("xor", "and", "or")[n % 3]
        tangled |= {
            f"s{n}": kind,
            f"j{n}": kind,
            f"a{n}": "user f",
            f"b{n}": "user f",
            f"c{n}": "user f",
            f"t{n}": f"aside a{n} PT1H",
        }
        before_name = f"a{n - 1}" if n else "intake"
        ways = ["", "", ""] if kind == "and" else [f": exists({before_name}.ok) and b{n}.ok == true", ": true", ": default"]
        flows += [f"{before} s{n}", *(f"s{n} {step}{n}{way}" for step, way in zip("abc", ways, strict=True))]
        flows += [f"{step}{n} j{n}" for step in "abc"] + [f"t{n} j{n}"]
        before = f"j{n}"
    model = draw(tangled, [*flows, f"{before} end"])
    began = time.perf_counter()
    found = inspect(bundle(model, f=("ok",)))
    assert time.perf_counter() - began < 2
    assert found


_AT_EDGE = ["start sub", "sub end", "x b", "b end"]
_QUIET = ({"a": "user"}, ["sub_start a", "a sub_end"])
_OTHER = ({"a": "user", "s": "end error F"}, ["sub_start a", "a s"])
_ASIDE = ({"b": "user"}, ["h_start b", "b h_end"])


@pytest.mark.parametrize(
    ("steps", "flows"),
    [
        ({"sub": _QUIET, "x": "on sub error E", "b": "user"}, _AT_EDGE),
        ({"sub": _OTHER, "x": "on sub error E", "b": "user"}, _AT_EDGE),
        ({"a": "user", "h": (*_ASIDE, "on error E")}, ["start a", "a end"]),
        ({"a": "user", "h": (*_ASIDE, "aside escalation L")}, ["start a", "a end"]),
    ],
)
def test_an_error_or_escalation_that_nothing_reports_is_pointed_out(steps, flows):
    assert rules(steps, flows) == set()
    assert "never-happens" in rules(steps, flows, severity="warning")


@pytest.mark.parametrize(
    ("steps", "flows"),
    [
        ({"sub": ({"s": "end error E"}, ["sub_start s"]), "x": "on sub error", "b": "user"}, _AT_EDGE),
        ({"sub": ({"c": "service crm"}, ["sub_start c", "c sub_end"]), "x": "on sub error E", "b": "user"}, _AT_EDGE),
        ({"c": "service crm", "x": "on c error E", "b": "user"}, ["start c", "c end", "x b", "b end"]),
        ({"a": "throw escalation L", "h": (*_ASIDE, "aside escalation L")}, ["start a", "a end"]),
    ],
)
def test_one_that_may_be_reported_is_not(steps, flows):
    assert "never-happens" not in rules(steps, flows, severity="warning")
