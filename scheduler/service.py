"""`depesza run`: keeps time. Fires the slots of the timetable, does the chores of the clock, and crawls like a worker.

On PostgreSQL several may run: one leads and fires, the others stand by and crawl. What was fired stands in the store
(`crawler.store.turns`), where a slot fires once whoever fires it: so a restart, another leader or a clock that is set fires nothing
twice, and what passed while nobody led is due once (SAFETY F11, F13). Jobs live in memory and are built anew at every turn of events.
Not here: slots (`scheduler.timetable`), claiming and crawling (`scheduler.crew`).
"""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import UTC, datetime

import structlog

from crawler.config import Locations, store_url
from crawler.errors import DepeszaError
from crawler.settings import parse_duration
from crawler.store import leases, turns
from crawler.store.database import Database, open_database
from scheduler.chores import Chores
from scheduler.clock import Drift, EveryTrigger, SlotTrigger, last_slot, new_clock
from scheduler.crawling import check_clock, own_index
from scheduler.crew import Crew
from scheduler.lock import only_service
from scheduler.notify import Notifier
from scheduler.reload import Plan, PlanFile
from scheduler.slots import Adaptive
from scheduler.timetable import Job

log = structlog.get_logger("scheduler")
STEP_S = 0.5
"""How often the main thread looks around."""
TICK_S = 5.0
"""How often the clock shows that it ticks; files are looked at with every second tick."""
CATCH_UP_S = 60.0
"""How often one looks for slots that could not be fired (the store was away)."""
GATHER_S = 30.0
"""Adaptive outlets whose time comes within this share a batch, which costs two seconds of CPU however few they are; at most a quarter
of the shortest wait (`tests/scheduler/measure_service.py`)."""
TIDY_S = 600.0
FLUSH_S = 3.0
"""What the last push may take after a stop; what is left is pushed after the next start."""
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""The slot of a cron line that had none yet: a new outlet is crawled at once, whatever its schedule."""


class Service:
    """The running service. `run` returns when `stop` was called or a signal came."""

    def __init__(self, locations: Locations, *, verbose: bool = False) -> None:
        """Reads every setting and outlet file: raises ConfigError for whatever is wrong, before anything starts."""
        check_clock(datetime.now(UTC))
        self._locations, self._verbose = locations, verbose
        self._file = PlanFile(locations)
        self._notifier = Notifier()
        self._stopping, self._reload_wanted = threading.Event(), threading.Event()
        self._ticked_at = time.monotonic()
        self._leads = self._is_synced = False
        self._alive_at = 0.0

    def stop(self) -> None:
        """End in order: what is under way may finish its pages, nothing new is begun."""
        self._stopping.set()

    def reload(self) -> None:
        """Read the catalogue and the timetable again."""
        self._reload_wanted.set()

    @property
    def looks_in_vain(self) -> int:
        """How often there was nothing to crawl since the start (for tests: what was due has begun)."""
        return self._crew.looks_in_vain

    def run(self) -> None:
        """Keep time. Raises BackendUnavailable when the store, or its one place of service (SQLite), is not to be had."""
        database = open_database(store_url(self._locations))
        owner = f"{socket.gethostname()}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        try:
            with only_service(database, owner):
                own_index(self._locations, database)
                self._keep_time(database)
        finally:
            database.close()

    def _keep_time(self, database: Database) -> None:
        self._database = database
        self._chores = Chores(database, lambda: self._file.plan)
        self._crew = Crew(database, "service", lambda: self._file.plan, verbose=self._verbose)
        self._clock = new_clock()
        self._crew.start()
        drift = Drift()
        try:
            self._clock.start()
            self._set_jobs(lead=self._crew.pulse.leads)
            plan = self._file.plan
            log.info("service started", outlets=len(plan.schedules), schedules=len(plan.jobs), owner=self._crew.owner)
            self._notifier.ready(self._status())
            while not self._stopping.wait(STEP_S):
                self._look(drift)
        finally:
            self._end()

    def _look(self, drift: Drift) -> None:
        """What may have happened since the last look; waits for nothing but files."""
        self._crew.look()
        moved_s = drift.jumped()
        if moved_s is not None:
            log.warning("the clock was set", forward_s=round(moved_s), now=datetime.now(UTC).isoformat(timespec="seconds"))
        leads = self._crew.pulse.leads and self._crew.heart.is_sure
        reloaded = self._reload_wanted.is_set() and self._reload()
        if reloaded or moved_s is not None or leads != self._leads:
            self._set_jobs(lead=leads)
        self._clock.wakeup()  # a machine that slept, or whose clock was set, has the time wrong
        self._watchdog()

    def _reload(self) -> bool:
        self._reload_wanted.clear()
        self._notifier.reloading()
        done = self._file.read_again()
        self._notifier.ready(self._status())
        return done

    def _watchdog(self) -> None:
        every_s, now = self._notifier.watchdog_s, time.monotonic()
        if every_s is None or now - self._alive_at < every_s / 4:
            return
        if now - self._ticked_at < max(every_s / 2, 3 * TICK_S) and self._crew.heart.is_sure:
            self._alive_at = now
            self._notifier.alive()

    def _status(self) -> str:
        role = "keeping time" if self._leads else f"standing by, {self._crew.pulse.leader or 'nobody'} leads"
        return f"{role}: {len(self._file.plan.schedules)} outlets, {len(self._crew.under_way)} being crawled"

    # -- the jobs of the clock ----------------------------------------------------------------------------------------
    def _set_jobs(self, *, lead: bool) -> None:
        """Build the jobs anew, from the timetable that is in force and for the part that is played here."""
        if lead != self._leads or not self._clock.get_jobs():
            leader = self._crew.pulse.leader
            log.info("this service leads" if lead else "standing by and crawling: another service leads", leader=leader)
        self._leads, clock = lead, self._clock
        clock.remove_all_jobs()
        clock.add_job(self._tick, EveryTrigger(TICK_S), id="tick")
        if not lead:
            return
        plan, self._is_synced = self._file.plan, False
        for job in plan.jobs:
            if not isinstance(job.slots, Adaptive):
                clock.add_job(self._fire, SlotTrigger(job.slots), args=[[job]], id=str(job.slots), name=f"crawl {job.slots}")
        every = {
            "catch up": (self._catch_up, CATCH_UP_S), "adaptive": (self._fire_adaptive, gather_s(plan)), "tidy": (self._chores.tidy, TIDY_S),
            "push": (self._chores.push, parse_duration(plan.settings.push_every)),
            "alerts": (self._chores.alerts, parse_duration(plan.settings.push_every)),
        }  # fmt: skip
        for name, (work, seconds) in every.items():
            clock.add_job(work, EveryTrigger(seconds), id=name)

    def _tick(self) -> None:
        self._ticked_at = time.monotonic()
        if self._file.has_changed():
            self.reload()
        self._notifier.status(self._status())

    def _catch_up(self) -> None:
        """Every outlet of the catalogue has a turn; the last slot of every schedule fires for those for which nobody did (SAFETY F13)."""
        plan = self._file.plan
        try:
            if not self._is_synced:
                with self._database.write() as connection:
                    now = leases.shared_now(connection, datetime.now(UTC))
                    turns.sync(connection, plan.schedules, now, plan.longest_waits)
                self._is_synced = True
                self._fire_adaptive()  # those that are new to the store
        except DepeszaError as error:
            log.warning("turns are not those of the catalogue yet, will be tried again", reason=str(error))
        self._fire([job for job in plan.jobs if not isinstance(job.slots, Adaptive)])

    def _fire(self, jobs: list[Job]) -> None:
        due: set[str] = set()
        try:
            with self._database.write() as connection:
                now = datetime.now(UTC)
                for job in jobs:
                    assert not isinstance(job.slots, Adaptive)
                    slot = last_slot(job.slots, now) or _NEVER
                    due.update(turns.make_due(connection, job.outlets, slot, leases.shared_now(connection, now)))
        except DepeszaError as error:
            log.warning("a slot is not fired yet, will be tried again", schedules=len(jobs), reason=str(error))
        if due:
            log.debug("due", outlets=len(due))
            self._crew.wake()

    def _fire_adaptive(self) -> None:
        if not self._file.plan.adaptive:
            return
        try:
            with self._database.write() as connection:
                due = turns.due_adaptive(connection, leases.shared_now(connection, datetime.now(UTC)))
        except DepeszaError as error:
            log.warning("adaptive outlets are not looked at, will be tried again", reason=str(error))
            return
        if due:
            self._crew.wake()

    def _end(self) -> None:
        """Within `stop_within` and a little (SAFETY F28: a container gives 30 s)."""
        self._stopping.set()
        self._notifier.stopping()
        log.info("service stopping", under_way=len(self._crew.under_way))
        deadline = time.monotonic() + parse_duration(self._file.plan.settings.stop_within)
        leads = self._leads
        self._clock.shutdown(wait=False)
        self._crew.stop(deadline - time.monotonic())
        if leads:
            last = threading.Thread(target=self._chores.push, name="last-push", daemon=True)
            last.start()
            last.join(max(deadline - time.monotonic(), 0) + FLUSH_S)
        log.info("service stopped")


def gather_s(plan: Plan) -> float:
    """How often adaptive outlets whose time has come are made due."""
    shortest_s = min((bounds.shortest_s for bounds in plan.adaptive.values()), default=4 * GATHER_S)
    return max(1.0, min(GATHER_S, shortest_s / 4))
