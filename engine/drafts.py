"""Drafts of foreign files: files and answers in, the draft and what the engine says of it out. Nothing is kept here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from bpmn import BadAnswer, BadModel, Bundle, Draft, Finding, Repair, answer_in_rounds, make_draft, read_bundle
from engine.expressions import ExpressionError, compile_expression, compile_script

MODEL_ENDINGS = (".bpmn", ".bpmn20.xml", ".xml")
MOST_FILES = 20


def model_name(files: Mapping[str, bytes]) -> str:
    """Which of some files is the model. Raises BadModel when none is, several are, or one is neither model nor table."""
    models = [name for name in files if name.lower().endswith(MODEL_ENDINGS)]
    strange = [name for name in files if name not in models and PurePosixPath(name).suffix.lower() != ".dmn"]
    if strange or len(files) > MOST_FILES:
        message = "a draft is made of one .bpmn file, perhaps with .dmn files beside it"
        raise BadModel([Finding("not-a-model", message, file=strange[0] if strange else None)])
    if len(models) != 1:
        message = (
            f"one .bpmn file becomes a draft, and there are {len(models)}: choose one" if models else "there is no .bpmn file"
        )
        raise BadModel([Finding("no-model" if not models else "several-models", message)])
    return models[0]


def open_draft(
    files: Mapping[str, bytes],
    answers: Mapping[str, Any] | None = None,
    *,
    process: str | None = None,
    people: bool = False,
    strict: bool = True,
) -> Draft:
    """The draft of one model (and the decision tables beside it) with the answers written in, in as many rounds as they take.

    `people` leaves every decision that is still open to people. Raises BadModel for files that are refused, BadAnswer by key.
    """
    name = model_name(files)
    draft = _made(files[name], name, process)
    bundle_of(draft, files)
    if answers:
        _refuse_unreadable(answers)
    return answer_in_rounds(draft, answers or {}, people=people, strict=strict) if answers or people else draft


@lru_cache(maxsize=4)
def _made(data: bytes, name: str, process: str | None) -> Draft:
    """Made once for the several looks that are taken while somebody answers; a draft never changes."""
    return make_draft(data, name, process)


def bundle_of(draft: Draft, files: Mapping[str, bytes]) -> Bundle:
    """The draft as what can be linted and deployed; the decision tables are those beside the model. Raises BadModel."""
    tables = {name: data for name, data in files.items() if name.lower().endswith(".dmn")}
    return read_bundle({**tables, **draft.files()})


def question(draft: Draft, key: str) -> Repair | None:
    """What is asked under a key, if anything is."""
    return next((repair for repair in draft.repairs if repair.key == key), None)


def _refuse_unreadable(answers: Mapping[str, Any]) -> None:
    """The engine's own sentence about a condition or a script, where it has one."""
    problems = {place: sentence for key, answer in answers.items() for place, sentence in _unreadable(key, answer)}
    if problems:
        raise BadAnswer(problems)


def _unreadable(key: str, answer: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(answer, Mapping):
        return
    if key.startswith("decision:"):
        texts = [(f"{key}/{flow}", text) for flow, text in answer.items() if text != "default"]
    else:
        texts = [(key, answer[name]) for name in ("expression", "script") if name in answer]
    read = compile_script if "script" in answer else compile_expression
    for place, text in texts:
        try:
            read(text if isinstance(text, str) else "")
        except ExpressionError as error:
            yield place, f"{str(text)[:60]!r} cannot be used: {error}"
