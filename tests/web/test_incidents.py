"""When a case cannot go on: whoever filled in the form is told, keeps nothing in their head, and the owner mends it."""

from __future__ import annotations

import re

import pytest

import engine
from tests.web.conftest import House, reads
from tests.world import unreadable

RECEIVE = {"product": "Kettle K2", "details": "Leaks at the spout", "complete": "true"}


def fail(house: House) -> engine.StartedCase:
    """Chen Jing completes the first step of a case that cannot go on."""
    world = house.world
    case = world.start()
    item = world.item(case, "receive").item
    chen = house.person("chen.jing")
    chen.post(f"/tasks/{item}/claim", page="/tasks")
    with unreadable(world, case):
        answered = chen.answer(item, **RECEIVE)
    assert answered.status_code == 409
    assert "What you entered is kept" in reads(answered)
    return case


def test_what_was_entered_is_kept_and_done_when_the_owner_tries_again(both_houses: House) -> None:
    case = fail(both_houses)
    li = both_houses.person("li.na")
    listed = li.text("/incidents")
    for said in (case.number, "a step that cannot be completed", "What chen.jing entered is kept.", "nobody yet"):
        assert said in listed
    assert "See the incidents" in li.text(f"/cases/{case.id}")

    taken = li.post("/incidents", incident="1", do="take")
    assert taken.status_code == 303
    assert "Li Na" in li.text("/incidents?mine=1")
    assert li.post("/incidents", incident="1", do="retry").status_code == 303

    after = li.text("/incidents")
    assert "1 incident is done." in after
    assert "None: everything goes on by itself." in after
    assert "The incident is closed: the case went on" in li.text(f"/cases/{case.id}")
    assert [row.step for row in both_houses.world.open_items(case)] == ["classify"]


def test_a_retry_that_fails_says_why_and_is_counted(house: House) -> None:
    case = fail(house)
    li = house.person("li.na")
    with unreadable(house.world, case):
        li.post("/incidents", incident="1", do="retry")
        said = li.text("/incidents")
    assert "1: The stored state of this case" in said
    assert "failed 2 times" in said


def test_an_incident_is_dismissed_with_a_reason_only(house: House) -> None:
    fail(house)
    li = house.person("li.na")
    li.post("/incidents", incident="1", do="dismiss")
    assert "Say why nothing has to be done about it." in li.text("/incidents")
    li.post("/incidents", incident="1", do="dismiss", reason="Entered by mistake")
    assert "None: everything goes on by itself." in li.text("/incidents")
    closed = li.text("/incidents?state=resolved")
    assert re.search(r"a step that cannot be completed.* closed", closed)


def test_a_complaint_from_outside_that_cannot_begin_is_kept_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate lets no such model through any more; a database from before may hold one."""
    visitor = house.visitor()
    from engine.spiff import Machine

    def broken(*_: object) -> None:
        raise engine.CannotGoOn("The rule of the intake is broken.")

    start = Machine.start
    monkeypatch.setattr(Machine, "start", broken)
    sent = visitor.post(
        "/intake/CSC-2024-001",
        **{
            "answer-subject": "Kettle leaks",
            "answer-channel": "telephone",
            "answer-customer": "Gao Yuan",
            "answer-contact": "gao.yuan@example.org",
            "answer-description": "It leaks.",
        },
    )
    assert sent.status_code == 409
    assert "What you entered is kept" in reads(sent)
    monkeypatch.setattr(Machine, "start", start)
    li = house.person("li.na")
    assert "a case that cannot begin" in li.text("/incidents")
    li.post("/incidents", incident="1", do="retry")
    with engine.reading(house.world.engine) as c:
        assert [row.subject for row in engine.list_cases(c, "CSC-2024-001")] == ["Kettle leaks"]


@pytest.mark.parametrize("form", [{"incident": "1", "do": "explode"}, {"incident": "1"}])
def test_a_deed_that_nobody_offered_is_refused(house: House, form: dict[str, str]) -> None:
    fail(house)
    assert house.person("li.na").post("/incidents", **form).status_code == 400


def test_nothing_ticked_and_something_that_is_not_there(house: House) -> None:
    li = house.person("li.na")
    li.post("/incidents", do="retry")
    assert "Tick what you mean first" in li.text("/incidents")
    li.post("/incidents", incident="999", do="retry")
    assert "There is no such incident." in li.text("/incidents")


def test_performers_see_no_incidents(house: House) -> None:
    chen = house.person("chen.jing")
    assert chen.get("/incidents").status_code == 403
    assert "Incidents" not in chen.text("/tasks")


def test_the_page_is_complete_in_chinese(house: House) -> None:
    fail(house)
    page = house.person("li.na", "zh").text("/incidents")
    for said in ("异常", "步骤无法完成", "尚无人负责", "重试勾选的异常"):
        assert said in page
