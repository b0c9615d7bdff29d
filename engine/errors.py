"""Why the engine said no: one base class, the docstring is the message unless a better sentence is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bpmn import Finding


class EngineError(Exception):
    """The engine could not do what was asked."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class NotFound(EngineError):
    """There is no such thing here."""


class NotYours(EngineError):
    """This belongs to somebody else."""


class WrongState(EngineError):
    """Someone was faster: this is no longer in the state you saw."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, for whoever says it in another language: a `key` of `forms.SENTENCES` and its parameters."""

    field: str
    key: str
    params: Mapping[str, str]


class BadInput(EngineError):
    """What was entered cannot be taken. `fields` has one sentence for each field that is wrong, by its name.

    `problems` say the same as values, where there is a translation for them.
    """

    def __init__(
        self, message: str | None = None, fields: Mapping[str, str] | None = None, problems: Sequence[Problem] = ()
    ) -> None:
        self.fields = dict(fields or {})
        self.problems = tuple(problems)
        super().__init__(message or "; ".join(f"{name}: {text}" for name, text in self.fields.items()) or None)


class Refused(EngineError):
    """The model cannot be run as it is drawn. `findings` name each element, line and what to do."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(map(str, findings)) or None)


class CannotGoOn(EngineError):
    """The case cannot go on from here: nothing was changed, and the reason becomes an incident."""


class CalendarMissing(EngineError):
    """A date lies outside the years that the working calendar covers."""
