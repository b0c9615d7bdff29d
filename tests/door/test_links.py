"""A link is a way that is not drawn: the throwing one leads to the catching one of its name, in the same scope."""

from __future__ import annotations

import pytest

from tests.door.paper import Case, draw, rules

JOINED = (
    {"a": "user", "off": "throw link page 2", "on": "wait link page 2", "b": "user"},
    ["start a", "a off", "on b", "b end"],
)


def test_the_case_goes_on_behind_the_catching_link():
    case = Case.of(*JOINED).do("a")
    assert case.open == ["b"]
    assert case.passed == ["start", "off", "on"]
    assert case.do("b").at.done


def test_several_throwing_links_may_lead_to_one():
    steps = JOINED[0] | {"x": "xor", "c": "user", "also": "throw link page 2"}
    flows = ["start a", "a x", "x off: a.ok == true", "x c: default", "c also", "on b", "b end"]
    assert Case.of(steps, flows).do("a", ok=True).open == ["b"]
    assert Case.of(steps, flows).do("a", ok=False).do("c").open == ["b"]


def test_a_loop_drawn_with_links_joins_as_one_drawn_with_flows():
    """Lin and Mei approve side by side and send the paper back twice: nobody's approval counts for the next round."""
    steps = {
        "again": "wait link again",
        "in": "xor",
        "fork": "and",
        "lin": "user",
        "mei": "user",
        "join": "and",
        "x": "xor",
        "back": "throw link again",
    }
    flows = ["start in", "again in", "in fork", "fork lin", "fork mei", "lin join", "mei join", "join x"]
    case = Case.of(steps, [*flows, "x back: mei.again == true", "x end: default"])
    for first, second in (("lin", "mei"), ("mei", "lin"), ("lin", "mei")):
        case.do(first, again=True)
        assert case.open == [second]
        case.do(second, again=True)
        assert case.open == ["lin", "mei"]
    assert case.do("lin").do("mei", again=False).at.done


@pytest.mark.parametrize(
    ("steps", "flows", "rule"),
    [
        ({"a": "user", "off": "throw link page 2"}, ["start a", "a off"], "link"),
        ({"on": "wait link page 2", "b": "user"}, ["start b", "b end", "on end"], "link"),
        (JOINED[0] | {"twin": "wait link page 2"}, [*JOINED[1], "twin end"], "link"),
        (JOINED[0] | {"off": "throw link"}, JOINED[1], "link"),
        (JOINED[0] | {"on": "wait link page 3"}, JOINED[1], "link"),
        (JOINED[0], [*JOINED[1], "off b"], "split"),
    ],
)
def test_a_link_without_its_other_end_is_refused(steps, flows, rule):
    assert rule in rules(steps, flows)


def test_a_link_does_not_lead_out_of_its_sub_process():
    sub = ({"a": "user", "off": "throw link out"}, ["s_start a", "a off"])
    assert "link" in rules({"s": sub, "on": "wait link out"}, ["start s", "s end", "on end"])


def test_a_busy_loop_of_links_is_found():
    steps = {"a": "user", "on": "wait link l", "x": "xor", "off": "throw link l"}
    assert "busy-loop" in rules(steps, ["start a", "a x", "on x", "x off: a.ok == true", "x end: default"])


def test_the_reader_keeps_the_name_of_a_link():
    assert [event.code for node in draw(*JOINED).nodes for event in node.events] == ["page 2", "page 2"]
