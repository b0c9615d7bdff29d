"""Errors and escalations go to the nearest event around them: inside first, then the edge, then further out."""

from __future__ import annotations

import pytest

from tests.door.paper import Case, rules

WORK = ({"a": "user", "up": "throw escalation L", "b": "user"}, ["s_start a", "a up", "up b", "b s_end"])
MAIN = ["start s", "s after", "after end", "edge boss", "boss gone"]


def _case(edge: str) -> Case:
    return Case.of({"s": WORK, "edge": edge, "boss": "user", "gone": "end", "after": "user"}, MAIN)


@pytest.mark.parametrize("code", [" L", ""])
def test_an_escalation_calls_the_boss_beside_the_work(code):
    case = _case(f"aside s escalation{code}").do("a")
    assert case.open == ["b", "boss"]
    assert case.do("b").open == ["after", "boss"]
    assert case.do("boss").do("after").at.done


def test_an_interrupting_one_takes_the_work_away():
    case = _case("on s escalation L").do("a")
    assert case.open == ["boss"]
    assert case.do("boss").at.done


def test_one_of_another_code_is_not_caught_and_the_work_goes_on():
    assert _case("on s escalation K").do("a").open == ["b"]


def test_an_escalation_as_the_last_thing_in_its_sub_process_is_still_caught_and_the_sub_process_is_done():
    sub = ({"a": "user", "up": "end escalation L"}, ["s_start a", "a up"])
    case = Case.of({"s": sub, "edge": "aside s escalation L", "boss": "user", "gone": "end", "after": "user"}, MAIN).do("a")
    assert case.open == ["after", "boss"]
    assert case.do("after").do("boss").at.done


def test_one_that_does_not_interrupt_catches_every_time():
    steps = {
        "s": (
            {"a": "user", "up": "throw escalation L", "x": "xor", "in": "xor"},
            ["s_start in", "in a", "a up", "up x", "x in: a.again == true", "x s_end: default"],
        ),
        "edge": "aside s escalation L",
        "boss": "user",
        "gone": "end",
        "after": "user",
    }
    case = Case.of(steps, MAIN).do("a", again=True).do("a", again=True).do("a", again=False)
    assert case.open == ["after", "boss", "boss", "boss"]


def test_the_code_is_preferred_to_the_event_that_takes_any():
    steps = {"s": WORK, "any": "on s escalation", "edge": "aside s escalation L", "boss": "user", "gone": "end", "after": "user"}
    assert _case("aside s escalation L").do("a").open == ["b", "boss"]
    assert Case.of(steps, [*MAIN, "any end"]).do("a").open == ["b", "boss"]


def test_an_error_inside_two_sub_processes_goes_out_to_the_first_that_catches_it():
    inner = ({"a": "user", "no": "end error E"}, ["t_start a", "a no"])
    outer = ({"t": inner, "b": "user", "wrong": "on t error F"}, ["s_start t", "t b", "b s_end", "wrong b"])
    case = Case.of({"s": outer, "edge": "on s error E", "boss": "user", "after": "user", "gone": "end"}, MAIN)
    assert case.do("a").open == ["boss"]


def test_an_event_sub_process_catches_the_error_of_its_scope_before_the_edge_does():
    handler = ({"mend": "user"}, ["h_start mend", "mend h_end"], "on error E")
    sub = (
        {"f": "and", "a": "user", "b": "user", "no": "end error E", "h": handler},
        ["s_start f", "f a", "f b", "a no", "b s_end"],
    )
    case = Case.of({"s": sub, "edge": "on s error E", "boss": "user", "after": "user", "gone": "end"}, MAIN)
    assert case.do("a").open == ["mend"]
    assert case.do("mend").open == ["after"]


def test_what_the_handler_reports_goes_further_out_and_not_to_itself():
    handler = ({"mend": "user", "worse": "end error E"}, ["h_start mend", "mend worse"], "on error E")
    sub = ({"a": "user", "no": "end error E", "h": handler}, ["s_start a", "a no"])
    case = Case.of({"s": sub, "edge": "on s error E", "boss": "user", "after": "user", "gone": "end"}, MAIN)
    assert case.do("a").do("mend").open == ["boss"]


def test_an_event_sub_process_of_the_process_itself_catches_what_happens_anywhere_in_it():
    handler = ({"mend": "user"}, ["h_start mend", "mend h_end"], "on error")
    inner = ({"a": "user", "no": "end error F"}, ["t_start a", "a no"])
    outer = ({"t": inner}, ["s_start t", "t s_end"])
    case = Case.of({"s": outer, "b": "user", "f": "and", "h": handler}, ["start f", "f s", "f b", "s end", "b end"])
    assert case.open == ["a", "b"]
    assert case.do("a").open == ["mend"]
    assert case.do("mend").at.done


def test_an_escalation_starts_an_event_sub_process_beside_the_work_each_time():
    handler = ({"see": "user"}, ["h_start see", "see h_end"], "aside escalation L")
    steps = {"f": "and", "a": "user", "b": "user", "up": "throw escalation L", "also": "end escalation L", "h": handler}
    case = Case.of(steps, ["start f", "f a", "f b", "a up", "up end", "b also"])
    assert case.do("a").open == ["b", "see"]
    assert case.do("b").open == ["see", "see"]
    assert not case.do("see").at.done
    assert case.do("see").at.done


def test_an_interrupting_escalation_ends_everything_else_in_its_scope():
    handler = ({"see": "user"}, ["h_start see", "see h_end"], "on escalation")
    steps = {"f": "and", "a": "user", "b": "user", "up": "throw escalation L", "c": "user", "h": handler}
    case = Case.of(steps, ["start f", "f a", "f b", "a up", "up c", "c end", "b end"]).do("a")
    assert case.open == ["see"]
    assert case.do("see").at.done


def test_an_escalation_or_an_error_that_nobody_catches_is_pointed_out():
    steps, flows = {"a": "user", "up": "throw escalation L"}, ["start a", "a up", "up end"]
    assert rules(steps, flows) == set()
    assert rules(steps, flows, severity="warning") == {"escalation-not-caught"}
    assert Case.of(steps, flows).do("a").at.done
    assert "error-not-caught" in rules({"a": "user", "no": "end error E"}, ["start a", "a no"], severity="warning")


def test_a_handler_does_not_count_as_catching_its_own_error():
    handler = ({"mend": "user", "worse": "end error E"}, ["h_start mend", "mend worse"], "on error E")
    assert "error-not-caught" in rules({"a": "user", "h": handler}, ["start a", "a end"], severity="warning")


def test_an_error_always_interrupts():
    handler = ({"mend": "user"}, ["h_start mend", "mend h_end"], "aside error E")
    assert "error-boundary" in rules({"a": "user", "h": handler}, ["start a", "a end"])
