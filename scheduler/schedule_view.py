"""What `depesza schedule` tells: when each outlet is due and why, what comes next, how an adaptive outlet's interval came about.

Reads; decides nothing. Not here: the commands (`scheduler.schedule_cli`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from crawler.config import Locations, crawler_settings
from crawler.errors import ConfigError
from crawler.model.feed import FeedState
from crawler.model.outlet import Outlet
from crawler.outlets.choosing import choose_outlets, open_catalogue
from crawler.store import outlet_hours, sources, turns
from crawler.store.turns import Turn
from scheduler.adaptive import Decision
from scheduler.config import scheduler_settings
from scheduler.planning import Planner
from scheduler.slots import Adaptive, Slots, Timed
from scheduler.timetable import reason_of, slots_of
from scheduler.weekly import MEMORY, Rhythm, rhythm_of

_LEVELS = " ▁▂▃▄▅▆▇█"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One outlet and its schedule."""

    outlet: str
    schedule: str
    """Its slots in words."""
    from_: str
    """Which line says so: its own, its group's, the default."""
    next_at: datetime | None
    """None: an adaptive outlet that was never planned; it is due as soon as `depesza run` runs."""
    waits_since: datetime | None = None
    """It is due already."""
    crawled_by: str | None = None
    last_at: datetime | None = None
    """End of its last crawl by the clock."""
    why: str = ""
    """In words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One instant of the timetable."""

    at: datetime
    outlets: tuple[str, ...]
    schedule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All that decides when one outlet is due."""

    due: Due
    adaptive: bool
    zone: str
    decision: Decision | None
    """What the policy says for the instant of its last crawl (else for now); None for an outlet with slots."""
    rhythm: Rhythm
    hours_known: float
    articles_a_day: float
    sources: tuple[FeedState, ...] = field(default=())
    """The states of its sources, those never asked left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The outlets that are watched, with their schedules."""

    outlets: Mapping[str, Outlet]
    slots: Mapping[str, Slots]
    reasons: Mapping[str, str]


def read_watched(locations: Locations, slugs: Sequence[str] = ()) -> Watched:
    """The outlets named, or all that are watched. Raises ConfigError."""
    settings, catalogue = scheduler_settings(locations), open_catalogue(locations)
    outlets = choose_outlets(catalogue, slugs, crawler_settings(locations).outlets)
    return Watched(
        outlets={one.slug: one for one in outlets},
        slots={one.slug: slots_of(one, settings, catalogue.path_of) for one in outlets},
        reasons={one.slug: reason_of(one, settings) for one in outlets},
    )


def list_due(connection: sa.Connection, watched: Watched, now: datetime) -> list[Due]:
    """Every outlet, those that are due first, then by their next slot."""
    found = turns.read_turns(connection)
    rows = [_due(slug, watched, found.get(slug), now) for slug in watched.outlets]
    return sorted(rows, key=lambda one: (one.waits_since is None, one.waits_since or one.next_at or now, one.outlet))


def coming(connection: sa.Connection, watched: Watched, now: datetime, count: int) -> list[Coming]:
    """The next `count` instants at which outlets become due; an adaptive outlet's next one only, for the one after is not decided."""
    found = turns.read_turns(connection)
    by_slots: dict[Timed, list[str]] = {}
    planned: list[tuple[datetime, str, str]] = []
    for slug, slots in watched.slots.items():
        if isinstance(slots, Adaptive):
            turn = found.get(slug)
            planned.append(((turn.next_at if turn else None) or now, str(slots), slug))
        else:
            by_slots.setdefault(slots, []).append(slug)
    streams = [_stream(slots, slugs, now) for slots, slugs in by_slots.items()]
    merged = heapq.merge(*streams, sorted(planned))
    together = groupby(merged, key=lambda one: one[:2])
    return [
        Coming(at=at, schedule=schedule, outlets=tuple(sorted(slug for *_, slugs in rows for slug in slugs.split())))
        for (at, schedule), rows in islice(together, count)
    ]


