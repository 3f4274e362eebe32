"""The crawl of one plan: the only code that starts a Scrapy process. `python -m crawler.run PLAN.json`.

A process can do this once (the reactor cannot restart), so the scheduler starts a child for each batch. The exit code is 0
when the report was written, whatever the report says; 2 for a plan that cannot be read; 3 when the store cannot be opened
or was lost, or the report could not be written.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import structlog
from pydantic import TypeAdapter, ValidationError
from scrapy.crawler import AsyncCrawlerProcess

from crawler.errors import BackendUnavailable, ConfigError, full_disk
from crawler.model.outlet import Outlet
from crawler.model.run import CrawlPlan, ProbeReport, RunReport
from crawler.outlets.agencies import Agencies, load_agencies
from crawler.outlets.catalogue import load_catalogue
from crawler.spiders.batch import Batch
from crawler.spiders.fetching import Client, Fetcher
from crawler.spiders.filing_queue import FilingQueue
from crawler.spiders.guard import Guard
from crawler.spiders.hold import Hold
from crawler.spiders.ledger import ForgottenRobots, Ledger, StoredRobots
from crawler.spiders.outlet_spider import Engine, OutletSpider, ProbeSpider, Work, stop_on_signals
from crawler.spiders.probe import Probe
from crawler.spiders.run_parts import PAGES_AT_ONCE, RunParts
from crawler.spiders.scrapy_settings import scrapy_settings
from crawler.store.database import open_database
from crawler.store.leases import owner_name
from crawler.workers import PagePool, Shared

log = structlog.get_logger("crawler")


def run_crawl(plan: CrawlPlan) -> RunReport:
    """Crawl the plan's outlets and give the report; once a process.

    An outlet that another run holds is reported as such and is no failure. Raises ConfigError for a plan without a contact
    address, BackendUnavailable when the store cannot be opened.
    """
    user_agent = honest_user_agent(plan)
    started_at = _now()
    database = open_database(plan.store_url)
    guard = Guard(plan.outlets)
    made: list[Batch] = []
    ledger = Ledger(database)
    pool = PagePool(plan.workers, plan.page_time_limit_s, plan.page_memory_bytes)
    agencies = known_names(plan)
    hold = Hold(plan.lease_s)

    async def work(engine: Engine) -> None:
        client = Client(
            download=engine.download, slow_down=engine.slow_down, keeper=StoredRobots(ledger, _now), guard=guard,
            user_agent=user_agent, now=_now, time_limit_s=plan.fetch_time_limit_s, check=hold.check,
        )  # fmt: skip
        parts = RunParts(
            plan=plan, fetcher=Fetcher(client), ledger=ledger, filing=FilingQueue(ledger), pool=pool, agencies=agencies,
            names=Shared(agencies), now=_now, stopping=asyncio.Event(), hold=hold, room=asyncio.Semaphore(PAGES_AT_ONCE),
        )  # fmt: skip
        batch = Batch(parts, started_at)
        made.append(batch)
        stop_on_signals(lambda name: batch.stop(f"stopped by {name}"))
        if _asked_to_stop:
            batch.stop(f"stopped by {_asked_to_stop[0]}")
        await batch.run()
        report = batch.report(_now())
        await batch.close(report)
        with contextlib.suppress(OSError):  # it is written again at the end, and trouble told there
            write_report(plan, report)  # now, for a thread that hangs in a name look-up may hold up the end of the process

    try:
        run_engine(plan.outlets, guard, work)
    finally:
        pool.kill()
        ledger.close()
        database.close()
    if not made:
        return RunReport(
            run_id=plan.run_id, started_at=started_at, finished_at=_now(), finished=False, error="Scrapy did not start"
        )
    return made[0].report(_now())


def probe_sites(plan: CrawlPlan) -> RunReport:
    """Look at the plan's outlets without a store: nothing is filed, nothing remembered; once a process."""
    user_agent = honest_user_agent(plan)
    started_at, guard, agencies = _now(), Guard(plan.outlets), known_names(plan)
    found: list[ProbeReport] = []

    async def work(engine: Engine) -> None:
        client = Client(
            download=engine.download, slow_down=engine.slow_down, keeper=ForgottenRobots(), guard=guard, user_agent=user_agent,
            now=_now, time_limit_s=plan.fetch_time_limit_s,
        )  # fmt: skip
        probe = Probe(Fetcher(client), pool, agencies, _now)
        wanted = [probe.read_pages(plan.outlets[0], plan.urls)] if plan.urls else [probe.look_at(one) for one in plan.outlets]
        looks = asyncio.gather(*wanted)

        def stop(name: str) -> None:
            looks.cancel()

        stop_on_signals(stop)
        with contextlib.suppress(asyncio.CancelledError):
            found.extend(await looks)

    with PagePool(plan.workers, plan.page_time_limit_s, plan.page_memory_bytes) as pool:
        run_engine(plan.outlets, guard, work, ProbeSpider)
    return RunReport(
        run_id=plan.run_id,
        started_at=started_at,
        finished_at=_now(),
        finished=len(found) == len(plan.outlets),
        probes=tuple(found),
    )


