"""A run: leases, heartbeat, all outlets of the plan side by side, the stop within 25 s, the report."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pydantic
import sqlalchemy as sa
import structlog

from crawler.errors import BackendUnavailable
from crawler.model.run import ALREADY_RUNNING, OUTLET_DONE, OutletReport, RunReport
from crawler.spiders.hold import NO_HEARTBEAT
from crawler.spiders.outlet_crawl import OutletCrawl
from crawler.spiders.run_parts import RunParts
from crawler.store import leases, outlets, runs

STOP_WITHIN_S = 20.0
"""What is under way gets so long after a stop; with closing down it makes less than the 25 s of SAFETY F28."""
_REPORT = pydantic.TypeAdapter(OutletReport)
log = structlog.get_logger("crawler")


class Batch:
    """The outlets of one plan."""

    def __init__(self, parts: RunParts, started_at: datetime) -> None:
        self._parts, self._started_at = parts, started_at
        self._crawls: dict[str, OutletCrawl] = {}
        self._busy: list[OutletReport] = []
        self._held: set[str] = set()
        self._error: str | None = None
        self._store_lost = False

    async def run(self) -> None:
        """Crawl every outlet whose lease is to be had. Raises nothing but cancellation; what went wrong is in the report."""
        try:
            await self._open()
            await self._crawl_all()
        except BackendUnavailable as error:
            self._lose_store(error)
        except Exception as error:
            log.exception("the run broke")
            self.stop(f"{type(error).__name__}: {error}")

    def stop(self, reason: str) -> None:
        """Begin nothing new; `reason` becomes the report's error."""
        self._error = self._error or reason
        self._parts.stopping.set()

    def _lose_store(self, error: BackendUnavailable) -> None:
        """Nothing can be filed: nothing more is fetched either (SAFETY F8)."""
        self._store_lost = True
        self.stop(str(error))

    def report(self, now: datetime) -> RunReport:
        """What was done until now."""
        done = [*self._busy, *(crawl.report() for crawl in self._crawls.values())]
        return RunReport(
            run_id=self._parts.plan.run_id, started_at=self._started_at, finished_at=now,
            finished=not self._parts.stopping.is_set(), outlets=tuple(sorted(done, key=lambda one: one.outlet)), error=self._error,
            store_lost=self._store_lost,
        )  # fmt: skip

    async def close(self, report: RunReport) -> None:
        """Give the leases back and write the report into the history."""
        owner = self._parts.plan.owner
        with contextlib.suppress(BackendUnavailable):
            await self._parts.ledger.write(lambda connection: leases.release(connection, owner))
            await self._parts.ledger.write(lambda connection: runs.finish_run(connection, report, self._parts.now()))

    async def _open(self) -> None:
        """The run's row, the catalogue's rows and the leases, in one transaction; outlets that are busy are left out."""
        plan, asked_at = self._parts.plan, self._parts.hold.asking()
        names = {lease_name(one.slug): one for one in plan.outlets}

        def claim(connection: sa.Connection) -> set[str]:
            now = leases.shared_now(connection, self._parts.now())
            runs.expire_runs(connection, now)
            runs.start_run(connection, plan.run_id, plan.owner, now)
            outlets.write_outlets(connection, plan.outlets, now)
            outlets.write_agencies(connection, self._parts.agencies.agencies.values(), now)
            return leases.claim(connection, sorted(names), plan.owner, now, plan.lease_s)

        self._held = await self._parts.ledger.write(claim)
        self._parts.hold.renew(asked_at)
        for name, one in names.items():
            if name in self._held:
                self._crawls[one.slug] = OutletCrawl(self._parts, one)
            else:
                self._busy.append(OutletReport(outlet=one.slug, error=ALREADY_RUNNING))

    async def _crawl_all(self) -> None:
        crawls = [asyncio.ensure_future(self._crawl_one(slug, crawl)) for slug, crawl in self._crawls.items()]
        beat, stop = asyncio.ensure_future(self._beat()), asyncio.ensure_future(self._parts.stopping.wait())
        watch = asyncio.ensure_future(self._watch_hold())
        everything = asyncio.ensure_future(asyncio.wait(crawls)) if crawls else None
        try:
            if everything is not None:
                await asyncio.wait([everything, stop], return_when=asyncio.FIRST_COMPLETED)
                if not everything.done():
                    await asyncio.wait([everything], timeout=STOP_WITHIN_S)
        finally:
            await _end([*crawls, beat, watch, stop])

    async def _crawl_one(self, slug: str, crawl: OutletCrawl) -> None:
        try:
            await crawl.run()
        except BackendUnavailable as error:
            self._lose_store(error)
        except Exception as error:  # a bug must cost one outlet, not the run
            log.exception("an outlet broke", outlet=slug)
            crawl.fail(f"{type(error).__name__}: {error}")
        report = crawl.report()
        log.info(
            "outlet", outlet=slug, entries=report.entries, pages=report.pages_fetched, error=report.error,
            outcomes={outcome.value: count for outcome, count in report.outcomes.items()},
        )  # fmt: skip
        name, owner = lease_name(slug), self._parts.plan.owner
        self._held.discard(name)
        with contextlib.suppress(BackendUnavailable):
            await self._parts.ledger.write(lambda connection: leases.release(connection, owner, [name]))
            if self._parts.plan.tell_outlets and not self._parts.stopping.is_set():
                log.info(OUTLET_DONE, report=_REPORT.dump_python(report, mode="json"))

    async def _beat(self) -> None:
        """Say that we live. Leases that were lost (the machine slept) belong to another run by now: stop at once."""
        plan, hold = self._parts.plan, self._parts.hold

        def beat(connection: sa.Connection) -> int:
            now = leases.shared_now(connection, self._parts.now())
            runs.beat_run(connection, plan.run_id, now)
            return leases.beat(connection, plan.owner, now, plan.lease_s)

        while True:
            await asyncio.sleep(hold.beat_s)
            held, asked_at = len(self._held), hold.asking()
            try:
                if await self._parts.ledger.write(beat) < min(held, len(self._held)):
                    hold.end()
                    self.stop("the leases were lost to another run")
                    return
            except BackendUnavailable as error:
                self._lose_store(error)
                return
            hold.renew(asked_at)

    async def _watch_hold(self) -> None:
        """Without a heartbeat that the store took, end before the leases pass to another run; `_beat` may hang in the store meanwhile."""
        while left_s := self._parts.hold.left_s():  # noqa: ASYNC110 - a heartbeat prolongs it; there is no event but time
            await asyncio.sleep(left_s)
        self._lose_store(BackendUnavailable(NO_HEARTBEAT))


def lease_name(slug: str) -> str:
    """The name of an outlet's lease."""
    return f"outlet:{slug}"


async def _end(tasks: Sequence[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
