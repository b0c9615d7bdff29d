"""Decision tables: read safely, cells kept as text."""

from __future__ import annotations

import pytest

from bpmn import BadModel, DecisionInput, DecisionRule, Finding, read_decisions
from tests.bpmn.papers import DECISION, SHARED, spoiled


def findings_after(*edits: tuple[str, str]) -> list[Finding]:
    """What Mei's table is refused for after the edits."""
    with pytest.raises(BadModel) as caught:
        read_decisions(spoiled(DECISION, *edits).encode(), "length.dmn")
    return list(caught.value.findings)


def test_mei_s_table_becomes_a_value_with_its_cells_as_text():
    (decision,) = read_decisions(DECISION.encode())
    assert (decision.id, decision.name, decision.hit_policy) == ("length", "Is it a long leave?", "UNIQUE")
    assert decision.inputs == (DecisionInput("look.days", "days"),)
    assert decision.outputs == ("long",)
    assert decision.rules == (DecisionRule(("<= 5",), ("false",), 6), DecisionRule(("> 5",), ("true",), 9))


@pytest.mark.parametrize("year", ["20151101/dmn.xsd", "20180521/MODEL/", "20211108/MODEL/", "20230324/MODEL/"])
def test_every_version_of_dmn_is_read(year):
    scheme = "http" if year.startswith(("2015", "2018")) else "https"
    text = DECISION.replace("https://www.omg.org/spec/DMN/20191111/MODEL/", f"{scheme}://www.omg.org/spec/DMN/{year}")
    assert read_decisions(text.encode())[0].id == "length"


def test_the_hit_policy_and_its_aggregation_are_kept_and_an_empty_cell_means_anything():
    edits = (('hitPolicy="UNIQUE"', 'hitPolicy="COLLECT" aggregation="SUM"'), ("<text>&lt;= 5</text>", "<text>  </text>"))
    (decision,) = read_decisions(spoiled(DECISION, *edits).encode())
    assert (decision.hit_policy, decision.aggregation) == ("COLLECT", "SUM")
    assert decision.rules[0].inputs == ("-",)


@pytest.mark.parametrize(
    ("edits", "rule", "words"),
    [
        ((("<definitions ", "<definitionz "), ("</definitions>", "</definitionz>")), "not-dmn", "not DMN"),
        (((' id="length"', ""),), "id", "has no id"),
        ((("<text>false</text>", "<text/>"),), "decision-row", "leaves an output empty"),
        (
            (('<inputEntry id="i1"><text>&lt;= 5</text></inputEntry>', ""),),
            "decision-row",
            "0 + 1 cells, the table 1 + 1 columns",
        ),
        ((('<outputEntry id="o1"><text>false</text></outputEntry>', ""),), "decision-row", "1 + 0 cells"),
        ((("<text>look.days</text>", "<text/>"),), "decision-table", "has no expression"),
        ((('<output id="out" name="long"/>', '<output name="long"/><output name="long"/>'),), "decision-table", "the same name"),
        ((('id="i1"', 'id="o1"'),), "duplicate-id", "already used on line 7"),
    ],
)
def test_a_table_that_could_not_decide_is_refused(edits, rule, words):
    findings = findings_after(*edits)
    assert rule in [finding.rule for finding in findings]
    assert any(words in finding.message for finding in findings)
    assert all(finding.file == "length.dmn" for finding in findings)


def test_a_table_without_rows_or_columns_decides_nothing():
    start, end = DECISION.index("<rule "), DECISION.index("</decisionTable>")
    with pytest.raises(BadModel, match="has no rows"):
        read_decisions((DECISION[:start] + DECISION[end:]).encode())


def test_a_decision_that_is_no_table_is_named():
    start, end = DECISION.index("<decisionTable"), DECISION.index("</decisionTable>") + len("</decisionTable>")
    text = DECISION[:start] + "<literalExpression><text>1</text></literalExpression>" + DECISION[end:]
    with pytest.raises(BadModel, match="made by literalExpression"):
        read_decisions(text.encode())


def test_a_file_without_a_decision_is_refused():
    with pytest.raises(BadModel, match="holds no decision"):
        read_decisions(b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d"/>')


def test_a_table_has_bounds():
    row = "<rule><inputEntry><text>1</text></inputEntry><outputEntry><text>2</text></outputEntry></rule>"
    with pytest.raises(BadModel, match="more than 20,000 elements"):
        read_decisions(spoiled(DECISION, ("</decisionTable>", row * 11_000 + "</decisionTable>")).encode())


def test_a_table_from_somewhere_else_may_not_declare_entities():
    with pytest.raises(BadModel, match="document type"):
        read_decisions(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + DECISION.encode())


def test_the_code_in_a_hostile_cell_stays_text():
    (decision,) = read_decisions((SHARED / "hostile" / "85_dmn_rce_output.dmn").read_bytes())
    assert all(isinstance(cell, str) for row in decision.rules for cell in row.outputs)


def test_the_hostile_empty_table_is_refused():
    with pytest.raises(BadModel):
        read_decisions((SHARED / "hostile" / "87_dmn_empty_table.dmn").read_bytes())
