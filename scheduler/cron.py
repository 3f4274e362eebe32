"""Crontab lines with the meaning cron gives them, daylight saving included. Pure, standard library only.

Not here: the wiring to APScheduler (`scheduler.service`), which outlet has which line (`scheduler.timetable`).
APScheduler's own `from_crontab` is not used: it counts weekdays from Monday, refuses `7` and `@hourly`, and joins day of
month and day of week with AND.

Daylight saving, after cron(8) of Debian and cronie: a line whose minute or hour field begins with `*` is *frequent* and
follows real time: nothing fires in the hour that is left out, and both passes of a repeated hour are slots of their own.
Any other line names times of day: a time that is left out fires once, at the moment the clocks go forward; a time that
comes twice fires at its first pass only. So every slot fires at most once, and no named time is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

MACROS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
"""Short forms of crontab(5). `@reboot` has no meaning here."""
_MONTHS = dict(
    zip(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), range(1, 13), strict=True)
)
_WEEKDAYS = dict(zip(("sun", "mon", "tue", "wed", "thu", "fri", "sat"), range(7), strict=True))
_LONGEST = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_PART = re.compile(r"(?:(?P<star>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d+))?")
_MINUTE = timedelta(minutes=1)
_HORIZON_DAYS = 366 * 41
"""29 February on a given weekday comes at most 40 years apart (around 2100)."""


class CronSyntaxError(ValueError):
    """The text is no crontab line; the message says which field and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CronLine:
    """One parsed crontab line. Weekdays count from Sunday, 0."""

    text: str
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Day of month OR day of week: both fields are restricted (crontab(5): neither begins with `*`)."""
    frequent: bool
    """The minute or hour field begins with `*`: follows real time through a change of clocks."""

    def next_after(self, after: datetime, zone: tzinfo) -> datetime:
        """The first slot strictly after the aware instant `after`, as UTC, for clocks in `zone`."""
        return _next_frequent(self, after, zone) if self.frequent else _next_named(self, after, zone)

    def has_day(self, local: datetime) -> bool:
        """Whether the line fires on the date of `local`."""
        if local.month not in self.months:
            return False
        by_date = local.day in self.days
        by_weekday = local.isoweekday() % 7 in self.weekdays
        return (by_date or by_weekday) if self.either_day else (by_date and by_weekday)


def parse_cron(text: str) -> CronLine:
    """Read five fields or a short form such as `@hourly`. Names, lists, ranges and steps as in crontab(5); `7` is Sunday.

    Raises CronSyntaxError.
    """
    line = " ".join(text.split())
    fields = MACROS.get(line.lower(), line).split()
    if line.startswith("@") and len(fields) == 1:
        raise CronSyntaxError(f"{line!r} is not known; the short forms are {', '.join(sorted(MACROS))}")
    if len(fields) != 5:
        raise CronSyntaxError(
            f"{line!r} has {len(fields)} fields; a cron line has five: minute hour day-of-month month day-of-week"
        )
    minutes, hours, days, months, weekdays = (_field(field, *bounds) for field, bounds in zip(fields, _FIELDS, strict=True))
    either_day = not fields[2].startswith("*") and not fields[4].startswith("*")
    if not either_day and all(min(days) > _LONGEST.get(month, 31) for month in months):
        raise CronSyntaxError(f"{line!r} never fires: no month in it has a day {min(days)}")
    return CronLine(
        text=line, minutes=minutes, hours=hours, days=days, months=months,
        weekdays=frozenset(day % 7 for day in weekdays), either_day=either_day,
        frequent=fields[0].startswith("*") or fields[1].startswith("*"),
    )  # fmt: skip


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if not match:
            raise CronSyntaxError(
                f"{name}: {part!r} is not understood; write *, a number, 1-5, */10 or a list of them with commas"
            )
        if match["star"]:
            first, last = low, high if high != 7 else 6
        else:
            first = _number(match["low"], name, low, high)
            last = _number(match["high"], name, low, high) if match["high"] else first
            if match["step"] and not match["high"]:
                raise CronSyntaxError(f"{name}: a step needs a range; write {first}-{high}/{match['step']} for {part!r}")
        if name == "day of week" and match["high"] and first > last == 0:
            last = 7  # sat-sun, 5-0: Sunday closes the week
        step = int(match["step"] or 1)
        if first > last or step < 1:
            raise CronSyntaxError(f"{name}: {part!r} is empty; a range runs from the smaller to the larger, a step is at least 1")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _number(text: str, name: str, low: int, high: int) -> int:
    names = {"month": _MONTHS, "day of week": _WEEKDAYS}.get(name, {})
    if text.isascii() and text.isdecimal() and low <= int(text[:4]) <= high:
        return int(text)
    if text.lower()[:3] in names and len(text) == 3:
        return names[text.lower()]
    known = f", or {', '.join(names)}" if names else ""
    raise CronSyntaxError(f"{name}: {text!r} is out of range; it runs from {low} to {high}{known}")


def _next_frequent(line: CronLine, after: datetime, zone: tzinfo) -> datetime:
    """Walk real time: jump over days, hours and minutes that cannot match."""
    instant = after.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
    end = instant + timedelta(days=_HORIZON_DAYS)
    while instant < end:
        local = instant.astimezone(zone)
        if not line.has_day(local):
            instant = max(_midnight_after(local), instant + _MINUTE)
        elif local.hour not in line.hours:
            instant += (60 - local.minute) * _MINUTE
        elif local.minute not in line.minutes:
            later = [minute for minute in line.minutes if minute > local.minute]
            instant += (min(later, default=60) - local.minute) * _MINUTE
        else:
            return instant
    raise CronSyntaxError(f"{line.text!r} never fires")


def _next_named(line: CronLine, after: datetime, zone: tzinfo) -> datetime:
    """Walk times of day on the wall; each becomes one instant."""
    day = after.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - timedelta(days=1)
    for _ in range(_HORIZON_DAYS):
        if line.has_day(day):
            for hour in sorted(line.hours):
                for minute in sorted(line.minutes):
                    instant = _instant_of(day.replace(hour=hour, minute=minute), zone)
                    if instant > after:
                        return instant
        day += timedelta(days=1)
    raise CronSyntaxError(f"{line.text!r} never fires")


def _midnight_after(local: datetime) -> datetime:
    wall = (local.replace(tzinfo=None) + timedelta(days=1)).replace(hour=0, minute=0)
    return wall.replace(tzinfo=local.tzinfo, fold=0).astimezone(UTC)


def _instant_of(wall: datetime, zone: tzinfo) -> datetime:
    """The first instant at which clocks in `zone` show `wall`, or the moment they jump over it."""
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    before, behind = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant
    offset = before.astimezone(zone).utcoffset()
    while behind - before > _MINUTE:  # the jump lies between: before it the old offset holds, behind it the new one
        middle = before + (behind - before) // 2 // _MINUTE * _MINUTE
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            behind = middle
    return behind