def explain(connection: sa.Connection, watched: Watched, slug: str, now: datetime) -> Explained:
    """How it comes that the outlet is due when it is."""
    outlet, slots = watched.outlets[slug], watched.slots[slug]
    turn = turns.read_turns(connection).get(slug)
    hours = outlet_hours.read(connection, now - MEMORY, [slug]).get(slug, [])
    rhythm = rhythm_of(hours, outlet.timezone, now)
    asked = turn.ended_at if turn and turn.ended_at and turn.ended_at <= now else now
    decision = Planner().plan(connection, outlet, slots, asked) if isinstance(slots, Adaptive) else None
    states = sources.read_states(connection, slug)
    return Explained(
        due=_due(slug, watched, turn, now), adaptive=isinstance(slots, Adaptive), zone=outlet.timezone, decision=decision,
        rhythm=rhythm, hours_known=rhythm.known_hours, articles_a_day=rhythm.a_day,
        sources=tuple(states[one.url] for one in outlet.sources if one.url in states),
    )  # fmt: skip


def instants(slots: Timed, after: datetime, count: int) -> list[datetime]:
    """The next `count` slots strictly after an aware instant, UTC."""
    found: list[datetime] = []
    for _ in range(count):
        found.append(slots.next_after(found[-1] if found else after))
    return found


def read_start(text: str | None, zone: str, now: datetime) -> datetime:
    """The instant that `--from` names: without an offset, on the clocks of `zone`; None is `now`. Raises ConfigError."""
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f'--zone: {zone!r} is no time zone; write one such as "Europe/Warsaw"') from None
    if text is None:
        return now.astimezone(place)
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"--from: {text!r} is no time; write 2026-11-24, 2026-11-24T00:00 or 2026-11-24T00:00+01:00") from None
    return at if at.tzinfo else at.replace(tzinfo=place)


def week_chart(rhythm: Rhythm) -> list[str]:
    """The rhythm as lines of text: a row a day, a column an hour on the outlet's clocks, eight heights."""
    most = max(rhythm.rates)
    lines = ["     0     6     12    18"]
    for day, name in enumerate(_DAYS):
        rates = rhythm.rates[24 * day : 24 * day + 24]
        bars = "".join(_LEVELS[max(1, round(8 * rate / most)) if rate > most / 50 else 0] for rate in rates)
        lines.append(f"{name}  {bars}  {sum(rates):.1f} articles")
    return lines


def _due(slug: str, watched: Watched, turn: Turn | None, now: datetime) -> Due:
    slots = watched.slots[slug]
    if isinstance(slots, Adaptive):
        next_at = turn.next_at if turn else None
        why = "planned after its last crawl" if next_at else "not planned yet: due at the next start of the service"
    else:
        next_at, why = slots.next_after(now), "its next slot"
    waits = turn.due_at if turn else None
    if turn and turn.owner:
        why = "it is being crawled"
    elif waits and turn and turn.attempts:
        why = f"{turn.attempts} attempts failed; tried again then"
        next_at = min(next_at, waits) if next_at and waits > now else waits if waits > now else next_at
    elif waits:
        why = "it is due and waits for a free place"
    return Due(
        outlet=slug, schedule=str(slots), from_=watched.reasons[slug], next_at=next_at, why=why,
        waits_since=waits if waits and waits <= now else None, crawled_by=turn.owner if turn else None,
        last_at=turn.ended_at if turn else None,
    )  # fmt: skip


def _stream(slots: Timed, slugs: Sequence[str], now: datetime) -> Iterator[tuple[datetime, str, str]]:
    at, names = now, " ".join(slugs)
    while True:
        at = slots.next_after(at)
        yield at, str(slots), names


def soon(at: datetime, now: datetime) -> str:
    """ "in 12 min", "in 3.5 h", "now"."""
    seconds = (at - now) / timedelta(seconds=1)
    if seconds <= 0:
        return "now"
    return f"in {seconds / 60:.0f} min" if seconds < 5400 else f"in {seconds / 3600:.1f} h"
