"""Which slots the month's fixed schedules have, counted without the scheduler's code: by walking over every minute of each zone's clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.scheduler.month.newsrooms import Newsroom

MINUTE = timedelta(minutes=1)


def expected_slots(room: Newsroom, start: datetime, end: datetime) -> list[datetime]:
    """Every slot in [start, end), UTC, ascending."""
    key, text = room.schedule
    zone = ZoneInfo(room.zone)
    if key == "every":
        step = timedelta(minutes={"5m": 5, "15m": 15, "1h": 60}[text])
        return [at for at in _minutes(start, end) if (at - datetime(1970, 1, 1, tzinfo=UTC)) % step == timedelta(0)]
    if key == "windows":  # "10m 06-23, 1h": by the local hour; multiples since 1970 UTC
        return [at for at in _minutes(start, end) if at.minute % (10 if 6 <= at.astimezone(zone).hour < 23 else 60) == 0]
    if text == "@hourly":
        return [at for at in _minutes(start, end) if at.astimezone(zone).minute == 0]
    if text == "*/20 6-22 * * *":
        return [at for at in _minutes(start, end) if at.astimezone(zone).minute % 20 == 0 and 6 <= at.astimezone(zone).hour <= 22]
    times, weekdays = {
        "30 2 * * *": ([(2, 30)], range(7)),
        "15 1,2,3 * * *": ([(1, 15), (2, 15), (3, 15)], range(7)),
        "0 8 * * 1-5": ([(8, 0)], range(5)),
    }[text]
    found: set[datetime] = set()
    day = start.astimezone(zone).date() - timedelta(days=1)
    while day <= end.astimezone(zone).date():
        if day.weekday() in weekdays:
            found |= {_instant(datetime(day.year, day.month, day.day, *time, tzinfo=zone)) for time in times}
        day += timedelta(days=1)
    return sorted(at for at in found if start <= at < end)


def _minutes(start: datetime, end: datetime) -> list[datetime]:
    return [start + MINUTE * number for number in range(int((end - start) / MINUTE))]


def _instant(local: datetime) -> datetime:
    """A time of day as cron(8) of Debian takes it: at its first pass, and where it is left out, when the clocks go forward."""
    at = local.replace(fold=0).astimezone(UTC)
    if at.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return at
    before = at - timedelta(hours=3)  # the clocks went forward in between: the first minute with another offset
    while (before + MINUTE).astimezone(local.tzinfo).utcoffset() == before.astimezone(local.tzinfo).utcoffset():
        before += MINUTE
    return before + MINUTE
