"""An outlet that is watched no more: its incident ends, whoever heard of it is told so, and it is no trouble any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.config import store_url
from crawler.outlets.choosing import open_catalogue
from crawler.store.alarms import noted
from crawler.store.database import Database, open_database
from crawler.store.health import OutletHealth, save_health
from crawler.store.incidents import Incident, close_unwatched, open_incident, open_incidents, read_incidents
from crawler.store.outlets import write_outlets
from indexer.watches.alarm_message import compose_alarm
from indexer.watches.alarms import AlarmFilter
from indexer.watches.keeping import add_alarm_watch, make_settings
from indexer.watches.message import Reader
from scheduler.alarms import note_alarms
from scheduler.chores import Chores
from scheduler.reload import PlanFile
from tests.scheduler.conftest import SmallOutlet

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(small_outlet: SmallOutlet) -> Iterator[Database]:
    database = open_database(store_url(small_outlet.locations))
    yield database
    database.close()


def begun(outlet: str, verdict: str = "blocked") -> Incident:
    return Incident(
        outlet=outlet, verdict=verdict, reason="answers 403", began_at=NOON - timedelta(hours=3), opened_at=NOON, seen_at=NOON
    )


def test_the_incidents_of_outlets_that_are_watched_no_more_end_and_are_told_as_that(
    small_outlet: SmallOutlet, store: Database
) -> None:
    add_alarm_watch(
        store, "Health", make_settings(["https://a.example/"], digest=None, zone="UTC", quiet=None), AlarmFilter(), NOON
    )
    with store.write() as connection:
        for one in (begun("jodlowo"), begun("gone")):
            open_incident(connection, one)
        note_alarms(connection, [], NOON)
    plan = PlanFile(small_outlet.locations).plan
    for _ in range(2):
        Chores(store, lambda: plan).tidy()
    with store.read() as connection:
        assert set(open_incidents(connection)) == {"jodlowo"}
        (over,) = [one for one in read_incidents(connection, NOON) if one.outlet == "gone"]
        told = noted(connection, {f"incident {over.id} closed"})
    assert over.is_unwatched and over.closed_at is not None and len(told) == 1
    listed = json.loads(small_outlet.run("incidents", "list", "--outlet", "gone", "--json").stdout)
    assert [one["is_unwatched"] for one in listed] == [True]
    assert "no longer watched" in small_outlet.run("incidents", "list").stdout


def test_the_fault_on_this_side_is_no_outlet_s_that_could_be_watched_no_more(store: Database) -> None:
    with store.write() as connection:
        open_incident(connection, begun("*", "this side"))
        assert close_unwatched(connection, [], NOON) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Gone: no longer watched; it was blocked since 09:00"), ("pl", "Gone: nie jest już obserwowany (był: zablokowany, od 09:00)")],
)  # fmt: skip
def test_the_message_does_not_say_that_it_is_well(language: str, said: str) -> None:
    reader = Reader(zone=ZoneInfo("UTC"), now=NOON, language=language, page_url=None, is_digest=False)
    over = replace(begun("gone"), id=1, closed_at=NOON, detail={"unwatched": True})
    watch = {"id": "w", "name": "Health", "query": ""}
    alone = compose_alarm("k", watch, [over], {"gone": "Gone"}, reader)
    assert alone.text == said and said.partition(";")[0].partition(" (")[0] in alone.title
    well = replace(begun("kresy"), id=2, closed_at=NOON)
    both = compose_alarm("k", watch, [over, well], {"gone": "Gone"}, reader)
    assert both.title.endswith(
        {"en": "1 ok again, 1 no longer watched", "pl": "1 znów w porządku, 1 już nieobserwowany"}[language]
    )


def test_a_disabled_outlet_s_last_verdict_is_no_trouble(small_outlet: SmallOutlet, store: Database) -> None:
    (outlet,) = [one for one in open_catalogue(small_outlet.locations).values() if one.slug == "jodlowo"]
    with store.write() as connection:
        save_health(connection, [OutletHealth(outlet="jodlowo", verdict="moved", updated_at=NOON)])
        write_outlets(connection, [outlet], NOON)
    assert json.loads(small_outlet.run("status", "--json").stdout)["verdicts"] == {"moved": 1}
    with store.write() as connection:
        write_outlets(connection, [replace(outlet, disabled_because="it closed")], NOON)
    assert json.loads(small_outlet.run("status", "--json").stdout)["verdicts"] == {}
