"""When an adaptive outlet is asked next, from what the store knows of it. Not here: the decision itself (`scheduler.adaptive`).

Reading four weeks of hours after each crawl would cost more than the crawl's own bookkeeping, so a rhythm serves for an hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from crawler.model.outlet import Outlet
from crawler.store import outlet_hours
from crawler.store.sources import read_states
from scheduler.adaptive import Decision, next_poll
from scheduler.slots import Adaptive
from scheduler.weekly import MEMORY, Rhythm, rhythm_of

READ_AGAIN = timedelta(hours=1)
"""A rhythm of weeks does not change in less."""


class Planner:
    """Plans polls; remembers rhythms. For one process, safe between threads."""

    def __init__(self) -> None:
        self._rhythms: dict[str, tuple[datetime, Rhythm]] = {}

    def plan(self, connection: sa.Connection, outlet: Outlet, bounds: Adaptive, now: datetime) -> Decision:
        """The next poll of an outlet that was asked at `now` (aware). Sources that its file names no more count for nothing."""
        named = {source.url for source in outlet.sources}
        states = [state for url, state in read_states(connection, outlet.slug).items() if url in named]
        return next_poll(bounds, self._rhythm(connection, outlet, now), states, now)

    def _rhythm(self, connection: sa.Connection, outlet: Outlet, now: datetime) -> Rhythm:
        read_at, rhythm = self._rhythms.get(outlet.slug, (None, None))
        if rhythm is None or read_at is None or not timedelta(0) <= now - read_at < READ_AGAIN or rhythm.zone != outlet.timezone:
            hours = outlet_hours.read(connection, now - MEMORY, [outlet.slug]).get(outlet.slug, [])
            rhythm = rhythm_of(hours, outlet.timezone, now)
            self._rhythms[outlet.slug] = now, rhythm
        return rhythm


def plan_poll(connection: sa.Connection, outlet: Outlet, bounds: Adaptive, now: datetime) -> Decision:
    """As `Planner.plan`, once."""
    return Planner().plan(connection, outlet, bounds, now)
