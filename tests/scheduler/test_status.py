"""`depesza status` and its `--check`: who works on the store, what waits, what needs somebody; read, never changed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from crawler.config import store_url
from crawler.store import health, incidents, leases, processes, schema
from crawler.store.database import Database, open_database
from crawler.store.health import OutletHealth, Verdict
from crawler.store.incidents import Incident
from scheduler.service import Service
from scheduler.status import check_alive
from tests.scheduler.conftest import Said, SmallOutlet
from tests.scheduler.test_service import running, until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def store(small_outlet: SmallOutlet) -> Iterator[Database]:
    database = open_database(store_url(small_outlet.locations))
    yield database
    database.close()


def sign_on(database: Database, owner: str, kind: str = "service", *, leader: bool = True, ago_s: float = 0) -> None:
    with database.write() as connection:
        now = leases.shared_now(connection, datetime.now(UTC)) - timedelta(seconds=ago_s)
        processes.register(connection, owner, kind, "0.1", now, {"leader": leader, "crawling": ["kresy"], "children": 2})


def move(database: Database, owner: str, machine: str) -> None:
    with database.write() as connection:
        connection.execute(schema.process.update().where(schema.process.c.owner == owner).values(machine=machine))


def test_status_and_its_check_see_a_service_that_runs_and_one_that_ended(
    small_outlet: SmallOutlet, store: Database, said: Said
) -> None:
    with running(Service(small_outlet.locations)):
        until(lambda: json.loads(small_outlet.run("status", "--json").stdout)["processes"])
        told = json.loads(small_outlet.run("status", "--json").stdout)
        text = small_outlet.run("status").stdout
        checked = small_outlet.run("status", "--check")
    (one,) = told["processes"]
    assert (one["kind"], one["is_leader"], one["children"]) == ("service", True, 2)
    assert f"process {os.getpid()}" in told["service"]
    assert not [trouble for trouble in told["troubles"] if "service" in trouble]
    assert f"service, leads: {told['service']}, since " in text
    assert checked.exit_code == 0
    assert checked.stdout.startswith(f"ok: service, leads {told['service']}, last heartbeat ")
    ended = small_outlet.run("status", "--check")
    assert (ended.exit_code, ended.stdout) == (1, "bad: no service runs (`depesza run`): nothing is crawled\n")
    assert "not running" in small_outlet.run("status").stdout


def test_check_fails_when_the_heartbeat_is_old_or_nobody_leads(small_outlet: SmallOutlet, store: Database) -> None:
    here = leases.owner_name("aa")
    sign_on(store, here, ago_s=processes.ALIVE_S + 5)
    assert "no service runs" in check_alive(small_outlet.locations, datetime.now(UTC)).found
    sign_on(store, here, leader=False)
    result = small_outlet.run("status", "--check", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"ok": False, "found": "no service leads: nothing becomes due"})
    sign_on(store, here)
    assert small_outlet.run("status", "--check").exit_code == 0


def test_check_of_a_store_that_is_not_there_or_is_old_makes_and_changes_nothing(small_outlet: SmallOutlet) -> None:
    before = sorted(small_outlet.locations.data_dir.iterdir())
    result = small_outlet.run("status", "--check")
    assert result.exit_code == 3
    assert "there is no store" in result.stderr and "depesza.sqlite" in result.stderr
    assert sorted(small_outlet.locations.data_dir.iterdir()) == before
    database = open_database(store_url(small_outlet.locations))
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0007'"))
    database.close()
    old = small_outlet.run("status", "--check")
    assert (old.exit_code, len(old.stderr.splitlines())) == (3, 1)
    assert "has schema 0007" in old.stderr
    assert not list(small_outlet.locations.data_dir.glob("*before*"))


@pytest.mark.postgresql
def test_on_postgresql_a_machine_whose_own_process_is_silent_is_not_well_though_another_leads(
    small_outlet: SmallOutlet, postgres_database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPESZA_STORE_URL", postgres_url)
    sign_on(postgres_database, "elsewhere/1:7:aa")
    move(postgres_database, "elsewhere/1:7:aa", "elsewhere/1")
    result = small_outlet.run("status", "--check")
    assert (result.exit_code, result.stdout) == (
        1, "bad: no service or worker of this machine sent a heartbeat of late; others do\n",
    )  # fmt: skip
    sign_on(postgres_database, leases.owner_name("bb"), "worker", leader=False)
    result = small_outlet.run("status", "--check")
    assert (result.exit_code, result.stdout.startswith("ok: worker ")) == (0, True)
    monkeypatch.setenv("DEPESZA_STORE_URL", "postgresql://nobody@127.0.0.1:1/x")
    assert small_outlet.run("status", "--check").exit_code == 3


def test_status_tells_verdicts_and_open_incidents_with_the_fault_on_this_side_by_its_name(
    small_outlet: SmallOutlet, store: Database
) -> None:
    now = datetime.now(UTC)
    verdicts = [
        OutletHealth(outlet=slug, verdict=verdict, reason=f"{slug} says so", updated_at=now)
        for slug, verdict in {"aa": Verdict.OK, "bb": Verdict.NEW, "cc": Verdict.QUIET, "dd": Verdict.BLOCKED}.items()
    ]
    storm = Incident(
        outlet="*", verdict="this side", reason="9 of 10 outlets do not answer", began_at=now - timedelta(hours=3), opened_at=now, seen_at=now
    )  # fmt: skip
    with store.write() as connection:
        health.save_health(connection, verdicts)
        incidents.open_incident(connection, storm)
    text, told = small_outlet.run("status").stdout, json.loads(small_outlet.run("status", "--json").stdout)
    assert "4 crawled so far: 1 ok, 1 new, 1 quiet, 1 blocked" in text
    assert "Incidents  1 open" in text
    table = text.partition("verdict  failures")[2].splitlines()[1:]
    assert [row.split()[0] for row in table] == ["dd"], "new and quiet are no troubles"
    assert told["verdicts"] == {"ok": 1, "new": 1, "quiet": 1, "blocked": 1}
    assert [one["verdict"] for one in told["incidents"]] == ["this side"]
    assert any("9 of 10 outlets do not answer" in trouble for trouble in told["troubles"])


def test_status_says_how_long_what_is_due_waits(small_outlet: SmallOutlet, store: Database) -> None:
    since = datetime.now(UTC) - timedelta(hours=3)
    with store.write() as connection:
        connection.execute(schema.outlet_turn.insert(), [{"outlet": "kresy", "schedule": "15m", "due_at": since, "attempts": 0}])
    assert (
        "Due        1 outlets wait for their turn or are being crawled, the longest for 3 h" in small_outlet.run("status").stdout
    )
    assert json.loads(small_outlet.run("status", "--json").stdout)["outlets_due"] == 1


def test_the_names_of_processes_are_for_people() -> None:
    one = processes.Process(
        owner="a-host/402:77:c0ffee", kind="worker", machine="a-host/402", version="1", started_at=datetime.now(UTC), heartbeat_at=datetime.now(UTC)
    )  # fmt: skip
    assert one.name == "a-host, process 77"
