"""Incidents on their way to whoever asked for alarms: a row of `delivery` for each watch, address and side of an incident.

Its key tells the incident and the side, so that nobody is told twice. Not here: which watch wants which incident
(`indexer.watches.alarms`), incidents themselves (`incidents`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.store.incidents import Incident
from crawler.store.rows import among, in_batches, insert
from crawler.store.schema import delivery, incident

_KEY = re.compile(r"incident (\d+) (opened|closed)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One side of an incident, for one address of a watch."""

    watch_id: str
    channel: str
    incident_id: int
    is_recovery: bool
    """Its end; else its beginning."""

    @property
    def key(self) -> str:
        """What the delivery is known by."""
        return f"incident {self.incident_id} {'closed' if self.is_recovery else 'opened'}"


def read_key(key: str) -> tuple[int, bool] | None:
    """(number of the incident, whether its end is told) of a delivery's key; None for the key of an article or a story."""
    found = _KEY.fullmatch(key)
    return (int(found[1]), found[2] == "closed") if found else None


def note(connection: sa.Connection, alarms: Sequence[Alarm], now: datetime) -> int:
    """Keep what is new of `alarms`, waiting to be sent; returns how many."""
    known = noted(connection, {one.key for one in alarms})
    rows = [
        {
            "watch_id": one.watch_id, "dedupe_key": one.key, "article_id": None, "story_id": None, "channel": one.channel,
            "status": "waiting", "attempts": 0, "next_try_at": None, "last_error": None, "created_at": now, "delivered_at": None,
        }
        for one in alarms
        if (one.watch_id, one.channel, one.key) not in known
    ]  # fmt: skip
    if rows:
        connection.execute(insert(connection, delivery).on_conflict_do_nothing(), rows)
    return len(rows)


def noted(connection: sa.Connection, keys: Collection[str]) -> set[tuple[str, str, str]]:
    """(watch, address, key) of the deliveries with one of these keys, whatever became of them."""
    found: set[tuple[str, str, str]] = set()
    for batch in in_batches(sorted(keys), 5_000):
        columns = (delivery.c.watch_id, delivery.c.channel, delivery.c.dedupe_key)
        asked = sa.select(*columns).where(among(connection, delivery.c.dedupe_key, batch))
        found |= {(row[0], row[1], row[2]) for row in connection.execute(asked)}
    return found


def take_back(connection: sa.Connection, incident_ids: Collection[int]) -> int:
    """Forget the alarms of these incidents that nobody has tried to send yet; returns how many."""
    keys = [f"incident {number} opened" for number in sorted(incident_ids)]
    untold = sa.and_(delivery.c.status == "waiting", delivery.c.attempts == 0)
    return connection.execute(delivery.delete().where(untold, among(connection, delivery.c.dedupe_key, keys))).rowcount


def incidents_of(connection: sa.Connection, keys: Collection[str]) -> list[Incident]:
    """The incidents that these keys of deliveries name, as they stand; those that are no longer kept are left out."""
    numbers = sorted({found[0] for key in keys if (found := read_key(key))})
    rows = connection.execute(sa.select(incident).where(among(connection, incident.c.id, numbers)).order_by(incident.c.id))
    return [Incident(**row._mapping) for row in rows]


def keys_in_progress() -> sa.Select[str]:
    """The keys of open incidents' alarms: their rows stay, or the end could not be told to those who heard of the beginning."""
    made = sa.literal("incident ") + sa.cast(incident.c.id, sa.Text) + sa.literal(" opened")
    return sa.select(made).where(incident.c.closed_at.is_(None))
