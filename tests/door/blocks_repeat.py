"""Repeated activities among the random blocks: in parallel, one after the other, in loops, some with a timer at the edge.

The oracle names an open step with the entries of the repetitions around it, the innermost first: `t4@row3=1@each2=0`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.door import blocks
from tests.door.blocks import Block, Maker, State
from tests.door.paper import Case

KINDS = ("each", "row", "again")


@dataclass
class Repeated(Block):
    """`parts[0]` is done `count` times, or until `enough` are done; `edge` is a timer of an hour at the edge of the whole.

    `each` in parallel, `row` one after the other, `again` in a loop (`first`: asked before the first time too).
    """

    count: int = 0
    enough: int | None = None
    edge: bool = False
    first: bool = False

    @property
    def host(self) -> str:
        """The id of what carries the marker: a step itself, or a sub-process around the part."""
        return self.parts[0].name if self.parts[0].kind == "task" else self.name

    @property
    def marker(self) -> str:
        """As `paper` writes it."""
        if self.kind == "again":
            return f"*loop while loopCounter < {self.count} first" if self.first else f"*loop most {self.count}"
        entries = ",".join(map(str, range(self.count))) or ","
        until = f" until numberOfCompletedInstances >= {self.enough}" if self.enough else ""
        return f"*{'parallel' if self.kind == 'each' else 'sequential'} over split('{entries}') as {self.name}_n{until}"


class _Repeats:
    """How repeated blocks are made, drawn, and played by the oracle.

    States: ("each" or "row", [(entry, state)], entries to come, how many are done, block), ("again", state, done, block), and
    ("edge", state, block) around either.
    """

    def make(self, maker: Maker, kind: str, depth: int) -> Block:
        chance = maker.random
        name, part = maker.name(kind), maker.block(depth + 1)
        count = chance.choice([0, 1, 2, 2, 3])
        first = kind == "again" and chance.random() < 0.5
        if kind == "again" and not first:
            count = max(count, 1)
        enough = chance.randint(1, 3) if kind != "again" and chance.random() < 0.4 else None
        return Repeated(kind, name, [part], count, enough, chance.random() < 0.3, first)

    def draw(self, block: Block, before: str, condition: str, steps: dict[str, Any], flows: list[str]) -> str:
        assert isinstance(block, Repeated)
        host = block.host
        if block.parts[0].kind == "task":
            steps[host] = f"user {block.marker}"
        else:
            inner: dict[str, Any] = {}
            inside: list[str] = []
            last = blocks.draw(block.parts[0], f"{host}_start", "", inner, inside)
            steps[host] = (inner, [*inside, f"{last} {host}_end"], block.marker)
        flows.append(f"{before} {host}{condition}")
        if not block.edge:
            return host
        name = block.name
        steps |= {f"late_{name}": f"on {host} PT1H", f"chase_{name}": "user", f"{name}_out": "xor"}
        flows += [f"{host} {name}_out", f"late_{name} chase_{name}", f"chase_{name} {name}_out"]
        return f"{name}_out"

    def begin(self, block: Block) -> State:
        assert isinstance(block, Repeated)
        if block.kind == "again":
            state = self._rounds(None, 0, block) if block.count else None
        else:
            entries = list(range(block.count))
            opened = entries if block.kind == "each" else entries[:1]
            live = [(entry, blocks.begin(block.parts[0])) for entry in opened]
            state = self._settled(live, entries[len(opened) :], 0, block)
        return ("edge", state, block) if block.edge and state is not None else state

    def _rounds(self, state: State, done: int, block: Repeated) -> State:
        """The next round in which somebody has something to do."""
        while state is None:
            if done == block.count:
                return None
            state = blocks.begin(block.parts[0])
            done += 1
        return ("again", state, done, block)

    def _settled(self, live: list[tuple[int, State]], to_come: list[int], done: int, block: Repeated) -> State:
        """Count what is done, open what comes next."""
        while True:
            over = [entry for entry, state in live if state is None]
            live = [(entry, state) for entry, state in live if state is not None]
            done += len(over)
            if done >= (block.enough or block.count + 1) or not (live or to_come):
                return None
            if live or block.kind == "each":
                return (block.kind, live, to_come, done, block)
            live, to_come = [(to_come[0], blocks.begin(block.parts[0]))], to_come[1:]

    def open_steps(self, state: State) -> Iterator[str]:
        if state[0] in {"edge", "again"}:
            yield from blocks.open_steps(state[1])
            return
        for entry, inner in state[1]:
            yield from (f"{step}@{state[4].name}={entry}" for step in blocks.open_steps(inner))

    def after(self, state: State, step: str, answers: Mapping[str, Any]) -> State:
        if state[0] == "edge":
            inner = blocks.after(state[1], step, answers)
            return None if inner is None else ("edge", inner, state[2])
        if state[0] == "again":
            return self._rounds(blocks.after(state[1], step, answers), state[2], state[3])
        inside, _, entry = step.rpartition("@")
        number = int(entry.partition("=")[2])
        live = [(each, blocks.after(inner, inside, answers) if each == number else inner) for each, inner in state[1]]
        return self._settled(live, *state[2:])

    def an_hour_later(self, state: State) -> State:
        if state[0] == "edge":
            return ("task", f"chase_{state[2].name}")
        if state[0] == "again":
            return ("again", blocks.an_hour_later(state[1]), *state[2:])
        return (state[0], [(entry, blocks.an_hour_later(inner)) for entry, inner in state[1]], *state[2:])


blocks.OTHERS |= dict.fromkeys((*KINDS, "edge"), _Repeats())


def around(block: Block, outer: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """By step: the repetitions with entries that it stands in, the innermost first."""
    here = (block.name, *outer) if block.kind in {"each", "row"} else outer
    found = {f"chase_{block.name}": outer if isinstance(block, Repeated) else here, f"ask_{block.name}": here, block.name: here}
    for part in block.parts:
        found |= around(part, here)
    return found


def open_steps(case: Case, places: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Each open step as the oracle names it, with its activation."""
    found: dict[str, str] = {}
    for item in case.at.items:
        around = places[item.step.rpartition("/")[2]]
        seen = case.machine.seen_by(case.at.state, item.task, item.step) if around else {}
        seen = {**seen.get("intake", {}), **seen}  # what a call was told of the repetitions around it
        label = item.step + "".join(f"@{name}={seen[f'{name}_n']}" for name in around)
        assert label not in found, f"{label} is open twice"
        found[label] = item.task
    return found
