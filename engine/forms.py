"""Forms: answers are read and checked against a JSON Schema; what is measured and what names a case; fields to draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry

from engine.errors import BadInput, CannotGoOn, Problem
from engine.form_schema import check_form, is_closed
from engine.form_values import FieldError, declared_type, is_absent, read_value

__all__ = ["SENTENCES", "BadForm", "Choice", "Field", "Problem", "check_form", "fields", "measured", "read_answers", "subject"]

N_ = str  # marks a sentence for the translation catalogue
SENTENCES: Mapping[str, str] = {
    "required": N_("This is needed."),
    "unknown": N_("There is no such field in this form."),
    "text": N_("Enter text."),
    "yes_no": N_("Answer yes or no."),
    "whole_number": N_("Enter a whole number, like 12."),
    "number": N_("Enter a number, like 1250.50."),
    "digits": N_("This number has too many digits to be kept exactly."),
    "too_large": N_("Numbers here go up to %(limit)s."),
    "date": N_("Enter a date, like 2026-02-14."),
    "email": N_("Enter an e-mail address, like name@example.org."),
    "choice": N_("Choose one of these: %(choices)s."),
    "minimum": N_("Enter at least %(limit)s."),
    "maximum": N_("Enter at most %(limit)s."),
    "above": N_("Enter more than %(limit)s."),
    "below": N_("Enter less than %(limit)s."),
    "step": N_("Enter a multiple of %(limit)s."),
    "too_short": N_("Enter at least %(limit)s characters."),
    "too_long": N_("Enter at most %(limit)s characters."),
    "one_line": N_("Enter a single line."),
    "control": N_("This contains characters that cannot be shown; type it again."),
    "pattern": N_("This is not written in the form that is asked for."),
    "empty": N_("Leave this empty; it does not go with the other answers."),
    "unfit": N_("This does not go with the other answers."),
}
MOST_ANSWERS = 200
LONGEST_SUBJECT = 200


class BadForm(CannotGoOn):
    """The form that belongs to this step cannot be used as it is written."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One option: its value as text, as it is sent, and its label."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field to draw. `kind`: text, textarea, radio, select, boolean (yes or no), checkbox, integer, number, date or email."""

    name: str
    kind: str
    title: str
    help: str
    required: bool
    choices: tuple[Choice, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None
    step: int | float | None = None
    longest: int | None = None


def read_answers(schema: Mapping[str, Any], raw: Mapping[str, Any], *, text: bool) -> dict[str, Any]:
    """The answers in the order of the form, checked: what is not answered is left out.

    With `text` they come from an HTML form: texts are converted to the declared types, and a box (a boolean that is
    not required) which was not sent is False. Either way texts are trimmed, and null or a blank text is no answer, so
    that answers that were read once can be read again without change.

    Raises BadInput with one sentence (and one Problem) for each field that is wrong, BadForm for a schema beyond
    `check_form`.
    """
    form = _made_ready(schema)
    if form.complaint:
        raise BadForm(f"The form that belongs to this step cannot be used: {form.complaint}")
    if not isinstance(raw, Mapping) or len(raw) > MOST_ANSWERS:
        raise BadInput(f"answers must be a table of at most {MOST_ANSWERS} fields and their values")
    problems = {name: Problem(name, "unknown", {}) for name in map(_name, raw) if name not in schema["properties"]}
    answers: dict[str, Any] = {}
    for name in schema["properties"]:
        try:
            answers.update(_answer(schema, name, raw.get(name), text))
        except FieldError as wrong:
            problems[name] = Problem(name, wrong.key, wrong.params)
    for problem in form.broken_rules(answers):
        problems.setdefault(problem.field, problem)
    if problems:
        raise BadInput(fields={name: sentence(problem) for name, problem in problems.items()}, problems=tuple(problems.values()))
    return answers


def _answer(schema: Mapping[str, Any], name: str, value: Any, text: bool) -> dict[str, Any]:
    """The field with its value, or nothing."""
    if not is_absent(value):
        return {name: read_value(schema["properties"][name], value, text=text)}
    return {name: False} if text and _is_box(schema, name) else {}


def sentence(problem: Problem) -> str:
    """The problem in English."""
    return SENTENCES[problem.key] % dict(problem.params)


def measured(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that go into the event log: fields marked `x-measure`, and never free text, whatever is marked."""
    return {
        name: answers[name]
        for name, about in schema.get("properties", {}).items()
        if about.get("x-measure") is True and is_closed(about) and name in answers
    }


def subject(schema: Mapping[str, Any], answers: Mapping[str, Any]) -> str | None:
    """What names the case: the answer to the field marked `x-subject`, on one line, at most 200 characters."""
    for name, about in schema.get("properties", {}).items():
        value = answers.get(name)
        if about.get("x-subject") is True and isinstance(value, str):
            return " ".join(value.split())[:LONGEST_SUBJECT] or None
    return None


def fields(schema: Mapping[str, Any], language: str) -> list[Field]:
    """The fields of a form in its order, with titles, helps and labels in `language` (en, zh, zh_Hans_CN, ...)."""
    short = language.replace("-", "_").partition("_")[0]
    return [_to_draw(schema, name, about, short) for name, about in schema.get("properties", {}).items()]


