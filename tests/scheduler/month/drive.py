"""The month under a fake clock: slots, turns, light crawls, verdicts, incidents and adaptive planning, instant by instant, never waiting.

The driver does what the service does, with the same parts: the timetable's jobs fire their last slot through `turns.make_due`, what is
due is claimed, crawled (`light`), judged (`keep_verdicts`) and finished, and an adaptive outlet is planned by `next_poll`. Its own is only
the order of these calls, the tick (the service is woken by APScheduler, which waits by the wall clock), and a memory for weekly rhythms
(they are read again every six simulated hours, where the service reads them after each crawl).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.model.outlet import Outlet
from crawler.model.run import OutletReport, RunReport
from crawler.store import incidents, outlet_hours, outlets, sources, turns
from crawler.store.database import Database
from crawler.store.incidents import Incident
from crawler.store.schema import outlet_hour
from scheduler.adaptive import next_poll
from scheduler.config import SchedulerSettings
from scheduler.judging import keep_verdicts
from scheduler.slots import Adaptive, Timed
from scheduler.timetable import Job, build_timetable
from scheduler.weekly import MEMORY, Rhythm, rhythm_of
from tests.scheduler.month.client import LightClient
from tests.scheduler.month.light import Clock, LightCrawler
from tests.scheduler.month.world import World, outlet_of

TICK = timedelta(seconds=30)
LOOK_BACK = (timedelta(hours=1), timedelta(hours=26), timedelta(days=8))
RHYTHM_AGAIN = timedelta(hours=6)
OWNER = "month:1:0000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upset:
    """Something that happens to the scheduler itself."""

    at: datetime
    kind: str
    """"restart" (a new service at once), "gap" (off for `lasts`), "back" and "forward" (the wall clock is set by `lasts`)."""
    lasts: timedelta = timedelta(0)


@dataclass(slots=True)
class Seen:
    """What came of the month."""

    fired: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    """(slug, slot) -> how often it made the outlet due."""
    crawls: Counter[str] = field(default_factory=Counter)
    polls: Counter[str] = field(default_factory=Counter)
    """Requests for sources, by slug."""
    found: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Slug -> (article's number, seconds since 1970 at which it was filed)."""
    incidents: list[Incident] = field(default_factory=list)
    away: list[tuple[datetime, datetime]] = field(default_factory=list)
    """When the scheduler was off, or the wall clock jumped over."""
    days: list[tuple[int, float, int]] = field(default_factory=list)
    """(day, megabytes of memory, rows of the store) after each simulated day."""


