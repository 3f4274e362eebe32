"""Keeping the store at its size: what is past its time goes, in small transactions with pauses between, so that crawls never wait long.

What goes and after how long is `[store]` of the configuration; what is never dropped is said in `crawler.store.retention`. SQLite
reuses the room of dropped rows and does not give it back: the file stays as large as it was at its largest.
Not here: when it happens (`scheduler.service`, `depesza tidy`).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crawler.config import Locations, StoreSettings, store_settings
from crawler.settings import parse_duration
from crawler.store import processes, runs
from crawler.store.database import Database
from crawler.store.retention import BATCH, Forgotten, forget

PAUSE_S = 0.05
"""Between two transactions: SQLite's writers do not queue, they try again and again, and this is when one of them gets its turn."""
MOST_BATCHES = 400
"""Of one kind in one go: 200,000 rows. What is left goes ten minutes later."""
_ROBOTS_KEPT, _LEASES_KEPT = timedelta(days=7), timedelta(days=1)
"""A robots.txt counts for a day at most (RFC 9309); a lease that ended is a name and a time."""
_PLANS_KEPT = timedelta(days=1)
"""A plan of a crawl holds the store's password. It goes with its crawl, unless whoever started that was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyReport:
    """What went."""

    dropped: Mapping[str, int] = field(default_factory=dict)
    """Kind of row (`Forgotten`, "processes", "plans") -> how many; kinds of which nothing went are left out."""
    died: int = 0
    """Runs whose heartbeat had stopped: they are closed."""
    unfinished: bool = False
    """There is more to drop; the next call goes on."""


def tidy(locations: Locations, database: Database, now: datetime, *, pause: Callable[[float], object] = time.sleep) -> TidyReport:
    """Drop what is past its time, close runs whose heartbeat stopped. Safe beside crawls and other processes that tidy.

    Raises BackendUnavailable when the store cannot be used; what was dropped before stays dropped.
    """
    with database.write() as connection:
        died = runs.expire_runs(connection, now)
        gone = processes.prune(connection, now)
    dropped: dict[str, int] = {"processes": gone}
    unfinished = False
    for what, kept in kept_for(store_settings(locations)).items():
        dropped[what.value], more = _forget_all(database, what, now - kept, pause)
        unfinished |= more
    dropped["plans"] = _drop_plans(locations, now)
    return TidyReport(dropped={name: count for name, count in dropped.items() if count}, died=died, unfinished=unfinished)


def kept_for(settings: StoreSettings) -> dict[Forgotten, timedelta]:
    """How long each kind of row is kept."""
    set_by_user = {
        Forgotten.PAGES: settings.keep_pages, Forgotten.RUNS: settings.keep_runs, Forgotten.LETTERS: settings.keep_letters,
        Forgotten.HOURS: settings.keep_hours, Forgotten.INCIDENTS: settings.keep_incidents,
    }  # fmt: skip
    kept = {what: timedelta(seconds=parse_duration(text)) for what, text in set_by_user.items()}
    return kept | {Forgotten.ROBOTS: _ROBOTS_KEPT, Forgotten.LEASES: _LEASES_KEPT}


def _forget_all(database: Database, what: Forgotten, before: datetime, pause: Callable[[float], object]) -> tuple[int, bool]:
    """(rows dropped, whether there are more)."""
    dropped = 0
    for _ in range(MOST_BATCHES):
        with database.write() as connection:
            count = forget(connection, what, before)
        dropped += count
        if count < BATCH:
            return dropped, False
        pause(PAUSE_S)
    return dropped, True


def _drop_plans(locations: Locations, now: datetime) -> int:
    """Plans of crawls whose parent was killed before it could remove them."""
    count = 0
    for path in locations.runs_dir.glob("*.plan.json"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < (now - _PLANS_KEPT).timestamp():
                path.unlink()
                count += 1
    return count
