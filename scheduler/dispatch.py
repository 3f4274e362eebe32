"""Threads that take what is due and hand it to a crawl, a batch each. No store, and no clock but for the age of a batch.

An outlet is never in two batches of this process at once; that no other process has it is up to whoever `take`s. Not here: what is
due, and what becomes of it afterwards (`scheduler.crew`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable

import structlog

from crawler.errors import DepeszaError

log = structlog.get_logger("scheduler")
Take = Callable[[frozenset[str]], tuple[str, ...]]
"""Given the outlets under way here, the next batch; () when nothing is to be done."""
STRAGGLING_S = 60.0
"""A batch of this age waits for slow servers more than it works: it makes room for another, so that one outlet which asks for a page
a minute does not hold up all the others."""
ROOM = 2
"""... up to so many times as many batches as `children`."""


class Batch:
    """Outlets that are crawled together."""

    def __init__(self, outlets: tuple[str, ...]) -> None:
        self.outlets, self.stop = outlets, threading.Event()
        self._left, self._begun = frozenset(outlets), time.monotonic()

    @property
    def left(self) -> frozenset[str]:
        """Those that are not done."""
        return self._left

    def done(self, outlets: Iterable[str]) -> None:
        """These are free again while the others are still crawled."""
        self._left -= frozenset(outlets)

    def straggles(self, after_s: float) -> bool:
        """Whether it has lasted so long."""
        return time.monotonic() - self._begun >= after_s


Crawl = Callable[[Batch], None]
"""Crawls a batch; ends soon once its `stop` is set."""


class Dispatcher:
    """Runs `crawl` in threads, `children` at once and more beside stragglers, for as long as `take` gives something to do."""

    def __init__(
        self, take: Take, crawl: Crawl, children: int = 1, *, gather_s: float = 0.5, poll_s: float = 5.0, straggling_s: float = STRAGGLING_S
    ) -> None:  # fmt: skip
        """`gather_s`: slots of several schedules at the same moment arrive within this time and share a batch. `poll_s`: how often
        one looks for what nobody told (`wake`) about."""
        self._take, self._crawl, self._children = take, crawl, children
        self._gather_s, self._poll_s, self._straggling_s = gather_s, poll_s, straggling_s
        self._batches: set[Batch] = set()
        self._taking, self._guard = threading.Lock(), threading.Lock()
        self._news, self._closing = threading.Condition(), threading.Event()
        self._told, self._looks_in_vain = 0, 0
        self._threads = [
            threading.Thread(target=self._work, name=f"crawl-{number}", daemon=True) for number in range(children * ROOM)
        ]

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
            return frozenset(slug for batch in self._batches for slug in batch.left)

    @property
    def looks_in_vain(self) -> int:
        """How often there was nothing to take while nothing was under way."""
        return self._looks_in_vain

    def cut(self, slugs: Collection[str] | None = None) -> None:
        """End the crawls of these outlets, or all: soon, not in order."""
        with self._guard:
            for batch in self._batches:
                if slugs is None or not batch.left.isdisjoint(slugs):
                    batch.stop.set()

    def close(self, timeout_s: float) -> bool:
        """Begin nothing new, end what is under way in order and wait for it; False when it did not end in time."""
        self._closing.set()
        self.wake()
        self.cut()
        until = time.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=max(0.0, until - time.monotonic()))
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

    def _begin(self) -> Batch | None:
        with self._taking:  # one looks at a time: what the first takes is under way when the second looks
            if self._closing.is_set() or not self._has_room():
                return None
            try:
                busy = self.under_way
                outlets = self._take(busy)
            except DepeszaError as error:
                log.warning("what is due cannot be read, will be tried again", reason=str(error))
                return None
            except Exception:  # a look that breaks must not end the thread, or its place is lost for good
                log.exception("what is due cannot be read")
                return None
            with self._guard:
                if not outlets:
                    self._looks_in_vain += not busy
                    return None
                batch = Batch(outlets)
                self._batches.add(batch)
                return batch

    def _has_room(self) -> bool:
        with self._guard:
            return sum(not batch.straggles(self._straggling_s) for batch in self._batches) < self._children

    def _run(self, batch: Batch) -> None:
        if self._closing.is_set():
            batch.stop.set()
        try:
            self._crawl(batch)
        except Exception:
            log.exception("a batch broke", outlets=len(batch.outlets))
        finally:
            with self._guard:
                self._batches.discard(batch)
