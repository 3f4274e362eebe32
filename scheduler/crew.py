"""The part of a process that crawls what is due: it claims turns, crawls them in child processes and says what became of each.

The service and every `depesza worker` have one. Whoever loses its claims (no heartbeat reached the store, or another process holds
them) ends the crawls concerned at once, so that no outlet is crawled by two. Not here: what makes outlets due (`scheduler.service`).
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
import structlog

from crawler.errors import BackendUnavailable, DepeszaError
from crawler.model.run import OutletReport, RunReport
from crawler.settings import parse_duration
from crawler.store import leases, turns
from crawler.store.database import Database
from scheduler.child_log import log_again
from scheduler.crawling import CrawlRequest, crawl
from scheduler.dispatch import Batch, Dispatcher
from scheduler.health import failed, is_skipped
from scheduler.heart import Heart, Pulse
from scheduler.planning import Planner
from scheduler.reload import Plan

log = structlog.get_logger("scheduler")
POLL_S = 5.0
"""How often one looks for work that another process made due, or that waited for its next attempt."""


class Crew:
    """Claims and crawls until `stop`."""

    def __init__(
        self, database: Database, kind: str, plan: Callable[[], Plan], *, verbose: bool = False, children: int | None = None
    ) -> None:
        """`kind`: "service" or "worker". `plan`: what is watched now. `children` instead of the setting's."""
        settings = plan().settings
        self.owner = leases.owner_name(secrets.token_hex(4))
        self.children = children or settings.children
        self.failed: set[str] = set()
        """Outlets whose last crawl here failed."""
        self.crawled: set[str] = set()
        """Outlets that were crawled here, with success or not."""
        self._database, self._plan, self._verbose = database, plan, verbose
        self._lease_s = parse_duration(settings.lease)
        self._pulse = Pulse(leads=False, leader=None, lost=frozenset(), workers=1)
        self._was_sure, self._planner = True, Planner()
        self._dispatcher = Dispatcher(self._take, self._crawl, self.children, poll_s=min(POLL_S, self._lease_s / 3))
        self.heart = Heart(
            database, self.owner, kind, self._lease_s, lambda: self._dispatcher.under_way, lambda: {"children": self.children},
            self._on_pulse,
        )  # fmt: skip

    @property
    def pulse(self) -> Pulse:
        """What the last heartbeat found."""
        return self._pulse

    @property
    def under_way(self) -> frozenset[str]:
        """Outlets being crawled here now."""
        return self._dispatcher.under_way

    @property
    def looks_in_vain(self) -> int:
        """How often there was nothing to do."""
        return self._dispatcher.looks_in_vain

    def start(self) -> None:
        """Sign on and begin. Raises BackendUnavailable."""
        self.heart.beat()
        self.heart.start()
        self._dispatcher.start()

    def wake(self) -> None:
        """Something became due."""
        self._dispatcher.wake()

    def look(self) -> None:
        """To be called every second or so, by a thread that waits for no store: ends the crawls whose outlets may be another's.

        While nobody calls it no heartbeat is sent.
        """
        self.heart.looked()
        sure = self.heart.is_sure
        if not sure:
            self._dispatcher.cut()
        if sure != self._was_sure:
            self._was_sure = sure
            if sure:
                log.info("the store is reached again")
            else:
                log.error("no heartbeat reached the store for too long: crawls are ended, others may take them over")

    def stop(self, within_s: float) -> None:
        """End what is under way in order, and sign off: what is left is due for others, or after the next start."""
        self.heart.looked(ends=True)
        if not self._dispatcher.close(within_s):
            log.warning("a crawl did not end in time; what it left waits for the next start")
        self.heart.stop()

    def _on_pulse(self, pulse: Pulse) -> None:
        self._pulse = pulse
        if pulse.lost:
            log.error("outlets were lost to another process: their crawls are ended", outlets=", ".join(sorted(pulse.lost)))
            self._dispatcher.cut(pulse.lost)

    def _take(self, busy: frozenset[str]) -> tuple[str, ...]:
        """The next batch: of what waits, this process's share. Raises BackendUnavailable."""
        if not self.heart.is_sure:
            return ()
        plan = self._plan()
        known = set(plan.schedules) - busy
        with self._database.read() as connection:
            waiting = turns.waiting(connection, self.owner, leases.shared_now(connection, datetime.now(UTC)), known)
        if not waiting:
            return ()
        share = min(plan.settings.batch, math.ceil(waiting / self._pulse.workers))
        with self._database.write() as connection:
            now = leases.shared_now(connection, datetime.now(UTC))
            return turns.claim(connection, self.owner, now, share, known, self._lease_s)

    def _crawl(self, batch: Batch) -> None:
        """One batch. Whatever goes wrong is a line in the log and another attempt."""
        plan, report = self._plan(), None
        outlets = tuple(plan.outlets[slug] for slug in batch.outlets if slug in plan.outlets)
        try:
            if outlets:
                report = crawl(
                    plan.locations, self._database, CrawlRequest(outlets=outlets), stop=batch.stop, on_line=log_again(self._verbose),
                    on_done=lambda reports: self._settle_early(batch, reports),
                )  # fmt: skip
                log_report(report)
        except DepeszaError as error:
            log.error("crawl not possible", outlets=len(outlets), reason=str(error))
        except Exception:
            log.exception("crawl failed", outlets=len(outlets))
        left, is_cut = batch.left, batch.stop.is_set() and not (report and report.finished)
        reports = report.outlets if report and not report.store_lost else ()
        try:
            with self._database.write() as connection:
                retries = self._settle(connection, left, reports, is_cut)
        except BackendUnavailable as error:
            log.error("what became of a crawl is not told to the store: it is due again", outlets=len(left), reason=str(error))
        else:
            if retries:
                first = min(retries.values())
                log.warning(
                    "will be tried again", outlets=", ".join(sorted(retries)), from_at=first.isoformat(timespec="seconds")
                )

    def _settle_early(self, batch: Batch, reports: Sequence[OutletReport]) -> None:
        """Outlets that are done while others of their batch are not. Raises BackendUnavailable: then their claims end by themselves."""
        slugs = [one.outlet for one in reports]
        batch.done(slugs)  # before the store says so: whoever claims them then has not taken them from this batch
        with self._database.write() as connection:
            self._settle(connection, slugs, reports, False)
        self.wake()

    def _settle(
        self, connection: sa.Connection, outlets: Collection[str], reports: Iterable[OutletReport], is_cut: bool
    ) -> dict[str, datetime]:
        """Say of each outlet whether its crawl happened; returns those to be tried again, and when. `is_cut`: it was ended, for a reason
        that is not the outlets'."""
        now, plan = leases.shared_now(connection, datetime.now(UTC)), self._plan()
        told = {one.outlet: one for one in reports}
        retries: dict[str, datetime] = {}
        planned: dict[str, datetime] = {}
        for slug in outlets:
            one = told.get(slug)
            if is_cut:
                turns.give_back(connection, self.owner, now, [slug])
            elif slug in plan.outlets and (one is None or is_skipped(one)):
                if retry_at := turns.fail(connection, self.owner, slug, now):
                    retries[slug] = retry_at
            elif turns.finish(connection, self.owner, slug, now) and (bounds := plan.adaptive.get(slug)):
                planned[slug] = self._planner.plan(connection, plan.outlets[slug], bounds, now).at
            self.crawled.add(slug)
            (self.failed.add if one is None or failed(one) else self.failed.discard)(slug)
        turns.plan_next(connection, planned)
        return retries


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
