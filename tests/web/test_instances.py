"""A step that is done several times says on every page which one it is, in both languages."""

from __future__ import annotations

import pytest

import engine
from tests.stories.opinions import CODE, OVER, several, xml
from tests.stories.opinions import bundle as opinions
from tests.web.conftest import House
from webapp import words

LOOP = "<standardLoopCharacteristics><loopCondition>opinion.agrees == false</loopCondition></standardLoopCharacteristics>"


def ask(house: House, marker: str) -> engine.StartedCase:
    """The complaint desk is asked for opinions about a warehouse, in the posts that it has."""
    known = xml(marker).replace(b'"expert"', b'"service-agent"').replace(b'"chair"', b'"service-manager"')
    with engine.writing(house.world.engine) as c:
        engine.deploy(c, opinions(marker, known), by=None, now=house.world.now)
        answers = {"subject": "New warehouse", "asked": "Legal, <b>Sales</b>"}
        return engine.start_case(c, CODE, answers, by=house.world.who("li.na"), now=house.world.now)


def test_two_departments_are_told_apart_on_the_list_the_task_and_the_case(house: House) -> None:
    case = ask(house, several(OVER))
    chen = house.person("chen.jing")
    listed = chen.get("/tasks").get_data(as_text=True)
    assert "Opinion (1 of 2: Legal)" in listed
    assert "Opinion (2 of 2: &lt;b&gt;Sales&lt;/b&gt;)" in listed
    with engine.reading(house.world.engine) as c:
        legal = next(row for row in engine.my_tasks(c, house.world.who("chen.jing"), house.world.now) if row.about == "Legal")
    chen.post(f"/tasks/{legal.item}/claim", page="/tasks")
    assert "Opinion (1 of 2: Legal)" in chen.text(f"/tasks/{legal.item}")
    chen.answer(legal.item, agrees="true")
    assert f"Opinion (1 of 2: Legal) of {case.number} is completed." in chen.text("/tasks")
    assert "Opinion (1 of 2: Legal): completed" in chen.text(f"/cases/{case.id}")
    assert "Opinion（第 2 项，共 2 项：<b>Sales</b>）" in house.person("zhou.min", "zh").text("/tasks")


def test_the_results_of_all_instances_are_on_the_page_of_the_case(house: House) -> None:
    case = ask(house, several(OVER))
    chen = house.person("chen.jing")
    with engine.reading(house.world.engine) as c:
        rows = [row for row in engine.my_tasks(c, house.world.who("chen.jing"), house.world.now) if row.case_id == case.id]
    for row in rows:
        chen.post(f"/tasks/{row.item}/claim", page="/tasks")
        chen.answer(row.item, agrees="true", why=f"Because of {row.about}")
    page = chen.text(f"/cases/{case.id}")
    assert "Opinion (1 of 2) Title Yes Title Because of Legal" in page
    assert "Opinion (2 of 2) Title Yes Title Because of <b>Sales</b>" in page


def test_a_loop_says_its_round(house: House) -> None:
    ask(house, LOOP)
    assert "Opinion (round 1)" in house.person("chen.jing").text("/tasks")
    assert "Opinion（第 1 轮）" in house.person("zhou.min", "zh").text("/tasks")


@pytest.mark.parametrize(
    ("instance", "said"),
    [
        ((None, None, None), "Opinion"),
        ((None, None, "ignored"), "Opinion"),
        ((2, 5, None), "Opinion (2 of 5)"),
        ((2, 5, "Legal"), "Opinion (2 of 5: Legal)"),
        ((3, None, None), "Opinion (round 3)"),
    ],
)
def test_a_step_is_called_by_its_name_and_its_instance(
    house: House, instance: tuple[int | None, int | None, str | None], said: str
) -> None:
    with house.app.test_request_context("/"):
        assert words.step_name("Opinion", *instance) == said
