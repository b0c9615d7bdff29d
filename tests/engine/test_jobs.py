"""Automated steps in the house: queued with the move, taken by one worker, tried again, an incident at last."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

import engine
from engine.commands.jobs import LEASE, PAUSES
from engine.jobs import job
from tests.engine.post import data, deploy, do, opened, start
from tests.world import World

_CALL = "service crm | send order = a.order | form f"
CRM = (
    {
        "a": "user f",
        "call": "service crm | send order = a.order | form f",
        "late": "on call PT24H",
        "ask": "user",
        "pack": "user",
    },
    ["start a", "a call", "call pack", "pack end", "late ask", "ask end"],
)


@pytest.fixture
def shop(world: World) -> World:
    """A process that asks the customer register for something."""
    deploy(world, "SHOP", *CRM)
    return world


def begun(world: World, order: str = "A-1") -> engine.StartedCase:
    case = start(world, "SHOP")
    do(world, case, "a", order=order)
    return case


def take(world: World, most: int = 10) -> list[engine.JobToRun]:
    with engine.writing(world.engine) as c:
        return list(engine.claim_jobs(c, world.now, most=most))


def finish(world: World, taken: engine.JobToRun, **answer: object) -> None:
    with engine.writing(world.engine) as c:
        engine.finish_job(c, taken.id, answer, attempt=taken.attempt, now=world.now)


def fail(world: World, taken: engine.JobToRun, reason: str = "it answered 503", *, again: bool = True) -> None:
    with engine.writing(world.engine) as c:
        engine.fail_job(c, taken.id, reason, attempt=taken.attempt, now=world.now, again=again)


def states(world: World) -> list[tuple[str, int]]:
    with engine.reading(world.engine) as c:
        return [tuple(row) for row in c.execute(sa.select(job.c.state, job.c.attempts).order_by(job.c.id))]


def test_a_job_is_done_and_its_answer_moves_the_case_on(shop: World) -> None:
    case = begun(shop)
    (taken,) = take(shop)
    assert (taken.connector, taken.payload, taken.step, taken.case) == ("crm", {"order": "A-1"}, "call", case.number)
    assert opened(shop, case) == []

    finish(shop, taken, order="A-1", amount=5, secret="no field of the form")

    assert opened(shop, case) == ["pack"]
    assert data(shop, case)["call"] == {"order": "A-1", "amount": 5}
    assert states(shop) == [("done", 1)]
    kinds = [kind for kind in shop.kinds(case) if kind.startswith("job.")]
    assert kinds == ["job.queued", "job.completed"]
    with engine.reading(shop.engine) as c:
        assert c.execute(sa.select(job.c.payload)).scalar_one() == {}, "what was handed over is kept no longer than needed"
        assert engine.check_log(c).ok


def test_every_attempt_has_the_same_key_and_the_last_one_ends_in_an_incident(shop: World) -> None:
    case, keys = begun(shop), set()
    for pause in PAUSES:
        (taken,) = take(shop)
        keys.add(taken.key)
        fail(shop, taken)
        assert take(shop) == []
        shop.later(seconds=pause.total_seconds())
    (taken,) = take(shop)
    keys.add(taken.key)
    fail(shop, taken)
    assert len(keys) == 1
    assert take(shop) == []
    with engine.reading(shop.engine) as c:
        (row,) = engine.list_incidents(c)
    assert (row.kind, row.reason, row.case_number, row.step) == ("job", "it answered 503", case.number, "call")

    with engine.writing(shop.engine) as c:
        engine.retry_incident(c, row.id, by=shop.who("li.na"), now=shop.now)
    (taken,) = take(shop)
    assert (taken.key in keys, taken.attempt) == (True, 1)
    finish(shop, taken, order="A-1")
    assert opened(shop, case) == ["pack"]
    assert shop.view(case).incident is None


def test_what_is_no_use_trying_again_is_an_incident_at_once_and_goes_with_the_step(shop: World) -> None:
    case = begun(shop)
    fail(shop, take(shop)[0], "there is no connector 'crm' here", again=False)
    assert shop.view(case).incident == "there is no connector 'crm' here"
    shop.later(hours=25)
    assert (opened(shop, case), states(shop)) == (["ask"], [("withdrawn", 1)])
    assert shop.view(case).incident is None


def test_a_worker_that_died_leaves_its_job_to_another_which_asks_with_the_same_key(shop: World) -> None:
    begun(shop)
    (dead,) = take(shop)
    shop.later(seconds=LEASE.total_seconds() - 1)
    assert take(shop) == []
    shop.later(seconds=2)
    (heir,) = take(shop)
    assert (heir.key, heir.attempt) == (dead.key, 2)
    with pytest.raises(engine.WrongState, match="in other hands"):
        finish(shop, dead, order="A-1")
    finish(shop, heir, order="A-1")
    with pytest.raises(engine.WrongState, match="in other hands"):
        fail(shop, heir)


def test_an_answer_after_the_timer_finds_nobody(shop: World) -> None:
    """The timer was due before the answer came, also when no sweep has been by."""
    case = begun(shop)
    (taken,) = take(shop)
    shop.later(hours=25, sweep=False)
    with pytest.raises(engine.WrongState):
        finish(shop, taken, order="A-1")
    shop.later(seconds=1)
    assert opened(shop, case) == ["ask"]
    assert [kind for kind in shop.kinds(case) if kind.startswith("job.")] == ["job.queued", "job.withdrawn"]


def test_an_answer_that_does_not_fit_is_refused_whole(shop: World) -> None:
    begun(shop)
    (taken,) = take(shop)
    before = shop.log()
    with pytest.raises(engine.BadInput):
        finish(shop, taken, amount=5)
    assert (shop.log(), states(shop)) == (before, [("running", 1)])


def test_a_cancelled_case_asks_nobody(shop: World) -> None:
    case = begun(shop)
    with engine.writing(shop.engine) as c:
        engine.cancel_case(c, case.id, "Entered twice", by=shop.who("li.na"), now=shop.now)
    assert (take(shop), states(shop)) == ([], [("withdrawn", 0)])


def test_an_error_of_the_business_takes_the_way_that_the_model_draws(world: World) -> None:
    steps = {"call": "service crm", "no": "on call error E", "ask": "user", "pack": "user"}
    deploy(world, "SHOP", steps, ["start call", "call pack", "pack end", "no ask", "ask end"])
    case = start(world, "SHOP")
    (taken,) = take(world)
    with engine.writing(world.engine) as c:
        engine.fail_business(c, taken.id, "E", attempt=1, now=world.now)
    assert (opened(world, case), states(world)) == (["ask"], [("done", 1)])


def test_two_workers_share_the_jobs_and_take_none_twice(shop: World) -> None:
    for number in range(12):
        begun(shop, f"A-{number}")
    with ThreadPoolExecutor(4) as pool:
        taken = [one for some in pool.map(lambda _: take(shop, most=3), range(8)) for one in some]
    assert len(taken) == len({one.id for one in taken}) == 12
    with engine.reading(shop.engine) as c:
        assert engine.next_job(c) == shop.now + LEASE
