"""The markers that repeat an activity: multi-instance and standard loop, as one value.

The norm names the collection of a multi-instance by an id (`loopDataInputRef`) and has no place for an expression. So ours stands
inside the marker: `<pilot:repeat over="plan.departments" as="department"/>`; without it the id is read as the expression.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bpmn.model import Repetition
from bpmn.names import PILOT, tag, unprefixed
from bpmn.safexml import line_of, local, text_of

_ACTED_ON = frozenset({"id", "isSequential", "testBefore", "loopMaximum"})
_READ = frozenset({
    *("loopCardinality", "loopDataInputRef", "inputDataItem", "completionCondition", "loopCondition"),
    *("documentation", "extensionElements"),
})  # fmt: skip
_PLAIN = {"behavior": "All"}  # what an attribute says when it changes nothing


def read_repetition(activity: etree._Element) -> Repetition | None:
    """How an activity is repeated; None for one that carries no marker."""
    several = activity.find(tag("multiInstanceLoopCharacteristics"))
    if several is not None:
        return _several(several)
    loop = activity.find(tag("standardLoopCharacteristics"))
    if loop is None:
        return None
    return Repetition(
        "loop",
        line_of(loop),
        condition=_text(loop, "loopCondition"),
        test_first=loop.get("testBefore") in {"true", "1"},
        maximum=(loop.get("loopMaximum") or "").strip() or None,
        beside=tuple(_beside(loop)),
    )


def _several(marker: etree._Element) -> Repetition:
    ours = marker.find(f"{tag('extensionElements')}/{tag('repeat', PILOT)}")
    item = marker.find(tag("inputDataItem"))
    named = (item.get("name") or item.get("id")) if item is not None else None
    given = ours.get("over") if ours is not None else None
    return Repetition(
        "sequential" if marker.get("isSequential") in {"true", "1"} else "parallel",
        line_of(marker),
        cardinality=_text(marker, "loopCardinality"),
        over=given or unprefixed(_text(marker, "loopDataInputRef") or "") or None,
        element=(ours.get("as") if ours is not None else None) or named or "item",
        until=_text(marker, "completionCondition"),
        beside=tuple(_beside(marker)),
    )


def _text(marker: etree._Element, name: str) -> str | None:
    return text_of(marker.find(tag(name))) or None


def _beside(marker: etree._Element) -> Iterator[str]:
    for raw, value in marker.attrib.items():
        name = etree.QName(raw).localname
        if name not in _ACTED_ON and value != _PLAIN.get(name):
            yield str(name)
    yield from (local(child) for child in marker.iterchildren(tag("*")) if local(child) not in _READ)
