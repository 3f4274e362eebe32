"""Figures for indexer/web/README.md, not a test: `python -m tests.indexer.measure_outlets 100000 [--data FOLDER]` (articles).

A store of made-up articles (150 outlets, ten articles a minute, stories of three of which every second is an agency's, ninety days of
hours, incidents), without an index. What the pages and addresses that tell of outlets cost, in seconds of the processor: cold, which
is what a page costs whose answers are kept no longer, and warm. `--data` keeps the store for the next time.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request

from crawler.fingerprints import fingerprint
from crawler.model.article import Article, PublishedFrom, article_id
from crawler.model.attribution import Agency
from crawler.model.outlet import Outlet
from crawler.store.articles import Visit, insert_articles
from crawler.store.database import Database, open_database
from crawler.store.health import OutletHealth, save_health
from crawler.store.incidents import Incident, open_incident
from crawler.store.outlet_hours import OutletHour, add
from crawler.store.outlets import write_agencies, write_outlets
from crawler.store.schema import story, story_member
from indexer.api.metrics import StateCollector
from indexer.api.shapes import outlet_shape
from indexer.desk import Desk
from indexer.engines.embedded import EmbeddedEngine
from indexer.web import outlet_page, outlets_page
from indexer.web.renderer import Renderer

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OUTLETS, WORDS, HOURS = 150, 200, 90 * 24
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int, nargs="?", default=10_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        database = open_database(f"sqlite:///{folder / 'depesza.sqlite'}")
        with database.read() as connection:
            is_new = not connection.execute(story.select().limit(1)).first()
        if is_new:
            fill(database, asked.articles)
        engine = EmbeddedEngine(folder / "index")
        measure(lambda: Desk(database, engine, now=lambda: NOW, zone=UTC))
        engine.close()
        database.close()


def fill(database: Database, count: int) -> None:
    slugs = [f"outlet-{number}" for number in range(OUTLETS)]
    with database.write() as connection:
        write_outlets(connection, [_outlet(slug) for slug in slugs], NOW)
        write_agencies(connection, [Agency(slug="agency", name="Agency", country="PL")], NOW)
        save_health(connection, [_health(slug) for slug in slugs])
        for slug in slugs:
            for days in range(20):
                at = NOW - timedelta(days=10 * days + 1)
                open_incident(
                    connection,
                    Incident(outlet=slug, verdict="slow", reason="", began_at=at, opened_at=at, seen_at=at, closed_at=at),
                )
    for slug in slugs:
        with database.write() as connection:
            add(
                connection,
                [
                    OutletHour(outlet=slug, hour=NOW - timedelta(hours=hour), crawls=4, new=4, pages=4, words=800)
                    for hour in range(HOURS)
                ],
            )
    for start in range(0, count, 3000):
        _file(database, range(start, min(count, start + 3000)))


def _file(database: Database, numbers: range) -> None:
    drawn = random.Random(numbers.start)
    visit = Visit(at=NOW, source_updated_at=None, next_visit_at=None)
    made = [_article(number, " ".join(f"w{drawn.randrange(50_000)}" for _ in range(WORDS))) for number in numbers]
    stories = [made[start : start + 3] for start in range(0, len(made), 3)]
    keys = [f"{numbers.start + number:016x}" for number in range(len(stories))]
    with database.write() as connection:
        insert_articles(connection, [(one, visit) for one in made])
        connection.execute(
            story.insert(),
            [{"id": key, "origin_article_id": members[-1].id, "origin_reason": "first", "agency": "agency" if number % 2 else None,
              "size": len(members), "updated_at": NOW, "first_published_at": members[-1].published_at, "first_seen_at": NOW}
             for number, (key, members) in enumerate(zip(keys, stories, strict=True))],
        )  # fmt: skip
        connection.execute(
            story_member.insert(),
            [{"article_id": one.id, "story_id": key, "role": "verbatim", "similarity": 1.0, "containment": 1.0, "leader_containment": 1.0,
              "leader_ordinal": None} for key, members in zip(keys, stories, strict=True) for one in members],
        )  # fmt: skip


def _article(number: int, text: str) -> Article:
    slug = f"outlet-{number % OUTLETS}"
    url, at = f"https://{slug}.example/{number}", NOW - timedelta(seconds=6 * number)
    return Article(
        id=article_id(url), url=url, outlet=slug, title=text[:60], text=text, language="pl", published_at=at, first_seen_at=at,
        published_from=PublishedFrom.PAGE, content_sha256=f"{number:064x}", fingerprint=fingerprint(text[:60], text), normalizer_version=1,
    )  # fmt: skip


def _outlet(slug: str) -> Outlet:
    return Outlet(
        slug=slug, name=slug, homepage=f"https://{slug}.example/", domains=(f"{slug}.example",), country="PL", languages=("pl",),
        timezone="Europe/Warsaw",
    )  # fmt: skip


def _health(slug: str) -> OutletHealth:
    return OutletHealth(outlet=slug, verdict="ok", updated_at=NOW, last_success_at=NOW, last_new_article_at=NOW)


def _one_page(desk: Desk, renderer: Renderer, request: Request) -> Any:
    found = desk.outlet("outlet-7")
    assert found is not None
    return renderer.page(request, "outlet.html", outlet_page.context(desk, renderer.reader(request), found))


def measure(open_desk: Callable[[], Desk]) -> None:
    request = Request(
        {"type": "http", "method": "GET", "path": "/outlets", "query_string": b"", "headers": [], "server": ("x", 80)}
    )
    asked: dict[str, Callable[[Desk, Renderer], Any]] = {
        "/outlets": lambda desk, renderer: renderer.page(request, "outlets.html", outlets_page.context(desk, renderer.reader(request), "name")),
        "/outlets/SLUG": lambda desk, renderer: _one_page(desk, renderer, request),
        "/api/v1/outlets": lambda desk, _: [outlet_shape(one) for one in desk.outlets()],
        "/metrics": lambda desk, _: list(StateCollector(desk, per_outlet=True).collect()),
        "the foot of every page": lambda desk, _: desk.freshness(),
    }  # fmt: skip
    print("| asked for | cold, s of CPU | warm |\n|---|---|---|")
    for name, ask in asked.items():
        cold: list[float] = []
        warm: list[float] = []
        for _ in range(ROUNDS):
            desk = open_desk()
            renderer = Renderer(desk)
            for times in (cold, warm):
                began = time.process_time()
                ask(desk, renderer)
                times.append(time.process_time() - began)
        print(f"| {name} | {min(cold):.3f} | {min(warm):.3f} |", flush=True)


if __name__ == "__main__":
    main()
