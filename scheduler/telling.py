"""Outlets that are done while their crawl goes on are handed on at once: a slow outlet must not hold up the others of its batch.

Handing on means the store, which may be slow or away, so it has a thread of its own: neither the child's lines nor a stop wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import structlog

from crawler.errors import BackendUnavailable
from crawler.model.run import OutletReport

GATHER_S = 1.0
"""Outlets that end within this time share their transactions; a crawl that ends within it has them all at its end."""
log = structlog.get_logger("scheduler")


class Teller:
    """Hands on until `close`."""

    def __init__(self, hand_on: Callable[[Sequence[OutletReport]], None], gather_s: float = GATHER_S) -> None:
        self._hand_on, self._gather_s = hand_on, gather_s
        self._waiting: list[OutletReport] = []
        self._guard, self._closing = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="outlets-done", daemon=True)
        self._thread.start()

    def add(self, report: OutletReport) -> None:
        """One is done."""
        with self._guard:
            self._waiting.append(report)

    def close(self) -> None:
        """Wait for what is being handed on. What still waits is not: the crawl is over and tells of it itself."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(self._gather_s):
            with self._guard:
                reports, self._waiting = self._waiting, []
            if not reports:
                continue
            try:
                self._hand_on(reports)
            except BackendUnavailable as error:
                log.warning("outlets that are done wait for the end of their crawl", outlets=len(reports), reason=str(error))
            except Exception:
                log.exception("outlets that are done wait for the end of their crawl", outlets=len(reports))
