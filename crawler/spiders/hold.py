"""How long this run may ask its outlets: as long as its leases surely last, whatever becomes of store, network or machine.

A run that cannot reach the store learns from nobody that its leases have passed to another run, and one that stood still (SIGSTOP, a
suspended machine) learns it too late. So it watches its own clock: with the last heartbeat that the store took too long ago, nothing
more is asked. Pure but for the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from crawler.errors import BackendUnavailable

BEATS = 6
"""Heartbeats a lease: five may fail."""
RESERVE = 1 / 3
"""The share of a lease that is not used: what is under way ends in it (with two minutes a request's 30 s and the delay before it)."""

NO_HEARTBEAT = "no heartbeat reached the store for too long: another run may hold these outlets by now"


def seconds() -> float:
    """A clock that nobody sets and that goes on while the machine sleeps, where there is such a one (Linux)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Hold:
    """The time for which this run is sure of its leases."""

    def __init__(self, lease_s: float, clock: Callable[[], float] = seconds) -> None:
        """`lease_s`: how long a lease lasts from its last heartbeat."""
        self._lease_s, self._clock = lease_s, clock
        self._until: float | None = None

    @property
    def beat_s(self) -> float:
        """Seconds from one heartbeat to the next."""
        return self._lease_s / BEATS

    def asking(self) -> float:
        """The moment before the store is asked for the leases or told a heartbeat; for `renew`."""
        return self._clock()

    def renew(self, asked_at: float) -> None:
        """The store took what was sent after `asked_at`."""
        self._until = asked_at + self._lease_s * (1 - RESERVE)

    def end(self) -> None:
        """The leases are lost."""
        self._until = None

    def left_s(self) -> float:
        """Seconds until nothing may be asked any more; 0 when it is so."""
        return 0.0 if self._until is None else max(0.0, self._until - self._clock())

    def check(self) -> None:
        """Called before every request. Raises BackendUnavailable when the leases may have passed to another run."""
        if not self.left_s():
            raise BackendUnavailable(NO_HEARTBEAT)
