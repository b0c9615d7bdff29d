"""The public door: what anybody may send, how often, and how little they are told."""

from __future__ import annotations

import pytest

from tests.web.conftest import House, Visitor, reads
from tests.world import CODE
from webapp.rate import Rate

FORM = {
    "answer-subject": "Kettle leaks",
    "answer-channel": "web",
    "answer-customer": "Gao Yuan",
    "answer-contact": "gao.yuan@example.org",
    "answer-description": "It leaks at the spout.",
}


def _channel(visitor: Visitor) -> str:
    """The first choice that the form offers."""
    page = reads(visitor.get(f"/intake/{CODE}"), markup=True)
    return page.split('name="answer-channel"')[1].split('value="')[1].split('"')[0]


def test_a_customer_sends_a_complaint_and_gets_a_number(both_houses: House) -> None:
    customer = both_houses.visitor()
    sent = customer.post(f"/intake/{CODE}", **(FORM | {"answer-channel": _channel(customer)}))
    assert sent.status_code == 303
    page = customer.text(sent.location)
    assert f"{CODE}-00001" in page
    assert "running" in page
    for secret in ("Gao Yuan", "spout", "Kettle", "Chen", "Service agent"):
        assert secret not in page
    assert "Kettle leaks" in both_houses.person("chen.jing").text("/tasks")


def test_sent_twice_it_is_one_complaint_with_one_receipt(house: House) -> None:
    customer = house.visitor()
    form = FORM | {"answer-channel": _channel(customer), "key": "the-same-form"}
    first, second = customer.post(f"/intake/{CODE}", **form), customer.post(f"/intake/{CODE}", **form)
    assert first.location == second.location
    assert len([entry for entry in house.world.log() if entry.kind == "case.started"]) == 1


def test_what_is_missing_is_said_beside_the_field_and_the_rest_is_kept(house: House) -> None:
    customer = house.visitor()
    refused = customer.post(f"/intake/{CODE}", **(FORM | {"answer-channel": "pigeon", "answer-contact": ""}))
    page = reads(refused, markup=True)
    assert refused.status_code == 422
    assert "It leaks at the spout." in page
    assert "answer-contact-error" in page
    assert "answer-channel-error" in page
    assert not [entry for entry in house.world.log() if entry.kind == "case.started"]


def test_an_address_that_sends_too_much_has_to_wait(house: House) -> None:
    customer = house.visitor()
    form = FORM | {"answer-channel": _channel(customer)}
    codes = [customer.post(f"/intake/{CODE}", **form).status_code for _ in range(4)]
    assert codes == [303, 303, 303, 429]
    house.world.later(seconds=20)
    assert customer.post(f"/intake/{CODE}", **form).status_code == 303


def test_an_unknown_process_and_an_unknown_receipt_are_nothing(house: House) -> None:
    customer = house.visitor()
    assert customer.get("/intake/XYZ-1").status_code == 404
    assert customer.get("/receipt/00000000000000000000").status_code == 404


def test_a_form_field_nobody_asked_for_is_refused(house: House) -> None:
    customer = house.visitor()
    form = FORM | {"answer-channel": _channel(customer), "answer-state": "completed"}
    refused = customer.post(f"/intake/{CODE}", **form)
    assert refused.status_code == 422
    assert "do not fit this form" in reads(refused)


def test_a_form_larger_than_a_form_can_be_is_refused(house: House) -> None:
    customer = house.visitor()
    assert customer.post(f"/intake/{CODE}", **(FORM | {"answer-description": "x" * 2_000_000})).status_code == 413


@pytest.mark.parametrize("seconds", [0, 30])
def test_a_rate_refills_with_the_minute(house: House, seconds: int) -> None:
    rate, now = Rate(2), house.world.now
    assert [rate.allows("a", now) for _ in range(3)] == [True, True, False]
    assert rate.allows("b", now), "another address has its own bucket"
    house.world.later(seconds=seconds)
    assert rate.allows("a", house.world.now) is (seconds == 30)
