"""When an incident opens, goes on, changes its name and closes: once a fault, with its recovery. Pure.

The delays until a fault is sure are the verdicts' (`scheduler.verdicts`): a fault opens an incident at once. Recovery waits, so that an
outlet that comes and goes is one incident and not twenty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from crawler.store.health import FAULTS, OutletHealth, Verdict
from crawler.store.incidents import Incident

RECOVERED_AFTER = timedelta(hours=1)
"""Without a sign of the fault, counted from the last crawl that showed it."""
RECOVERED_CRAWLS = 2
"""... and so many judgements in a row: an outlet crawled once a day recovers with the second good day."""
_NATURES = (
    {Verdict.UNREACHABLE, Verdict.BLOCKED, Verdict.MOVED},
    {Verdict.BROKEN, Verdict.PAYWALLED},
    {Verdict.FROZEN},
    {Verdict.SLOW},
)
"""Verdicts of one nature are one incident: a server that is down, then answers 403, has one trouble."""


class Change(StrEnum):
    """What happens to an incident."""

    OPENED = "opened"
    SEEN = "seen"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Decision:
    """One change and the incident after it; its number is 0 when it is new."""

    change: Change
    incident: Incident


def decide(known: Incident | None, health: OutletHealth, now: datetime) -> tuple[Decision, ...]:
    """What the newest judgement does to the outlet's open incident, or to none: nothing, one change, or an end and a beginning."""
    if health.verdict not in FAULTS:
        return (_ended(known, known.reason, now),) if known and _has_recovered(known, health, now) else ()
    if known is None:
        return (_opened(health, now),)
    if _nature(known.verdict) != _nature(health.verdict):
        return _ended(known, f"{known.reason} (then: {health.verdict})", now), _opened(health, now)
    detail = dict(known.detail)
    if known.verdict != health.verdict:
        detail["verdicts"] = [*detail.get("verdicts", ()), known.verdict]
    return (Decision(Change.SEEN, replace(known, verdict=health.verdict, reason=health.reason, detail=detail, seen_at=now)),)


def _has_recovered(known: Incident, health: OutletHealth, now: datetime) -> bool:
    return now - known.seen_at >= RECOVERED_AFTER and int(health.detail.get("fine_in_a_row", 0)) >= RECOVERED_CRAWLS


def _opened(health: OutletHealth, now: datetime) -> Decision:
    began = health.detail.get("began_at")
    began_at = min(datetime.fromisoformat(began), now) if began else health.since or now
    evidence = {name: health.detail[name] for name in ("sources", "robots", "tls", "template") if health.detail.get(name)}
    one = Incident(
        outlet=health.outlet, verdict=health.verdict, reason=health.reason, detail=evidence, began_at=began_at, opened_at=now, seen_at=now,
    )  # fmt: skip
    return Decision(Change.OPENED, one)


def _ended(known: Incident, reason: str, now: datetime) -> Decision:
    return Decision(Change.CLOSED, replace(known, reason=reason, closed_at=now))


def _nature(verdict: str) -> int:
    return next((number for number, names in enumerate(_NATURES) if verdict in names), -1)
