"""The shipped process with mistakes drawn into it: what the gate lets through runs, what would not run is refused."""

from __future__ import annotations

import dataclasses
import random

import pytest

from bpmn import Bundle, Model, shipped
from engine.errors import CannotGoOn
from engine.gate import inspect
from engine.spiff import prepare
from tests.door.paper import Case

SHIPPED = shipped("CSC-2024-001")
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "userTask")
ANSWERS = {
    "receive": {"complete": True},
    "special_approval": {"granted": [True, False]},
    "classify": {"special": [True, False], "ask_sales": [True, False], "ask_legal": [True, False]},
    "handle": {"compensation": [0, 1, 5000, 5001]},
    "approve_manager": {"approved": [True, False]},
    "approve_director": {"approved": [True, False]},
    "feedback": {"satisfied": [True, False], "reopen": [True, False]},
}


def mutant(model: Model, chance: random.Random) -> Model:
    """The model with one thing changed: a flow lost, redirected or without its condition, a kind or a default changed."""
    flows, nodes = list(model.flows), list(model.nodes)
    flow, node = chance.randrange(len(flows)), chance.randrange(len(nodes))
    what = chance.choice(["lose", "redirect", "turn", "unconditional", "kind", "default", "remove", "double"])
    if what == "lose":
        del flows[flow]
    elif what == "redirect":
        flows[flow] = dataclasses.replace(flows[flow], target=chance.choice(nodes).id)
    elif what == "turn":
        flows[flow] = dataclasses.replace(flows[flow], source=flows[flow].target, target=flows[flow].source)
    elif what == "unconditional":
        flows[flow] = dataclasses.replace(flows[flow], condition=None)
    elif what == "double":
        flows.append(dataclasses.replace(flows[flow], id="doubled"))
    elif what == "remove":
        del nodes[node]
    elif what == "kind":
        nodes[node] = dataclasses.replace(nodes[node], kind=chance.choice(GATEWAYS))
    else:
        nodes[node] = dataclasses.replace(nodes[node], default=chance.choice([None, chance.choice(flows).id]))
    return dataclasses.replace(model, flows=tuple(flows), nodes=tuple(nodes))


def walk(case: Case, chance: random.Random) -> None:
    """Persons do what is open, in any order, until the end or 60 steps."""
    for _ in range(60):
        if case.at.done:
            return
        assert case.at.items or case.at.timer_at
        if not case.at.items or chance.random() < 0.1:
            case.later(hours=73)
            continue
        step = chance.choice(case.open)
        case.do(step, **{name: pick(value, chance) for name, value in ANSWERS.get(step, {}).items()})


def pick(value: object, chance: random.Random) -> object:
    """One of a list of choices, or the value itself."""
    return chance.choice(value) if isinstance(value, list) else value


def fate(case: Case, chance: random.Random) -> str:
    """How the walk ends: nothing, or the reason why it cannot go on."""
    try:
        walk(case, chance)
    except CannotGoOn as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(4))
def test_a_mistake_is_refused_or_harmless(seed):
    """90 mutants a seed, of one to three mistakes; accepted ones are walked three times in any order."""
    chance = random.Random(f"mutants {seed}")
    accepted = 0
    for number in range(90):
        model = SHIPPED.model
        for _ in range(1 + number % 3):
            model = mutant(model, chance)
        found = inspect(dataclasses.replace(SHIPPED, model=model))
        if any(finding.severity == "error" for finding in found):
            continue
        accepted += 1
        machine = prepare(model, SHIPPED.decisions)
        warned = any(finding.severity == "warning" for finding in found)
        for reason in [fate(Case(machine, {"intake": {}}), chance) for _ in range(3)]:
            assert not reason or (warned and "is not known here" in reason), (number, reason)
    assert accepted


def test_values_changed_at_random_never_crash_the_gate():
    """Any field of any node replaced by something of another kind that the reader could have read."""
    chance = random.Random("fields")
    odd = {
        "kind": ["", "x", "subProcess", "boundaryEvent"],
        "scope": ["", "handle", "x"],
        "attached_to": ["x", "closed", "feedback"],
        "events": [(), SHIPPED.model.by_id["customer_silent"].events * 2],
        "default": ["x"],
        "script": [None, "x ="],
        "id": ["x", "", "End"],
    }
    for _ in range(600):
        nodes = list(SHIPPED.model.nodes)
        for _ in range(chance.randint(1, 4)):
            at, name = chance.randrange(len(nodes)), chance.choice(list(odd))
            nodes[at] = dataclasses.replace(nodes[at], **{name: chance.choice(odd[name])})
        model = dataclasses.replace(SHIPPED.model, nodes=tuple(nodes))
        found = inspect(Bundle(model, SHIPPED.decisions, SHIPPED.forms))
        if not any(finding.severity == "error" for finding in found):
            prepare(model, SHIPPED.decisions)
