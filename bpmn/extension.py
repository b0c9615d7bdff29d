"""Our own elements inside a BPMN file: where each may stand, what it must say, and the values it becomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from lxml import etree

from bpmn.durations import BadDuration, Duration
from bpmn.model import Raci, Standard
from bpmn.names import EVENTS, HUMAN, PILOT, tag
from bpmn.safexml import Report, local, space

# Our element -> the BPMN elements it may stand on. Those in _ONCE at most once each.
_HOSTS: dict[str, frozenset[str]] = {
    "process": frozenset({"process"}),
    "standard": HUMAN | {"process"},
    "department": frozenset({"lane"}),
    "raci": HUMAN,
    "form": HUMAN | {"startEvent", "receiveTask", "serviceTask", "intermediateCatchEvent", "boundaryEvent"},
    "decision": frozenset({"businessRuleTask"}),
    "intake": frozenset({"startEvent"}),
    "connector": frozenset({"serviceTask"}),
    "message": EVENTS | {"sendTask", "receiveTask"},
    "input": HUMAN,
    "output": HUMAN,
    "repeat": frozenset({"multiInstanceLoopCharacteristics"}),
    "pass": frozenset({"callActivity"}),
}
_MANY = frozenset({"input", "output", "pass"})


@dataclass(frozen=True, slots=True)
class Extension:
    """What our elements say about one BPMN element; everything is optional here, the rules say what must be there."""

    code: str | None = None
    owner: str | None = None
    director: str | None = None
    department: str | None = None
    raci: Raci | None = None
    standard: Standard | None = None
    form: str | None = None
    decision: str | None = None
    public_intake: bool = False
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    message_key: str | None = None
    payload: str | None = None
    passes: tuple[tuple[str, str], ...] = ()
    connector: str | None = None


def check_extensions(root: etree._Element, report: Report) -> None:
    """Every element and attribute of our namespace stands where it may and says what the schema allows."""
    schema = _schema()
    for element in root.iter():
        for name in element.attrib:
            if etree.QName(name).namespace == PILOT:
                report.add("pilot-attribute", f"attribute pilot:{etree.QName(name).localname} is unknown: remove it", element)
        if space(element) == PILOT:
            _check_place(element, report)
            _check_content(element, schema, report)
    for holder in root.iter(tag("extensionElements")):
        _check_once(holder, report)


def read_extension(owner: etree._Element, report: Report) -> Extension:
    """The values that our elements give to `owner`; what cannot be read becomes a finding."""
    found = {local(element): element for element in _ours(owner)}
    process, intake, message, connector = (found.get(name) for name in ("process", "intake", "message", "connector"))
    return Extension(
        code=_attribute(process, "code"),
        owner=_attribute(process, "owner"),
        director=_attribute(process, "director"),
        department=_attribute(found.get("department"), "code"),
        raci=_raci(found.get("raci")),
        standard=_standard(found.get("standard"), owner, report),
        form=_attribute(found.get("form"), "ref"),
        decision=_attribute(found.get("decision"), "ref"),
        public_intake=_attribute(intake, "public") in {"true", "1"},
        inputs=tuple(_names(owner, "input")),
        outputs=tuple(_names(owner, "output")),
        message_key=_attribute(message, "key"),
        payload=_text(message if message is not None else connector),
        connector=_attribute(connector, "ref"),
        passes=tuple(_passes(owner)),
    )


def _schema() -> etree.XMLSchema:
    # Built for each file: lxml keeps the error log on the schema object, and two threads would read each other's errors.
    return etree.XMLSchema(etree.fromstring(files("bpmn").joinpath("pilot.xsd").read_bytes()))


def _ours(owner: etree._Element) -> Iterator[etree._Element]:
    for holder in owner.iterchildren(tag("extensionElements")):
        yield from holder.iterchildren(tag("*", PILOT))


def _owner(element: etree._Element) -> etree._Element | None:
    holder = element.getparent()
    return holder.getparent() if holder is not None and holder.tag == tag("extensionElements") else None


def _check_place(element: etree._Element, report: Report) -> None:
    name, owner = local(element), _owner(element)
    hosts = _HOSTS.get(name)
    if hosts is None:
        report.add(
            "pilot-element",
            f"<pilot:{name}> (line {element.sourceline}) is unknown: known are {', '.join(sorted(_HOSTS))}",
            owner,
        )
    elif owner is None:
        report.add("pilot-element", f"<pilot:{name}> must stand inside <bpmn:extensionElements>", element)
    elif local(owner) not in hosts:
        report.add(
            "pilot-element", f"<pilot:{name}> cannot stand on a {local(owner)}, only on: {', '.join(sorted(hosts))}", owner
        )


def _check_content(element: etree._Element, schema: etree.XMLSchema, report: Report) -> None:
    if local(element) not in _HOSTS:
        return
    owner = _owner(element)
    if local(element) == "raci" and len(element.get("responsible", "").split()) > 1:
        message = "several posts are responsible, so nobody is: name one as responsible and the others as consulted"
        report.add("one-responsible", message, owner if owner is not None else element)
    elif not schema.validate(element):
        log: Any = schema.error_log  # the stubs do not know that it can be walked
        for error in log:
            text = error.message.replace(f"{{{PILOT}}}", "pilot:")
            report.add("pilot-schema", f"line {element.sourceline}: {text}", owner if owner is not None else element)


def _check_once(holder: etree._Element, report: Report) -> None:
    seen: set[str] = set()
    for element in holder.iterchildren(tag("*", PILOT)):
        name = local(element)
        if name in seen and name not in _MANY:
            report.add("pilot-element", f"<pilot:{name}> is given twice: keep one", holder.getparent())
        seen.add(name)


def _attribute(element: etree._Element | None, name: str) -> str | None:
    value = " ".join(element.get(name, "").split()) if element is not None else ""
    return value or None


def _text(element: etree._Element | None) -> str | None:
    return ((element.text or "").strip() or None) if element is not None else None


def _names(owner: etree._Element, kind: str) -> Iterator[str]:
    return (name for element in _ours(owner) if local(element) == kind and (name := _attribute(element, "name")))


def _passes(owner: etree._Element) -> Iterator[tuple[str, str]]:
    for element in _ours(owner):
        if local(element) == "pass":
            yield element.get("name", "").strip(), element.get("value", "").strip()


def _raci(element: etree._Element | None) -> Raci | None:
    responsible = _attribute(element, "responsible")
    if element is None or responsible is None:
        return None
    consulted, informed = (tuple(element.get(name, "").split()) for name in ("consulted", "informed"))
    return Raci(responsible, _attribute(element, "accountable"), consulted, informed)


def _standard(element: etree._Element | None, owner: etree._Element, report: Report) -> Standard | None:
    if element is None:
        return None
    completion = _duration(element, "completion", owner, report)
    reaction = _duration(element, "reaction", owner, report)
    if completion is None:
        return None
    return Standard(completion, reaction, _attribute(element, "calendar") or "cn")


def _duration(element: etree._Element, name: str, owner: etree._Element, report: Report) -> Duration | None:
    text = element.get(name)
    if text is None:
        return None
    try:
        return Duration.parse(text)
    except BadDuration as error:
        report.add("standard-readable", f"the {name} time standard (line {element.sourceline}) cannot be read: {error}", owner)
        return None
