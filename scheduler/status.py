"""The state of an installation, read from its store. Nothing is changed and nothing is asked over the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crawler.config import Locations, store_url
from crawler.store import articles, dead_letters, frontier, outbox, runs
from crawler.store import health as health_store
from crawler.store.database import Database
from crawler.store.health import OutletHealth
from crawler.store.runs import Run
from scheduler.lock import service_holder
from scheduler.settings_text import mask_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `depesza status` tells."""

    store: str
    """Address, password masked."""
    articles: int
    waiting_entries: int
    """Entries whose page is still to be fetched."""
    outbox: int
    """Articles that wait to be pushed to the index."""
    outbox_oldest_at: datetime | None
    dead_letters: Mapping[str, int]
    """Stage -> how many."""
    service: str | None
    """Who runs the service now."""
    runs: tuple[Run, ...]
    """The newest first."""
    outlets: tuple[OutletHealth, ...]


def read_status(locations: Locations, database: Database, now: datetime) -> Status:
    """Read it all in one transaction. Raises BackendUnavailable."""
    service = service_holder(database, now)
    with database.read() as connection:
        return Status(
            store=mask_address(store_url(locations)), articles=articles.count_articles(connection),
            waiting_entries=frontier.count_waiting(connection), outbox=outbox.count_outbox(connection),
            outbox_oldest_at=outbox.oldest_in_outbox(connection), dead_letters=dead_letters.count_dead_letters(connection),
            service=service, runs=tuple(runs.list_runs(connection, limit=10)),
            outlets=tuple(health_store.read_health(connection).values()),
        )  # fmt: skip
