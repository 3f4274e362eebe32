"""The outbox: a *set* of article ids with the newest version wanted in the index. Not a log of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.store.rows import in_batches, insert
from crawler.store.schema import article, outbox

# Rows are always changed in order of their ids: filing and pushing change many in one transaction, and two of those that go
# through the same rows in different orders wait for one another (PostgreSQL).


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """An article that is to be pushed."""

    article_id: str
    wanted_version: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """Why an item was not pushed, and when it is due again."""

    reason: str
    next_try_at: datetime


def put_in_outbox(connection: sa.Connection, versions: Mapping[str, int], now: datetime) -> None:
    """Want these versions in the index (id -> index_version). Of an id that waits already the newer version is wanted."""
    put_all_in_outbox(connection, {one: (version, now) for one, version in versions.items()})


def put_all_in_outbox(connection: sa.Connection, wanted: Mapping[str, tuple[int, datetime]]) -> None:
    """The same with a time for each: id -> (index_version, queued at)."""
    rows = [
        {"article_id": one, "wanted_version": version, "queued_at": at, "attempts": 0, "next_try_at": None, "last_error": None}
        for one, (version, at) in sorted(wanted.items())
    ]
    if not rows:
        return
    statement = insert(connection, outbox)
    asked, waits = statement.excluded.wanted_version, outbox.c.wanted_version
    changes = {
        "wanted_version": sa.case((asked > waits, asked), else_=waits),
        "attempts": 0,
        "next_try_at": None,
        "last_error": None,
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["article_id"], set_=changes), rows)


def put_every_article_in_outbox(connection: sa.Connection, now: datetime) -> int:
    """Want every article in the index: it is new, or was lost. Ids that wait already stay as they are; returns how many were added."""
    row = (article.c.id, article.c.index_version, sa.literal(now, outbox.c.queued_at.type), sa.literal(0))
    waits = sa.exists().where(outbox.c.article_id == article.c.id)
    added = outbox.insert().from_select(["article_id", "wanted_version", "queued_at", "attempts"], sa.select(*row).where(~waits))
    return connection.execute(added).rowcount


def take_outbox(connection: sa.Connection, limit: int, now: datetime) -> list[OutboxItem]:
    """Items that are due, the longest waiting first. They stay until acknowledged."""
    due = sa.or_(outbox.c.next_try_at.is_(None), outbox.c.next_try_at <= now)
    columns = (outbox.c.article_id, outbox.c.wanted_version, outbox.c.attempts)
    chosen = sa.select(*columns).where(due).order_by(outbox.c.queued_at, outbox.c.article_id).limit(limit)
    return [
        OutboxItem(article_id=one, wanted_version=version, attempts=attempts)
        for one, version, attempts in connection.execute(chosen).all()
    ]


def acknowledge(connection: sa.Connection, pushed: Mapping[str, int]) -> int:
    """Drop the items whose pushed version is still the one wanted; returns how many. A newer wish stays."""
    if not pushed:
        return 0
    rows = [{"one": one, "version": version} for one, version in sorted(pushed.items())]
    return connection.execute(_ACKNOWLEDGE, rows).rowcount


_ACKNOWLEDGE = outbox.delete().where(
    outbox.c.article_id == sa.bindparam("one"), outbox.c.wanted_version <= sa.bindparam("version")
)


def put_off_outbox(connection: sa.Connection, later: Mapping[str, PutOff]) -> None:
    """The engine could not take these now."""
    if not later:
        return
    rows = [{"one": one, "error": put_off.reason, "at": put_off.next_try_at} for one, put_off in sorted(later.items())]
    connection.execute(_PUT_OFF, rows)


_PUT_OFF = (
    outbox.update()
    .where(outbox.c.article_id == sa.bindparam("one"))
    .values(attempts=outbox.c.attempts + 1, last_error=sa.bindparam("error"), next_try_at=sa.bindparam("at"))
)


def hasten_outbox(connection: sa.Connection) -> None:
    """Whatever was put off is due now: somebody says that the engine can be tried again."""
    waiting = sa.select(outbox.c.article_id).where(outbox.c.next_try_at.is_not(None)).order_by(outbox.c.article_id)
    locked = connection.execute(waiting.with_for_update()).scalars().all()
    for batch in in_batches(list(locked)):
        connection.execute(outbox.update().where(outbox.c.article_id.in_(batch)).values(next_try_at=None))


def count_outbox(connection: sa.Connection) -> int:
    """How many articles wait to be pushed."""
    return connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()


def oldest_in_outbox(connection: sa.Connection) -> datetime | None:
    """Since when the longest waiting article waits."""
    found: datetime | None = connection.execute(sa.select(sa.func.min(outbox.c.queued_at))).scalar()
    return found
