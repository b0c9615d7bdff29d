"""Ending a case before its end, with a reason."""

from __future__ import annotations

import pytest

import engine
from tests.world import World


def test_a_cancelled_case_takes_its_items_and_clocks_with_it(world: World) -> None:
    """Nothing of it is left on any list, and nothing of it escalates later."""
    case = world.start()
    world.walk(case, "receive")

    with engine.writing(world.engine) as c:
        engine.cancel_case(c, case.id, "Entered twice", by=world.who("li.na"), now=world.now)
    world.later(hours=60)

    view = world.view(case)
    assert (view.state, view.tokens) == ("cancelled", ())
    assert world.kinds(case)[-4:] == ["item.withdrawn", "clock.cancelled", "clock.cancelled", "case.cancelled"]
    assert world.log(case)[-1].data == {"reason": "Entered twice"}


def test_a_breach_that_had_happened_stays_a_breach_when_the_case_is_cancelled(world: World) -> None:
    """Cancelling must not be a way to hide a late step."""
    case = world.start()
    world.later(minutes=30, sweep=False)

    with engine.writing(world.engine) as c:
        engine.cancel_case(c, case.id, "Entered twice", by=world.who("li.na"), now=world.now)

    assert "clock.breached" in world.kinds(case)


@pytest.mark.parametrize(
    ("login", "reason", "error"),
    [("chen.jing", "No longer wanted", engine.NotYours), ("li.na", "  ", engine.BadInput)],
)
def test_who_may_cancel_and_why(world: World, login: str, reason: str, error: type[engine.EngineError]) -> None:
    """Not a performer, and not without a reason."""
    case = world.start()

    with pytest.raises(error), engine.writing(world.engine) as c:
        engine.cancel_case(c, case.id, reason, by=world.who(login), now=world.now)

    assert world.view(case).state == "running"


def test_a_case_that_is_over_cannot_be_cancelled(world: World) -> None:
    """Neither twice nor after its end."""
    case = world.start()
    world.walk(case, "receive", "classify", "handle", "feedback", "archive")

    with pytest.raises(engine.WrongState, match="completed already"), engine.writing(world.engine) as c:
        engine.cancel_case(c, case.id, "Too late", by=world.who("li.na"), now=world.now)
    with pytest.raises(engine.NotFound), engine.writing(world.engine) as c:
        engine.cancel_case(c, 999, "Nowhere", by=world.who("li.na"), now=world.now)
