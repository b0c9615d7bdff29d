"""The table of what runs says what the gate says."""

from __future__ import annotations

from tests import support


def test_the_table_in_the_docs_is_what_the_gate_says_today():
    assert support.FILE.read_text(encoding="utf-8") == support.write()


def test_what_runs_is_judged_by_drawing_it():
    assert support.judge(support.Row("task", '<task id="x"/>')) == ("runs", "")
    assert support.judge(support.Row("ad hoc", '<adHocSubProcess id="x"/>'))[0] == "refused"
    assert (
        support.judge(
            support.Row("script", *(f'<scriptTask id="x"><script>{s}</script></scriptTask>' for s in ("n = 1", "n =")))
        )[0]
        == "runs with limits"
    )
