"""How much an outlet tells by weekday and hour of its own clocks, and how improbable a silence is. Pure.

The time of a silence is measured in articles that would have been usual in it (time rescaling: Daley and Vere-Jones, An Introduction to
the Theory of Point Processes, 7.4), so that a night or a Sunday costs nothing. Articles come in bursts, and days differ: bursts are
counted as one event, and a day's volume is gamma distributed about its rhythm, so the chance of a silence of x articles is
(1 + a·x/m)^(-1/a) for bursts of m and a day-to-day variance a (squared coefficient of variation); e^(-x) for m = 1 and a -> 0.

A silence only grows until it ends, so looking at it often raises no more alarms: an outlet has as many chances of a false alarm as it has
silences, about one a burst. That is where the chance to alarm at comes from (`FALSE_ALARMS`). Not here: the rhythm that polls follow (`scheduler.weekly`), which leans towards
what happened last; this one leaves odd days out, for it is what they are measured by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from statistics import median
from zoneinfo import ZoneInfo

from crawler.store.outlet_hours import OutletHour
from scheduler.holidays import is_holiday

FALSE_ALARMS = 0.05
"""An outlet-year, by silence alone; an order below what the house promises, for no model of an outlet is right."""
KNOWN_AFTER_DAYS, KNOWN_AFTER_ARTICLES = 8, 20
"""From here on there is a rhythm: each weekday was seen once."""
SPREAD = 0.08
"""Day-to-day variance of an outlet of which nothing is known: days differ by 28 % (sd) from their rhythm ..."""
_SPREAD_DAYS = 20
"""... which counts as so many days' evidence."""
_PRIOR_WEEKS = 6.0
"""An hour of one weekday is drawn towards the same hour of its kind of day as if that had been seen so many times."""
_LONGEST_GAP_H = 26
"""Between two crawls that answered: what the later one brought is spread over the hours between; after a longer one it is left out."""
_ODD_LOW, _ODD_HIGH, _ODD_FROM = 0.25, 4.0, 6.0
"""Days with less or more than so many times the median of their kind teach nothing (a strike, a fault, an import)."""
_BEYOND_SEEN = 1.25
"""A silence must be longer than the second longest of the baseline by this."""
_SUNDAY, _WEEK_H = 6, 168


@dataclass(frozen=True, slots=True)
class _Hour:
    """One hour of the outlet's clocks that was watched."""

    day: date
    weekday: int
    """As it is lived: a public holiday is a Sunday."""
    hour: int
    count: float
    crawl: int
    """Which hour of crawls brought it."""


@dataclass(frozen=True)
class Volume:
    """Articles by hour of the week."""

    zone: ZoneInfo
    country: str
    """ISO 3166-1: for public holidays."""
    rates: tuple[float, ...]
    """Articles an hour, 168 of them, Monday 0:00 first, on the outlet's clocks."""
    burst: float = 1.0
    """Articles that come together, on average; at least 1."""
    spread: float = SPREAD
    """Squared coefficient of variation of a day's volume about its rhythm."""
    longest: float = 0.0
    """Second longest silence of the baseline, in articles."""

    @cached_property
    def a_day(self) -> float:
        """Articles a day, on average over the week."""
        return sum(self.rates) / 7

    def expected(self, start: datetime, end: datetime) -> float:
        """Articles usual between two instants."""
        total, at = 0.0, start
        while at < end:
            following = min(at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1), end)
            local = at.astimezone(self.zone)
            weekday = _SUNDAY if is_holiday(self.country, local.date()) else local.weekday()
            total += self.rates[weekday * 24 + local.hour] * (following - at).total_seconds() / 3600
            at = following
        return total

    def chance(self, silence: float) -> float:
        """The chance of so long a silence (in articles), each time that one begins."""
        return float((1 + self.spread * silence / self.burst) ** (-1 / self.spread))

    @cached_property
    def limit(self) -> float:
        """The silence, in articles, that chance brings less than `FALSE_ALARMS` times a year."""
        chance = FALSE_ALARMS / max(365 * self.a_day / self.burst, 1.0)
        by_chance = self.burst / self.spread * (chance**-self.spread - 1)
        return float(max(by_chance, self.longest * _BEYOND_SEEN))


def volume_of(hours: Sequence[OutletHour], zone: ZoneInfo, country: str) -> Volume | None:
    """The rhythm of the outlet whose hours these are, oldest first; None while too little is known."""
    watched = list(_watched(_until_silence(hours), zone, country))
    days = defaultdict(list)
    for one in watched:
        days[one.day].append(one)
    if len(days) < KNOWN_AFTER_DAYS or sum(one.count for one in watched) < KNOWN_AFTER_ARTICLES:
        return None
    usual = _without_odd_days(days)
    rates = _rates([one for day in usual for one in days[day]])
    burst = _burst([days[day] for day in usual], rates)
    return Volume(
        zone=zone, country=country, rates=rates, burst=burst, spread=_spread([days[day] for day in usual], rates, burst),
        longest=_second_longest(watched, rates),
    )  # fmt: skip


