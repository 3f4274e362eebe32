"""What is usual at an outlet, from its own hours of the last weeks: how much it tells, what its articles hold. Pure.

Not here: the rhythm of its volume (`scheduler.volume`), when a departure from what is usual is a fault (`scheduler.verdicts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from crawler.model.template import Standing
from crawler.store.outlet_hours import OutletHour
from scheduler.volume import Volume

BASELINE = timedelta(days=35)
"""How far back what is usual is read from."""
LEARNED_AFTER = 20
"""New articles from which on shares and lengths are known."""
_PRIOR_ARTICLES = 10.0
"""A share is drawn towards its prior as if so many articles had been seen."""
FIELDS = ("authors", "date", "lead", "image")
"""Fields whose coverage is watched; each is a column `with_...` of an hour and a figure of `NewArticles`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """Shares are between 0 and 1."""

    articles: int = 0
    """New ones in the baseline: what the rest is known from."""
    words: float = 0.0
    """Of one article, on average."""
    no_text: float = 0.02
    """Share of the pages read that gave no article."""
    blocked: float = 0.02
    """Share of the pages that were walls."""
    paid: float = 0.02
    fields: dict[str, float] = field(default_factory=dict)
    """Field -> share of new articles that have it."""

    @property
    def is_known(self) -> bool:
        """Whether there were articles enough to compare new ones with."""
        return self.articles >= LEARNED_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a judgement knows of an outlet besides its last crawl."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """The outlet's clocks: reasons tell times by them."""
    usual: Usual = field(default_factory=Usual)
    volume: Volume | None = None
    """None: too little is known of its rhythm."""
    standing: Standing = field(default_factory=Standing)
    """How its template fares (`crawler.store.templates`)."""
    letters: int = 0
    """Its dead letters of the last day."""

    def with_standing(self, standing: Standing) -> History:
        """The same with its template's newest standing."""
        return replace(self, standing=standing)


def usual_of(hours: Sequence[OutletHour], now: datetime) -> Usual:
    """What is usual, from the hours of the baseline; the last day is left out, for it is what is compared."""
    known = [one for one in hours if now - BASELINE <= one.hour < now - timedelta(days=1)]
    new = sum(one.new for one in known)
    if not new:
        return Usual()
    pages = sum(one.pages for one in known)
    no_text, blocked = sum(one.no_text for one in known), sum(one.blocked for one in known)
    return Usual(
        articles=new, words=sum(one.words for one in known) / new, no_text=_share(no_text, pages, 0.02),
        blocked=_share(blocked, pages, 0.02), paid=_share(sum(one.paid for one in known), new, 0.02),
        fields={name: _share(sum(getattr(one, f"with_{name}") for one in known), new, 0.5) for name in FIELDS},
    )  # fmt: skip


def _share(some: int, total: int, prior: float) -> float:
    return (some + _PRIOR_ARTICLES * prior) / (max(total, some) + _PRIOR_ARTICLES)
