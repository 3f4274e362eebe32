"""What `depesza outlets health` tells of each outlet: its verdict, since when and why, and the figures beside what is usual there.

Reads; judges nothing. Not here: the command (`scheduler.health_cli`), one outlet with all its particulars (`indexer.outlet_detail`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import sqlalchemy as sa

from crawler.model.feed import FeedState
from crawler.store import incidents, outlet_hours, sources
from crawler.store.health import FAULTS, OutletHealth, Verdict, read_health
from crawler.store.outlet_record import DAYS, RECENT, Holdings, held

DAY, WEEK, WEEKS = timedelta(days=1), timedelta(days=7), 4
NOT_JUDGED = "not judged"
"""Of an outlet that was not crawled yet."""
_ORDER = (Verdict.QUIET, Verdict.NEW, NOT_JUDGED, Verdict.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletLine:
    """One outlet. Times are aware, UTC."""

    outlet: str
    health: OutletHealth | None
    new: int
    """Articles filed for the first time in the last 24 hours."""
    usual: float | None
    """... and in the same 24 hours of the weeks before: the median of those of the last four in which it was crawled; None without any."""
    recent: Holdings
    """What its new articles held in the last seven days ..."""
    before: Holdings
    """... and in the four weeks before."""
    incident: int | None
    """Number of the one that is open."""
    states: tuple[FeedState, ...]
    """Of its sources that were ever asked, by address."""

    @property
    def verdict(self) -> str:
        """The verdict, or NOT_JUDGED."""
        return self.health.verdict if self.health else NOT_JUDGED

    @property
    def has_fault(self) -> bool:
        """Whether it needs to be looked at; new and quiet outlets do not."""
        return self.verdict in FAULTS

    @property
    def newest_at(self) -> datetime | None:
        """Publication of the newest article that its sources told."""
        said = [one.newest_at for one in self.states if one.newest_at]
        return max(said) if said else None

    def as_json(self) -> dict[str, Any]:
        """An element of `outlets health --json`; shares are between 0 and 1, null without any article."""
        one = self.health or OutletHealth(outlet=self.outlet, verdict=NOT_JUDGED, updated_at=datetime.min.replace(tzinfo=UTC))
        return {
            "outlet": self.outlet, "verdict": one.verdict, "since": one.since, "reason": one.reason, "has_fault": self.has_fault,
            "judged_at": one.updated_at if self.health else None, "last_success_at": one.last_success_at,
            "failures_in_a_row": one.failures_in_a_row, "newest_at": self.newest_at, "last_new_article_at": one.last_new_article_at,
            "articles_last_day": self.new, "articles_usual": self.usual, "articles_a_day": one.detail.get("articles_a_day"),
            "last_week": self.recent.as_json(), "weeks_before": self.before.as_json(), "incident": self.incident,
            "robots": one.detail.get("robots"), "tls": one.detail.get("tls"), "template": one.detail.get("template"),
            "dead_letters": one.detail.get("dead_letters", 0), "sources": [_source(state) for state in self.states],
        }  # fmt: skip


def read_lines(connection: sa.Connection, slugs: Collection[str], now: datetime) -> list[OutletLine]:
    """These outlets, those with a fault first, the fault that began first before the others; then quiet, new and sound ones."""
    health, open_ones = read_health(connection), incidents.open_incidents(connection)
    today = outlet_hours.sums(connection, now - DAY, now)
    weeks = [outlet_hours.sums(connection, now - back * WEEK - DAY, now - back * WEEK) for back in range(1, WEEKS + 1)]
    recent = outlet_hours.sums(connection, now - RECENT, now)
    before = outlet_hours.sums(connection, now - RECENT - timedelta(days=DAYS), now - RECENT)
    lines = [
        OutletLine(
            outlet=slug, health=health.get(slug), new=today[slug].new if slug in today else 0,
            usual=_usual(week[slug].new for week in weeks if slug in week), recent=held([recent[slug]] if slug in recent else []),
            before=held([before[slug]] if slug in before else []), incident=open_ones[slug].id if slug in open_ones else None,
            states=tuple(sorted(sources.read_states(connection, slug).values(), key=lambda one: one.url)),
        )
        for slug in slugs
    ]  # fmt: skip
    return sorted(lines, key=lambda one: _rank(one, now))


def _rank(one: OutletLine, now: datetime) -> tuple[int, datetime, str]:
    if one.has_fault:
        return -1, (one.health.since if one.health else None) or now, one.outlet
    return _ORDER.index(one.verdict) if one.verdict in _ORDER else len(_ORDER), now, one.outlet


def _usual(counts: Iterable[int]) -> float | None:
    found = list(counts)
    return float(median(found)) if found else None


def _source(one: FeedState) -> dict[str, Any]:
    names: Sequence[str] = (
        "url", "status", "polled_at", "answered_at", "changed_at", "newest_at", "failures_in_a_row", "failing_since", "last_error",
        "next_poll_at", "moved_to", "gone_at",
    )  # fmt: skip
    return {name: getattr(one, name) for name in names}
