"""An installation that watches a `Press`, with real processes: services, workers, single crawls; killed, stopped, asked what they left.

`promise_holds` is what must be true after whatever was done to them. Not here: the outlets (`press`), what is done (the journeys).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crawler.addresses import canonical_address
from crawler.config import Locations, find_locations, store_url
from crawler.store import articles, frontier, leases, outbox, runs
from crawler.store.database import Database, connect_database, open_database, upgrade
from crawler.store.dead_letters import list_dead_letters
from crawler.store.schema import frontier as frontier_table
from indexer.config import indexer_settings
from indexer.engines.choose import open_engine
from tests.journeys.press import Press, crawl_processes, lives, processes

OUTLET = """
slug = "{slug}"
name = "{slug}"
homepage = "{origin}/"
domains = ["{host}"]
country = "PL"
languages = ["pl"]
timezone = "Europe/Warsaw"
{more}
[[sources]]
kind = "feed"
url = "{origin}/rss.xml"

[politeness]
allow_private = true
obey_robots = false
delay_s = {delay_s}
concurrency = 1
"""
CONFIG = """
[crawler]
contact = "tests@example.org"
outlets = [{slugs}]
workers = 1

[scheduler]
every = "{every}"
push_every = "2s"
children = {children}
{scheduler}
[store]
{store}

[indexer]
{indexer}
"""


def wait_until(true: Callable[[], object], seconds: float = 120.0, what: str = "it") -> None:
    """Until it is so, or fail."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what} did not come within {seconds:g} s"
        time.sleep(0.05)


