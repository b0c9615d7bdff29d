"""The process of the rig: short standards, two branches, and a timer that takes a step away from whoever is slow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import engine
from bpmn import Bundle, read_bundle

CODE = "RIG-1"
BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERKS = ("mei", "ning")
ORGANISATION: Mapping[str, Any] = {
    "departments": [{"code": "desk", "name": {"zh": "服务台", "en": "Desk"}, "part": "lead"}],
    "posts": [
        {"code": "clerk", "name": {"zh": "专员", "en": "Clerk"}, "department": "desk"},
        {"code": "head", "name": {"zh": "主管", "en": "Head of desk"}, "department": "desk"},
    ],
    "persons": [
        {"login": "mei", "name": {"zh": "梅", "en": "Mei"}, "posts": ["clerk"], "roles": ["performer"]},
        {"login": "ning", "name": {"zh": "宁", "en": "Ning"}, "posts": ["clerk"], "roles": ["performer"]},
        {"login": "bo", "name": {"zh": "博", "en": "Bo"}, "posts": ["head"], "roles": ["performer", "owner"]},
    ],
}
_FLOWS = (
    ("start", "look"),
    ("look", "anyhow"),
    ("look_too_slow", "anyhow"),
    ("anyhow", "fork"),
    ("fork", "ask"),
    ("fork", "pay"),
    ("ask", "join"),
    ("pay", "join"),
    ("join", "file"),
    ("file", "end"),
)
_XML = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:pilot="urn:pilotrun:bpmn:1.0"
id="d" targetNamespace="urn:rig">
<process id="rig" name="Rig" isExecutable="true"><extensionElements>
<pilot:process code="RIG-1" owner="head" director="head"/><pilot:standard completion="PT2M"/></extensionElements>
<startEvent id="start"/>{tasks}<boundaryEvent id="look_too_slow" attachedToRef="look"><timerEventDefinition>
<timeDuration>PT45S</timeDuration></timerEventDefinition></boundaryEvent>
<exclusiveGateway id="anyhow"/><parallelGateway id="fork"/><parallelGateway id="join"/>
<endEvent id="end"/>{flows}</process></definitions>"""


def bundle() -> Bundle:
    """look (taken away after 45 s), then ask and pay side by side, then file; a standard of 40 s on each."""
    tasks = "".join(
        f'<userTask id="{step}" name="{step}"><extensionElements><pilot:raci responsible="clerk" accountable="head"/>'
        '<pilot:standard completion="PT40S"/></extensionElements></userTask>'
        for step in ("look", "ask", "pay", "file")
    )
    flows = "".join(f'<sequenceFlow id="f_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in _FLOWS)
    return read_bundle({"to-be.bpmn": _XML.format(tasks=tasks, flows=flows).encode()})


def furnish(url: str) -> None:
    """An empty database becomes one in which the process can be started."""
    database = engine.connect(url)
    engine.upgrade(database)
    with engine.writing(database) as c:
        engine.import_organisation(c, ORGANISATION, password_hash=None, now=BEGINNING)
        engine.deploy(c, bundle(), by=None, now=BEGINNING)
    database.dispose()
