"""A case that calls another department's process: whose page shows what, and where the case stands inside the call."""

from __future__ import annotations

import pytest

import engine
from tests import returns
from tests.web.conftest import House, reads


@pytest.fixture
def logistics(house: House, password_hash: str) -> House:
    """The house with logistics in it."""
    returns.move_in(house.world)
    with engine.writing(house.world.engine) as c:
        engine.set_password(c, "han.mei", password_hash)
    return house


def test_the_clerk_of_the_called_process_sees_her_own_form_and_what_was_passed(logistics: House) -> None:
    world = logistics.world
    case = returns.start(world)
    returns.do(world, case, "receive")
    item = world.item(case, "goods_return/collect").item
    han = logistics.person("han.mei")
    assert "Collect" in han.text("/tasks")
    han.post(f"/tasks/{item}/claim", page="/tasks")
    page = han.text(f"/tasks/{item}")
    for said in ("Goods return (LOG-2024-001)", "How to collect.", "Gao Yuan", "Kettle K2", "Logistics lead"):
        assert said in page
    assert "send_back" not in page
    assert han.answer(item, carrier="SF").status_code == 303
    assert [row.step for row in world.open_items(case)] == ["goods_return/inspect"]


def test_the_page_of_the_case_shows_the_diagram_of_the_call_and_where_the_case_is_in_it(logistics: House) -> None:
    world = logistics.world
    case = returns.start(world)
    li = logistics.person("li.na")
    assert "Inside the call" not in li.text(f"/cases/{case.id}")
    returns.do(world, case, "receive")
    returns.do(world, case, "goods_return/collect")
    page = reads(li.get(f"/cases/{case.id}"), markup=True)
    for said in ("Inside the call: Goods return", f"/cases/{case.id}/model.bpmn?call=goods_return", "Goods return · Collect"):
        assert said in page
    marked = [part.partition('"')[0] for part in page.split('data-states="')[1:]]
    assert ["goods_return" in marked[0], "inspect" in marked[1]] == [True, True]
    assert '<process id="log"' in reads(li.get(f"/cases/{case.id}/model.bpmn?call=goods_return"), markup=True)
    assert '<process id="cmp"' in reads(li.get(f"/cases/{case.id}/model.bpmn"), markup=True)
    assert li.get(f"/cases/{case.id}/model.bpmn?call=elsewhere").status_code == 404


def test_the_board_has_a_row_for_each_step_of_the_called_process(logistics: House) -> None:
    world = logistics.world
    case = returns.start(world)
    returns.do(world, case, "receive")
    with engine.reading(world.engine) as c:
        steps = {row.step: row.open for row in engine.board(c, returns.COMPLAINT, world.now).by_step}
    assert list(steps) == ["receive", "goods_return/collect", "goods_return/inspect", "refund", "feedback"]
    assert steps["goods_return/collect"] == 1
    assert "Collect" in logistics.person("li.na").text(f"/board?code={returns.COMPLAINT}")
