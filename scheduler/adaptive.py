"""When an adaptive outlet is asked next: a pure policy over its weekly rhythm and the states of its sources.

What is lost is the time that articles wait to be found, what is paid is requests. The least of both together comes when the frequency
of polls grows with a power of the rate of new articles: with its square root if the sum of all waiting is what counts (Cho and
Garcia-Molina, Effective page refresh policies for web crawlers, ACM TODS 28(4), 2003); with the power 1/(1+p) if a wait counts by its
p-th power. Since the first minutes count most here, that power is 0.85. The next poll comes when that frequency, added up over the hours
ahead, has come to one poll: so a long interval of the night ends soon after the morning's start.
Not here: the rhythm (`scheduler.weekly`), which single sources are left out of a crawl (`crawler.discovery.polling`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.model.feed import FeedState
from scheduler.slots import Adaptive, duration_text
from scheduler.weekly import HourFigures, Rhythm, rhythm_of, unknown_rhythm

__all__ = ["Adaptive", "Decision", "HourFigures", "Rhythm", "next_poll", "rhythm_of", "unknown_rhythm"]
POWER = 0.85
"""Of the rate; 1/2 gives the least mean delay, more than that the lower median and the longer tail."""
AT_ONE_AN_HOUR_S = 600.0
"""Interval of an outlet with one source and one article an hour. Both measured: `tests/scheduler/measure_adaptive.py`, 2026-11-29."""
LONGEST_TTL_S = 300.0
"""A stated freshness is kept up to here. RSS `ttl` is mostly a number that the software came with, and a lying `max-age` of a week
must silence nobody."""
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
    wanted_s = waiting_interval(rhythm, len(alive), now, slots.longest_s)
    reasons = [_rhythm_in_words(rhythm, wanted_s, now)]
    interval_s = _for_overlap(alive, wanted_s, reasons)
    interval_s = _bounded(slots, interval_s, reasons)
    interval_s = _for_ttl(alive, interval_s, slots, reasons)
    at = now + timedelta(seconds=interval_s)
    if states and not alive:
        reasons.append("all its sources are gone (410)")
    at = _sooner_after_failure(alive, (now, now + timedelta(seconds=slots.shortest_s), at), reasons)
    at = _later_while_all_wait(alive, at, reasons)
    at = at.astimezone(UTC)
    return Decision(at=at, interval_s=(at - now).total_seconds(), reasons=tuple(reasons))


def waiting_interval(rhythm: Rhythm, sources: int, now: datetime, longest_s: float) -> float:
    """Seconds after `now` until the frequency of polls, added up over the hours ahead, has come to one; at most `longest_s`."""
    passed_s = share = 0.0
    while passed_s < longest_s:
        instant = now + timedelta(seconds=passed_s)
        interval_s = steady_interval(rhythm.rate_at(instant), sources)
        left_s = min(_HOUR_S - (instant.minute * 60 + instant.second) % _HOUR_S, longest_s - passed_s)
        if share + left_s / interval_s >= 1:
            return passed_s + (1 - share) * interval_s
        share += left_s / interval_s
        passed_s += left_s
    return longest_s


def steady_interval(rate: float, sources: int) -> float:
    """Seconds between two polls of an outlet with `rate` articles an hour, all hours alike, whose crawl asks so many sources."""
    return float(AT_ONE_AN_HOUR_S * (max(1, sources) / rate) ** POWER)


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


def _sooner_after_failure(alive: Sequence[FeedState], times: tuple[datetime, datetime, datetime], reasons: list[str]) -> datetime:
    """When a back-off ends before the rhythm's time, the source is asked then, so that a fault is soon sure, or soon over.

    `times`: now, the soonest that may be, what the rhythm says.
    """
    now, soonest, at = times
    ends = [(state.next_poll_at, state.last_error) for state in alive if state.next_poll_at and state.next_poll_at > now]
    if not ends:
        return at
    end, error = min(ends, key=lambda one: one[0])
    if max(end, soonest) >= at:
        return at
    at = max(end, soonest)
    reasons.append(f"a source failed ({error or 'no answer'}): asked again {_about((at - now).total_seconds())}")
    return at


def _later_while_all_wait(alive: Sequence[FeedState], at: datetime, reasons: list[str]) -> datetime:
    """While every source waits (a failure, Retry-After), a crawl would ask nobody."""
    ends = [state.next_poll_at for state in alive if state.next_poll_at is not None]
    if not ends or len(ends) < len(alive) or min(ends) <= at:
        return at
    worst = max(state.failures_in_a_row for state in alive)
    error = next((state.last_error for state in alive if state.last_error), "no answer")
    reasons.append(
        f"all its sources wait after {worst} failures in a row ({error}): not before {min(ends):%Y-%m-%d %H:%M:%S} UTC"
    )
    return min(ends)


def _about(seconds: float) -> str:
    return f"in {_short(seconds)}"


def _short(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
