"""The safe expression language of conditions, scripts and decision cells: Python's syntax, none of its powers.

The text is parsed, each node is checked against a short list and becomes a closure. Nothing is handed to the interpreter:
`a.b` is a look-up in a group of fields, only the functions of `expression_values.FUNCTIONS` can be called, there are no loops.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from engine import expression_values as values
from engine.expression_compiler import Closure, Compiler, Do
from engine.expression_values import ExpressionError, UnknownNameError

__all__ = ["Expression", "ExpressionError", "Script", "UnknownNameError", "compile_expression", "compile_script"]

MAX_SOURCE = 2_000
MAX_BRACKETS = 60


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    `names` are the top-level names it reads, `paths` the dotted ones that have to be there when their part is reached
    (`exists` and `coalesce` need nothing to be there), `certain` those of them that are reached in any case.
    """

    source: str
    names: frozenset[str]
    paths: frozenset[str]
    certain: frozenset[str]
    _closure: Closure

    def __call__(self, data: Mapping[str, Any]) -> Any:
        """The value over the case data, as JSON types. Raises ExpressionError (UnknownNameError for an unknown name)."""
        return values.plain(self._closure(data))

    def raw(self, data: Mapping[str, Any]) -> Any:
        """The value as the language holds it (numbers exact), for further computing. Raises ExpressionError."""
        return self._closure(data)

    def truth(self, data: Mapping[str, Any]) -> bool:
        """The value, which has to be true or false. Raises ExpressionError."""
        return values.truth(self._closure(data))


@dataclass(frozen=True, slots=True)
class Script:
    """A compiled script: assignments and `if`. `assigned` are the names it may set, the others as in `Expression`."""

    source: str
    names: frozenset[str]
    paths: frozenset[str]
    certain: frozenset[str]
    assigned: frozenset[str]
    _body: tuple[Do, ...]

    def __call__(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The names that were set and their values, as JSON types; `data` itself is left as it is."""
        scope = dict(data)
        made: dict[str, Any] = {}
        scope_and_made = _Recording(scope, made)
        for do in self._body:
            do(scope_and_made)
        return made


class _Recording(dict[str, Any]):
    """A scope that also notes what was set in it."""

    def __init__(self, scope: dict[str, Any], made: dict[str, Any]) -> None:
        super().__init__(scope)
        self._made = made

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        self._made[name] = value


@lru_cache(maxsize=4_096)
def compile_expression(source: str) -> Expression:
    """Read one expression, e.g. `classify.special == true`. Raises ExpressionError for anything outside the language."""
    compiler = Compiler()
    tree = _parse(source, "eval")
    assert isinstance(tree, ast.Expression)
    closure = compiler.expression(tree.body, 0)
    return Expression(source, frozenset(compiler.names), frozenset(compiler.paths), frozenset(compiler.certain), closure)


@lru_cache(maxsize=1_024)
def compile_script(source: str) -> Script:
    """Read a script of assignments and `if`, e.g. `rate = 1 if classify.priority == "high" else 2`. Raises ExpressionError."""
    compiler = Compiler()
    tree = _parse(source, "exec")
    assert isinstance(tree, ast.Module)
    if not tree.body:
        raise ExpressionError("it is empty")
    body = compiler.statements(tree.body, 0)
    return Script(
        source,
        frozenset(compiler.names),
        frozenset(compiler.paths),
        frozenset(compiler.certain),
        frozenset(compiler.assigned),
        tuple(body),
    )


def _parse(source: str, mode: str) -> ast.AST:
    if not isinstance(source, str) or not source.strip():
        raise ExpressionError("it is empty")
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"it is longer than {MAX_SOURCE} characters")
    if source.lstrip().startswith(("${", "#{", "=")):
        raise ExpressionError("it is written in another tool's language: write it without ${...} or a leading =")
    if sum(map(source.count, "([{")) > MAX_BRACKETS or "\0" in source:
        raise ExpressionError("it has too many brackets")
    try:
        return ast.parse(source.strip(), mode=mode)
    except SyntaxError as error:
        raise ExpressionError(f"it cannot be read near character {error.offset or 1}", error.lineno) from None
    except (ValueError, MemoryError, RecursionError):
        raise ExpressionError("it cannot be read") from None
