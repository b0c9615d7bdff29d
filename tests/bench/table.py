"""One table: what was measured, the ratio, the target beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """One measured ratio or figure. `target` is `(">=", 0.5)`; without one the line only informs."""

    what: str
    value: float
    note: str = ""
    unit: str = "x"
    target: tuple[str, float] | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None when there is none."""
        if self.target is None:
            return None
        sign, wanted = self.target
        return self.value >= wanted if sign == ">=" else self.value <= wanted

    def cells(self) -> tuple[str, str, str, str]:
        """The line as it is printed."""
        value = f"{self.value:,.2f} {self.unit}" if self.value < 100 else f"{self.value:,.0f} {self.unit}"
        target = f"{self.target[0]} {self.target[1]:g} {'ok' if self.met else 'MISSED'}" if self.target else ""
        return self.what, value, target, self.note


def render(lines: Iterable[Line]) -> str:
    """The lines in columns."""
    rows = [("measured", "value", "target", "beside"), *(line.cells() for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        f"{what:<{widths[0]}}  {value:>{widths[1]}}  {target:<{widths[2]}}  {note}".rstrip() for what, value, target, note in rows
    )


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of rounds that were run in turns: what shook the machine shook both."""
    return median(a / b for a, b in zip(above, below, strict=True))
