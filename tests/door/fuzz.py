"""Many random processes against the oracle, for a long look: `python -m tests.door.fuzz --count 2000`."""

from __future__ import annotations

import argparse
import random

from engine.spiff import prepare
from tests.door import blocks, blocks_calls, blocks_events, blocks_repeat
from tests.door.paper import Case, draw

MORE = (
    (*blocks_repeat.KINDS, *blocks_events.INSIDE, *blocks_calls.KINDS),
    (*blocks_events.KINDS, *blocks_calls.KINDS),
)
"""The kinds that are drawn together: a message that several instances wait for reaches any one of them."""


def walk(seed: str, *, left: int = 12, most: int = 200, more: tuple[str, ...] = MORE[0]) -> int:
    """One random process, stored and loaded after every step. Raises AssertionError where it stands elsewhere than the oracle.

    `more` are the kinds of block beside the plain ones. Returns the number of steps taken.
    """
    chance = random.Random(seed)
    block = blocks.Maker(chance, left=left, more=more).block()
    called = blocks_calls.called_by(block)
    steps, flows = blocks.drawing(block)
    case, expected, rounds = Case(prepare(draw(steps, flows), {}, called=called)), blocks.begin(block), {}
    places = blocks_repeat.around(block)
    for number in range(most):
        where = f"seed {seed}: {flows}"
        found, waits = blocks_repeat.open_steps(case, places), blocks_events.waits(case)
        assert sorted([*found, *waits]) == sorted(blocks.open_steps(expected)), where
        assert case.at.done is (expected is None), where
        if expected is None:
            return number
        if chance.random() < 0.2:
            case.later(hours=1)
            expected = blocks.an_hour_later(expected)
            continue
        step = chance.choice(sorted([*found, *waits]))
        if step in waits:
            case.get(*waits[step])
            expected = blocks.after(expected, step, {})
            continue
        answers = blocks.answer(step, chance, rounds)
        case.at = case.machine.complete(case.at.state, found[step], answers, case.now)
        assert case.at.data.get(step, answers) == answers, where  # not there: in the frame of an instance
        expected = blocks.after(expected, step, answers)
    return most


def main() -> None:
    """Walk as many as asked for and say how many went as the oracle says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", default="fuzz")
    chosen = parser.parse_args()
    steps = sum(walk(f"{chosen.seed} {number}", more=MORE[number % len(MORE)]) for number in range(chosen.count))
    print(f"{chosen.count} processes, {steps} steps, each where the oracle says")


if __name__ == "__main__":
    main()
