"""The kinds of schedule (interval, cron line, windows, adaptive), their one text form, and the slots of all but the last. Pure.

Jitter moves every slot of an outlet by a time that its slug decides, so a restart moves none; it comes in eighths of the span,
so that a schedule of five hundred outlets makes eight batches and not five hundred.
Not here: cron's meaning (`scheduler.cron`), windows' (`scheduler.windows`), when an adaptive outlet is due (`scheduler.adaptive`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.errors import ConfigError
from crawler.settings import parse_duration, suggestion
from scheduler.cron import CronLine, CronSyntaxError, parse_cron
from scheduler.windows import Window, first_multiple, is_windows, next_in_windows, parse_windows

SHORTEST_S, LONGEST_S = 120.0, 7200.0
"""Bounds of an adaptive interval unless the settings, the text or the outlet say other ones."""
JITTER_STEPS = 8
LONGEST_JITTER_S = 3600.0
FORMS = '"15m", a cron line "0 8 * * 1-5", windows "5m 06-23, 1h", or "adaptive"'
_ADAPTIVE = re.compile(r"adaptive(?:\s+(\S+?)\s*[-–]\s*(\S+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """An interval. Its slots lie on multiples of the interval since 1970-01-01 UTC, so that equal intervals meet in one
    batch, and a restart moves no slot."""

    seconds: float
    jitter_s: float = 0.0
    """Seconds by which every slot comes later."""

    def next_after(self, after: datetime) -> datetime:
        """The first slot strictly after the aware instant `after`, UTC."""
        return first_multiple(after, timedelta(seconds=self.seconds), timedelta(seconds=self.jitter_s))

    def __str__(self) -> str:
        return f"every {self.seconds:g} s{_later(self.jitter_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A cron line on the clocks of a zone."""

    line: CronLine
    zone: str
    jitter_s: float = 0.0
    """Seconds by which every slot comes later."""

    def next_after(self, after: datetime) -> datetime:
        """The first slot strictly after the aware instant `after`, UTC."""
        later = timedelta(seconds=self.jitter_s)
        return self.line.next_after(after - later, ZoneInfo(self.zone)) + later

    def __str__(self) -> str:
        return f"{self.line.text} {self.zone}{_later(self.jitter_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Intervals by day and hour on the clocks of a zone."""

    text: str
    parts: tuple[Window, ...]
    zone: str
    jitter_s: float = 0.0
    """Seconds by which every slot comes later; a slot that leaves its hours by that is none."""

    def next_after(self, after: datetime) -> datetime:
        """The first slot strictly after the aware instant `after`, UTC."""
        return next_in_windows(self.parts, ZoneInfo(self.zone), after, timedelta(seconds=self.jitter_s))

    def __str__(self) -> str:
        return f"{self.text} {self.zone}{_later(self.jitter_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """No slots: `scheduler.adaptive` decides after each crawl when the next is due, within these bounds."""

    shortest_s: float = SHORTEST_S
    longest_s: float = LONGEST_S

    @property
    def longest(self) -> timedelta:
        """`longest_s` as a duration."""
        return timedelta(seconds=self.longest_s)

    def __str__(self) -> str:
        return f"adaptive {duration_text(self.shortest_s)}-{duration_text(self.longest_s)}"


Timed = Every | At | Windows
"""Schedules whose slots are known beforehand."""
Slots = Timed | Adaptive


def read_slots(text: str, zone: str, where: str, adaptive: Adaptive | None = None) -> Slots:
    """A schedule from its text: "15m", "0 8 * * 1-5", "@hourly", "5m 06-23, 1h", "adaptive", "adaptive 2m-2h".

    `adaptive` holds the bounds that count when the text names none. Raises ConfigError beginning with `where`.
    """
    line = " ".join(text.split())
    try:
        if line.lower().startswith("adaptive"):
            return _adaptive(line.lower(), adaptive or Adaptive())
        if is_windows(line):
            ZoneInfo(zone)
            return Windows(text=line, parts=parse_windows(line), zone=zone)
        if line.startswith("@") or len(line.split()) >= 4:
            ZoneInfo(zone)
            return At(line=parse_cron(line), zone=zone)
        return Every(seconds=max(1.0, parse_duration(line)))
    except ZoneInfoNotFoundError:
        raise ConfigError(f'{where}: {zone!r} is no time zone; write one such as "Europe/Warsaw"') from None
    except CronSyntaxError as error:
        raise ConfigError(f"{where}: {error}") from None
    except ValueError as error:
        if is_windows(line) or line.lower().startswith("adaptive"):
            raise ConfigError(f"{where}: {error}") from None
        likely = suggestion(line.lower(), ("adaptive", "@hourly", "@daily", "@weekly"))
        raise ConfigError(f"{where}: {line!r} is no duration and no other schedule{likely}; write {FORMS}") from None
    except OSError:
        raise ConfigError(f'{where}: {zone!r} is no time zone; write one such as "Europe/Warsaw"') from None


def bounded(shortest: str, longest: str, where: str) -> Adaptive:
    """Adaptive between two durations. Raises ConfigError beginning with `where`."""
    try:
        bounds = Adaptive(shortest_s=max(1.0, parse_duration(shortest)), longest_s=parse_duration(longest))
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    if bounds.shortest_s > bounds.longest_s:
        raise ConfigError(f"{where}: the shortest interval {shortest} is longer than the longest {longest}")
    return bounds


def jitter_span(text: str | None, slots: Timed, where: str, *, strict: bool) -> float | None:
    """Seconds over which `slots` may be spread; None when `text` is. It stays below the interval, and below an hour.

    `strict`: a longer one raises ConfigError beginning with `where`; else, for a setting that many schedules share, it is cut.
    """
    if text is None:
        return None
    try:
        span_s = parse_duration(text)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from None
    if isinstance(slots, At):
        room_s = LONGEST_JITTER_S
    else:
        room_s = min(LONGEST_JITTER_S, slots.seconds if isinstance(slots, Every) else min(one.seconds for one in slots.parts))
    if strict and span_s > room_s:
        raise ConfigError(f"{where}: {text} is longer than {duration_text(room_s)}, the most that this schedule bears")
    return min(span_s, room_s)


def jitter_of(slug: str, span_s: float) -> float:
    """Seconds by which the slots of `slug` come later: an eighth, or several, of `span_s`, always the same."""
    share = int.from_bytes(sha256(slug.encode()).digest()[:4], "big") % JITTER_STEPS
    return float(int(span_s * share / JITTER_STEPS))


def duration_text(seconds: float) -> str:
    """120 -> "2m", 5400 -> "90m", 90 -> "90s": the form that `parse_duration` reads."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def _adaptive(line: str, bounds: Adaptive) -> Adaptive:
    match = _ADAPTIVE.fullmatch(line)
    if not match:
        raise ValueError(f'{line!r} is not understood; write "adaptive", or with bounds "adaptive 2m-2h"')
    if not match[1]:
        return bounds
    found = Adaptive(shortest_s=max(1.0, parse_duration(match[1])), longest_s=parse_duration(match[2]))
    if found.shortest_s > found.longest_s:
        raise ValueError(f"{line!r}: the shortest interval is longer than the longest")
    return found


def _later(jitter_s: float) -> str:
    return f" + {jitter_s:g} s" if jitter_s else ""
