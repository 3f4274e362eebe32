"""An outlet's own weekly rhythm: how many new articles are to be expected at an instant, from what its crawls found by the hour. Pure.

Each level is drawn towards the one before it while little is known: the outlet's mean (towards a prior), the hour of the day (towards
the mean, less at night), the day of the week (towards what its hours expect), the hour of the week (towards hour times day). The pull is a number of
articles, not of hours (a Gamma prior on Poisson rates), so a big outlet is known within days and one with an article a
day stays near its mean for weeks. Old weeks count less. Hours without a good crawl count for nothing, so an outage leaves no dent; what
the first crawl after it brings is shared among the hours it may be from. Not here: what follows for the next poll
(`scheduler.adaptive`), whether a silence is alarming (`scheduler.verdicts`).
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

MEMORY = timedelta(days=28)
"""Older hours are not looked at: four weeks show each hour of the week four times."""
HALF_LIFE_DAYS = 14.0
WEEK_HOURS = 168
PRIOR_RATE = 0.5
"""Articles an hour of an outlet of which nothing is known: twelve a day."""
PRIOR_HOURS = 6.0
"""For how many hours' observation the prior rate stands."""
PRIOR_DAY = (0.15,) * 5 + (0.5,) + (1.35,) * 16 + (0.6, 0.3)
"""Shape of a day of which nothing is known, mean about 1: at night newsrooms sleep."""
PULL_HOUR, PULL_DAY, PULL_CELL, PULL_LATELY = 2.0, 10.0, 6.0, 10.0
"""How many articles it takes to move as far as halfway from what the level above expects: hour of the day, day of the week, hour of
the week, last day. Measured little sensitive (`tests/scheduler/measure_adaptive.py`)."""
WHOLE_GAP = timedelta(hours=24)
"""What a crawl brings after a longer pause is not counted: a feed tells only its last entries."""
_BURST = 3.0
"""An hour counts at most so many times the busiest of twenty hours: an archive that is put into a feed is no rhythm."""
_HOUR = timedelta(hours=1)


class HourFigures(Protocol):
    """What is read of an `OutletHour`."""

    @property
    def hour(self) -> datetime:
        """Its begin, UTC."""

    @property
    def crawls(self) -> int:
        """Crawls that ended in it."""

    @property
    def failures(self) -> int:
        """Those of which no source answered."""

    @property
    def new(self) -> int:
        """Articles found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Articles expected an hour, by hour of the week on the outlet's clocks."""

    zone: str
    rates: tuple[float, ...]
    """168, Monday 00:00 first; articles an hour, above 0."""
    known_hours: float = 0.0
    """Hours of observation behind it, without weights."""
    lately: float = 1.0
    """How the last day was against the rhythm, from 0.5 to 2: holidays and great events."""

    def rate_at(self, instant: datetime) -> float:
        """Articles an hour at an aware instant."""
        local = instant.astimezone(ZoneInfo(self.zone))
        return self.rates[local.weekday() * 24 + local.hour] * self.lately

    @property
    def a_day(self) -> float:
        """Articles a day, the mean of a week."""
        return sum(self.rates) / 7


def unknown_rhythm(zone: str) -> Rhythm:
    """Of an outlet that was never crawled."""
    return Rhythm(zone=zone, rates=tuple(PRIOR_RATE * PRIOR_DAY[place % 24] for place in range(WEEK_HOURS)))


def rhythm_of(hours: Iterable[HourFigures], zone: str, now: datetime) -> Rhythm:
    """The rhythm from the hours of the last four weeks (others are passed over), in any order."""
    rows = sorted((one for one in hours if now - MEMORY <= one.hour <= now), key=lambda one: one.hour)
    observed = _observed(rows)
    if not observed:
        return unknown_rhythm(zone)
    cap = _cap([count for _, count in observed])
    place = ZoneInfo(zone)
    counts, weights = [0.0] * WEEK_HOURS, [0.0] * WEEK_HOURS
    for hour, count in observed:
        local = hour.astimezone(place)
        age = 0.5 ** ((now - hour) / timedelta(days=HALF_LIFE_DAYS))
        counts[local.weekday() * 24 + local.hour] += min(count, cap) * age
        weights[local.weekday() * 24 + local.hour] += age * min(1.0, (now - hour) / _HOUR)  # the hour under way is not over
    rates = tuple(_shrunk(counts, weights))
    rhythm = Rhythm(zone=zone, rates=rates, known_hours=float(len(observed)))
    return Rhythm(zone=zone, rates=rates, known_hours=rhythm.known_hours, lately=_lately(observed, rhythm, now, cap))


def _observed(rows: Sequence[HourFigures]) -> list[tuple[datetime, float]]:
    """(hour, articles) of every hour that good crawls tell of: a crawl tells of the hours since the good one before it."""
    observed: list[tuple[datetime, float]] = []
    last: datetime | None = None
    for row in rows:
        if row.crawls <= row.failures:
            continue
        if last is not None and row.hour - last <= WHOLE_GAP:
            hours = int((row.hour - last) / _HOUR)
            observed += [(last + _HOUR * (number + 1), row.new / hours) for number in range(hours)]
        last = row.hour  # before the first crawl the whole feed is new: it tells of no hour
    return observed


def _cap(counts: Sequence[float]) -> float:
    ordered = sorted(counts)
    return max(5.0, _BURST * ordered[int(0.95 * (len(ordered) - 1))])


def _shrunk(counts: Sequence[float], weights: Sequence[float]) -> list[float]:
    mean = (sum(counts) + PRIOR_RATE * PRIOR_HOURS) / (sum(weights) + PRIOR_HOURS)

    def pulled(count: float, weight: float, towards: float, pull: float) -> float:
        return (count + pull) / (weight + pull / towards)

    by_hour = [pulled(sum(counts[hour::24]), sum(weights[hour::24]), mean * PRIOR_DAY[hour], PULL_HOUR) for hour in range(24)]
    by_day = []
    for day in range(7):
        found = sum(counts[24 * day : 24 * day + 24])
        expected = sum(weight * by_hour[hour] for hour, weight in enumerate(weights[24 * day : 24 * day + 24]))
        by_day.append((found + PULL_DAY) / (expected + PULL_DAY))
    return [
        pulled(counts[place], weights[place], max(1e-3, by_hour[place % 24] * by_day[place // 24]), PULL_CELL)
        for place in range(WEEK_HOURS)
    ]


def _lately(observed: Sequence[tuple[datetime, float]], rhythm: Rhythm, now: datetime, cap: float) -> float:
    """The last day against what was expected of it, drawn towards 1 by ten articles."""
    first = bisect.bisect_left(observed, now.astimezone(UTC) - timedelta(hours=24), key=lambda one: one[0])
    found = sum(min(count, cap) for _, count in observed[first:])
    expected = sum(rhythm.rate_at(hour) for hour, _ in observed[first:])
    return min(2.0, max(0.5, (found + PULL_LATELY) / (expected + PULL_LATELY)))
