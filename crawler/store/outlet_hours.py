"""What the crawls of each outlet brought, summed by hour (UTC): the memory that its rhythm and its baselines are read from.

Written by the scheduler after each crawl. Not here: what the figures mean (`scheduler.rhythm`, `scheduler.baselines`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

import sqlalchemy as sa

from crawler.store.rows import insert
from crawler.store.schema import outlet_hour


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletHour:
    """One hour of one outlet; every figure but the key is a sum over the crawls that ended in it."""

    outlet: str
    hour: datetime
    """Its begin, UTC."""
    crawls: int = 0
    """Those that asked a source or fetched a page."""
    failures: int = 0
    """Crawls of which no source answered."""
    polls: int = 0
    unchanged_polls: int = 0
    entries: int = 0
    """Read from sources, known ones included."""
    pages: int = 0
    new: int = 0
    """Articles filed for the first time; the next ones are parts of it ..."""
    paid: int = 0
    with_authors: int = 0
    with_date: int = 0
    with_lead: int = 0
    with_image: int = 0
    words: int = 0
    by_template: int = 0
    """... up to here."""
    no_text: int = 0
    """Pages read that gave no article: no text, none recognised, or our own failure on them."""
    blocked: int = 0
    seconds: int = 0
    """Of answers on the wire."""


FIELDS = ("authors", "date", "lead", "image")
"""Fields of an article whose coverage is counted; each is a column `with_...` of an hour and a figure of `NewArticles`."""
_SUMS = tuple(one.name for one in fields(OutletHour) if one.name not in ("outlet", "hour"))


def hour_of(at: datetime) -> datetime:
    """The begin of the hour, UTC, that an aware instant lies in."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def add(connection: sa.Connection, rows: Iterable[OutletHour]) -> None:
    """Add the figures to those of their hours."""
    statement = insert(connection, outlet_hour)
    changes = {name: outlet_hour.c[name] + statement.excluded[name] for name in _SUMS}
    statement = statement.on_conflict_do_update(index_elements=["outlet", "hour"], set_=changes)
    values = sorted((asdict(row) for row in rows), key=lambda row: (row["outlet"], row["hour"]))
    if values:  # in one order, so that two writers never wait for one another in a circle
        connection.execute(statement, values)


def read(connection: sa.Connection, since: datetime, outlets: Sequence[str] | None = None) -> dict[str, list[OutletHour]]:
    """Slug -> its hours from `since` on, oldest first; an hour without a crawl has no row. None: of every outlet."""
    chosen = sa.select(outlet_hour).where(outlet_hour.c.hour >= since).order_by(outlet_hour.c.outlet, outlet_hour.c.hour)
    if outlets is not None:
        chosen = chosen.where(outlet_hour.c.outlet.in_(outlets))
    found: dict[str, list[OutletHour]] = defaultdict(list)
    for row in connection.execute(chosen):
        found[row.outlet].append(OutletHour(**row._mapping))
    return dict(found)


def sums(connection: sa.Connection, since: datetime, until: datetime) -> dict[str, OutletHour]:
    """Slug -> the hours that began after `since`, up to `until`, as one (its `hour` is `since`); no row where nothing was crawled then."""
    figures = [sa.func.sum(outlet_hour.c[name]).label(name) for name in _SUMS]
    within = sa.and_(outlet_hour.c.hour > since, outlet_hour.c.hour <= until)
    chosen = sa.select(outlet_hour.c.outlet, *figures).where(within).group_by(outlet_hour.c.outlet)
    return {
        row["outlet"]: OutletHour(outlet=row["outlet"], hour=since, **{name: int(row[name]) for name in _SUMS})
        for row in connection.execute(chosen).mappings()
    }


def prune(connection: sa.Connection, before: datetime) -> int:
    """Forget hours that began before; returns how many rows went."""
    return connection.execute(outlet_hour.delete().where(outlet_hour.c.hour < before)).rowcount
