"""A figure that takes long to count and changes slowly: whoever asks gets the last one at once, and at most a hundredth of the time is
spent on counting. Not here: what is counted (`desk`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from crawler.errors import DepeszaError

T = TypeVar("T")
SHORT_S = 0.1
"""What was counted in less is counted anew while the asker waits."""
SHARE = 0.01
"""Of the time, for counting."""


class KeptFigures(Generic[T]):
    """`read` is called by one thread at a time. The first who asks waits for it, and whoever comes meanwhile."""

    def __init__(self, read: Callable[[], T], kept_s: float) -> None:
        self._read, self._least_s = read, kept_s
        self._lock = threading.Lock()
        self._value: T | None = None
        self._took_s, self._at = 0.0, float("-inf")
        self._counting: threading.Thread | None = None

    def get(self) -> T:
        """At most `kept_s` old where counting is quick, else as old as SHARE asks, and what one counting takes. Raises what the first
        reading raises; when a later one fails, the figures stay as they were, and it is tried again in time."""
        with self._lock:
            value = self._value
            if value is None or (self._is_old() and self._took_s < SHORT_S):
                self._value = value = self._count()
            elif self._is_old() and self._counting is None:
                self._counting = threading.Thread(target=self._count_beside, name="counting", daemon=True)
                self._counting.start()
            return value

    def close(self) -> None:
        """Wait for a counting that is under way: the store may be closed then."""
        counting = self._counting
        if counting is not None:
            counting.join()

    def _is_old(self) -> bool:
        return time.monotonic() - self._at > max(self._least_s, self._took_s / SHARE)

    def _count(self) -> T:
        began = time.monotonic()
        value = self._read()
        self._at = time.monotonic()
        self._took_s = self._at - began
        return value

    def _count_beside(self) -> None:
        try:
            self._value = self._count()
        except DepeszaError:
            self._at = time.monotonic()
        finally:
            self._counting = None
