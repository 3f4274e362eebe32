"""The store keeps its size: what is past its time goes, what is not stays, in transactions that others get in between."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.config import Locations, StoreSettings, find_locations
from crawler.errors import ConfigError
from crawler.model.article import Article
from crawler.model.page import Page
from crawler.store import articles, pages, schema
from crawler.store.articles import Visit
from crawler.store.database import Database, open_database
from crawler.store.retention import BATCH, Forgotten, forget
from scheduler import tidying
from scheduler.tidying import kept_for, tidy
from tests.scheduler.conftest import SmallOutlet

NOW = datetime.fromisoformat("2027-03-08T12:00:00+00:00")
OLD, YOUNG = NOW - timedelta(days=400), NOW - timedelta(hours=1)
ArticleMaker = Callable[..., Article]


def fill(connection: sa.Connection, at: datetime, name: str) -> None:
    """One row of everything that is forgotten, as old as that."""
    pages.keep_page(
        connection, name, Page(requested_url="u", final_url="u", status=200, body=b"x", fetched_at=at, outlet="kresy")
    )
    rows: dict[sa.Table, dict[str, Any]] = {
        schema.run: {"id": name, "owner": "m:1:x", "status": "finished", "started_at": at, "heartbeat_at": at, "finished_at": at, "report": None},
        schema.dead_letter: {"stage": "fetch", "key": name, "outlet": "kresy", "url": "u", "reason": "r", "detail": {}, "created_at": at, "last_at": at},
        schema.outlet_hour: {"outlet": name, "hour": at},
        schema.incident: {
            "outlet": name, "verdict": "blocked", "reason": "r", "detail": {}, "began_at": at, "opened_at": at, "seen_at": at, "closed_at": at,
        },
        schema.robots: {"origin": name, "body": "", "fetched_at": at},
        schema.lease: {"name": name, "owner": "m:1:x", "heartbeat_at": at, "until_at": at},
        schema.process: {
            "owner": f"{name}:1:x", "kind": "worker", "machine": "m", "version": "1", "detail": {}, "started_at": at, "heartbeat_at": at,
        },
    }  # fmt: skip
    for table, row in rows.items():
        connection.execute(table.insert(), [row])


def count(database: Database, table: sa.Table) -> int:
    with database.read() as connection:
        found: int = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    return found


def at_home(tmp_path: Path) -> Locations:
    return find_locations(tmp_path, tmp_path / "depesza.toml", {})


def test_what_is_past_its_time_goes_and_what_is_younger_stays(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        fill(connection, OLD, "old")
        fill(connection, YOUNG, "young")
    report = tidy(at_home(tmp_path), database, NOW)
    assert report.dropped == {what.value: 1 for what in Forgotten} | {"processes": 2}  # its heartbeat is two minutes old at most
    for table in (schema.page, schema.run, schema.dead_letter, schema.outlet_hour, schema.incident, schema.robots, schema.lease):
        assert count(database, table) == 1, table.name
    assert tidy(at_home(tmp_path), database, NOW).dropped == {}


def test_articles_are_kept_whatever_their_age(database: Database, tmp_path: Path, make_article: ArticleMaker) -> None:
    one = make_article(first_seen_at=OLD, published_at=OLD)
    with database.write() as connection:
        articles.insert_article(connection, one, Visit(at=OLD, source_updated_at=None, next_visit_at=None))
        pages.keep_page(
            connection, one.id, Page(requested_url="u", final_url="u", status=200, body=b"x", fetched_at=OLD, outlet="kresy")
        )
    assert tidy(at_home(tmp_path), database, NOW).dropped == {"pages": 1}
    with database.read() as connection:
        assert articles.read_article(connection, one.id) is not None


def test_an_open_incident_and_a_running_run_stay_however_old_they_are(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        fill(connection, OLD, "old")
        connection.execute(schema.incident.update().values(closed_at=None))
        connection.execute(schema.run.update().values(finished_at=None, status="running", heartbeat_at=NOW))
        connection.execute(schema.run.update().values(owner="another machine:1:x"))
    tidy(at_home(tmp_path), database, NOW)
    assert count(database, schema.incident) == 1
    assert count(database, schema.run) == 1


def test_the_run_of_a_dead_process_is_closed(database: Database, tmp_path: Path) -> None:
    with database.write() as connection:
        fill(connection, YOUNG, "young")
        connection.execute(schema.run.update().values(finished_at=None, status="running"))
    assert tidy(at_home(tmp_path), database, NOW).died == 1


def test_a_long_list_goes_in_transactions_of_a_few_hundred_rows_with_pauses_in_which_others_write(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = [
        {"stage": "fetch", "key": str(n), "outlet": "kresy", "url": "u", "reason": "r", "detail": {}, "created_at": OLD, "last_at": OLD}
        for n in range(3 * BATCH + 7)
    ]  # fmt: skip
    with database.write() as connection:
        connection.execute(schema.dead_letter.insert(), letters)
    left: list[int] = []

    def pause(seconds: float) -> None:
        with database.write() as connection:  # a crawl's transaction: the lock is free
            fill(connection, YOUNG, f"meanwhile {len(left)}")
        left.append(count(database, schema.dead_letter))

    monkeypatch.setattr(tidying, "MOST_BATCHES", 2)
    report = tidy(at_home(tmp_path), database, NOW, pause=pause)
    assert report.unfinished
    assert report.dropped["dead letters"] == 2 * BATCH
    monkeypatch.setattr(tidying, "MOST_BATCHES", 10)
    report = tidy(at_home(tmp_path), database, NOW, pause=pause)
    assert not report.unfinished
    assert report.dropped["dead letters"] == BATCH + 7
    assert len(left) == 3
    assert count(database, schema.dead_letter) == 3


def test_rows_with_a_key_of_two_columns_go_by_both(database: Database) -> None:
    with database.write() as connection:
        connection.execute(schema.outlet_hour.insert(), [{"outlet": slug, "hour": at} for slug in "ab" for at in (OLD, YOUNG)])
        assert forget(connection, Forgotten.HOURS, NOW - timedelta(days=90), 1) == 1
        assert forget(connection, Forgotten.HOURS, NOW - timedelta(days=90)) == 1
        left = connection.execute(sa.select(schema.outlet_hour.c.outlet, schema.outlet_hour.c.hour)).all()
    assert {(row.outlet, row.hour) for row in left} == {("a", YOUNG), ("b", YOUNG)}


def test_the_plan_of_a_crawl_whose_parent_was_killed_does_not_stay_with_its_password(
    sqlite_database: Database, tmp_path: Path
) -> None:
    locations = at_home(tmp_path)
    locations.runs_dir.mkdir(parents=True)
    old, young = locations.runs_dir / "a.plan.json", locations.runs_dir / "b.plan.json"
    for path, at in ((old, OLD), (young, YOUNG)):
        path.write_text("{}")
        os.utime(path, (at.timestamp(), at.timestamp()))
    assert tidy(locations, sqlite_database, NOW).dropped == {"plans": 1}
    assert not old.exists()
    assert young.exists()


def test_how_long_is_a_setting_and_the_hours_need_four_weeks() -> None:
    kept = kept_for(StoreSettings(keep_runs="2d", keep_hours="5w"))
    assert kept[Forgotten.RUNS] == timedelta(days=2)
    assert kept[Forgotten.HOURS] == timedelta(days=35)
    with pytest.raises(ConfigError, match="keep_hours"):
        StoreSettings(keep_hours="27d")
    with pytest.raises(ConfigError, match="keep_letters"):
        StoreSettings(keep_letters="long")


def test_the_command_says_what_went(small_outlet: SmallOutlet) -> None:
    from crawler.config import store_url

    database = open_database(store_url(small_outlet.locations))
    long_ago = datetime.fromtimestamp(time.time(), NOW.tzinfo) - timedelta(days=500)
    with database.write() as connection:
        fill(connection, long_ago, "old")
    database.close()
    result = small_outlet.run("tidy", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["dropped"]["dead letters"] == 1
    assert told["dropped"]["runs"] == 1
    assert not told["unfinished"]
    assert small_outlet.run("tidy").stdout.strip() == "Nothing is past its time."
