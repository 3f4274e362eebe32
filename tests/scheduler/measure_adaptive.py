"""How soon adaptive polling finds articles, and with how many requests, beside a fixed five minutes: made-up outlets, no clock, no network.

    python -m tests.scheduler.measure_adaptive [--outlets 100] [--days 14] [--scale 570] [--power 0.75 0.5 ...]

Two populations: `press`, by which the policy's two numbers were chosen, and `other`, set aside: other shapes of days, sizes, zones, seed.
The same scale at another power is another number of requests: compare at equal requests.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from crawler.model.feed import FeedState
from scheduler import adaptive
from scheduler.adaptive import Adaptive, next_poll, rhythm_of, unknown_rhythm

START = datetime(2026, 3, 16, tzinfo=UTC)
"""A Monday; clocks go forward in Europe on the second Sunday after."""
FIXED_S = 300.0
GATHER_S = 30.0
"""The service looks so often for adaptive outlets whose time has come (`scheduler.service.GATHER_S`); `--gather` sets it."""
LEARN_S = 4 * 3600.0
"""How often the rhythm is learnt anew here; the service does it more often, which changes little and costs minutes."""


@dataclass(frozen=True)
class Paper:
    """One outlet: articles a day, 24 weights of hours, 7 of days, entries in its feed, what it says of freshness."""

    number: int
    zone: str
    per_day: float
    hours: tuple[float, ...]
    days: tuple[float, ...]
    window: int
    ttl_s: int | None


@dataclass(frozen=True)
class Hour:
    """What `rhythm_of` reads."""

    hour: datetime
    new: int
    crawls: int = 1
    failures: int = 0


@dataclass
class Result:
    """Delays in seconds, requests, and articles that left the feed unseen."""

    delays: np.ndarray
    requests: int
    lost: int
    fixed_delays: np.ndarray
    fixed_requests: int


def press(count: int) -> list[Paper]:
    """One in twenty big (100 to 400 a day), two thirds 5 to 30, the rest about one a day; nights quiet."""
    rng = np.random.default_rng(11)
    day = (*(0.05,) * 5, 0.5, 1.5, 2.0, *(1.5,) * 9, *(1.0,) * 5, 0.5, 0.2)
    morning = (*(0.01,) * 5, 2.5, 3.0, 2.0, *(0.8,) * 8, *(1.5,) * 5, *(0.1,) * 3)
    papers = []
    for number in range(count):
        place = (number * 0.6180339887) % 1
        per_day = float(np.exp(rng.uniform(*np.log((100, 400) if place < 0.05 else (5, 30) if place < 0.7 else (0.7, 1.5)))))
        hours, days = (day, (1, 1, 1, 1, 1, 0.7, 0.7)) if rng.random() < 0.6 else (morning, (1, 1, 1, 1, 1, 0.6, 0.3))
        ttl_s = int(rng.choice([300, 900, 3600])) if rng.random() < 0.15 else None
        papers.append(Paper(number, "Europe/Warsaw", per_day, hours, days, int(rng.choice([15, 20, 30, 50])), ttl_s))
    return papers


def other(count: int) -> list[Paper]:
    """Set aside: no big ones above 150 a day, offices that publish in eight hours, radios that never sleep, four zones."""
    rng = np.random.default_rng(23)
    office = (*(0.0,) * 8, *(1.0,) * 8, *(0.0,) * 8)
    radio = (*(0.4,) * 5, *(1.0,) * 15, *(0.6,) * 4)
    papers = []
    for number in range(count):
        per_day = float(np.exp(rng.uniform(*np.log((60, 150) if number % 12 == 0 else (3, 40) if number % 3 else (0.3, 3)))))
        hours, days = (office, (1, 1, 1.3, 1, 0.8, 0.02, 0.02)) if rng.random() < 0.4 else (radio, (1,) * 7)
        zone = str(rng.choice(["America/New_York", "Asia/Kolkata", "Australia/Sydney", "Europe/London"]))
        papers.append(Paper(number, zone, per_day, hours, days, int(rng.choice([10, 20, 25])), None))
    return papers


def arrivals(paper: Paper, days: int, seed: int) -> np.ndarray:
    """Seconds after START of each article: Poisson by weekday and hour on the outlet's clocks, days and hours overdispersed (gamma)."""
    rng = np.random.default_rng([seed, paper.number])
    week = np.outer(paper.days, paper.hours)
    week *= 7 * paper.per_day / week.sum()
    local = [(START + timedelta(hours=hour)).astimezone(ZoneInfo(paper.zone)) for hour in range(24 * days)]
    of_day = rng.gamma(8, 1 / 8, size=days + 2)
    rate = np.array([week[at.weekday(), at.hour] * of_day[(at.date() - START.date()).days + 1] for at in local])
    counts = rng.poisson(rate * rng.gamma(4, 1 / 4, size=len(rate)))
    return np.sort(np.repeat(np.arange(24 * days) * 3600.0, counts) + rng.uniform(0, 3600, counts.sum()))


