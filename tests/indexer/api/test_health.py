"""What is told of the installation's health over HTTP: `/readyz`, `/api/v1/health`, `/metrics` as Prometheus' own parser reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families

from crawler.model.run import Outcome, OutletReport, RunReport
from crawler.store import processes, runs
from crawler.store.database import Database
from crawler.store.dead_letters import DeadLetter, Stage, add_dead_letter
from crawler.store.health import FAULTS, OutletHealth, Verdict, save_health
from crawler.store.incidents import THIS_SIDE, Incident, open_incident
from crawler.store.leases import shared_now
from crawler.store.outlet_hours import OutletHour, add
from crawler.store.overview import clock_skew_s, read_overview, size_bytes
from crawler.store.schema import outlet_turn
from indexer.api.health_models import HealthAnswer
from indexer.api.metrics import MEDIA_TYPE
from indexer.api.settings import WebSettings
from indexer.desk import Desk
from indexer.overview import age, troubles
from tests.conftest import NOON

from .newsroom import Room

HOUR = timedelta(hours=1)
OPEN = WebSettings(requests_per_s=1e5, burst=10**6)


def make_busy(connection: sa.Connection) -> None:
    """An installation at work: a leader, a worker, an outlet that is broken, one that waits."""
    for owner, kind, leads in (("a:1:x", "service", True), ("b:2:y", "worker", False)):
        detail = {"leader": leads, "crawling": ["kresy"]}
        processes.register(connection, owner, kind, "1.0", NOON - timedelta(seconds=12), detail)
    broken = OutletHealth(
        outlet="kresy",
        verdict="parser broken",
        reason="gives no text",
        updated_at=NOON,
        last_success_at=NOON - HOUR,
        failures_in_a_row=2,
    )
    save_health(connection, [broken, OutletHealth(outlet="goniec", verdict="ok", updated_at=NOON)])
    began = NOON - timedelta(minutes=190)
    open_incident(
        connection,
        Incident(
            outlet="kresy", verdict="parser broken", reason="gives no text", began_at=began, opened_at=NOON - HOUR, seen_at=NOON
        ),
    )
    add(
        connection,
        [OutletHour(outlet="kresy", hour=NOON - HOUR, new=7), OutletHour(outlet="kresy", hour=NOON - 30 * HOUR, new=100)],
    )
    add_dead_letter(
        connection,
        DeadLetter(
            stage=Stage.INDEX, key="k", outlet="kresy", url="https://k/", reason="bad", detail={}, created_at=NOON, last_at=NOON
        ),
    )
    runs.start_run(connection, "r1", "a:1:x", NOON - timedelta(seconds=90))
    report = RunReport(
        run_id="r1", started_at=NOON - timedelta(seconds=90), finished_at=NOON, finished=True,
        outlets=(OutletReport(outlet="kresy", outcomes={Outcome.NEW: 7}),),
    )  # fmt: skip
    runs.finish_run(connection, report, NOON - timedelta(seconds=60))
    connection.execute(
        outlet_turn.insert(), [{"outlet": "goniec", "schedule": "every 5 min", "due_at": NOON - 3 * HOUR, "attempts": 0}]
    )


@pytest.fixture
def busy(own_room: Room) -> Room:
    with own_room.database.write() as connection:
        make_busy(connection)
    return own_room


def scraped(client: httpx.Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"] == MEDIA_TYPE
    families = list(text_string_to_metric_families(answer.text))
    names = [family.name for family in families]
    assert len(names) == len(set(names)) and all(
        name.startswith("depesza_") and family.documentation for name, family in zip(names, families, strict=True)
    )
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def test_the_metrics_tell_the_state_of_the_store_and_of_the_index(busy: Room) -> None:
    with busy.served(OPEN) as client:
        client.get("/")
        client.get("/api/v1/outlets")
        client.get("/healthz")
        found = scraped(client)
    plain = {name.removeprefix("depesza_"): value for (name, labels), value in found.items() if not labels}
    expected = {
        "store_up": 1, "index_up": 1, "leader": 1, "service_heartbeat_age_seconds": 12, "outlets_due": 1, "outlets_due_oldest_age_seconds": 10_800,
        "articles": 5, "articles_new_last_day": 7, "frontier_entries": 0, "outbox_articles": 0, "outbox_oldest_age_seconds": 0,
        "crawl_seconds_last_day": 30, "last_run_timestamp_seconds": NOON.timestamp() - 60,
        "index_documents": 5,
    }  # fmt: skip
    assert {name: plain[name] for name in expected} == expected
    assert plain["store_size_bytes"] > 10_000 and plain["index_size_bytes"] > 100
    assert (
        found["depesza_outlets", (("verdict", "parser broken"),)] == 1 and found["depesza_outlets", (("verdict", "slow"),)] == 0
    )
    assert sum(value for (name, _), value in found.items() if name == "depesza_outlets") == 2
    assert {dict(labels)["verdict"] for name, labels in found if name == "depesza_outlets"} == set(Verdict)
    assert found["depesza_incidents_open", (("verdict", "parser broken"),)] == 1
    assert found["depesza_dead_letters", (("stage", "index"),)] == 1 and found["depesza_dead_letters", (("stage", "fetch"),)] == 0
    assert (
        found["depesza_processes", (("kind", "worker"),)] == 1 and found["depesza_runs_last_day", (("status", "finished"),)] == 1
    )
    assert found["depesza_http_requests_total", (("kind", "api"), ("method", "GET"), ("status", "200"))] == 1
    assert found["depesza_http_request_seconds_count", (("kind", "page"),)] == 1
    assert not any("outlet" in dict(labels) for _, labels in found), "series of single outlets only where they are asked for"


def test_each_outlet_has_its_series_where_they_are_asked_for(busy: Room) -> None:
    with busy.served(WebSettings(requests_per_s=1e5, burst=10**6, metrics_per_outlet=True)) as client:
        found = scraped(client)
    kresy = (("outlet", "kresy"),)
    assert found["depesza_outlet_up", (*kresy, ("verdict", "parser broken"))] == 0
    assert found["depesza_outlet_up", (("outlet", "goniec"), ("verdict", "ok"))] == 1
    assert found["depesza_outlet_articles_new_last_day", kresy] == 7 and found["depesza_outlet_failures_in_a_row", kresy] == 2
    assert found["depesza_outlet_last_success_timestamp_seconds", kresy] == (NOON - HOUR).timestamp()
    assert ("depesza_outlet_last_success_timestamp_seconds", (("outlet", "goniec"),)) not in found


def test_strangers_cannot_make_series(busy: Room) -> None:
    with busy.served(OPEN) as client:
        for number in range(20):
            client.request(f"M{number}", f"/{number}/x", headers={"Origin": str(client.base_url).rstrip("/")})
        found = scraped(client)
    requests = [dict(labels) for name, labels in found if name == "depesza_http_requests_total"]
    assert {(one["kind"], one["method"]) for one in requests} == {("page", "other")} and len(requests) <= 2


def test_the_metrics_need_the_read_token_as_everything_does(busy: Room) -> None:
    token = "a-token-of-twenty-four-chars"
    with busy.served(WebSettings(requests_per_s=1e5, burst=10**6, read_token=token)) as client:
        assert client.get("/metrics").status_code == 401 and client.get("/api/v1/health").status_code == 401
        assert client.get("/readyz").status_code == 200
        assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_the_metrics_answer_when_the_store_is_away(own_room: Room) -> None:
    with own_room.served(OPEN) as client:
        with own_room.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE process RENAME TO gone")
        found = scraped(client)
        assert found["depesza_store_up", ()] == 0 and ("depesza_articles", ()) not in found
        assert client.get("/api/v1/health").status_code == 503


def test_the_health_says_what_needs_somebody_and_names_no_machine(busy: Room) -> None:
    with busy.served(OPEN) as client:
        answer = client.get("/api/v1/health")
    body = answer.json()
    HealthAnswer.model_validate(body)
    assert (body["status"], body["is_led"], body["verdicts"]) == ("trouble", True, {"parser broken": 1, "ok": 1})
    assert body["troubles"] == [
        "an outlet waits for its turn for 3 h: the crawls do not keep up", "kresy: parser broken for 3 h 10 min: gives no text",
    ]  # fmt: skip
    assert [(one["kind"], one["is_leader"], one["heartbeat_age_s"]) for one in body["processes"]] == [
        ("service", True, 12.0),
        ("worker", False, 12.0),
    ]
    assert "a:1:x" not in answer.text and answer.headers["cache-control"] == "no-store"


def test_a_store_of_another_schema_is_not_ready(own_room: Room) -> None:
    with own_room.served(OPEN) as client:
        assert client.get("/readyz").status_code == 200
        with own_room.database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        answer = client.get("/readyz")
    assert answer.status_code == 503 and answer.json()["detail"].startswith("the store's schema cannot be used now")


@pytest.mark.postgresql
def test_the_overview_is_read_from_postgresql_alike(postgres_database: object, busy: Room) -> None:
    from crawler.store.database import Database

    assert isinstance(postgres_database, Database)
    with postgres_database.write() as connection:
        make_busy(connection)
    with postgres_database.read() as connection, busy.database.read() as other:
        one, two = read_overview(connection, NOON), read_overview(other, NOON)
        assert size_bytes(connection) > 1_000_000 and abs(clock_skew_s(connection, NOON)) > 0 and clock_skew_s(other, NOON) == 0
    for name in (
        "dead_letters",
        "new_articles",
        "runs",
        "run_seconds",
        "last_run_at",
        "outlets_due",
        "due_oldest_at",
        "verdicts",
        "alerts",
    ):
        assert getattr(one, name) == getattr(two, name), name
    assert troubles(one) == troubles(two) and one.leader is not None and one.leader.owner == "a:1:x"


def test_an_installation_where_nothing_runs_needs_somebody(own_room: Room) -> None:
    with own_room.database.read() as connection:
        found = read_overview(connection, NOON)
    assert troubles(found) == ("no service runs (`depesza run`): nothing is crawled",)


@pytest.mark.parametrize(("minutes", "said"), [(0.5, "30 s"), (2, "2 min"), (190, "3 h 10 min"), (60, "1 h"), (3000, "2 d 2 h")])
def test_an_age_is_told_in_two_units(minutes: float, said: str) -> None:
    assert age(NOON - timedelta(minutes=minutes), NOON) == said


def test_the_fault_on_this_side_is_named_as_such_and_no_outlet_s(own_room: Room) -> None:
    began = NOON - 3 * HOUR
    told = [
        Incident(
            outlet="*", verdict=THIS_SIDE, reason="9 of 9 outlets do not answer", began_at=began, opened_at=NOON, seen_at=NOON
        ),
        Incident(outlet="kresy", verdict="unreachable", reason="no answer", began_at=began, opened_at=NOON, seen_at=NOON),
        Incident(outlet="goniec", verdict="parser broken", reason="no text", began_at=began, opened_at=NOON, seen_at=NOON),
    ]
    with own_room.database.write() as connection:
        for one in told:
            open_incident(connection, one)
    with own_room.served(OPEN) as client:
        found, body = scraped(client), client.get("/api/v1/health").json()
    counts = {dict(labels)["verdict"]: value for (name, labels), value in found.items() if name == "depesza_incidents_open"}
    assert set(counts) == {*FAULTS, THIS_SIDE}, "a series that vanishes cannot be waited for"
    assert {name for name, value in counts.items() if value} == {THIS_SIDE, "unreachable", "parser broken"}
    assert sum(value for (name, _), value in found.items() if name == "depesza_outlets") == 1, "this monitor is no outlet"
    assert [(one["outlet"], one["verdict"]) for one in body["incidents"]] == [
        (None, THIS_SIDE), ("kresy", "unreachable"), ("goniec", "parser broken"),
    ]  # fmt: skip
    assert body["troubles"][1:] == [
        "this monitor: most outlets are silent, so the fault may be on this side, for 3 h: 9 of 9 outlets do not answer",
        "goniec: parser broken for 3 h: no text",
        "1 outlets are unreachable one by one, which is left out while the fault may be on this side",
    ]


@pytest.mark.postgresql
def test_heartbeats_are_read_by_the_clock_that_wrote_them(postgres_database: Database, own_room: Room) -> None:
    with postgres_database.write() as connection:
        now = shared_now(connection, NOON)
        processes.register(connection, "elsewhere:1:aa", "service", "0.1", now, {"leader": True})
    desk = Desk(postgres_database, own_room.desk.engine, now=lambda: datetime.now(UTC) + 2 * HOUR, zone=UTC)
    own_room.desk = desk
    with own_room.served(OPEN) as client:
        found, body = scraped(client), client.get("/api/v1/health").json()
    assert found["depesza_leader", ()] == 1, "though the clock of this machine is two hours ahead of the store's"
    assert body["is_led"] and body["troubles"] == []
