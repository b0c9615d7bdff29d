"""What a completion costs with 500 instances of one step open, and after 5 000 rounds of a standard loop."""

from __future__ import annotations

import time
from collections.abc import Iterator

import engine
from tests.bench.completions import start_cases
from tests.bench.drawings import UNTIL_DONE, bundle, repeated, several
from tests.bench.growth import compared, go_round, in_turns, one_more
from tests.bench.houses import MORNING, House, Street
from tests.bench.table import Line

FEW, MANY = 50, 500


def repeats(street: Street, iterations: tuple[int, ...], rounds: int) -> Iterator[Line]:
    """Completions in turns: of few open instances and of many, early and late in a loop."""
    house = street.build()
    _deploy(house, "BENCH-FEW", several(FEW))
    _deploy(house, "BENCH-MANY", several(MANY))
    _deploy(house, "BENCH-UNTIL", UNTIL_DONE)
    took, cases = {}, {}
    for code, count in (("BENCH-FEW", FEW), ("BENCH-MANY", MANY)):
        began = time.perf_counter()
        (cases[count],) = start_cases(house, 1, code)
        took[count] = 1_000 * (time.perf_counter() - began)
    yield Line(f"{street.kind}: start of a case with {MANY} instances at once", took[MANY], f"{FEW}: {took[FEW]:.0f} ms", "ms")
    open_now = {f"{count} open instances": lambda case=case: one_more(house, case, done=True) for count, case in cases.items()}
    yield from compared(street.kind, in_turns(open_now, min(rounds, FEW - 10)), target=None)
    loops = dict(zip(iterations, start_cases(house, len(iterations), "BENCH-UNTIL"), strict=True))
    for count, case in loops.items():
        go_round(house, case, count - 1)
    late = {f"standard loop, round {n:,}": lambda case=case: one_more(house, case, done=False) for n, case in loops.items()}
    yield from compared(street.kind, in_turns(late, rounds))
    house.close()


def _deploy(house: House, code: str, marker: str) -> None:
    with engine.writing(house.engine) as c:
        engine.deploy(c, bundle(repeated(code, marker)), by=None, now=MORNING)
