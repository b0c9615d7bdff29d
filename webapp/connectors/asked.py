"""What a connector is, and the three ways in which it may fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Connector(Protocol):
    """A way to another system. Called outside any transaction, in a thread of the worker."""

    def ask(self, key: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Do the work and give the answer. `key` is the same at every attempt: whoever gets it twice has to do it once.

        Raises TryAgain, NoUse or BusinessError; anything else counts as TryAgain. Ends within its time limit.
        """
        ...


class TryAgain(Exception):
    """It did not work this time; the message says why, without anything that was entered or answered."""


class NoUse(Exception):
    """It will not work the next time either: somebody has to look after it."""


class BusinessError(Exception):
    """The work was done and its result is an error that the model knows by this code."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"the error {code!r}")
