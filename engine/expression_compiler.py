"""From syntax tree to closures: the short list of what an expression or a script may say."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from engine import expression_values as values
from engine.expression_values import ExpressionError, UnknownNameError

MAX_NODES = 200
MAX_DEPTH = 25
WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}

Scope: TypeAlias = Mapping[str, Any]
Closure: TypeAlias = Callable[[Scope], Any]
Do: TypeAlias = Callable[[dict[str, Any]], None]

_BINARY: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: values.ADD,
    ast.Sub: values.SUBTRACT,
    ast.Mult: values.MULTIPLY,
    ast.Div: values.DIVIDE,
    ast.FloorDiv: values.WHOLE_DIVIDE,
    ast.Mod: values.REMAINDER,
}
_COMPARE: Mapping[type, Callable[[Any, Any], bool]] = {
    ast.Lt: values.ordering("<"),
    ast.LtE: values.ordering("<="),
    ast.Gt: values.ordering(">"),
    ast.GtE: values.ordering(">="),
    ast.Eq: values.equal,
    ast.NotEq: lambda left, right: not values.equal(left, right),
    ast.In: lambda left, right: values.contains(right, left),
    ast.NotIn: lambda left, right: not values.contains(right, left),
}


class Compiler:
    """One walk over one syntax tree; collects the names on the way."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.paths: set[str] = set()
        self.certain: set[str] = set()
        self.assigned: set[str] = set()
        self._nodes = 0
        self._forgiving = 0
        self._sometimes = 0

    def expression(self, node: ast.expr, depth: int) -> Closure:
        """The closure of any expression node; ExpressionError for a node outside the language."""
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ExpressionError("it is too complex: split it over several steps", node.lineno)
        compile_node = self._EXPRESSIONS.get(type(node))
        if compile_node is None:
            raise ExpressionError(f"{_kind(node)} is not part of the language", node.lineno)
        return compile_node(self, node, depth + 1)

    def _constant(self, node: ast.Constant, _depth: int) -> Closure:
        if type(node.value) not in (bool, int, float, str, type(None)):
            raise ExpressionError("this kind of constant is not part of the language", node.lineno)
        value = values.bounded(node.value)
        return lambda scope: value

    def _name(self, node: ast.Name, _depth: int) -> Closure:
        name = _checked(node.id, node)
        if name in WORDS:
            value = WORDS[name]
            return lambda scope: value
        self.names.add(name)
        self._note(name)

        def look_up(scope: Scope) -> Any:
            if name not in scope:
                raise UnknownNameError(f"{name} is not known here")
            return values.bounded(scope[name])

        return look_up

    def _attribute(self, node: ast.Attribute, depth: int) -> Closure:
        whole, name = self.expression(node.value, depth), _checked(node.attr, node)
        path = ast.unparse(node)
        if _is_path(node):
            self._note(path, shorter=ast.unparse(node.value))
        return lambda scope: values.field_of(whole(scope), name, path)

    def _note(self, path: str, shorter: str | None = None) -> None:
        """Remember what has to be there: in any case, or at least when its part of the expression is reached."""
        if self._forgiving:
            return
        self.paths.add(path)
        self.paths.discard(shorter or "")
        if not self._sometimes:
            self.certain.add(path)
            self.certain.discard(shorter or "")

    def _perhaps(self, nodes: Sequence[ast.expr], depth: int) -> list[Closure]:
        """Expressions that are reached only if what stands before them says so."""
        self._sometimes += 1
        closures = [self.expression(node, depth) for node in nodes]
        self._sometimes -= 1
        return closures

    def _subscript(self, node: ast.Subscript, depth: int) -> Closure:
        whole, key = self.expression(node.value, depth), self.expression(node.slice, depth)
        return lambda scope: values.item_of(whole(scope), key(scope))

    def _list(self, node: ast.List | ast.Tuple, depth: int) -> Closure:
        items = [self.expression(item, depth) for item in node.elts]
        return lambda scope: [item(scope) for item in items]

    def _boolean(self, node: ast.BoolOp, depth: int) -> Closure:
        parts = [self.expression(node.values[0], depth), *self._perhaps(node.values[1:], depth)]
        if isinstance(node.op, ast.And):
            return lambda scope: all(values.truth(part(scope)) for part in parts)
        return lambda scope: any(values.truth(part(scope)) for part in parts)

    def _unary(self, node: ast.UnaryOp, depth: int) -> Closure:
        part = self.expression(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return lambda scope: not values.truth(part(scope))
        if isinstance(node.op, ast.USub):
            return lambda scope: values.SUBTRACT(0, part(scope))
        raise ExpressionError(f"{_kind(node.op)} is not part of the language", node.lineno)

    def _binary(self, node: ast.BinOp, depth: int) -> Closure:
        apply = _BINARY.get(type(node.op))
        if apply is None:
            raise ExpressionError(f"{_kind(node.op)} is not part of the language", node.lineno)
        left, right = self.expression(node.left, depth), self.expression(node.right, depth)
        return lambda scope: apply(left(scope), right(scope))

    def _compare(self, node: ast.Compare, depth: int) -> Closure:
        first = self.expression(node.left, depth)
        rest: list[tuple[Callable[[Any, Any], bool], Closure]] = []
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            if type(op) not in _COMPARE:
                raise ExpressionError("compare with == instead of is", node.lineno)
            rest.append((_COMPARE[type(op)], self.expression(comparator, depth)))

        def compare(scope: Scope) -> bool:
            left = first(scope)
            for apply, closure in rest:
                right = closure(scope)
                if not apply(left, right):
                    return False
                left = right
            return True

        return compare

    def _choice(self, node: ast.IfExp, depth: int) -> Closure:
        test = self.expression(node.test, depth)
        yes, no = self._perhaps([node.body, node.orelse], depth)
        return lambda scope: yes(scope) if values.truth(test(scope)) else no(scope)

    def _call(self, node: ast.Call, depth: int) -> Closure:
        if not isinstance(node.func, ast.Name) or node.keywords:
            raise ExpressionError("only the functions of the language can be called, with plain arguments", node.lineno)
        name = node.func.id
        if name in _FORGIVING:
            return self._forgiving_call(name, node, depth)
        if name not in values.FUNCTIONS:
            raise ExpressionError(f"{name[:40]} is not a function of the language", node.lineno)
        function, fewest, most = values.FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            raise ExpressionError(f"{name} takes {fewest if fewest == most else f'{fewest} to {most}'} arguments", node.lineno)
        arguments = [self.expression(argument, depth) for argument in node.args]
        return lambda scope: values.bounded(function(*(argument(scope) for argument in arguments)))

    def _forgiving_call(self, name: str, node: ast.Call, depth: int) -> Closure:
        fewest, most = _FORGIVING[name]
        if not fewest <= len(node.args) <= most:
            raise ExpressionError(f"{name} takes {fewest if fewest == most else f'{fewest} to {most}'} arguments", node.lineno)
        self._forgiving += 1
        arguments = [self.expression(argument, depth) for argument in node.args]
        self._forgiving -= 1
        if name == "coalesce":
            return lambda scope: next((value for value in (_or_none(a, scope) for a in arguments) if value is not None), None)
        return lambda scope: _or_none(arguments[0], scope) is not None

    def statements(self, nodes: Sequence[ast.stmt], depth: int) -> list[Do]:
        """The closures of a block of statements; ExpressionError for a statement outside the language."""
        return [self._statement(node, depth + 1) for node in nodes]

    def _statement(self, node: ast.stmt, depth: int) -> Do:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise ExpressionError("it is too complex: split it over several steps", node.lineno)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            return self._assignment(node.targets[0], node.value, depth)
        if isinstance(node, ast.If):
            return self._if(node, depth)
        if isinstance(node, ast.Pass):
            return lambda scope: None
        raise ExpressionError(f"{_kind(node)} is not part of the language", node.lineno)

    def _assignment(self, target: ast.Name, value_node: ast.expr, depth: int) -> Do:
        name, value = _checked(target.id, target), self.expression(value_node, depth)
        if name in WORDS:
            raise ExpressionError(f"{name} cannot be given another value", target.lineno)
        self.assigned.add(name)

        def assign(scope: dict[str, Any]) -> None:
            scope[name] = values.plain(value(scope))

        return assign

    def _if(self, node: ast.If, depth: int) -> Do:
        test = self.expression(node.test, depth)
        self._sometimes += 1
        yes, no = self.statements(node.body, depth), self.statements(node.orelse, depth)
        self._sometimes -= 1

        def choose(scope: dict[str, Any]) -> None:
            for do in yes if values.truth(test(scope)) else no:
                do(scope)

        return choose

    _EXPRESSIONS: ClassVar[Mapping[type, Callable[[Compiler, Any, int], Closure]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _attribute,
        ast.Subscript: _subscript,
        ast.List: _list,
        ast.Tuple: _list,
        ast.BoolOp: _boolean,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.Compare: _compare,
        ast.IfExp: _choice,
        ast.Call: _call,
    }


_FORGIVING: Mapping[str, tuple[int, int]] = {"exists": (1, 1), "defined": (1, 1), "coalesce": (1, 10)}


def _or_none(closure: Closure, scope: Scope) -> Any:
    try:
        return closure(scope)
    except UnknownNameError:
        return None


def _checked(name: str, node: ast.expr) -> str:
    if name.startswith("__"):
        raise ExpressionError(f"{name[:40]} is not a name of the language", node.lineno)
    return name


def _is_path(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


_KINDS: Mapping[str, str] = {
    "Expr": "a line that sets nothing",
    "Import": "import",
    "ImportFrom": "import",
    "Pow": "**",
    "Lambda": "a function of one's own",
    "FunctionDef": "a function of one's own",
    "While": "a loop",
    "For": "a loop",
    "ListComp": "a loop",
    "SetComp": "a loop",
    "DictComp": "a loop",
    "GeneratorExp": "a loop",
    "JoinedStr": "a text with placeholders",
    "Slice": "a part of a list",
    "Assign": "setting anything but one plain name",
}


def _kind(node: ast.AST) -> str:
    name = type(node).__name__
    return _KINDS.get(name, f"this ({name})")
