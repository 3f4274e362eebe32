"""Time windows as one line: "5m 06-23, 1h" is every five minutes from 06:00 to 23:00 on the outlet's clocks, hourly otherwise. Pure.

A part is an interval, days ("mon-fri", "sat") and hours ("06-23", "06:30-22:15", "22-06" through midnight: it belongs to the day on
which it begins); days or hours may be left out, and a part that begins with neither number nor unit takes the interval before it
("5m 06-09, 17-20, 1h"). The first part that holds counts; without a part for the rest of the day nothing is due then.

Slots lie on real time: multiples of the part's interval since 1970 UTC at which the clocks show its hours. So a change of clocks
neither doubles a slot nor bends an interval; hours that are left out have no slots, hours that come twice have both passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import groupby

from crawler.settings import parse_duration, suggestion

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MINUTES = 24 * 60
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY_DAY = frozenset(range(7))
_INTERVAL = re.compile(r"(\d+(?:\.\d+)?\s*[smhdw])(?:\s+(.*))?")
_DAY_RANGE = re.compile(r"([a-z]+)(?:-([a-z]+))?")
_HOURS = re.compile(r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?")
_MINUTE = timedelta(minutes=1)
_FURTHEST = timedelta(days=16)
"""A part comes back within a week; a change of clocks may swallow one of its windows."""


class WindowsSyntaxError(ValueError):
    """The text is no line of windows; the message says which part and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One part: an interval, and when it holds."""

    seconds: float
    days: frozenset[int] = _EVERY_DAY
    """Monday 0."""
    start: int = 0
    """Minute of the day, included."""
    end: int = DAY_MINUTES
    """Minute of the day, excluded; not after `start`: on the next day."""

    def holds(self, weekday: int, minute: int) -> bool:
        """Whether the part holds at a minute of a day, the parts before it apart."""
        if self.start < self.end:
            return weekday in self.days and self.start <= minute < self.end
        return (weekday in self.days and minute >= self.start) or ((weekday - 1) % 7 in self.days and minute < self.end)


def is_windows(text: str) -> bool:
    """Whether the text has the form of windows: it begins with an interval and goes on, which no cron line does."""
    match = _INTERVAL.match(text.strip())
    return match is not None and (bool(match[2]) or "," in text)


@lru_cache(maxsize=1024)
def parse_windows(text: str) -> tuple[Window, ...]:
    """The parts of a line of windows. Raises WindowsSyntaxError."""
    windows: list[Window] = []
    seconds: float | None = None
    for part in text.lower().replace("–", "-").split(","):
        words = part.strip()
        if match := _INTERVAL.fullmatch(words):
            seconds, words = parse_duration(match[1]), match[2] or ""
        elif not words:
            raise WindowsSyntaxError(f"{text!r} has a part with nothing in it; take the comma out")
        if seconds is None:
            raise WindowsSyntaxError(f'{part.strip()!r} stands before any interval; write e.g. "5m 06-23, 1h"')
        windows.append(_window(seconds, words.split(), part.strip()))
    _refuse_idle(tuple(windows), text)
    return tuple(windows)


def next_in_windows(windows: tuple[Window, ...], zone: tzinfo, after: datetime, offset: timedelta) -> datetime:
    """The first slot strictly after the aware instant `after`, UTC; `offset` moves every slot."""
    best = after.astimezone(UTC) + _FURTHEST
    for window in windows:
        step = timedelta(seconds=window.seconds)
        slot = first_multiple(after, step, offset)
        while slot < best:
            if _holding(windows, slot.astimezone(zone)) is window:
                best = slot
            else:  # hours begin and end with a minute, so the rest of this one holds no slot
                slot = first_multiple(
                    max(slot, slot.replace(second=0, microsecond=0) + _MINUTE - timedelta.resolution), step, offset
                )
    return best


def first_multiple(after: datetime, step: timedelta, offset: timedelta) -> datetime:
    """The first instant strictly after `after` that lies a whole number of steps from 1970-01-01 UTC, plus `offset`."""
    slot = EPOCH + offset + ((after - EPOCH - offset) // step + 1) * step
    return slot if slot > after else slot + step


def _holding(windows: tuple[Window, ...], local: datetime) -> Window | None:
    weekday, minute = local.weekday(), local.hour * 60 + local.minute
    return next((window for window in windows if window.holds(weekday, minute)), None)


def _window(seconds: float, words: list[str], part: str) -> Window:
    days, start, end = _EVERY_DAY, 0, DAY_MINUTES
    rest = list(words)
    if rest and rest[0][0].isalpha():
        days = _days(rest.pop(0), part)
    if rest:
        start, end = _hours(rest.pop(0), part)
    if rest:
        raise WindowsSyntaxError(
            f'{part!r}: {rest[0]!r} is not understood; a part is an interval, days, hours: "5m mon-fri 06-23"'
        )
    if not 1 <= seconds <= 86400:
        raise WindowsSyntaxError(f"{part!r}: an interval in windows runs from 1s to 1d")
    return Window(seconds=seconds, days=days, start=start, end=end)


def _days(word: str, part: str) -> frozenset[int]:
    match = _DAY_RANGE.fullmatch(word)
    names = [name for name in (match.groups() if match else (word,)) if name]
    for name in names:
        if name not in _DAYS:
            raise WindowsSyntaxError(f"{part!r}: {name!r} is no day{suggestion(name, _DAYS)}; the days are {', '.join(_DAYS)}")
    first, last = _DAYS.index(names[0]), _DAYS.index(names[-1])
    return frozenset(day % 7 for day in range(first, last + 1 if first <= last else last + 8))


def _hours(word: str, part: str) -> tuple[int, int]:
    match = _HOURS.fullmatch(word)
    if not match:
        raise WindowsSyntaxError(f'{part!r}: {word!r} are no hours; write e.g. "06-23" or "06:30-22:15"')
    start = int(match[1]) * 60 + int(match[2] or 0)
    end = int(match[3]) * 60 + int(match[4] or 0)
    if start >= DAY_MINUTES or end > DAY_MINUTES or int(match[2] or 0) > 59 or int(match[4] or 0) > 59:
        raise WindowsSyntaxError(f"{part!r}: {word!r} leaves the day; it runs from 00:00 to 24:00")
    if start == end:
        raise WindowsSyntaxError(f"{part!r}: {word!r} is no time at all; leave the hours out for the whole day")
    return start, end


def _refuse_idle(windows: tuple[Window, ...], text: str) -> None:
    """Every part holds at least as long as its interval somewhere in the week, or its slots could all fall beside it."""
    week = [
        next((place for place, one in enumerate(windows) if one.holds(day, minute)), None)
        for day in range(7)
        for minute in range(DAY_MINUTES)
    ]
    longest = dict.fromkeys(range(len(windows)), 0)
    for place, run in groupby(week + week):
        if place is not None:
            longest[place] = max(longest[place], sum(1 for _ in run))
    for place, minutes in longest.items():
        if minutes == 0:
            raise WindowsSyntaxError(f"{text!r}: the parts before its part {place + 1} leave it no time")
        if minutes * 60 < windows[place].seconds:
            raise WindowsSyntaxError(
                f"{text!r}: part {place + 1} holds {minutes} minutes at a time, less than its interval; shorten the interval, "
                "or write a cron line for a time of day"
            )
