"""Which outlets of the page count as trouble: those with a fault that are crawled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from crawler.model.outlet import Outlet
from crawler.store.database import Database
from crawler.store.health import OutletHealth, save_health
from crawler.store.outlets import write_outlets
from indexer.api.app import make_app
from indexer.api.settings import WebSettings
from indexer.desk import Desk
from indexer.engines.embedded import EmbeddedEngine
from indexer.push import push_pending
from indexer.watches.settings import AlertSettings
from tests.indexer.api.newsroom import served

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
VERDICTS = {
    "ala": "new", "bis": "quiet", "cud": "ok", "dom": "blocked", "ewa": "unreachable", "fal": "feed frozen", "gol": None,
}  # fmt: skip


def test_new_and_quiet_outlets_are_no_trouble_nor_is_one_that_is_disabled(sqlite_database: Database, tmp_path: Path) -> None:
    outlets = [
        Outlet(slug=slug, name=slug.title(), homepage=f"https://{slug}.example/", domains=(f"{slug}.example",), country="PL", languages=("pl",), timezone="UTC")
        for slug in VERDICTS
    ]  # fmt: skip
    outlets = [replace(one, disabled_because="it closed") if one.slug == "ewa" else one for one in outlets]
    told = [OutletHealth(outlet=slug, verdict=verdict, updated_at=NOON) for slug, verdict in VERDICTS.items() if verdict]
    with sqlite_database.write() as connection:
        write_outlets(connection, outlets, NOON)
        save_health(connection, told)
    engine = EmbeddedEngine(tmp_path / "index")
    push_pending(sqlite_database, engine, now=NOON)
    settings = WebSettings()
    app = make_app(Desk(sqlite_database, engine, now=lambda: NOON, zone=UTC), settings, AlertSettings())
    with served(app, settings) as address:
        page = httpx.get(f"{address}/outlets?sort=health", timeout=20).text
    engine.close()
    assert "7 outlets, 2 with trouble" in page
    order = [slug for _, slug in sorted((page.index(f'id="outlet-{slug}"'), slug) for slug in VERDICTS)]
    assert order == ["dom", "fal", "bis", "ala", "cud", "ewa", "gol"], "faults, then who says little, then the rest"
