"""What may be deployed: all that the engine would misread, hang on or crash on is found, with its place and a way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bpmn import Bundle, Finding, Model, read_model
from engine.called import Called, calls_of, too_much
from engine.compared import compare
from engine.errors import EngineError
from engine.runnable import check_model
from engine.spiff import Machine
from engine.spiff_parse import NOTHING, build

_TRIAL = datetime(2024, 1, 1, 9, tzinfo=UTC)  # any instant: the trial case is thrown away
_ONE_STEP = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="somebody" isExecutable="true">
<startEvent id="begun"/><task id="step"/><endEvent id="over"/><sequenceFlow id="f" sourceRef="begun" targetRef="step"/>
<sequenceFlow id="g" sourceRef="step" targetRef="over"/></process></definitions>"""
_SAMPLES: Mapping[str, Any] = {"string": "trial", "number": 1, "integer": 1, "boolean": False, "array": [], "object": {}}


def inspect(bundle: Bundle, called: Mapping[str, Called] | None = NOTHING) -> tuple[Finding, ...]:
    """Everything the engine cannot run or would misread (errors), and what deserves a look (warnings).

    `called` has the processes that it calls, by the words of its call activities (default: none is deployed); None where nobody
    knows what is deployed: then a call is taken for a step that somebody does.

    Nothing of the model is executed before all rules have passed; then it is built, compared with the drawing, and one
    case is started on trial, with a made-up intake. Never raises for a bad bundle.
    """
    model = bundle.model
    found = list(check_model(model, bundle.decisions, bundle.forms, called))
    if called is not None and (sentence := too_much(bundle, called)):
        found.append(Finding("call-size", sentence, model.process_id, model.name, model.line))
    if not any(finding.severity == "error" for finding in found):
        found += _trial(bundle, called)
    return tuple(found)


def _trial(bundle: Bundle, called: Mapping[str, Called] | None) -> Iterator[Finding]:
    model = bundle.model
    if called is None:
        called = {node.called or "": _somebody() for node in calls_of(bundle.model)}
    built = build(model, bundle.decisions, bundle.forms, called)
    lost = list(compare(model, built))
    yield from lost
    if lost:
        return
    try:
        Machine(model, built).start({"intake": _made_up_intake(bundle)}, _TRIAL)
    except EngineError as error:
        message = f"a case cannot even be started: {error}"
        yield Finding("trial-start", message, model.process_id, model.name, model.line)


def _somebody() -> Called:
    """In place of a process that is not at hand: one step, which a person does."""
    return Called("", Bundle(read_model(_ONE_STEP)))


def _made_up_intake(bundle: Bundle) -> dict[str, Any]:
    form = bundle.forms.get(_intake_form(bundle.model) or "", {})
    return {name: _made_up(field) for name, field in form.get("properties", {}).items()}


def _made_up(field: Mapping[str, Any]) -> Any:
    if field.get("enum"):
        return field["enum"][0]
    return _SAMPLES.get(str(field.get("type", "string")))


def _intake_form(model: Model) -> str | None:
    return model.start().form
