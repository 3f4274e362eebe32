"""The dates of a query: `date:2026-11-24`, `date:2026-11-01..2026-11-24`, `date:P7D`, as a period of instants.

Pure: the time and the reader's zone are arguments.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from indexer.nodes import Period

ACCEPTED = "write 2026-11-24, 2026-11, 2026, a range like 2026-11-01..2026-11-24 (either end may be left out) or P7D, PT12H"
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?)?", re.IGNORECASE)
_DAY = re.compile(r"((?:19|20|21)\d\d)(?:-(\d\d)(?:-(\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(Z|[+-]\d\d:\d\d)?)?)?)?", re.IGNORECASE)


def read_period(text: str, now: datetime, zone: tzinfo) -> Period:
    """The period that `text` names. Days begin at midnight in `zone`; both ends of a range are included.

    Durations are ISO 8601 (weeks, days, hours, minutes), counted back from `now`. Raises ValueError for anything else.
    """
    if ".." in text:
        first, _, last = text.partition("..")
        start = _bounds(first, zone)[0] if first else None
        end = _bounds(last, zone)[1] if last else None
        if (start is None and end is None) or (start and end and start >= end):
            raise ValueError(f"{text} is no range of dates: {ACCEPTED}")
        return Period(start, end)
    duration = _DURATION.fullmatch(text)
    if duration and any(duration.groups()):
        weeks, days, hours, minutes = (int(part or 0) for part in duration.groups())
        return Period(now - timedelta(weeks=min(weeks, 5000), days=days, hours=hours, minutes=minutes), None)
    return Period(*_bounds(text, zone))


def is_period(text: str) -> bool:
    """Whether `read_period` understands `text`."""
    try:
        read_period(text, datetime(2026, 1, 1, tzinfo=UTC), UTC)
    except ValueError:
        return False
    return True


def _bounds(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """The instants at which a year, month, day or minute begins and ends."""
    match = _DAY.fullmatch(text)
    if not match:
        raise ValueError(f"{text} is no date: {ACCEPTED}")
    year, month, day, clock, offset = match.groups()
    first = date(int(year), int(month or 1), int(day or 1))
    if clock:
        start = datetime.fromisoformat(f"{first.isoformat()}T{clock}{(offset or '').upper()}")
        start = start if start.tzinfo else start.replace(tzinfo=zone)
        return start, start + (timedelta(seconds=1) if clock.count(":") == 2 else timedelta(minutes=1))
    if day:
        after = first + timedelta(days=1)
    elif month:
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    else:
        after = date(first.year + 1, 1, 1)
    return _midnight(first, zone), _midnight(after, zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
