"""What may be deployed: everything that would be misread, hang or crash becomes a finding with its place and a way out."""

from __future__ import annotations

from collections.abc import Mapping

from bpmn import Bundle, Decision, Finding, Model


def check_model(model: Model, decisions: Mapping[str, Decision]) -> tuple[Finding, ...]:
    """What keeps this model from running."""
    return ()


def inspect(bundle: Bundle) -> tuple[Finding, ...]:
    """Everything that the engine cannot run or would misread (errors), and what deserves a look (warnings)."""
    return check_model(bundle.model, bundle.decisions)
