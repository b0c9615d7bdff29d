"""What a form may be: the part of JSON Schema that can be shown to people, asked of them, and checked in bounded time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.form_values import LONGEST_TEXT

MOST_FIELDS = 100
DEEPEST_CONDITION = 8
LONGEST_PATTERNED = 200
TYPES = ("string", "boolean", "integer", "number")
WISHES = ("textarea", "radio", "select", "checkbox")
_NOTES = {"$schema", "$id", "$comment", "title", "description"}
_FORM = _NOTES | {"type", "properties", "required", "additionalProperties", "dependentRequired", "allOf", "if", "then", "else"}
_BOUNDS = {"minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_FIELD = _NOTES | _BOUNDS | {"type", "enum", "const", "format", "pattern", "default", "examples"}
_CONSEQUENCE = {"properties", "required", "allOf", "if", "then", "else", "$comment"}
_CONSEQUENCE_FIELD = _BOUNDS | {"enum", "const", "$comment"}
_CONDITION = _CONSEQUENCE_FIELD | {"type", "properties", "required", "allOf", "anyOf", "oneOf", "not"}
_ATOM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_VARYING = re.compile(r"[*+]|\{\d*,\d*\}")


def check_form(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Everything about a JSON Schema that no form here can hold, one sentence each, naming the entry; none when it is fine.

    For whoever takes a model in. The schema is known to be JSON Schema and not nested without end (bpmn sees to both).
    """
    return tuple(f"{where}: {what}" for where, what in _form(schema))


_Complaints = Iterator[tuple[str, str]]


def _form(schema: Mapping[str, Any]) -> _Complaints:
    yield from _unknown(schema, _FORM, "the form")
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or len(properties) > MOST_FIELDS:
        yield "properties", f"a form has at most {MOST_FIELDS} fields"
        return
    if schema.get("additionalProperties", False) is not False:
        yield "additionalProperties", "must be false: a form takes its own fields and no others"
    for name, about in properties.items():
        yield from _field(name, about)
    if sum(isinstance(about, Mapping) and about.get("x-subject") is True for about in properties.values()) > 1:
        yield "x-subject", "only one field names the case"
    yield from _requirements(schema, properties, "the form", 0)


def _unknown(schema: Mapping[str, Any], known: set[str], where: str) -> _Complaints:
    for keyword in schema:
        if keyword not in known and not keyword.startswith("x-"):
            yield f"{where}.{keyword}", "this keyword of JSON Schema is not used in forms"


def _field(name: str, about: Any) -> _Complaints:
    if not name.isidentifier() or name.startswith("_") or len(name) > 64:
        yield name, "a field's name is made of letters, digits and _, and begins with a letter; conditions refer to it"
    if not isinstance(about, Mapping):
        yield name, "must be described by a table of keywords"
        return
    yield from _unknown(about, _FIELD, name)
    type_ = about.get("type", "string")
    if type_ not in TYPES:
        yield f"{name}.type", f"{type_!r} is not a type of a field; they are {', '.join(TYPES)}"
    elif any(not _is_of(type_, choice) for choice in about.get("enum", ())):
        yield f"{name}.enum", f"every choice must be a {type_}, as the type says"
    yield from _hints(name, about)
    yield from _pattern(name, about)


def _is_of(type_: str, choice: Any) -> bool:
    kinds: Mapping[str, Any] = {"string": str, "boolean": bool, "integer": int, "number": int | float}
    return isinstance(choice, kinds[type_]) and isinstance(choice, bool) == (type_ == "boolean")


