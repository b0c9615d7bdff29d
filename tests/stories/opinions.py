"""A process that asks several departments for their opinions, its people, and a house in which it is deployed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import engine
from bpmn import Bundle, read_bundle
from pilots.measure import CaseTimes, read_cases

CODE = "OPINION-1"
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
_TITLE = {"zh": "标题", "en": "Title"}
_TEXT = {"type": "string", "title": _TITLE}
ORGANISATION: dict[str, Any] = {
    "departments": [{"code": "office", "name": {"zh": "办公室", "en": "Office"}, "part": "lead"}],
    "posts": [
        {"code": "expert", "name": {"zh": "专家", "en": "Expert"}, "department": "office"},
        {"code": "chair", "name": {"zh": "主任", "en": "Chair"}, "department": "office"},
    ],
    "persons": [
        {"login": "he.xin", "name": {"zh": "何欣", "en": "He Xin"}, "posts": ["expert"], "roles": ["performer"]},
        {"login": "lu.bo", "name": {"zh": "陆博", "en": "Lu Bo"}, "posts": ["expert"], "roles": ["performer"]},
        {"login": "tan.wei", "name": {"zh": "谭伟", "en": "Tan Wei"}, "posts": ["chair"], "roles": ["performer", "owner"]},
    ],
}
SUBJECT = {
    "type": "object",
    "title": _TITLE,
    "properties": {
        "subject": {"type": "string", "title": _TITLE, "x-subject": True},
        "asked": {"type": "string", "title": _TITLE},
    },
    "required": ["subject", "asked"],
    "additionalProperties": False,
}
OPINION = {
    "type": "object",
    "title": _TITLE,
    "properties": {"agrees": {"type": "boolean", "title": _TITLE, "x-measure": True}, "why": _TEXT},
    "required": ["agrees"],
    "additionalProperties": False,
}


def xml(marker: str) -> bytes:
    """An opinion is asked for as the marker says, then the chair decides."""
    step = (
        '<userTask id="{id}" name="{name}"><extensionElements><pilot:raci responsible="{post}" accountable="chair"/>'
        '<pilot:standard completion="PT4H"/><pilot:form ref="opinion"/></extensionElements>{marker}</userTask>'
    )
    ask = step.format(id="opinion", name="Opinion", post="expert", marker=marker)
    decide = step.format(id="decide", name="Decide", post="chair", marker="")
    flows = [("start", "opinion"), ("opinion", "decide"), ("decide", "end")]
    process = f'<pilot:process code="{CODE}" owner="chair" director="chair"/><pilot:standard completion="PT240H"/>'
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:pilot="urn:pilotrun:bpmn:1.0">'
        f'<process id="opinions" name="Opinions" isExecutable="true"><extensionElements>{process}</extensionElements>'
        '<startEvent id="start"><extensionElements><pilot:form ref="subject"/></extensionElements></startEvent>'
        f'{ask}{decide}<endEvent id="end"/>'
        + "".join(f'<sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}"/>' for n, (a, b) in enumerate(flows))
        + "</process></definitions>"
    ).encode()


def several(inside: str, sequential: bool = False) -> str:
    """A multi-instance marker."""
    marker = "multiInstanceLoopCharacteristics"
    return f'<{marker} isSequential="{str(sequential).lower()}">{inside}</{marker}>'


OVER = '<extensionElements><pilot:repeat over="split(intake.asked)" as="department"/></extensionElements>'
TWO_AGREE = "<completionCondition>count(opinion.agrees, true) &gt;= 2</completionCondition>"


def bundle(marker: str, model: bytes | None = None) -> Bundle:
    """The process with its forms; `model` is instead of the drawing as `xml` makes it."""
    forms = {"forms/subject.json": json.dumps(SUBJECT).encode(), "forms/opinion.json": json.dumps(OPINION).encode()}
    return read_bundle({"to-be.bpmn": model or xml(marker), **forms})


@dataclass
class Office:
    """One database with the process deployed; `now` is turned by hand."""

    database: engine.Engine
    now: datetime = MONDAY
    actors: dict[str, engine.Actor] = field(default_factory=dict)

    @classmethod
    def open(cls, url: str, marker: str) -> Office:
        """Furnish an empty database."""
        office = cls(engine.connect(url))
        engine.upgrade(office.database)
        with engine.writing(office.database) as c:
            engine.import_organisation(c, ORGANISATION, password_hash=None, now=office.now)
            engine.deploy(c, bundle(marker), by=None, now=office.now)
        return office

    def who(self, login: str) -> engine.Actor:
        """A person."""
        with engine.reading(self.database) as c:
            found = engine.actor(c, login)
        assert found is not None
        return found

    def later(self, **time: float) -> None:
        """Time passes, then the sweep looks."""
        self.now += timedelta(**time)
        engine.beat(self.database, self.now)

    def start(self, asked: str) -> engine.StartedCase:
        """A new case about the new warehouse."""
        with engine.writing(self.database) as c:
            answers = {"subject": "New warehouse", "asked": asked}
            return engine.start_case(c, CODE, answers, by=self.who("tan.wei"), now=self.now)

    def tasks(self, login: str) -> list[engine.TaskRow]:
        """What is on somebody's list."""
        with engine.reading(self.database) as c:
            return engine.my_tasks(c, self.who(login), self.now)

    def do(self, login: str, about: str | None, **answers: Any) -> None:
        """Somebody claims the task about this and completes it."""
        item = next(row.item for row in self.tasks(login) if row.about == about)
        with engine.writing(self.database) as c:
            engine.claim(c, item, by=self.who(login), now=self.now)
            engine.complete(c, item, answers, by=self.who(login), now=self.now)

    def view(self, case: engine.StartedCase) -> engine.CaseView:
        """The case as its owner sees it."""
        with engine.reading(self.database) as c:
            return engine.case(c, case.id, self.who("tan.wei"), self.now)

    def measured(self) -> tuple[CaseTimes, ...]:
        """The cases as the evidence counts them."""
        with engine.reading(self.database) as c:
            return read_cases(engine.event_log(c))

    def log(self, kind: str) -> list[engine.LogEntry]:
        """The entries of one kind."""
        with engine.reading(self.database) as c:
            assert engine.check_log(c).ok
            return [entry for entry in engine.event_log(c) if entry.kind == kind]
