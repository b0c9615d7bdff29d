"""Two processes of two departments: a complaint that calls the goods return of logistics, each deployed alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

import engine
from bpmn import Bundle, read_bundle
from tests.world import PASSWORD_HASH, World

COMPLAINT, RETURN = "CMP-2024-002", "LOG-2024-001"
LOGISTICS: dict[str, Any] = {
    "departments": [{"code": "logistics", "name": {"en": "Logistics", "zh": "物流部"}, "part": "cooperating"}],
    "posts": [
        {"code": "logistics-clerk", "name": {"en": "Logistics clerk", "zh": "物流专员"}, "department": "logistics"},
        {"code": "logistics-lead", "name": {"en": "Logistics lead", "zh": "物流主管"}, "department": "logistics"},
    ],
    "persons": [
        {"login": "han.mei", "name": {"en": "Han Mei", "zh": "韩梅"}, "posts": ["logistics-clerk"], "roles": ["performer"]},
        {
            "login": "song.tao",
            "name": {"en": "Song Tao", "zh": "宋涛"},
            "posts": ["logistics-lead"],
            "roles": ["performer", "owner"],
        },
    ],
}
INTAKE = {"subject": "Kettle leaks", "customer": "Gao Yuan"}
ANSWERS: dict[str, dict[str, Any]] = {
    "receive": {"product": "Kettle K2", "send_back": True},
    "goods_return/collect": {"carrier": "SF"},
    "goods_return/clean": {},
    "goods_return/inspect": {"sound": False},
    "refund": {"amount": 199},
    "feedback": {"satisfied": True},
}


def _form(required: str, **fields: Any) -> bytes:
    shapes = {name: {"type": what} if isinstance(what, str) else what for name, what in fields.items()}
    named = {name: {"title": {"en": name, "zh": name}, **shape} for name, shape in shapes.items()}
    form = {"type": "object", "title": {"en": "Form", "zh": "表单"}, "properties": named, "required": required.split()}
    return orjson.dumps({**form, "additionalProperties": False})


def _task(name: str, post: str, lead: str, standard: str = "4 working hours", form: bool = True) -> str:
    reference = f'<pilot:form ref="{name}"/>' if form else ""
    return (
        f'<userTask id="{name}" name="{name.replace("_", " ").capitalize()}"><documentation>How to {name}.</documentation>'
        f'<extensionElements><pilot:raci responsible="{post}" accountable="{lead}"/><pilot:standard completion="{standard}"/>'
        f"{reference}</extensionElements></userTask>"
    )


def _passes(values: Mapping[str, str]) -> str:
    passed = "".join(f'<pilot:pass name="{name}" value="{value}"/>' for name, value in values.items())
    return f"<extensionElements>{passed}</extensionElements>" if passed else ""


def _start(name: str, title: str) -> str:
    form = '<extensionElements><pilot:form ref="intake"/></extensionElements>'
    return f'<startEvent id="{name}" name="{title}">{form}</startEvent>'


def _process(code: str, name: str, owner: str, department: str, inside: str, flows: str) -> bytes:
    ids = " ".join(part.split('"')[0] for part in inside.split(' id="')[1:]).split()
    nodes = "".join(f"<flowNodeRef>{one}</flowNodeRef>" for one in ids)
    drawn = "".join(_flow(number, flow) for number, flow in enumerate(flows.split(", ")))
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:pilot="urn:pilotrun:bpmn:1.0">'
        f'<process id="{code.partition("-")[0].lower()}" name="{name}" isExecutable="true"><extensionElements>'
        f'<pilot:process code="{code}" owner="{owner}" director="{owner}"/><pilot:standard completion="PT96H"/>'
        f'</extensionElements><laneSet id="lanes"><lane id="lane" name="{department}"><extensionElements>'
        f'<pilot:department code="{department}"/></extensionElements>{nodes}</lane></laneSet>{inside}{drawn}'
        "</process></definitions>"
    ).encode()


def _flow(number: int, flow: str) -> str:
    ends, _, condition = flow.partition(": ")
    source, target = ends.split()
    inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="f{number}" name="way {number}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'


def goods_return(
    *, clean: bool = False, needs: str = "customer", calls: str = "", passes: Mapping[str, str] | None = None
) -> Bundle:
    """Collect and inspect; with `clean` a step between them; `needs` are the fields its intake requires, `calls` a process."""
    post = ("logistics-clerk", "logistics-lead")
    inside = _start("called", "Asked for")
    inside += _task("collect", *post) + (_task("clean", *post, form=False) if clean else "") + _task("inspect", *post, "PT4H")
    inside += '<endEvent id="over" name="Inspected"/>'
    flows = "called collect, collect clean, clean inspect, " if clean else "called collect, collect inspect, "
    if calls:
        inside += f'<callActivity id="again" name="Again" calledElement="{calls}">{_passes(passes or {})}</callActivity>'
        flows += "inspect again, again over"
    else:
        flows += "inspect over"
    return read_bundle(
        {
            "to-be.bpmn": _process(RETURN, "Goods return", "logistics-lead", "logistics", inside, flows),
            "forms/intake.json": _form(needs, **dict.fromkeys({"customer", "product", *needs.split()}, "string")),
            "forms/collect.json": _form("", carrier="string"),
            "forms/inspect.json": _form("sound", sound={"type": "boolean", "x-measure": True}),
            "organisation.yaml": _yaml(LOGISTICS),
            "rehearsal.yaml": _yaml(
                {
                    "staff": {"logistics-clerk": 1},
                    "touch": _touch("collect", "inspect", "clean"),
                    "answers": {"collect": {"carrier": {"value": "SF"}}, "inspect": {"sound": {"share": 0.5}}},
                }
            ),
        }
    )


def complaint(*, called: str = RETURN, product: str = "receive.product") -> Bundle:
    """Receive; where the goods come back call the goods return; refund what is not sound; ask for feedback."""
    post = ("service-agent", "service-supervisor")
    inside = (
        '<startEvent id="intake" name="Complaint"><extensionElements><pilot:form ref="intake"/></extensionElements></startEvent>'
    )
    inside += _task("receive", *post) + '<exclusiveGateway id="back" name="Goods back?" default="f3"/>'
    passes = _passes({"customer": "intake.customer", "product": product})
    call = f'<callActivity id="goods_return" name="Goods return" calledElement="{called}">{passes}</callActivity>'
    inside += call if called else _task("goods_return", *post, form=False)
    inside += '<exclusiveGateway id="sound" name="Sound?" default="f6"/><exclusiveGateway id="done" name="Done"/>'
    inside += _task("refund", *post) + _task("feedback", *post) + '<endEvent id="closed" name="Closed"/>'
    asked = "goods_return.inspect.sound" if called else "receive.send_back"
    flows = (
        "intake receive, receive back, back goods_return: receive.send_back == true, back done, goods_return sound, "
        f"sound refund: {asked} == false, sound done, refund done, done feedback, feedback closed"
    )
    agents = {"staff": {"service-agent": 2}, "touch": _touch("receive", "refund", "feedback")}
    answers = {
        "intake": {"subject": {"value": "Kettle leaks"}, "customer": {"value": "Rehearsed"}},
        "receive": {"product": {"value": "Kettle"}, "send_back": {"share": 0.7}},
        "refund": {"amount": {"value": 10}},
        "feedback": {"satisfied": {"share": 0.9}},
    }
    return read_bundle(
        {
            "to-be.bpmn": _process(COMPLAINT, "Complaint", "service-manager", "customer-service", inside, flows),
            "forms/intake.json": _form("subject customer", subject={"type": "string", "x-subject": True}, customer="string"),
            "forms/receive.json": _form("send_back", product="string", send_back={"type": "boolean", "x-measure": True}),
            "forms/refund.json": _form("amount", amount="number"),
            "forms/feedback.json": _form("satisfied", satisfied={"type": "boolean", "x-measure": True}),
            "rehearsal.yaml": _yaml({"arrivals": {"per_working_day": 8, "calendar": "cn"}, **agents, "answers": answers}),
        }
    )


def _touch(*steps: str) -> dict[str, Any]:
    return {step: {"min": 5, "mode": 10, "max": 20} for step in steps}


def _yaml(data: Mapping[str, Any]) -> bytes:
    return orjson.dumps(data)  # JSON is YAML


def move_in(world: World) -> None:
    """Logistics joins the house and both processes are deployed, the called one first."""
    with engine.writing(world.engine) as c:
        engine.import_organisation(c, LOGISTICS, password_hash=PASSWORD_HASH, now=world.now)
        engine.deploy(c, goods_return(), by=None, now=world.now)
        engine.deploy(c, complaint(), by=None, now=world.now)


def start(world: World, now: datetime | None = None) -> engine.StartedCase:
    """A complaint about a kettle."""
    with engine.writing(world.engine) as c:
        return engine.start_case(c, COMPLAINT, INTAKE, by=world.who("chen.jing"), now=now or world.now)


def do(world: World, case: engine.StartedCase, step: str, by: str | None = None, **answers: Any) -> None:
    """Claim and complete one step."""
    item = world.item(case, step)
    login = by or ("han.mei" if item.post == "logistics-clerk" else "chen.jing")
    with engine.writing(world.engine) as c:
        engine.claim(c, item.item, by=world.who(login), now=world.now)
        engine.complete(c, item.item, {**ANSWERS[step], **answers}, by=world.who(login), now=world.now)
