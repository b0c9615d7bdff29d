"""Files that somebody means harm with, or that lie: each with the refusal that it has to get, by rule and element.

Written here and generated, never read from elsewhere: broken and explosive XML, drawings that would hang or be misread, decision
tables and expressions that try to run code or to hold a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

from tests.bpmn.drafts import flow

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:pilot="urn:pilotrun:bpmn:1.0"'
)
ABOUT = (
    '<extensionElements><pilot:process code="H-1" owner="service-manager" director="service-director"/>'
    '<pilot:standard completion="PT48H"/></extensionElements>'
)
DUTY = '<pilot:raci responsible="service-agent" accountable="service-supervisor"/><pilot:standard completion="1 working hour"/>'


@dataclass(frozen=True)
class Hostile:
    """A file (or a model with a table beside it) and what has to be said of it: a rule's id, and the element it names."""

    name: str
    files: Mapping[str, bytes]
    rule: str
    element: str | None = None

    @property
    def model(self) -> bytes:
        """The model among the files."""
        return self.files["to-be.bpmn"]


def step(identifier: str = "t", inside: str = "", attributes: str = "", kind: str = "userTask") -> str:
    """A step that has everything a step needs."""
    return f'<{kind} id="{identifier}" {attributes}><extensionElements>{DUTY}</extensionElements>{inside}</{kind}>'


def chain(*nodes: str) -> str:
    """Flows from one to the next."""
    return "".join(flow(f"f{number}", one, other) for number, (one, other) in enumerate(pairwise(nodes), 1))


def process(inside: str, beside: str = "") -> bytes:
    """A model with all that is asked for beside what is drawn in it."""
    return (
        f'<definitions {NAMESPACES} id="d"><process id="p" isExecutable="true">{ABOUT}{inside}</process>{beside}</definitions>'
    ).encode()


LINE = '<startEvent id="s"/>' + step() + '<endEvent id="e"/>' + chain("s", "t", "e")
GOOD = process(LINE)


def with_condition(text: str) -> bytes:
    """A choice that asks `text`."""
    return process(
        '<startEvent id="s"/>' + step() + '<exclusiveGateway id="g" default="f4"/><endEvent id="e"/><endEvent id="e2"/>'
        f'{chain("s", "t", "g")}<sequenceFlow id="f3" sourceRef="g" targetRef="e"><conditionExpression>{escape(text)}'
        "</conditionExpression></sequenceFlow>" + flow("f4", "g", "e2")
    )  # fmt: skip


def with_script(text: str) -> bytes:
    """A script task that does `text`."""
    script = f'<scriptTask id="x"><script>{escape(text)}</script></scriptTask>'
    return process('<startEvent id="s"/>' + step() + script + '<endEvent id="e"/>' + chain("s", "t", "x", "e"))


def with_timer(text: str, kind: str = "timeDuration") -> bytes:
    """A timer that waits for `text`."""
    event = f'<intermediateCatchEvent id="w"><timerEventDefinition><{kind}>{escape(text)}</{kind}></timerEventDefinition>'
    return process(
        '<startEvent id="s"/>' + step() + event + '</intermediateCatchEvent><endEvent id="e"/>' + chain("s", "t", "w", "e")
    )


def with_marker(marker: str) -> bytes:
    """A step that is repeated."""
    return process(LINE.replace("</userTask>", f"{marker}</userTask>"))


def several(cardinality: str) -> str:
    """A multi-instance marker with that many instances."""
    number = f"<loopCardinality>{escape(cardinality)}</loopCardinality>"
    return f"<multiInstanceLoopCharacteristics>{number}</multiInstanceLoopCharacteristics>"


# --- XML ------------------------------------------------------------------------------------------------------------

_ENTITY = '<!DOCTYPE definitions [<!ENTITY x "{}">]>'
_LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


def _before(head: str) -> bytes:
    return head.encode() + GOOD


