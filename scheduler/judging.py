"""After a crawl: its figures are added to the hours, its outlets judged, incidents opened and closed, alarms noted; one transaction.

What is usual at an outlet is read from its hours a few times a day and kept meanwhile. Not here: the judgement (`scheduler.verdicts`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from crawler.model.run import Outcome, OutletReport, SourceStatus
from crawler.store import dead_letters, incidents, outlet_hours, outlets, sources, templates
from crawler.store import health as health_store
from crawler.store.database import Database
from crawler.store.health import OutletHealth
from crawler.store.incidents import Incident
from crawler.store.outlet_hours import OutletHour, hour_of
from scheduler.alarms import note_alarms
from scheduler.baselines import BASELINE, History, usual_of
from scheduler.content import pages_without_text
from scheduler.health import answered, asked_nothing, is_skipped
from scheduler.incidents import Change, Decision, decide
from scheduler.verdicts import judge
from scheduler.volume import volume_of

READ_AGAIN = timedelta(hours=6)
"""What is usual is read from the hours again after so long."""
_UNCHANGED = {SourceStatus.NOT_MODIFIED, SourceStatus.SAME_BODY}
_kept: WeakKeyDictionary[Database, dict[str, tuple[datetime, History]]] = WeakKeyDictionary()


def keep_verdicts(database: Database, reports: Iterable[OutletReport], now: datetime) -> None:
    """Judge each outlet from the report of its crawl and write what follows. Raises BackendUnavailable."""
    done = {one.outlet: one for one in reports if not is_skipped(one)}
    with database.read() as connection:
        histories = _histories(connection, database, sorted(done), now)
    with database.write() as connection:
        outlet_hours.add(connection, [hour for one in done.values() if (hour := outlet_hour(one, now))])
        verdicts = _judged(connection, done, histories, now)
        health_store.save_health(connection, verdicts)
        note_alarms(connection, _keep_incidents(connection, verdicts, now), now)


def outlet_hour(report: OutletReport, now: datetime) -> OutletHour | None:
    """A crawl's figures, for the hour in which it ended; None when it asked nothing."""
    if asked_nothing(report):
        return None
    seen, new = report.observed, report.observed.new
    return OutletHour(
        outlet=report.outlet, hour=hour_of(now), crawls=1, failures=0 if answered(report) or not report.sources else 1,
        polls=len(report.sources), unchanged_polls=sum(one.status in _UNCHANGED for one in report.sources), entries=report.entries,
        pages=report.pages_fetched, new=new.count, no_text=pages_without_text(report), blocked=report.outcomes.get(Outcome.BLOCKED, 0),
        paid=new.paid, with_authors=new.with_authors, with_date=new.with_date, with_lead=new.with_lead, with_image=new.with_image,
        words=new.words, by_template=new.by_template, seconds=math.ceil(seen.traffic.seconds),
    )  # fmt: skip


def _judged(
    connection: sa.Connection, done: dict[str, OutletReport], histories: dict[str, History], now: datetime
) -> list[OutletHealth]:
    before = health_store.read_health(connection, done)
    found = []
    for slug, one in done.items():
        states = list(sources.read_states(connection, slug).values())
        verdict = judge(one, before.get(slug), histories[slug], states, now)
        found += [verdict] if verdict else []
    return found


def _keep_incidents(connection: sa.Connection, verdicts: Iterable[OutletHealth], now: datetime) -> list[Incident]:
    """Write what each verdict does to its outlet's incident; returns those that it opened."""
    known = incidents.open_incidents(connection)
    opened = []
    for verdict in verdicts:
        for one in decide(known.get(verdict.outlet), verdict, now):
            kept = _keep(connection, one)
            opened += [kept] if one.change is Change.OPENED else []
    return opened


def _keep(connection: sa.Connection, decision: Decision) -> Incident:
    if decision.change is Change.OPENED:
        return incidents.open_incident(connection, decision.incident)
    incidents.save_incident(connection, decision.incident)
    return decision.incident


def _histories(connection: sa.Connection, database: Database, slugs: list[str], now: datetime) -> dict[str, History]:
    """What is usual at each outlet; a template's standing is read anew each time."""
    kept = _kept.setdefault(database, {})
    old = [slug for slug in slugs if slug not in kept or not timedelta(0) <= now - kept[slug][0] < READ_AGAIN]
    if old:
        rows, letters = outlets.read_outlets(connection), dead_letters.count_by_outlet(connection, now - timedelta(days=1))
        hours = outlet_hours.read(connection, now - BASELINE, old)
        for slug in old:
            row, own = rows.get(slug), hours.get(slug, [])
            zone, country = ZoneInfo(row.timezone if row else "UTC"), row.country if row else ""
            history = History(
                zone=zone, usual=usual_of(own, now), volume=volume_of(own, zone, country), letters=letters.get(slug, 0)
            )
            kept[slug] = now, history
    return {slug: kept[slug][1].with_standing(templates.read_standing(connection, slug)) for slug in slugs}
