"""What a file draws, counted from its elements by themselves: the second opinion that a model, and what runs, is held against."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn.names import FLOW_NODES, tag
from bpmn.safexml import local, parse


@dataclass(frozen=True, slots=True)
class Drawn:
    """Every flow node of a process as (id, kind) and every sequence flow as (id, source, target), at any depth, in file order.

    What a sequence flow leads from or to counts as a node whatever its kind is.
    """

    nodes: tuple[tuple[str, str], ...]
    flows: tuple[tuple[str, str, str], ...]


def drawn(xml: bytes, process: str) -> Drawn:
    """What stands in the process with this id. Raises BadModel for bytes that are not safe XML."""
    root = parse(xml, None)
    inside = [element for found in root.iter(tag("process")) if found.get("id") == process for element in found.iter(tag("*"))]
    flows = [element for element in inside if element.tag == tag("sequenceFlow")]
    ends = {flow.get(end) for flow in flows for end in ("sourceRef", "targetRef")}
    nodes = [element for element in inside if local(element) in FLOW_NODES or element.get("id") in ends]
    return Drawn(
        tuple((node.get("id", ""), local(node)) for node in nodes),
        tuple((flow.get("id", ""), flow.get("sourceRef", ""), flow.get("targetRef", "")) for flow in flows),
    )
