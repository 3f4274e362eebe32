"""When an adaptive outlet is asked next: a pure policy over its weekly rhythm and the states of its sources.

The principle is that of fresh copies under a budget of requests: what is lost is the time that articles wait to be found, what is
paid is requests, and the least of both together comes when the frequency grows with the square root of the rate (Cho and
Garcia-Molina, Effective page refresh policies for web crawlers, ACM TODS 28(4), 2003, section 4). At a steady rate of r articles an hour
and a request worth c article-hours of waiting that is every sqrt(2c/r) hours: the moment at which the waiting that has come
together since the last poll is expected to reach c. In this form it looks ahead: at night the waiting of the morning's first articles
counts, so no interval sleeps past a morning's start.
Not here: the rhythm (`scheduler.weekly`), which single sources are left out of a crawl (`crawler.discovery.polling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt

from crawler.model.feed import FeedState
from scheduler.slots import Adaptive, duration_text
from scheduler.weekly import HourFigures, Rhythm, rhythm_of, unknown_rhythm

__all__ = ["Adaptive", "Decision", "HourFigures", "Rhythm", "next_poll", "rhythm_of", "unknown_rhythm"]
COST_S = 40.0
"""Article-seconds of waiting that a request is worth (measured: `tests/scheduler/measure_adaptive.py`)."""
LONGEST_TTL_S = 900.0
"""A stated freshness is kept up to here. Whoever states more is asked as often as by the fixed clock of before, 15 minutes; a lying
`max-age` of a week silences nobody."""
LEAST_OVERLAP = 1 / 3
"""Of a changed answer so much should have been told before: with less, a busy hour could push articles out between two polls."""
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """When the outlet is asked next, and why."""

    at: datetime
    """UTC."""
    interval_s: float
    """From the instant that was asked about."""
    reasons: tuple[str, ...]
    """In words, the rhythm first; each says what it did to the interval."""


def next_poll(slots: Adaptive, rhythm: Rhythm, states: Sequence[FeedState], now: datetime) -> Decision:
    """The next poll of an outlet that was asked at `now` (aware). `states`: of its sources; those never asked may be missing.

    The result lies within the bounds of `slots`, but for a server that asked to be left alone for longer (Retry-After) and for
    sources that all fail.
    """
    alive = [state for state in states if state.gone_at is None]
    wanted_s = waiting_interval(rhythm, COST_S * max(1, len(alive)), now, slots.longest_s)
    reasons = [_rhythm_in_words(rhythm, wanted_s, now)]
    interval_s = _for_overlap(alive, wanted_s, reasons)
    interval_s = _bounded(slots, interval_s, reasons)
    interval_s = _for_ttl(alive, interval_s, slots, reasons)
    at = now + timedelta(seconds=interval_s)
    at = _for_failures(alive, states, at, reasons)
    at = at.astimezone(UTC)
    return Decision(at=at, interval_s=(at - now).total_seconds(), reasons=tuple(reasons))


def waiting_interval(rhythm: Rhythm, cost_s: float, now: datetime, longest_s: float) -> float:
    """Seconds after `now` until the articles expected since then have waited `cost_s` together; at most `longest_s`."""
    passed_s = waited = articles = 0.0
    while passed_s < longest_s:
        instant = now + timedelta(seconds=passed_s)
        rate = rhythm.rate_at(instant) / _HOUR_S
        left_s = min(_HOUR_S - (instant.minute * 60 + instant.second) % _HOUR_S, longest_s - passed_s)
        needed_s = (sqrt(articles * articles + 2 * rate * (cost_s - waited)) - articles) / rate
        if needed_s <= left_s:
            return passed_s + needed_s
        waited += articles * left_s + rate * left_s * left_s / 2
        articles += rate * left_s
        passed_s += left_s
    return longest_s


def _rhythm_in_words(rhythm: Rhythm, wanted_s: float, now: datetime) -> str:
    if not rhythm.known_hours:
        return f"nothing is known of its rhythm yet: {_about(wanted_s)}"
    rate = rhythm.rate_at(now)
    amount = f"{rate:.1f} articles" if rate >= 0.95 else f"an article in {1 / rate:.1f} hours"
    days = rhythm.known_hours / 24
    lately = "" if 0.8 < rhythm.lately < 1.25 else f", the last day {rhythm.lately:.1f} times its usual"
    said = f"{amount} an hour" if rate >= 0.95 else amount
    return f"its rhythm expects {said} now ({days:.0f} days known{lately}): {_about(wanted_s)}"


def _for_overlap(alive: Sequence[FeedState], interval_s: float, reasons: list[str]) -> float:
    known = [state.overlap for state in alive if state.overlap is not None]
    if not known or min(known) >= LEAST_OVERLAP:
        return interval_s
    factor = max(0.25, min(known) / LEAST_OVERLAP)
    reasons.append(
        f"only {min(known):.0%} of its last changed answer was known before, articles may slip through: {_about(interval_s * factor)}"
    )
    return interval_s * factor


def _bounded(slots: Adaptive, interval_s: float, reasons: list[str]) -> float:
    bounded_s = min(max(interval_s, slots.shortest_s), slots.longest_s)
    if bounded_s > interval_s:
        reasons.append(f"never sooner than {duration_text(slots.shortest_s)}")
    elif bounded_s < interval_s or bounded_s == slots.longest_s:
        reasons.append(f"never later than {duration_text(slots.longest_s)}")
    return bounded_s


def _for_ttl(alive: Sequence[FeedState], interval_s: float, slots: Adaptive, reasons: list[str]) -> float:
    """No source is asked while all say that their last answer is still fresh."""
    if not alive or any(not state.ttl_s for state in alive):
        return interval_s
    said_s = min(float(state.ttl_s or 0) for state in alive)
    kept_s = min(said_s, LONGEST_TTL_S, slots.longest_s)
    if kept_s <= interval_s:
        return interval_s
    upto = "" if kept_s == said_s else f", believed up to {duration_text(kept_s)}"
    reasons.append(f"its sources say that an answer holds {_short(said_s)}{upto}: {_about(kept_s)}")
    return kept_s


def _for_failures(alive: Sequence[FeedState], states: Sequence[FeedState], at: datetime, reasons: list[str]) -> datetime:
    """While every source waits (a failure, Retry-After), a crawl would ask nobody."""
    if not alive:
        if states:
            reasons.append("all its sources are gone (410)")
        return at
    free = min((state.next_poll_at for state in alive if state.next_poll_at), default=None)
    if free is None or free <= at or any(state.next_poll_at is None for state in alive):
        return at
    worst = max(state.failures_in_a_row for state in alive)
    error = next((state.last_error for state in alive if state.last_error), "no answer")
    reasons.append(f"all its sources wait after {worst} failures in a row ({error}): not before {free:%Y-%m-%d %H:%M:%S} UTC")
    return free


def _about(seconds: float) -> str:
    return f"in {_short(seconds)}"


def _short(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
