"""Whether a text is in the expression language, and what it reads; the language is Python's grammar, a small part of it."""

from __future__ import annotations

import ast
from collections.abc import Sequence, Set
from functools import lru_cache

FUNCTIONS = frozenset(
    {"len", "lower", "upper", "trim", "starts", "ends", "contains", "number", "abs", "round", "sum", "min", "max"}
    | {"count", "split"}
) | {"exists", "defined", "coalesce"}
"""The functions of the expression language; a test compares them with the engine's own list."""

CONSTANTS = frozenset({"true", "false", "null"})


def is_foreign(text: str) -> bool:
    """Is a condition marked as one of another tool's language?"""
    return text.lstrip().startswith(("${", "#{", "="))


def is_ours(text: str, producers: Set[str]) -> bool:
    """Does a condition read as our own language, and only what steps of this process produce?"""
    names = names_read(text, "eval")
    return names is not None and names <= producers


@lru_cache(maxsize=4_096)
def names_read(text: str, mode: str) -> frozenset[str] | None:
    """The names an expression (`eval`) or script (`exec`) reads before it has surely set them; None when it is none of ours."""
    if len(text) > 2_000 or is_foreign(text) or "\0" in text or sum(map(text.count, "([{")) > 60:
        return None
    try:
        tree = ast.parse(text.strip(), mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    nodes = list(ast.walk(tree))
    if not all(isinstance(node, _LANGUAGE) and _is_allowed(node) for node in nodes):
        return None
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    body = tree.body if isinstance(tree, ast.Module) else [tree]
    return frozenset(_read_unset(body, set()) - called - CONSTANTS)


def _read_unset(statements: Sequence[ast.AST], known: set[str]) -> set[str]:
    """The names read by statements in turn before they are set; what is set for certain is added to `known`."""
    read: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.If):
            read |= _loaded(statement.test) - known
            then, otherwise = set(known), set(known)
            read |= _read_unset(statement.body, then) | _read_unset(statement.orelse, otherwise)
            known |= then & otherwise
        else:
            read |= _loaded(statement) - known
            known |= {name.id for name in ast.walk(statement) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
    return read


def _loaded(tree: ast.AST) -> set[str]:
    return {name.id for name in ast.walk(tree) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)}


def _is_allowed(node: ast.AST) -> bool:
    """Only the functions of the language are called, and no name that Python keeps for itself is used."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS and not node.keywords
    return not (isinstance(node, ast.Name) and node.id.startswith("__"))


_LANGUAGE = (
    *(ast.Expression, ast.Module, ast.Assign, ast.If, ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.List, ast.Tuple),
    *(ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.IfExp, ast.Call, ast.expr_context),
    *(ast.And, ast.Or, ast.Not, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.In, ast.NotIn),
)
