"""The verdict on an outlet after a crawl: which of its faults is sure, or that it is well, quiet or new. Pure.

Signs and delays of each verdict: README, "Verdicts". Not here: reading and writing (`scheduler.crawling`), incidents (`scheduler.incidents`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from crawler.model.feed import FeedState
from crawler.model.run import Outcome, OutletReport, SourceStatus
from crawler.store.health import FAULTS, OutletHealth, Verdict
from scheduler.baselines import History
from scheduler.content import Finding, findings, watch
from scheduler.health import asked_nothing, is_skipped
from scheduler.reach import failure_of, moved_to
from scheduler.signs import Signs, Streak, signs_of
from scheduler.volume import Volume

SURE_CRAWLS, SURE_AFTER = 3, timedelta(minutes=30)
"""So many failures in a row, over so long, are a fault; a restart of a server is none."""
MOVED_CRAWLS = 2
SILENT_AT_LEAST = timedelta(hours=3)
"""No silence is called a fault before three hours, however busy the outlet."""
QUIET_CHANCE = 0.01
"""A silence that is so rare is told as quiet."""
QUIET_AFTER = timedelta(days=7)
"""An outlet of which no rhythm is known is quiet after so long."""
SLOW_LEAST_S, SLOW_TIMES = 5.0, 4.0
"""Seconds of an answer on average, and how many times the usual."""
_PACE_WEIGHT = 0.05
_COUNTED_GAP = timedelta(hours=2)
"""Between two crawls, at most this or half as much again as the gap before counts as silence: the rest was our own absence."""


@dataclass(frozen=True, slots=True)
class _Crawl:
    """What a judgement looks at."""

    report: OutletReport
    before: OutletHealth | None
    history: History
    states: Sequence[FeedState]
    now: datetime


def judge(
    report: OutletReport, before: OutletHealth | None, history: History, states: Sequence[FeedState], now: datetime
) -> OutletHealth | None:
    """The verdict after a crawl; None when nothing was done (another run has the outlet), or nothing is known and nothing was asked.

    `states`: its sources as they stand now. Raises nothing; what an older version kept is read as far as it goes.
    """
    if is_skipped(report):
        return None
    if asked_nothing(report):
        return replace(before, updated_at=now) if before else None
    crawl = _Crawl(report, before, history, states, now)
    signs = _watched(signs_of((before.detail if before else {}).get("signs")), crawl)
    if signs.failing.count and not report.sources and before is not None:  # its sources rest after a failure: that stands
        detail = {**before.detail, "signs": signs.as_json()}
        new_at = now if report.outcomes.get(Outcome.NEW) else before.last_new_article_at
        return replace(before, detail=detail, last_new_article_at=new_at, updated_at=now)
    return _verdict(_fault(signs, crawl) or _state(signs, crawl), signs, crawl)


def _verdict(found: Finding, signs: Signs, crawl: _Crawl) -> OutletHealth:
    report, now = crawl.report, crawl.now
    before = crawl.before or OutletHealth(outlet=report.outlet, verdict="", updated_at=now)
    fine = found.verdict not in FAULTS and not signs.failing.count
    handed_on = {
        "signs": signs.as_json(), "fine_in_a_row": int(before.detail.get("fine_in_a_row", 0)) + 1 if fine else 0,
        "began_at": found.since.isoformat() if found.since else None,
    }  # fmt: skip
    return OutletHealth(
        outlet=report.outlet, last_success_at=before.last_success_at if signs.failing.count else now,
        last_new_article_at=now if report.outcomes.get(Outcome.NEW) else before.last_new_article_at,
        failures_in_a_row=signs.failing.count, verdict=found.verdict.value, reason=found.words, updated_at=now,
        since=before.since or before.updated_at if before.verdict == found.verdict else now,
        detail=_detail(crawl) | handed_on,
    )  # fmt: skip


def _watched(signs: Signs, crawl: _Crawl) -> Signs:
    """The signs after this crawl."""
    report, now = crawl.report, crawl.now
    failure = failure_of(report)
    if report.sources or failure:
        signs = replace(signs, failing=signs.failing.more(failure.verdict, now) if failure else Streak())
    signs = watch(signs, report, crawl.history.usual, now)
    signs = signs.with_streak("moved", moved_to(report) is not None, now)
    signs = _with_pace(signs, report, now)
    return signs if failure or not report.sources else _with_silence(signs, crawl)


def _with_silence(signs: Signs, crawl: _Crawl) -> Signs:
    """Sources answered: the silence ends, or grows by what would have been usual since the last crawl."""
    report, now, volume = crawl.report, crawl.now, crawl.history.volume
    empty = all(source.status is SourceStatus.EMPTY for source in report.sources)
    signs = signs.with_streak("empty", empty, now)
    if report.observed.told or signs.told_at is None or signs.crawled_at is None:
        return replace(signs, silence=0.0, told_at=now, crawled_at=now)
    more = volume.expected(max(signs.crawled_at, now - _COUNTED_GAP), now) if volume else 0.0
    return replace(signs, silence=signs.silence + more, crawled_at=now)


def _with_pace(signs: Signs, report: OutletReport, now: datetime) -> Signs:
    traffic = report.observed.traffic
    if not traffic.requests:
        return signs
    pace_s = traffic.seconds / traffic.requests
    slow = pace_s >= SLOW_LEAST_S and pace_s >= SLOW_TIMES * signs.pace_s > 0
    signs = signs.with_streak("slow", slow, now)
    return (
        signs
        if slow
        else replace(signs, pace_s=pace_s + (signs.pace_s - pace_s) * (1 - _PACE_WEIGHT) if signs.pace_s else pace_s)
    )


def _fault(signs: Signs, crawl: _Crawl) -> Finding | None:
    """The gravest fault that is sure."""
    report, now = crawl.report, crawl.now
    failing = signs.failing
    if failing.count:
        return _failing(failing, crawl)
    if found := findings(signs, crawl.history.usual):
        return found[0]
    volume, told_at = crawl.history.volume, signs.told_at
    if volume and told_at and now - told_at >= SILENT_AT_LEAST and signs.silence >= volume.limit:
        return Finding(Verdict.FROZEN, f"answers but {_silence(signs, crawl, volume)}", told_at)
    if _is_sure(signs.streaks.get("empty"), now):
        return Finding(Verdict.FROZEN, "answers with nothing in its sources", signs.streaks["empty"].since)
    if (moved := moved_to(report)) and signs.streaks["moved"].count >= MOVED_CRAWLS:
        return Finding(Verdict.MOVED, f"leads for good from {moved[0]} to {moved[1]}", signs.streaks["moved"].since)
    if _is_sure(slow := signs.streaks.get("slow"), now) and slow:
        traffic = report.observed.traffic
        words = f"takes {traffic.seconds / max(traffic.requests, 1):.0f} s for an answer, where {signs.pace_s:.1f} s is usual"
        return Finding(Verdict.SLOW, words, slow.since)
    return None


def _failing(failing: Streak, crawl: _Crawl) -> Finding | None:
    """No source answered: a fault once it is sure, at once where none ever did or all said so often that they are gone (410)."""
    failure, before = failure_of(crawl.report), crawl.before
    assert failure is not None and failing.since is not None
    since = _clock(failing.since, crawl)
    times = f"each of the last {failing.count} times, since {since}" if failing.count > 1 else f"at {since}"
    known = before is not None and before.last_success_at is not None
    gone = bool(crawl.states) and all(
        one.gone_at for one in crawl.states
    )  # nobody asks them any more: there is no further failure
    if not known or gone or _is_sure(failing, crawl.now) or (before is not None and before.verdict in FAULTS):
        return Finding(failure.verdict, f"{failure.words} ({times})", failing.since)
    return None


def _state(signs: Signs, crawl: _Crawl) -> Finding:
    """No fault is sure: well, quiet or new; a first failure is told, and what was said before stands."""
    now, volume, before = crawl.now, crawl.history.volume, crawl.before
    if signs.failing.count and before is not None and (failure := failure_of(crawl.report)):
        said = Verdict(before.verdict) if before.verdict in set(Verdict) else Verdict.OK
        return Finding(said, f"{failure.words} (at {_clock(now, crawl)}; not sure yet)", None)
    if volume is None:
        last = before.last_new_article_at if before else None
        if last and not crawl.report.observed.told and now - last > QUIET_AFTER:
            return Finding(Verdict.QUIET, f"nothing new since {last:%Y-%m-%d}", last)
        return Finding(Verdict.NEW, "", None)
    if signs.told_at and volume.chance(signs.silence) < QUIET_CHANCE:
        return Finding(Verdict.QUIET, _silence(signs, crawl, volume), signs.told_at)
    return Finding(Verdict.OK, "", None)


def _silence(signs: Signs, crawl: _Crawl, volume: Volume) -> str:
    assert signs.told_at is not None
    hours = (crawl.now - signs.told_at).total_seconds() / 3600
    long = f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"
    return f"told nothing new for {long}, since {_clock(signs.told_at, crawl)}; {signs.silence:.0f} articles would be usual"


def _is_sure(streak: Streak | None, now: datetime) -> bool:
    return streak is not None and streak.since is not None and streak.count >= SURE_CRAWLS and now - streak.since >= SURE_AFTER


def _clock(at: datetime, crawl: _Crawl) -> str:
    """The time on the outlet's clocks, with its day when that is another."""
    local, today = at.astimezone(crawl.history.zone), crawl.now.astimezone(crawl.history.zone)
    return f"{local:%H:%M}" if local.date() == today.date() else f"{local:%a} {local:%d.%m. %H:%M}"


def _detail(crawl: _Crawl) -> dict[str, Any]:
    report, states, history, volume = crawl.report, crawl.states, crawl.history, crawl.history.volume
    newest = [one for one in (*(state.newest_at for state in states), *(source.newest_at for source in report.sources)) if one]
    standing = history.standing
    return {
        "entries": report.entries, "pages_fetched": report.pages_fetched,
        "sources": [
            {
                "url": one.url, "status": one.status.value, "error": one.error, "trouble": one.trouble.value if one.trouble else None,
                "http_status": one.http_status, "moved_to": one.moved_to,
            }
            for one in report.sources
        ],
        "newest_at": max(newest).isoformat() if newest else None, "robots": report.observed.robots, "tls": report.observed.tls,
        "template": {"pages": standing.seen, "misfits": standing.misses, "canaries": standing.canaries, "low": standing.low},
        "dead_letters": history.letters, "articles_a_day": round(volume.a_day, 1) if volume else None,
    }  # fmt: skip
