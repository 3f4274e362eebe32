"""One crawl from the outside: plan, child process, verdicts, push. What `crawl`, `run` and the demo have in common.

Not here: when to crawl (`scheduler.service`), the process itself (`scheduler.launch`), what a command prints
(`scheduler.crawl_command`).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

from crawler.config import Locations, crawler_settings, store_settings, store_url
from crawler.errors import BackendUnavailable, ConfigError
from crawler.model.outlet import Outlet
from crawler.model.run import CrawlPlan, OutletReport, RunReport
from crawler.outlets.choosing import is_on_loopback, outlet_folders
from crawler.settings import parse_duration
from crawler.store import leases, pages, runs
from crawler.store.database import Database
from scheduler.config import scheduler_settings
from scheduler.judging import keep_verdicts
from scheduler.launch import launch_crawl
from scheduler.telling import Teller

if TYPE_CHECKING:
    from indexer.push import PushReport
    from indexer.watches.delivering import DeliverReport

CLOCK_FLOOR = datetime(2026, 11, 1, tzinfo=UTC)
"""Before the first release: a clock that says less has lost its battery (SAFETY F32)."""
CLOSING_S = 2.0
"""Of `[scheduler] stop_within` so much is left to say what became of the crawl, after its process has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlRequest:
    """What is to be crawled."""

    outlets: tuple[Outlet, ...]
    urls: tuple[str, ...] = ()
    """Single articles of `outlets[0]`."""
    force: bool = False
    probe: bool = False
    """Look without filing anything."""


def make_plan(locations: Locations, request: CrawlRequest, now: datetime, token: str) -> CrawlPlan:
    """The order for the child process. `token`: eight random hex digits. Raises ConfigError without a contact address."""
    settings = crawler_settings(locations)
    agent = settings.user_agent or f"Depesza/{version('depesza')} (+{contact_for(locations, request.outlets)})"
    run_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{token}"
    return CrawlPlan(
        run_id=run_id, store_url=store_url(locations), data_dir=locations.data_dir,
        report_path=locations.runs_dir / f"{run_id}.json", outlets=request.outlets, urls=request.urls,
        outlet_folders=outlet_folders(locations), user_agent=agent,
        contact=settings.contact or "loopback only", owner=leases.owner_name(token),
        workers=settings.workers, page_time_limit_s=settings.page_time_limit_s,
        page_memory_bytes=settings.page_memory_mb << 20, force=request.force, probe=request.probe,
        lease_s=parse_duration(scheduler_settings(locations).lease),
    )  # fmt: skip


def contact_for(locations: Locations, outlets: Sequence[Outlet]) -> str:
    """The contact address that requests carry. Raises ConfigError when it is missing and an outlet is not on loopback."""
    contact = (crawler_settings(locations).contact or "").strip()
    if contact:
        if any(char in contact for char in "\r\n") or not ("@" in contact or contact.startswith(("http://", "https://"))):
            raise ConfigError(f"[crawler] contact: {contact!r} is neither a mail address nor a web page")
        return contact
    if outlets and all(is_on_loopback(outlet) for outlet in outlets):
        return "loopback only"
    raise ConfigError(
        "no contact address: an outlet's admin must be able to reach you. Set it once with `depesza init --contact you@example.org`, "
        f'in {locations.config_path} as contact = "you@example.org" under [crawler], or as DEPESZA_CRAWLER_CONTACT'
    )


def check_clock(now: datetime) -> None:
    """SAFETY F32: with a wrong clock every date in the store would be wrong. Raises ConfigError."""
    if now < CLOCK_FLOOR:
        raise ConfigError(f"the clock of this machine says {now:%Y-%m-%d}, which is past: set it (NTP), then start again")


