"""How each outlet fares, as the scheduler judged it after its last crawl. Written by the scheduler, shown by everyone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from crawler.store.rows import upsert
from crawler.store.schema import outlet_health


class Verdict(StrEnum):
    """How an outlet fares. `scheduler/README.md` says by which sign and after which delay each is said."""

    OK = "ok"
    NEW = "new"
    """It answers; not enough is known yet to tell whether it says as much as it should."""
    QUIET = "quiet"
    """It says less than is usual for the day and hour: a state, not a fault."""
    UNREACHABLE = "unreachable"
    """DNS, TLS, time-out, connection, HTTP 5xx; its robots.txt could not be had."""
    BLOCKED = "blocked"
    """401, 403, a challenge for browsers, a consent or login wall, robots.txt forbids it."""
    MOVED = "moved"
    """Its sources are gone (404, 410), or lead permanently to another address or domain."""
    FROZEN = "feed frozen"
    """Its sources answer and tell nothing new, for longer than chance allows by its own rhythm."""
    BROKEN = "parser broken"
    """Pages come and give no text, or lack a field or most of the length that they had."""
    PAYWALLED = "paywalled"
    """Far more of its articles than before may not be read whole."""
    SLOW = "slow"
    """Answers take far longer than before, or a run does not get through what waits."""


FAULTS = frozenset(Verdict) - {Verdict.OK, Verdict.NEW, Verdict.QUIET}
"""The verdicts that open an incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletHealth:
    """One outlet. Times are aware, UTC."""

    outlet: str
    last_success_at: datetime | None = None
    """Last crawl in which at least one source answered."""
    last_new_article_at: datetime | None = None
    failures_in_a_row: int = 0
    verdict: str
    """The value of a `Verdict`; other words are from versions before the clock."""
    reason: str = ""
    """In words."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """What it was judged from (`scheduler.verdicts`); under `signs` what the next judgement goes on from."""
    updated_at: datetime
    """End of the last crawl, whatever it brought."""
    since: datetime | None = None
    """When this verdict began."""


def save_health(connection: sa.Connection, rows: Iterable[OutletHealth]) -> None:
    """Write or overwrite the verdicts."""
    upsert(connection, outlet_health, [asdict(row) for row in rows])


def read_health(connection: sa.Connection, outlets: Collection[str] | None = None) -> dict[str, OutletHealth]:
    """Slug -> verdict, of every outlet ever crawled, or of those asked for."""
    chosen = sa.select(outlet_health).order_by(outlet_health.c.outlet)
    if outlets is not None:
        chosen = chosen.where(outlet_health.c.outlet.in_(outlets))
    rows = connection.execute(chosen)
    return {row.outlet: OutletHealth(**row._mapping) for row in rows}
