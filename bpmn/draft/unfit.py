"""Why an answer does not fit, and how the plain kinds of answer are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bpmn.draft.dialects import code_of

COMPARE = "compare fields of steps, e.g. <step>.<field> == true"


class Unfit(Exception):
    """Why an answer does not fit; `part` names the part of it that is wrong, where it has several."""

    def __init__(self, sentence: str, part: str = "") -> None:
        super().__init__(sentence)
        self.part = part


def text_in(answer: Any, what: str) -> str:
    if not isinstance(answer, str) or not answer.strip():
        raise Unfit(f"write {what}")
    return answer.strip()


def code_in(answer: Any) -> str:
    text = text_in(answer, "a code")
    if code_of(text) != text.lower():
        raise Unfit(f"{text[:60]!r} is no code: latin letters, digits, _ and -, at most 64, a letter or digit first")
    return text


def member_of(answer: Any, name: str, what: str) -> str:
    if not isinstance(answer, Mapping) or name not in answer:
        raise Unfit(f"write {what}")
    return text_in(answer[name], what)
