"""Whether the light crawl of the month and a whole one, Scrapy in a child process, say the same of the same world at the same instants.

python -m tests.scheduler.month.measure_light_and_full [--times 20]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
import time_machine

from crawler.config import find_locations, store_url
from crawler.model.outlet import Outlet
from crawler.model.run import OutletReport
from crawler.spiders.outlet_crawl import TROUBLES_IN_A_ROW
from crawler.store import health, outlets
from crawler.store.database import Database, open_database
from scheduler.crawling import CrawlRequest, crawl
from scheduler.judging import keep_verdicts
from tests.scheduler.month.client import LightClient
from tests.scheduler.month.light import Clock, LightCrawler
from tests.scheduler.month.script import KINDS, Trouble
from tests.scheduler.month.server import serve, served_in_thread
from tests.scheduler.month.world import World, make_world, outlet_of

START = datetime(2027, 3, 15, tzinfo=UTC)
FAKED_CLOCK = """
import datetime, os
if "MONTH_NOW" in os.environ:
    import time_machine
    time_machine.travel(datetime.datetime.fromisoformat(os.environ["MONTH_NOW"]), tick=True).start()
"""
"""`sitecustomize` of the child processes: the crawl lives at the simulated instant too."""


INSTANTS = START + timedelta(hours=9), START + timedelta(hours=34)
"""Not about 24, 12 or 6 hours apart, the waits after which something is tried again: a whole crawl takes time, so at such a distance it
would be chance who tries."""
AT_FIRST, LATER = (0, 24), (24, 48)
"""Hours from which to which a trouble holds: it is over at the second instant, or it begins between the two."""
FEW, SOME, MANY = range(2, TROUBLES_IN_A_ROW), range(3, 12), range(12, 25)
"""New articles from the first instant to the second."""
STAGED = (
    ("pages 403", FEW, LATER), ("pages 403", MANY, LATER), ("pages 403", SOME, AT_FIRST), ("http 403", SOME, LATER), ("challenge", SOME, LATER),
    ("http 500", SOME, AT_FIRST), ("redesign", SOME, AT_FIRST), ("redesign", SOME, LATER), ("paywall", SOME, LATER), ("frozen feed", SOME, LATER),
    ("moved 301", SOME, LATER), ("gone 410", SOME, LATER),
)  # fmt: skip
"""Troubles, how much is told at the outlet that meets them, and when. Of few pages behind walls each is asked for, of many the rest is left
alone. Not staged: what needs a resolver, a closed port, or half a minute of patience."""
LEFT_ALONE = (1, 2)
"""Of these, by their place."""
IN_FLIGHT = 1
"""Pages on their way when the last trouble in a row is counted: one hand more than the outlet's one request at a time."""
SETTINGS = """
[crawler]
workers = 1
page_time_limit_s = 120
"""
"""Of the whole crawl. A machine that is busy with other tests must not make a page one that takes too long."""


def staged_world() -> World:
    """An outlet for each trouble, and one that has none."""
    made = make_world(40, 4, 7, start=START)
    kinds = {one.name: one for one in KINDS}
    free, troubles = [one for one in made.rooms if not one.sitemap], []
    for name, size, (from_h, until_h) in STAGED:
        room = next(one for one in free if _told(made, one.slug) in size)
        free.remove(room)
        begins, ends = START + timedelta(hours=from_h), START + timedelta(hours=until_h)
        troubles.append(Trouble(slug=room.slug, kind=kinds[name], begins=begins, ends=ends))
    well = next(one for one in made.rooms if one.sitemap and _told(made, one.slug) in SOME)
    rooms = [*(made.room(one.slug) for one in troubles), well]
    return World(rooms=rooms, start=START, days=4, published=made.published, troubles=troubles)


def _told(world: World, slug: str) -> int:
    first, second = (at.timestamp() for at in INSTANTS[:2])
    return int(((world.published[slug] > first) & (world.published[slug] <= second)).sum())


def differences(folder: Path) -> list[str]:
    """What one of the two reports otherwise than the other, in words. Raises AssertionError when the world does not show what it is for."""
    world = staged_world()
    full = list(_whole(world, folder / "full"))
    light = asyncio.run(_light(world, folder / "light"))
    left_alone = [world.troubles[place].slug for place in LEFT_ALONE]
    assert sum(one["new"][0] for one in full[0].values()) > 50
    for slug, said in zip(left_alone, (full[1], full[0]), strict=True):
        assert TROUBLES_IN_A_ROW <= said[slug]["pages"] <= TROUBLES_IN_A_ROW + IN_FLIGHT
    found = []
    for at, one, other in zip(INSTANTS, full, light, strict=True):
        for slug in sorted(one.keys() | other.keys()):
            mine, its = one.get(slug, {}), other.get(slug, {})
            trouble = world.trouble(slug, at)
            if slug in left_alone and abs(mine["pages"] - its["pages"]) <= IN_FLIGHT * (trouble is not None):
                mine, its = _whatever_the_order(mine), _whatever_the_order(its)
            if mine != its:
                parts = [
                    f"{key}: {mine.get(key)} / {its.get(key)}"
                    for key in sorted(mine.keys() | its.keys())
                    if mine.get(key) != its.get(key)
                ]
                found.append(f"{slug} at {at}, trouble {trouble.kind.name if trouble else 'none'}: {'; '.join(parts)}")
    return found


def _whatever_the_order(said: dict[str, Any]) -> dict[str, Any]:
    """Of an outlet that is left alone, what does not hang on whether a page was on its way at that moment. Its verdict does: it is a matter
    of how many walls were met."""
    kept = {key: value for key, value in said.items() if key not in ("pages", "error", "verdict")}
    return {**kept, "outcomes": set(said["outcomes"]), "walls": set(said["walls"])}


def _whole(world: World, folder: Path) -> Iterator[dict[str, Any]]:
    """Crawls as the service makes them."""
    faked = folder / "faked"
    faked.mkdir(parents=True)
    (faked / "sitecustomize.py").write_text(FAKED_CLOCK, "utf-8")
    os.environ["PYTHONPATH"] = str(faked)
    (folder / "depesza.toml").write_text(SETTINGS, "utf-8")
    locations = find_locations(folder, folder / "depesza.toml", {})
    database = open_database(store_url(locations))
    clock = Clock(START)
    world.clock = clock
    with served_in_thread(world) as origin:
        watched = tuple(outlet_of(room, origin) for room in world.rooms)
        for at in INSTANTS:
            clock.now = at
            os.environ["MONTH_NOW"] = at.isoformat()
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
        keep_verdicts(database, reports, at)
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
            "entries": one.entries, "carried": one.carried, "pages": one.pages_fetched, "outcomes": dict(one.outcomes), "error": one.error,
            "sources": [(s.url.removeprefix(origin), s.status, s.entries, s.trouble, s.http_status, s.told) for s in one.sources],
            "new": (one.observed.new.count, one.observed.new.with_authors, one.observed.new.with_date, one.observed.new.paid),
            "walls": one.observed.walls, "verdict": verdicts[one.outlet].verdict,
        }
        for one in reports
    }  # fmt: skip


def main() -> None:
    """Compare so many times; the exit code is 1 when any differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    times = parser.parse_args().times
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    held = 0
    for number in range(1, times + 1):
        with tempfile.TemporaryDirectory() as folder:
            found = differences(Path(folder))
        held += not found
        print(*found, f"{held} of {number} held", sep="\n", flush=True)
    raise SystemExit(held < times)


if __name__ == "__main__":
    main()
