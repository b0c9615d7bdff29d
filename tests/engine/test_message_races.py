"""Two workers at the same letters: each message is brought once, each signal once to each case."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa

import engine
from engine.message_tables import delivery, subscription
from engine.model import cases
from tests.engine.post import deploy, do, send, start, states, waits
from tests.engine.test_signals import LISTENER
from tests.world import World

WAITING = ({"m": "wait message Go | key intake.order", "a": "user"}, ["s m", "m a", "a end"])


def _beats(world: World, workers: int) -> int:
    """As many workers as given start beating at the same instant. Returns the rows that they settled."""
    ready = threading.Barrier(workers)

    def work() -> int:
        ready.wait()
        return sum(engine.beat(world.engine, world.now + timedelta(seconds=second)).rows for second in (1, 2, 3, 4))

    with ThreadPoolExecutor(workers) as pool:
        return sum(future.result() for future in [pool.submit(work) for _ in range(workers)])


def _got(world: World, kind: str) -> list[str]:
    return sorted(str(entry.case) for entry in world.log() if entry.kind == kind)


def test_two_workers_bring_forty_messages_once_each(world: World) -> None:
    deploy(world, "GO", {"s": "begin on signal Never | form f"} | WAITING[0], WAITING[1])
    cases = [start(world, "GO", order=f"K{number}") for number in range(40)]
    for number in range(40):
        send(world, "Go", f"K{number}")
    _beats(world, 2)
    assert {state for _, state in states(world)} == {"delivered"}
    assert _got(world, "message.received") == sorted(case.number for case in cases)
    assert waits(world) == []


def test_three_workers_fight_for_one_message_and_one_wins(world: World) -> None:
    deploy(world, "GO", {"s": "begin on signal Never | form f"} | WAITING[0], WAITING[1])
    for _ in range(2):
        start(world, "GO", order="K")
    send(world, "Go", "K")
    _beats(world, 3)
    assert len(_got(world, "message.received")) == 1
    assert len(waits(world)) == 1


def test_a_signal_to_twenty_cases_reaches_each_once(world: World) -> None:
    deploy(world, "HEAR", *LISTENER)
    cases = [start(world, "HEAR") for _ in range(20)]
    with engine.writing(world.engine) as c:
        engine.send_signal(c, "Storm", by=None, now=world.now)
    _beats(world, 3)
    assert _got(world, "signal.received") == sorted(case.number for case in cases)
    with engine.reading(world.engine) as c:
        assert set(c.execute(sa.select(delivery.c.state)).scalars()) == {"delivered"}


def test_a_message_and_a_person_who_move_the_same_case_both_get_through_or_are_told(world: World) -> None:
    """Chen Jing completes the step while the message arrives: whoever is second sees what the first has done."""
    deploy(world, "BOTH", {"f": "and", "a": "user", "m": "wait message Go"}, ["start f", "f a", "f m", "a end", "m end"])
    cases = [start(world, "BOTH") for _ in range(10)]
    for case in cases:
        send(world, "Go", case.number)

    def people() -> None:
        for case in cases:
            do(world, case, "a")

    person = threading.Thread(target=people)
    person.start()
    _beats(world, 2)
    person.join()
    world.later(seconds=10)
    assert [world.kinds(case)[-1] for case in cases] == ["case.completed"] * 10
    with engine.reading(world.engine) as c:
        assert engine.check_log(c).ok


def test_a_message_that_crosses_with_who_begins_to_wait_is_not_lost(pg_world: World) -> None:
    """It is kept after the case has looked for it and before anybody can see that the case waits."""
    deploy(pg_world, "GO", {"s": "begin on signal Never | form f"} | WAITING[0], WAITING[1])
    case = start(pg_world, "GO", order="later")
    with engine.writing(pg_world.engine) as c:
        c.execute(subscription.update().values(key="K"))
        send(pg_world, "Go", "K")
        assert engine.beat(pg_world.engine, pg_world.now).letters == 1
    assert states(pg_world) == [("Go", "waiting")]
    pg_world.later(seconds=6)
    assert _got(pg_world, "message.received") == [case.number]


def test_a_case_that_somebody_works_on_is_not_waited_for(pg_world: World) -> None:
    deploy(pg_world, "GO", {"s": "begin on signal Never | form f"} | WAITING[0], WAITING[1])
    case = start(pg_world, "GO", order="K")
    send(pg_world, "Go", "K")
    with engine.writing(pg_world.engine) as c:
        c.execute(sa.select(cases).where(cases.c.id == case.id).with_for_update(key_share=True))
        assert engine.beat(pg_world.engine, pg_world.now).letters == 1
    pg_world.later(seconds=2)
    assert _got(pg_world, "message.received") == [case.number]
