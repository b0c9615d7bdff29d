"""What the expression language computes with: exact built-in types, each operation bounded in size and in range."""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

Value: TypeAlias = Any  # None, bool, int, Decimal, str, list or dict of the same; checked by `bounded`, never by isinstance

MAX_TEXT = 10_000
MAX_ITEMS = 1_000
MAX_NUMBER = 10**18
MAX_VALUES = 5_000  # values inside one stored result, shared parts counted every time
MAX_NESTING = 20
_CONTEXT = decimal.Context(prec=34, Emax=99, Emin=-99, traps=[decimal.DivisionByZero, decimal.InvalidOperation, decimal.Overflow])
_WORDS = {
    type(None): "nothing",
    bool: "yes or no",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    str: "a text",
    list: "a list",
    dict: "a group of fields",
}


class ExpressionError(ValueError):
    """The expression cannot be read or worked out. `line` counts from 1 inside its own text."""

    def __init__(self, message: str, line: int | None = None) -> None:
        self.message, self.line = message, line
        super().__init__(message if line is None or line == 1 else f"{message} (line {line})")


class UnknownNameError(ExpressionError):
    """A name or field is not there (yet); `exists` and `coalesce` forgive this and nothing else."""


def word(value: Value) -> str:
    """What a person would call this kind of value."""
    return _WORDS.get(type(value), "a value of another kind")


def bounded(value: Value) -> Value:
    """The value itself if it is of an exact built-in type and within bounds, floats as Decimal; else ExpressionError.

    Exact types only: a subclass could bring its own `__eq__` or `__add__` into the evaluation.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int or kind is float or kind is Decimal:
        return _number_within(value)
    if kind is str:
        if len(value) > MAX_TEXT:
            raise ExpressionError(f"a text is longer than {MAX_TEXT} characters")
        return value
    if kind is list or kind is dict:
        if len(value) > MAX_ITEMS:
            raise ExpressionError(f"a list has more than {MAX_ITEMS} entries")
        return value
    raise ExpressionError(f"a value of type {kind.__name__} cannot be used here")


def _number_within(value: int | float | Decimal) -> int | Decimal:
    if type(value) is int:
        if abs(value) < MAX_NUMBER:
            return value
        raise ExpressionError("a number is too large")
    try:
        number = _CONTEXT.create_decimal(repr(value) if type(value) is float else value)
    except decimal.DecimalException:
        raise ExpressionError("a number is out of range") from None
    if not number.is_finite() or abs(number) >= MAX_NUMBER:
        raise ExpressionError("a number is out of range")
    return number


def is_number(value: Value) -> bool:
    """A number in the language's sense: yes and no are not numbers."""
    return type(value) is int or type(value) is Decimal


def truth(value: Value) -> bool:
    """True or False; anything else, nothing included, is an ExpressionError."""
    if type(value) is bool:
        return value
    raise ExpressionError(f"yes or no is expected, but there is {word(value)}")


def plain(value: Value, _left: list[int] | None = None, _depth: int = 0) -> Value:
    """The value as JSON types, new all the way down: whole Decimals as int, others as float.

    Sizes are counted as written out, so that a list that holds itself twice, twice, twice ... is refused.
    """
    left = [MAX_VALUES] if _left is None else _left
    left[0] -= 1
    if left[0] < 0:
        raise ExpressionError(f"the result holds more than {MAX_VALUES} values")
    if _depth > MAX_NESTING:
        raise ExpressionError("the result is nested too deeply")
    value = bounded(value)
    if type(value) is Decimal:
        return int(value) if value == value.to_integral_value() else float(value)
    if type(value) is list:
        return [plain(item, left, _depth + 1) for item in value]
    if type(value) is dict:
        return {_key(key): plain(item, left, _depth + 1) for key, item in value.items()}
    return value


def _key(key: object) -> str:
    if type(key) is str and len(key) <= MAX_TEXT:
        return key
    raise ExpressionError("a field name has to be a text")


def _arithmetic(symbol: str, compute: Callable[[Any, Any], Any]) -> Callable[[Value, Value], Value]:
    def apply(left: Value, right: Value) -> Value:
        if symbol == "+" and type(left) is str and type(right) is str:
            return bounded(left + right)
        if not (is_number(left) and is_number(right)):
            raise ExpressionError(f"{symbol} does not work with {word(left)} and {word(right)}")
        try:
            if type(left) is int and type(right) is int and symbol != "/":
                return bounded(compute(left, right))  # whole numbers stay whole, so that they can count entries
            return bounded(compute(_CONTEXT.create_decimal(left), _CONTEXT.create_decimal(right)))
        except (decimal.DecimalException, ZeroDivisionError):
            raise ExpressionError(f"{left} {symbol} {right} cannot be computed") from None

    return apply


def _whole_divide(left: Any, right: Any) -> Any:
    """Rounded down, for Decimals as for whole numbers."""
    return left // right if type(left) is int else _CONTEXT.divide(left, right).to_integral_value(decimal.ROUND_FLOOR)


def _remainder(left: Any, right: Any) -> Any:
    return left - right * _whole_divide(left, right)


ADD = _arithmetic("+", operator.add)
SUBTRACT = _arithmetic("-", operator.sub)
MULTIPLY = _arithmetic("*", operator.mul)
DIVIDE = _arithmetic("/", _CONTEXT.divide)
WHOLE_DIVIDE = _arithmetic("//", _whole_divide)
REMAINDER = _arithmetic("%", _remainder)


def equal(left: Value, right: Value) -> bool:
    """Equal and of the same kind: 1 is not yes, "1" is not 1, and 1 is 1.0."""
    if is_number(left) and is_number(right):
        return bool(left == right)
    return type(left) is type(right) and bool(left == right)


