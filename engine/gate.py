"""What may be deployed: all that the engine would misread, hang on or crash on is found, with its place and a way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bpmn import Bundle, Finding, Model
from engine.compared import compare
from engine.errors import EngineError
from engine.runnable import check_model
from engine.spiff import Machine
from engine.spiff_parse import build

_TRIAL = datetime(2024, 1, 1, 9, tzinfo=UTC)  # any instant: the trial case is thrown away
_SAMPLES: Mapping[str, Any] = {"string": "trial", "number": 1, "integer": 1, "boolean": False, "array": [], "object": {}}


def inspect(bundle: Bundle) -> tuple[Finding, ...]:
    """Everything the engine cannot run or would misread (errors), and what deserves a look (warnings).

    Nothing of the model is executed before all rules have passed; then it is built, compared with the drawing, and one
    case is started on trial, with a made-up intake. Never raises for a bad bundle.
    """
    model = bundle.model
    found = list(check_model(model, bundle.decisions, bundle.forms))
    if not any(finding.severity == "error" for finding in found):
        found += _trial(bundle)
    return tuple(found)


def _trial(bundle: Bundle) -> Iterator[Finding]:
    model = bundle.model
    built = build(model, bundle.decisions, bundle.forms)
    lost = list(compare(model, built))
    yield from lost
    if lost:
        return
    try:
        Machine(model, built).start({"intake": _made_up_intake(bundle)}, _TRIAL)
    except EngineError as error:
        message = f"a case cannot even be started: {error}"
        yield Finding("trial-start", message, model.process_id, model.name, model.line)


def _made_up_intake(bundle: Bundle) -> dict[str, Any]:
    form = bundle.forms.get(_intake_form(bundle.model) or "", {})
    return {name: _made_up(field) for name, field in form.get("properties", {}).items()}


def _made_up(field: Mapping[str, Any]) -> Any:
    if field.get("enum"):
        return field["enum"][0]
    return _SAMPLES.get(str(field.get("type", "string")))


def _intake_form(model: Model) -> str | None:
    return model.start().form
