"""`depesza worker`: crawls what a service on the same PostgreSQL store makes due, on as many machines as one likes.

It fires no slots, pushes nothing and sends nothing: that is the leading service's (`scheduler.service`). Not here: claiming and
crawling (`scheduler.crew`).
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import structlog

from crawler.config import Locations, store_url
from crawler.errors import ConfigError
from crawler.settings import parse_duration
from crawler.store.database import open_database, read_address
from indexer.config import indexer_settings
from scheduler.crawling import check_clock
from scheduler.crew import Crew
from scheduler.notify import Notifier
from scheduler.reload import PlanFile

log = structlog.get_logger("scheduler")
STEP_S = 0.5
LOOK_AT_FILES_S = 10.0


class Worker:
    """The running worker. `run` returns when `stop` was called, or with `once` when nothing waits any more."""

    def __init__(self, locations: Locations, *, children: int | None = None, once: bool = False, verbose: bool = False) -> None:
        """Raises ConfigError for settings that do not suit several machines, before anything starts."""
        check_clock(datetime.now(UTC))
        if read_address(store_url(locations)).get_backend_name() == "sqlite":
            raise ConfigError(
                "a SQLite store is for one machine and one `depesza run`, which crawls by itself: for workers set [store] url to a "
                'PostgreSQL database ("postgresql://user@host/name") on every machine'
            )
        if indexer_settings(locations).engine == "embedded":
            raise ConfigError(
                "the embedded search engine lives in the data folder of one machine and cannot be shared by workers: set [indexer] "
                'engine = "elasticsearch" and its url on every machine'
            )
        self._locations, self._verbose, self._once, self._children = locations, verbose, once, children
        self._file = PlanFile(locations)
        self._notifier = Notifier()
        self._stopping, self._reload_wanted = threading.Event(), threading.Event()
        self.crawled: frozenset[str] = frozenset()
        """Outlets that were crawled here, once the worker has ended."""
        self.failed: frozenset[str] = frozenset()
        """Those whose last crawl here failed."""

    def stop(self) -> None:
        """End in order: what is under way may finish its pages, what is left is due for others."""
        self._stopping.set()

    def reload(self) -> None:
        """Read the catalogue again."""
        self._reload_wanted.set()

    def run(self) -> None:
        """Work. Raises BackendUnavailable when the store is not to be had at the start."""
        database = open_database(store_url(self._locations))
        try:
            crew = Crew(database, "worker", lambda: self._file.plan, verbose=self._verbose, children=self._children)
            crew.start()
            log.info("worker started", owner=crew.owner, children=crew.children, service=crew.pulse.leader)
            if crew.pulse.leader is None:
                log.warning("no service leads on this store: nothing becomes due until a `depesza run` is started")
            self._notifier.ready(self._status(crew))
            try:
                self._work(crew)
            finally:
                self._notifier.stopping()
                log.info("worker stopping", under_way=len(crew.under_way))
                crew.stop(parse_duration(self._file.plan.settings.stop_within))
                self.crawled, self.failed = frozenset(crew.crawled), frozenset(crew.failed)
                log.info("worker stopped")
        finally:
            database.close()

    def _work(self, crew: Crew) -> None:
        """Look around until the end; this thread waits for no store."""
        looked_at = alive_at = time.monotonic()
        crew.wake()
        while not self._stopping.wait(STEP_S):
            crew.look()
            now = time.monotonic()
            if now - looked_at >= LOOK_AT_FILES_S or self._reload_wanted.is_set():
                looked_at = now
                self._look_at_files(crew)
            every_s = self._notifier.watchdog_s
            if every_s is not None and now - alive_at >= every_s / 4 and crew.heart.is_sure:
                alive_at = now
                self._notifier.alive()
            if self._once and crew.looks_in_vain:
                return

    def _look_at_files(self, crew: Crew) -> None:
        if self._reload_wanted.is_set() or self._file.has_changed():
            self._reload_wanted.clear()
            self._notifier.reloading()
            self._file.read_again()
            self._notifier.ready(self._status(crew))
        self._notifier.status(self._status(crew))

    def _status(self, crew: Crew) -> str:
        return f"{len(crew.under_way)} outlets being crawled; {crew.pulse.leader or 'nobody'} leads"
