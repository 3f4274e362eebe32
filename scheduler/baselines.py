"""What is usual at an outlet, from its own hours of the last weeks: how much it tells, what its articles hold. Pure.

Not here: the rhythm of its volume (`scheduler.volume`), when a departure from what is usual is a fault (`scheduler.verdicts`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crawler.model.template import Standing
from crawler.store.outlet_hours import FIELDS, OutletHour
from scheduler.volume import Volume

BASELINE = timedelta(days=35)
"""How far back what is usual is read from."""
LEARNED_AFTER = 20
"""New articles from which on shares and lengths are known."""
_NEWEST_PART, _NEWEST_LEAST, _NEWEST_MOST = 0.25, timedelta(days=1), timedelta(days=7)
"""How much of the baseline is too new to say what is usual: a fault that small outlets show in a week must not become usual meanwhile."""
_PRIOR_ARTICLES = 10.0
"""A share is drawn towards its prior as if so many articles had been seen."""
_PRIOR_LIKENESS, _PRIOR_DAYS = 0.02, 10
"""How alike the articles of a day are (intraclass correlation) where nothing is known, and for how many days that stands."""
HIGH_SD = 3.0
"""A day's share is high from so many standard deviations on that days have among themselves."""
PRIOR_BAD = 0.05
"""Share of pages without text, of walls, of paid articles where nothing is known."""


class Share(NamedTuple):
    """A share of bad ones among pages or articles, 0 to 1."""

    mean: float
    high: float
    """On a bad day, as days are at this outlet: an outlet prints agency texts without authors by the dozen on a Sunday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What is usual."""

    articles: int = 0
    """New ones in the baseline: what the rest is known from."""
    words: float = 0.0
    """Of one article, on average."""
    shares: dict[str, Share] = field(default_factory=dict)
    """By name: "text", pages without one; "walls", pages that were one; "paid" articles; articles without each of `FIELDS`."""

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
    """What is usual, from the hours of the baseline; the newest are left out, for they are what is compared."""
    begin = max(now - BASELINE, hours[0].hour) if hours else now
    until = now - min(max((now - begin) * _NEWEST_PART, _NEWEST_LEAST), _NEWEST_MOST)
    known = [one for one in hours if begin <= one.hour < until]
    days: dict[date, list[OutletHour]] = defaultdict(list)
    for one in known:
        days[one.hour.date()].append(one)
    new = sum(one.new for one in known)
    shares = {
        "text": _share(days, lambda one: one.no_text, lambda one: max(one.pages - one.blocked, one.no_text), PRIOR_BAD),
        "walls": _share(days, lambda one: one.blocked, lambda one: max(one.pages, one.blocked), PRIOR_BAD),
        "paid": _share(days, lambda one: one.paid, lambda one: one.new, PRIOR_BAD),
    }
    for name in FIELDS:
        shares[name] = _share(days, _without(name), lambda one: one.new, 0.5)
    return Usual(articles=new, words=sum(one.words for one in known) / new if new else 0.0, shares=shares)


def _without(name: str) -> Callable[[OutletHour], int]:
    return lambda one: one.new - int(getattr(one, f"with_{name}"))


def _share(
    days: Mapping[date, Sequence[OutletHour]], bad: Callable[[OutletHour], int], of: Callable[[OutletHour], int], prior: float
) -> Share:
    """The mean, and what days vary about it more than chance lets them: a beta-binomial by the method of moments."""
    counts = [(sum(map(bad, hours)), sum(map(of, hours))) for hours in days.values()]
    counts = [(some, total) for some, total in counts if total]
    everything = sum(total for _, total in counts)
    mean = (sum(some for some, _ in counts) + _PRIOR_ARTICLES * prior) / (everything + _PRIOR_ARTICLES)
    variance = mean * (1 - mean)
    beyond = sum((some - total * mean) ** 2 - total * variance for some, total in counts)
    most = sum(total * (total - 1) * variance for _, total in counts)
    found = min(max(beyond / most, 0.0), 1.0) if most else 0.0
    likeness = (found * len(counts) + _PRIOR_LIKENESS * _PRIOR_DAYS) / (len(counts) + _PRIOR_DAYS)
    return Share(mean, min(mean + HIGH_SD * math.sqrt(variance * likeness), 1.0))