def crawl(
    locations: Locations,
    database: Database,
    request: CrawlRequest,
    *,
    stop: threading.Event | None = None,
    on_line: Callable[[str], None] | None = None,
    on_done: Callable[[Sequence[OutletReport]], None] | None = None,
) -> RunReport:
    """Crawl now, in a child process; keep the verdicts on the outlets. Raises ConfigError before anything is fetched.

    `on_done` hears of outlets that are done, judged and free for others while the crawl goes on, in a thread of its own; of those that
    end with the crawl it hears nothing.
    """
    now = datetime.now(UTC)
    check_clock(now)
    settings = scheduler_settings(locations)
    plan = make_plan(locations, request, now, secrets.token_hex(4))
    judged: set[str] = set()

    def hand_on(reports: Sequence[OutletReport]) -> None:
        keep_verdicts(database, reports, datetime.now(UTC))
        judged.update(one.outlet for one in reports)
        if on_done is not None:
            on_done(reports)

    teller = Teller(hand_on) if on_done is not None else None
    try:
        report = launch_crawl(
            plan, parse_duration(settings.run_time_limit), stop=stop, on_line=on_line, on_outlet=teller.add if teller else None,
            stop_within_s=max(1.0, parse_duration(settings.stop_within) - CLOSING_S),
        )  # fmt: skip
    finally:
        if teller is not None:
            teller.close()
    if not request.probe:
        keep_verdicts(database, [one for one in report.outlets if one.outlet not in judged], datetime.now(UTC))
    return report


def push(locations: Locations, database: Database) -> PushReport:
    """Hand what waits in the outbox to the search index; the report says why when it had to stop (the rest goes on waiting).

    Raises BackendUnavailable and ConfigError when the index cannot be opened.
    """
    from indexer.config import indexer_settings
    from indexer.engines.choose import open_engine
    from indexer.push import Pushing, push_pending
    from indexer.retention import first_kept
    from indexer.watches.noting import Noter

    settings, now = indexer_settings(locations), datetime.now(UTC)
    own_index(locations, database)
    engine = open_engine(settings, locations)
    try:
        note = Noter(engine.forms, now).note
        how = Pushing(batch=settings.batch, kept_from=first_kept(now, settings.keep_s), note=note)
        return push_pending(database, engine, now=now, how=how)
    except OSError as error:  # a full or broken disk
        raise BackendUnavailable(
            f"the search index at {locations.index_dir} cannot be used: {error.strerror or error}"
        ) from error
    finally:
        engine.close()


def own_index(locations: Locations, database: Database) -> None:
    """An embedded index is of one machine (`indexer.home`). Raises ConfigError on another one."""
    from indexer.config import indexer_settings
    from indexer.home import own_embedded

    own_embedded(locations, database, indexer_settings(locations).engine, datetime.now(UTC))


def deliver(locations: Locations, database: Database) -> DeliverReport | None:
    """Send the alerts that are due; None without a watch. Raises BackendUnavailable and ConfigError when the index cannot be opened,
    alarms are sent by then."""
    from crawler.store.watches import read_watches
    from indexer.config import indexer_settings
    from indexer.engines.choose import open_engine
    from indexer.watches.delivering import deliver_due
    from indexer.watches.settings import alert_settings

    with database.read() as connection:
        kinds = {one.kind for one in read_watches(connection, active_only=True)}
    if kinds <= {"alarm"}:
        return deliver_due(database, None, alert_settings(locations), datetime.now(UTC)) if kinds else None
    try:
        engine = open_engine(indexer_settings(locations), locations)
    except BackendUnavailable:
        deliver_due(database, None, alert_settings(locations), datetime.now(UTC))
        raise
    try:
        return deliver_due(database, engine, alert_settings(locations), datetime.now(UTC))
    finally:
        engine.close()


def tidy(locations: Locations, database: Database, now: datetime) -> None:
    """Drop raw pages past `[store] keep_pages`, close runs whose heartbeat stopped."""
    keep = timedelta(seconds=parse_duration(store_settings(locations).keep_pages))
    with database.write() as connection:
        pages.prune_pages(connection, now - keep)
        runs.expire_runs(connection, now)
