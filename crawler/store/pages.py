"""Raw pages, compressed, last version of each article, in a file of their own so that the main one stays small."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import zstandard

from crawler.model.feed import FeedEntry
from crawler.model.page import Page
from crawler.store.reservations import note_reservations
from crawler.store.rows import from_json, to_json, upsert
from crawler.store.schema import article, page

_LEVEL = 3
"""zstd level 3: 0.40 ms CPU a page and smaller than gzip-6 at 2.77 ms (SPEED, November 2026)."""
MAX_BODY_BYTES = 64 << 20


def keep_page(connection: sa.Connection, key: str, one: Page) -> None:
    """Keep the page under `key` (the article's id, or the id its address would give); an older one is overwritten."""
    keep_pages(connection, {key: one})


def keep_pages(connection: sa.Connection, kept: Mapping[str, Page]) -> None:
    """The same for many, by key."""
    pack = zstandard.ZstdCompressor(level=_LEVEL).compress
    rows = [
        {
            "key": key, "outlet": one.outlet, "requested_url": one.requested_url, "final_url": one.final_url, "status": one.status,
            "headers": [list(pair) for pair in one.headers], "body": pack(one.body),
            "entry": to_json(one.entry, FeedEntry) if one.entry else None, "fetched_at": one.fetched_at,
        }
        for key, one in kept.items()
    ]  # fmt: skip
    upsert(connection, page, rows)
    note_reservations(connection, kept)


def read_page(connection: sa.Connection, key: str) -> Page | None:
    """The kept page, or None when it was never kept or has been pruned."""
    row = connection.execute(sa.select(page).where(page.c.key == key)).first()
    return _page(row) if row else None


def read_entry(connection: sa.Connection, key: str) -> FeedEntry | None:
    """What the source said of the kept page, or None."""
    told = connection.execute(sa.select(page.c.entry).where(page.c.key == key)).scalar()
    return from_json(told, FeedEntry) if told else None


def fetched_at(connection: sa.Connection, key: str) -> datetime | None:
    """When the kept page was fetched; None when there is none."""
    found: datetime | None = connection.execute(sa.select(page.c.fetched_at).where(page.c.key == key)).scalar()
    return found


def page_keys(connection: sa.Connection, outlet: str | None = None, after: str = "", limit: int = 500) -> list[str]:
    """Keys in ascending order after `after`."""
    chosen = sa.select(page.c.key).where(page.c.key > after).order_by(page.c.key).limit(limit)
    if outlet is not None:
        chosen = chosen.where(page.c.outlet == outlet)
    return list(connection.execute(chosen).scalars())


def newest_pages(connection: sa.Connection, outlet: str, limit: int) -> list[Page]:
    """The newest kept pages of an outlet that gave articles which still stand, oldest first."""
    standing = sa.select(article.c.id).where(article.c.outlet == outlet, article.c.removed_at.is_(None))
    chosen = sa.select(page).where(page.c.outlet == outlet, page.c.key.in_(standing))
    rows = connection.execute(chosen.order_by(page.c.fetched_at.desc(), page.c.key).limit(limit)).all()
    return [_page(row) for row in reversed(rows)]


def drop_page(connection: sa.Connection, key: str) -> None:
    """Forget a page: it is kept under another key now."""
    connection.execute(page.delete().where(page.c.key == key))


def prune_pages(connection: sa.Connection, before: datetime) -> int:
    """Drop pages fetched before then; returns how many."""
    return connection.execute(page.delete().where(page.c.fetched_at < before)).rowcount


def _page(row: Any) -> Page:
    return Page(
        requested_url=row.requested_url, final_url=row.final_url, status=row.status,
        headers=tuple((name, value) for name, value in row.headers),
        body=zstandard.ZstdDecompressor().decompress(row.body, max_output_size=MAX_BODY_BYTES), fetched_at=row.fetched_at,
        outlet=row.outlet, entry=from_json(row.entry, FeedEntry) if row.entry else None,
    )  # fmt: skip
