"""What a case holds, step by step, with the titles of the forms it was entered in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from webapp import words
from webapp.forms import Answer, answers_in_words
from webapp.sentences import gettext


@dataclass(frozen=True, slots=True)
class Part:
    """The answers of one step, or of the intake."""

    title: str
    answers: list[Answer]


def parts(
    data: Mapping[str, Any], schemas: Mapping[str, Mapping[str, Any]], step_names: Mapping[str, str], within: str = ""
) -> list[Part]:
    """The intake first, then the steps in the order of the model; what is no answer of a step is left out.

    The results of a repeated step follow one another, those of a repeated sub-process step by step under its name (`within`).
    """
    found: list[Part] = []
    for step in ["intake", *(step for step in step_names if step != "intake")]:
        name = gettext("Intake") if step == "intake" else step_names[step]
        for which, answers in _instances(data.get(step)):
            title = within + words.step_name(name, *which, None)
            if step not in schemas and answers.keys() <= step_names.keys():
                found += parts(answers, schemas, step_names, f"{title} · ")
            else:
                found.append(Part(title, answers_in_words(schemas.get(step), answers)))
    return found


def _instances(kept: Any) -> Iterator[tuple[tuple[int | None, int | None], Mapping[str, Any]]]:
    """What is kept under a step: its answers, or those of each instance with its number and their count; never empty ones."""
    if isinstance(kept, Mapping) and kept:
        yield (None, None), kept
    elif isinstance(kept, list):
        for number, each in enumerate(kept, start=1):
            for _, answers in _instances(each) if not isinstance(each, list) else ():
                yield (number, len(kept)), answers
