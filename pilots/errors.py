"""Why the pilots room said no: one base class, the docstring is the message unless a better sentence is given."""

from __future__ import annotations


class PilotError(Exception):
    """What was asked about the pilot cannot be done."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class BadPlan(PilotError):
    """The pilot plan cannot be used as it is written."""


class BadLog(PilotError):
    """The event log cannot be read as a history of cases."""


class MixedLog(PilotError):
    """This log holds rehearsed and real cases: no verdict is drawn from both."""


class BadPack(PilotError):
    """The evidence pack cannot be made or read."""