def xml() -> Iterator[tuple[str, bytes, str]]:
    """Bytes that are no XML, or XML that is a weapon: name, bytes, rule."""
    yield "nothing", b"", "empty"
    yield "blanks", b" \n\t ", "empty"
    yield "a word", b"hello", "broken-xml"
    yield "a page", b"<html><body>hi</body></html>", "not-bpmn"
    yield "a picture with a script", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not-bpmn"
    yield "cut off", GOOD[: len(GOOD) // 2], "broken-xml"
    yield "two roots", GOOD + GOOD, "broken-xml"
    yield "a tag that never closes", GOOD.replace(b"</process>", b""), "broken-xml"
    yield "an attribute twice", GOOD.replace(b'id="t"', b'id="t" id="u"'), "broken-xml"
    yield "a prefix that nobody declared", GOOD.replace(b"<userTask", b"<evil:userTask", 1), "broken-xml"
    yield "an entity that nobody declared", GOOD.replace(b'id="d"', b'id="&d;"'), "broken-xml"
    yield "a control character", GOOD.replace(b'id="d"', b'id="&#1;"'), "broken-xml"
    yield "a null byte", GOOD.replace(b"<process", b"<pro\0cess", 1), "broken-xml"
    yield "bytes that are no UTF-8", GOOD.replace(b'id="d"', b'id="\xff\xfe\xfd"'), "broken-xml"
    yield "an encoding that does not exist", b'<?xml version="1.0" encoding="x-evil"?>' + GOOD, "broken-xml"
    yield "a declaration in the middle", b"<a/>" + b'<?xml version="1.0"?>' + GOOD, "broken-xml"
    yield "compressed", b"\x1f\x8b\x08\x00" + GOOD, "broken-xml"
    yield "an archive", b"PK\x03\x04" + GOOD, "broken-xml"
    yield "a program", b"MZ\x90\x00" + b"\0" * 100, "broken-xml"
    yield "an unclosed CDATA", GOOD.replace(b"<process", b"<![CDATA[<process", 1), "broken-xml"
    yield "a document type", _before("<!DOCTYPE definitions>"), "doctype"
    yield "a document type behind a comment", _before("<!-- x --><?y z?>\n<!DOCTYPE definitions>"), "doctype"
    yield "a document type from elsewhere", _before('<!DOCTYPE definitions SYSTEM "http://127.0.0.1:9/x.dtd">'), "doctype"
    yield "an entity", _before(_ENTITY.format("y")), "doctype"
    yield "an entity that is a file", _before('<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'), "doctype"
    yield "an entity from the network", _before('<!DOCTYPE d [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]>'), "doctype"
    yield "a parameter entity", _before('<!DOCTYPE d [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]>'), "doctype"
    yield "a billion laughs", _before(f'<!DOCTYPE d [<!ENTITY a0 "ha">{_LAUGHS}]>'), "doctype"
    yield "a quadratic blow-up", _before(_ENTITY.format("y" * 100_000)), "doctype"
    yield "entities that hold each other", _before('<!DOCTYPE d [<!ENTITY a "&b;"><!ENTITY b "&a;">]>'), "doctype"
    yield "a document type in UTF-16", _before("<!DOCTYPE definitions>").decode().encode("utf-16"), "doctype"
    yield "a document type in UTF-32", _before("<!DOCTYPE definitions>").decode().encode("utf-32"), "doctype"
    yield "six million bytes", GOOD + b" " * 6_000_000, "too-big"
    yield "a hundred deep", process("<documentation>" * 100 + "</documentation>" * 100), "too-deep"
    yield "five thousand deep", process("<documentation>" * 5_000 + "</documentation>" * 5_000), "broken-xml"
    yield "thirty thousand elements", process("<documentation/>" * 30_000), "too-many-elements"
    yield "a long attribute", process(LINE.replace('id="t"', f'id="t" name="{"n" * 5_000}"')), "too-long"
    yield "a long text", process(f"<documentation>{'n' * 30_000}</documentation>" + LINE), "too-long"
    yield "no namespace", b'<definitions><process id="p" isExecutable="true"/></definitions>', "not-bpmn"
    yield "an import of everything", b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>', "not-bpmn"
