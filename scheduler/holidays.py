"""Public holidays of the countries in the catalogue: on such a day a newsroom may keep Sunday's rhythm. Pure.

From the countries' own laws as of 2026; those of a region, and those that follow the moon (Türkiye), are left out. A day that is missing or
too many here costs little: what counts as usual on that day is a weekday's instead of a Sunday's, or the other way round.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_EVERYWHERE = "01-01 12-25"
_FIXED = {
    "AT": "01-06 05-01 08-15 10-26 11-01 12-08 12-26",
    "CZ": "05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-26",
    "DE": "05-01 10-03 12-26",
    "EE": "02-24 05-01 06-23 06-24 08-20 12-24 12-26",
    "ES": "01-06 05-01 08-15 10-12 11-01 12-06 12-08",
    "EU": "05-01 05-09 11-01 12-24 12-26",
    "FR": "05-01 05-08 07-14 08-15 11-01 11-11",
    "GB": "12-26",
    "IT": "01-06 04-25 05-01 06-02 08-15 11-01 12-08 12-26",
    "LT": "02-16 03-11 05-01 06-24 07-06 08-15 11-01 11-02 12-24 12-26",
    "LV": "05-01 05-04 06-23 06-24 11-18 12-24 12-26 12-31",
    "NL": "04-27 12-26",
    "PL": "01-06 05-01 05-03 08-15 11-01 11-11 12-24 12-26",
    "RU": "01-02 01-03 01-04 01-05 01-06 01-07 01-08 02-23 03-08 05-01 05-09 06-12 11-04",
    "SK": "01-06 05-01 05-08 07-05 08-29 09-15 11-01 11-17 12-24 12-26",
    "TR": "04-23 05-01 05-19 07-15 08-30 10-29",
    "UA": "08-24",
    "US": "06-19 07-04 11-11",
}
"""Month and day, besides those that are kept everywhere."""
_FROM_EASTER = {
    "AT": (1, 39, 50, 60), "CZ": (-2, 1), "DE": (-2, 1, 39, 50), "EE": (-2,), "ES": (-2,), "EU": (-2, 1, 39, 50), "FR": (1, 39, 50),
    "GB": (-2, 1), "IT": (1,), "LT": (1,), "LV": (-2, 1), "NL": (1, 39, 50), "PL": (1, 60), "SK": (-2, 1),
}  # fmt: skip
"""Days after Easter Sunday of the western calendar: -2 Good Friday, 1 Monday, 39 Ascension, 50 Whit Monday, 60 Corpus Christi."""


def is_holiday(country: str, day: date) -> bool:
    """Whether `day` is a public holiday of the country (ISO 3166-1 alpha-2), besides Sundays."""
    return day in _holidays(country, day.year)


@lru_cache(maxsize=256)
def _holidays(country: str, year: int) -> frozenset[date]:
    fixed = f"{_EVERYWHERE} {_FIXED.get(country, '')}".split()
    first = easter(year)
    moving = (first + timedelta(days=days) for days in _FROM_EASTER.get(country, ()))
    return frozenset(moving) | {date(year, int(text[:2]), int(text[3:])) for text in fixed}


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of Nature, 20 April 1876, as in Meeus, Astronomical Algorithms, 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 19 * m) // 433
    month = (h + m - 7 * n + 90) // 25
    return date(year, month, (h + m - 7 * n + 33 * month + 19) % 32)
