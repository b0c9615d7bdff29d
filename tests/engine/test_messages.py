"""Messages between cases and from outside: kept with the move that threw them, brought once, to the case they are for."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

import engine
from engine.message_tables import message
from tests.engine.post import data, deploy, do, opened, send, start, states, waits
from tests.world import World

SHOP = (
    {"s": "begin on message Ordered | form f", "m": "wait message Paid | form f | key intake.order", "pack": "user"},
    ["s m", "m pack", "pack end"],
)
BANK = (
    {"book": "user f", "t": "throw message Paid | key book.order | send order = book.order; amount = 5"},
    ["start book", "book t", "t end"],
)


@pytest.fixture
def market(world: World) -> World:
    """A shop that waits until an order is paid, and a bank that says so."""
    deploy(world, "SHOP", *SHOP)
    deploy(world, "BANK", *BANK)
    return world


def _paid(world: World, order: str) -> None:
    payment = start(world, "BANK")
    do(world, payment, "book", order=order)


def test_a_message_goes_to_the_case_whose_business_key_it_names(market: World) -> None:
    first, second = start(market, "SHOP", order="A-1"), start(market, "SHOP", order="A-2")
    assert waits(market) == [("message", "Paid", "A-1"), ("message", "Paid", "A-2")]
    _paid(market, "A-2")
    assert states(market) == [("Paid", "waiting")]
    market.later(seconds=1)
    assert (opened(market, first), opened(market, second)) == ([], ["pack"])
    assert data(market, second)["m"] == {"order": "A-2", "amount": 5}
    assert (states(market), waits(market)) == ([("Paid", "delivered")], [("message", "Paid", "A-1")])


def test_what_was_in_it_is_erased_once_it_has_arrived_or_expired(market: World) -> None:
    """Personal data has one place, the case; a letter that is done with holds none."""
    start(market, "SHOP", order="A-1")
    for order in ("A-1", "A-9"):
        send(market, "Paid", order, order=order)

    def contents() -> list[dict[str, str]]:
        with engine.reading(market.engine) as c:
            return list(c.execute(sa.select(message.c.payload).order_by(message.c.id)).scalars())

    assert contents() == [{"order": "A-1"}, {"order": "A-9"}]
    market.later(seconds=1)
    assert contents() == [{}, {"order": "A-9"}]
    market.later(days=8)
    assert contents() == [{}, {}]


def test_the_log_tells_who_threw_it_and_who_got_it(market: World) -> None:
    order = start(market, "SHOP", order="A-1")
    _paid(market, "A-1")
    market.later(seconds=1)
    assert market.kinds(order) == ["case.started", "message.received", "item.offered"]
    told = [(entry.kind, entry.step, entry.data) for entry in market.log() if entry.kind.startswith("message.")]
    assert told == [("message.thrown", "t", {"name": "Paid"}), ("message.received", "m", {"name": "Paid"})]
    with engine.reading(market.engine) as c:
        assert engine.check_log(c).ok


def test_a_case_is_also_found_by_its_number(market: World) -> None:
    order = start(market, "SHOP", order="A-1")
    send(market, "Paid", order.number, order="A-1")
    market.later(seconds=1)
    assert opened(market, order) == ["pack"]


def test_without_a_key_it_goes_to_the_only_one_that_waits_and_to_none_of_several(market: World) -> None:
    first, second = start(market, "SHOP", order="A-1"), start(market, "SHOP", order="A-2")
    send(market, "Paid", order="?")
    market.later(seconds=1)
    assert (opened(market, first), opened(market, second)) == ([], [])
    send(market, "Paid", "A-1", order="A-1")
    market.later(seconds=1)
    assert opened(market, first) == ["pack"]
    market.later(minutes=1)
    assert opened(market, second) == ["pack"], "now there is only one"


def test_what_nobody_waits_for_is_kept_until_somebody_does(market: World) -> None:
    _paid(market, "A-9")
    market.later(days=2)
    order = start(market, "SHOP", order="A-9")
    market.later(seconds=1)
    assert opened(market, order) == ["pack"]


def test_after_seven_days_it_expires_and_the_log_says_so(market: World) -> None:
    _paid(market, "A-9")
    market.later(days=7, seconds=2)
    assert states(market) == [("Paid", "expired")]
    assert [entry.data for entry in market.log() if entry.kind == "message.expired"] == [{"name": "Paid"}]
    order = start(market, "SHOP", order="A-9")
    market.later(hours=1)
    assert opened(market, order) == []


def test_the_same_message_sent_twice_is_one(market: World) -> None:
    order = start(market, "SHOP", order="A-1")
    for again in (False, True):
        with engine.writing(market.engine) as c:
            sent = engine.send_message(c, "Paid", key="A-1", payload={"order": "A-1"}, by=None, now=market.now, dedupe="wire 77")
        assert sent.again is again
    market.later(seconds=1)
    assert (states(market), opened(market, order)) == ([("Paid", "delivered")], ["pack"])
    with engine.writing(market.engine) as c, pytest.raises(engine.BadInput, match="something else"):
        engine.send_message(c, "Lost", by=None, now=market.now, dedupe="wire 77")


def test_only_what_the_form_declares_enters_the_case(market: World) -> None:
    order = start(market, "SHOP", order="A-1")
    send(market, "Paid", "A-1", order="A-1", intake={"order": "A-7"}, pack={"done": True})
    market.later(seconds=1)
    assert data(market, order) == {"intake": {"order": "A-1"}, "m": {"order": "A-1"}}


def test_one_that_does_not_fit_is_told_as_an_incident_and_the_right_one_still_arrives(market: World) -> None:
    order = start(market, "SHOP", order="A-1")
    send(market, "Paid", "A-1", amount="many")
    market.later(seconds=1)
    assert market.kinds(order)[-1] == "incident.raised"
    send(market, "Paid", "A-1", order="A-1", amount=3)
    market.later(seconds=1)
    assert opened(market, order) == ["pack"]


def test_a_message_starts_a_case_of_the_process_that_begins_with_it(market: World) -> None:
    send(market, "Ordered", order="B-1", noise=1)
    market.later(seconds=1)
    assert waits(market) == [("message", "Paid", "B-1")]
    (started,) = [entry for entry in market.log() if entry.kind == "case.started"]
    assert started.data["channel"] == "message"
    assert [entry.kind for entry in market.log() if entry.case == started.case] == ["case.started", "message.received"]
    market.later(hours=1)
    assert len(waits(market)) == 1, "once"


def test_a_cancelled_case_listens_no_more(market: World) -> None:
    order = start(market, "SHOP", order="A-1")
    with engine.writing(market.engine) as c:
        engine.cancel_case(c, order.id, "bought elsewhere", by=market.who("li.na"), now=market.now)
    send(market, "Paid", "A-1", order="A-1")
    market.later(seconds=1)
    assert (waits(market), states(market)) == ([], [("Paid", "waiting")])


def test_a_timer_that_was_due_before_takes_the_wait_away_and_the_message_stays(world: World) -> None:
    deploy(world, "WAIT", {"r": "receive Call", "late": "on r PT1H", "a": "user"}, ["start r", "r end", "late a", "a end"])
    case = start(world, "WAIT")
    send(world, "Call", case.number, at=world.now + timedelta(hours=2))
    world.later(hours=2)
    assert world.kinds(case)[-2:] == ["timer.fired", "item.offered"]
    assert states(world) == [("Call", "waiting")]


@pytest.mark.parametrize(
    ("name", "key", "payload"), [("", None, {}), ("M" * 201, None, {}), ("M", "", {}), ("M", "k", {"x": float("nan")})]
)
def test_what_cannot_be_sent_is_refused(world: World, name: str, key: str | None, payload: dict[str, float]) -> None:
    with engine.writing(world.engine) as c, pytest.raises(engine.BadInput):
        engine.send_message(c, name, key=key, payload=payload, by=None, now=world.now)


def test_a_completion_in_a_process_without_messages_says_nothing_about_them(market: World) -> None:
    case = market.start()
    market.walk(case, "receive", "classify")
    assert (waits(market), states(market)) == ([], [])


def test_an_owner_has_it_tried_again_and_what_arrives_closes_the_incident(market: World) -> None:
    """The message came before the step that says what an order costs was right; nobody sends it again."""
    steps = {"a": "user f", "m": "wait message Paid | form f", "x": "script left = 10 / (a.amount - m.amount)", "b": "user"}
    deploy(market, "STRICT", steps, ["start a", "a m", "m x", "x b", "b end"])
    case = start(market, "STRICT")
    do(market, case, "a", order="A-1", amount=5)
    send(market, "Paid", case.number, order="A-1", amount=5)
    market.later(seconds=1)
    with engine.reading(market.engine) as c:
        (incident,) = engine.list_incidents(c, market.who("li.na"), state="open")
    assert (incident.kind, states(market)) == ("message", [("Paid", "waiting")])
    with engine.writing(market.engine) as c:
        engine.retry_incident(c, incident.id, by=market.who("li.na"), now=market.now)
    market.later(seconds=1)
    with engine.reading(market.engine) as c:
        assert [row.state for row in engine.list_incidents(c, market.who("li.na"), state=None)] == ["open", "resolved"]
    send(market, "Paid", case.number, order="A-1", amount=4)
    market.later(seconds=1)
    assert opened(market, case) == ["b"]
