"""Entries that wait for their page to be fetched: the durable frontier.

An entry enters in the transaction that saves its source's state and leaves in the transaction that files its article (or
its dead letter). So a process killed at any moment loses nothing, whatever the feed's ETag says afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from crawler.model.feed import FeedEntry
from crawler.store.rows import from_json, in_batches, insert, to_json
from crawler.store.schema import frontier


class FrontierReason(StrEnum):
    """Why an address is to be fetched."""

    NEW = "new"
    """Never met before, or met without an article coming of it."""
    CHANGED = "changed"
    """Its source says that the known article changed."""
    REVISIT = "revisit"
    """The known article is due by its age."""
    SINGLE = "single"
    """Asked for by a person (`crawl --url`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierItem:
    """One waiting entry. `url` is canonical and, with the outlet, its key; `entry.url` is what is fetched."""

    url: str
    outlet: str
    entry: FeedEntry
    reason: FrontierReason
    article_id: str | None = None
    attempts: int = 0
    next_try_at: datetime
    last_error: str | None = None


def queue(connection: sa.Connection, items: Iterable[FrontierItem], now: datetime) -> None:
    """Put items in; one that waits already keeps its attempts and its place."""
    rows = [
        {
            "url": one.url, "outlet": one.outlet, "entry": to_json(one.entry, FeedEntry), "reason": one.reason.value,
            "article_id": one.article_id, "queued_at": now, "attempts": one.attempts, "next_try_at": one.next_try_at,
            "last_error": one.last_error,
        }
        for one in items
    ]  # fmt: skip
    if rows:
        connection.execute(insert(connection, frontier).on_conflict_do_nothing(index_elements=["url", "outlet"]), rows)


def waiting(connection: sa.Connection, outlet: str, urls: Iterable[str]) -> set[str]:
    """Those of the canonical addresses that wait already."""
    found: set[str] = set()
    for batch in in_batches(list(urls)):
        chosen = sa.select(frontier.c.url).where(frontier.c.outlet == outlet, frontier.c.url.in_(batch))
        found.update(connection.execute(chosen).scalars())
    return found


def due(connection: sa.Connection, outlet: str, now: datetime, limit: int) -> list[FrontierItem]:
    """Items whose time has come, first tries before repeated ones, the longest waiting first."""
    return [
        FrontierItem(
            url=row.url, outlet=row.outlet, entry=from_json(row.entry, FeedEntry), reason=FrontierReason(row.reason),
            article_id=row.article_id, attempts=row.attempts, next_try_at=row.next_try_at, last_error=row.last_error,
        )
        for row in connection.execute(_DUE, {"one": outlet, "at": now, "most": limit})
    ]  # fmt: skip


_DUE = (
    sa.select(frontier)
    .where(frontier.c.outlet == sa.bindparam("one"), frontier.c.next_try_at <= sa.bindparam("at"))
    .order_by(frontier.c.attempts, frontier.c.queued_at, frontier.c.url)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def leave(connection: sa.Connection, outlet: str, url: str) -> None:
    """The entry reached its outcome. Call it in the transaction that makes the outcome durable."""
    connection.execute(frontier.delete().where(frontier.c.outlet == outlet, frontier.c.url == url))


def leave_all(connection: sa.Connection, done: Sequence[tuple[str, str]]) -> None:
    """The same for many (outlet, address)."""
    if done:
        connection.execute(_LEAVE, [{"one": outlet, "there": url} for outlet, url in sorted(done)])


_LEAVE = frontier.delete().where(frontier.c.outlet == sa.bindparam("one"), frontier.c.url == sa.bindparam("there"))


def put_off(connection: sa.Connection, item: FrontierItem, reason: str, next_try_at: datetime) -> None:
    """One more failed attempt: the entry waits until `next_try_at`."""
    where = (frontier.c.outlet == item.outlet, frontier.c.url == item.url)
    changes = {"attempts": frontier.c.attempts + 1, "last_error": reason, "next_try_at": next_try_at}
    connection.execute(frontier.update().where(*where).values(changes))


def rest(connection: sa.Connection, outlet: str, until: datetime) -> None:
    """The outlet's server asked to be left alone: nothing of it is due before `until`. Counts as no attempt."""
    chosen = frontier.update().where(frontier.c.outlet == outlet, frontier.c.next_try_at < until)
    connection.execute(chosen.values(next_try_at=until))


def count_waiting(connection: sa.Connection, outlet: str | None = None) -> int:
    """How many entries wait, of one outlet or of all."""
    chosen = sa.select(sa.func.count()).select_from(frontier)
    if outlet is not None:
        chosen = chosen.where(frontier.c.outlet == outlet)
    return connection.execute(chosen).scalar_one()
