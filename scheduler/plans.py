"""The catalogue as `depesza serve` shows it: each outlet's schedule, next slot and sources. Read anew once a minute.

Not here: what a page makes of it (`indexer.web`), when an adaptive outlet is due (its turn in the store says so).
"""

from __future__ import annotations

import time
from datetime import datetime

import structlog

from crawler.config import Locations
from crawler.errors import ConfigError
from indexer.plans import OutletPlan
from scheduler.schedule_view import Watched, read_watched
from scheduler.slots import Adaptive

KEPT_S = 60.0
"""So old may the catalogue be: reading 150 files takes a third of a second."""
_log = structlog.get_logger("scheduler.plans")


class CataloguePlans:
    """`indexer.plans.Plans` over the files of an installation."""

    def __init__(self, locations: Locations) -> None:
        self._locations = locations
        self._kept: tuple[float, Watched | None] = (float("-inf"), None)

    def plan(self, slug: str, now: datetime) -> OutletPlan | None:
        """Of one outlet; None when it is not watched, or the catalogue cannot be read now."""
        watched = self._watched()
        if watched is None or slug not in watched.outlets:
            return None
        slots = watched.slots[slug]
        return OutletPlan(
            schedule=str(slots), decided_by=watched.reasons[slug],
            next_slot_at=None if isinstance(slots, Adaptive) else slots.next_after(now),
            kinds={one.url: one.kind.value for one in watched.outlets[slug].sources},
        )  # fmt: skip

    def _watched(self) -> Watched | None:
        """Two threads may read at once; either answer is right."""
        if time.monotonic() - self._kept[0] > KEPT_S:
            try:
                watched = read_watched(self._locations)
            except ConfigError as error:
                _log.warning("the catalogue cannot be read: pages tell no next slots", error=str(error))
                watched = None
            self._kept = time.monotonic(), watched
        return self._kept[1]
