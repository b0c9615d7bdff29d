"""Events among the random blocks: links, escalations, errors, messages, signals, races; a wait is an open step to the oracle.

It is called as the case calls it: `message go_race3`. `ask_<name>` says in `again` whether something is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.door import blocks
from tests.door.blocks import Block, Maker, State
from tests.door.paper import Case

INSIDE = ("link", "up", "away", "error")
"""Kinds that may stand in a repeated activity: what they throw is caught in the same instance."""

KINDS = (*INSIDE, "race", "watched", "held", "call", "signal")
_PARTS = {"error": 2, "race": 2}

Steps = dict[str, Any]


def _draw_link(block: Block, before: str, condition: str, steps: Steps, flows: list[str]) -> str:
    """One part, a link, and another one behind it."""
    name = block.name
    last = blocks.draw(block.parts[0], before, condition, steps, flows)
    steps |= {f"{name}_off": f"throw link to {name}", f"{name}_on": f"wait link to {name}"}
    flows.append(f"{last} {name}_off")
    return f"{name}_on"


def _draw_up(block: Block, before: str, condition: str, steps: Steps, flows: list[str]) -> str:
    """Somebody may call the boss on the way, who does something beside it (`up`) or instead of it (`away`)."""
    name = block.name
    inner: Steps = {f"ask_{name}": "user ask", f"{name}_x": "xor", f"{name}_up": f"throw escalation L{name}", f"{name}_m": "xor"}
    inside = [f"{name}_in_start ask_{name}", f"ask_{name} {name}_x", f"{name}_x {name}_up: ask_{name}.again == true"]
    inside += [f"{name}_x {name}_m: default", f"{name}_up {name}_m"]
    last = blocks.draw(block.parts[0], f"{name}_m", "", inner, inside)
    way = "aside" if block.kind == "up" else "on"
    outer = {
        f"{name}_in": (inner, [*inside, f"{last} {name}_in_end"]),
        f"{name}_edge": f"{way} {name}_in escalation L{name}",
        f"chase_{name}": "user",
        f"{name}_gone": "end",
    }
    flows.append(f"{before} {name}{condition}")
    around = [f"{name}_start {name}_in", f"{name}_in {name}_end", f"{name}_edge chase_{name}", f"chase_{name} {name}_gone"]
    steps[name] = (outer, around)
    return name


def _draw_error(block: Block, before: str, condition: str, steps: Steps, flows: list[str]) -> str:
    """Two ways side by side; an error on one ends both, and somebody mends it in an event sub-process."""
    name = block.name
    inner: Steps = {f"{name}_f": "and", f"ask_{name}": "user ask", f"{name}_x": "xor", f"{name}_no": f"end error E{name}"}
    inner[f"{name}_h"] = (
        {f"chase_{name}": "user"},
        [f"{name}_h_start chase_{name}", f"chase_{name} {name}_h_end"],
        f"on error E{name}",
    )
    inside = [
        f"{name}_start {name}_f",
        f"{name}_f ask_{name}",
        f"ask_{name} {name}_x",
        f"{name}_x {name}_no: ask_{name}.again == true",
    ]
    beside = blocks.draw(block.parts[0], f"{name}_f", "", inner, inside)
    after = blocks.draw(block.parts[1], f"{name}_x", ": default", inner, inside)
    steps[name] = (inner, [*inside, f"{beside} {name}_end", f"{after} {name}_end"])
    flows.append(f"{before} {name}{condition}")
    return name


def _draw_race(block: Block, before: str, condition: str, steps: Steps, flows: list[str]) -> str:
    """A message within the hour, or something else."""
    name = block.name
    steps |= {f"{name}_r": "race", f"{name}_go": f"wait message go_{name}", f"{name}_late": "wait PT1H", f"{name}_m": "xor"}
    flows += [f"{before} {name}_r{condition}", f"{name}_r {name}_go", f"{name}_r {name}_late"]
    for number, start in enumerate(("go", "late")):
        last = blocks.draw(block.parts[number], f"{name}_{start}", "", steps, flows)
        flows.append(f"{last} {name}_m")
    return f"{name}_m"


def _draw_watched(block: Block, before: str, condition: str, steps: Steps, flows: list[str]) -> str:
    """A sub-process that a message ends (`watched`) or only notes, as often as it comes (`held`)."""
    name = block.name
    inner: Steps = {}
    inside: list[str] = []
    last = blocks.draw(block.parts[0], f"{name}_start", "", inner, inside)
    way, what = ("on", "user") if block.kind == "watched" else ("aside", "pass")
    handler = (
        {f"chase_{name}": what},
        [f"{name}_h_start chase_{name}", f"chase_{name} {name}_h_end"],
        f"{way} message go_{name}",
    )
    steps[name] = (inner | {f"{name}_h": handler}, [*inside, f"{last} {name}_end"])
    flows.append(f"{before} {name}{condition}")
    return name


def _draw_call(block: Block, before: str, condition: str, steps: Steps, flows: list[str]) -> str:
    """Two ways side by side: one waits for what the other throws, or for the same from outside."""
    name, kind = block.name, "message" if block.kind == "call" else "signal"
    steps |= {f"{name}_f": "and", f"ask_{name}": "user ask", f"{name}_go": f"throw {kind} go_{name}", f"{name}_j": "and"}
    steps[f"{name}_w"] = f"wait {kind} go_{name}"
    flows += [f"{before} {name}_f{condition}", f"{name}_f ask_{name}", f"ask_{name} {name}_go", f"{name}_f {name}_w"]
    last = blocks.draw(block.parts[0], f"{name}_w", "", steps, flows)
    flows += [f"{name}_go {name}_j", f"{last} {name}_j"]
    return f"{name}_j"


_DRAW = {
    "link": _draw_link,
    "up": _draw_up,
    "away": _draw_up,
    "error": _draw_error,
    "race": _draw_race,
    "watched": _draw_watched,
    "held": _draw_watched,
    "call": _draw_call,
    "signal": _draw_call,
}


class _Events:
    """How blocks with events are made, drawn and played. A state is (kind, block, what is left inside)."""

    def make(self, maker: Maker, kind: str, depth: int) -> Block:
        """One or two parts."""
        name = maker.name(kind)
        return Block(kind, name, [maker.block(depth + 1) for _ in range(_PARTS.get(kind, 1))])

    def draw(self, block: Block, before: str, condition: str, steps: Steps, flows: list[str]) -> str:
        """As its kind is drawn."""
        return _DRAW[block.kind](block, before, condition, steps, flows)

    def begin(self, block: Block) -> State:
        """A sub-process in which nobody has anything to do is over before a message can come."""
        if block.kind == "link":
            return blocks.begin(block.parts[0])
        inner = blocks.begin(block.parts[0]) if block.kind in {"error", "watched", "held"} else None
        return None if block.kind in {"watched", "held"} and inner is None else (block.kind, block, inner)

    def open_steps(self, state: State) -> Iterator[str]:
        """Steps and waits."""
        kind, block, inner = state
        if kind in {"up", "away", "error", "call", "signal"}:
            yield f"ask_{block.name}"
        if kind in {"race", "watched", "held", "call"}:
            yield f"message go_{block.name}"
        if kind == "signal":
            yield f"signal go_{block.name}"
        yield from blocks.open_steps(inner)

    def after(self, state: State, step: str, answers: Mapping[str, Any]) -> State:
        """When a step has been done or a message has come."""
        kind, block, inner = state
        if step == f"ask_{block.name}":
            return self._answered(kind, block, inner, answers)
        if step.endswith(f" go_{block.name}"):
            return self._came(kind, block, inner)
        inner = blocks.after(inner, step, answers)
        return None if inner is None and kind != "error" else (kind, block, inner)

    def an_hour_later(self, state: State) -> State:
        """A race is lost."""
        kind, block, inner = state
        return blocks.begin(block.parts[1]) if kind == "race" else (kind, block, blocks.an_hour_later(inner))

    def _answered(self, kind: str, block: Block, inner: State, answers: Mapping[str, Any]) -> State:
        boss = ("task", f"chase_{block.name}")
        if kind in {"call", "signal"}:
            return blocks.begin(block.parts[0])
        if kind == "error":
            return boss if answers["again"] else blocks.together([inner, blocks.begin(block.parts[1])])
        if not answers["again"]:
            return blocks.begin(block.parts[0])
        return boss if kind == "away" else blocks.together([blocks.begin(block.parts[0]), boss])

    def _came(self, kind: str, block: Block, inner: State) -> State:
        if kind == "watched":
            return ("task", f"chase_{block.name}")
        if kind == "held":
            return (kind, block, inner)
        part = blocks.begin(block.parts[0])
        return part if kind == "race" else blocks.together([("task", f"ask_{block.name}"), part])


_EVENTS = _Events()
blocks.OTHERS |= dict.fromkeys(KINDS, _EVENTS)


def waits(case: Case) -> dict[str, tuple[str, str]]:
    """What the case listens for, as the oracle names it."""
    return {f"{wait.kind} {wait.name}": (wait.kind, wait.name) for wait in case.at.waits}
