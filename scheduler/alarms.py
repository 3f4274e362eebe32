"""After a crawl: is the fault on this side, and what is the person to be told. Noted in the transaction that judged the outlets.

When our own network is down every outlet is silent: that is one incident, of the outlet "*", and not two hundred. While it lasts a
few outlets are asked in turn, whatever their back-off, and when they answer all are asked at once.
Not here: what a verdict or an incident is (`scheduler.verdicts`, `scheduler.incidents`), sending (`indexer.watches`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median_low

import sqlalchemy as sa

from crawler.store import alarms as store
from crawler.store import sources
from crawler.store.health import OutletHealth, read_health
from crawler.store.incidents import EVERY_OUTLET, THIS_SIDE, Incident, open_incident, open_incidents, save_incident
from indexer.watches.alarms import HIDDEN_VERDICT, hidden, note_open
from scheduler.signs import Signs, signs_of

RECENT = timedelta(minutes=30)
"""Outlets that were judged longer ago do not count: they say nothing about the network now."""
LEAST = 5
"""So many silent outlets at least: two of three may well be on one machine of theirs."""
MOST, BACK = 0.6, 0.2
"""From this share of the outlets judged of late on the fault may be on this side; until this share of those answers again."""
PROBED, PROBED_EVERY = 5, timedelta(minutes=5)
"""So many of the silent outlets are asked again so often while it lasts."""
LISTED = 500
"""Outlets that such an incident names at most."""


def note_alarms(connection: sa.Connection, opened: Sequence[Incident], now: datetime) -> int:
    """Note for each alarm watch what it is to be told after a crawl; returns how many alarms are new.

    What the crawl `opened` stands in the store by then. Call it after every crawl: what is open or over and untold is told too.
    """
    known = open_incidents(connection)
    storm = known.pop(EVERY_OUTLET, None)
    if storm is not None:
        _go_on(connection, storm, now)
    elif opened and (storm := begun(read_health(connection).values(), opened, now)) is not None:
        store.take_back(connection, hidden([open_incident(connection, storm), *known.values()]))
    return note_open(connection, now)


def begun(health: Iterable[OutletHealth], opened: Sequence[Incident], now: datetime) -> Incident | None:
    """The incident of this side, when most outlets are silent and it is sure of one of them, so that a short break is none. Pure."""
    recent = {one.outlet: signs_of(one.detail.get("signs")) for one in health if now - one.updated_at <= RECENT}
    silent = {slug: one.failing.since or now for slug, one in recent.items() if _is_silent(one)}
    if len(silent) < max(LEAST, MOST * len(recent)) or not any(one.verdict == HIDDEN_VERDICT for one in opened):
        return None
    reason = f"{len(silent)} of {len(recent)} outlets crawled in the last {RECENT.seconds // 60} minutes do not answer"
    detail = {"silent": len(silent), "judged": len(recent), "outlets": sorted(silent)[:LISTED]}
    return Incident(
        outlet=EVERY_OUTLET, verdict=THIS_SIDE, reason=reason, detail=detail, began_at=min(median_low(silent.values()), now),
        opened_at=now, seen_at=now,
    )  # fmt: skip


def is_over(storm: Incident, health: Mapping[str, OutletHealth]) -> bool:
    """Whether enough of the outlets that were silent have answered since. Pure."""
    silent = storm.detail.get("outlets", ())
    signs = [signs_of(health[slug].detail.get("signs")) for slug in silent if slug in health]
    answered = sum(one.crawled_at is not None and one.crawled_at > storm.opened_at and not one.failing.count for one in signs)
    return answered >= max(min(3, len(signs)), BACK * len(signs))


def _go_on(connection: sa.Connection, storm: Incident, now: datetime) -> None:
    silent = list(storm.detail.get("outlets", ()))
    if is_over(storm, read_health(connection, silent)):
        save_incident(connection, replace(storm, closed_at=now))
        sources.ask_again(connection, silent, now)
        return
    if now - storm.seen_at >= PROBED_EVERY:
        save_incident(connection, replace(storm, seen_at=now))
        sources.ask_again(connection, _probes(silent, now), now)


def _probes(silent: Sequence[str], now: datetime) -> Collection[str]:
    """The next few of them, in turn by the clock."""
    at = int(now.timestamp() // PROBED_EVERY.total_seconds()) * PROBED
    return {silent[(at + number) % len(silent)] for number in range(PROBED)} if silent else ()


def _is_silent(signs: Signs) -> bool:
    return signs.failing.count > 0 and signs.failing.kind == HIDDEN_VERDICT
