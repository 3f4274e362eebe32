"""`depesza incidents list|show`: what was wrong with whom, since when, until when, and who was told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crawler.config import store_url
from crawler.store.database import Database, open_database
from crawler.store.incidents import Incident, open_incident, save_incident
from crawler.store.watches import DeliveryStatus, deliveries_of, settle_deliveries
from indexer.watches.alarms import AlarmFilter
from indexer.watches.keeping import add_alarm_watch, make_settings
from scheduler.alarms import note_alarms
from tests.scheduler.conftest import SmallOutlet

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def store(small_outlet: SmallOutlet) -> Iterator[Database]:
    database = open_database(store_url(small_outlet.locations))
    yield database
    database.close()


def begin(database: Database, outlet: str, verdict: str, hours: float, **changes: object) -> Incident:
    at = NOW - hours * HOUR
    values = {"reason": f"{outlet} says why", "began_at": at, "opened_at": at, "seen_at": at} | changes
    with database.write() as connection:
        return open_incident(connection, Incident(outlet=outlet, verdict=verdict, **values))  # type: ignore[arg-type]  # values are of many types


def end(database: Database, one: Incident, hours: float) -> None:
    with database.write() as connection:
        save_incident(connection, replace(one, closed_at=NOW - hours * HOUR))


def test_incidents_are_listed_by_time_outlet_and_whether_they_are_over(small_outlet: SmallOutlet, store: Database) -> None:
    assert small_outlet.run("incidents", "list").exit_code == 1
    end(store, begin(store, "kresy", "blocked", 24 * 40), 24 * 39)
    end(store, begin(store, "kresy", "parser broken", 50), 47.5)
    begin(store, "pap", "unreachable", 3)
    begin(store, "*", "this side", 2, reason="9 of 10 outlets do not answer")
    listed = small_outlet.run("incidents", "list")
    rows = [row.split() for row in listed.stdout.splitlines()[1:]]
    assert (listed.exit_code, [row[0] for row in rows]) == (0, ["4", "3", "2", "1"])
    assert "this monitor  this side" in listed.stdout and "2 h 30 min" in listed.stdout and "3 h, open" in listed.stdout
    for options, wanted in [
        (["--open"], [4, 3]), (["--since", "7d"], [4, 3, 2]), (["--outlet", "kresy"], [2, 1]), (["--limit", "1"], [4]),
        (["--outlet", "*", "--open"], [4]), (["--outlet", "kresy", "--since", "47h"], []), (["--open", "--since", "150m"], [4]),
    ]:  # fmt: skip
        result = small_outlet.run("incidents", "list", "--json", *options)
        assert [one["id"] for one in json.loads(result.stdout)] == wanted, options
        assert result.exit_code == (0 if wanted else 1)
    told = json.loads(small_outlet.run("incidents", "list", "--json").stdout)
    assert [(one["outlet"], one["who"], one["closed_at"] is None) for one in told[:3]] == [
        (None, "this monitor", True), ("pap", "pap", True), ("kresy", "kresy", False),
    ]  # fmt: skip


def test_an_incident_is_shown_with_its_evidence_and_who_was_told(small_outlet: SmallOutlet, store: Database) -> None:
    detail = {
        "sources": [{"url": "https://kresy.pl/rss", "status": "unreachable", "error": "DNS: no such name\x1b[31m"}],
        "verdicts": ["blocked"], "template": {"pages": 20, "misfits": 12},
    }  # fmt: skip
    one = begin(store, "kresy", "unreachable", 5, detail=detail)
    quiet = small_outlet.run("incidents", "show", "1")
    assert (quiet.exit_code, "Nobody was told" in quiet.stdout) == (0, True)
    settings = make_settings(["https://hooks.example.org/secret-path"], digest=None, zone="UTC", quiet=None)
    add_alarm_watch(store, "Health", settings, AlarmFilter(), NOW)
    assert json.loads(small_outlet.run("incidents", "list", "--json").stdout)[0]["told"]["waiting"] == 1
    with store.write() as connection:
        (noted,) = deliveries_of(connection, one.id)
        settle_deliveries(
            connection, [noted.id], status=DeliveryStatus.SENT.value, delivered_at=NOW, next_try_at=None, last_error=None
        )
    end(store, one, 1)
    with store.write() as connection:
        note_alarms(connection, [], NOW)
    shown = small_outlet.run("incidents", "show", "1")
    assert "kresy: unreachable, 4 h\n" in shown.stdout and "secret" not in shown.stdout and "\x1b" not in shown.stdout
    assert "https://kresy.pl/rss: unreachable, DNS: no such name" in shown.stdout
    assert "was before blocked" in shown.stdout and "pages 20, misfits 12" in shown.stdout
    told = json.loads(small_outlet.run("incidents", "show", "1", "--json").stdout)
    assert [(alarm["about"], alarm["watch"], alarm["status"]) for alarm in told["alarms"]] == [
        ("beginning", "Health", "sent"), ("end", "Health", "waiting"),
    ]  # fmt: skip
    (listed,) = json.loads(small_outlet.run("incidents", "list", "--json").stdout)
    assert (listed["told"]["sent"], listed["told_end"]["waiting"]) == (1, 1)
    assert "sent 2" in small_outlet.run("incidents", "list").stdout
    assert small_outlet.run("incidents", "show", "9").exit_code == 1