def run_engine(outlets: tuple[Outlet, ...], guard: Guard, work: Work, spider: type[OutletSpider] = OutletSpider) -> None:
    """Run Scrapy with our settings until `work` is done."""
    process = AsyncCrawlerProcess(scrapy_settings(outlets, guard))
    for name in ("scrapy", "twisted", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)
    process.crawl(spider, work=work)
    process.start(install_signal_handlers=False)


def honest_user_agent(plan: CrawlPlan) -> str:
    """Who we are and where our operator is reached; outlets' admins look for both. Raises ConfigError without a contact."""
    contact = plan.contact.strip()
    if not contact:
        raise ConfigError(
            "[crawler] contact: a mail address or web page is needed, so that an outlet's admin can reach you; "
            'write contact = "you@example.org" into depesza.toml'
        )
    text = plan.user_agent if contact in plan.user_agent else f"{plan.user_agent} (+{contact})"
    return "".join(char for char in text if char.isprintable() and char.isascii())


def known_names(plan: CrawlPlan) -> Agencies:
    """Agencies and outlets that credit lines may name: the whole catalogue, not only the plan's outlets."""
    known: dict[str, Outlet] = {}
    try:
        known = dict(load_catalogue([folder for folder in plan.outlet_folders if folder.is_dir()]))
    except ConfigError as error:  # the command line has checked the catalogue before; a crawl goes on without those names
        log.warning("the catalogue cannot be read", error=str(error))
    return load_agencies((known | {one.slug: one for one in plan.outlets}).values())


def write_atomically(path: Path, text: str) -> None:
    """The whole file or none of it, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def main(arguments: list[str]) -> int:
    """Run the plan in the file named by the one argument; returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, frame: _asked_to_stop.append(signal.Signals(got).name))
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m crawler.run PLAN.json\n")
        return 2
    try:
        read: CrawlPlan = TypeAdapter(CrawlPlan).validate_json(Path(arguments[0]).read_bytes())
    except (OSError, ValidationError) as error:
        sys.stderr.write(f"{arguments[0]}: no plan: {error}\n")
        return 2
    # the leases are this process's, not its parent's: it is this one whose death frees them
    plan = dataclasses.replace(read, owner=owner_name(read.owner.rpartition(":")[2]))
    structlog.contextvars.bind_contextvars(run_id=plan.run_id)
    return _run_and_report(plan)


def write_report(plan: CrawlPlan, report: RunReport) -> None:
    """The report as JSON at `plan.report_path`, atomically."""
    adapter: TypeAdapter[RunReport] = TypeAdapter(RunReport)
    write_atomically(plan.report_path, adapter.dump_json(report).decode())


def _run_and_report(plan: CrawlPlan) -> int:
    try:
        report = probe_sites(plan) if plan.probe else run_crawl(plan)
        code = 3 if report.store_lost else 0
    except (ConfigError, BackendUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        report = _failed_run(plan, error)
        code = 3 if report.store_lost else 2
    try:
        write_report(plan, report)
    except OSError as error:
        said = full_disk(plan.report_path.parent, error) or f"no report: {error}"
        sys.stderr.write(f"{said}\n")
        return 3
    return code


def _failed_run(plan: CrawlPlan, error: ConfigError | BackendUnavailable) -> RunReport:
    return RunReport(
        run_id=plan.run_id, started_at=_now(), finished_at=_now(), finished=False, error=str(error),
        store_lost=isinstance(error, BackendUnavailable),
    )  # fmt: skip


def _now() -> datetime:
    return datetime.now(UTC)


_asked_to_stop: list[str] = []
"""Signals that came before the event loop ran."""

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
