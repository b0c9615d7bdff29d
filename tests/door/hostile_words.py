"""Decision tables and expressions that try to run code, to reach what is not theirs or to hold a worker."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from tests.door import payloads
from tests.door.hostile import GOOD, Hostile, chain, process, step, with_condition, with_script, xml
from tests.door.hostile_drawings import bpmn

RULED = process(
    '<startEvent id="s"/>' + step() + '<businessRuleTask id="r"><extensionElements><pilot:decision ref="k"/></extensionElements>'
    '</businessRuleTask><endEvent id="e"/>' + chain("s", "t", "r", "e")
)  # fmt: skip


def table(reads: str = "intake.n", cell: str = "1", out: str = '"a"', policy: str = "UNIQUE", more: str = "") -> bytes:
    """A decision table of one row."""
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="x" namespace="x">'
        '<decision id="k" name="k">'
        f'<decisionTable id="kt" hitPolicy="{policy}"><input id="i"><inputExpression id="ie"><text>{escape(reads)}</text>'
        f'</inputExpression></input><output id="o" name="o"/><rule id="row"><inputEntry id="c"><text>{escape(cell)}</text>'
        f'</inputEntry><outputEntry id="oe"><text>{escape(out)}</text></outputEntry>{more}</rule>'
        "</decisionTable></decision></definitions>"
    ).encode()


_CODE = ("__import__('os').system('id')", "().__class__.__base__", "open('/etc/passwd').read()", "lambda: 1", "9**9**9**9")


def dmn() -> Iterator[tuple[str, bytes, str, str | None]]:
    """Decision tables that run code, cannot be read or say nothing: name, bytes, rule, element."""
    yield "a table that is not XML", b"hello", "broken-xml", None
    yield "a table that is empty", b"", "empty", None
    yield "a table with a document type", b"<!DOCTYPE x>" + table(), "doctype", None
    yield "a table that is a drawing", GOOD, "not-dmn", "d"
    yield (
        "a table without a decision",
        table().replace(b"decision ", b"thing ").replace(b"/decision>", b"/thing>"),
        "no-decision",
        "x",
    )
    yield "a table without rows", table().replace(b"<rule ", b"<row ").replace(b"</rule>", b"</row>"), "decision-table", "k"
    yield "a table without an output", table().replace(b'<output id="o" name="o"/>', b""), "decision-table", "k"
    yield "a table with a hit policy of its own", table(policy="EVIL"), "decision-hit-policy", "k"
    yield "a row with a cell too many", table(more='<outputEntry id="z"><text>1</text></outputEntry>'), "decision-row", "k"
    yield "an input with an underscore", table(reads="intake.__class__"), "decision-cell", "k"
    for number, text in enumerate(_CODE):
        yield f"an input that is code, {number}", table(reads=text), "decision-cell", "k"
        yield f"a cell that is code, {number}", table(cell=text), "decision-cell", "k"
        yield f"an output that is code, {number}", table(out=text), "decision-cell", "k"


_HARMLESS = frozenset({"'%0999999999d' % 1"})  # % is a remainder here and nothing is formatted: it fails when it is asked
# Within the language, but names of nothing, or of what has no value.
_NAMES_ONLY = frozenset(
    {"intake['__class__']", "Ellipsis", "NotImplemented", "lower(open)", "'%s' % intake"}
)  # nothing, or no value


def expressions() -> Iterator[tuple[str, bytes, str, str | None]]:
    """Every known way out of an expression language, in a condition and in a script: name, bytes, rule, element."""
    for number, text in enumerate(payloads.ESCAPES):
        if text.isprintable() and text.strip() and text not in _HARMLESS:
            rule = "unknown-name" if text in _NAMES_ONLY else "condition"
            yield f"a condition that breaks out, {number}", with_condition(text), rule, "f3"
    for number, text in enumerate(payloads.ESCAPES[:40]):
        if text not in _HARMLESS | _NAMES_ONLY:
            yield f"a script that breaks out, {number}", with_script(f"x = {text}"), "script", "x"


def every() -> list[Hostile]:
    """All of them."""
    made = [Hostile(f"XML: {name}", {"to-be.bpmn": data}, rule) for name, data, rule in xml()]
    made += [Hostile(f"BPMN: {name}", {"to-be.bpmn": data}, rule, element) for name, data, rule, element in bpmn()]
    made += [Hostile(f"DMN: {name}", {"to-be.bpmn": RULED, "k.dmn": data}, rule, element) for name, data, rule, element in dmn()]
    made += [Hostile(f"expression: {name}", {"to-be.bpmn": data}, rule, element) for name, data, rule, element in expressions()]
    return made
