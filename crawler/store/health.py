"""How each outlet fares, as the scheduler judged it after its last crawl. Written by the scheduler, shown by everyone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.rows import upsert
from crawler.store.schema import outlet_health


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletHealth:
    """One outlet. Times are aware, UTC."""

    outlet: str
    last_success_at: datetime | None = None
    """Last crawl in which at least one source answered."""
    last_new_article_at: datetime | None = None
    failures_in_a_row: int = 0
    verdict: str
    """"ok", "quiet", "unreachable", "blocked", "unreadable" or "failing" (`scheduler.health`)."""
    reason: str = ""
    """In words."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    updated_at: datetime
    """End of the last crawl, whatever it brought."""
    since: datetime | None = None
    """When this verdict began."""


def save_health(connection: sa.Connection, rows: Iterable[OutletHealth]) -> None:
    """Write or overwrite the verdicts."""
    upsert(connection, outlet_health, [asdict(row) for row in rows])


def read_health(connection: sa.Connection) -> dict[str, OutletHealth]:
    """Slug -> verdict, of every outlet ever crawled."""
    rows = connection.execute(sa.select(outlet_health).order_by(outlet_health.c.outlet))
    return {row.outlet: OutletHealth(**row._mapping) for row in rows}
