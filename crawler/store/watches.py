"""Watches and what they have to deliver. A match is a row of `delivery` for each channel: once for a story, whatever comes again.
Alarms are noted by `alarms` and delivered alike.

Not here: what a watch asks for and where it sends (`indexer.watches`); `settings` is kept as the indexer gives it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from crawler.store.alarms import keys_in_progress, read_key
from crawler.store.rows import among, in_batches, insert, upsert
from crawler.store.schema import delivery, watch


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    KNOWN = "known"
    """There before the watch: never sent."""
    WAITING = "waiting"
    SENDING = "sending"
    """Taken by a process until `next_try_at`; then somebody else may send it again."""
    SENT = "sent"
    FAILED = "failed"
    """Given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRow:
    """A watch."""

    id: str
    name: str
    query: str
    kind: str
    """search, text or alarm."""
    settings: Mapping[str, Any]
    created_at: datetime
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An article that a watch found, for one channel."""

    watch_id: str
    channel: str
    article_id: str
    story_id: str | None

    @property
    def key(self) -> str:
        """Once a story: the story's id, or the article's when it stands alone."""
        return self.story_id or self.article_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A match on its way."""

    id: int
    watch_id: str
    key: str
    article_id: str | None
    """None for an alarm, whose key names the incident (`crawler.store.alarms`)."""
    story_id: str | None
    channel: str
    status: DeliveryStatus
    attempts: int
    next_try_at: datetime | None
    last_error: str | None
    created_at: datetime
    delivered_at: datetime | None

    @property
    def incident(self) -> tuple[int, bool] | None:
        """Of an alarm: the incident's number, and whether its end is told."""
        return read_key(self.key)


def save_watch(connection: sa.Connection, row: WatchRow) -> None:
    """Write or overwrite a watch."""
    values = {
        "id": row.id, "name": row.name, "query": row.query, "kind": row.kind, "settings": dict(row.settings),
        "created_at": row.created_at, "paused_at": row.paused_at,
    }  # fmt: skip
    upsert(connection, watch, [values])


def read_watches(connection: sa.Connection, *, active_only: bool = False) -> list[WatchRow]:
    """All watches, by name."""
    chosen = sa.select(watch).order_by(watch.c.name, watch.c.id)
    if active_only:
        chosen = chosen.where(watch.c.paused_at.is_(None))
    return [WatchRow(**row) for row in connection.execute(chosen).mappings()]


def find_watch(connection: sa.Connection, name: str) -> WatchRow | None:
    """The watch of that id or name."""
    chosen = sa.select(watch).where(sa.or_(watch.c.id == name, watch.c.name == name)).limit(1)
    row = connection.execute(chosen).mappings().first()
    return WatchRow(**row) if row else None


def remove_watch(connection: sa.Connection, watch_id: str) -> None:
    """Drop a watch and all it had to deliver."""
    connection.execute(delivery.delete().where(delivery.c.watch_id == watch_id))
    connection.execute(watch.delete().where(watch.c.id == watch_id))


def note_matches(
    connection: sa.Connection, matches: Sequence[Match], now: datetime, status: DeliveryStatus = DeliveryStatus.WAITING
) -> int:
    """Keep what is new of `matches`; returns how many. An article that was noted before it had a story counts for the story too."""
    if not matches:
        return 0
    known = _known(connection, matches)
    rows = []
    for one in matches:
        mark = (one.watch_id, one.channel)
        if {(*mark, one.key), (*mark, one.article_id)} & known:
            continue
        known |= {(*mark, one.key), (*mark, one.article_id)}
        rows.append({
            "watch_id": one.watch_id, "dedupe_key": one.key, "article_id": one.article_id, "story_id": one.story_id,
            "channel": one.channel, "status": status.value, "attempts": 0, "next_try_at": None, "last_error": None,
            "created_at": now, "delivered_at": None,
        })  # fmt: skip
    if not rows:
        return 0
    statement = insert(connection, delivery).on_conflict_do_nothing()
    connection.execute(statement, rows)
    return len(rows)


