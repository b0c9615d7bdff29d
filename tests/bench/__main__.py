"""`python -m tests.bench [--quick] [--only PART ...]`: run the bench and print its table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench import completions, deadlines, growth, repeats
from tests.bench.houses import Street, street
from tests.bench.table import Line, render


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    cases: int
    loops: tuple[int, ...]
    finished: int
    clocks: int
    rounds: int
    running: int
    at_once: int
    seconds: int


FULL = Size(100, (10, 1_000, 5_000), 1_000_000, 100_000, 200, 100_000, 10_000, 60)
QUICK = Size(30, (10, 1_000, 5_000), 100_000, 100_000, 60, 20_000, 1_000, 15)
PARTS: dict[str, Callable[[Street, Size], Iterator[Line]]] = {
    "completions": lambda s, size: completions.shift(s, many=size.cases),
    "loops": lambda s, size: growth.loops(s, size.loops, size.rounds),
    "repeats": lambda s, size: repeats.repeats(s, size.loops, size.rounds),
    "crowds": lambda s, size: growth.crowds(s, finished=size.finished, clocks=size.clocks, rounds=size.rounds),
    "deadlines": lambda s, size: deadlines.deadlines(s, running=size.running, at_once=size.at_once, seconds=size.seconds),
}


def main() -> None:
    """Measure part after part, each on its own databases; what is being done goes to stderr."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller: 100 000 finished cases, 1 000 clocks due at once")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="which parts")
    chosen = parser.parse_args()
    size, lines = QUICK if chosen.quick else FULL, []
    for part in chosen.only:
        for kind in ("sqlite", "postgresql"):
            if part == "deadlines" and kind == "sqlite":
                continue  # two workers share the work only on PostgreSQL
            print(f"{part} on {kind} ...", file=sys.stderr, flush=True)
            with street(kind) as place:
                lines += PARTS[part](place, size)
    print(render(lines))


if __name__ == "__main__":
    main()
