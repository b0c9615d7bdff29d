"""Untrusted YAML and JSON in, plain mappings out: bounded, no tags, no aliases, no other schema fetched."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.resources import files
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from bpmn.errors import BadModel, Finding

MOST_TEXT = 500_000  # bytes of one YAML or JSON file
DEEPEST = 32
_LANGUAGES = ("zh", "en")
_LABELS = ("title", "x-help")  # a text in each language, where JSON Schema itself allows one string


def read_yaml(data: bytes, name: str) -> Mapping[str, Any]:
    """A YAML mapping without tags, aliases or anything that makes objects. Raises BadModel with the line."""
    _refuse_long(data, name)
    try:
        _refuse_tricks(data, name)
        value = yaml.safe_load(data)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise _bad("yaml", f"this is not YAML that can be read: {error.problem or error.context}", name, line) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise _bad("yaml", f"this is not YAML that can be read: {str(error).splitlines()[0]}", name) from None
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _bad("yaml", "the file must be a mapping of names to values", name)
    return value


def read_form(data: bytes, name: str) -> Mapping[str, Any]:
    """A form: JSON Schema 2020-12 of one object, with the labels of every field in both languages. Raises BadModel."""
    _refuse_long(data, name)
    try:
        value = json.loads(data, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _bad("form", f"this is not JSON: {error.msg}", name, error.lineno) from None
    except (ValueError, RecursionError) as error:
        raise _bad("form", f"this is not JSON that can be read: {error}", name) from None
    if not isinstance(value, dict) or value.get("type") != "object" or not isinstance(value.get("properties"), dict):
        raise _bad("form", 'a form is a JSON Schema of "type": "object" with "properties"', name)
    if _depth(value) > DEEPEST or any(key in {"$ref", "$dynamicRef"} for key in _keys(value)):
        raise _bad("form", f"a form refers to no other schema ($ref) and is nested at most {DEEPEST} deep", name)
    try:
        Draft202012Validator.check_schema(_without_labels(value))
    except SchemaError as error:
        where = ".".join(str(step) for step in error.absolute_path) or "the form"
        raise _bad("form", f"{where} is not JSON Schema 2020-12: {error.message[:200]}", name) from None
    if findings := list(_label_findings(value, name)):
        raise BadModel(findings)
    return value


def check_shape(document: Mapping[str, Any], kind: str, name: str) -> None:
    """Raises BadModel with every place where a document is not what `schemas/<kind>.json` says."""
    schema = json.loads(files("bpmn").joinpath("schemas", f"{kind}.json").read_bytes())
    errors = sorted(Draft202012Validator(schema).iter_errors(_dates_as_text(document)), key=lambda error: str(error.json_path))
    if errors:
        raise BadModel([Finding(f"{kind}-shape", f"{error.json_path}: {error.message[:200]}", file=name) for error in errors])


def is_bilingual(value: Any) -> bool:
    """Is this a text in Chinese and in English?"""
    return isinstance(value, Mapping) and all(isinstance(value.get(code), str) and value[code].strip() for code in _LANGUAGES)


def _refuse_tricks(data: bytes, name: str) -> None:
    depth = 0
    for event in yaml.parse(data, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark is not None else None
        if isinstance(event, yaml.events.AliasEvent):
            raise _bad("yaml", "aliases (*name) are not allowed: write the value out", name, line)
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _bad("yaml", f"values are nested more than {DEEPEST} deep", name, line)


def _label_findings(form: Mapping[str, Any], name: str) -> Iterator[Finding]:
    if not is_bilingual(form.get("title")):
        yield Finding("form-labels", "the form needs a title in zh and en", file=name)
    for field, schema in form["properties"].items():
        if not isinstance(schema, dict) or not is_bilingual(schema.get("title")):
            yield Finding("form-labels", "the field needs a title in zh and en", element=field, file=name)
            continue
        if "x-help" in schema and not is_bilingual(schema["x-help"]):
            yield Finding("form-labels", "the field's x-help needs zh and en", element=field, file=name)
        if "enum" in schema and not _labels_fit(schema):
            yield Finding("form-labels", "x-labels needs zh and en, one label for each value of enum", element=field, file=name)


def _labels_fit(schema: Mapping[str, Any]) -> bool:
    labels = schema.get("x-labels")
    return isinstance(labels, dict) and all(
        isinstance(labels.get(code), list) and len(labels[code]) == len(schema["enum"]) for code in _LANGUAGES
    )


def _without_labels(schema: Any) -> Any:
    """The schema as JSON Schema knows it: our texts in two languages stand where it wants one string."""
    if isinstance(schema, list):
        return [_without_labels(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {}
    for key, value in schema.items():
        if key in _LABELS and isinstance(value, dict):
            continue
        named = key in {"properties", "patternProperties", "$defs", "dependentSchemas"} and isinstance(value, dict)
        plain[key] = {name: _without_labels(inner) for name, inner in value.items()} if named else _without_labels(value)
    return plain


def _dates_as_text(value: Any) -> Any:
    """YAML makes dates of dates; JSON Schema has only their text."""
    if isinstance(value, dict):
        return {str(key): _dates_as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_dates_as_text(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _depth(value: Any) -> int:
    """How deep lists and mappings are nested, counted level by level."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [inner for outer in level for inner in _inner(outer)]
    return depth


def _keys(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield from item
        waiting.extend(_inner(item))


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_long(data: bytes, name: str) -> None:
    if len(data) > MOST_TEXT:
        raise _bad("too-big", f"the file has {len(data):,} bytes: at most {MOST_TEXT:,} are read", name)


def _bad(rule: str, message: str, file: str, line: int | None = None) -> BadModel:
    return BadModel([Finding(rule, message, file=file, line=line)])
