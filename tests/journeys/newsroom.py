"""An installation that watches the demo's outlets: what the journeys with real processes stand on."""

from __future__ import annotations

import dataclasses
import os
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from crawler.config import Locations, find_locations, store_url
from crawler.model.outlet import Outlet
from crawler.model.run import CrawlPlan, RunReport
from crawler.outlets.catalogue import load_catalogue
from crawler.store.database import Database, open_database
from scheduler.crawling import CrawlRequest, make_plan
from scheduler.demo.outlets import write_outlets
from scheduler.demo.server import DemoServer


class Newsroom:
    """The demo's outlets on loopback, and an installation that watches them."""

    def __init__(self, server: DemoServer, data_dir: Path) -> None:
        self.server = server
        self.locations: Locations = find_locations(data_dir, data_dir / "depesza.toml", {})
        write_outlets(self.locations.outlets_dir, server.origins)
        catalogue = load_catalogue((self.locations.outlets_dir,))
        self.outlets = tuple(catalogue[slug] for slug in server.origins)
        self.runs = 0

    def with_revisits(self, *ages: str) -> None:
        """Every outlet's articles are fetched again at these ages."""
        self.outlets: tuple[Outlet, ...] = tuple(dataclasses.replace(one, revisit=ages) for one in self.outlets)

    def open(self) -> Database:
        return open_database(store_url(self.locations))

    def crawl(self) -> RunReport:
        """One whole crawl, and its report."""
        assert self.start_crawl().wait(timeout=120) == 0
        report: RunReport = TypeAdapter(RunReport).validate_json(self.report_path.read_bytes())
        return report

    def start_crawl(self) -> subprocess.Popen[bytes]:
        self.runs += 1
        request = CrawlRequest(outlets=self.outlets)
        plan = make_plan(self.locations, request, datetime.now(UTC), f"{self.runs:08x}")
        self.report_path = plan.report_path
        path = self.locations.runs_dir / f"{self.runs}.plan.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(TypeAdapter(CrawlPlan).dump_json(plan))
        return self._start("-m", "crawler.run", str(path))

    def start_push(self, batch: int = 500) -> subprocess.Popen[bytes]:
        """`depesza index push`, so many documents at once."""
        command = ("-m", "scheduler.command", "--data-dir", str(self.locations.data_dir), "index", "push", "--json")
        return self._start(*command, environ={"DEPESZA_INDEXER_BATCH": str(batch)})

    def _start(self, *arguments: str, environ: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        silent = subprocess.DEVNULL
        return subprocess.Popen(
            [sys.executable, *arguments], start_new_session=True, stdout=silent, stderr=silent,
            env={**os.environ, **(environ or {})},
        )  # fmt: skip

    def count(self, table: str) -> int:
        """Rows of a table, asked beside the running crawl; 0 before there is one."""
        try:
            with sqlite3.connect(f"file:{self.locations.data_dir / 'depesza.sqlite'}?mode=ro", uri=True, timeout=5) as connection:
                found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                return found
        except sqlite3.OperationalError:
            return 0

    def requests(self) -> int:
        return len(self.server.log)
