"""Hours of an outlet, its incidents and its verdict in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crawler.store import incidents, outlet_hours
from crawler.store.database import Database
from crawler.store.health import FAULTS, OutletHealth, Verdict, read_health, save_health
from crawler.store.incidents import Incident
from crawler.store.outlet_hours import OutletHour, hour_of

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_figures_of_one_hour_add_up_and_hours_come_back_in_order(database: Database) -> None:
    with database.write() as connection:
        outlet_hours.add(connection, [OutletHour(outlet="kresy", hour=NOON, crawls=1, new=2, words=300)])
        outlet_hours.add(
            connection,
            [
                OutletHour(outlet="kresy", hour=NOON, crawls=1, new=3, words=450),
                OutletHour(outlet="kresy", hour=NOON - HOUR, crawls=1, failures=1),
                OutletHour(outlet="wilno", hour=NOON, crawls=1),
            ],
        )
        found = outlet_hours.read(connection, NOON - HOUR)
        assert [one.hour for one in found["kresy"]] == [NOON - HOUR, NOON]
        assert found["kresy"][1] == OutletHour(outlet="kresy", hour=NOON, crawls=2, new=5, words=750)
        assert set(outlet_hours.read(connection, NOON - HOUR, ["wilno"])) == {"wilno"}
        assert set(outlet_hours.read(connection, NOON + HOUR)) == set()
        assert outlet_hours.prune(connection, NOON) == 1
        outlet_hours.add(connection, [])


def test_hours_are_summed_after_one_instant_until_another(database: Database) -> None:
    with database.write() as connection:
        hours = [OutletHour(outlet="kresy", hour=NOON - back * HOUR, crawls=1, new=10**back) for back in range(4)]
        outlet_hours.add(connection, [*hours, OutletHour(outlet="wilno", hour=NOON - 3 * HOUR, crawls=1)])
        found = outlet_hours.sums(connection, NOON - 3 * HOUR, NOON - HOUR)
    assert found == {"kresy": OutletHour(outlet="kresy", hour=NOON - 3 * HOUR, crawls=2, new=110)}


def test_an_hour_begins_on_the_hour_whatever_the_zone() -> None:
    assert hour_of(datetime.fromisoformat("2026-11-24T13:59:59+01:00")) == NOON


def test_an_incident_is_written_once_seen_and_closed(database: Database) -> None:
    one = Incident(
        outlet="kresy", verdict=Verdict.UNREACHABLE, reason="does not answer", began_at=NOON - HOUR, opened_at=NOON, seen_at=NOON
    )
    with database.write() as connection:
        kept = incidents.open_incident(connection, one)
        other = incidents.open_incident(connection, replace(one, outlet="wilno"))
        assert kept.id != other.id
        assert incidents.open_incidents(connection) == {"kresy": kept, "wilno": other}
        closed = replace(kept, seen_at=NOON + HOUR, closed_at=NOON + 2 * HOUR, detail={"verdicts": ["slow"]})
        incidents.save_incident(connection, closed)
        assert set(incidents.open_incidents(connection)) == {"wilno"}
        assert incidents.read_incidents(connection, NOON + HOUR, "kresy") == [closed]
        assert incidents.read_incidents(connection, NOON + 3 * HOUR) == [other]
        assert incidents.prune(connection, NOON + 3 * HOUR) == 1
        assert incidents.read_incidents(connection, NOON) == [other]


def test_the_incident_of_an_outlet_that_is_watched_no_more_is_closed_and_found_by_its_number(database: Database) -> None:
    with database.write() as connection:
        kept = [
            incidents.open_incident(
                connection,
                Incident(outlet=slug, verdict="blocked", reason="answers 403", began_at=NOON, opened_at=NOON, seen_at=NOON),
            )
            for slug in ("kresy", "wilno", incidents.EVERY_OUTLET)
        ]
        ended = incidents.close_unwatched(connection, ["kresy"], NOON + HOUR)
        assert [(one.outlet, one.closed_at, one.is_unwatched) for one in ended] == [("wilno", NOON + HOUR, True)]
        assert incidents.find_incident(connection, kept[1].id) == ended[0]
        assert incidents.find_incident(connection, 99) is None
        assert set(incidents.open_incidents(connection)) == {"kresy", incidents.EVERY_OUTLET}


def test_verdicts_are_read_of_the_outlets_asked_for(database: Database) -> None:
    rows = [OutletHealth(outlet=slug, verdict=Verdict.OK, updated_at=NOON, since=NOON) for slug in ("kresy", "wilno")]
    with database.write() as connection:
        save_health(connection, rows)
        assert read_health(connection, ["wilno", "nobody"]) == {"wilno": rows[1]}
        assert len(read_health(connection)) == 2


@pytest.mark.parametrize("verdict", Verdict)
def test_what_is_a_fault_is_said_of_each_verdict(verdict: Verdict) -> None:
    assert (verdict in FAULTS) == (verdict not in ("ok", "new", "quiet"))
