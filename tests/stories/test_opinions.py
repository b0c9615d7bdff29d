"""The chair asks several departments at once; two who agree are enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

import engine
from tests.stories.opinions import OVER, TWO_AGREE, Office, several


@pytest.fixture
def office(database_url: str) -> Iterator[Callable[[str], Office]]:
    """A house with the process as a marker repeats it."""
    opened: list[Office] = []

    def open_office(marker: str) -> Office:
        opened.append(Office.open(database_url, marker))
        return opened[-1]

    yield open_office
    for each in opened:
        each.database.dispose()


Opener = Callable[[str], Office]


def test_two_departments_agree_and_the_third_is_not_asked_any_more(office: Opener) -> None:
    """Each department has an item and a clock of its own; the withdrawn one is a fact, without any blame for its deadline."""
    house = office(several(OVER + TWO_AGREE))
    case = house.start("Legal, Sales, Production")
    assert [(row.step_name, row.instance, row.of, row.about) for row in house.tasks("he.xin")] == [
        ("Opinion", 1, 3, "Legal"),
        ("Opinion", 2, 3, "Sales"),
        ("Opinion", 3, 3, "Production"),
    ]
    house.later(hours=1)
    house.do("he.xin", "Production", agrees=True, why="Fewer trucks")
    house.do("lu.bo", "Legal", agrees=False)
    assert [row.about for row in house.tasks("lu.bo")] == ["Sales"]
    house.do("lu.bo", "Sales", agrees=True)
    assert house.tasks("he.xin") == []
    (decide,) = house.tasks("tan.wei")
    assert (decide.step, decide.instance, decide.of, decide.about) == ("decide", None, None, None)
    assert house.view(case).data["opinion"] == [{"agrees": False}, {"agrees": True}, {"agrees": True, "why": "Fewer trucks"}]


def test_an_item_that_is_not_needed_any_more_is_withdrawn_with_its_clock(office: Opener) -> None:
    house = office(several(OVER + TWO_AGREE))
    house.start("Legal, Sales, Production")
    house.do("he.xin", "Legal", agrees=True)
    slow = next(row for row in house.tasks("lu.bo") if row.about == "Production")
    with engine.writing(house.database) as c:
        engine.claim(c, slow.item, by=house.who("lu.bo"), now=house.now)
    house.later(minutes=10)
    house.do("he.xin", "Sales", agrees=True)
    (withdrawn,) = house.log("item.withdrawn")
    assert (withdrawn.item, withdrawn.at, withdrawn.step) == (slow.item, house.now, "opinion")
    (stopped,) = house.log("clock.cancelled")
    assert stopped.item == slow.item
    with pytest.raises(engine.WrongState, match="no longer needed"), engine.writing(house.database) as c:
        engine.complete(c, slow.item, {"agrees": False}, by=house.who("lu.bo"), now=house.now)


def test_the_log_counts_instances_but_does_not_say_whom_they_are_about(office: Opener) -> None:
    house = office(several(OVER))
    house.start("Gao Yuan, Lin Tao")
    offered = house.log("item.offered")
    assert [(entry.data["instance"], entry.data["of"]) for entry in offered] == [(1, 2), (2, 2)]
    with engine.reading(house.database) as c:
        assert "Gao Yuan" not in str([entry.data for entry in engine.event_log(c)])
    house.do("he.xin", "Lin Tao", agrees=True)
    assert "instance" not in house.log("item.completed")[0].data


def test_each_instance_has_a_clock_that_runs_for_itself(office: Opener) -> None:
    """One after the other: the second department's four hours begin when the first has answered."""
    house = office(several(OVER, sequential=True))
    case = house.start("Legal, Sales")
    first_due = house.tasks("he.xin")[0].due_at
    assert first_due == house.now + timedelta(hours=4)
    house.later(hours=3)
    house.do("he.xin", "Legal", agrees=True)
    (second,) = house.tasks("he.xin")
    assert (second.about, second.instance, second.of) == ("Sales", 2, 2)
    assert second.due_at == house.now + timedelta(hours=4)
    house.later(hours=5)
    house.do("he.xin", "Sales", agrees=False)
    breached = house.log("clock.breached")
    assert [(entry.item, entry.at) for entry in breached] == [(second.item, second.due_at)]
    opinion = next(step for step in house.view(case).steps if step.step == "opinion")
    assert (opinion.times, opinion.sojourn_s) == (2, 8 * 3600)


