"""Untrusted BPMN in, a frozen Model out. Nothing in a file is executed, resolved or fetched."""

from __future__ import annotations

import hashlib
from collections import Counter

from lxml import etree

from bpmn.elements import others_of, read_flows, read_lanes, read_nodes
from bpmn.extension import check_extensions, read_extension
from bpmn.model import Model
from bpmn.names import KEPT, tag
from bpmn.references import check_references
from bpmn.safexml import Report, attribute, line_of, local, parse, space, text_of

# Direction marks, overrides and isolates, zero-width space, byte order mark.
_INVISIBLE = frozenset(map(chr, (0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)))


def read_model(data: bytes, file: str | None = None) -> Model:
    """Read one BPMN 2.0 file (at most 5 MB, any encoding of XML) with one executable process.

    Comments, processing instructions and everything in a foreign namespace is left out of `Model.xml`, with a notice.
    Raises BadModel with a finding (line, element, sentence) for each thing that is wrong; nothing else is ever raised.
    """
    root = parse(data, file)
    report = Report(file)
    if root.tag != tag("definitions"):
        report.add("not-bpmn", f"the file holds <{local(root)}> and not BPMN 2.0 definitions: export it as BPMN 2.0", root)
        report.refuse_if_bad()
    _leave_out_foreign(root, report)
    _clean_names(root)
    process = _executable(root, report)
    check_references(root, process, report)
    check_extensions(root, report)
    report.refuse_if_bad()
    model = _model(root, process, report)
    report.refuse_if_bad()
    return model


def _model(root: etree._Element, process: etree._Element, report: Report) -> Model:
    xml = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    extension = read_extension(process, report)
    flows = read_flows(process)
    nodes = read_nodes(root, process, flows, report)
    return Model(
        process_id=attribute(process, "id"),
        name=attribute(process, "name") or _pool_name(root, process) or attribute(process, "id"),
        xml=xml,
        sha256=hashlib.sha256(xml).hexdigest(),
        nodes=nodes,
        flows=flows,
        lanes=read_lanes(process, nodes, report),
        standard=extension.standard,
        code=extension.code,
        owner=extension.owner,
        director=extension.director,
        documentation=text_of(process.find(tag("documentation"))),
        line=line_of(process),
        others=others_of(process),
        notices=report.notices(),
    )


def _pool_name(root: etree._Element, process: etree._Element) -> str | None:
    pools = root.iter(tag("participant"))
    return next((pool.get("name") for pool in pools if pool.get("processRef") == process.get("id")), None)


def _leave_out_foreign(root: etree._Element, report: Report) -> None:
    """Other tools' elements mean nothing here and a parser behind us might give them a meaning: they do not get through."""
    left_out: Counter[str] = Counter()
    for element in list(root.iter()):
        namespace = space(element)
        if namespace not in KEPT:
            left_out[namespace or "no namespace"] += 1
            _remove(element)
            continue
        for name in list(element.attrib):
            foreign = etree.QName(name).namespace
            if foreign is not None and foreign not in KEPT:
                left_out[foreign] += 1
                del element.attrib[name]
    for namespace, count in sorted(left_out.items()):
        report.add("foreign", f"{count} elements or attributes of {namespace} are not BPMN and were left out", root, "warning")


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _clean_names(root: etree._Element) -> None:
    """A label is read by people: no direction overrides, nothing invisible, single spaces."""
    for element in root.iter():
        name = element.get("name")
        if name is not None:
            visible = "".join(character for character in name if character not in _INVISIBLE)
            element.set("name", " ".join(visible.split()))


def _executable(root: etree._Element, report: Report) -> etree._Element:
    """The process marked executable; a process that says nothing counts when none is marked."""
    processes = root.findall(tag("process"))
    marked = [process for process in processes if process.get("isExecutable") in {"true", "1"}]
    silent = [process for process in processes if process.get("isExecutable") is None]
    candidates = marked or silent
    if not candidates:
        report.add("executable", 'no process is executable: set isExecutable="true" on the one that is to run', root)
    for second in candidates[1:]:
        first = attribute(candidates[0], "id")
        message = f"a second executable process beside {first!r}: set isExecutable to false on all but one"
        report.add("executable", message, second)
    if not candidates:
        report.refuse_if_bad()
    return candidates[0]
