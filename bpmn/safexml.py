"""Untrusted XML in, a bounded lxml tree out: no DTD, no entities, no network, no bombs. BPMN and DMN both come through here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from bpmn.errors import BadModel, Finding, Severity

MOST_BYTES = 5_000_000
MOST_ELEMENTS = 20_000
DEEPEST = 64
LONGEST_ATTRIBUTE = 4_000
LONGEST_TEXT = 20_000
MOST_FINDINGS = 200

_PLACE = re.compile(r", line \d+, column \d+.*", re.DOTALL)  # libxml2 repeats it; the finding has the line

# What may stand before the root element and then a DOCTYPE. Possessive, so that a hostile prolog costs linear time.
_PROLOG_DOCTYPE = re.compile(r"(?:\s++|<\?.*?\?>|<!--.*?-->)*+<!(?:DOCTYPE|ENTITY)", re.DOTALL)
_BOMS = ((b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_MARKS = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))


class Report:
    """Collects findings about one file, so that its author reads all of them and not only the first."""

    def __init__(self, file: str | None = None) -> None:
        self.file = file
        self.findings: list[Finding] = []

    def add(self, rule: str, message: str, element: etree._Element | None = None, severity: Severity = "error") -> None:
        """One finding about `element` (its id, name and line), or about the file when there is none."""
        self.findings.append(
            Finding(
                rule,
                message,
                element=None if element is None else element.get("id"),
                name=None if element is None else element.get("name"),
                line=None if element is None else line_of(element),
                severity=severity,
                file=self.file,
            )
        )

    def notices(self) -> tuple[Finding, ...]:
        """What deserves a look and stops nothing."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    def refuse_if_bad(self) -> None:
        """Raises BadModel with the errors in the order of the file, the first 200 of them."""
        errors = sorted((found for found in self.findings if found.severity == "error"), key=lambda found: found.line or 0)
        if len(errors) > MOST_FINDINGS:
            more = f"{len(errors) - MOST_FINDINGS:,} more findings are not shown: repair these first"
            errors = [*errors[:MOST_FINDINGS], Finding("more", more, file=self.file)]
        if errors:
            raise BadModel(errors)


def line_of(element: etree._Element) -> int:
    """The line on which the element starts, counted from 1."""
    line = element.sourceline
    return line if isinstance(line, int) else 1


def local(element: etree._Element) -> str:
    """The tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


def space(element: etree._Element) -> str | None:
    """The namespace of the tag."""
    return etree.QName(element).namespace


def attribute(element: etree._Element, name: str) -> str:
    """The attribute's value, empty when it is not there."""
    return str(element.get(name) or "")


def text_of(element: etree._Element | None) -> str:
    """The text of an element with the space around it removed, empty when there is no element."""
    return (element.text or "").strip() if element is not None else ""


def parse(data: bytes, file: str | None = None) -> etree._Element:
    """Read bytes of any encoding that XML allows into a tree within our bounds.

    Raises BadModel when the file is empty, too big, broken, too deep or too long anywhere, or declares a document type.
    """
    if not data.strip(b" \t\r\n\x00"):
        raise _refused("empty", "the file is empty: choose the file that holds the model", file)
    if len(data) > MOST_BYTES:
        raise _refused("too-big", f"the file has {len(data):,} bytes: at most {MOST_BYTES:,} are read", file)
    _refuse_doctype(data, file)
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        what = _PLACE.sub("", error.msg or "it ends too early").strip()
        message = f"this is not well-formed XML: {what}; repair or export the file again"
        raise _refused("broken-xml", message, file, error.lineno) from None
    except (ValueError, LookupError) as error:
        raise _refused("broken-xml", f"this cannot be read as XML: {error}", file) from None
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None or info.externalDTD is not None:
        raise _refused("doctype", _NO_DOCTYPE, file, 1)
    _refuse_out_of_bounds(root, file)
    return root


_NO_DOCTYPE = "a document type (DOCTYPE, DTD, entities) is not allowed in a model: delete the declaration"


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _refused(rule: str, message: str, file: str | None, line: int | None = None) -> BadModel:
    return BadModel([Finding(rule, message, line=line, file=file)])


def _refuse_doctype(data: bytes, file: str | None) -> None:
    """Before the parser sees it: libxml2 expands internal entities up to its own limit even when told not to resolve them."""
    encoding = next((name for mark, name in _BOMS + _MARKS if data.startswith(mark)), "latin-1")
    head = data.removeprefix(b"\xef\xbb\xbf").decode(encoding, errors="replace")
    if found := _PROLOG_DOCTYPE.match(head):
        raise _refused("doctype", _NO_DOCTYPE, file, head.count("\n", 0, found.end()) + 1)


def _refuse_out_of_bounds(root: etree._Element, file: str | None) -> None:
    depth = count = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth, count = depth + 1, count + 1
        if depth > DEEPEST:
            raise _refused("too-deep", f"elements are nested more than {DEEPEST} deep", file, line_of(element))
        if count > MOST_ELEMENTS:
            raise _refused("too-many-elements", f"the file has more than {MOST_ELEMENTS:,} elements", file, line_of(element))
        for what, length, most in _lengths(element):
            if length > most:
                raise _refused("too-long", f"{what} has {length:,} characters: at most {most:,} are read", file, line_of(element))


def _lengths(element: etree._Element) -> Iterator[tuple[str, int, int]]:
    tag = local(element)
    for name, value in element.attrib.items():
        yield f"attribute {etree.QName(name).localname} of <{tag}>", len(value), LONGEST_ATTRIBUTE
    yield f"the text of <{tag}>", len(element.text or ""), LONGEST_TEXT
    yield f"the text after <{tag}>", len(element.tail or ""), LONGEST_TEXT