def _until_silence(hours: Sequence[OutletHour]) -> Sequence[OutletHour]:
    """Without the silence that goes on: it is what is measured, and taught it would excuse itself."""
    end = len(hours)
    while end and not hours[end - 1].new:
        end -= 1
    return hours[:end]


def _watched(hours: Sequence[OutletHour], zone: ZoneInfo, country: str) -> Iterator[_Hour]:
    """Each hour that crawls looked at; what a crawl brought after hours without one is spread over them."""
    before: datetime | None = None
    for number, one in enumerate(hours):
        if one.failures >= one.crawls:
            continue  # nobody answered: what was told meanwhile comes with the next that does
        gap = int((one.hour - before).total_seconds() // 3600) if before else 0
        before = one.hour
        if not 1 <= gap <= _LONGEST_GAP_H:
            continue
        for back in range(gap - 1, -1, -1):
            local = (one.hour - timedelta(hours=back)).astimezone(zone)
            weekday = _SUNDAY if is_holiday(country, local.date()) else local.weekday()
            yield _Hour(local.date(), weekday, local.hour, one.new / gap, number)


def _without_odd_days(days: dict[date, list[_Hour]]) -> list[date]:
    whole = {day: sum(one.count for one in hours) for day, hours in days.items() if len(hours) >= 20}
    kinds: dict[int, list[float]] = defaultdict(list)
    for day, total in whole.items():
        kinds[_kind(days[day][0].weekday)].append(total)
    usual = []
    for day, hours in days.items():
        middle = median(kinds.get(_kind(hours[0].weekday)) or [0.0])
        if day not in whole or middle < _ODD_FROM or _ODD_LOW <= whole[day] / middle <= _ODD_HIGH:
            usual.append(day)
    return usual


def _kind(weekday: int) -> int:
    """Monday to Friday are alike; Saturday and Sunday are not."""
    return max(weekday - 4, 0)


def _rates(hours: Sequence[_Hour]) -> tuple[float, ...]:
    """Count and time by hour of the week, drawn towards the kind of day, and that smoothed over the neighbouring hours."""
    counts, times = [0.0] * _WEEK_H, [0.0] * _WEEK_H
    for one in hours:
        counts[one.weekday * 24 + one.hour] += one.count
        times[one.weekday * 24 + one.hour] += 1
    rates: list[float] = []
    for weekday in range(7):
        alike = [other for other in range(7) if _kind(other) == _kind(weekday)]
        if sum(sum(times[other * 24 : other * 24 + 24]) for other in alike) < 24:
            alike = list(range(7))
        profile = _smooth(
            [
                sum(counts[other * 24 + hour] for other in alike) / max(sum(times[other * 24 + hour] for other in alike), 1)
                for hour in range(24)
            ]
        )
        place = slice(weekday * 24, weekday * 24 + 24)
        own, usual = sum(counts[place]), sum(rate * time for rate, time in zip(profile, times[place], strict=True))
        level = (own + _PRIOR_WEEKS) / (usual + _PRIOR_WEEKS)
        rates += [
            (count + _PRIOR_WEEKS * rate * level) / (time + _PRIOR_WEEKS)
            for count, time, rate in zip(counts[place], times[place], profile, strict=True)
        ]
    return tuple(round(rate, 5) for rate in rates)


def _smooth(profile: Sequence[float]) -> list[float]:
    return [(profile[hour - 1] + 2 * profile[hour] + profile[(hour + 1) % 24]) / 4 for hour in range(24)]


def _burst(days: Sequence[Sequence[_Hour]], rates: Sequence[float]) -> float:
    """Variance to mean of what a crawl brings, the day's own level taken out (which takes a degree of freedom a day)."""
    squares = means = 0.0
    for hours in days:
        crawls: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for one in hours:
            crawls[one.crawl][0] += one.count
            crawls[one.crawl][1] += rates[one.weekday * 24 + one.hour]
        expected = sum(rate for _, rate in crawls.values()) or 1.0
        level = sum(count for count, _ in crawls.values()) / expected
        squares += sum((count - level * rate) ** 2 for count, rate in crawls.values())
        means += level * (expected - sum(rate**2 for _, rate in crawls.values()) / expected)
    return max(1.0, squares / means) if means > 0 else 1.0


def _spread(days: Sequence[Sequence[_Hour]], rates: Sequence[float], burst: float) -> float:
    """What the days' totals vary more than bursts alone let them (method of moments), drawn towards `SPREAD`."""
    beyond = squares = 0.0
    for hours in days:
        expected = sum(rates[one.weekday * 24 + one.hour] for one in hours)
        beyond += (sum(one.count for one in hours) - expected) ** 2 - burst * expected
        squares += expected**2
    found = max(0.0, beyond / squares) * len(days) / max(len(days) - 4, 1) if squares else 0.0
    return (found * len(days) + SPREAD * _SPREAD_DAYS) / (len(days) + _SPREAD_DAYS)


def _second_longest(watched: Sequence[_Hour], rates: Sequence[float]) -> float:
    """The longest may have been a fault."""
    silence, found = 0.0, [0.0, 0.0]
    for one in watched:
        if one.count > 0:
            found.append(silence)
            silence = 0.0
        silence += rates[one.weekday * 24 + one.hour]
    return sorted(found)[-2]
