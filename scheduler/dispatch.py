"""Threads that take what is due and hand it to a crawl, a batch each. No clock, no store.

An outlet is never in two batches of this process at once; that no other process has it is up to whoever `take`s. Not here: what is
due, and what becomes of it afterwards (`scheduler.crew`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

import structlog

from crawler.errors import DepeszaError

log = structlog.get_logger("scheduler")
Take = Callable[[frozenset[str]], tuple[str, ...]]
"""Given the outlets under way here, the next batch; () when nothing is to be done."""
Crawl = Callable[[tuple[str, ...], threading.Event], None]
"""Crawls a batch; ends soon once the event is set."""


class Dispatcher:
    """Runs `crawl` in `children` threads, for as long as `take` gives something to do."""

    def __init__(self, take: Take, crawl: Crawl, children: int = 1, *, gather_s: float = 0.5, poll_s: float = 5.0) -> None:
        """`gather_s`: slots of several schedules at the same moment arrive within this time and share a batch. `poll_s`: how often
        one looks for what nobody told (`wake`) about."""
        self._take, self._crawl = take, crawl
        self._gather_s, self._poll_s = gather_s, poll_s
        self._batches: dict[tuple[str, ...], threading.Event] = {}
        self._taking, self._guard = threading.Lock(), threading.Lock()
        self._news, self._closing = threading.Condition(), threading.Event()
        self._told, self._looks_in_vain = 0, 0
        self._threads = [threading.Thread(target=self._work, name=f"crawl-{number}", daemon=True) for number in range(children)]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Something became due."""
        with self._news:
            self._told += 1
            self._news.notify_all()

    @property
    def under_way(self) -> frozenset[str]:
        """Outlets being crawled now."""
        with self._guard:
            return frozenset(slug for batch in self._batches for slug in batch)

    @property
    def looks_in_vain(self) -> int:
        """How often there was nothing to take while nothing was under way."""
        return self._looks_in_vain

    def cut(self, slugs: Collection[str] | None = None) -> None:
        """End the crawls of these outlets, or all: soon, not in order."""
        with self._guard:
            for batch, stop in self._batches.items():
                if slugs is None or not set(batch).isdisjoint(slugs):
                    stop.set()

    def close(self, timeout_s: float) -> bool:
        """Begin nothing new, end what is under way in order and wait for it; False when it did not end in time."""
        self._closing.set()
        self.wake()
        self.cut()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=timeout_s / len(self._threads))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        told = -1
        while not self._closing.is_set():
            with self._news:
                known = told
                self._news.wait_for(lambda: self._told != known or self._closing.is_set(), timeout=self._poll_s)  # noqa: B023 - waits here
                told = self._told
            self._closing.wait(self._gather_s)
            while batch := self._begin():
                self._run(batch)

    def _begin(self) -> tuple[str, ...]:
        with self._taking:  # one looks at a time: what the first takes is under way when the second looks
            if self._closing.is_set():
                return ()
            try:
                busy = self.under_way
                batch = self._take(busy)
            except DepeszaError as error:
                log.warning("what is due cannot be read, will be tried again", reason=str(error))
                return ()
            except Exception:  # a look that breaks must not end the thread, or its place is lost for good
                log.exception("what is due cannot be read")
                return ()
            with self._guard:
                if batch:
                    self._batches[batch] = threading.Event()
                elif not busy:
                    self._looks_in_vain += 1
            return batch

    def _run(self, batch: tuple[str, ...]) -> None:
        stop = self._batches[batch]
        if self._closing.is_set():
            stop.set()
        try:
            self._crawl(batch, stop)
        except Exception:
            log.exception("a batch broke", outlets=len(batch))
        finally:
            with self._guard:
                del self._batches[batch]
