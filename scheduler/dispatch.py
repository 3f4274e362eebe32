"""What is due waits here until a child is free; then everything that waits goes into one batch. No clock, no store.

An outlet is never in two batches at once: a slot that comes while its outlet is under way is left out, and one that waits
already is not counted twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import structlog

log = structlog.get_logger("scheduler")


class Dispatcher:
    """Hands due outlets to `crawl`, which runs in one of `children` threads."""

    def __init__(self, crawl: Callable[[tuple[str, ...]], None], children: int = 1, gather_s: float = 0.5) -> None:
        """`gather_s`: slots of several schedules at the same moment arrive within this time and share a batch."""
        self._crawl = crawl
        self._gather_s = gather_s
        self._due: set[str] = set()
        self._under_way: set[str] = set()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"crawl-{number}", daemon=True) for number in range(children)]
        for thread in self._threads:
            thread.start()

    def add(self, slugs: Iterable[str]) -> tuple[str, ...]:
        """These outlets are due now. Returns those left out because their last crawl is still under way."""
        with self._changed:
            wanted = set(slugs)
            late = wanted & self._under_way
            self._due |= wanted - late
            self._changed.notify()
            return tuple(sorted(late))

    @property
    def under_way(self) -> tuple[str, ...]:
        """Outlets being crawled now."""
        with self._changed:
            return tuple(sorted(self._under_way))

    def is_idle(self) -> bool:
        """Whether nothing is due and nothing under way."""
        with self._changed:
            return not self._due and not self._under_way

    def close(self, timeout_s: float) -> bool:
        """Begin nothing new and wait for what is under way; False when it did not end in time."""
        self._closing.set()
        with self._changed:
            self._due.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=timeout_s / len(self._threads))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while not self._closing.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._due or self._closing.is_set())
            self._closing.wait(self._gather_s)
            if batch := self._take():
                try:
                    self._crawl(batch)
                except Exception:  # one batch that breaks must not end the thread, or its place is lost for good
                    log.exception("a batch broke", outlets=len(batch))
                finally:
                    with self._changed:
                        self._under_way -= set(batch)
                        self._changed.notify_all()

    def _take(self) -> tuple[str, ...]:
        with self._changed:
            batch = set() if self._closing.is_set() else self._due - self._under_way
            self._due -= batch
            self._under_way |= batch
            return tuple(sorted(batch))
