"""The state of an installation in figures, read in one transaction: for `depesza status`, the API's health and the metrics.

Bounded: nothing here reads articles one by one. Not here: whether somebody is needed (`indexer.overview`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from crawler.store import articles, dead_letters, frontier, health, incidents, outbox, processes
from crawler.store.health import OutletHealth
from crawler.store.incidents import Incident
from crawler.store.processes import Process
from crawler.store.schema import delivery, outlet, outlet_hour, outlet_turn, run

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Times are aware, UTC; "of the day" means the last 24 hours."""

    now: datetime
    articles: int
    waiting_entries: int
    """Entries whose page is still to be fetched."""
    outbox: int
    """Articles that wait to be pushed to the index."""
    outbox_oldest_at: datetime | None
    dead_letters: Mapping[str, int]
    """Stage -> how many."""
    processes: tuple[Process, ...]
    """Services and workers that live."""
    outlets: tuple[OutletHealth, ...]
    """Those ever crawled, but for disabled ones, which keep their last verdict for good."""
    incidents: tuple[Incident, ...]
    """Open ones, the longest first."""
    new_articles: Mapping[str, int]
    """Slug -> articles filed for the first time of the day, to the hour."""
    runs: Mapping[str, int]
    """Status -> runs begun of the day."""
    run_seconds: float
    """All runs of the day together."""
    last_run_at: datetime | None
    """When the newest run ended."""
    outlets_due: int
    """Outlets that wait for their turn now, or are being crawled."""
    due_oldest_at: datetime | None
    """Since when the longest of those that wait waits."""
    alerts: Mapping[str, int]
    """Status -> messages of watches: "waiting" (being sent included), and "failed" of the last seven days."""

    @property
    def verdicts(self) -> Counter[str]:
        """Verdict -> outlets."""
        return Counter(one.verdict for one in self.outlets)

    @property
    def services(self) -> tuple[Process, ...]:
        """Those that keep time, or stand by to."""
        return processes.services_of(self.processes)

    @property
    def leader(self) -> Process | None:
        """The service that keeps time."""
        return processes.leader_of(self.processes)


def read_overview(connection: sa.Connection, now: datetime) -> Overview:
    """All of it. Counting the articles of a million takes half a second on SQLite; the rest is small."""
    runs, run_seconds, last_run_at = _runs(connection, now)
    due, due_oldest_at = _due(connection, now)
    return Overview(
        now=now, articles=articles.count_articles(connection), waiting_entries=frontier.count_waiting(connection),
        outbox=outbox.count_outbox(connection), outbox_oldest_at=outbox.oldest_in_outbox(connection),
        dead_letters=dead_letters.count_dead_letters(connection), processes=processes.read(connection, now),
        outlets=_outlets(connection), incidents=tuple(incidents.open_incidents(connection).values()),
        new_articles=_new_articles(connection, now), runs=runs, run_seconds=run_seconds, last_run_at=last_run_at, outlets_due=due,
        due_oldest_at=due_oldest_at, alerts=_alerts(connection, now),
    )  # fmt: skip


def size_bytes(connection: sa.Connection) -> int:
    """What the database takes on its disk, raw pages included where they lie in it. SQLite: without its journals."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(sa.text("SELECT pg_database_size(current_database())")).scalar_one())
    total = 0
    for name in ("main", "pages"):
        pages = connection.exec_driver_sql(f"PRAGMA {name}.page_count").scalar_one()
        total += pages * connection.exec_driver_sql(f"PRAGMA {name}.page_size").scalar_one()
    return total


def clock_skew_s(connection: sa.Connection, now: datetime) -> float:
    """By how many seconds the database's clock is ahead of `now`; 0 for SQLite, which has none of its own."""
    if connection.dialect.name != "postgresql":
        return 0.0
    said: datetime = connection.execute(sa.text("SELECT clock_timestamp()")).scalar_one()
    return (said - now).total_seconds()


def _outlets(connection: sa.Connection) -> tuple[OutletHealth, ...]:
    disabled = set(connection.execute(sa.select(outlet.c.slug).where(outlet.c.disabled_because.is_not(None))).scalars())
    return tuple(one for slug, one in health.read_health(connection).items() if slug not in disabled)


def _new_articles(connection: sa.Connection, now: datetime) -> dict[str, int]:
    summed = sa.func.sum(outlet_hour.c.new)
    chosen = sa.select(outlet_hour.c.outlet, summed).where(outlet_hour.c.hour > now - DAY).group_by(outlet_hour.c.outlet)
    return {slug: int(count) for slug, count in connection.execute(chosen)}


def _runs(connection: sa.Connection, now: datetime) -> tuple[dict[str, int], float, datetime | None]:
    chosen = sa.select(run.c.status, run.c.started_at, run.c.finished_at).where(run.c.started_at > now - DAY)
    rows = connection.execute(chosen).all()
    seconds = sum(((row.finished_at or now) - row.started_at).total_seconds() for row in rows)
    return (
        dict(Counter(row.status for row in rows)),
        seconds,
        connection.execute(sa.select(sa.func.max(run.c.finished_at))).scalar(),
    )


def _due(connection: sa.Connection, now: datetime) -> tuple[int, datetime | None]:
    waits = sa.and_(outlet_turn.c.due_at <= now, outlet_turn.c.owner.is_(None))
    is_crawled = sa.and_(outlet_turn.c.owner.is_not(None), outlet_turn.c.until_at > now)
    count = connection.execute(sa.select(sa.func.count()).select_from(outlet_turn).where(sa.or_(waits, is_crawled))).scalar_one()
    return count, connection.execute(sa.select(sa.func.min(outlet_turn.c.due_at)).where(waits)).scalar()


def _alerts(connection: sa.Connection, now: datetime) -> dict[str, int]:
    is_open = delivery.c.status.in_(("waiting", "sending"))
    has_failed = sa.and_(delivery.c.status == "failed", delivery.c.created_at > now - 7 * DAY)
    count = sa.select(sa.func.count()).select_from(delivery)
    return {
        name: connection.execute(count.where(chosen)).scalar_one()
        for name, chosen in (("waiting", is_open), ("failed", has_failed))
    }
