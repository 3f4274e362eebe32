"""Which watch is told of which incident: alarms. Every open incident that a watch asks for is told once, and then its end.

It looks at what is open, not at what has just happened: whoever begins to watch hears what is wrong now, and nothing is lost by a
kill. Not here: what is an incident (the scheduler), what a message says (`alarm_message`), sending (`delivering`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from crawler.errors import ConfigError
from crawler.store import alarms as store
from crawler.store.alarms import Alarm
from crawler.store.health import FAULTS, Verdict
from crawler.store.incidents import EVERY_OUTLET, Incident, read_incidents
from crawler.store.outlets import OutletRow, read_outlets
from crawler.store.watches import WatchRow, read_watches
from indexer.watches.settings import WatchSettings

HIDDEN_VERDICT = Verdict.UNREACHABLE.value
"""What outlets look like while the fault is on this side: then they are not told one by one."""
SETTLES = timedelta(hours=1)
"""After the fault on this side is over: an outlet that is still unreachable so much later is told."""
LATE = timedelta(days=2)
"""Ends of incidents are told so much later, for instance of a watch that was paused meanwhile."""


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """What an alarm watch is told of; nothing named: everything."""

    outlets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()


def note_open(connection: sa.Connection, now: datetime, only: str | None = None) -> int:
    """Note for every watch that is not paused (or `only` the one of that id) what it is to be told; returns how many alarms are new."""
    watches = [one for one in read_watches(connection, active_only=True) if one.kind == "alarm" and only in (None, one.id)]
    if not watches:
        return 0
    incidents = read_incidents(connection, now - LATE)
    begun, ended = _told_apart(incidents)
    outlets = read_outlets(connection)
    wanted = {watch.id: wants(WatchSettings.read(watch.settings), [*begun, *ended], outlets) for watch in watches}
    ends = _alarms(watches, wanted, ended, is_recovery=True)
    heard = store.noted(connection, {f"incident {one.incident_id} opened" for one in ends})
    ends = [one for one in ends if (one.watch_id, one.channel, f"incident {one.incident_id} opened") in heard]
    return store.note(connection, [*_alarms(watches, wanted, begun, is_recovery=False), *ends], now)


def wants(settings: WatchSettings, incidents: Collection[Incident], outlets: Mapping[str, OutletRow]) -> set[int]:
    """Numbers of the incidents that a watch asks for. What befell most outlets is for everybody who wants to hear of unreachable ones."""
    return {one.id for one in incidents if _is_wanted(settings, one, outlets.get(one.outlet))}


def hidden(incidents: Sequence[Incident]) -> set[int]:
    """Open incidents that are not told while the fault may be on this side, and afterwards until their outlet was crawled again."""
    storms = [one for one in incidents if one.outlet == EVERY_OUTLET]
    return {
        one.id
        for one in incidents
        if one.outlet != EVERY_OUTLET
        and one.verdict == HIDDEN_VERDICT
        and one.closed_at is None
        and any(_hides(storm, one) for storm in storms)
    }


def check_filter(asked: AlarmFilter, outlets: Collection[str], groups: Collection[str]) -> AlarmFilter:
    """The same without repeats. `outlets`, `groups`: those there are. Raises ConfigError naming what there is not."""
    given = {"outlet": asked.outlets, "group": asked.groups, "verdict": asked.verdicts}
    there: dict[str, Collection[str]] = {"outlet": outlets, "group": groups, "verdict": FAULTS}
    for what, names in given.items():
        for name in names:
            if name not in there[what]:
                said = ", ".join(sorted(there[what])[:20]) or "none"
                raise ConfigError(f"there is no {what} {name!r} to tell of; there are: {said}")
    return AlarmFilter(*(tuple(dict.fromkeys(names)) for names in given.values()))


def described(settings: WatchSettings) -> str:
    """What an alarm watch watches, in words."""
    parts = [", ".join((*settings.outlets, *(f"group {one}" for one in settings.groups))) or "all outlets"]
    return f"alarms of {parts[0]}" + (f": {', '.join(settings.verdicts)}" if settings.verdicts else "")


def _told_apart(incidents: Sequence[Incident]) -> tuple[list[Incident], list[Incident]]:
    """Those that are open and told, and those that are over."""
    untold = hidden(incidents)
    return (
        [one for one in incidents if one.closed_at is None and one.id not in untold],
        [one for one in incidents if one.closed_at is not None],
    )


def _is_wanted(settings: WatchSettings, one: Incident, outlet: OutletRow | None) -> bool:
    if one.outlet == EVERY_OUTLET:
        return not settings.verdicts or HIDDEN_VERDICT in settings.verdicts
    if settings.verdicts and one.verdict not in settings.verdicts:
        return False
    if not settings.outlets and not settings.groups:
        return True
    return one.outlet in settings.outlets or (outlet is not None and outlet.group in settings.groups)


def _hides(storm: Incident, one: Incident) -> bool:
    """After the storm an outlet has time to be asked again. What was told before stays told."""
    return storm.closed_at is None or (one.opened_at <= storm.closed_at and one.seen_at <= storm.closed_at + SETTLES)


def _alarms(
    watches: Sequence[WatchRow], wanted: Mapping[str, set[int]], incidents: Sequence[Incident], *, is_recovery: bool
) -> list[Alarm]:
    return [
        Alarm(watch_id=watch.id, channel=channel, incident_id=one.id, is_recovery=is_recovery)
        for watch in watches
        for channel in WatchSettings.read(watch.settings).to
        for one in incidents
        if one.id in wanted[watch.id]
    ]
