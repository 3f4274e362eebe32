"""All that is kept of one outlet, for its page and the API: health, turn, sources, incidents and who was told of them, its days, articles.

Bounded, by indexed queries, whatever the store's size. Not here: the catalogue (which schedule, which kind a source is), how it looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import sqlalchemy as sa

from crawler.model.feed import FeedState
from crawler.store import outlet_hours, sources
from crawler.store.health import OutletHealth, read_health
from crawler.store.incidents import Incident
from crawler.store.outlet_hours import FIELDS, OutletHour
from crawler.store.outlets import OutletRow, read_outlets
from crawler.store.schema import article, delivery, incident, outlet_turn, watch
from crawler.store.turns import Turn
from crawler.store.watches import DeliveryStatus

DAYS = 28
"""Days that are told, today included."""
RECENT = timedelta(days=7)
"""What new articles hold of late, beside the four weeks before."""
INCIDENTS, NEWEST = 20, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of the messages about one side of an incident, all addresses together."""

    first_at: datetime | None = None
    """When the first of them was delivered."""
    sent: int = 0
    waiting: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """An incident, and whether anybody was told."""

    incident: Incident
    opening: Told = Told()
    ending: Told = Told()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRecord:
    """One day of the reader's calendar."""

    day: date
    articles: int
    """Published then, as far as they are in the store."""
    crawls: int
    failures: int
    """Crawls of which no source answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What the new articles of a time held."""

    articles: int = 0
    words: int = 0
    """Of all their texts together."""
    paid: int = 0
    pages: int = 0
    no_text: int = 0
    """Pages that gave no article."""
    with_field: Mapping[str, int] = field(default_factory=dict)
    """Field of `outlet_hours.FIELDS` -> articles that have it."""

    @property
    def words_each(self) -> float | None:
        """Words of one article on average; None without any."""
        return self.words / self.articles if self.articles else None

    def share_of(self, name: str) -> float | None:
        """Share of articles with a field, or "paid", 0 to 1; None without any."""
        some = self.paid if name == "paid" else self.with_field.get(name, 0)
        return some / self.articles if self.articles else None

    def as_json(self) -> dict[str, Any]:
        """For commands and the API: shares are between 0 and 1, None without any article."""
        shares = {f"{name}_share": self.share_of(name) for name in ("paid", *FIELDS)}
        return {"articles": self.articles, "words_each": self.words_each, "no_text_share": self.no_text_share} | shares

    @property
    def no_text_share(self) -> float | None:
        """Share of pages without a text; None without any."""
        return min(1.0, self.no_text / self.pages) if self.pages else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One of its newest articles."""

    id: str
    title: str
    language: str
    published_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletRecord:
    """Times are aware, UTC."""

    row: OutletRow
    health: OutletHealth | None
    turn: Turn | None
    """None: no service watches it."""
    states: tuple[FeedState, ...]
    """Of its sources that were ever asked, by address."""
    incidents: tuple[IncidentRecord, ...]
    """Those that are open, then the newest; INCIDENTS at most."""
    incident_count: int
    """Of all that are kept."""
    days: tuple[DayRecord, ...]
    """DAYS of them, oldest first."""
    recent: Holdings
    """Of the last RECENT ..."""
    before: Holdings
    """... and of the DAYS before it."""
    newest: tuple[Headline, ...]
    articles: int


def read_record(connection: sa.Connection, slug: str, now: datetime, zone: tzinfo) -> OutletRecord | None:
    """Everything of one outlet; None when there is none of that slug. `zone`: whose days are told."""
    row = read_outlets(connection).get(slug)
    if row is None:
        return None
    hours = outlet_hours.read(connection, now - RECENT - timedelta(days=DAYS), [slug]).get(slug, [])
    found, count = _incidents(connection, slug)
    turn = connection.execute(sa.select(outlet_turn).where(outlet_turn.c.outlet == slug)).first()
    return OutletRecord(
        row=row, health=read_health(connection, [slug]).get(slug), turn=Turn(**turn._mapping) if turn else None,
        states=tuple(sorted(sources.read_states(connection, slug).values(), key=lambda one: one.url)),
        incidents=with_told(connection, found),
        incident_count=count, days=_days(connection, slug, hours, now, zone),
        recent=held([one for one in hours if one.hour >= now - RECENT]), before=held([one for one in hours if one.hour < now - RECENT]),
        newest=_newest(connection, slug), articles=_count(connection, slug),
    )  # fmt: skip


def with_told(connection: sa.Connection, found: Sequence[Incident]) -> tuple[IncidentRecord, ...]:
    """These incidents, and whether anybody was told of each."""
    told = _told(connection, [one.id for one in found])
    return tuple(IncidentRecord(incident=one, opening=told[one.id][0], ending=told[one.id][1]) for one in found)


def held(hours: Sequence[OutletHour]) -> Holdings:
    """What the new articles of these hours held. Pure."""
    return Holdings(
        articles=sum(one.new for one in hours), words=sum(one.words for one in hours), paid=sum(one.paid for one in hours),
        pages=sum(one.pages for one in hours), no_text=sum(one.no_text for one in hours),
        with_field={name: sum(getattr(one, f"with_{name}") for one in hours) for name in FIELDS},
    )  # fmt: skip


def _incidents(connection: sa.Connection, slug: str) -> tuple[list[Incident], int]:
    ours = incident.c.outlet == slug
    order = incident.c.closed_at.is_not(None), incident.c.opened_at.desc(), incident.c.id.desc()
    rows = connection.execute(sa.select(incident).where(ours).order_by(*order).limit(INCIDENTS))
    found = [Incident(**row._mapping) for row in rows]
    return found, connection.execute(sa.select(sa.func.count()).select_from(incident).where(ours)).scalar_one()


def _told(connection: sa.Connection, numbers: Collection[int]) -> dict[int, tuple[Told, Told]]:
    """Number of an incident -> what was told of its beginning, and of its end. By the watches of alarms, which are few, so that the
    index of deliveries is used."""
    sides = {f"incident {number} {side}": (number, side) for number in numbers for side in ("opened", "closed")}
    alarmed = sa.select(watch.c.id).where(watch.c.kind == "alarm")
    columns = (delivery.c.dedupe_key, delivery.c.status, sa.func.count(), sa.func.min(delivery.c.delivered_at))
    chosen = (
        sa.select(*columns).where(delivery.c.watch_id.in_(alarmed), delivery.c.dedupe_key.in_(list(sides))).group_by(*columns[:2])
    )
    counts: dict[tuple[int, str], Counter[str]] = {side: Counter() for side in sides.values()}
    first: dict[tuple[int, str], datetime | None] = {}
    for key, status, count, delivered_at in connection.execute(chosen):
        counts[sides[key]][status] += count
        if status == DeliveryStatus.SENT:
            first[sides[key]] = delivered_at
    return {
        number: (
            _as_told(counts[number, "opened"], first.get((number, "opened"))),
            _as_told(counts[number, "closed"], first.get((number, "closed"))),
        )
        for number in numbers
    }


def _as_told(counts: Counter[str], first_at: datetime | None) -> Told:
    waiting = counts[DeliveryStatus.WAITING] + counts[DeliveryStatus.SENDING]
    return Told(first_at=first_at, sent=counts[DeliveryStatus.SENT], waiting=waiting, failed=counts[DeliveryStatus.FAILED])


def _days(
    connection: sa.Connection, slug: str, hours: Sequence[OutletHour], now: datetime, zone: tzinfo
) -> tuple[DayRecord, ...]:
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    start = datetime.combine(days[0], time(), zone)
    chosen = sa.select(article.c.published_at).where(article.c.outlet == slug, article.c.published_at >= start)
    published = Counter(at.astimezone(zone).date() for at in connection.execute(chosen).scalars())
    crawls: Counter[date] = Counter()
    failures: Counter[date] = Counter()
    for one in hours:
        day = one.hour.astimezone(zone).date()
        crawls[day] += one.crawls
        failures[day] += one.failures
    return tuple(DayRecord(day=one, articles=published[one], crawls=crawls[one], failures=failures[one]) for one in days)


def _newest(connection: sa.Connection, slug: str) -> tuple[Headline, ...]:
    columns = (article.c.id, article.c.title, article.c.language, article.c.published_at, article.c.removed_at)
    chosen = (
        sa.select(*columns).where(article.c.outlet == slug).order_by(article.c.published_at.desc(), article.c.id).limit(NEWEST)
    )
    return tuple(Headline(**row._mapping) for row in connection.execute(chosen))


def _count(connection: sa.Connection, slug: str) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(article).where(article.c.outlet == slug)).scalar_one()