class Month:
    """One run."""

    def __init__(
        self, world: World, database: Database, origin: str, *, settings: SchedulerSettings | None = None, tick: timedelta = TICK
    ) -> None:
        self.world, self.database, self.seen = world, database, Seen()
        self._step = tick
        self.clock = Clock(world.start)
        world.clock = self.clock
        self.outlets = {room.slug: outlet_of(room, origin) for room in world.rooms}
        self.client = LightClient(world)
        self.crawler = LightCrawler(list(self.outlets.values()), self.client, self.clock, self._found)
        self._settings = settings or SchedulerSettings()
        self._rhythms: dict[str, tuple[datetime, Rhythm]] = {}
        self._jobs: list[Job] = []
        self._next: dict[str, datetime] = {}
        self._planned: dict[str, datetime] = {}
        """When each adaptive outlet is due next, as the store has it: instants at which nothing is due cost nothing."""

    def begin(self, history: bool) -> None:
        """The store at the first start. `history`: it knows the hours of the four weeks before, as if the outlets had been crawled then."""
        with self.database.write() as connection:
            outlets.write_outlets(connection, list(self.outlets.values()), self.world.start)
            if history:
                rows = [row for room in self.world.rooms for row in past_hours(self.world, room.slug)]
                connection.execute(outlet_hour.insert(), rows)
        self.start_service()

    def start_service(self) -> None:
        """What a service does at its start: timetable, turns, the last slot of every schedule for whom nobody fired it."""
        now = self.clock.now
        self._jobs = list(build_timetable(self.outlets.values(), self._settings))
        self._next = {}
        adaptive = {slug: job.slots for job in self._jobs if isinstance(job.slots, Adaptive) for slug in job.outlets}
        self._adaptive = adaptive
        self._planned = dict.fromkeys(adaptive, now)
        waits = {slug: timedelta(seconds=one.longest_s, days=1) for slug, one in adaptive.items()}
        with self.database.write() as connection:
            turns.sync(connection, {slug: str(job.slots) for job in self._jobs for slug in job.outlets}, now, waits)
            self._fire(connection, [job for job in self._jobs if not isinstance(job.slots, Adaptive)])

    async def run(self, upsets: list[Upset], on_day: Callable[[int], None] = lambda day: None) -> Seen:
        """From the clock's instant to the end of the month."""
        waiting, day = sorted(upsets, key=lambda one: one.at), 0
        while self.clock.now < self.world.end:
            if waiting and self.clock.now >= waiting[0].at:
                self._upset(waiting.pop(0))
            await self._tick()
            self.clock.now += self._step
            if self.clock.now >= self.world.start + timedelta(days=day + 1):
                day += 1
                on_day(day)
        with self.database.read() as connection:
            self.seen.incidents = sorted(
                incidents.read_incidents(connection, self.world.start), key=lambda one: (one.opened_at, one.id)
            )
        self.client.close()
        return self.seen

    def _upset(self, one: Upset) -> None:
        now = self.clock.now
        if one.kind in ("gap", "forward"):
            self.seen.away.append((now, now + one.lasts))
            self.clock.now = now + one.lasts
        elif one.kind == "back":
            self.clock.now = now - one.lasts
        self.start_service()  # a clock that was set makes the service build its jobs anew, as a start does

    def _fire(self, connection: sa.Connection, jobs: list[Job]) -> None:
        now = self.clock.now
        for job in jobs:
            assert not isinstance(job.slots, Adaptive)
            slot = last_slot(job.slots, now)
            self.seen.fired.update((slug, slot) for slug in turns.make_due(connection, job.outlets, slot, now))

    def _due_jobs(self) -> list[Job]:
        now, due = self.clock.now, []
        for job in self._jobs:
            if isinstance(job.slots, Adaptive):
                continue
            key = str(job.slots)
            if self._next.setdefault(key, job.slots.next_after(now)) <= now:
                due.append(job)
                self._next[key] = job.slots.next_after(max(self._next[key], now))
        return due

    async def _tick(self) -> None:
        now = self.clock.now
        jobs = self._due_jobs()
        if not jobs and now < min(self._planned.values(), default=now):
            return
        with self.database.write() as connection:
            self._fire(connection, jobs)
            turns.due_adaptive(connection, now)
            batch = turns.claim(connection, OWNER, now, 10_000)
            reports = [await self._crawl(connection, self.outlets[slug]) for slug in batch]
        report = RunReport(run_id="month", started_at=now, finished_at=now, finished=True, outlets=tuple(reports))
        self._judge(report, now)
        with self.database.write() as connection:
            planned: dict[str, datetime] = {}
            for slug in batch:
                turns.finish(connection, OWNER, slug, now)
                if bounds := self._adaptive.get(slug):
                    states = list(sources.read_states(connection, slug).values())
                    planned[slug] = next_poll(bounds, self._rhythm(connection, slug, now), states, now).at
            turns.plan_next(connection, planned)
        self._planned |= planned

    def _judge(self, report: RunReport, now: datetime) -> None:
        keep_verdicts(self.database, report.outlets, now)

    async def _crawl(self, connection: sa.Connection, outlet: Outlet) -> OutletReport:
        report = await self.crawler.crawl(connection, outlet)
        self.seen.crawls[outlet.slug] += 1
        self.seen.polls[outlet.slug] += len(report.sources)
        return report

    def _rhythm(self, connection: sa.Connection, slug: str, now: datetime) -> Rhythm:
        kept = self._rhythms.get(slug)
        if kept is None or not timedelta(0) <= now - kept[0] < RHYTHM_AGAIN:
            hours = outlet_hours.read(connection, now - MEMORY, [slug]).get(slug, [])
            kept = self._rhythms[slug] = (now, rhythm_of(hours, self.outlets[slug].timezone, now))
        return kept[1]

    def _found(self, url: str, at: datetime) -> None:
        slug, number = url.split("/")[-3], int(url.rsplit("/", 1)[1])
        self.seen.found.setdefault(slug, []).append((number, at.timestamp()))


def last_slot(slots: Timed, now: datetime) -> datetime:
    """The newest slot that is not after `now`; every schedule of the month has one a week."""
    for back in LOOK_BACK:
        slot = slots.next_after(now - back)
        if slot <= now:
            while (later := slots.next_after(slot)) <= now:
                slot = later
            return slot
    raise AssertionError("a schedule without a slot in eight days")


def past_hours(world: World, slug: str, days: int = 28) -> list[dict[str, Any]]:
    """Rows of `outlet_hour` before the month, as crawls would have summed them up."""
    first = world.start - timedelta(days=days)
    counts = Counter(int(at // 3600) for at in world.published[slug] if first.timestamp() <= at < world.start.timestamp())
    rows = []
    for number in range(24 * days):
        hour = first + timedelta(hours=number)
        new = counts[int(hour.timestamp() // 3600)]
        parts = dict.fromkeys(("new", "pages", "entries", "with_authors", "with_date", "with_image"), new)
        rows.append({"outlet": slug, "hour": hour, "crawls": 4, "polls": 4, "words": 220 * new, **parts})
    return rows
