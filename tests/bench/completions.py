"""Durable completions beside the floor and beside a naive engine, statements and commits of one, case starts, bytes per case."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

import sqlalchemy as sa

import engine
from engine.model import cases, work_item
from engine.processes import current_version
from tests.bench import floor
from tests.bench.drawings import ANSWERS, STEPS
from tests.bench.houses import MORNING, House, Street
from tests.bench.naive import Naive
from tests.bench.table import Line, ratio

FLOOR = {"postgresql": 0.5, "sqlite": 0.3}
STATEMENTS, COMMITS, NAIVE = 10, 1, 3.0
CODE = "BENCH-15"
Twins = tuple[House, House, House]  # written to by the bare driver, by SQLAlchemy Core, by the naive engine


@dataclass
class Rounds:
    """Seconds of each round, by what was measured; every round does the same number of commands."""

    commands: int
    wall: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def add(self, what: str, wall: float, cpu: float) -> None:
        """One round."""
        self.wall.setdefault(what, []).append(wall)
        self.cpu.setdefault(what, []).append(cpu)

    def per_second(self, what: str) -> float:
        """Commands a second in the median round."""
        return self.commands / median(self.wall[what])

    def cpu_ms(self, what: str) -> float:
        """CPU milliseconds of one command in the median round."""
        return 1000 * median(self.cpu[what]) / self.commands


def start_cases(house: House, count: int, code: str = CODE) -> list[int]:
    """Start cases, each in a transaction of its own; their ids."""
    started, mei = [], house.who()
    for _ in range(count):
        with engine.writing(house.engine) as c:
            started.append(engine.start_case(c, code, {}, by=mei, now=MORNING).id)
    return started


def claim_next(house: House, case_ids: Sequence[int]) -> list[tuple[int, int]]:
    """Claim the oldest open item of each case for Mei in one transaction: (case, item)."""
    mei = house.who()
    oldest = (
        sa.select(work_item.c.case_id, sa.func.min(work_item.c.id))
        .where(work_item.c.case_id.in_(list(case_ids)), work_item.c.state == "offered")
        .group_by(work_item.c.case_id)
        .order_by(work_item.c.case_id)
    )
    with engine.writing(house.engine) as c:
        chosen = [(int(case), int(item)) for case, item in c.execute(oldest)]
        for _, item in chosen:
            engine.claim(c, item, by=mei, now=MORNING)
    return chosen


def complete_all(house: House, items: Sequence[int], keys: Sequence[str], **answers: object) -> tuple[float, float]:
    """Complete claimed items, one durable transaction each. Returns wall and CPU seconds."""
    mei, given = house.who(), {**ANSWERS, **answers}
    wall, cpu = time.perf_counter(), time.thread_time()
    for item, key in zip(items, keys, strict=True):
        with engine.writing(house.engine) as c:
            engine.complete(c, item, given, by=mei, now=MORNING, key=key)
    return time.perf_counter() - wall, time.thread_time() - cpu


@dataclass
class Counted:
    """What the product asked of the database."""

    statements: int = 0
    commits: int = 0


def counted(house: House, item: int, key: str) -> Counted:
    """Statements (BEGIN and COMMIT are not statements) and commits of one completion."""
    seen = Counted()

    def statement(_c: object, _cursor: object, sql: str, *_rest: object) -> None:
        seen.statements += not sql.startswith("BEGIN")

    def commit(_c: object) -> None:
        seen.commits += 1

    sa.event.listen(house.engine, "before_cursor_execute", statement)
    sa.event.listen(house.engine, "commit", commit)
    complete_all(house, [item], [key])
    sa.event.remove(house.engine, "before_cursor_execute", statement)
    sa.event.remove(house.engine, "commit", commit)
    return seen


def shift(street: Street, *, many: int) -> Iterator[Line]:
    """`many` cases of fifteen steps from start to end: the product, the floor and the naive engine in turns, step by step."""
    house = street.build()
    start_cases(house, 3)
    twins = street.copy(house), street.copy(house), street.copy(house)
    naive, starts, rounds = Naive(), Rounds(many), Rounds(many)
    before = house.size()
    case_ids: list[int] = []
    for _ in range(5):
        case_ids = _start_in_turns(house, twins, starts, many)
    floor.begin_naively(twins[2], case_ids, naive.start())
    seen: list[Counted] = []
    for number in range(len(STEPS) - 1):
        seen.append(_count_one(house, twins, number))
        _complete_in_turns(house, twins, rounds, naive, case_ids, number)
    yield from _lines(street.kind, rounds, starts, seen)
    with engine.reading(house.engine) as c:
        blob = c.execute(sa.select(sa.func.avg(sa.func.length(cases.c.blob)))).scalar_one()
    total = 5 * many + len(seen)
    yield Line(
        f"{street.kind}: bytes per case, all rows and indexes",
        (house.size() - before) / total,
        f"most after {len(STEPS) - 1} steps, the rest after one; state {blob:.0f} B,"
        f" naive document {floor.document_size(twins[2]):,} B",
        "B",
    )
    for each in (house, *twins):
        each.close()


def _start_in_turns(house: House, twins: Twins, rounds: Rounds, many: int) -> list[int]:
    mark = floor.Mark.of(house)
    wall, cpu = time.perf_counter(), time.thread_time()
    started = start_cases(house, many)
    rounds.add("product", time.perf_counter() - wall, time.thread_time() - cpu)
    written = floor.starts(house, mark, started)
    rounds.add("floor", *floor.write(twins[0], written))
    rounds.add("core", *floor.write_in_core(twins[1], written))
    floor.write(twins[2], written)
    return started


def _count_one(house: House, twins: Twins, number: int) -> Counted:
    """One more case, whose next step is counted; the twins get it too, so that all stay alike."""
    mark = floor.Mark.of(house)
    (case,) = start_cases(house, 1)
    for twin in twins:
        floor.write(twin, floor.starts(house, mark, [case]))
    mark = floor.Mark.of(house)
    chosen = claim_next(house, [case])
    seen = counted(house, chosen[0][1], f"counted-{number}")
    for twin in twins:
        floor.write(twin, floor.completions(house, mark, chosen, [f"counted-{number}"]))
    return seen


def _complete_in_turns(house: House, twins: Twins, rounds: Rounds, naive: Naive, case_ids: Sequence[int], number: int) -> None:
    mark = floor.Mark.of(house)
    chosen = claim_next(house, case_ids)
    keys = [f"{number}-{item}" for _, item in chosen]
    rounds.add("step", *_steps_alone(house, [item for _, item in chosen]))
    rounds.add("product", *complete_all(house, [item for _, item in chosen], keys))
    written = floor.completions(house, mark, chosen, keys)
    rounds.add("floor", *floor.write(twins[0], written))
    rounds.add("core", *floor.write_in_core(twins[1], written))
    rounds.add("naive", *floor.write_naively(twins[2], written, naive.complete))
    rounds.add("naive step", naive.wall, naive.cpu)
    naive.wall = naive.cpu = 0.0


def _steps_alone(house: House, items: Sequence[int]) -> tuple[float, float]:
    """What the engine alone costs: states read, moved on and written, no database and no form. Wall and CPU seconds."""
    query = sa.select(cases.c.blob, work_item.c.activation).join(cases, cases.c.id == work_item.c.case_id)
    with engine.reading(house.engine) as c:
        machine = current_version(c, CODE).machine
        states = [(bytes(row.blob), row.activation) for row in c.execute(query.where(work_item.c.id.in_(items)))]
    wall, cpu = time.perf_counter(), time.thread_time()
    for state, activation in states:
        machine.complete(state, activation, ANSWERS, MORNING)
    return time.perf_counter() - wall, time.thread_time() - cpu


def _lines(kind: str, rounds: Rounds, starts: Rounds, seen: Sequence[Counted]) -> Iterator[Line]:
    yield _beside(kind, "durable completions/s, share of the floor", rounds, "floor", (">=", FLOOR[kind]))
    yield _beside(kind, "the same beside a floor in SQLAlchemy Core", rounds, "core", (">=", FLOOR[kind]))
    yield _beside(kind, "the same beside naive SpiffWorkflow, its document in the row", rounds, "naive")
    yield Line(f"{kind}: statements per completion", max(one.statements for one in seen), "with a key", "", ("<=", STATEMENTS))
    yield Line(f"{kind}: commits per completion", max(one.commits for one in seen), "", "", ("<=", COMMITS))
    yield Line(
        f"{kind}: CPU per completion, naive beside product",
        ratio(rounds.cpu["naive"], rounds.cpu["product"]),
        f"{rounds.cpu_ms('naive'):.2f} ms beside {rounds.cpu_ms('product'):.2f} ms; bare floor {rounds.cpu_ms('floor'):.2f} ms,"
        f" in Core {rounds.cpu_ms('core'):.2f} ms",
        target=(">=", NAIVE),
    )
    yield Line(
        f"{kind}: CPU of the engine's step alone, naive beside product",
        ratio(rounds.cpu["naive step"], rounds.cpu["step"]),
        f"{rounds.cpu_ms('naive step'):.2f} ms beside {rounds.cpu_ms('step'):.2f} ms: state read, moved on, written",
        target=(">=", NAIVE),
    )
    yield _beside(kind, "case starts/s, share of the floor", starts, "floor")


def _beside(kind: str, what: str, rounds: Rounds, other: str, target: tuple[str, float] | None = None) -> Line:
    note = f"{rounds.per_second('product'):.0f}/s beside {rounds.per_second(other):.0f}/s"
    return Line(f"{kind}: {what}", ratio(rounds.wall[other], rounds.wall["product"]), note, target=target)
