"""The drawing against what would run: the elements of the XML, the model, and the specification have to say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeVar

from bpmn import Finding, Model, drawn
from engine.spiff_parse import Specs, differences, unknown_specs

_Value = TypeVar("_Value", bound=Hashable)
_LOST = "the engine would run this element differently from the drawing: report it"


def compare(model: Model, built: Specs) -> Iterator[Finding]:
    """One finding for each element that is not the same in all three; nothing when they agree."""
    seen = drawn(model.xml, model.process_id)
    odd = [
        *(identifier for identifier, _ in _differing(seen.nodes, ((node.id, node.kind) for node in model.nodes))),
        *(
            identifier
            for identifier, _, _ in _differing(seen.flows, ((flow.id, flow.source, flow.target) for flow in model.flows))
        ),
        *differences(built, model),
        *unknown_specs(built, model),
    ]
    for identifier in dict.fromkeys(odd):
        node = model.by_id.get(identifier)
        yield Finding("lost", _LOST, identifier or None, node.name if node else None, node.line if node else None)


def _differing(one: Iterable[_Value], other: Iterable[_Value]) -> list[_Value]:
    """What stands in one more often than in the other."""
    left, right = Counter(one), Counter(other)
    return [*(left - right), *(right - left)]
