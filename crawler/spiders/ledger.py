"""The store as the event loop sees it: every transaction runs in one thread, and a store that is busy is tried again.

One thread, because SQLite has one writer anyway, and so our own transactions never wait for one another (SAFETY F9).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from crawler.errors import BackendUnavailable
from crawler.store import sources
from crawler.store.database import Database

T = TypeVar("T")
PAUSES_S = (1.0, 5.0)
"""Between the tries of a transaction; each try itself waits for a lock (`database.BUSY_TIMEOUT_MS`)."""


class Ledger:
    """Runs functions of a connection in a transaction each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def read(self, work: Callable[[sa.Connection], T]) -> T:
        """What `work` gives in a read transaction. Raises BackendUnavailable when the store stays unusable."""
        return await self._do(lambda: self._in(self._database.read, work))

    async def write(self, work: Callable[[sa.Connection], T]) -> T:
        """What `work` gives in a write transaction; it may run more than once, each time from the start."""
        return await self._do(lambda: self._in(self._database.write, work))

    def close(self) -> None:
        """Wait for the transaction under way and end the thread."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    def _in(transaction: Callable[[], object], work: Callable[[sa.Connection], T]) -> T:
        with transaction() as connection:  # type: ignore[attr-defined]  # both are context managers of a connection
            return work(connection)

    async def _do(self, job: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        for pause_s in PAUSES_S:
            try:
                return await loop.run_in_executor(self._thread, job)
            except BackendUnavailable:
                await asyncio.sleep(pause_s)
        return await loop.run_in_executor(self._thread, job)


class StoredRobots:
    """Keeps copies of robots.txt in the store (`robots.RobotsKeeper`)."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._ledger, self._now = ledger, now

    async def read(self, origin: str, max_age_s: float) -> str | None:
        """The kept file if it is at most so old."""
        not_before = self._now() - timedelta(seconds=max_age_s)
        return await self._ledger.read(lambda connection: sources.read_robots(connection, origin, not_before))

    async def keep(self, origin: str, body: str) -> None:
        """Keep a file that was read now."""
        at = self._now()
        await self._ledger.write(lambda connection: sources.keep_robots(connection, origin, body, at))


class ForgottenRobots:
    """Keeps nothing: for a probe, which has no store (`robots.RobotsKeeper`)."""

    async def read(self, origin: str, max_age_s: float) -> str | None:
        """Nothing is kept."""
        return None

    async def keep(self, origin: str, body: str) -> None:
        """Nothing is kept."""
