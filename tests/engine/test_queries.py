"""What screens read: the right rows in the right order, at a cost that does not grow with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import engine
from tests.world import CODE, World


def statements(world: World, read: Callable[[engine.Connection], Any]) -> int:
    """How many statements one read costs."""
    seen: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(world.engine, "before_cursor_execute", count)
    with engine.reading(world.engine) as c:
        read(c)
    sa.event.remove(world.engine, "before_cursor_execute", count)
    return len(seen)


def test_my_tasks_show_the_most_urgent_first_and_mine_among_my_posts(world: World) -> None:
    """Overdue above due, what a colleague has claimed not at all."""
    overdue = world.start(subject="overdue")
    world.later(minutes=20)
    fresh, taken = world.start(subject="fresh"), world.start(subject="taken")
    with engine.writing(world.engine) as c:
        engine.claim(c, world.item(taken, "receive").item, by=world.who("zhou.min"), now=world.now)

    with engine.reading(world.engine) as c:
        rows = engine.my_tasks(c, world.who("chen.jing"), world.now)
        colleague = engine.my_tasks(c, world.who("zhou.min"), world.now)

    assert [(row.subject, row.breached) for row in rows] == [("overdue", True), ("fresh", False)]
    assert [(row.case_number, row.claimed_by_me) for row in colleague] == [
        (overdue.number, False),
        (fresh.number, False),
        (taken.number, True),
    ]


def test_a_deadline_that_has_passed_is_late_on_the_screen_before_the_sweep_has_been_by(world: World) -> None:
    """The list tells the truth at once; the log follows."""
    world.start()
    world.later(minutes=16, sweep=False)
    with engine.reading(world.engine) as c:
        assert [row.breached for row in engine.my_tasks(c, world.who("chen.jing"), world.now)] == [True]
        board = engine.board(c, CODE, world.now)
    assert (board.running, board.breached) == (1, 1)


@pytest.mark.parametrize("login", ["sun.hao", "wu.ting"])
def test_a_task_of_another_post_is_not_shown(world: World, login: str) -> None:
    """Sales and legal see what they are asked, not the whole complaint's work."""
    item = world.item(world.start(), "receive").item
    with pytest.raises(engine.NotYours), engine.reading(world.engine) as c:
        engine.task(c, item, world.who(login))
    with engine.reading(world.engine) as c:
        assert engine.task(c, item, world.who("li.na")).may_claim is False


def test_a_task_brings_its_form_the_case_so_far_and_what_one_may_do(world: World) -> None:
    """Everything that the page shows comes in one read."""
    case = world.start()
    world.do(case, "receive")
    supervisor = world.who("wang.fang")
    with engine.reading(world.engine) as c:
        view = engine.task(c, world.item(case, "classify").item, supervisor)
    assert view.form is not None
    assert set(view.form["properties"]) == {"type", "priority", "special", "ask_sales", "ask_legal"}
    assert set(view.data) == {"intake", "receive"}
    assert (view.may_claim, view.may_release, view.may_complete) == (True, False, False)
    assert view.raci is not None
    assert (view.raci.responsible, view.raci.accountable) == ("service-supervisor", "service-manager")


def test_the_board_counts_each_step_and_its_share_within_the_standard(world: World) -> None:
    """Two received, one of them late; one still open and at risk."""
    punctual, late = world.start(), world.start()
    world.do(punctual, "receive")
    world.later(minutes=16)
    world.do(late, "receive")
    world.start()
    world.later(minutes=13)
    with engine.reading(world.engine) as c:
        receive = next(step for step in engine.board(c, CODE, world.now).by_step if step.step == "receive")
    assert (receive.open, receive.at_risk, receive.breached, receive.completed, receive.share_within) == (1, 1, 0, 2, 0.5)


def test_reading_a_page_costs_the_same_with_one_case_and_with_thirty(sqlite_world: World) -> None:
    """No statement per row, on any page."""
    agent, owner = sqlite_world.who("chen.jing"), sqlite_world.who("li.na")
    case = sqlite_world.start()
    sqlite_world.later(minutes=30)
    item = sqlite_world.item(case, "receive").item
    pages: dict[str, Callable[[engine.Connection], Any]] = {
        "my tasks": lambda c: engine.my_tasks(c, agent, sqlite_world.now),
        "task": lambda c: engine.task(c, item, agent),
        "case": lambda c: engine.case(c, case.id, owner, sqlite_world.now),
        "board": lambda c: engine.board(c, CODE, sqlite_world.now),
        "cases": lambda c: engine.list_cases(c, CODE),
        "pilots": lambda c: engine.list_pilots(c),
        "notices": lambda c: engine.notices_for(c, agent.id),
        "log": lambda c: engine.event_log(c, code=CODE),
    }
    few = {name: statements(sqlite_world, read) for name, read in pages.items()}
    for _ in range(30):
        sqlite_world.start()
    sqlite_world.later(minutes=30)

    many = {name: statements(sqlite_world, read) for name, read in pages.items()}

    assert many == few
    assert max(few.values()) <= 9, few  # BEGIN included


def test_a_case_page_tells_each_steps_state(world: World) -> None:
    """Done, late, open, untouched."""
    case = world.start()
    world.later(minutes=20)
    world.do(case, "receive")
    view = world.view(case)
    states = {step.step: step.state for step in view.steps}
    assert (states["receive"], states["classify"], states["archive"]) == ("late", "open", "untouched")
    assert view.tokens == ("classify",)
    assert next(step.sojourn_s for step in view.steps if step.step == "receive") == 1200
    assert [row.kind for row in view.timeline][:2] == ["case.started", "item.offered"]