def _known(connection: sa.Connection, matches: Sequence[Match]) -> set[tuple[str, str, str]]:
    """(watch, channel, story or article) of what was noted before."""
    keys = sorted({one.key for one in matches} | {one.article_id for one in matches})
    found: set[tuple[str, str, str]] = set()
    for batch in in_batches(keys, 5_000):
        asked = sa.or_(among(connection, delivery.c.dedupe_key, batch), among(connection, delivery.c.article_id, batch))
        columns = (delivery.c.watch_id, delivery.c.channel, delivery.c.dedupe_key, delivery.c.article_id)
        for row in connection.execute(sa.select(*columns).where(asked)):
            found |= {(row[0], row[1], row[2]), (row[0], row[1], row[3])}
    return found


def open_deliveries(connection: sa.Connection, now: datetime) -> list[Delivery]:
    """What waits or was taken by a process that is late, of watches that are not paused; the oldest first."""
    late = sa.and_(delivery.c.status == DeliveryStatus.SENDING.value, delivery.c.next_try_at <= now)
    asked = sa.or_(delivery.c.status == DeliveryStatus.WAITING.value, late)
    chosen = sa.select(delivery).join(watch, watch.c.id == delivery.c.watch_id).where(asked, watch.c.paused_at.is_(None))
    return [_delivery(row) for row in connection.execute(chosen.order_by(delivery.c.id)).mappings()]


def read_deliveries(connection: sa.Connection, watch_id: str | None = None, limit: int = 50) -> list[Delivery]:
    """The newest deliveries, those of one watch when named; what was there before a watch is left out."""
    chosen = sa.select(delivery).where(delivery.c.status != DeliveryStatus.KNOWN.value)
    if watch_id is not None:
        chosen = chosen.where(delivery.c.watch_id == watch_id)
    return [_delivery(row) for row in connection.execute(chosen.order_by(delivery.c.id.desc()).limit(limit)).mappings()]


def last_sent(connection: sa.Connection) -> dict[tuple[str, str], datetime]:
    """(watch, channel) -> when something went there last."""
    columns = (delivery.c.watch_id, delivery.c.channel, sa.func.max(delivery.c.delivered_at))
    chosen = sa.select(*columns).where(delivery.c.status == DeliveryStatus.SENT.value).group_by(*columns[:2])
    return {(row[0], row[1]): row[2] for row in connection.execute(chosen) if row[2] is not None}


def take_deliveries(connection: sa.Connection, ids: Collection[int], until: datetime, now: datetime) -> bool:
    """Mark them as being sent by this process until `until`. False when another process has taken one of them meanwhile."""
    free = sa.or_(delivery.c.status == DeliveryStatus.WAITING.value, delivery.c.next_try_at <= now)
    taken = connection.execute(
        delivery.update()
        .where(among(connection, delivery.c.id, sorted(ids)), free, delivery.c.status.in_(("waiting", "sending")))
        .values(status=DeliveryStatus.SENDING.value, next_try_at=until, attempts=delivery.c.attempts + 1)
    )
    return taken.rowcount == len(ids)


def settle_deliveries(connection: sa.Connection, ids: Collection[int], **changes: Any) -> None:
    """Write what became of deliveries: status, next_try_at, last_error, delivered_at."""
    connection.execute(delivery.update().where(among(connection, delivery.c.id, sorted(ids))).values(**changes))


def prune_deliveries(connection: sa.Connection, before: datetime) -> int:
    """Drop settled deliveries made before; a story as old gets no new copies (`crawler.stories.window`). Those of an incident that is
    still open stay."""
    settled = (DeliveryStatus.SENT.value, DeliveryStatus.FAILED.value, DeliveryStatus.KNOWN.value)
    is_over = delivery.c.dedupe_key.not_in(keys_in_progress())
    gone = connection.execute(delivery.delete().where(delivery.c.status.in_(settled), delivery.c.created_at < before, is_over))
    return gone.rowcount


def deliveries_of(connection: sa.Connection, incident_id: int) -> list[Delivery]:
    """What alarm watches were told of an incident, and of its end, in the order it was noted."""
    keys = [f"incident {incident_id} opened", f"incident {incident_id} closed"]
    alarmed = sa.select(watch.c.id).where(watch.c.kind == "alarm")  # few, and the index of deliveries begins with them
    chosen = sa.select(delivery).where(delivery.c.watch_id.in_(alarmed), delivery.c.dedupe_key.in_(keys)).order_by(delivery.c.id)
    return [_delivery(row) for row in connection.execute(chosen).mappings()]


def _delivery(row: Any) -> Delivery:
    values = dict(row)
    values["key"] = values.pop("dedupe_key")
    values["status"] = DeliveryStatus(values["status"])
    return Delivery(**values)
