"""Forms on a page: what a JSON Schema looks like as fields, with what was entered and what was wrong about it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

import engine
from webapp.language import language, pick
from webapp.sentences import gettext

PREFIX = "answer-"  # answers never collide with the form's own fields: key, comment, csrf_token
LONGEST_COMMENT = 2_000


@dataclass(frozen=True, slots=True)
class Drawn:
    """One field as the template draws it: what the engine says about it, what was entered, and what was wrong with that."""

    about: engine.Field
    value: str
    error: str
    choices: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """The id in the page, and the name that is sent."""
        return PREFIX + self.about.name

    @property
    def first_id(self) -> str:
        """The id of what takes the focus: of a group, its first option."""
        return f"{self.id}-0" if self.choices and self.about.kind != "select" else self.id


def fields(schema: Mapping[str, Any] | None, entered: Mapping[str, str], wrong: engine.BadInput | None) -> list[Drawn]:
    """The fields of a form in its order, holding the texts `entered` and the sentences about what is `wrong` with them."""
    sentences = {problem.field: sentence(problem) for problem in wrong.problems} if wrong else {}
    return [
        Drawn(about, entered.get(about.name, ""), sentences.get(about.name, ""), _choices(about))
        for about in (engine.fields(schema, language()) if schema else ())
    ]


def _choices(about: engine.Field) -> tuple[tuple[str, str], ...]:
    if about.kind == "boolean":
        return (("true", gettext("Yes")), ("false", gettext("No")))
    return tuple((choice.value, choice.label) for choice in about.choices)


def sentence(problem: engine.Problem) -> str:
    """What is wrong with one field, in the page's language."""
    return gettext(engine.SENTENCES[problem.key], **problem.params)


def about_the_whole(wrong: engine.BadInput | None, drawn: Sequence[Drawn]) -> str:
    """What is said above the fields when no single field is at fault."""
    if wrong is None or any(field.error for field in drawn):
        return ""
    return gettext("Some of the answers do not fit this form. Check them and send it again.")


def entered_texts(posted: MultiDict[str, str]) -> dict[str, str]:
    """The answers of a posted form by field name, as texts, untouched."""
    return {name.removeprefix(PREFIX): text for name, text in posted.items() if name.startswith(PREFIX)}


def given_texts(entered: Mapping[str, str]) -> dict[str, str]:
    """What the engine is asked to read: a field left blank was not answered."""
    return {name: text for name, text in entered.items() if text.strip()}


def new_key() -> str:
    """An idempotency key for one form on one page: sent twice, it counts once."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered field in words."""

    title: str
    text: str


def answers_in_words(schema: Mapping[str, Any] | None, answers: Mapping[str, Any]) -> list[Answer]:
    """Answers with the titles and labels of their form; those without a form under their own names."""
    properties: Mapping[str, Any] = (schema or {}).get("properties", {})
    ordered = [name for name in properties if name in answers] + [name for name in answers if name not in properties]
    return [
        Answer(pick(properties.get(name, {}).get("title")) or name, _text(properties.get(name, {}), answers[name]))
        for name in ordered
    ]


def _text(about: Mapping[str, Any], value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if value is None or value == "":
        return "–"
    labels = (about.get("x-labels") or {}).get(language()) or ()
    label = dict(zip(map(str, about.get("enum", ())), labels, strict=False)).get(str(value))
    return label or (f"{value:,}" if isinstance(value, int | float) else str(value))
