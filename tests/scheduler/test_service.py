"""`depesza run`, with the real clock, real children and a real index."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crawler.config import Locations, find_locations, store_url
from crawler.errors import BackendUnavailable, ConfigError
from crawler.model.run import OutletReport, RunReport
from crawler.store import articles, leases, outbox, processes, runs, turns
from crawler.store import health as health_store
from crawler.store.database import Database, open_database
from scheduler.crawling import CrawlRequest
from scheduler.lock import lock_path, only_service, service_holder
from scheduler.reload import read_plan
from scheduler.service import Service, gather_s
from tests.scheduler.conftest import Said, SmallOutlet

pytestmark = pytest.mark.timeout(120)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
Crawled = list[tuple[str, ...]]


@pytest.fixture
def store(small_outlet: SmallOutlet) -> Iterator[Database]:
    database = open_database(store_url(small_outlet.locations))
    yield database
    database.close()


def until(true: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.1)


def count(database: Database, what: Callable[..., int]) -> int:
    with database.read() as connection:
        return what(connection)


def test_the_service_crawls_what_was_missed_then_by_the_clock_pushes_and_ends_in_order(
    small_outlet: SmallOutlet, store: Database
) -> None:
    small_outlet.write(schedule='[schedule]\nevery = "2s"')
    with running(Service(small_outlet.locations)):
        until(lambda: count(store, articles.count_articles) == 3)
        until(lambda: count(store, outbox.count_outbox) == 0)
        until(lambda: len(_runs(store)) >= 2)
    assert small_outlet.run("search", "most").exit_code == 0
    with store.read() as connection:
        assert health_store.read_health(connection)["jodlowo"].verdict == "new"


def test_f28_sigterm_ends_the_process_with_exit_code_0_and_the_run_is_closed(small_outlet: SmallOutlet, store: Database) -> None:
    small_outlet.slow_s = 1
    process = subprocess.Popen(
        [sys.executable, "-m", "scheduler.command", "run", "--data-dir", str(small_outlet.locations.data_dir)],
        stderr=subprocess.PIPE,
    )
    until(lambda: "/art/1" in small_outlet.asked)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
    assert b"service stopped" in said
    assert [run.status.value for run in _runs(store)] == ["interrupted"]
    assert count(store, articles.count_articles) >= 1, "what was under way is finished"
    with store.read() as connection:
        turn = turns.read_turns(connection)["jodlowo"]
        assert processes.read(connection, datetime.now(UTC)) == ()
    assert (turn.owner, turn.attempts, turn.due_at is not None) == (None, 0, True), "what is left is due after the next start"


def test_a_slow_outlet_holds_up_no_other_of_its_batch(small_outlet: SmallOutlet, store: Database) -> None:
    small_outlet.slow_s = 60
    config = small_outlet.locations.config_path
    config.write_text('[crawler]\noutlets = ["jodlowo", "sad"]\nworkers = 1\n', "utf-8")
    small_outlet.write(slug="sad", schedule='[schedule]\nevery = "2s"')
    path = small_outlet.locations.outlets_dir / "sad.toml"
    path.write_text(path.read_text("utf-8").replace("/rss", "/not-there"), "utf-8")
    with running(Service(find_locations(config.parent, config, {}))):
        until(lambda: "/art/1" in small_outlet.asked)
        until(lambda: len(_runs(store)) >= 2)
        with store.read() as connection:
            turn = turns.read_turns(connection)
            assert (turn["jodlowo"].owner is not None, turn["jodlowo"].ended_at) == (True, None), "still under way"
            assert turn["sad"].ended_at is not None
            assert set(health_store.read_health(connection)) == {"sad"}, "judged before the crawl's end"
        small_outlet.over.set()


def test_a_child_that_is_killed_is_an_outcome_and_its_outlet_is_tried_again_later(
    small_outlet: SmallOutlet, store: Database
) -> None:
    small_outlet.slow_s = 60
    with running(Service(small_outlet.locations)):
        until(lambda: "/art/1" in small_outlet.asked)
        os.kill(int(_runs(store)[0].owner.split(":")[-2]), signal.SIGKILL)
        until(lambda: [run.status.value for run in _runs(store)] == ["died"])
        until(lambda: _turn(store).owner is None)
        turn = _turn(store)
    assert turn.attempts == 1
    assert turn.due_at is not None
    assert turn.due_at > datetime.now(UTC)
    assert turn.ended_at is None


def test_f12_an_outlet_that_somebody_else_crawls_at_the_moment_is_left_alone_and_tried_again(
    small_outlet: SmallOutlet, store: Database
) -> None:
    with store.write() as connection:
        leases.claim(connection, ["outlet:jodlowo"], "far-away/1:7:bb", datetime.now(UTC))
    with running(Service(small_outlet.locations)):
        until(lambda: _turn(store).attempts == 1)
        turn = _turn(store)
    assert "/rss" not in small_outlet.asked
    assert turn.owner is None
    assert turn.due_at is not None


def test_f32_two_services_on_one_sqlite_file_are_refused_with_the_reason(small_outlet: SmallOutlet, store: Database) -> None:
    with only_service(store, "this machine, process 4711"):
        assert service_holder(store, NOON) == "this machine, process 4711"
        with pytest.raises(BackendUnavailable, match=r"runs on the store .* already \(this machine, process 4711\)"):
            Service(small_outlet.locations).run()
        result = small_outlet.run("run")
    assert result.exit_code == 3
    assert "process 4711" in result.stderr
    assert service_holder(store, NOON) is None


def test_who_asks_for_the_holder_at_the_wrong_moment_keeps_no_service_from_starting(store: Database) -> None:
    """`service_holder` has the lock while it asks; here it asks for a quarter of a second."""
    path = lock_path(store)
    with path.open("a+", encoding="utf-8") as probe:
        fcntl.flock(probe, fcntl.LOCK_EX)
        end = threading.Timer(0.25, lambda: fcntl.flock(probe, fcntl.LOCK_UN))
        end.start()
        with only_service(store, "this machine, process 4711"):
            assert service_holder(store, NOON) == "this machine, process 4711"
        end.join()


def test_f32_a_clock_that_says_1970_is_refused(small_outlet: SmallOutlet) -> None:
    with time_machine.travel(datetime(1970, 1, 1, 0, 5, tzinfo=UTC)), pytest.raises(ConfigError, match=r"clock .* 1970-01-01"):
        Service(small_outlet.locations)


def test_the_service_does_not_start_without_a_contact_address_for_an_outlet_out_there(small_outlet: SmallOutlet) -> None:
    path = small_outlet.locations.outlets_dir / "jodlowo.toml"
    path.write_text(path.read_text("utf-8").replace("allow_private = true", "allow_private = false"), "utf-8")
    with pytest.raises(ConfigError, match="depesza init --contact"):
        Service(small_outlet.locations)


def test_a_file_that_changes_counts_without_a_restart_and_one_that_is_broken_changes_nothing(
    small_outlet: SmallOutlet, store: Database, crawled: Crawled, said: Said
) -> None:
    small_outlet.write(schedule='[schedule]\nevery = "1h"')
    with running(Service(small_outlet.locations)) as service:
        until(lambda: _schedules(store) == {"jodlowo": "every 3600 s"})
        path = small_outlet.locations.outlets_dir / "jodlowo.toml"
        path.write_text(path.read_text("utf-8").replace('every = "1h"', 'every = "soon"'), "utf-8")
        until(lambda: any("jodlowo.toml: schedule.every: 'soon' is" in one.get("reason", "") for one in said))
        assert _schedules(store) == {"jodlowo": "every 3600 s"}
        small_outlet.write(schedule='[schedule]\nevery = "2h"')
        small_outlet.write(slug="kresy")
        small_outlet.locations.config_path.write_text(
            '[crawler]\noutlets = ["jodlowo", "kresy"]\nworkers = 1\n[scheduler]\nevery = "3h"\n', "utf-8"
        )
        service.reload()
        until(lambda: _schedules(store) == {"jodlowo": "every 7200 s", "kresy": "every 10800 s"})
        until(lambda: {slug for batch in crawled for slug in batch} == {"jodlowo", "kresy"})
        small_outlet.locations.config_path.write_text('[crawler]\noutlets = ["kresy"]\nworkers = 1\n', "utf-8")
        until(lambda: _schedules(store) == {"kresy": "every 900 s"})


@pytest.fixture
def crawled(monkeypatch: pytest.MonkeyPatch) -> Crawled:
    """The batches that were crawled, in their order. Nothing is fetched, for what is tested is when."""
    batches: Crawled = []

    def note(locations: Locations, database: Database, request: CrawlRequest, **_: object) -> RunReport:
        batches.append(tuple(outlet.slug for outlet in request.outlets))
        reports = tuple(OutletReport(outlet=outlet.slug) for outlet in request.outlets)
        return RunReport(run_id="r", started_at=datetime.now(UTC), finished_at=datetime.now(UTC), finished=True, outlets=reports)

    monkeypatch.setattr("scheduler.crew.crawl", note)
    monkeypatch.setattr("scheduler.crew.POLL_S", 0.2)
    monkeypatch.setattr("scheduler.service.STEP_S", 0.1)
    monkeypatch.setattr("scheduler.service.TICK_S", 1.0)
    return batches


def test_f13_after_six_hours_off_each_outlet_is_crawled_once(
    small_outlet: SmallOutlet, store: Database, crawled: Crawled
) -> None:
    small_outlet.write(schedule='[schedule]\nevery = "5m"')
    watch(small_outlet, "jodlowo", "kresy")
    small_outlet.write(slug="kresy", schedule='[schedule]\ncron = "*/5 * * * *"')
    service = Service(small_outlet.locations)
    with time_machine.travel(NOON + timedelta(minutes=1)) as traveller:
        with running(service):
            until(lambda: sorted(slug for batch in crawled for slug in batch) == ["jodlowo", "kresy"])
        traveller.shift(6 * 3600)
        crawled.clear()
        service = Service(small_outlet.locations)
        with running(service):
            until(lambda: len({slug for batch in crawled for slug in batch}) == 2)
            looked = service.looks_in_vain
            until(lambda: service.looks_in_vain > looked)
        assert sorted(slug for batch in crawled for slug in batch) == ["jodlowo", "kresy"]


def test_f11_whatever_the_clock_is_set_to_each_slot_fires_once_and_none_is_lost(
    small_outlet: SmallOutlet, store: Database, crawled: Crawled
) -> None:
    small_outlet.write(schedule='[schedule]\ncron = "*/10 * * * *"')
    steps = (
        ("a slot passes", timedelta(minutes=10), True), ("set back an hour", -timedelta(hours=1), False),
        ("its slots fired before", timedelta(minutes=50), False), ("the next new slot", timedelta(minutes=20), True),
        ("set forward a day", timedelta(days=1), True), ("the next slot", timedelta(minutes=10), True),
        ("set right again", -timedelta(days=1), False), ("set years ahead", timedelta(days=900), True),
        ("set right again", -timedelta(days=899), True),
    )  # fmt: skip
    service = Service(small_outlet.locations)
    with time_machine.travel(NOON + timedelta(minutes=1)) as traveller, running(service):
        until(lambda: len(crawled) == 1)
        for what, moved, fires in steps:
            before, looked = len(crawled), service.looks_in_vain
            traveller.shift(moved)
            until(lambda n=before + fires: len(crawled) >= n)
            until(lambda n=looked: service.looks_in_vain > n)
            assert len(crawled) == before + fires, what


@pytest.mark.parametrize(
    ("change", "slots"),
    [(datetime(2027, 3, 28, 1, tzinfo=UTC), 1), (datetime(2027, 10, 31, 1, tzinfo=UTC), 1)],
    ids=["forward", "back"],
)
def test_f11_a_time_of_day_that_is_left_out_or_comes_twice_fires_once(
    change: datetime, slots: int, small_outlet: SmallOutlet, store: Database, crawled: Crawled
) -> None:
    small_outlet.write(schedule='[schedule]\ncron = "30 2 * * *"')
    service = Service(small_outlet.locations)
    with time_machine.travel(change - timedelta(hours=2)) as traveller, running(service):
        until(lambda: len(crawled) == 1)  # never crawled before
        for _ in range(8):
            looked = service.looks_in_vain
            traveller.shift(1800)
            until(lambda n=looked: service.looks_in_vain > n)
        assert len(crawled) == 1 + slots


def watch(outlet: SmallOutlet, *slugs: str) -> None:
    names = ", ".join(f'"{slug}"' for slug in slugs)
    outlet.locations.config_path.write_text(f"[crawler]\noutlets = [{names}]\nworkers = 1\n", "utf-8")
    outlet.locations = find_locations(outlet.locations.data_dir, outlet.locations.config_path, {})


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    """The service in a thread, until the end of the block."""
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        yield service
    finally:
        service.stop()
        thread.join(timeout=60)
    assert not thread.is_alive()


def _turn(database: Database) -> turns.Turn:
    def found() -> turns.Turn | None:
        with database.read() as connection:
            return turns.read_turns(connection).get("jodlowo")

    until(found)
    turn = found()
    assert turn is not None
    return turn


def _schedules(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {slug: turn.schedule for slug, turn in turns.read_turns(connection).items()}


def _runs(database: Database) -> list[runs.Run]:
    with database.read() as connection:
        return runs.list_runs(connection)


@pytest.mark.parametrize(
    ("schedule", "seconds"), [("adaptive = true", 30), ('adaptive = true\nshortest = "1m"', 15), ('every = "5m"', 30)]
)
def test_adaptive_outlets_that_come_due_one_by_one_share_a_batch_but_wait_no_quarter_of_their_shortest_interval(
    small_outlet: SmallOutlet, schedule: str, seconds: float
) -> None:
    small_outlet.write(schedule=f"[schedule]\n{schedule}")
    watch(small_outlet, "jodlowo")
    assert gather_s(read_plan(small_outlet.locations)) == seconds


def test_an_adaptive_outlet_that_is_new_does_not_wait_for_the_next_gathering(
    small_outlet: SmallOutlet, store: Database, crawled: Crawled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scheduler.service.GATHER_S", 3600.0)
    small_outlet.write(schedule='[schedule]\nadaptive = true\nshortest = "2h"\nlongest = "4h"')
    watch(small_outlet, "jodlowo")
    with running(Service(small_outlet.locations)):
        until(lambda: crawled == [("jodlowo",)])
