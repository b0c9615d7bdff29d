"""What is wrong with a file: findings as values, and the one exception that carries them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a file says that it should not, or does not say that it should.

    `rule` is a stable id in kebab-case, `message` a sentence for the author that says what is wrong and what to do;
    `element` is the id in the file, `name` its label, `line` counted from 1.
    """

    rule: str
    message: str
    element: str | None = None
    name: str | None = None
    line: int | None = None
    severity: Severity = "error"
    file: str | None = None

    def __str__(self) -> str:
        where = [part for part in (self.file, f"line {self.line}" if self.line else None) if part]
        what = f"{self.element!r}" if self.element else ""
        label = f" ({self.name})" if self.name and self.name != self.element else ""
        head = ", ".join(where)
        return f"{head + ': ' if head else ''}{what + label + ': ' if what else ''}{self.message}"


class BadModel(Exception):
    """The file cannot be taken as it is; `findings` say why, worst first."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(str(finding) for finding in self.findings) or self.__doc__)
