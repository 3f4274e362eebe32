"""Made-up outlets: how much each publishes and when. Seeded; no clock, no network.

Sizes are those of the Polish outlets in the catalogue, roughly: a few big ones (100 to 400 articles a day), most 5 to 30, some one a
day, some two a week. Each has a habit (the shape of its week), a zone, a kind of feed, and its own idea of caching.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

ZONES = (
    "Europe/Warsaw",
    "Europe/Warsaw",
    "Europe/Berlin",
    "Europe/Kyiv",
    "Europe/London",
    "America/New_York",
    "Australia/Sydney",
    "Asia/Kolkata",
)
"""Clocks go forward in New York (14 March 2027) and Europe (28 March), back in Sydney (4 April); Kolkata's stay."""
COUNTRIES = {
    "Europe/Warsaw": "PL", "Europe/Berlin": "DE", "Europe/Kyiv": "UA", "Europe/London": "GB", "America/New_York": "US",
    "Australia/Sydney": "AU", "Asia/Kolkata": "IN",
}  # fmt: skip
HOLIDAYS = {
    "PL": ("2027-03-28", "2027-03-29"), "DE": ("2027-03-26", "2027-03-28", "2027-03-29"), "GB": ("2027-03-26", "2027-03-28", "2027-03-29"),
    "US": ("2027-03-28",), "AU": ("2027-03-26", "2027-03-27", "2027-03-28", "2027-03-29"),
}  # fmt: skip
"""Easter 2027, as each country keeps it."""


def _hours(**spans: float) -> np.ndarray:
    """24 weights: `h6_9=3.0` means that much in each of the hours 6, 7 and 8."""
    weights = np.full(24, spans.pop("rest", 0.0))
    for span, weight in spans.items():
        first, last = (int(part) for part in span[1:].split("_"))
        weights[first:last] = weight
    return weights


@dataclass(frozen=True, slots=True)
class Habit:
    """The shape of a week: weight of each hour of a day, of each weekday from Monday, of a holiday."""

    hours: np.ndarray
    days: tuple[float, ...]
    holiday: float
    spread: float
    """Shape of the gamma factor of a day: the smaller, the more a day differs from the next."""

    def week(self) -> np.ndarray:
        """Articles expected in each (weekday, hour) of an outlet with one article a day on average."""
        table = np.outer(self.days, self.hours)
        return table * 7 / table.sum()


