"""A small process that is right in every respect, as the files its author Mei hands in; tests spoil one thing at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from bpmn import Bundle, Finding, Model, read_bundle, read_model

SHARED = Path(__file__).parents[2].parent / "shared"

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
             xmlns:pilot="urn:pilotrun:bpmn:1.0" id="leave" targetNamespace="urn:test">
  <collaboration id="both"><participant id="company" name="Company" processRef="leave_process"/></collaboration>
  <process id="leave_process" name="Answer a request for leave within a day" isExecutable="true">
    <extensionElements>
      <pilot:process code="HR-1" owner="hr-lead" director="boss"/>
      <pilot:standard completion="PT24H"/>
    </extensionElements>
    <laneSet id="lanes">
      <lane id="lane_hr" name="Personnel">
        <extensionElements><pilot:department code="hr"/></extensionElements>
        <flowNodeRef>begin</flowNodeRef><flowNodeRef>look</flowNodeRef><flowNodeRef>days</flowNodeRef>
        <flowNodeRef>long</flowNodeRef><flowNodeRef>end</flowNodeRef>
      </lane>
      <lane id="lane_board" name="Board">
        <extensionElements><pilot:department code="board"/></extensionElements>
        <flowNodeRef>decide</flowNodeRef>
      </lane>
    </laneSet>
    <startEvent id="begin" name="Leave wanted">
      <extensionElements><pilot:form ref="request"/><pilot:intake public="true"/></extensionElements>
    </startEvent>
    <userTask id="look" name="Look at the request">
      <documentation>Is the request complete?</documentation>
      <extensionElements>
        <pilot:raci responsible="clerk" accountable="hr-lead" consulted="boss" informed="applicant"/>
        <pilot:standard completion="2 working hours" reaction="30 working minutes" calendar="cn"/>
        <pilot:form ref="look"/><pilot:input name="request"/><pilot:output name="opinion"/>
      </extensionElements>
    </userTask>
    <businessRuleTask id="days" name="Count the days">
      <extensionElements><pilot:decision ref="length"/></extensionElements>
    </businessRuleTask>
    <exclusiveGateway id="long" name="Long leave?" default="short"/>
    <userTask id="decide" name="Decide">
      <extensionElements>
        <pilot:raci responsible="boss" accountable="boss"/>
        <pilot:standard completion="4 working hours"/>
        <pilot:input name="opinion"/><pilot:output name="decision"/>
      </extensionElements>
    </userTask>
    <boundaryEvent id="boss_away" name="Boss away" attachedToRef="decide">
      <timerEventDefinition><timeDuration>PT12H</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <endEvent id="end" name="Answered"/>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="look"/>
    <sequenceFlow id="f2" sourceRef="look" targetRef="days"/>
    <sequenceFlow id="f3" sourceRef="days" targetRef="long"/>
    <sequenceFlow id="f4" name="yes" sourceRef="long" targetRef="decide">
      <conditionExpression xsi:type="tFormalExpression">days.long == true</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="short" name="no" sourceRef="long" targetRef="end"/>
    <sequenceFlow id="f5" sourceRef="decide" targetRef="end"/>
    <sequenceFlow id="f6" sourceRef="boss_away" targetRef="end"/>
  </process>
</definitions>
"""

DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="rules" name="rules" namespace="urn:test">
  <decision id="length" name="Is it a long leave?">
    <decisionTable id="table" hitPolicy="UNIQUE">
      <input id="in" label="days"><inputExpression id="ix"><text>look.days</text></inputExpression></input>
      <output id="out" name="long"/>
      <rule id="r1">
        <inputEntry id="i1"><text>&lt;= 5</text></inputEntry><outputEntry id="o1"><text>false</text></outputEntry>
      </rule>
      <rule id="r2">
        <inputEntry id="i2"><text>&gt; 5</text></inputEntry><outputEntry id="o2"><text>true</text></outputEntry>
      </rule>
    </decisionTable>
  </decision>
