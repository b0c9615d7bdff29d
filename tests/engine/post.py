"""Two departments that write to each other: small processes deployed beside the complaint process of the world."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

import engine
from bpmn import Bundle, read_bundle
from engine.message_tables import message, subscription
from tests.door.paper import paper
from tests.world import World

_WHO = '<pilot:raci responsible="service-agent" accountable="service-manager"/><pilot:standard completion="PT4H"/>'
_LABEL = {"zh": "标签", "en": "Label"}
_FORM = {
    "type": "object",
    "title": _LABEL,
    "properties": {"order": {"type": "string", "title": _LABEL}, "amount": {"type": "integer", "title": _LABEL}},
    "required": ["order"],
    "additionalProperties": False,
}


def bundle(code: str, steps: Mapping[str, Any], flows: Sequence[str]) -> Bundle:
    """A drawing of `tests.door.paper` with a post on every step; the form `f` has an `order` and perhaps an `amount`."""
    xml = re.sub(
        r'<userTask id="(\w+)"></userTask>',
        rf'<userTask id="\1"><extensionElements>{_WHO}</extensionElements></userTask>',
        paper(steps, flows),
    )
    xml = re.sub(r'(<userTask id="\w+"><extensionElements>)(<pilot:form)', rf"\1{_WHO}\2", xml)
    about = (
        f'<pilot:process code="{code}" owner="service-manager" director="service-director"/><pilot:standard completion="PT48H"/>'
    )
    head = f'<process id="P" isExecutable="true" name="{code}">'
    xml = xml.replace('<process id="P" isExecutable="true">', f"{head}<extensionElements>{about}</extensionElements>")
    return read_bundle({"to-be.bpmn": xml.encode(), "forms/f.json": json.dumps(_FORM).encode()})


def deploy(world: World, code: str, steps: Mapping[str, Any], flows: Sequence[str]) -> None:
    """Make the process startable."""
    with engine.writing(world.engine) as c:
        engine.deploy(c, bundle(code, steps, flows), by=None, now=world.now)


def start(world: World, code: str, **answers: Any) -> engine.StartedCase:
    """A case of it."""
    with engine.writing(world.engine) as c:
        return engine.start_case(c, code, answers, by=world.who("chen.jing"), now=world.now)


def do(world: World, case: engine.StartedCase, step: str, **answers: Any) -> None:
    """Somebody claims and completes a step."""
    item, by = world.item(case, step), world.who("chen.jing")
    with engine.writing(world.engine) as c:
        engine.claim(c, item.item, by=by, now=world.now)
    with engine.writing(world.engine) as c:  # the log is locked last in each transaction, so two commands need two
        engine.complete(c, item.item, answers, by=by, now=world.now)


def send(world: World, name: str, key: str | None = None, *, at: datetime | None = None, **payload: Any) -> engine.SentMessage:
    """A message from outside."""
    with engine.writing(world.engine) as c:
        return engine.send_message(c, name, key=key, payload=payload, by=None, now=at or world.now)


def waits(world: World) -> list[tuple[str, str, str | None]]:
    """What all cases listen for."""
    with engine.reading(world.engine) as c:
        rows = c.execute(sa.select(subscription).order_by(subscription.c.id))
        return [(row.kind, row.name, row.key) for row in rows]


def states(world: World) -> list[tuple[str, str]]:
    """All messages and signals and what became of them."""
    with engine.reading(world.engine) as c:
        return [(row.name, row.state) for row in c.execute(sa.select(message).order_by(message.c.id))]


def opened(world: World, case: engine.StartedCase) -> list[str]:
    """The steps that somebody could do."""
    return sorted(item.step for item in world.open_items(case))


def data(world: World, case: engine.StartedCase) -> Mapping[str, Any]:
    """The data of a case."""
    return world.view(case).data
