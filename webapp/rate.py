"""How often one address may ask: a bucket of tokens for each, kept in this process alone."""

from __future__ import annotations

import threading
from datetime import datetime

_MOST_ADDRESSES = 10_000


class Rate:
    """`per_minute` requests an address may make in a row; then one as each share of a minute passes."""

    def __init__(self, per_minute: int) -> None:
        self._capacity = float(per_minute)
        self._buckets: dict[str, tuple[float, datetime]] = {}
        self._lock = threading.Lock()

    def allows(self, address: str, now: datetime) -> bool:
        """Take one token of `address` at `now`; False when there is none left."""
        with self._lock:
            left, since = self._buckets.get(address, (self._capacity, now))
            passed = max(0.0, (now - since).total_seconds())
            left = min(self._capacity, left + passed * self._capacity / 60)
            allowed = left >= 1
            self._buckets.pop(address, None)  # last in the dict is last seen: the oldest is dropped first
            self._buckets[address] = (left - 1 if allowed else left, now)
            if len(self._buckets) > _MOST_ADDRESSES:
                del self._buckets[next(iter(self._buckets))]
            return allowed
