"""The light crawl of the month and a whole one, Scrapy in a child process, say the same of the same world at the same instants."""

from __future__ import annotations

import asyncio
import dataclasses
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from crawler.config import find_locations, store_url
from crawler.model.outlet import Outlet
from crawler.model.run import OutletReport, RunReport
from crawler.store import health, outlets
from crawler.store.database import Database, open_database
from scheduler.crawling import CrawlRequest, crawl
from scheduler.judging import keep_verdicts
from tests.scheduler.month.client import LightClient
from tests.scheduler.month.light import Clock, LightCrawler
from tests.scheduler.month.server import serve, served_in_thread
from tests.scheduler.month.world import World, make_world, outlet_of

START = datetime(2027, 3, 15, tzinfo=UTC)
HARD_TO_STAGE = {"no name", "refused", "no answer"}
"""These need a resolver, a closed port, or half a minute of patience."""
FAKED_CLOCK = """
import datetime, os
if "MONTH_NOW" in os.environ:
    import time_machine
    time_machine.travel(datetime.datetime.fromisoformat(os.environ["MONTH_NOW"]), tick=True).start()
"""
"""`sitecustomize` of the child processes: the crawl lives at the simulated instant too."""


@pytest.fixture
def world() -> World:
    """Every kind of trouble once; of the outlets only those that meet one."""
    made = make_world(18, 4, 7, start=START)
    made.troubles = [
        dataclasses.replace(one, begins=START + timedelta(days=1), ends=START + timedelta(days=2)) for one in made.troubles
    ]
    made.troubles = [one for one in made.troubles if one.kind.name not in HARD_TO_STAGE]
    return World(
        rooms=[made.room(one.slug) for one in made.troubles], start=START, days=4, published=made.published, troubles=made.troubles
    )  # fmt: skip


INSTANTS = [START + timedelta(hours=hours) for hours in (9, 34, 41, 58)]
"""Before the troubles, twice in them, after them."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_light_crawl_reports_what_a_whole_one_reports(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = list(_whole(world, tmp_path / "full", monkeypatch))
    light = asyncio.run(_light(world, tmp_path / "light"))
    assert any("blocked" in str(one["sources"]) for one in full[1].values())
    assert sum(one["new"][0] for one in full[0].values()) > 100
    for at, one, other in zip(INSTANTS, full, light, strict=True):
        assert one.keys() == other.keys()
        for slug in one:
            trouble = world.trouble(slug, at)
            assert one[slug] == other[slug], f"{slug} at {at}, trouble: {trouble.kind.name if trouble else 'none'}"


def _whole(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Crawls as the service makes them."""
    faked = folder / "faked"
    faked.mkdir(parents=True)
    (faked / "sitecustomize.py").write_text(FAKED_CLOCK, "utf-8")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(faked), os.environ.get("PYTHONPATH")))))
    locations = find_locations(folder, folder / "depesza.toml", {})
    database = open_database(store_url(locations))
    clock = Clock(START)
    world.clock = clock
    with served_in_thread(world) as origin:
        watched = tuple(outlet_of(room, origin) for room in world.rooms)
        for at in INSTANTS:
            clock.now = at
            monkeypatch.setenv("MONTH_NOW", at.isoformat())
            with time_machine.travel(at, tick=True):
                report = crawl(locations, database, CrawlRequest(outlets=watched))
            assert report.finished, report.error
            yield _said(report.outlets, database, origin)
    database.close()


async def _light(world: World, folder: Path) -> list[dict[str, Any]]:
    database = open_database(f"sqlite:///{folder / 'depesza.sqlite'}")
    clock, found = Clock(START), []
    world.clock = clock
    server, origin = await serve(world)
    watched: list[Outlet] = [outlet_of(room, origin) for room in world.rooms]
    crawler = LightCrawler(watched, LightClient(world), clock, lambda url, at: None)
    with database.write() as connection:
        outlets.write_outlets(connection, watched, START)
    for at in INSTANTS:
        clock.now = at
        with database.write() as connection:
            reports = tuple([await crawler.crawl(connection, one) for one in watched])
        keep_verdicts(database, RunReport(run_id="light", started_at=at, finished_at=at, finished=True, outlets=reports), at)
        found.append(_said(reports, database, origin))
    crawler.client.close()
    server.close()
    database.close()
    return found


def _said(reports: tuple[OutletReport, ...], database: Database, origin: str) -> dict[str, Any]:
    """What a judgement stands on, without times and ports, and the judgement."""
    with database.read() as connection:
        verdicts = health.read_health(connection)
    return {
        one.outlet: {
            "counts": (one.entries, one.carried, one.pages_fetched, dict(one.outcomes), one.error),
            "sources": [(s.url.removeprefix(origin), s.status, s.entries, s.trouble, s.http_status, s.told) for s in one.sources],
            "new": (one.observed.new.count, one.observed.new.with_authors, one.observed.new.with_date, one.observed.new.paid),
            "walls": one.observed.walls, "verdict": verdicts[one.outlet].verdict,
        }
        for one in reports
    }  # fmt: skip
