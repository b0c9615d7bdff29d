"""Passwords: argon2id with the parameters that OWASP asks for, a few at a time, and no hint which logins exist."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 1_024
_AT_ONCE = 2  # each verification holds 19 MiB: a burst of sign-ins must not become a shortage of memory


class Passwords:
    """Hashes and verifies; safe to share between threads."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1_024, parallelism=1)
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._nobody = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """The argon2id hash to store."""
        with self._turn:
            return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one behind `stored`. Without a stored hash it takes just as long and says no."""
        if len(password) > LONGEST:
            return False
        with self._turn:
            try:
                return self._hasher.verify(stored or self._nobody, password) and stored is not None
            except (VerificationError, InvalidHashError):
                return False
