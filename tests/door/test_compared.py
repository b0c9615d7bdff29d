"""Whatever gets lost between the drawing and what runs keeps a process from being deployed, and says which element it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import engine
from bpmn import Bundle, Model, drawn, read_bundle, shipped
from engine import compared, spiff_parse
from engine.gate import inspect
from tests.bpmn.drafts import file, flow
from tests.world import World

SHIPPED = shipped("CSC-2024-001")
MODEL = SHIPPED.model


def lost(model: Model) -> set[str | None]:
    """The elements that the comparison names, when the specification is made of `model` itself."""
    return {finding.element for finding in compared.compare(model, spiff_parse.build(model, SHIPPED.decisions, SHIPPED.forms))}


def without_node(model: Model) -> Model:
    """A reader that passes over the archive step, and over the flows at it."""
    flows = tuple(flow for flow in model.flows if "archive" not in {flow.source, flow.target})
    return replace(model, nodes=tuple(node for node in model.nodes if node.id != "archive"), flows=flows)


def without_flow(model: Model) -> Model:
    """A reader that passes over one way out of a decision."""
    return replace(model, flows=tuple(flow for flow in model.flows if flow.target != "approve_director"))


def another_kind(model: Model) -> Model:
    """A reader that takes an inclusive join for an exclusive one."""
    kinds = {"answers_in": "exclusiveGateway"}
    return replace(model, nodes=tuple(replace(node, kind=kinds.get(node.id, node.kind)) for node in model.nodes))


def another_end(model: Model) -> Model:
    """A reader that leads a flow past the feedback."""
    return replace(
        model, flows=tuple(replace(flow, target="archive") if flow.target == "feedback" else flow for flow in model.flows)
    )


def test_nothing_is_lost_of_the_shipped_process() -> None:
    assert lost(MODEL) == set()
    assert len(drawn(MODEL.xml, MODEL.process_id).nodes) == len(MODEL.nodes)


@pytest.mark.parametrize(
    ("broken", "names"),
    [
        (without_node, "archive"),
        (without_flow, next(flow.id for flow in MODEL.flows if flow.target == "approve_director")),
        (another_kind, "answers_in"),
        (another_end, next(flow.id for flow in MODEL.flows if flow.target == "feedback")),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_reader_that_loses_something_is_found_out(broken: Callable[[Model], Model], names: str) -> None:
    assert names in lost(broken(MODEL))


def test_so_is_a_builder_that_loses_something(monkeypatch: pytest.MonkeyPatch, sqlite_world: World) -> None:
    """The specification without the way from the last step to the end: deploy refuses, and nothing is written."""
    whole = spiff_parse.build

    def careless(*arguments: Any) -> Any:
        built = whole(*arguments)
        built.top.task_specs["archive"]._outputs.clear()
        return built

    monkeypatch.setattr("engine.gate.build", careless)
    assert {finding.element for finding in inspect(SHIPPED) if finding.rule == "lost"} == {"archive"}
    with pytest.raises(engine.Refused, match="archive"), engine.writing(sqlite_world.engine) as c:
        engine.deploy(c, SHIPPED, version="V9", by=None, now=sqlite_world.now)
    with engine.reading(sqlite_world.engine) as c:
        assert [row.version for row in engine.list_processes(c)] == ["V1.0"]


def test_so_is_a_builder_that_makes_something_up() -> None:
    built = spiff_parse.build(MODEL, SHIPPED.decisions, SHIPPED.forms)
    built.top.task_specs["archive"].bpmn_id = "elsewhere"
    assert {"archive", "elsewhere"} <= {finding.element for finding in compared.compare(MODEL, built)}


def test_what_a_flow_leads_to_counts_whatever_it_is() -> None:
    """An element of a kind that nobody here knows, in the middle of the flow."""
    strange = '<startEvent id="s"/><quantumTask id="q"/><endEvent id="e"/>' + flow("f1", "s", "q") + flow("f2", "q", "e")
    assert ("q", "quantumTask") in drawn(file(strange), "p").nodes


def test_two_flows_between_the_same_two_are_two() -> None:
    twice = (
        '<startEvent id="s"/><exclusiveGateway id="a" default="f3"/><exclusiveGateway id="b"/><endEvent id="e"/>'
        + flow("f1", "s", "a")
        + flow("f2", "a", "b", "true")
        + flow("f3", "a", "b")
        + flow("f4", "b", "e")
    )
    model = bundle(twice).model
    assert lost(model) == set()
    assert "f2" in lost(replace(model, flows=tuple(flow for flow in model.flows if flow.id != "f2")))


def bundle(process: str) -> Bundle:
    """A process of its own."""
    return read_bundle({"to-be.bpmn": file(process)})
