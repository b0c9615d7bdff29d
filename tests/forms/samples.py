"""Forms that the form stories share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bpmn import shipped


def shipped_form(ref: str) -> Mapping[str, Any]:
    """A form of the complaint process."""
    return shipped("CSC-2024-001").forms[ref]


def form(required: tuple[str, ...] = (), rules: Mapping[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    """A form with these fields, and what else its schema says."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        **(rules or {}),
    }


TEXT: dict[str, Any] = {"type": "string"}
NOTE: dict[str, Any] = {"type": "string", "x-ui": "textarea"}
YES_NO: dict[str, Any] = {"type": "boolean"}
WHOLE: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
DAY: dict[str, Any] = {"type": "string", "format": "date"}

# An approval that must say why when it is not granted, and what it costs in cents.
RULING = form(
    ("decision",),
    {
        "allOf": [
            {
                "if": {"properties": {"decision": {"enum": ["return", "reject"]}}, "required": ["decision"]},
                "then": {"required": ["reason"]},
            }
        ]
    },
    decision={"type": "string", "enum": ["approve", "return", "reject"], "x-labels": {"zh": ["同意", "退回", "驳回"]}},
    reason={"type": "string", "maxLength": 20, "x-ui": "textarea"},
    amount={"type": "number", "minimum": 0, "maximum": 1000, "multipleOf": 0.01},
)
