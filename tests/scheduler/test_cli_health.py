"""`depesza outlets health`: verdicts with their reasons and figures, faults first; one outlet with its sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from crawler.config import find_locations, store_url
from crawler.outlets.choosing import open_catalogue
from crawler.store.database import Database, open_database
from crawler.store.health import OutletHealth, save_health
from crawler.store.outlet_hours import OutletHour, add, sums
from crawler.store.outlets import write_outlets
from tests.indexer.watched_outlet import make_led, make_watched
from tests.scheduler.conftest import SmallOutlet

NOW = datetime(2026, 11, 24, 12, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SLUGS = ("jodlowo", "brzoza", "cis", "dab", "jesion")


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def store(small_outlet: SmallOutlet) -> Iterator[Database]:
    config = small_outlet.locations.data_dir / "depesza.toml"
    config.write_text(f"[crawler]\noutlets = {json.dumps(SLUGS)}\nworkers = 1\n", encoding="utf-8")
    small_outlet.locations = find_locations(config.parent, config, {})
    for slug in (*SLUGS, "olcha"):
        small_outlet.write(slug)
    database = open_database(store_url(small_outlet.locations))
    with database.write() as connection:
        write_outlets(connection, open_catalogue(small_outlet.locations).values(), NOW)
    yield database
    database.close()


def test_outlets_stand_with_their_reasons_and_those_with_a_fault_first(small_outlet: SmallOutlet, store: Database) -> None:
    told = [
        ("brzoza", "quiet", "told nothing new for 9 h"),
        ("cis", "new", ""),
        ("dab", "blocked", "answers 403\x1b[2J"),
        ("jesion", "ok", ""),
    ]
    with store.write() as connection:
        make_watched(connection, "jodlowo", NOW)
        save_health(
            connection,
            [
                OutletHealth(outlet=slug, verdict=verdict, reason=reason, updated_at=NOW, since=NOW - 30 * HOUR, last_success_at=NOW - HOUR)
                for slug, verdict, reason in told
            ],
        )  # fmt: skip
    result = small_outlet.run("outlets", "health")
    rows = [row for row in result.stdout.splitlines()[1:] if not row.startswith(" ")]
    assert [row.split()[0] for row in rows] == ["dab", "jodlowo", "brzoza", "cis", "jesion"], "who is not watched is not told"
    assert (result.exit_code, result.stderr) == (1, "5 outlets, 2 with a fault\n")
    assert "    gives pages without a text that can be read: 12 of the last 14, where 2 % is usual\n" in result.stdout
    assert rows[1].split("  ")[:1] == ["jodlowo"] and rows[1].endswith("0/100/100/100 %") and " 21 h " in rows[1]
    assert "\x1b" not in result.stdout
    assert small_outlet.run("outlets", "health", "brzoza", "cis", "jesion", "olcha").exit_code == 0, "quiet and new are no faults"
    assert small_outlet.run("outlets", "health", "nobody").exit_code == 2


def test_outlets_that_were_not_crawled_yet_are_counted_and_shown_when_named(small_outlet: SmallOutlet, store: Database) -> None:
    nothing = small_outlet.run("outlets", "health")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "5 outlets, 0 with a fault, 5 not crawled yet\n")
    with store.write() as connection:
        save_health(connection, [OutletHealth(outlet="cis", verdict="ok", updated_at=NOW)])
    assert [row.split()[0] for row in small_outlet.run("outlets", "health").stdout.splitlines()] == ["outlet", "cis"]
    named = small_outlet.run("outlets", "health", "cis", "dab").stdout
    assert [row.split("  ")[0] for row in named.splitlines()] == ["outlet", "dab", "cis"]
    assert len(json.loads(small_outlet.run("outlets", "health", "--json").stdout)) == 5


def test_the_figures_stand_beside_what_is_usual_in_the_same_hours(small_outlet: SmallOutlet, store: Database) -> None:
    with store.write() as connection:
        for back, count in ((0, 4), (7, 30), (14, 32), (21, 0), (35, 500)):  # three weeks ago it was not crawled
            at = (NOW - back * DAY).replace(minute=0)
            add(
                connection,
                [OutletHour(outlet="cis", hour=at - hour * HOUR, crawls=1, new=count // 2) for hour in (3, 20)] if count else [],
            )
            add(connection, [OutletHour(outlet="cis", hour=at - 40 * HOUR, crawls=1, new=100)] if count else [])
        whole = sums(connection, NOW - DAY, NOW)
    assert (whole["cis"].crawls, whole["cis"].new, set(whole)) == (2, 4, {"cis"})
    (one,) = json.loads(small_outlet.run("outlets", "health", "cis", "--json").stdout)
    assert (one["verdict"], one["has_fault"], one["articles_last_day"], one["articles_usual"]) == ("not judged", False, 4, 31.0)
    assert one["last_week"]["articles"] == 104
    assert json.loads(small_outlet.run("outlets", "health", "dab", "--json").stdout)[0]["articles_usual"] is None


def test_one_outlet_is_told_with_sources_fields_and_next_crawl(small_outlet: SmallOutlet, store: Database) -> None:
    with store.write() as connection:
        make_watched(connection, "jodlowo", NOW)
    shown = small_outlet.run("outlets", "health", "jodlowo")
    assert shown.exit_code == 1
    for said in (
        "Głos Jodłowa (jodlowo): parser broken for 21 h, since 2026-11-23 15:30 UTC", "answered   2026-11-24 12:27 UTC, 3 min ago; 0 failures",
        "its rhythm has 41.5 a day", "in 15 min (every 900 s, by [scheduler] every); no service runs", "12 dead in a day",
        "2 is open: `depesza incidents show 2`", "with authors        0%           100%", "words each          150          400",
        "pages without text  50%", "never asked", "answers 503 Service Unavailable", "moved to https://elsewhere.example/rss",
    ):  # fmt: skip
        assert said in shown.stdout, said
    with store.write() as connection:
        make_led(connection, NOW)
    assert "no service runs" not in small_outlet.run("outlets", "health", "jodlowo").stdout
    (one,) = json.loads(small_outlet.run("outlets", "health", "jodlowo", "--json").stdout)
    assert (one["incident"], one["last_week"]["authors_share"]) == (2, 0.0)
    assert one["weeks_before"]["authors_share"] > 0.99
    assert {source["url"].rpartition("/")[2]: source["failures_in_a_row"] for source in one["sources"]} == {
        "rss": 0,
        "news.xml": 9,
        "old": 0,
    }
    assert "not crawled yet" in small_outlet.run("outlets", "health", "olcha").stdout
