"""Conditions of other tools in our expression language: comparisons, and / or / not, literals, names of form fields; no more.

JUEL (`${a > 3 && !b}`), FEEL (`= a > 3 and not(b)`), and the same written plainly. Anything else is not translated, so that
nothing comes to mean something that its author did not write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import TypeAlias

from bpmn.draft.language import CONSTANTS

LONGEST = 1_000
DEEPEST = 20
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?(?![\w.]))
  | (?P<text>"[^"\\]*"|'[^'\\]*')
  | (?P<variable>(?:execution|delegateExecution)\s*\.\s*getVariable\(\s*(?:"[^"\\]*"|'[^'\\]*')\s*\))
  | (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
  | (?P<sign>===|!==|==|!=|<=|>=|&&|\|\||[<>=!()])
)\s*""",
    re.VERBOSE,
)
_COMPUTED = re.compile(r"[$#]\{(?P<juel>.*)\}|=(?P<feel>[^=].*)", re.DOTALL)
_RETURN = re.compile(r"return\s+(.*?);?", re.DOTALL)
_SIGNS = {"=": "==", "===": "==", "!==": "!=", "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_COMPARING = frozenset({"==", "!=", "<", "<=", ">", ">="})
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_WORDS = {"and": "and", "&&": "and", "or": "or", "||": "or", "not": "not", "!": "not"}


class Untranslatable(Exception):
    """What it holds beyond the comparisons that are understood."""


@dataclass(frozen=True, slots=True)
class Known:
    """Where a variable of the file is a field here: its path (`step.field`), type and choices, and the form it is on."""

    path: str
    type: str
    choices: tuple[str, ...] = ()
    form: str = ""


Variables: TypeAlias = Mapping[str, Known]
_Value: TypeAlias = tuple[str, Known | None]  # text of an operand, and what is known about it


def translate(text: str, variables: Variables, producers: Set[str]) -> str:
    """The condition in our language. Raises Untranslatable with the reason, which completes "it cannot be translated: ..."."""
    text = text.strip()
    if len(text) > LONGEST:
        raise Untranslatable(f"it is longer than {LONGEST} characters")
    if match := _COMPUTED.fullmatch(text):
        text = match["juel"] if match["juel"] is not None else match["feel"]
    elif match := _RETURN.fullmatch(text):
        text = match[1]
    return _Reader(_tokens(text), variables, producers).whole()


def are_opposites(one: str, other: str) -> bool:
    """Do two translated conditions exclude each other and leave nothing between them? Only the plainest cases are seen."""
    if other in (f"not ({one})", f"not {one}") or one in (f"not ({other})", f"not {other}"):
        return True
    first, second = _comparison(one), _comparison(other)
    if first is None or second is None or first[0] != second[0]:
        return False
    if first[2] == second[2]:
        return _OPPOSITE[first[1]] == second[1]
    return first[1] == second[1] == "==" and {first[2], second[2]} == {"true", "false"}


def covers(conditions: list[str], variables: Variables) -> bool:
    """Do comparisons of one field with each of its choices, all different, leave no choice out?"""
    parts = [_comparison(condition) for condition in conditions]
    paths = {part[0] for part in parts if part is not None and part[1] == "=="}
    if None in parts or len(paths) != 1:
        return False
    known = next((known for known in variables.values() if known.path in paths), None)
    values = [part[2] for part in parts if part is not None]
    return known is not None and bool(known.choices) and sorted(values) == sorted(quoted(choice) for choice in known.choices)


def quoted(text: str) -> str:
    """A text as a literal of the expression language."""
    return json.dumps(text, ensure_ascii=False)


_COMPARISON = re.compile(r"([\w.]+) (==|!=|<=|>=|<|>) (\S.*)")


def _comparison(condition: str) -> tuple[str, str, str] | None:
    match = _COMPARISON.fullmatch(condition)
    if match is None or re.search(r"\b(and|or|not)\b", re.sub(r'"[^"]*"', "", condition)):
        return None
    return match[1], match[2], match[3]


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise Untranslatable(f"{text[at : at + 20]!r} is more than a comparison")
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        at = match.end()
    if not tokens:
        raise Untranslatable("it is empty")
    return tokens


class _Reader:
    """A descent over the tokens: or, and, not, comparison, operand."""

    def __init__(self, tokens: list[tuple[str, str]], variables: Variables, producers: Set[str]) -> None:
        self.tokens, self.at = tokens, 0
        self.variables, self.producers = variables, producers

    def whole(self) -> str:
        """The whole condition."""
        text = self._either(0)
        if self.at < len(self.tokens):
            raise Untranslatable(f"{self.tokens[self.at][1][:20]!r} is more than a comparison")
        return text

    def _next(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("", "")

    def _word(self) -> str:
        kind, text = self._next()
        return _WORDS.get(text, "") if kind in {"name", "sign"} else ""

    def _either(self, depth: int) -> str:
        return self._chain("or", self._both, depth)

    def _both(self, depth: int) -> str:
        return self._chain("and", self._one, depth)

    def _chain(self, word: str, part: Callable[[int], str], depth: int) -> str:
        if depth > DEEPEST:
            raise Untranslatable("it is nested too deep")
        parts = [part(depth + 1)]
        while self._word() == word:
            self.at += 1
            parts.append(part(depth + 1))
        return f" {word} ".join(parts)

    def _one(self, depth: int) -> str:
        if depth > DEEPEST:
            raise Untranslatable("it is nested too deep")
        if self._word() == "not":
            self.at += 1
            return _negated(self._one(depth + 1))
        if self._next() == ("sign", "("):
            self.at += 1
            inner = self._either(depth + 1)
            if self._next() != ("sign", ")"):
                raise Untranslatable("a bracket is not closed")
            self.at += 1
            return inner if _is_plain(inner) else f"({inner})"
        return self._compared()

    def _compared(self) -> str:
        left, known = self._operand()
        _, raw = self._next()
        sign = _SIGNS.get(raw, raw)
        if sign not in _COMPARING:
            return _alone(left, known)
        self.at += 1
        right, other = self._operand()
        if sign not in {"==", "!="} and "string" in {known.type if known else "", other.type if other else ""}:
            raise Untranslatable("it asks which of two texts is larger")
        return f"{_fitted(left, other)} {sign} {_fitted(right, known)}"

    def _operand(self) -> _Value:
        kind, text = self._next()
        self.at += 1
        if kind == "number":
            return text, None
        if kind == "text":
            return quoted(text[1:-1]), None
        if kind == "variable":
            return self._variable(re.split(r"[\"']", text)[1])
        if kind == "name" and text not in _WORDS:
            return (text, None) if text in CONSTANTS else self._variable(text)
        raise Untranslatable("it is not a comparison" if not text else f"{text[:20]!r} is more than a comparison")

    def _variable(self, name: str) -> _Value:
        if name in self.variables:
            known = self.variables[name]
            return known.path, known
        if "." in name and name.partition(".")[0] in self.producers:
            return name, next((known for known in self.variables.values() if known.path == name), None)
        raise Untranslatable(f"it reads {name!r}, which no form of this process asks for")


def _is_plain(text: str) -> bool:
    return _comparison(text) is not None or text in CONSTANTS


def _negated(text: str) -> str:
    """`not` of a yes-or-no field reads better as `== false`."""
    if _is_plain(text) and text.endswith(" == true"):
        return f"{text.removesuffix(' == true')} == false"
    return f"not ({text})"


def _alone(text: str, known: Known | None) -> str:
    """A variable on its own is true or false; a constant is itself."""
    if text in {"true", "false"}:
        return text
    if known is None or known.type not in {"boolean", "string"}:
        raise Untranslatable(f"{text[:20]!r} alone is no comparison")
    return f"{text} == true" if known.type == "boolean" else f'{text} == "true"'


def _fitted(text: str, other: Known | None) -> str:
    """A literal as the field it is compared with has it: other tools write "true" for true and "3" for 3."""
    if other is None or not text.startswith('"'):
        if other is not None and other.type == "string" and (text in {"true", "false"} or text[:1].isdigit()):
            return quoted(text)
        return text
    inner = text[1:-1]
    if other.type == "boolean" and inner in {"true", "false"}:
        return inner
    if other.type in {"integer", "number"} and re.fullmatch(r"-?\d+(\.\d+)?", inner):
        return inner
    return text
