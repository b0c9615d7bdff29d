"""Random structured processes, and an oracle that plays them without any engine: nested blocks, rewritten step by step."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

State: TypeAlias = Any
"""What is left of a block: None when done, ("task", id, event), ("seq", state, rest), ("par", states), ("loop", ...)."""


@dataclass
class Block:
    """A piece of a process: task, timed (reminded, then taken away), seq, xor, and, or, loop or sub; `parts` are inside."""

    kind: str
    name: str
    parts: list[Block] = field(default_factory=list)


class Other(Protocol):
    """What a kind of block beside those here brings along: how it is made and drawn, and what the oracle does with it."""

    def make(self, maker: Maker, kind: str, depth: int) -> Block:
        """A random block of the kind."""

    def draw(self, block: Block, before: str, condition: str, steps: dict[str, Any], flows: list[str]) -> str:
        """Draw it after `before`; returns the node that its end leaves from."""

    def begin(self, block: Block) -> State:
        """Its state when it has just been entered."""

    def open_steps(self, state: State) -> Iterator[str]:
        """The steps that somebody can do."""

    def after(self, state: State, step: str, answers: Mapping[str, Any]) -> State:
        """The state when one of them has been done."""

    def an_hour_later(self, state: State) -> State:
        """The state when nobody has done anything for an hour."""


OTHERS: dict[str, Other] = {}
"""By the kind of block and by the first word of its states."""


@dataclass
class Maker:
    """Draws random blocks, `left` bounds the number of steps."""

    random: random.Random
    left: int
    count: int = 0
    more: tuple[str, ...] = ()
    """Kinds beside those here, as `blocks_repeat` has them."""

    def name(self, prefix: str) -> str:
        """A fresh id."""
        self.count += 1
        return f"{prefix}{self.count}"

    def block(self, depth: int = 0) -> Block:
        """A random block."""
        if depth >= 4 or self.left <= 0:
            return self.task()
        kind = self.random.choice(["task", "task", "timed", "seq", "xor", "and", "or", "loop", "sub", *self.more])
        if kind in OTHERS:
            return OTHERS[kind].make(self, kind, depth)
        if kind in {"task", "timed"}:
            return self.task(kind)
        name = self.name(kind)
        width = 1 if kind in {"loop", "sub"} else self.random.randint(2, 3)
        parts = [self.block(depth + 1) for _ in range(width)]
        return Block(kind, name, parts)

    def task(self, kind: str = "task") -> Block:
        """A step."""
        self.left -= 1
        return Block(kind, self.name("t"))


def drawing(block: Block) -> tuple[dict[str, Any], list[str]]:
    """Steps and flows for `paper.draw`. Before each choice somebody is asked: `ask_<name>`."""
    steps: dict[str, Any] = {}
    flows: list[str] = []
    last = draw(block, "start", "", steps, flows)
    flows.append(f"{last} end")
    return steps, flows


def draw(block: Block, before: str, condition: str, steps: dict[str, Any], flows: list[str]) -> str:
    """Draw the block after `before`; returns the node that its end leaves from."""
    name = block.name
    if block.kind in OTHERS:
        return OTHERS[block.kind].draw(block, before, condition, steps, flows)
    if block.kind == "seq":
        for number, part in enumerate(block.parts):
            before = draw(part, before, condition if number == 0 else "", steps, flows)
        return before
    if block.kind == "task":
        steps[name] = "user"
        flows.append(f"{before} {name}{condition}")
        return name
    if block.kind == "timed":
        steps |= {name: "user", f"late_{name}": f"on {name} PT1H", f"chase_{name}": "user", f"{name}_out": "xor"}
        steps |= {f"ring_{name}": f"aside {name} R2/PT20M", f"rung_{name}": "end"}
        flows.append(f"{before} {name}{condition}")
        flows += [f"{name} {name}_out", f"late_{name} chase_{name}", f"chase_{name} {name}_out", f"ring_{name} rung_{name}"]
        return f"{name}_out"
    if block.kind == "sub":
        inner: dict[str, Any] = {}
        inside: list[str] = []
        last = draw(block.parts[0], f"{name}_start", "", inner, inside)
        steps[name] = (inner, [*inside, f"{last} {name}_end"])
        flows.append(f"{before} {name}{condition}")
        return name
    if block.kind == "loop":
        steps |= {f"{name}_in": "xor", f"ask_{name}": "user ask", f"{name}_out": "xor"}
        flows.append(f"{before} {name}_in{condition}")
        last = draw(block.parts[0], f"{name}_in", "", steps, flows)
        flows += [f"{last} ask_{name}", f"ask_{name} {name}_out", f"{name}_out {name}_in: ask_{name}.again == true"]
        steps[f"{name}_after"] = "pass"
        flows.append(f"{name}_out {name}_after: default")
        return f"{name}_after"
    return _draw_split(block, before, condition, steps, flows)


def _draw_split(block: Block, before: str, condition: str, steps: dict[str, Any], flows: list[str]) -> str:
    name, kind = block.name, block.kind
    steps |= {f"{name}_in": kind, f"{name}_out": kind}
    if kind == "and":
        flows.append(f"{before} {name}_in{condition}")
    else:
        steps[f"ask_{name}"] = "user ask"
        flows += [f"{before} ask_{name}{condition}", f"ask_{name} {name}_in"]
    for number, part in enumerate(block.parts):
        if kind == "and":
            way = ""
        elif number == len(block.parts) - 1:
            way = ": default"
        else:
            way = f": {number} in ask_{name}.ways"
        last = draw(part, f"{name}_in", way, steps, flows)
        flows.append(f"{last} {name}_out")
    return f"{name}_out"


def begin(block: Block) -> State:
    """The state of a block that has just been entered; None if nobody has anything to do in it."""
    if block.kind in OTHERS:
        return OTHERS[block.kind].begin(block)
    if block.kind in {"task", "timed"}:
        return (block.kind, block.name)
    if block.kind == "seq":
        return _in_order(list(block.parts))
    if block.kind == "and":
        return together([begin(part) for part in block.parts])
    if block.kind == "sub":
        return begin(block.parts[0])
    if block.kind == "loop":
        inner = begin(block.parts[0])
        return ("ask", f"ask_{block.name}", block) if inner is None else ("loop", inner, block)
    return ("ask", f"ask_{block.name}", block)


def together(states: list[State]) -> State:
    """Side by side, those that are not done."""
    left = [state for state in states if state is not None]
    return ("par", left) if left else None


def _in_order(parts: list[Block]) -> State:
    for number, part in enumerate(parts, start=1):
        if (inner := begin(part)) is not None:
            return ("seq", inner, parts[number:])
    return None


def open_steps(state: State) -> Iterator[str]:
    """The ids of the steps that somebody can do."""
    if state is None:
        return
    if state[0] in OTHERS:
        yield from OTHERS[state[0]].open_steps(state)
    elif state[0] in {"task", "timed", "ask"}:
        yield state[1]
    elif state[0] == "par":
        for part in state[1]:
            yield from open_steps(part)
    else:
        yield from open_steps(state[1])


def after(state: State, step: str, answers: Mapping[str, Any]) -> State:
    """The state when this open step has been done."""
    if state is None or step not in set(open_steps(state)):
        return state
    if state[0] in OTHERS:
        return OTHERS[state[0]].after(state, step, answers)
    if state[0] in {"task", "timed"}:
        return None
    if state[0] == "ask":
        return _chosen(state[2], answers)
    if state[0] == "seq":
        inner = after(state[1], step, answers)
        return _in_order(state[2]) if inner is None else ("seq", inner, state[2])
    if state[0] == "loop":
        return _round(state, step, answers)
    return together([after(part, step, answers) for part in state[1]])


def an_hour_later(state: State) -> State:
    """The state when nobody has done anything for an hour: every timed step was taken away and somebody chases it."""
    if state is None or state[0] in {"task", "ask"}:
        return state
    if state[0] in OTHERS:
        return OTHERS[state[0]].an_hour_later(state)
    if state[0] == "timed":
        return ("task", f"chase_{state[1]}")
    if state[0] == "par":
        return ("par", [an_hour_later(part) for part in state[1]])
    return (state[0], an_hour_later(state[1]), *state[2:])


def _chosen(block: Block, answers: Mapping[str, Any]) -> State:
    if block.kind == "loop":
        return begin(block) if answers["again"] else None
    last = len(block.parts) - 1
    wanted = [number for number in answers["ways"] if number < last] or [last]
    return together([begin(block.parts[number]) for number in (wanted[:1] if block.kind == "xor" else wanted)])


def _round(state: State, step: str, answers: Mapping[str, Any]) -> State:
    _, inner, block = state
    inner = after(inner, step, answers)
    return ("ask", f"ask_{block.name}", block) if inner is None else ("loop", inner, block)


def answer(step: str, chance: random.Random, rounds: dict[str, int]) -> dict[str, Any]:
    """Random answers; loops end after three rounds."""
    if not step.rpartition("/")[2].startswith("ask_"):
        return {"n": chance.randint(0, 9)}
    rounds[step] = rounds.get(step, 0) + 1
    return {"ways": sorted(chance.sample(range(3), chance.randint(0, 3))), "again": rounds[step] < 3 and chance.random() < 0.5}
