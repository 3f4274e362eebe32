"""Services and workers on one PostgreSQL store: who leads, who crawls, who lets go. What is tested is who; nothing is fetched."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from crawler.config import Locations, find_locations, store_url
from crawler.errors import BackendUnavailable, ConfigError
from crawler.model.run import ALREADY_RUNNING, OutletReport, RunReport
from crawler.store import leases, processes, turns
from crawler.store.database import Database, open_database
from crawler.store.schema import outlet_turn
from indexer.home import own_embedded
from scheduler.crawling import CrawlRequest
from scheduler.heart import Heart
from scheduler.lock import SERVICE, service_holder
from scheduler.reload import PlanFile
from scheduler.service import Service
from scheduler.worker import Worker
from tests.scheduler.conftest import Said, SmallOutlet

pytestmark = pytest.mark.timeout(120)
FAR = "far-away/1:7:bb"
"""A process of another machine."""


class Runs(Protocol):
    def run(self) -> None: ...
    def stop(self) -> None: ...


class Crawls:
    """Crawls in the place of children: each takes until `go`, or until it is stopped."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, ...]] = []
        self.stopped: list[tuple[str, ...]] = []
        self.error: str | None = None
        self.go = threading.Event()
        self.go.set()

    def __call__(
        self,
        locations: Locations,
        database: Database,
        request: CrawlRequest,
        *,
        stop: threading.Event,
        on_line: object,
        on_done: object,
    ) -> RunReport:
        slugs = tuple(outlet.slug for outlet in request.outlets)
        self.begun.append(slugs)
        until(lambda: self.go.is_set() or stop.is_set())
        if stop.is_set():
            self.stopped.append(slugs)
        reports = tuple(OutletReport(outlet=slug, error=self.error) for slug in slugs)
        at = datetime.now(UTC)
        return RunReport(run_id="r", started_at=at, finished_at=at, finished=not stop.is_set(), outlets=reports)


@pytest.fixture
def crawls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Crawls]:
    made = Crawls()
    monkeypatch.setattr("scheduler.crew.crawl", made)
    for name in ("scheduler.crew.POLL_S", "scheduler.service.STEP_S", "scheduler.worker.STEP_S"):
        monkeypatch.setattr(name, 0.1)
    yield made
    made.go.set()


@pytest.fixture
def shared(small_outlet: SmallOutlet, postgres_url: str, postgres_database: Database) -> SmallOutlet:
    """The outlet in an installation on PostgreSQL. Its Elasticsearch is not there, which only a push would notice."""
    configure(small_outlet, postgres_url, "[indexer]", 'engine = "elasticsearch"', 'url = "http://127.0.0.1:9"')
    return small_outlet


def configure(outlet: SmallOutlet, url: str, *lines: str) -> None:
    text = [
        '[crawler]\noutlets = ["jodlowo"]\n[scheduler]\nevery = "6h"\nlease = "20s"',
        f'[store]\nurl = "{url}"' if url else "",
        *lines,
    ]
    outlet.locations.config_path.write_text("\n".join(text), "utf-8")
    outlet.locations = find_locations(outlet.locations.data_dir, outlet.locations.config_path, {})


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@contextlib.contextmanager
def running(*things: Runs) -> Iterator[None]:
    threads = [threading.Thread(target=thing.run) for thing in things]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thing in things:
            thing.stop()
        for thread in threads:
            thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)


def turn(database: Database) -> turns.Turn:
    with database.read() as connection:
        return turns.read_turns(connection)["jodlowo"]


def living(database: Database) -> list[processes.Process]:
    with database.read() as connection:
        return list(processes.read(connection, datetime.now(UTC)))


def make_due(outlet: SmallOutlet, database: Database) -> None:
    plan, now = PlanFile(outlet.locations).plan, datetime.now(UTC)
    with database.write() as connection:
        turns.sync(connection, plan.schedules, now)
        turns.make_due(connection, plan.schedules, now, now)


def test_a_worker_on_a_sqlite_store_is_refused_with_the_way_out(small_outlet: SmallOutlet) -> None:
    result = small_outlet.run("worker")
    assert result.exit_code == 2
    assert "set [store] url to a PostgreSQL database" in " ".join(result.stderr.split())


