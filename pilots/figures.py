"""Every figure of an assessment by its path, so that report, workbook and verification mean the same number by the same name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Leaf = str | int | float | bool | None
_NAMES = ("id", "step", "number", "post", "monday")


def leaves(document: Any, path: str = "") -> Iterator[tuple[str, Leaf]]:
    """Path and value of every scalar: `criteria[total-48h].share`, `steps[receive].sojourn.mean_s`, `criteria[x].weeks[0][1]`.

    Entries of a list go by their own name where they have one, else by their number. An empty list or mapping is a leaf None.
    """
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from leaves(value, f"{path}[{_name(value, number)}]")
    else:
        yield path, document


def _name(value: Any, number: int) -> str:
    if isinstance(value, Mapping):
        return str(next((value[name] for name in _NAMES if value.get(name) is not None), number))
    return str(number)


def differences(given: Any, recomputed: Any) -> Iterator[str]:
    """One sentence for each figure that is not what it should be, is missing, or is too many; in the order of the document."""
    theirs, ours = dict(leaves(given)), dict(leaves(recomputed))
    for path in [*ours, *(path for path in theirs if path not in ours)]:
        if path not in theirs:
            yield f"{path} is missing, recomputed {ours[path]!r}"
        elif path not in ours:
            yield f"{path} reads {theirs[path]!r}, recomputed nothing"
        elif theirs[path] != ours[path] or type(theirs[path]) is not type(ours[path]):
            yield f"{path} reads {theirs[path]!r}, recomputed {ours[path]!r}"