def ordering(symbol: str) -> Callable[[Value, Value], bool]:
    """`<`, `<=`, `>` or `>=` between two numbers or two texts."""
    compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[symbol]

    def apply(left: Value, right: Value) -> bool:
        if (is_number(left) and is_number(right)) or (type(left) is str and type(right) is str):
            return bool(compare(left, right))
        raise ExpressionError(f"{symbol} does not work with {word(left)} and {word(right)}")

    return apply


def contains(whole: Value, part: Value) -> bool:
    """Whether a list has the entry, a text the part, a group of fields the field."""
    if type(whole) is list:
        return any(equal(part, bounded(item)) for item in whole)
    if type(whole) is str and type(part) is str:
        return part in whole
    if type(whole) is dict and type(part) is str:
        return part in whole
    raise ExpressionError(f"'in' does not work with {word(part)} and {word(whole)}")


def item_of(whole: Value, key: Value) -> Value:
    """`whole[key]`: an entry of a list by its number from 0, or a field by its name."""
    if type(whole) is dict and type(key) is str:
        if key not in whole:
            raise UnknownNameError(f"there is no field {key!r}")
        return bounded(whole[key])
    if type(whole) is list and type(key) is int:
        if not -len(whole) <= key < len(whole):
            raise UnknownNameError(f"there is no entry {key} in a list of {len(whole)}")
        return bounded(whole[key])
    raise ExpressionError(f"{word(whole)} has no entries that can be taken by {word(key)}")


def field_of(whole: Value, name: str, path: str) -> Value:
    """`whole.name`, a look-up in a group of fields and never an attribute; `path` is how the author wrote it.

    Of a list it is the list of this field of all entries that have it, as in FEEL; lists in a list are taken as one.
    """
    if type(whole) is dict and name in whole:
        return bounded(whole[name])
    if type(whole) is list:
        return bounded(list(islice(_each(whole, name, 0), MAX_ITEMS + 1)))
    raise UnknownNameError(f"{path} is not known here")


def _each(entries: list[Any], name: str, depth: int) -> Iterator[Value]:
    if depth > MAX_NESTING:
        raise ExpressionError("a list is nested too deeply")
    for entry in entries:
        if type(entry) is list:
            yield from _each(entry, name, depth + 1)
        elif type(entry) is dict and name in entry:
            yield bounded(entry[name])


def _count(entries: Value, *wanted: Value) -> Value:
    found = _list(entries)
    return sum(1 for entry in found if equal(entry, wanted[0])) if wanted else len(found)


def _split(text: Value, mark: Value = ",") -> Value:
    if not _text(mark):
        raise ExpressionError("split needs a mark to split at")
    return bounded([part.strip() for part in _text(text).split(mark) if part.strip()])


def _text(value: Value) -> str:
    if type(value) is str:
        return value
    raise ExpressionError(f"a text is expected, but there is {word(value)}")


def _number(value: Value) -> int | Decimal:
    if is_number(value):
        return value  # type: ignore[no-any-return]
    raise ExpressionError(f"a number is expected, but there is {word(value)}")


def _list(value: Value) -> list[Any]:
    if type(value) is list:
        return [bounded(item) for item in value]
    raise ExpressionError(f"a list is expected, but there is {word(value)}")


def _length(value: Value) -> int:
    if type(value) in (str, list, dict):
        return len(value)
    raise ExpressionError(f"{word(value)} has no length")


def _to_number(value: Value) -> Value:
    if type(value) is not str:
        return _number(value)
    try:
        return bounded(_CONTEXT.create_decimal(value.strip()[:40]))
    except decimal.DecimalException:
        raise ExpressionError(f"{value[:40]!r} is not a number") from None


def _round(value: Value, digits: Value = 0) -> Value:
    if type(digits) is not int or not 0 <= digits <= 10:
        raise ExpressionError("round takes a number of digits from 0 to 10")
    return bounded(_CONTEXT.create_decimal(_number(value)).quantize(Decimal(1).scaleb(-digits), decimal.ROUND_HALF_UP, _CONTEXT))


def _sum(values: Value) -> Value:
    total: Value = 0
    for value in _list(values):
        total = ADD(total, value)
    return total


def _extreme(choose: Callable[..., Any]) -> Callable[..., Value]:
    def apply(*values: Value) -> Value:
        numbers = _list(values[0]) if len(values) == 1 and type(values[0]) is list else list(values)
        if not numbers:
            raise ExpressionError("min and max need at least one number")
        return choose(_number(value) for value in numbers)

    return apply


FUNCTIONS: dict[str, tuple[Callable[..., Value], int, int]] = {  # name -> function, fewest and most arguments
    "len": (_length, 1, 1),
    "lower": (lambda value: bounded(_text(value).lower()), 1, 1),
    "upper": (lambda value: bounded(_text(value).upper()), 1, 1),
    "trim": (lambda value: _text(value).strip(), 1, 1),
    "starts": (lambda value, part: _text(value).startswith(_text(part)), 2, 2),
    "ends": (lambda value, part: _text(value).endswith(_text(part)), 2, 2),
    "contains": (contains, 2, 2),
    "number": (_to_number, 1, 1),
    "abs": (lambda value: abs(_number(value)), 1, 1),
    "round": (_round, 1, 2),
    "sum": (_sum, 1, 1),
    "count": (_count, 1, 2),
    "split": (_split, 1, 2),
    "min": (_extreme(min), 1, 10),
    "max": (_extreme(max), 1, 10),
}
