"""The hostile server, and the real fetcher in a child process (a reactor cannot start twice in one)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import TypeAdapter

from crawler.model.outlet import Outlet, Politeness, Source, SourceKind
from crawler.model.run import CrawlPlan, OutletReport, RunReport
from crawler.store import dead_letters
from crawler.store.database import open_database

HERE = Path(__file__).parent


def _load(name: str) -> Any:
    # test folders are no packages: a helper beside the tests is loaded by its path
    spec = util.spec_from_file_location(f"spider_tests_{name}", HERE / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules.setdefault(spec.name, util.module_from_spec(spec))
    if not hasattr(module, "__loaded__"):
        spec.loader.exec_module(module)
        module.__loaded__ = True
    return module


@pytest.fixture(scope="session")
def hostile() -> Any:
    """The module `hostile_server`: answers and misbehaviour."""
    return _load("hostile_server")


@pytest.fixture(scope="module")
def server(hostile: Any) -> Iterator[Any]:
    """A hostile server on loopback."""
    with hostile.HostileServer() as running:
        yield running


@pytest.fixture(scope="session")
def fetch_all() -> Callable[..., dict[str, Any]]:
    """Fetch a list of orders in one child; gives key -> what came of it."""

    def fetch(wanted: list[dict[str, Any]], time_limit_s: float = 2.0, environ: dict[str, str] | None = None, **more: Any) -> Any:
        order = json.dumps({"wanted": wanted, "time_limit_s": time_limit_s, **more})
        done = subprocess.run(
            [sys.executable, "-P", str(HERE / "fetch_child.py")], input=order, capture_output=True, text=True, timeout=110,
            cwd=HERE.parents[2], env={**os.environ, "PYTHONPATH": str(HERE.parents[2]), **(environ or {})}, check=False,
        )  # fmt: skip
        assert done.returncode == 0 and done.stdout, done.stderr[-3000:]
        return json.loads(done.stdout)

    return fetch


class Crawls:
    """A store of its own and crawls over it, each in a child process as the scheduler starts them."""

    def __init__(self, folder: Path, server: Any) -> None:
        self.folder, self.server = folder, server
        self.url = f"sqlite:///{folder / 'depesza.sqlite'}"
        self.outlets: dict[str, Outlet] = {}
        self._runs = 0

    def outlet(self, slug: str, feed: str | None = None, *, sources: tuple[Source, ...] = (), **politeness: Any) -> Outlet:
        """An outlet on the server, with a feed at that path."""
        if feed is not None:
            sources = (Source(kind=SourceKind.FEED, url=self.server.url(feed)),)
        revisit = politeness.pop("revisit", ("1h", "6h", "24h", "7d"))
        domains = politeness.pop("domains", (f"127.0.0.1:{self.server.port}",))
        gentle = Politeness(**{"delay_s": 0.0, "concurrency": 4, "allow_private": True, **politeness})
        self.outlets[slug] = Outlet(
            slug=slug, name=slug.title(), homepage=self.server.url("/"), domains=domains, country="PL", languages=("pl",),
            timezone="Europe/Warsaw", sources=sources, politeness=gentle, revisit=revisit,
        )  # fmt: skip
        return self.outlets[slug]

    def plan(self, *slugs: str, **more: Any) -> CrawlPlan:
        """A plan over these outlets, or all."""
        self._runs += 1
        run_id = f"run-{self._runs}"
        return CrawlPlan(**{
            "run_id": run_id, "store_url": self.url, "data_dir": self.folder, "report_path": self.folder / f"{run_id}.json",
            "outlets": tuple(self.outlets[slug] for slug in slugs or self.outlets), "user_agent": "Depesza/test",
            "contact": "tests@example.org", "owner": f"owner-{self._runs}", "fetch_time_limit_s": 3.0, **more,
        })  # fmt: skip

    def start(self, plan: CrawlPlan) -> subprocess.Popen[str]:
        """The child, running."""
        path = self.folder / f"{plan.run_id}.plan.json"
        path.write_bytes(TypeAdapter(CrawlPlan).dump_json(plan))
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "crawler.run", str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, cwd=self.folder, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE.parents[2]), os.environ.get("PYTHONPATH"))))},
        )  # fmt: skip

    def end(self, plan: CrawlPlan, child: subprocess.Popen[str], timeout_s: float = 100.0) -> RunReport:
        """Its report, after its end, with the sum rule checked."""
        said, _ = child.communicate(timeout=timeout_s)
        assert child.returncode == 0, said[-3000:]
        assert "Traceback" not in said, said[-3000:]
        report = TypeAdapter(RunReport).validate_json(plan.report_path.read_bytes())
        for one in report.outlets:
            assert sum(one.outcomes.values()) == one.entries + one.revisits + one.carried, one
        return report

    def crawl(self, *slugs: str, **more: Any) -> dict[str, OutletReport]:
        """One whole crawl: slug -> its report."""
        plan = self.plan(*slugs, **more)
        report = self.end(plan, self.start(plan))
        assert report.finished and report.error is None, report.error
        return {one.outlet: one for one in report.outlets}

    def read(self, work: Callable[[sa.Connection], Any]) -> Any:
        """What `work` reads from the store."""
        database = open_database(self.url)
        with database.read() as connection:
            result = work(connection)
        database.close()
        return result

    def write(self, work: Callable[[sa.Connection], Any]) -> Any:
        """Change the store."""
        database = open_database(self.url)
        with database.write() as connection:
            result = work(connection)
        database.close()
        return result

    def letters(self, outlet: str) -> dict[str, str]:
        """Path of the address -> reason, of an outlet's dead letters."""
        found = self.read(lambda connection: dead_letters.list_dead_letters(connection, outlet=outlet))
        return {one.url.removeprefix(self.server.url("")): one.reason for one in found}


@pytest.fixture(scope="module")
def crawls(tmp_path_factory: pytest.TempPathFactory, server: Any) -> Crawls:
    """Crawls over one store."""
    return Crawls(tmp_path_factory.mktemp("crawls"), server)


@pytest.fixture(scope="session")
def texts() -> Any:
    """The module `texts`: pages and feeds."""
    return _load("texts")
