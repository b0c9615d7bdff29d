"""DMN decision tables in, frozen Decisions out. Cells stay text: what they mean is the engine's business."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from bpmn.model import Decision, DecisionInput, DecisionRule
from bpmn.safexml import Report, attribute, line_of, local, parse, space, text_of

# DMN 1.1 to 1.5: the parts we read have the same shape in all of them.
_SPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)
_OTHER_LOGIC = ("literalExpression", "invocation", "context", "relation", "list", "functionDefinition", "conditional")


def read_decisions(data: bytes, file: str | None = None) -> tuple[Decision, ...]:
    """Read every decision table of one DMN file (at most 5 MB, any encoding of XML).

    Raises BadModel with a finding for each decision that is not a table, has no columns, or has a row of the wrong width.
    """
    root = parse(data, file)
    report = Report(file)
    if local(root) != "definitions" or space(root) not in _SPACES:
        report.add("not-dmn", f"the file holds <{local(root)}> and not DMN definitions: export it as DMN 1.3", root)
        report.refuse_if_bad()
    _check_ids(root, report)
    elements = list(_children(root, "decision"))
    if not elements:
        report.add("no-decision", "the file holds no decision: draw a decision table", root)
    decisions = tuple(decision for element in elements if (decision := _decision(element, report)))
    report.refuse_if_bad()
    return decisions


def _children(element: etree._Element | None, name: str) -> Iterator[etree._Element]:
    """Children by local name in the file's own DMN namespace, whichever year it is of."""
    for child in element if element is not None else ():
        if local(child) == name and space(child) in _SPACES:
            yield child


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return next(_children(element, name), None)


def _check_ids(root: etree._Element, report: Report) -> None:
    seen: dict[str, int] = {}
    for element in root.iter():
        identifier = element.get("id")
        if identifier is None or space(element) not in _SPACES:
            continue
        if identifier in seen:
            report.add("duplicate-id", f"the id {identifier!r} is already used on line {seen[identifier]}", element)
        seen.setdefault(identifier, line_of(element))


def _decision(element: etree._Element, report: Report) -> Decision | None:
    table = _child(element, "decisionTable")
    if not element.get("id"):
        report.add("id", "the decision has no id: give it the one that the model refers to", element)
    if table is None:
        logic = next((local(child) for child in element if local(child) in _OTHER_LOGIC), "nothing")
        report.add("decision-table", f"the decision is made by {logic}: only decision tables are understood", element)
        return None
    inputs = tuple(_input(column) for column in _children(table, "input"))
    outputs = tuple(
        attribute(column, "name") or attribute(column, "label") or attribute(element, "id")
        for column in _children(table, "output")
    )
    _check_columns(element, inputs, outputs, report)
    rules = tuple(_rules(element, table, len(inputs), len(outputs), report))
    return Decision(
        id=attribute(element, "id"),
        name=attribute(element, "name") or attribute(element, "id"),
        hit_policy=table.get("hitPolicy", "UNIQUE"),
        inputs=inputs,
        outputs=outputs,
        rules=rules,
        line=line_of(element),
        aggregation=table.get("aggregation"),
    )


def _check_columns(element: etree._Element, inputs: tuple[DecisionInput, ...], outputs: tuple[str, ...], report: Report) -> None:
    if not inputs or not outputs:
        report.add("decision-table", "the decision table needs at least one input and one output column", element)
    if len(set(outputs)) != len(outputs):
        report.add("decision-table", "two output columns of the decision table have the same name", element)
    if any(not column.expression for column in inputs):
        report.add("decision-table", "an input column of the decision table has no expression: say what is compared", element)


def _input(column: etree._Element) -> DecisionInput:
    expression = _child(column, "inputExpression")
    return DecisionInput(text_of(_child(expression, "text")), attribute(column, "label"))


def _rules(element: etree._Element, table: etree._Element, wide_in: int, wide_out: int, report: Report) -> Iterator[DecisionRule]:
    rows = list(_children(table, "rule"))
    if not rows:
        report.add("decision-table", "the decision table has no rows: it can never decide anything", element)
    for row in rows:
        inputs = tuple(text_of(_child(cell, "text")) or "-" for cell in _children(row, "inputEntry"))
        outputs = tuple(text_of(_child(cell, "text")) for cell in _children(row, "outputEntry"))
        if (len(inputs), len(outputs)) != (wide_in, wide_out):
            cells, columns = f"{len(inputs)} + {len(outputs)} cells", f"{wide_in} + {wide_out} columns"
            report.add("decision-row", f"the row on line {line_of(row)} has {cells}, the table {columns}", element)
        elif not all(outputs):
            report.add("decision-row", f"the row on line {line_of(row)} leaves an output empty: say what it decides", element)
        else:
            yield DecisionRule(inputs, outputs, line_of(row))