def _hints(name: str, about: Mapping[str, Any]) -> _Complaints:
    choices, labels = about.get("enum"), about.get("x-labels") or {}
    if about.get("x-ui", "radio") not in WISHES:
        yield f"{name}.x-ui", f"{about['x-ui']!r} is not one of {', '.join(WISHES)}"
    if not isinstance(labels, Mapping) or any(
        not isinstance(row, list) or len(row) != len(choices or ()) for row in labels.values()
    ):
        yield f"{name}.x-labels", "must have one label for each choice, in each language"
    if about.get("x-subject") is True and about.get("type") != "string":
        yield f"{name}.x-subject", "what names a case is a text"
    if about.get("x-measure") is True and not is_closed(about):
        yield f"{name}.x-measure", "free text may hold personal data and is never measured: use choices, a number, or yes and no"
    if about.get("maxLength", 0) > LONGEST_TEXT:
        yield f"{name}.maxLength", f"a text has at most {LONGEST_TEXT} characters"


def is_closed(about: Mapping[str, Any]) -> bool:
    """Whether an answer is one of a few choices, a number, or yes and no: nothing in which a person could be named."""
    return "enum" in about or about.get("type") in ("boolean", "integer", "number")


def _pattern(name: str, about: Mapping[str, Any]) -> _Complaints:
    """Only patterns that cannot run away: no groups, little that varies in length, and a short text to match."""
    pattern = about.get("pattern")
    if pattern is None:
        return
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{name}.pattern", f"is not a regular expression: {error}"
    rest = _ATOM.sub("a", pattern)
    if "(" in rest or len(_VARYING.findall(rest)) > 2 or rest.count("?") > 4 or len(pattern) > LONGEST_PATTERNED:
        yield f"{name}.pattern", "may have no groups, at most two of * + {m,n}, and at most four ?"
    if not about.get("maxLength", LONGEST_TEXT) <= LONGEST_PATTERNED:
        yield f"{name}.pattern", f"needs a maxLength of at most {LONGEST_PATTERNED}"


def _requirements(schema: Mapping[str, Any], fields: Mapping[str, Any], where: str, depth: int) -> _Complaints:
    """What is asked for, under which conditions, of fields that exist."""
    if depth > DEEPEST_CONDITION:
        yield where, f"conditions are nested more than {DEEPEST_CONDITION} deep"
        return
    named = [*schema.get("required", ()), *(n for k, names in schema.get("dependentRequired", {}).items() for n in (k, *names))]
    for name in named:
        if name not in fields:
            yield f"{where}.required", f"there is no field {name!r}"
    for number, part in enumerate(schema.get("allOf", ())):
        yield from _consequence(part, fields, f"{where}.allOf[{number}]", depth + 1)
    if "if" in schema:
        yield from _condition(schema["if"], fields, f"{where}.if", depth + 1)
    for keyword in ("then", "else"):
        if keyword in schema:
            yield from _consequence(schema[keyword], fields, f"{where}.{keyword}", depth + 1)


def _consequence(schema: Any, fields: Mapping[str, Any], where: str, depth: int) -> _Complaints:
    if not isinstance(schema, Mapping):
        yield where, "must be a table of keywords"
        return
    yield from _unknown(schema, _CONSEQUENCE, where)
    for name, about in schema.get("properties", {}).items():
        if name not in fields:
            yield f"{where}.properties", f"there is no field {name!r}"
        if isinstance(about, Mapping):  # false says: leave it empty
            yield from _unknown(about, _CONSEQUENCE_FIELD, f"{where}.{name}")
    yield from _requirements(schema, fields, where, depth)


def _condition(schema: Any, fields: Mapping[str, Any], where: str, depth: int) -> _Complaints:
    if depth > DEEPEST_CONDITION:
        yield where, f"conditions are nested more than {DEEPEST_CONDITION} deep"
        return
    if not isinstance(schema, Mapping):
        return
    yield from _unknown(schema, _CONDITION, where)
    for name in (*schema.get("properties", {}), *schema.get("required", ())):
        if name not in fields:
            yield where, f"there is no field {name!r}"
    inner = [*schema.get("properties", {}).values(), *(part for k in ("allOf", "anyOf", "oneOf") for part in schema.get(k, ()))]
    for part in (*inner, schema.get("not")):
        yield from _condition(part, fields, where, depth + 1)
