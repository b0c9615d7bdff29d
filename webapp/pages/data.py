"""What a case holds, step by step, with the titles of the forms it was entered in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.forms import Answer, answers_in_words
from webapp.sentences import gettext


@dataclass(frozen=True, slots=True)
class Part:
    """The answers of one step, or of the intake."""

    title: str
    answers: list[Answer]


def parts(data: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]], step_names: Mapping[str, str]) -> list[Part]:
    """The intake first, then the steps in the order of the model; what is no answer of a step is left out."""
    order = ["intake", *(step for step in step_names if step != "intake")]
    return [
        Part(gettext("Intake") if step == "intake" else step_names[step], answers_in_words(schemas.get(step), data[step]))
        for step in order
        if isinstance(data.get(step), Mapping) and data[step]
    ]
