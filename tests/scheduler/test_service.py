"""`depesza run`, with the real clock, real children and a real index."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crawler.config import store_url
from crawler.errors import BackendUnavailable, ConfigError
from crawler.store import articles, outbox, runs
from crawler.store import health as health_store
from crawler.store.database import Database, open_database
from scheduler.lock import only_service, service_holder
from scheduler.service import Service, SlotTrigger
from scheduler.timetable import Every
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(120)
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


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
    service = Service(small_outlet.locations)
    thread = threading.Thread(target=service.run)
    thread.start()
    try:
        until(lambda: count(store, articles.count_articles) == 3)
        until(lambda: count(store, outbox.count_outbox) == 0)
        until(lambda: len(_runs(store)) >= 2)
    finally:
        service.stop()
        thread.join(timeout=60)
    assert not thread.is_alive()
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


def test_f32_two_services_on_one_sqlite_file_are_refused_with_the_reason(small_outlet: SmallOutlet, store: Database) -> None:
    with only_service(store, "this machine, process 4711"):
        assert service_holder(store, NOON) == "this machine, process 4711"
        with pytest.raises(BackendUnavailable, match=r"runs on the store .* already \(this machine, process 4711\)"):
            Service(small_outlet.locations).run()
        result = small_outlet.run("run")
    assert result.exit_code == 3
    assert "process 4711" in result.stderr
    assert service_holder(store, NOON) is None


@pytest.mark.postgresql
def test_f12_on_postgresql_the_place_of_the_service_is_a_lease(postgres_database: Database) -> None:
    with only_service(postgres_database, "one:1:aa") as beat:
        assert beat()
        with pytest.raises(BackendUnavailable, match="one:1:aa"), only_service(postgres_database, "two:2:bb"):
            pass
    with only_service(postgres_database, "two:2:bb"):
        assert service_holder(postgres_database, datetime.now(UTC)) == "two:2:bb"


def test_f32_a_clock_that_says_1970_is_refused(small_outlet: SmallOutlet) -> None:
    with time_machine.travel(datetime(1970, 1, 1, 0, 5, tzinfo=UTC)), pytest.raises(ConfigError, match=r"clock .* 1970-01-01"):
        Service(small_outlet.locations)


def test_the_service_does_not_start_without_a_contact_address_for_an_outlet_out_there(small_outlet: SmallOutlet) -> None:
    path = small_outlet.locations.outlets_dir / "jodlowo.toml"
    path.write_text(path.read_text("utf-8").replace("allow_private = true", "allow_private = false"), "utf-8")
    with pytest.raises(ConfigError, match="depesza init --contact"):
        Service(small_outlet.locations)


def test_f11_a_clock_set_back_an_hour_fires_no_slot_again() -> None:
    trigger = SlotTrigger(Every(seconds=600))
    fired = trigger.get_next_fire_time(None, NOON)
    assert fired == NOON + timedelta(minutes=10)
    assert trigger.get_next_fire_time(fired, fired - timedelta(hours=1)) == fired + timedelta(minutes=10)


def test_f11_a_clock_set_forward_a_day_fires_once_and_goes_on() -> None:
    trigger = SlotTrigger(Every(seconds=600))
    late = NOON + timedelta(days=1)
    assert trigger.get_next_fire_time(NOON, late) == late + timedelta(minutes=10)


def test_f11_a_clock_years_ahead_that_is_set_right_does_not_silence_the_outlet() -> None:
    trigger = SlotTrigger(Every(seconds=600))
    assert trigger.get_next_fire_time(NOON + timedelta(days=900), NOON) == NOON + timedelta(minutes=10)


def _runs(database: Database) -> list[runs.Run]:
    with database.read() as connection:
        return runs.list_runs(connection)