@pytest.mark.postgresql
def test_a_worker_with_the_embedded_engine_is_refused_with_the_way_out(
    small_outlet: SmallOutlet, postgres_url: str, postgres_database: Database
) -> None:
    configure(small_outlet, postgres_url)
    result = small_outlet.run("worker")
    assert result.exit_code == 2
    assert 'set [indexer] engine = "elasticsearch"' in " ".join(result.stderr.split())


@pytest.mark.postgresql
@pytest.mark.parametrize(("error", "code"), [(None, 0), ("nobody answers", 1)])
def test_a_worker_once_crawls_what_waits_and_ends(
    error: str | None, code: int, shared: SmallOutlet, postgres_database: Database, crawls: Crawls
) -> None:
    crawls.error = error
    make_due(shared, postgres_database)
    result = shared.run("worker", "--once", "--json", "--log-file", str(shared.locations.data_dir / "w.log"))
    assert result.exit_code == code
    assert result.stdout.split() == (
        ["{", '"crawled":', "[", '"jodlowo"', "],", '"failed":', *(["[", '"jodlowo"', "]"] if error else ["[]"]), "}"]
    )
    assert crawls.begun == [("jodlowo",)]
    assert (turn(postgres_database).owner, turn(postgres_database).due_at) == (None, None)
    assert living(postgres_database) == []
    assert '"event": "worker stopped"' in (shared.locations.data_dir / "w.log").read_text("utf-8")


@pytest.mark.postgresql
def test_f12_an_outlet_that_is_crawled_elsewhere_is_tried_again_later(
    shared: SmallOutlet, postgres_database: Database, crawls: Crawls
) -> None:
    crawls.error = ALREADY_RUNNING
    make_due(shared, postgres_database)
    Worker(shared.locations, once=True).run()
    found = turn(postgres_database)
    assert (found.owner, found.attempts, found.ended_at) == (None, 1, None)
    assert found.due_at is not None
    assert found.due_at > datetime.now(UTC)


@pytest.mark.postgresql
def test_of_two_services_one_leads_and_the_other_takes_over_when_it_ends(
    shared: SmallOutlet, postgres_database: Database, crawls: Crawls
) -> None:
    first, second = Service(shared.locations), Service(shared.locations)

    def leaders() -> list[str]:
        return [one.owner for one in living(postgres_database) if one.detail["leader"]]

    with running(first):
        until(lambda: len(leaders()) == 1)
        (led,) = leaders()
        assert service_holder(postgres_database, datetime.now(UTC)) == led
        with running(second):
            until(lambda: len(living(postgres_database)) == 2)
            assert leaders() == [led]
            first.stop()
            until(lambda: len(leaders()) == 1 and leaders() != [led])
            until(lambda: len(living(postgres_database)) == 1)
    assert crawls.begun == [("jodlowo",)], "the slot fired once, whoever led"
    assert service_holder(postgres_database, datetime.now(UTC)) is None


@pytest.mark.postgresql
def test_f12_the_place_of_a_leader_on_a_machine_that_is_gone_passes_on_when_its_lease_ends(
    shared: SmallOutlet, postgres_database: Database, crawls: Crawls, said: Said
) -> None:
    with postgres_database.write() as connection:
        now = leases.shared_now(connection, datetime.now(UTC))
        leases.claim(connection, [SERVICE], FAR, now, 5.0)
    service = Service(shared.locations)
    with running(service):
        until(lambda: crawls.begun)
    events = [one["event"] for one in said]
    assert events.index("standing by and crawling: another service leads") < events.index("this service leads")


@pytest.mark.postgresql
def test_a_worker_whose_outlet_another_holds_ends_its_crawl_and_leaves_the_turn_to_the_other(
    shared: SmallOutlet, postgres_database: Database, crawls: Crawls
) -> None:
    crawls.go.clear()
    make_due(shared, postgres_database)
    with running(Worker(shared.locations)):
        until(lambda: crawls.begun)
        with postgres_database.write() as connection:
            until_at = datetime.now(UTC) + timedelta(minutes=1)
            connection.execute(outlet_turn.update().values(owner=FAR, until_at=until_at))
        until(lambda: crawls.stopped == [("jodlowo",)])
    assert (turn(postgres_database).owner, turn(postgres_database).attempts) == (FAR, 0)
    assert crawls.begun == [("jodlowo",)]