def test_parallel_clocks_end_one_by_one(office: Opener) -> None:
    house = office(several(OVER))
    house.start("Legal, Sales")
    house.later(hours=2)
    house.do("he.xin", "Legal", agrees=True)
    house.later(hours=3)
    (late,) = house.log("clock.breached")
    (met,) = house.log("clock.met")
    assert met.item != late.item
    assert [row.about for row in house.tasks("lu.bo")] == ["Sales"]


def test_a_loop_says_which_round_it_is_and_the_timeline_too(office: Opener) -> None:
    condition = "<loopCondition>opinion.agrees == false</loopCondition>"
    house = office(f"<standardLoopCharacteristics>{condition}</standardLoopCharacteristics>")
    case = house.start("nobody")
    house.do("he.xin", None, agrees=False)
    (again,) = house.tasks("he.xin")
    assert (again.instance, again.of, again.about) == (2, None, None)
    house.do("he.xin", None, agrees=True)
    assert house.view(case).data["opinion"] == {"agrees": True}
    told = [(row.kind, row.instance) for row in house.view(case).timeline if row.kind == "item.completed"]
    assert told == [("item.completed", 1), ("item.completed", 2)]


def test_a_case_that_cannot_be_repeated_is_not_begun(office: Opener) -> None:
    house = office(several("<loopCardinality>len(intake.asked)</loopCardinality>"))
    with pytest.raises(engine.CannotGoOn, match=r"there would be 1200 instances: at most 1,000"):
        house.start("x" * 1_200)
    with engine.reading(house.database) as c:
        assert engine.list_cases(c) == []


def test_an_item_sees_the_data_of_its_own_instance(office: Opener) -> None:
    house = office(several(OVER))
    house.start("Legal, Sales")
    item = next(row.item for row in house.tasks("he.xin") if row.about == "Sales")
    with engine.reading(house.database) as c:
        view = engine.task(c, item, house.who("he.xin"), house.now)
    assert (view.data["department"], view.data["loopCounter"]) == ("Sales", 1)
    house.do("he.xin", "Sales", agrees=True)
    with engine.reading(house.database) as c:
        assert "department" not in engine.task(c, item, house.who("he.xin"), house.now).data


def test_asking_three_is_no_rework_and_a_second_round_is(office: Opener) -> None:
    """Each instance counts as one execution; only what is done anew counts as done again."""
    house = office(several(OVER))
    house.start("Legal, Sales, Production")
    for about in ("Sales", "Legal", "Production"):
        house.do("he.xin", about, agrees=True)
    (case,) = house.measured()
    opinions = [one for one in case.activations if one.step == "opinion"]
    assert [one.instance for one in opinions] == [(1,), (2,), (3,)]
    assert all(one.completed_at for one in opinions)
    assert (case.repeated_steps, case.times_again["opinion"]) == ((), 0)


def test_a_second_round_of_a_loop_is_rework(office: Opener) -> None:
    condition = "<loopCondition>opinion.agrees == false</loopCondition>"
    house = office(f"<standardLoopCharacteristics>{condition}</standardLoopCharacteristics>")
    house.start("nobody")
    for agrees in (False, False, True):
        house.do("lu.bo", None, agrees=agrees)
    (case,) = house.measured()
    assert (case.repeated_steps, case.times_again["opinion"]) == (("opinion",), 2)
