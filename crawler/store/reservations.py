"""Text-mining reservations that pages declare (TDMRep, W3C Community Group report of 2024): read off a page, kept, asked.

Kept beside the raw pages but not pruned with them: a reservation holds for the text, which stays. A page that is fetched again
without one takes it back. Not here: who honours them (`indexer.export`). The site-wide file /.well-known/tdmrep.json is not read.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.model.page import Page
from crawler.store.rows import among, in_batches, upsert
from crawler.store.schema import article, text_reservation

HEADER = "tdm-reservation"
_HEAD_BYTES = 256 << 10
"""Of a page that are looked at, where its head does not end before: meta elements stand in it."""
_META = re.compile(rb"<meta\b[^<>]{0,1000}?tdm-reservation[^<>]{0,1000}?>", re.IGNORECASE)
_NAME = re.compile(rb"""\bname\s*=\s*["']?tdm-reservation(?=["'\s/>])""", re.IGNORECASE)
_CONTENT = re.compile(rb"""\bcontent\s*=\s*["']?\s*1\s*(?=["'\s/>])""", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """What an article's page declared."""

    where: str
    """"header" or "meta"."""
    seen_at: datetime


def declared(page: Page) -> str | None:
    """Where the page reserves text mining: "header", "meta", or None. Either is enough."""
    if any(name == HEADER and value.strip() == "1" for name, value in page.headers):
        return "header"
    end = page.body.find(b"</head", 0, _HEAD_BYTES)
    head = page.body[: end if end >= 0 else _HEAD_BYTES]
    if HEADER.encode() in head.lower() and any(_NAME.search(one) and _CONTENT.search(one) for one in _META.findall(head)):
        return "meta"
    return None


def note_reservations(connection: sa.Connection, kept: Mapping[str, Page]) -> None:
    """Keep what these pages declare, by key (an article's id), and forget what they declare no more."""
    found = {key: where for key, one in kept.items() if (where := declared(one))}
    rows = [
        {"key": key, "outlet": kept[key].outlet, "declared_in": where, "seen_at": kept[key].fetched_at}
        for key, where in found.items()
    ]
    if rows:
        upsert(connection, text_reservation, rows)
    if gone := [key for key in kept if key not in found]:
        connection.execute(text_reservation.delete().where(among(connection, text_reservation.c.key, gone)))


def read_reservations(connection: sa.Connection, ids: Collection[str]) -> dict[str, Reservation]:
    """Of these articles those whose pages reserve text mining."""
    found = {}
    for some in in_batches(sorted(ids)):
        for row in connection.execute(sa.select(text_reservation).where(among(connection, text_reservation.c.key, some))):
            found[row.key] = Reservation(where=row.declared_in, seen_at=row.seen_at)
    return found


def count_reservations(connection: sa.Connection, since: datetime | None = None, until: datetime | None = None) -> dict[str, int]:
    """Outlet -> how many of its articles, published in that time, reserve text mining; outlets without one are left out."""
    period = [
        *([article.c.published_at >= since] if since else []),
        *([article.c.published_at < until] if until else []),
    ]
    joined = article.join(text_reservation, text_reservation.c.key == article.c.id)
    counted = sa.select(article.c.outlet, sa.func.count()).select_from(joined).where(*period).group_by(article.c.outlet)
    return {row.outlet: row[1] for row in connection.execute(counted)}
