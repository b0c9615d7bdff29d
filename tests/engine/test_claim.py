"""Claiming and putting back: one caller wins, strangers are refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import engine
from tests.world import World


def claim(world: World, item: int, login: str) -> str:
    """What the caller is told."""
    try:
        with engine.writing(world.engine) as c:
            engine.claim(c, item, by=world.who(login), now=world.now)
    except engine.EngineError as error:
        return f"{type(error).__name__}: {error}"
    return "won"


def test_the_slower_of_two_agents_is_told_who_was_faster(world: World) -> None:
    """Zhou Min hears that Chen Jing has it, and the log knows one claim."""
    case = world.start()
    item = world.item(case, "receive").item

    told = [claim(world, item, "chen.jing"), claim(world, item, "zhou.min")]

    assert told == ["won", "WrongState: 客户投诉接收 has been claimed by Chen Jing (陈静)."]
    assert world.kinds(case).count("item.claimed") == 1


def test_claiming_what_one_has_already_changes_nothing(world: World) -> None:
    """A double click is not an error."""
    case = world.start()
    item = world.item(case, "receive").item
    claim(world, item, "chen.jing")

    assert claim(world, item, "chen.jing") == "won"
    assert world.kinds(case).count("item.claimed") == 1


def test_of_many_who_claim_at_once_exactly_one_wins(world: World) -> None:
    """Eight threads, one item."""
    case = world.start()
    item = world.item(case, "receive").item
    world.who("chen.jing"), world.who("zhou.min")

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(lambda n: claim(world, item, ("chen.jing", "zhou.min")[n % 2]), range(8)))

    with engine.reading(world.engine) as c:
        row = engine.task(c, item, world.who("chen.jing")).row
    assert row.assignee_name is not None
    winner = {"Chen Jing": 0, "Zhou Min": 1}[row.assignee_name["en"]]
    assert [answer for n, answer in enumerate(told) if n % 2 != winner] == [
        answer for answer in told if answer.startswith("WrongState")
    ]
    assert world.kinds(case).count("item.claimed") == 1


def test_another_posts_work_cannot_be_claimed(world: World) -> None:
    """The sales representative has no business with the intake."""
    case = world.start()

    assert claim(world, world.item(case, "receive").item, "sun.hao") == "NotYours: 客户投诉接收 belongs to another post."
    assert "item.claimed" not in world.kinds(case)


def test_an_unknown_item_is_not_found(world: World) -> None:
    """A number from nowhere."""
    assert claim(world, 4711, "chen.jing") == "NotFound: There is no such task."


def test_what_is_put_back_is_offered_to_the_whole_post_again(world: World) -> None:
    """Release, then the colleague takes it; its clock has run on all the time."""
    case = world.start()
    item = world.item(case, "receive")
    claim(world, item.item, "chen.jing")

    with engine.writing(world.engine) as c:
        engine.release(c, item.item, by=world.who("chen.jing"), now=world.now)

    assert claim(world, item.item, "zhou.min") == "won"
    assert world.item(case, "receive").due_at == item.due_at
    assert world.kinds(case)[-3:] == ["item.claimed", "item.released", "item.claimed"]


def test_nobody_puts_back_what_somebody_else_has_claimed(world: World) -> None:
    """Only the one who has it."""
    case = world.start()
    item = world.item(case, "receive").item
    claim(world, item, "chen.jing")

    with pytest.raises(engine.WrongState), engine.writing(world.engine) as c:
        engine.release(c, item, by=world.who("zhou.min"), now=world.now)
