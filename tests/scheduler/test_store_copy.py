"""`depesza db copy`: a real store of a real crawl moved to PostgreSQL and back, and worked on there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.config import store_url
from crawler.store import dead_letters, leases
from crawler.store.database import Database, connect_database, open_database
from crawler.store.moving import tables
from scheduler.lock import only_service
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(120)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def rows(database: Database) -> dict[str, list[Any]]:
    with database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in tables()
        }


def test_a_store_moves_to_postgresql_whole_and_the_next_crawl_goes_on_there(
    small_outlet: SmallOutlet, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert small_outlet.run("crawl", "jodlowo").exit_code == 0
    source = open_database(store_url(small_outlet.locations))
    with source.write() as connection:
        leases.claim(connection, ["outlet:jodlowo"], "somebody:7:aa", datetime.now(UTC))
    told = small_outlet.run("db", "copy", postgres_url, "--json")
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["rows"]["article"] == 3
    target = open_database(postgres_url)
    before = rows(source)
    assert before == rows(target)
    assert len(before["page"]) == 3
    with target.write() as connection:
        assert leases.holder(connection, "outlet:jodlowo", datetime.now(UTC)) is None, "nobody works on it"
    source.close()
    target.close()
    monkeypatch.setenv("DEPESZA_STORE_URL", postgres_url)
    asked = len(small_outlet.asked)
    again = small_outlet.run("crawl", "jodlowo", "--force")
    assert again.exit_code == 0, again.stderr
    assert len(small_outlet.asked) > asked
    assert json.loads(small_outlet.run("status", "--json").stdout)["articles"] == 3, "nothing twice, nothing lost"


def test_numbers_go_on_after_those_that_came_along(small_outlet: SmallOutlet, postgres_url: str) -> None:
    source = open_database(store_url(small_outlet.locations))
    letter = dead_letters.DeadLetter(
        stage=dead_letters.Stage.NORMALIZE, key="a", outlet="jodlowo", url="http://jodlowo.example/a", reason="no text",
        detail={}, created_at=NOW, last_at=NOW,
    )  # fmt: skip
    with source.write() as connection:
        dead_letters.add_dead_letter(connection, letter)
    source.close()
    assert small_outlet.run("db", "copy", postgres_url).exit_code == 0
    target = open_database(postgres_url)
    with target.write() as connection:
        dead_letters.add_dead_letter(connection, replace(letter, key="b"))
        assert len(dead_letters.list_dead_letters(connection)) == 2
    target.close()


def test_a_database_that_holds_a_store_is_refused_and_left_as_it_is(small_outlet: SmallOutlet, postgres_url: str) -> None:
    assert small_outlet.run("crawl", "jodlowo").exit_code == 0
    assert small_outlet.run("db", "copy", postgres_url).exit_code == 0
    target = open_database(postgres_url)
    before = rows(target)
    told = small_outlet.run("db", "copy", postgres_url)
    assert (told.exit_code, "is not empty" in told.stderr) == (2, True)
    assert rows(target) == before
    target.close()


def test_a_row_that_postgresql_cannot_hold_is_named_and_nothing_is_copied(small_outlet: SmallOutlet, postgres_url: str) -> None:
    assert small_outlet.run("crawl", "jodlowo").exit_code == 0
    source = open_database(store_url(small_outlet.locations))
    with source.write() as connection:
        connection.execute(sa.text("UPDATE article SET title = 'a' || char(0) || 'b'"))
    source.close()
    told = small_outlet.run("db", "copy", postgres_url)
    assert (told.exit_code, "rows of article" in told.stderr) == (2, True), told.stderr
    target = connect_database(postgres_url)
    assert not any(rows(target).values())
    target.close()


def test_a_store_is_not_copied_onto_itself(small_outlet: SmallOutlet) -> None:
    url = store_url(small_outlet.locations)
    open_database(url).close()
    told = small_outlet.run("db", "copy", url)
    assert (told.exit_code, "is this store itself" in told.stderr) == (2, True), told.stderr


@pytest.mark.parametrize("address", ["nonsense", "mysql://127.0.0.1/x", "sqlite://"])
def test_what_is_no_address_of_a_store_is_refused_with_the_forms(small_outlet: SmallOutlet, address: str) -> None:
    told = small_outlet.run("db", "copy", address)
    assert (told.exit_code, "sqlite:///" in told.stderr) == (2, True), told.stderr


def test_a_store_that_a_service_runs_on_is_refused(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    source = open_database(store_url(small_outlet.locations))
    with only_service(source, "host:1:aa"):
        told = small_outlet.run("db", "copy", f"sqlite:///{tmp_path}/other.sqlite")
    source.close()
    assert (told.exit_code, "(host:1:aa): stop it first" in told.stderr) == (3, True), told.stderr


def test_a_store_is_copied_into_another_file_too(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    assert small_outlet.run("crawl", "jodlowo").exit_code == 0
    told = small_outlet.run("db", "copy", f"sqlite:///{tmp_path}/other.sqlite")
    assert "3 of them articles" in told.stdout, told.stderr
    source, target = open_database(store_url(small_outlet.locations)), open_database(f"sqlite:///{tmp_path}/other.sqlite")
    assert rows(source) == rows(target)
    source.close()
    target.close()
