"""Decision tables decide what their author wrote: cells, hit policies, and what is refused before it can go wrong."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpmn import read_decisions
from engine.cells import compile_cell
from engine.decisions import check_decision, decide
from engine.errors import CannotGoOn
from engine.expression_values import bounded
from engine.expressions import ExpressionError
from tests.door.paper import SHARED, table

MONEY = table("UNIQUE", ["handle.money"], ["approver"], ["0", '"none"'], ["(0..5000]", '"manager"'], ["> 5000", '"director"'])


@pytest.mark.parametrize(
    ("cell", "yes", "no"),
    [
        ("-", [1, "a", None, True], []),
        ("", [1, None], []),
        ("7", [7, 7.0], [8, "7", True, None]),
        ('"high"', ["high"], ["low", None, 1]),
        ('"low","high"', ["low", "high"], ["normal"]),
        ('"a,b", "c"', ["a,b", "c"], ["a", "b"]),
        ("true", [True], [False, 1, "true"]),
        ("null", [None], [0, ""]),
        ("> 5", [6, 5.01], [5, None]),
        (">=5", [5, 6], [4]),
        ("< -1", [-2], [-1, 0]),
        ("<= 0.5", [0.5, 0], [0.51]),
        ("[1..5]", [1, 5, 3.2], [0.9, 5.1, None]),
        ("(1..5)", [2], [1, 5]),
        ("]1..5[", [2], [1, 5]),
        ("[1..5), 7, > 100", [1, 4.9, 7, 101], [5, 6, 100]),
        ("not(7)", [1, "a"], [7]),
        ("not([1..5], 9)", [0, 6], [1, 9]),
        ('not("a","b")', ["c"], ["a", "b"]),
        ('>= "b"', ["b", "c"], ["a"]),
        ("intake.limit", [10], [11]),
        ("<= intake.limit * 2", [20], [21]),
        ("[intake.limit..intake.limit + 5]", [10, 15], [9, 16]),
    ],
)
def test_a_cell_accepts_what_the_standard_says(cell, yes, no):
    test, case = compile_cell(cell), {"intake": {"limit": 10}}
    assert [value for value in yes if not test(bounded(value), case)] == []
    assert [value for value in no if test(bounded(value), case)] == []


@pytest.mark.parametrize(
    "cell",
    [
        "5 <",
        "..",
        "[1..]",
        "[..5]",
        "1,,2",
        "1,",
        "not(",
        'not("a"), "b"',
        '"a',
        "= 5",
        "? > 5",
        "__import__('os')",
        "x" * 1_001,
        "1; 2",
    ],
)
def test_a_cell_that_cannot_be_read_is_refused_at_once(cell):
    with pytest.raises(ExpressionError):
        compile_cell(cell)


def test_an_order_between_things_without_one_stops_the_decision():
    with pytest.raises(CannotGoOn, match=r"'Table' cannot be taken: > does not work with a text and a number"):
        decide(table("FIRST", ["a"], ["x"], ["> 5", "1"]), {"a": "much"})


@pytest.mark.parametrize(
    ("money", "approver"), [(0, "none"), (0.01, "manager"), (5000, "manager"), (5000.01, "director"), (10**9, "director")]
)
def test_compensation_goes_to_the_right_desk_at_its_borders(money, approver):
    assert decide(MONEY, {"handle": {"money": money}}) == {"approver": approver}


def test_no_row_stops_the_case_with_the_value_it_has_no_row_for():
    with pytest.raises(CannotGoOn, match=r"'Table' has no row for handle\.money = -1"):
        decide(MONEY, {"handle": {"money": -1}})


def test_a_step_that_was_not_done_is_named():
    with pytest.raises(CannotGoOn, match=r"handle is not known here"):
        decide(MONEY, {})


def test_unique_is_checked_and_not_just_the_first_row():
    overlapping = table("UNIQUE", ["a"], ["x"], ["< 10", "1"], ["> 5", "2"])
    assert decide(overlapping, {"a": 3}) == {"x": 1}
    with pytest.raises(CannotGoOn, match=r"rows 1 and 2 all match a = 7, but only one may"):
        decide(overlapping, {"a": 7})


def test_first_takes_the_first_row_and_looks_no_further():
    first = table("FIRST", ["a"], ["x"], ["> 5", '"big"'], ["-", '"any"'], ["-", "lost.field"])
    assert decide(first, {"a": 7}) == {"x": "big"}
    assert decide(first, {"a": 1}) == {"x": "any"}


def test_any_wants_all_matching_rows_to_agree():
    agreeing = table("ANY", ["a"], ["x"], ["> 5", "1"], ["> 6", "1"], ["> 100", "2"])
    assert decide(agreeing, {"a": 7}) == {"x": 1}
    with pytest.raises(CannotGoOn, match="say different things"):
        decide(agreeing, {"a": 101})


def test_rule_order_and_collect_give_lists():
    rows = (["> 1", '"a"', "1"], ["> 2", '"b"', "2"], ["> 100", '"c"', "3"])
    for policy in ("RULE ORDER", "rule_order", "COLLECT"):
        assert decide(table(policy, ["n"], ["who", "how"], *rows), {"n": 5}) == {"who": ["a", "b"], "how": [1, 2]}
        assert decide(table(policy, ["n"], ["who", "how"], *rows), {"n": 0}) == {"who": [], "how": []}


@pytest.mark.parametrize(("kind", "total"), [("SUM", 3.5), ("MIN", 1), ("MAX", 2.5), ("COUNT", 2)])
def test_collect_adds_up(kind, total):
    fees = table("COLLECT", ["n"], ["fee"], ["> 1", "1"], ["> 2", "2.5"], ["> 100", "50"], aggregation=kind)
    assert decide(fees, {"n": 5}) == {"fee": total}
    assert check_decision(fees) == ()


def test_collect_counts_nothing_as_zero_and_adds_nothing_up():
    assert decide(table("COLLECT", ["n"], ["x"], ["1", "1"], aggregation="COUNT"), {"n": 5}) == {"x": 0}
    with pytest.raises(CannotGoOn, match="nothing to compute"):
        decide(table("COLLECT", ["n"], ["x"], ["1", "1"], aggregation="SUM"), {"n": 5})


def test_outputs_are_expressions_over_the_case():
    rate = table("", ["intake.kind"], ["fee", "text"], ['"vip"', "intake.amount * 0.1", '"dear " + intake.name'])
    assert decide(rate, {"intake": {"kind": "vip", "amount": 50, "name": "Chen"}}) == {"fee": 5, "text": "dear Chen"}


@pytest.mark.parametrize(
    ("decision", "rule"),
    [
        (table("PRIORITY", ["a"], ["x"], ["-", "1"]), "decision-hit-policy"),
        (table("OUTPUT ORDER", ["a"], ["x"], ["-", "1"]), "decision-hit-policy"),
        (table("GIBBERISH", ["a"], ["x"], ["-", "1"]), "decision-hit-policy"),
        (table("UNIQUE", ["a"], ["x"]), "decision-empty"),
        (table("UNIQUE", ["a"], [], ["-"]), "decision-output"),
        (table("UNIQUE", ["a"], ["x", "x"], ["-", "1", "2"]), "decision-output"),
        (table("UNIQUE", ["a"], ["x"], ["-"]), "decision-cells"),
        (table("UNIQUE", ["a"], ["x"], ["-", "1", "2"]), "decision-cells"),
        (table("UNIQUE", ["a"], ["x"], ["5 <", "1"]), "decision-cell"),
        (table("UNIQUE", ["a"], ["x"], ["-", "-"]), "decision-cell"),
        (table("UNIQUE", ["a"], ["x"], ["-", "__import__('os').system('id')"]), "decision-cell"),
        (table("UNIQUE", ["a b"], ["x"], ["-", "1"]), "decision-cell"),
        (table("UNIQUE", ["a"], ["x"], ["[1..5]", "1"], ["[ 1 .. 5 ]", "2"]), "decision-overlap"),
        (table("UNIQUE", ["a"], ["x"], ["-", "1"], aggregation="SUM"), "decision-aggregation"),
        (table("COLLECT", ["a"], ["x"], ["-", "1"], aggregation="AVERAGE"), "decision-aggregation"),
        (table("COLLECT", ["a"], ["x", "y"], ["-", "1", "2"], aggregation="SUM"), "decision-aggregation"),
        (table("UNIQUE", ["a"], ["x"], *([str(n), "1"] for n in range(501))), "decision-size"),
    ],
)
def test_a_table_that_cannot_be_decided_is_refused_before_anyone_asks(decision, rule):
    found = check_decision(decision)
    assert rule in {finding.rule for finding in found}
    assert all(finding.element == "table" and finding.line and len(finding.message) > 20 for finding in found)


def test_the_finding_about_a_cell_names_row_column_and_line():
    (finding,) = check_decision(table("UNIQUE", ["a"], ["x"], ["1", "1"], ["import os", "2"]))
    assert finding.message.startswith("row 2, input 1: 'import os' cannot be used")
    assert finding.line == 11


def test_hostile_tables_are_refused_or_read_and_never_run():
    for path in sorted((SHARED / "hostile").glob("*.dmn")):
        began = time.perf_counter()
        try:
            found = [finding for decision in read_decisions(path.read_bytes()) for finding in check_decision(decision)]
        except Exception as error:  # BadModel, with findings
            found = list(getattr(error, "findings", ()))
        assert found, path.name
        assert time.perf_counter() - began < 2
    assert not list(SHARED.glob("**/PWNED*"))


@given(st.integers(-100, 100), st.integers(-100, 100), st.integers(-100, 100), st.sampled_from("[("), st.sampled_from(")]"))
def test_an_interval_is_two_comparisons(value, low, high, opening, closing):
    expected = (low <= value if opening == "[" else low < value) and (value <= high if closing == "]" else value < high)
    assert compile_cell(f"{opening}{low}..{high}{closing}")(value, {}) is expected
    assert compile_cell(f"not({opening}{low}..{high}{closing})")(value, {}) is not expected


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=8, unique=True), st.integers(-60, 60))
def test_neighbouring_intervals_leave_no_gap_and_no_overlap(borders, value):
    borders.sort()
    rows = [[f"< {borders[0]}", "0"]]
    rows += [[f"[{low}..{high})", str(n)] for n, (low, high) in enumerate(pairwise(borders), start=1)]
    rows += [[f">= {borders[-1]}", str(len(borders))]]
    assert decide(table("UNIQUE", ["n"], ["band"], *rows), {"n": value}) == {"band": sum(value >= border for border in borders)}