def _to_draw(schema: Mapping[str, Any], name: str, about: Mapping[str, Any], language: str) -> Field:
    choices = about.get("enum", ())
    labels = (about.get("x-labels") or {}).get(language) or [_sent(choice) for choice in choices]
    return Field(
        name=name,
        kind=_kind(schema, name, about),
        title=_in(language, about.get("title")) or name,
        help=_in(language, about.get("x-help")),
        required=name in schema.get("required", ()),
        choices=tuple(Choice(_sent(choice), label) for choice, label in zip(choices, labels, strict=True)),
        minimum=about.get("minimum"),
        maximum=about.get("maximum"),
        step=about.get("multipleOf"),
        longest=about.get("maxLength"),
    )


def _kind(schema: Mapping[str, Any], name: str, about: Mapping[str, Any]) -> str:
    type_ = declared_type(about)
    if "enum" in about:
        return "radio" if about.get("x-ui") == "radio" else "select"
    if type_ == "boolean":
        return "checkbox" if _is_box(schema, name) else "boolean"
    if type_ != "string":
        return type_
    return str(about["format"]) if about.get("format") in ("date", "email") else str(about.get("x-ui", "text"))


def _is_box(schema: Mapping[str, Any], name: str) -> bool:
    """Browsers do not send a box that is not ticked. A required yes or no is asked for, so that silence is no answer."""
    about = schema["properties"][name]
    return (
        declared_type(about) == "boolean"
        and "enum" not in about
        and about.get("x-ui") != "radio"
        and name not in schema.get("required", ())
    )


def _in(language: str, text: Any) -> str:
    if isinstance(text, Mapping):
        text = text.get(language) or text.get("en") or next(iter(text.values()), "")
    return text if isinstance(text, str) else ""


def _sent(choice: Any) -> str:
    return str(choice).lower() if isinstance(choice, bool) else str(choice)


def _name(name: Any) -> str:
    """A field's name as it was sent, fit to be shown."""
    text = str(name)
    return text if text.isprintable() and len(text) <= 64 else ascii(text[:64])


def _multiple_of(validator: Any, step: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    """In decimals: 19.99 is a multiple of 0.01, which binary division denies."""
    if isinstance(value, int | float) and not isinstance(value, bool) and Decimal(str(value)) % Decimal(str(step)):
        yield ValidationError(f"{value} is not a multiple of {step}")


def _properties(validator: Any, properties: Mapping[str, Any], value: Any, schema: Any) -> Iterator[ValidationError]:
    """The library forgets which field it was when the schema of the field is false."""
    for name, about in properties.items():
        if name in value:
            yield from validator.descend(value[name], {"not": {}} if about is False else about, path=name, schema_path=name)


_Validator = extend(Draft202012Validator, {"multipleOf": _multiple_of, "properties": _properties})  # type: ignore[no-untyped-call]
_KEYS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
    "multipleOf": "step",
    "minLength": "too_short",
    "maxLength": "too_long",
}


class _Form:
    """A schema made ready: checked once, and its validator built once, however many answers it reads."""

    __slots__ = ("_validator", "complaint")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.complaint = next(iter(check_form(schema)), "")
        self._validator = _Validator(schema, registry=Registry())  # the empty registry keeps it from fetching anything

    def broken_rules(self, answers: Mapping[str, Any]) -> Iterator[Problem]:
        """What the schema itself says about the answers."""
        for error in self._validator.iter_errors(answers):
            yield from _problems(error)


def _made_ready(schema: Mapping[str, Any]) -> _Form:
    """The schema's own bytes are its key: a table that was changed in place is another schema."""
    try:
        return _compiled(orjson.dumps(schema, default=dict))
    except TypeError:  # numbers beyond 64 bits, which orjson does not write
        return _Form(schema)


@lru_cache(maxsize=512)
def _compiled(schema: bytes) -> _Form:
    return _Form(orjson.loads(schema))


def _problems(error: ValidationError) -> Iterator[Problem]:
    rule, wanted, answers = error.validator, cast(Any, error.validator_value), cast(Any, error.instance)
    if rule == "required":
        yield from (Problem(name, "required", {}) for name in wanted if name not in answers)
    elif rule == "dependentRequired":
        needed = (name for given, names in wanted.items() if given in answers for name in names)
        yield from (Problem(name, "required", {}) for name in needed if name not in answers)
    else:
        field = str(error.absolute_path[0]) if error.absolute_path else ""
        yield _of_one_field(field, rule, wanted)


def _of_one_field(field: str, rule: Any, wanted: Any) -> Problem:
    if rule in _KEYS:
        return Problem(field, _KEYS[rule], {"limit": str(wanted)})
    if rule in ("enum", "const"):
        return Problem(field, "choice", {"choices": ", ".join(map(_sent, wanted if rule == "enum" else [wanted]))})
    return Problem(field, {"pattern": "pattern", "not": "empty"}.get(rule, "unfit"), {})