def test_without_a_heartbeat_crawls_are_ended_before_others_may_take_over(
    small_outlet: SmallOutlet, crawls: Crawls, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(small_outlet, "")
    crawls.go.clear()
    beat, away = Heart.beat, threading.Event()

    def no_store(heart: Heart) -> object:
        if away.is_set():
            raise BackendUnavailable("the network is cut")
        return beat(heart)

    monkeypatch.setattr(Heart, "beat", no_store)
    service = Service(small_outlet.locations)
    with running(service):
        until(lambda: crawls.begun)
        heart = service._crew.heart
        away.set()
        heart._hold.end()  # as after two thirds of the lease (`tests/crawler/spiders/test_hold.py`)
        until(lambda: crawls.stopped == [("jodlowo",)])
        away.clear()
        until(lambda: len(crawls.begun) == 2)
        until(lambda: any(one["event"] == "the store is reached again" for one in said))
        crawls.go.set()
    events = [one["event"] for one in said]
    assert events.index(
        "no heartbeat reached the store for too long: crawls are ended, others may take them over"
    ) < events.index("the store is reached again")


def test_systemd_hears_of_every_state_and_of_life_only_while_the_store_is_reached(
    small_outlet: SmallOutlet, crawls: Crawls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(small_outlet, "")
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "s"))
        manager.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "s"))
        monkeypatch.setenv("WATCHDOG_USEC", "1000000")
        monkeypatch.setattr("scheduler.service.TICK_S", 0.2)

        def hears(word: str) -> bool:
            with contextlib.suppress(BlockingIOError):
                while True:
                    heard.extend(manager.recv(2000).decode().splitlines())
            return word in heard

        service = Service(small_outlet.locations)
        with running(service):
            until(lambda: hears("READY=1") and hears("WATCHDOG=1"))
            assert any(line.startswith("STATUS=keeping time: 1 outlets") for line in heard)
            service.reload()
            until(lambda: hears("RELOADING=1"))
            monkeypatch.setattr(Heart, "is_sure", False)
            heard.clear()
            until(lambda: not hears("") and sum(line.startswith("STATUS=standing by") for line in heard) > 5)
            first = next(place for place, line in enumerate(heard) if line.startswith("STATUS=standing by"))
            assert "WATCHDOG=1" not in heard[first:]
        assert hears("STOPPING=1")


@pytest.mark.postgresql
def test_an_embedded_index_beside_postgresql_is_of_one_data_folder_until_it_is_made_anew_in_another(
    small_outlet: SmallOutlet, postgres_url: str, postgres_database: Database, tmp_path: Path, crawls: Crawls
) -> None:
    configure(small_outlet, postgres_url)
    here, there = small_outlet.locations, find_locations(tmp_path / "elsewhere", small_outlet.locations.config_path, {})
    shutil.copytree(here.outlets_dir, there.outlets_dir)
    with running(Service(here)):
        until(lambda: crawls.begun)
    with pytest.raises(ConfigError, match=r"is on another machine \(.*data\) and cannot be shared.*depesza index rebuild"):
        Service(there).run()
    own_embedded(there, postgres_database, "elasticsearch", datetime.now(UTC))
    own_embedded(there, postgres_database, "embedded", datetime.now(UTC), take=True)
    own_embedded(there, postgres_database, "embedded", datetime.now(UTC))
    with pytest.raises(ConfigError, match=r"is on another machine \(.*elsewhere\)"):
        own_embedded(here, postgres_database, "embedded", datetime.now(UTC))


def test_a_sqlite_store_s_index_needs_no_home(small_outlet: SmallOutlet) -> None:
    database = open_database(store_url(small_outlet.locations))
    own_embedded(small_outlet.locations, database, "embedded", datetime.now(UTC))
    assert not list(small_outlet.locations.data_dir.glob("*.id"))
    database.close()
