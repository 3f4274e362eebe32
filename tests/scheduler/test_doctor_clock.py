"""What `doctor` says of the clock: the machine's time, the store's, the zones' data, and who keeps time."""

from __future__ import annotations

import json
import re
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import time_machine

from crawler.config import store_url
from crawler.store import leases, processes, schema
from crawler.store.database import Database, open_database
from scheduler.clock_checks import _least
from scheduler.lock import only_service
from tests.scheduler.conftest import SmallOutlet
from tests.scheduler.test_status import move, sign_on


@pytest.fixture
def small_outlet(small_outlet: SmallOutlet) -> SmallOutlet:
    config = small_outlet.locations.data_dir / "depesza.toml"
    config.write_text(config.read_text("utf-8") + 'contact = "me@example.org"\n', "utf-8")
    return small_outlet


@pytest.fixture
def store(small_outlet: SmallOutlet) -> Iterator[Database]:
    database = open_database(store_url(small_outlet.locations))
    yield database
    database.close()


def checks(small_outlet: SmallOutlet) -> tuple[dict[str, dict[str, Any]], int]:
    result = small_outlet.run("doctor", "--json")
    return {one["name"]: one for one in json.loads(result.stdout)["checks"]}, result.exit_code


def test_no_service_is_no_fault_and_one_that_beats_is_named(small_outlet: SmallOutlet, store: Database) -> None:
    found, code = checks(small_outlet)
    assert (found["service"]["state"], found["service"]["found"], code) == ("note", "not running", 0)
    assert "depesza run" in found["service"]["hint"]
    sign_on(store, leases.owner_name("aa"), ago_s=20)
    found, code = checks(small_outlet)
    assert (found["service"]["state"], code) == ("ok", 0)
    assert re.fullmatch(r"service, leads: .+, process \d+, last heartbeat \d+ s ago", found["service"]["found"])


def test_a_service_that_lives_and_is_silent_is_bad_with_the_remedy(small_outlet: SmallOutlet, store: Database) -> None:
    sign_on(store, leases.owner_name("aa"), ago_s=processes.ALIVE_S * 3)
    found, code = checks(small_outlet)
    assert (found["service"]["state"], code) == ("bad", 1)
    assert (
        re.search(r"sent no heartbeat for \d+ min$", found["service"]["found"]) and "start it again" in found["service"]["hint"]
    )
    with store.write() as connection:
        processes.remove(connection, leases.owner_name("aa"))
    with only_service(store, "that one, process 12"):
        found, code = checks(small_outlet)
    assert (found["service"]["state"], code) == ("bad", 1)
    assert found["service"]["found"] == "that one, process 12 holds the store, but sends no heartbeat"


@pytest.mark.postgresql
def test_workers_without_a_leader_are_bad_and_a_lost_machine_is_told(
    small_outlet: SmallOutlet, postgres_database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPESZA_STORE_URL", postgres_url)
    sign_on(postgres_database, leases.owner_name("ww"), "worker", leader=False)
    found, code = checks(small_outlet)
    assert (found["service"]["state"], code) == ("bad", 1)
    assert "no service runs" in found["service"]["found"] and "alive: worker: " in found["service"]["found"]
    sign_on(postgres_database, leases.owner_name("ss"))
    sign_on(postgres_database, "lost/1:7:aa", "worker", leader=False, ago_s=1000)
    move(postgres_database, "lost/1:7:aa", "lost/1")
    found, code = checks(small_outlet)
    assert (found["service"]["state"], code) == ("note", 0)
    assert re.search(r"; worker lost, process 7 was last heard \d+ min ago$", found["service"]["found"])


@pytest.mark.postgresql
@pytest.mark.parametrize(("off", "state", "said"), [(timedelta(hours=-2), "bad", "ahead"), (timedelta(seconds=20), "note", "behind"), (timedelta(0), "ok", "differs by")])  # fmt: skip
def test_the_clocks_of_machine_and_store_are_compared(
    off: timedelta, state: str, said: str, small_outlet: SmallOutlet, postgres_database: Database, postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("DEPESZA_STORE_URL", postgres_url)
    with time_machine.travel(datetime.now(UTC) + off):
        found, code = checks(small_outlet)
    assert (found["clock"]["state"], code) == (state, int(state == "bad"))
    assert said in found["clock"]["found"] and ("NTP" in found["clock"]["hint"]) == (state != "ok")


def test_slots_that_were_fired_for_a_time_to_come_are_told(small_outlet: SmallOutlet, store: Database) -> None:
    ahead = {"outlet": "jodlowo", "schedule": "1d", "slot_at": datetime.now(UTC) + timedelta(hours=5, minutes=30), "attempts": 0}
    with store.write() as connection:
        connection.execute(schema.outlet_turn.insert(), [ahead])
    found, code = checks(small_outlet)
    assert (found["clock"]["state"], code) == ("note", 0)
    assert "1 outlets were fired for a time up to 5 h" in found["clock"]["found"]


def test_a_store_that_cannot_be_read_is_told_once(small_outlet: SmallOutlet) -> None:
    (small_outlet.locations.data_dir / "depesza.sqlite").write_bytes(b"no database at all" * 100)
    found, code = checks(small_outlet)
    assert [name for name, one in found.items() if one["state"] == "bad"] == ["store"]
    assert (found["clock"]["state"], found["service"]["state"], code) == ("ok", "note", 1)


def test_what_the_question_took_is_no_skew() -> None:
    assert (_least(0.8, 1.0), _least(7.0, 1.0), _least(-7.0, 1.0), _least(0.0, 0.0)) == (0.0, 6.0, -7.0, 0.0)


@pytest.fixture
def zone_files(tmp_path: Path) -> Iterator[Path]:
    """A folder in which zones are looked for before anywhere else, as in the system's."""
    folder = tmp_path / "zoneinfo"
    (folder / "Europe").mkdir(parents=True)
    zoneinfo.reset_tzpath([str(folder)])
    zoneinfo.ZoneInfo.clear_cache()
    yield folder
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


def test_zone_data_that_are_old_or_damaged_are_told(small_outlet: SmallOutlet, zone_files: Path) -> None:
    found, _ = checks(small_outlet)
    assert found["time zones"]["state"] == "ok" and "2 zones" in found["time zones"]["found"]
    data = resources.files("tzdata").joinpath("zoneinfo")
    (zone_files / "Europe" / "Warsaw").write_bytes(data.joinpath("Europe", "Minsk").read_bytes())
    zoneinfo.ZoneInfo.clear_cache()
    found, code = checks(small_outlet)
    assert (found["time zones"]["state"], code) == ("note", 0)
    assert found["time zones"]["found"].startswith("Europe/Warsaw: ") and "PYTHONTZPATH" in found["time zones"]["hint"]
    for broken in (b"", b"TZif2", data.joinpath("Europe", "Minsk").read_bytes()[:90]):
        (zone_files / "Europe" / "Warsaw").write_bytes(broken)
        zoneinfo.ZoneInfo.clear_cache()
        found, code = checks(small_outlet)
        assert (found["time zones"]["state"], code) == ("bad", 1), broken
        assert "Europe/Warsaw" in found["time zones"]["found"]