HABITS = {
    "portal": Habit(_hours(rest=0.12, h6_9=1.4, h9_18=1.8, h18_23=1.1), (1, 1, 1, 1, 1, 0.75, 0.75), 0.6, 12),
    "daily": Habit(_hours(rest=0.02, h5_8=3.0, h8_16=0.8, h16_21=1.8), (1, 1, 1, 1, 1, 0.8, 0.35), 0.3, 8),
    "office": Habit(_hours(rest=0.005, h8_16=1.0), (1, 1, 1, 1, 0.9, 0.02, 0.02), 0.03, 5),
    "radio": Habit(_hours(rest=0.3, h5_20=1.0), (1, 1, 1, 1, 1, 0.9, 0.9), 0.8, 12),
    "weekly": Habit(_hours(rest=0.01, h9_15=1.0), (0.2, 0.5, 2.0, 2.0, 0.5, 0.1, 0.1), 0.3, 4),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """One outlet."""

    slug: str
    number: int
    zone: str
    habit: str
    per_day: float
    """Articles a day, a week's mean."""
    window: int
    """Entries that its feed holds."""
    form: str
    """"rss" or "json"."""
    validators: str
    """What its feed sends and honours: "etag", "date", "both" or "none"."""
    max_age_s: int | None
    """Cache-Control of its feed."""
    ttl_min: int | None
    """RSS ttl."""
    sitemap: bool
    """It has a news sitemap beside the feed, and both are watched."""
    design: int
    schedule: tuple[str, str]
    """Key and value of its [schedule]: ("adaptive", ""), ("every", "15m"), ("cron", "..."), ("windows", "...")."""


SLOTTED = (
    ("every", "15m"), ("cron", "*/20 6-22 * * *"), ("cron", "30 2 * * *"), ("every", "1h"), ("cron", "15 1,2,3 * * *"), ("cron", "0 8 * * 1-5"),
    ("windows", "10m 06-23, 1h"), ("cron", "@hourly"), ("every", "5m"),
)  # fmt: skip
"""Schedules of the outlets that are not adaptive, in turn; 1 to 3 o'clock is where clocks change."""


def make_newsrooms(count: int, seed: int, slotted_share: float = 0.1) -> list[Newsroom]:
    """The population. The first of every `1 / slotted_share` outlets keep fixed slots, the rest is adaptive."""
    rng = np.random.default_rng([seed, 1])
    every, slotted = max(2, round(1 / slotted_share)) if slotted_share else 0, 0
    made = []
    for number in range(count):
        habit, per_day = _size(number, count, rng)
        schedule = ("adaptive", "")
        if every and number % every == every - 1:
            schedule, slotted = SLOTTED[slotted % len(SLOTTED)], slotted + 1
        window = int(rng.choice([10, 15, 20, 30])) if per_day < 60 else int(rng.choice([20, 30, 50]))
        made.append(
            Newsroom(
                slug=f"outlet-{number:03}", number=number, zone=str(rng.choice(ZONES)), habit=habit, per_day=per_day, window=window,
                form=str(rng.choice(["rss", "rss", "json"])), validators=str(rng.choice(["etag", "date", "both", "none"], p=[0.35, 0.2, 0.3, 0.15])),
                max_age_s=int(rng.choice([60, 300, 600])) if rng.random() < 0.25 else None,
                ttl_min=int(rng.choice([5, 15, 60])) if rng.random() < 0.2 else None, sitemap=bool(rng.random() < 0.1),
                design=int(rng.integers(3)), schedule=schedule,
            )
        )  # fmt: skip
    return made


def _size(number: int, count: int, rng: np.random.Generator) -> tuple[str, float]:
    """Habit and articles a day; spread over the numbers so that a small population has every kind."""
    place = (number * 0.6180339887) % 1.0
    if place < 0.05:
        return str(rng.choice(["portal", "radio"])), float(np.exp(rng.uniform(np.log(100), np.log(400))))
    if place < 0.78:
        return str(rng.choice(["portal", "daily", "office", "radio"], p=[0.4, 0.3, 0.15, 0.15])), float(
            np.exp(rng.uniform(np.log(5), np.log(30)))
        )
    if place < 0.90:
        return str(rng.choice(["office", "daily"])), float(rng.uniform(0.7, 1.5))
    return "weekly", float(rng.uniform(0.25, 0.4))


def arrivals(room: Newsroom, start: datetime, days: int, seed: int) -> np.ndarray:
    """Seconds since 1970 at which the outlet publishes within `days` of `start` (aware), ascending, each in a second of its own.

    A Poisson process whose rate follows the habit on the outlet's own clocks, times a gamma factor a day and one an hour
    (overdispersed: news comes in waves); one in six comes within two minutes of the one before (a desk that empties its queue).
    """
    rng, habit, zone = np.random.default_rng([seed, 2, room.number]), HABITS[room.habit], ZoneInfo(room.zone)
    week = habit.week() * room.per_day
    hours = [start + timedelta(hours=hour) for hour in range(24 * days)]
    local = [hour.astimezone(zone) for hour in hours]
    of_day = {day: rng.gamma(habit.spread) / habit.spread for day in dict.fromkeys(one.date() for one in local)}
    rate = np.array([week[one.weekday(), one.hour] * of_day[one.date()] * _holiday(room, habit, one) for one in local])
    counts = rng.poisson(rate * rng.gamma(4.0, size=len(rate)) / 4.0)
    base = np.repeat([hour.timestamp() for hour in hours], counts)
    times = np.sort(base + rng.uniform(0, 3600, size=len(base)))
    close = rng.random(len(times)) < 1 / 6
    for place in range(1, len(times)):
        if close[place]:
            times[place] = times[place - 1] + rng.uniform(1, 120)
    times = np.sort(np.round(times))
    for place in range(1, len(times)):
        times[place] = max(times[place], times[place - 1] + 1)
    return times


def _holiday(room: Newsroom, habit: Habit, at: datetime) -> float:
    return habit.holiday if at.date().isoformat() in HOLIDAYS.get(COUNTRIES[room.zone], ()) else 1.0


def when(seconds: float) -> datetime:
    """The instant."""
    return datetime.fromtimestamp(float(seconds), UTC)
