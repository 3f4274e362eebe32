"""A walk over the fingerprints of all articles, archive included, in order of publication time. Not here: comparing them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.schema import article


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Articles published from `since` on and before `until`; None: without that bound."""

    since: datetime | None = None
    until: datetime | None = None


def count_in(connection: sa.Connection, span: Span) -> int:
    """Number of articles in the span."""
    return connection.execute(sa.select(sa.func.count()).select_from(article).where(*_bounds(span))).scalar_one()


def walk_fingerprints(connection: sa.Connection, span: Span, batch: int = 2000) -> Iterator[list[tuple[str, bytes]]]:
    """Batches of (article id, packed fingerprint), the earliest published first. Each batch is read by the index on that time."""
    last: tuple[datetime, str] | None = None
    while True:
        chosen = sa.select(article.c.id, article.c.fingerprint, article.c.published_at).where(*_bounds(span))
        if last is not None:
            at, one = last
            after = sa.or_(article.c.published_at > at, sa.and_(article.c.published_at == at, article.c.id > one))
            chosen = chosen.where(article.c.published_at >= at, after)
        rows = connection.execute(chosen.order_by(article.c.published_at, article.c.id).limit(batch)).all()
        if not rows:
            return
        yield [(row.id, row.fingerprint) for row in rows]
        last = (rows[-1].published_at, rows[-1].id)


def _bounds(span: Span) -> list[Any]:
    return [
        *([article.c.published_at >= span.since] if span.since else []),
        *([article.c.published_at < span.until] if span.until else []),
    ]
