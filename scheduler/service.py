"""`depesza run`: the clock (APScheduler), its jobs, signals and an orderly end.

Jobs live in memory and are built from the catalogue at every start; what happened lives in the store. So nothing has to be
repaired after a crash, and an outlet whose slot passed while the service was off is crawled once (SAFETY F13).
Not here: slots (`scheduler.timetable`), batches (`scheduler.dispatch`), the crawl itself (`scheduler.crawling`).
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from crawler.config import Locations, crawler_settings, store_url
from crawler.errors import BackendUnavailable, DepeszaError
from crawler.model.run import RunReport
from crawler.outlets.choosing import choose_outlets, open_catalogue
from crawler.settings import parse_duration
from crawler.store import health as health_store
from crawler.store.database import Database, open_database
from scheduler.child_log import log_again
from scheduler.config import scheduler_settings
from scheduler.crawling import CrawlRequest, check_clock, contact_for, crawl, deliver, push, tidy
from scheduler.dispatch import Dispatcher
from scheduler.health import failed
from scheduler.lock import only_service
from scheduler.timetable import Adaptive, Every, Job, Timed, build_timetable, missed

log = structlog.get_logger("scheduler")
HEARTBEAT_S = 20.0
TIDY_S = 600.0
_CLOCK_SET_BACK = timedelta(days=2)
"""A last slot further ahead than this was fired by a wrong clock that has been set right: it counts for nothing."""


class SlotTrigger(BaseTrigger):  # type: ignore[misc]  # apscheduler 3 has no types
    """APScheduler's way to ask for the next slot. A clock that is set back fires no slot again (SAFETY F11)."""

    def __init__(self, slots: Timed) -> None:
        self.slots = slots

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The first slot after the last one fired, or after `now`, whichever is later."""
        if previous_fire_time is None or previous_fire_time - now > _CLOCK_SET_BACK:
            return self.slots.next_after(now)
        return self.slots.next_after(max(previous_fire_time, now))


class Service:
    """The running service. `run` returns when `stop` was called or a signal came."""

    def __init__(self, locations: Locations, *, verbose: bool = False) -> None:
        """Reads every setting and outlet file: raises ConfigError for whatever is wrong, before anything starts."""
        self._locations, self._verbose = locations, verbose
        self._settings = scheduler_settings(locations)
        check_clock(datetime.now(UTC))
        catalogue = open_catalogue(locations)
        outlets = choose_outlets(catalogue, (), crawler_settings(locations).outlets)
        self._outlets = {outlet.slug: outlet for outlet in outlets}
        self._jobs = build_timetable(outlets, self._settings)
        contact_for(locations, outlets)
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End in order: what is under way may finish its pages, nothing new is begun."""
        self._stopping.set()

    def run(self) -> None:
        """Hold the store's one place of service and keep time. Raises BackendUnavailable when the place is taken."""
        database = open_database(store_url(self._locations))
        owner = f"{socket.gethostname()}, process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        try:
            with only_service(database, owner) as beat:
                self._keep_time(database, beat)
        finally:
            database.close()

    def _keep_time(self, database: Database, beat: Callable[[], bool]) -> None:
        tidy(self._locations, database, datetime.now(UTC))
        dispatcher = Dispatcher(lambda slugs: self._crawl(database, slugs), self._settings.children)
        clock = self._clock(database, beat, dispatcher)
        clock.start()
        late = self._missed(database)
        log.info("service started", outlets=len(self._outlets), schedules=len(self._jobs), due_now=len(late))
        dispatcher.add(late)
        try:
            self._stopping.wait()
            log.info("service stopping", under_way=len(dispatcher.under_way))
        finally:
            self._stopping.set()
            clock.shutdown(wait=False)
            if not dispatcher.close(parse_duration(self._settings.stop_within) + 5):
                log.warning("a crawl did not end in time; what it left waits for the next start")
            self._push(database)
            log.info("service stopped")

    def _clock(self, database: Database, beat: Callable[[], bool], dispatcher: Dispatcher) -> Any:
        """The scheduler with its jobs. Whatever comes late comes once (`coalesce`, no limit on how late), never twice at a time."""
        clock = BackgroundScheduler(
            timezone=UTC,
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(8)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for job in self._jobs:
            slots = Every(seconds=job.slots.longest_s) if isinstance(job.slots, Adaptive) else job.slots
            clock.add_job(self._due, SlotTrigger(slots), args=[dispatcher, job], id=str(job.slots), name=f"crawl {job.slots}")
        soon = datetime.now(UTC) + timedelta(seconds=1)
        push_s = parse_duration(self._settings.push_every)
        clock.add_job(self._push, "interval", seconds=push_s, args=[database], id="push", next_run_time=soon)
        clock.add_job(self._deliver, "interval", seconds=push_s, args=[database], id="alerts", next_run_time=soon)
        clock.add_job(self._tidy, "interval", seconds=TIDY_S, args=[database], id="tidy")
        clock.add_job(self._beat, "interval", seconds=HEARTBEAT_S, args=[beat], id="heartbeat")
        return clock

    def _missed(self, database: Database) -> tuple[str, ...]:
        with database.read() as connection:
            known = health_store.read_health(connection)
        return missed(self._jobs, {slug: one.updated_at for slug, one in known.items()}, datetime.now(UTC))

    def _due(self, dispatcher: Dispatcher, job: Job) -> None:
        if late := dispatcher.add(job.outlets):
            log.warning("slot left out: the last crawl is still under way", outlets=", ".join(late), schedule=str(job.slots))

    def _crawl(self, database: Database, slugs: tuple[str, ...]) -> None:
        """One batch. Whatever goes wrong is a line in the log: the clock goes on."""
        request = CrawlRequest(outlets=tuple(self._outlets[slug] for slug in slugs))
        try:
            report = crawl(self._locations, database, request, stop=self._stopping, on_line=log_again(self._verbose))
        except DepeszaError as error:
            log.error("crawl not possible", outlets=len(slugs), reason=str(error))
        except Exception:
            log.exception("crawl failed", outlets=len(slugs))
        else:
            log_report(report)

    def _push(self, database: Database) -> None:
        try:
            report = push(self._locations, database)
        except DepeszaError as error:
            log.warning("not pushed, will be tried again", reason=str(error))
        except Exception:
            log.exception("push failed")
        else:
            if report.stopped:
                log.warning("push stopped, will be tried again", reason=report.stopped, waiting=report.waiting)
            if report.written or report.rejected:
                log.info("pushed", written=report.written, rejected=report.rejected, waiting=report.waiting)

    def _deliver(self, database: Database) -> None:
        try:
            report = deliver(self._locations, database)
        except DepeszaError as error:
            log.warning("alerts not sent, will be tried again", reason=str(error))
        except Exception:
            log.exception("alerts failed")
        else:
            if report and (report.sent or report.failed):
                log.info("alerts", sent=report.sent, failed=report.failed, waiting=report.waiting)

    def _tidy(self, database: Database) -> None:
        try:
            tidy(self._locations, database, datetime.now(UTC))
        except DepeszaError as error:
            log.warning("not tidied, will be tried again", reason=str(error))

    def _beat(self, beat: Callable[[], bool]) -> None:
        try:
            if not beat():
                log.error("another service took this store over: stopping")
                self.stop()
        except BackendUnavailable as error:
            log.warning("no heartbeat", reason=str(error))


def log_report(report: RunReport) -> None:
    """One line for a run."""
    outcomes: dict[str, int] = {}
    for outlet in report.outlets:
        for outcome, count in outlet.outcomes.items():
            outcomes[outcome.value.replace(" ", "_")] = outcomes.get(outcome.value.replace(" ", "_"), 0) + count
    bad = [outlet.outlet for outlet in report.outlets if failed(outlet)]
    log.info(
        "crawl finished" if report.finished else "crawl ended early", run_id=report.run_id, outlets=len(report.outlets),
        failed=", ".join(bad) or None, error=report.error, **outcomes,
    )  # fmt: skip


def run_until_signal(service: Service) -> None:
    """Run in the main thread; SIGTERM, SIGINT and SIGHUP end it in order."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, lambda *_: service.stop())
    service.run()
