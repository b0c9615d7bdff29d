"""Called processes among the random blocks, up to three levels deep, some with a timer at the edge of the call.

The oracle names a step in a call by the calls that lead to it: `other2/other5/t7`. What a repetition around the call counts is
passed on as an intake field, so that each activation can be told from the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bpmn import Bundle
from engine.called import Called
from tests.door import blocks
from tests.door.blocks import Block, Maker, State
from tests.door.paper import draw

KINDS = ("other",)
DEEPEST = 3


@dataclass
class Call(Block):
    """`parts[0]` is the whole called process; `edge` is a timer of an hour at the edge of the call."""

    edge: bool = False
    passes: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """What the call activity calls."""
        return f"P_{self.name}"


class _Calls:
    """How calls are made, drawn, and played by the oracle. State: ("other", state inside, block)."""

    level = 0

    def make(self, maker: Maker, kind: str, depth: int) -> Block:
        if self.level == DEEPEST:
            return maker.task()
        name = maker.name(kind)
        self.level += 1
        inside = maker.block(depth + 1)
        self.level -= 1
        return Call(kind, name, [inside], maker.random.random() < 0.3)

    def draw(self, block: Block, before: str, condition: str, steps: dict[str, Any], flows: list[str]) -> str:
        assert isinstance(block, Call)
        name = block.name
        steps[name] = " ".join(["call", block.code, *(f"{field}={value}" for field, value in block.passes.items())])
        flows.append(f"{before} {name}{condition}")
        if not block.edge:
            return name
        steps |= {f"late_{name}": f"on {name} PT1H", f"chase_{name}": "user", f"{name}_out": "xor"}
        flows += [f"{name} {name}_out", f"late_{name} chase_{name}", f"chase_{name} {name}_out"]
        return f"{name}_out"

    def begin(self, block: Block) -> State:
        inner = blocks.begin(block.parts[0])
        return None if inner is None else ("other", inner, block)

    def open_steps(self, state: State) -> Iterator[str]:
        for step in blocks.open_steps(state[1]):
            yield step if " " in step else f"{state[2].name}/{step}"  # a message or signal has no path

    def after(self, state: State, step: str, answers: Mapping[str, Any]) -> State:
        inner = blocks.after(state[1], step.removeprefix(f"{state[2].name}/"), answers)
        return None if inner is None else ("other", inner, state[2])

    def an_hour_later(self, state: State) -> State:
        if state[2].edge:
            return ("task", f"chase_{state[2].name}")
        return ("other", blocks.an_hour_later(state[1]), state[2])


blocks.OTHERS |= dict.fromkeys(KINDS, _Calls())


def called_by(block: Block, counted: Mapping[str, str] | None = None) -> dict[str, Called]:
    """Everything that a process made of this block calls; to be asked before it is drawn, since it says what calls pass.

    `counted` are the entries of the repetitions around it, by their names, and how they are read there.
    """
    here = dict(counted or {})
    if block.kind in {"each", "row"}:
        here[f"{block.name}_n"] = f"{block.name}_n"
    if not isinstance(block, Call):
        return {code: one for part in block.parts for code, one in called_by(part, here).items()}
    block.passes = here
    inner = called_by(block.parts[0], {name: f"intake.{name}" for name in here})
    steps, flows = blocks.drawing(block.parts[0])
    form = {"type": "object", "properties": {name: {"type": "string"} for name in here}, "required": [*here]}
    ask = {
        "type": "object",
        "properties": {name: {"type": "boolean"} for name in ("ways", "again")},
        "required": ["ways", "again"],
    }
    forms = {"intake": form | {"additionalProperties": False}, "ask": ask}
    return {block.code: Called(block.code, Bundle(draw({"start": "start intake", **steps}, flows, block.code), {}, forms), inner)}


def levels(block: Block) -> int:
    """How deep the calls go."""
    return isinstance(block, Call) + max((levels(part) for part in block.parts), default=0)
