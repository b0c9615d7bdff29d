"""Form fields as Camunda 7, Flowable and Activiti write them, made into a form of ours (JSON Schema)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from bpmn.names import tag
from bpmn.safexml import local

MOST_FIELDS = 100
_FIELDS = {"formProperty", "formField"}
_TYPES = {
    "boolean": "boolean", "long": "integer", "integer": "integer", "int": "integer", "double": "number", "number": "number",
    "float": "number",
}  # fmt: skip
_COMPONENTS = {
    "textfield": "string", "textarea": "string", "number": "number", "checkbox": "boolean", "select": "string", "radio": "string",
}  # fmt: skip
_UNFIT = re.compile(r"\W+", re.ASCII)
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a person fills in. `source` is its id in the other tool, `choices` are values with their labels."""

    name: str
    source: str
    label: str
    type: str
    required: bool
    choices: tuple[tuple[str, str], ...] = ()


def read_fields(node: etree._Element) -> tuple[Field, ...]:
    """The fields a step asks for, taken out of the tree; those it only shows stay, to be named as not taken over."""
    found: dict[str, Field] = {}
    for element in list(node.iterfind(f"{tag('extensionElements')}//*")):
        field = _field(element) if local(element) in _FIELDS else None
        if field is not None and field.name not in found and len(found) < MOST_FIELDS:
            found[field.name] = field
            _take_out(element)
    return tuple(found.values())


def embedded_fields(process: etree._Element, node: etree._Element) -> tuple[Field, ...]:
    """The fields of a form of Camunda 8 that stands in the process as JSON and that this step uses; taken out with its name."""
    for definition in node.iterfind(f"{tag('extensionElements')}/*"):
        key = (definition.get("formKey") or "").rpartition(":")[2] or definition.get("formId")
        if local(definition) != "formDefinition" or not key:
            continue
        for form in process.iterfind(f"{tag('extensionElements')}/*"):
            if local(form) == "userTaskForm" and form.get("id") == key and (fields := _fields_of_json(form.text or "")):
                _take_out(definition)
                if not _is_used(process, key):
                    _take_out(form)
                return fields
    return ()


def _is_used(process: etree._Element, key: str) -> bool:
    keys = (element.get("formKey") or "" for element in process.iter() if local(element) == "formDefinition")
    return any(each.rpartition(":")[2] == key for each in keys)


def _fields_of_json(text: str) -> tuple[Field, ...]:
    try:
        form = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    components = form.get("components") if isinstance(form, dict) else None
    found: dict[str, Field] = {}
    for one in components if isinstance(components, list) else ():
        field = _of_component(one) if isinstance(one, dict) else None
        if field is not None and field.name not in found and len(found) < MOST_FIELDS:
            found[field.name] = field
    return tuple(found.values())


def _of_component(one: dict[str, Any]) -> Field | None:
    kind, key = one.get("type"), one.get("key")
    if not isinstance(kind, str) or not isinstance(key, str) or kind not in _COMPONENTS or not plain_name(key):
        return None
    label = one.get("label") if isinstance(one.get("label"), str) else key
    rules = one.get("validate")
    required = isinstance(rules, dict) and rules.get("required") is True
    options = [each for each in one.get("values") or () if isinstance(each, dict)] if kind in {"select", "radio"} else []
    choices = {str(each["value"]): str(each.get("label") or each["value"]) for each in options if each.get("value") is not None}
    return Field(plain_name(key), key, str(label)[:200] or key, _COMPONENTS[kind], required, tuple(choices.items())[:MOST_FIELDS])


def _take_out(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
        if local(parent) == "formData" and len(parent) == 0:
            _take_out(parent)


def schema_of(title: str, fields: tuple[Field, ...]) -> dict[str, Any]:
    """The form as JSON Schema, as bpmn.documents wants it: titles in both languages, which another tool knows only one of."""
    return {
        "type": "object",
        "title": {"zh": title, "en": title},
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def plain_name(text: str) -> str:
    """A text as the name of a field that conditions can say; empty when nothing of it can be."""
    name = _UNFIT.sub("_", text).strip("_")[:_LONGEST_NAME]
    return f"f_{name}" if name[:1].isdigit() else name


def _field(element: etree._Element) -> Field | None:
    name = plain_name(element.get("id", ""))
    only_shown = element.get("writable") == "false" or any(_is_readonly(inner) for inner in element.iter())
    if not name or only_shown:
        return None
    label = element.get("name") or element.get("label") or name
    return Field(
        name, element.get("id", ""), label[:200], element.get("type", "string"), _required(element), tuple(_choices(element))
    )


def _is_readonly(inner: etree._Element) -> bool:
    return local(inner) == "constraint" and inner.get("name") == "readonly"


def _required(element: etree._Element) -> bool:
    constraints = (inner for inner in element.iter() if local(inner) == "constraint")
    return element.get("required") == "true" or any(inner.get("name") == "required" for inner in constraints)


def _choices(element: etree._Element) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for inner in element.iter():
        if local(inner) == "value" and (value := inner.get("id")) and value not in seen and len(seen) < MOST_FIELDS:
            seen.add(value)
            yield value, inner.get("name") or value


def _property(field: Field) -> dict[str, Any]:
    title = {"zh": field.label, "en": field.label}
    if field.choices:
        labels = [label for _, label in field.choices]
        return {
            "type": "string",
            "title": title,
            "enum": [value for value, _ in field.choices],
            "x-labels": {"zh": labels, "en": labels},
        }
    about: dict[str, Any] = {"type": _TYPES.get(field.type, "string"), "title": title}
    if field.type == "date":
        about["format"] = "date"
    return about
