"""Whether somebody is needed: what of an installation's state does not mend itself, in words. Pure.

Not here: the figures (`crawler.store.overview`), who tells them (`depesza status`, the API, the metrics).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crawler.store.incidents import Incident
from crawler.store.overview import Overview
from crawler.store.processes import Process, leader_of, services_of
from indexer.watches.alarms import HIDDEN_VERDICT, hidden

STALE_OUTBOX = timedelta(minutes=30)
"""Articles that wait longer for the index are stuck: a push comes every minute."""
STALE_TURN = timedelta(hours=2)
"""An outlet that waits longer for its turn: the crawls do not keep up."""


def troubles(overview: Overview) -> tuple[str, ...]:
    """What needs somebody, the gravest first; () when nothing does. Quiet outlets and dead letters do not."""
    now, said = overview.now, []
    if unled := trouble_of_processes(overview.processes):
        said.append(unled)
    if is_older(overview.outbox_oldest_at, now, STALE_OUTBOX):
        said.append(f"{overview.outbox} articles wait for the index, the oldest for {age(overview.outbox_oldest_at, now)}")
    if is_older(overview.due_oldest_at, now, STALE_TURN):
        said.append(f"an outlet waits for its turn for {age(overview.due_oldest_at, now)}: the crawls do not keep up")
    untold = hidden(overview.incidents)
    said += [
        _incident_words(one, now) for one in sorted(overview.incidents, key=lambda one: not one.is_ours) if one.id not in untold
    ]
    if untold:
        said.append(
            f"{len(untold)} outlets are {HIDDEN_VERDICT} one by one, which is left out while the fault may be on this side"
        )
    if overview.alerts.get("failed"):
        said.append(f"{overview.alerts['failed']} alerts could not be sent (`depesza watch list`)")
    return tuple(said)


def _incident_words(one: Incident, now: datetime) -> str:
    what = "most outlets are silent, so the fault may be on this side," if one.is_ours else one.verdict
    return f"{one.subject}: {what} for {age(one.began_at, now)}: {one.reason}"


def trouble_of_processes(alive: Sequence[Process]) -> str | None:
    """Why nobody keeps time, or None when somebody does. `alive`: those whose heartbeat is young."""
    if not services_of(alive):
        return "no service runs (`depesza run`): nothing is crawled"
    return None if leader_of(alive) else "no service leads: nothing becomes due"


def is_older(at: datetime | None, now: datetime, limit: timedelta) -> bool:
    """Whether something happened, and longer ago than that."""
    return at is not None and now - at > limit


def age(at: datetime | None, now: datetime) -> str:
    """How long ago: "45 s", "12 min", "3 h 10 min", "2 d 4 h"."""
    seconds = max(0, round((now - at).total_seconds())) if at else 0
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 1440:
        return f"{minutes // 60} h" + (f" {minutes % 60} min" if minutes % 60 else "")
    return f"{minutes // 1440} d" + (f" {minutes // 60 % 24} h" if minutes // 60 % 24 else "")
