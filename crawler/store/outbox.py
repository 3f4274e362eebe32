"""The outbox: a *set* of article ids with the newest version wanted in the index. Not a log of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.store.rows import in_batches, upsert
from crawler.store.schema import article, outbox

# Rows are always changed in order of their ids: filing and pushing change many in one transaction, and two of those that go
# through the same rows in different orders wait for one another (PostgreSQL).


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """An article that is to be pushed."""

    article_id: str
    wanted_version: int
    attempts: int


def put_in_outbox(connection: sa.Connection, versions: Mapping[str, int], now: datetime) -> None:
    """Want these versions in the index (id -> index_version). An id that waits already just wants the newer one."""
    rows = [
        {"article_id": one, "wanted_version": version, "queued_at": now, "attempts": 0, "next_try_at": None, "last_error": None}
        for one, version in sorted(versions.items())
    ]
    upsert(connection, outbox, rows, keep=("queued_at",))


def put_every_article_in_outbox(connection: sa.Connection, now: datetime) -> int:
    """Want every article in the index: it is new, or was lost. Ids that wait already stay as they are; returns how many were added."""
    row = (article.c.id, article.c.index_version, sa.literal(now, outbox.c.queued_at.type), sa.literal(0))
    waits = sa.exists().where(outbox.c.article_id == article.c.id)
    added = outbox.insert().from_select(["article_id", "wanted_version", "queued_at", "attempts"], sa.select(*row).where(~waits))
    return connection.execute(added).rowcount


def take_outbox(connection: sa.Connection, limit: int, now: datetime) -> list[OutboxItem]:
    """Items that are due, the longest waiting first. They stay until acknowledged."""
    due = sa.or_(outbox.c.next_try_at.is_(None), outbox.c.next_try_at <= now)
    chosen = sa.select(outbox).where(due).order_by(outbox.c.queued_at, outbox.c.article_id).limit(limit)
    return [
        OutboxItem(article_id=row.article_id, wanted_version=row.wanted_version, attempts=row.attempts)
        for row in connection.execute(chosen)
    ]


def acknowledge(connection: sa.Connection, pushed: Mapping[str, int]) -> int:
    """Drop the items whose pushed version is still the one wanted; returns how many. A newer wish stays."""
    dropped = 0
    for one, version in sorted(pushed.items()):
        chosen = outbox.delete().where(outbox.c.article_id == one, outbox.c.wanted_version <= version)
        dropped += connection.execute(chosen).rowcount
    return dropped


def put_off_outbox(connection: sa.Connection, ids: list[str], reason: str, next_try_at: datetime) -> None:
    """The engine could not take these now; try them again at `next_try_at`."""
    for batch in in_batches(sorted(ids)):
        locked = (
            sa.select(outbox.c.article_id).where(outbox.c.article_id.in_(batch)).order_by(outbox.c.article_id).with_for_update()
        )
        connection.execute(locked).all()
        changes = {"attempts": outbox.c.attempts + 1, "last_error": reason, "next_try_at": next_try_at}
        connection.execute(outbox.update().where(outbox.c.article_id.in_(batch)).values(changes))


def count_outbox(connection: sa.Connection) -> int:
    """How many articles wait to be pushed."""
    return connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()


def oldest_in_outbox(connection: sa.Connection) -> datetime | None:
    """Since when the longest waiting article waits."""
    found: datetime | None = connection.execute(sa.select(sa.func.min(outbox.c.queued_at))).scalar()
    return found
