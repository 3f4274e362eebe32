"""When what a watch found may go: at once, at the day's digest, after a pause, never in quiet hours. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from indexer.watches.settings import WatchSettings, clock_time


def due_at(found_at: datetime, settings: WatchSettings, sent_at: datetime | None) -> datetime:
    """The first moment at which something found at `found_at` may be sent; `sent_at`: the last message to the same address."""
    due = found_at
    if settings.digest_at is not None:
        due = _next_clock(found_at, settings.digest_at, settings.zone)
    if sent_at is not None:
        due = max(due, sent_at + timedelta(seconds=settings.throttle_s))
    if settings.quiet is not None:
        due = _after_quiet(due, settings.quiet, settings.zone)
    return due


def _next_clock(after: datetime, clock: str, zone: str) -> datetime:
    """The first `clock` in `zone` at or after `after`; a time that the clocks skip comes an hour later (PEP 495, fold 0)."""
    local = after.astimezone(ZoneInfo(zone))
    for days in (0, 1):
        day = local.date() + timedelta(days=days)
        found = datetime.combine(day, clock_time(clock), ZoneInfo(zone)).astimezone(after.tzinfo)
        if found >= after:
            return found
    raise AssertionError("one of two days holds every time of day")


def _after_quiet(due: datetime, quiet: tuple[str, str], zone: str) -> datetime:
    first, last = (clock_time(one) for one in quiet)
    clock = due.astimezone(ZoneInfo(zone)).time()
    is_quiet = first <= clock < last if first < last else clock >= first or clock < last
    return _next_clock(due, quiet[1], zone) if is_quiet else due