class Installation:
    """One data folder, one store, any number of processes."""

    def __init__(
        self,
        press: Press,
        folder: Path,
        *,
        store: str | None = None,
        every: str = "2s",
        delay_s: float = 0.0,
        children: int = 1,
        outlets: tuple[str, ...] | None = None,
        scheduler: str = "",
        indexer: str = "",
    ) -> None:
        """`store`: address of an empty PostgreSQL (None: SQLite). `scheduler`, `indexer`: further lines of these tables."""
        self.press, self.folder = press, folder
        self.outlets = outlets or press.slugs
        folder.mkdir(parents=True, exist_ok=True)
        self.config = folder / "depesza.toml"
        slugs = ", ".join(f'"{slug}"' for slug in self.outlets)
        self.config.write_text(
            CONFIG.format(
                slugs=slugs, every=every, children=children, scheduler=scheduler, indexer=indexer,
                store=f'url = "{store}"' if store else "",
            ),
            encoding="utf-8",
        )  # fmt: skip
        self.locations: Locations = find_locations(folder, self.config, {})
        self.locations.outlets_dir.mkdir(exist_ok=True)
        for slug in self.outlets:
            self.write_outlet(slug, delay_s)
        if store:
            database = connect_database(store)
            upgrade(database)
            database.close()
        self.processes: list[subprocess.Popen[bytes]] = []

    def write_outlet(self, slug: str, delay_s: float = 0.0, more: str = "") -> None:
        """The outlet's file; `more`: further lines."""
        text = OUTLET.format(
            slug=slug, origin=self.press.origin(slug), host=self.press.papers[slug].host, delay_s=delay_s, more=more
        )
        (self.locations.outlets_dir / f"{slug}.toml").write_text(text, encoding="utf-8")

    # -- processes -------------------------------------------------------------------------------------------------------
    def start(
        self, *command: str, prefix: tuple[str, ...] = (), environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """A command of Depesza, in a session of its own; what it says is in `log-NUMBER.txt`."""
        log = (self.folder / f"log-{len(self.processes)}.txt").open("wb")
        process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "scheduler.command", "--data-dir", str(self.folder), "--config", str(self.config), *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "DEPESZA_TEST_FOLDER": str(self.folder), **(environ or {})},
        )  # fmt: skip
        log.close()
        self.processes.append(process)
        return process

    def run(self, *command: str, timeout_s: float = 120.0) -> str:
        """A command that ends, with exit code 0; what it said."""
        process = self.start(*command)
        said = self.folder / f"log-{len(self.processes) - 1}.txt"
        assert process.wait(timeout=timeout_s) == 0, said.read_text("utf-8")
        return said.read_text("utf-8")

    def said(self) -> str:
        """The last words of every process, for a failed test."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text('utf-8', 'replace')[-1500:]}" for path in sorted(self.folder.glob("log-*"))
        )

    def children(self) -> list[int]:
        """Crawls of this installation that live now."""
        ours = str(self.folder).encode()
        return [one for one in crawl_processes() if ours in _read(f"/proc/{one}/cmdline") and lives(one)]

    def left_over(self) -> list[int]:
        """Processes of this installation that live: crawls and their page workers, services, workers."""
        mark = f"DEPESZA_TEST_FOLDER={self.folder}".encode()
        return [one for one in processes() if mark in _read(f"/proc/{one}/environ") and lives(one)]

    def stop_all(self) -> None:
        """End everything, however it stands. For the end of a test, whether it failed or not."""
        for process in self.processes:
            if process.poll() is None:
                kill(process.pid)
                process.wait()
        for child in self.children():
            kill(child, group=True)

    # -- the store -----------------------------------------------------------------------------------------------------------
    def open(self) -> Database:
        """The store; close it."""
        return open_database(store_url(self.locations))

    def ask(self, work: Callable[[sa.Connection], Any]) -> Any:
        """What `work` reads."""
        database = self.open()
        try:
            with database.read() as connection:
                return work(connection)
        finally:
            database.close()

    def write(self, work: Callable[[sa.Connection], Any]) -> Any:
        """What `work` changes."""
        database = self.open()
        try:
            with database.write() as connection:
                return work(connection)
        finally:
            database.close()

    def runs(self) -> list[runs.Run]:
        """The newest 500 runs."""
        found: list[runs.Run] = self.ask(lambda connection: runs.list_runs(connection, limit=500))
        return found

    def is_settled(self) -> bool:
        """Everything printed is filed or a dead letter; nothing waits to be fetched or pushed."""
        if self._unaccounted(
            self.press.articles(), or_waits=False
        ):  # first, for it stays true: looked at last, what was queued meanwhile counts
            return False
        waits, unpushed = self.ask(lambda connection: (frontier.count_waiting(connection), outbox.count_outbox(connection)))
        return not waits and not unpushed

    def missing(self) -> set[str]:
        """Addresses that a paper printed and that no article, no dead letter and no waiting entry has."""
        return self._unaccounted(self.press.articles())

    def lost(self) -> set[str]:
        """Addresses of pages that were served and that no article, no dead letter and no waiting entry has."""
        return self._unaccounted(self.press.served())

    def _unaccounted(self, wanted: set[str], *, or_waits: bool = True) -> set[str]:
        """Without those of outlets that this installation does not watch. `or_waits`: an entry that waits accounts for its address."""
        origins = tuple(self.press.origin(slug) for slug in self.outlets)

        def look(connection: sa.Connection) -> set[str]:
            by_canonical = {canonical_address(url) or url: url for url in wanted if url.startswith(origins)}
            known = set(articles.known_addresses(connection, by_canonical))
            dead = {letter.url for letter in list_dead_letters(connection)}
            waiting = set(connection.execute(sa.select(frontier_table.c.url)).scalars()) if or_waits else set()
            return {url for canonical, url in by_canonical.items() if canonical not in known | dead | waiting}

        found: set[str] = self.ask(look)
        return found

    def promise_holds(self) -> None:
        """Nothing lost, nothing twice, all of it in the index, no run and no lease left behind."""
        database = self.open()
        engine = open_engine(indexer_settings(self.locations), self.locations)
        try:
            with database.read() as connection:
                assert not self.lost(), f"served and lost: {sorted(self.lost())}"
                ids = set(articles.article_ids(connection, limit=100_000))
                addresses = connection.execute(
                    sa.text("SELECT url, count(*) FROM article GROUP BY url HAVING count(*) > 1")
                ).all()
                assert not addresses, f"one address under two ids: {addresses}"
                assert ids - engine.documents(sorted(ids)).keys() == set(), "filed but not searchable"
                assert engine.status().documents == len(ids)
                assert not [one.id for one in runs.list_runs(connection, limit=500) if one.status is runs.RunStatus.RUNNING]
                now = leases.shared_now(connection, datetime.now(UTC))
                held = [slug for slug in self.outlets if leases.holder(connection, f"outlet:{slug}", now)]
                assert not held, f"leases left behind: {held}"
        finally:
            engine.close()
            database.close()


def elasticsearch_lines(url: str, index: str) -> str:
    """Of the table [indexer]."""
    return f'engine = "elasticsearch"\nurl = "{url}"\nindex = "{index}"'


def kill(process: int, *, group: bool = False) -> None:
    """SIGKILL, also to all of its session."""
    try:
        (os.killpg if group else os.kill)(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