</definitions>
"""

ORGANISATION = """
departments:
  - {code: hr, name: {zh: 人事部, en: Personnel}, part: lead}
  - {code: board, name: {zh: 董事会, en: Board}}
posts:
  - {code: clerk, name: {zh: 人事专员, en: Clerk}, department: hr}
  - {code: hr-lead, name: {zh: 人事经理, en: Head of personnel}, department: hr}
  - {code: boss, name: {zh: 总经理, en: Boss}, department: board}
externals:
  - {code: applicant, name: {zh: 申请人, en: Applicant}}
persons:
  - {login: mei, name: {zh: 梅, en: Mei}, posts: [clerk], roles: [performer]}
"""

CARD = """
code: HR-1
name: {zh: 一天内答复休假申请, en: Answer a request for leave within a day}
version: V1.0
effective: 2026-03-02
departments: [{code: hr, part: lead}, {code: board, part: supporting}]
owner: hr-lead
goal: {zh: 一天内答复, en: Answer within a day}
scope: {zh: 全体员工, en: All staff}
standard: PT24H
steps:
  - id: look
    name: {zh: 查看申请, en: Look at the request}
    post: clerk
    input: {zh: 申请, en: request}
    output: {zh: 意见, en: opinion}
    standard: 2 working hours
raci:
  look: {responsible: [clerk], accountable: [hr-lead]}
risks: [{zh: 天数不明, en: The number of days is not given}]
suggestions: [{zh: 网上申请, en: Ask on the web}]
"""

LABEL = {"zh": "标签", "en": "Label"}


def form(**fields: Mapping[str, object]) -> dict[str, object]:
    """A form whose fields have a label unless they bring one."""
    properties = {name: {"title": LABEL, **schema} for name, schema in fields.items()}
    return {"type": "object", "title": LABEL, "properties": properties, "required": list(fields), "additionalProperties": False}


REQUEST = form(reason={"type": "string", "x-subject": True}, days={"type": "number", "minimum": 1})
LOOK = form(
    days={"type": "number"}, kind={"type": "string", "enum": ["a", "b"], "x-labels": {"zh": ["甲", "乙"], "en": ["A", "B"]}}
)


def files(**changed: str | bytes | None) -> dict[str, bytes]:
    """Mei's files; `model=`, `decision=`, `organisation=`, `card=`, `request=`, `look=` replace one, None leaves it out."""
    given: dict[str, tuple[str, str | bytes]] = {
        "model": ("to-be.bpmn", MODEL),
        "decision": ("length.dmn", DECISION),
        "organisation": ("organisation.yaml", ORGANISATION),
        "card": ("card.yaml", CARD),
        "request": ("forms/request.json", json.dumps(REQUEST)),
        "look": ("forms/look.json", json.dumps(LOOK)),
    }
    result = {}
    for key, (name, content) in given.items():
        content = changed.pop(key, content)
        if content is not None:
            result[name] = content.encode() if isinstance(content, str) else content
    assert not changed, changed
    return result


def bundle(**changed: str | bytes | None) -> Bundle:
    """Mei's bundle, with some files changed."""
    return read_bundle(files(**changed))


def spoiled(text: str, *edits: tuple[str, str]) -> str:
    """The text with each edit made once; an edit that finds nothing is a mistake of the test."""
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def read(*edits: tuple[str, str]) -> Model:
    """Mei's model with some edits."""
    return read_model(spoiled(MODEL, *edits).encode())


def process(inner: str, *, outer: str = "", attributes: str = 'isExecutable="true"', tail: str = "") -> bytes:
    """A bare file around some elements of a process, with a start event."""
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:pilot="urn:pilotrun:bpmn:1.0"'
        f' xmlns:odd="urn:odd" id="d" targetNamespace="urn:test">{outer}'
        f'<process id="p" {attributes}><startEvent id="s"/>{inner}</process>{tail}</definitions>'
    ).encode()


def rules_of(findings: tuple[Finding, ...]) -> list[str]:
    """The rule ids in order, each once."""
    return list(dict.fromkeys(finding.rule for finding in findings))
