"""Times as feeds and sitemaps write them: RFC 822, ISO 8601, their many cousins, other languages at last.

The rule of SAFETY.md: accept 1990-01-01 to now + 24 h, else there is no time; "CET" is not UTC. Not here: dates in pages
(`crawler.normalize.dates`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_tz

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)
MAX_DATE_LENGTH = 100

_HOURS = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "met": 1, "cest": 2, "mesz": 2, "mest": 2,
    "eet": 2, "eest": 3, "msk": 3, "trt": 3, "msd": 4, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7, "jst": 9, "kst": 9,
}  # fmt: skip
"""Zone names met in feeds of the outlets watched. RFC 822 knows the American ones only; feedparser reads the rest as UTC."""
_ZONE_NAME = re.compile(r"(?<=[\d\s])\(?([A-Za-z]{1,4})\)?$")
_ISO = re.compile(
    r"([12]\d{3})-?(\d\d)(?:-?(\d\d))?(?:[T ]+(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?", re.I
)
_YEAR = re.compile(r"(?:19|20)\d\d$")
_NO_ZONE = re.compile(r"\d:\d\d$")
_ANCIENT = re.compile(r"(?<![\d:+-])0\d{3}(?!\d)")
"""A year such as 0001, which the email package reads as 2001."""
_NUMBERS = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?:[ ,T]+(\d{1,2}):(\d\d)(?::(\d\d))?)?$")


class DateReader:
    """Reads the dates of one source. Holds the languages, the clock, and a budget for the slow last resort.

    `now` is aware; dates without a zone are read in its zone, so pass it in the outlet's. After `budget` dates that even the
    last resort (dateparser, about 1 ms a call) could not read, it is asked no more.
    """

    def __init__(self, languages: Sequence[str], now: datetime, budget: int = 50) -> None:
        self._languages = tuple(languages)
        self._now = now
        self._zone: tzinfo = now.tzinfo or UTC
        self._budget = budget
        self._seen: dict[str, datetime | None] = {}

    def read(self, value: object) -> datetime | None:
        """The instant that `value` names, aware, or None when there is none to believe."""
        if not isinstance(value, str):
            return None
        text = " ".join(value.split())[: MAX_DATE_LENGTH + 1]
        if not text or len(text) > MAX_DATE_LENGTH or not any(char.isdigit() for char in text):
            return None
        if text not in self._seen:
            self._seen[text] = believable(self._parse(text), self._now)
        return self._seen[text]

    def read_quickly(self, value: str) -> datetime | None:
        """As `read`, without the last resort and without memory: for sorting many."""
        text = " ".join(value.split())[:MAX_DATE_LENGTH]
        try:
            return believable(_iso(text, self._zone) or _rfc822(text, self._zone), self._now)
        except (ValueError, OverflowError):
            return None

    def _parse(self, text: str) -> datetime | None:
        try:
            return _iso(text, self._zone) or _rfc822(text, self._zone) or _numbers(text, self._zone) or self._last_resort(text)
        except (ValueError, OverflowError):
            return None

    def _last_resort(self, text: str) -> datetime | None:
        if self._budget <= 0:
            return None
        time = _any_language(text, self._languages, self._now.replace(tzinfo=None), self._zone)
        self._budget -= time is None
        return time


def believable(time: datetime | None, now: datetime) -> datetime | None:
    """`time` when it lies between 1990 and a day ahead of `now`, else None (SAFETY.md, Dates)."""
    if time is None:
        return None
    try:
        return time if EARLIEST <= time <= now + LATEST_AHEAD else None
    except OverflowError:  # an offset that leads out of the years 1 to 9999
        return None


def _iso(text: str, zone: tzinfo) -> datetime | None:
    """ISO 8601 and the W3C profile, with a blank for the T and years or months alone."""
    if _YEAR.match(text):
        return datetime(int(text), 1, 1, tzinfo=zone)
    match = _ISO.fullmatch(text)
    if not match or (match[3] is None and "-" not in text):
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3] or 1)
    hour, minute, second = (int(part or 0) for part in match.groups()[3:6])
    # ISO 8601 writes midnight at the end of a day as 24:00; leap seconds are no datetime
    start = datetime(year, month, day, hour % 24, minute, min(second, 59), tzinfo=_offset(match[7]) or zone)
    return start + timedelta(days=hour // 24)


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-delta if text[0] == "-" else delta)


def _rfc822(text: str, zone: tzinfo) -> datetime | None:
    """RFC 822 and 2822 (RSS), with the zone names of Europe."""
    name = _ZONE_NAME.search(text)
    hours = _HOURS.get(name[1].lower()) if name else None
    if name and hours is not None:
        text = f"{text[: name.start()].rstrip()} {hours:+03d}00"
    parsed = parsedate_tz(text)
    if parsed is None or not re.search(r"[a-z]{3}", text, re.I) or _ANCIENT.search(text):
        return None
    # for a time without a zone the email package says UTC
    offset = None if _NO_ZONE.search(text) else parsed[9]
    where = zone if offset is None else timezone(timedelta(seconds=offset))
    return datetime(*parsed[:5], min(parsed[5], 59), tzinfo=where)


def _numbers(text: str, zone: tzinfo) -> datetime | None:
    """24.11.2026 10:00 and 24/11/2026: the day first, as everywhere in Europe."""
    match = _NUMBERS.fullmatch(text)
    if not match:
        return None
    day, month, year, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _any_language(text: str, languages: Sequence[str], now: datetime, zone: tzinfo) -> datetime | None:
    import dateparser  # here, not above: it costs half a second, and few sources need it

    options = {
        "REQUIRE_PARTS": ["day", "month", "year"],
        "RELATIVE_BASE": now,
        "PARSERS": ["absolute-time"],
        "DATE_ORDER": "DMY",
    }
    try:
        time = dateparser.parse(text, languages=list(languages) or None, settings=options)
        time = time or dateparser.parse(text, languages=["en"], settings=options)
    except Exception:
        return None
    if not isinstance(time, datetime):
        return None
    return time if time.tzinfo else time.replace(tzinfo=zone)
