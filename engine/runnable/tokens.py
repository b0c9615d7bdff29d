"""A token game over the drawing: every combination of choices, to find gateways that may wait for ever and steps done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bpmn import Finding
from bpmn.tokens import MAX_MARKINGS, Game, Marking, played
from engine.runnable.drawing import Drawing, at_node


def sound(drawing: Drawing) -> Iterator[Finding]:
    """A token can always move on until the end, and no step is started twice by one token.

    Conditions are not looked at: any choice is possible. Each process and sub-process is played on its own; beyond
    MAX_MARKINGS combinations the game stops without a finding, and the engine's own checks at run time remain.
    """
    for scope in drawing.scopes():
        game = Game(drawing, scope)
        yield from _report(game, *played(game))


def _report(game: Game, stuck: set[str], twice: set[str]) -> Iterator[Finding]:
    for node in game.nodes:
        if node.id in stuck:
            message = (
                "it may wait for ever, as not every way here takes all its incoming flows: use an inclusive gateway, "
                "or let ways of which only one is taken meet in an exclusive gateway before it"
            )
            yield at_node("waits-for-ever", node, message)
        elif node.id in twice and node.kind != "endEvent":
            message = "two tokens may arrive here by one flow, so what follows may be done twice: join the ways before"
            yield at_node("done-twice", node, message, "warning")


def done_before(drawing: Drawing, step: str, place: str) -> bool:
    """Whether no token can come to `place` without `step`, in the same scope, having been done; True when it cannot be told."""
    scope = drawing.model.by_id[place].scope
    if drawing.model.by_id[place].triggered_by_event:
        return False  # it may begin at any time
    starts = drawing.starts(scope)
    if len(starts) != 1 or place not in drawing.reached(starts, without=step):
        return True  # every way leads through the step, or another rule complains about the start
    game = Game(drawing, scope)
    seen: set[Marking] = set()
    todo = [game.first()]
    while todo and len(seen) < MAX_MARKINGS:
        marking = todo.pop()
        if marking in seen:
            continue
        seen.add(marking)
        node, moves = game.next(Counter(dict(marking)), last=step)
        if node is not None and node.id == place:
            return False
        todo += [game.frozen(after) for after, done in moves if not (done and node is not None and node.id == step)]
    return True
