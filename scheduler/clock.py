"""The clock of the service: APScheduler, set up so that whatever comes late comes once, and what a wall clock may do to it.

APScheduler waits by the wall clock. Where that is set back, it would sleep until the time is reached again; where the machine
slept, it wakes late. So the service looks at `Drift` and wakes it. Not here: the jobs (`scheduler.service`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from crawler.spiders.hold import seconds
from crawler.store.turns import WRONG_CLOCK
from scheduler.slots import Timed

JUMP_S = 5.0
"""A wall clock that moves so far against the clock that nobody sets was set; less is what NTP corrects."""
_LOOK_BACK = tuple(timedelta(hours=hours) for hours in (1, 26, 24 * 8, 24 * 400, 24 * 366 * 8))


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler 3 has no types
    """APScheduler's way to ask for the next slot. A clock that is set back fires no slot again (SAFETY F11)."""

    def __init__(self, slots: Timed) -> None:
        self.slots = slots

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first slot after the last one fired, or after `now`, whichever is later."""
        if previous_fire_time is None or previous_fire_time - now > WRONG_CLOCK:
            return self.slots.next_after(now)
        return self.slots.next_after(max(previous_fire_time, now))


class EveryTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler 3 has no types
    """Every so many seconds. APScheduler's own would count each time that was passed over, millions after a jump of years."""

    def __init__(self, seconds: float) -> None:
        self.step = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """At once, then a step after the last time, or after `now` where that has passed."""
        if previous_fire_time is None:
            return now
        following: datetime = previous_fire_time + self.step
        return following if following > now else now + self.step


def last_slot(slots: Timed, now: datetime) -> datetime | None:
    """The newest slot that is not after `now` (aware); None when there was none in eight years."""
    for back in _LOOK_BACK:
        slot = slots.next_after(now - back)
        if slot <= now:
            while (later := slots.next_after(slot)) <= now:
                slot = later
            return slot
    return None


def new_clock() -> Any:
    """A scheduler whose jobs run once however late, and never twice at a time."""
    return BackgroundScheduler(
        timezone=UTC,
        jobstores={"default": MemoryJobStore()},
        executors={"default": ThreadPoolExecutor(8)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )


class Drift:
    """Notices that somebody set the wall clock."""

    def __init__(self) -> None:
        self._offset_s = self._measure()

    def jumped(self) -> float | None:
        """Seconds by which the wall clock was set forward (back: negative) since the last call; None when it was not."""
        before, self._offset_s = self._offset_s, self._measure()
        moved_s = self._offset_s - before
        return moved_s if abs(moved_s) > JUMP_S else None

    @staticmethod
    def _measure() -> float:
        return datetime.now(UTC).timestamp() - seconds()