def polls(paper: Paper, times: np.ndarray, days: int, slots: Adaptive) -> Iterator[tuple[float, int, int]]:
    """(seconds after START, articles found, articles that had left the feed) of each poll, the rhythm learnt on the way."""
    hours: dict[datetime, int] = {}
    rhythm, known_in, overlap = unknown_rhythm(paper.zone), -1, None
    at, met = 0.0, 0
    while at < days * 86400.0:
        there = int(np.searchsorted(times, at, side="right"))
        new = there - met
        if new:
            overlap = max(0.0, 1 - new / paper.window) if met else None
        yield at, min(new, paper.window), max(0, new - paper.window)
        met = there
        hour = START + timedelta(hours=int(at // 3600))
        hours[hour] = hours.get(hour, 0) + min(new, paper.window)
        now = START + timedelta(seconds=at)
        if at // LEARN_S != known_in:
            rhythm, known_in = rhythm_of([Hour(key, value) for key, value in hours.items()], paper.zone, now), at // LEARN_S
        state = FeedState(url="u", outlet="o", ttl_s=paper.ttl_s, overlap=overlap)
        at += next_poll(slots, rhythm, [state], now).interval_s
        at = -(-at // GATHER_S) * GATHER_S


def measure(papers: list[Paper], days: int, seed: int, *, from_day: int = 0) -> Result:
    """All outlets; articles and requests before `from_day` are not counted (they are learnt from)."""
    delays, fixed, requests, lost = [], [], 0, 0
    for paper in papers:
        times = arrivals(paper, days, seed)
        begin, end = from_day * 86400.0, days * 86400.0
        asked = list(polls(paper, times, days, Adaptive()))
        instants = np.array([at for at, _, _ in asked])
        found = np.searchsorted(instants, times, side="left")
        counted = (times >= begin) & (found < len(instants))
        delays.append(instants[found[counted]] - times[counted])
        phase = FIXED_S * ((paper.number * 0.38) % 1)
        fixed.append((phase - times[counted]) % FIXED_S)
        requests += int(((instants >= begin) & (instants < end)).sum())
        lost += sum(gone for at, _, gone in asked if at >= max(begin, 1.0))
    return Result(
        np.concatenate(delays), requests, lost, np.concatenate(fixed), int(len(papers) * (days - from_day) * 86400 / FIXED_S)
    )


def told(name: str, result: Result) -> str:
    """One line of the table."""
    ours, fixed = np.percentile(result.delays, [50, 90]), np.percentile(result.fixed_delays, [50, 90])
    return (
        f"{name:34} {len(result.delays):7} {ours[0]:8.0f} {ours[1]:8.0f} {result.delays.mean():8.0f} {fixed[0]:8.0f} "
        f"{result.fixed_delays.mean():8.0f} {result.requests / result.fixed_requests:9.1%} {result.lost:6}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--outlets", type=int, default=100)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--scale", type=float, default=adaptive.AT_ONE_AN_HOUR_S)
    parser.add_argument("--power", type=float, nargs="*", default=[adaptive.POWER])
    parser.add_argument("--gather", type=float, default=GATHER_S)
    wanted = parser.parse_args()
    globals()["GATHER_S"] = wanted.gather
    print(f"{'':34} {'found':>7} {'median':>8} {'p90':>8} {'mean':>8} {'5m med.':>8} {'5m mean':>8} {'requests':>9} {'lost':>6}")
    adaptive.AT_ONE_AN_HOUR_S = wanted.scale
    for power in wanted.power:
        adaptive.POWER = power
        for name, papers in (("press", press(wanted.outlets)), ("other, set aside", other(wanted.outlets))):
            for label, from_day in (("whole", 0), ("after a week", 7)):
                started = time.process_time()
                result = measure(papers, wanted.days, 5, from_day=from_day)
                print(told(f"{name}, {label}, {power:g}", result), f"{time.process_time() - started:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
