"""The owner's board and whom an escalation reaches: the right person first, and whoever oversees the process."""

from __future__ import annotations

import re

from tests.web.conftest import House, furnish, reads
from tests.world import CODE


def _first_acknowledge(page: str) -> str:
    found = re.search(r'action="(/escalations/\d+/acknowledge)"', page)
    assert found
    return found[1]


def test_the_board_counts_what_runs_what_is_late_and_what_is_done(both_houses: House) -> None:
    furnish(both_houses.world)
    page = both_houses.person("li.na").text("/board")
    assert re.search(r"4 running", page)
    assert re.search(r"2 breached", page)
    assert re.search(r"1 completed", page)
    assert "Invoice names another company" in page
    assert "Kettle leaks after two days" not in page, "a closed case is not running"


def test_a_missed_deadline_reaches_the_accountable_and_then_the_owner(house: House) -> None:
    world = house.world
    case = world.start()
    wang, li, chen = house.person("wang.fang"), house.person("li.na"), house.person("chen.jing")
    world.later(minutes=13)
    assert "Needs your attention" not in wang.text("/tasks")
    world.later(minutes=3)
    assert f"Deadline missed {case.number}" in wang.text("/tasks")
    assert "Needs your attention" not in chen.text("/tasks")
    assert "Needs your attention" not in li.text("/tasks")
    world.later(minutes=4)
    assert "20% over the standard: look back" in li.text("/tasks")


def test_acknowledging_says_who_and_what_is_done_and_counts_once(both_houses: House) -> None:
    world = both_houses.world
    case = world.start()
    world.later(minutes=20)
    wang, li = both_houses.person("wang.fang"), both_houses.person("li.na")
    address = _first_acknowledge(reads(wang.get("/tasks"), markup=True))
    done = wang.post(address, page="/tasks", note="Zhou Min takes it now", next="/tasks")
    assert (done.status_code, done.location) == (303, "/tasks")
    assert "The escalation is acknowledged." in wang.text("/tasks")
    board = li.text(f"/board?code={CODE}")
    assert "Wang Fang" in board
    assert "Zhou Min takes it now" in board
    assert li.post(address, page="/board").status_code == 409
    assert world.kinds(case).count("escalation.acknowledged") == 1


def test_an_escalation_raised_to_somebody_else_is_not_yours_to_acknowledge(house: House) -> None:
    house.world.start()
    house.world.later(minutes=20)
    address = _first_acknowledge(reads(house.person("wang.fang").get("/tasks"), markup=True))
    assert house.person("chen.jing").post(address, page="/tasks").status_code == 403


def test_a_case_shows_the_deadline_that_passed_and_who_was_told(house: House) -> None:
    case = house.world.start()
    house.world.later(minutes=20)
    page = house.person("li.na").text(f"/cases/{case.id}")
    assert "the deadline passed" in page
    assert "told to Service supervisor" in page
    assert "open, overdue" in page


def test_the_owner_cancels_a_case_with_a_reason_and_an_agent_cannot(house: House) -> None:
    case = house.world.start()
    chen, li = house.person("chen.jing"), house.person("li.na")
    assert chen.post(f"/cases/{case.id}/cancel", page="/tasks", reason="no").status_code == 403
    li.post(f"/cases/{case.id}/cancel", page=f"/cases/{case.id}", reason=" ")
    assert "Say why the case is cancelled." in li.text(f"/cases/{case.id}")
    assert li.post(f"/cases/{case.id}/cancel", page=f"/cases/{case.id}", reason="sent twice").status_code == 303
    assert "Case cancelled: sent twice" in li.text(f"/cases/{case.id}")
    assert li.post(f"/cases/{case.id}/cancel", page="/tasks", reason="again").status_code == 409


def test_the_model_of_a_case_is_served_for_the_diagram_alone(house: House) -> None:
    case = house.world.start()
    answer = house.person("chen.jing").get(f"/cases/{case.id}/model.bpmn")
    assert answer.mimetype == "application/xml"
    assert b"BPMNDiagram" in answer.data
    assert house.person("admin").get("/cases/4711/model.bpmn").status_code == 404
