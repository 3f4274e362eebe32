"""SAFETY F30: a store of the previous release's schema, with what a real crawl put into it, is migrated and worked on."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

from crawler.store import database as database_module
from crawler.store.database import SCHEMA_REVISION, connect_database
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(120)
PREVIOUS = "0007"
"""Schema of the release before."""


def make_older(file: Path) -> None:
    """The same store at the schema before: its migrations make the tables anew, and every column that it has is filled from ours."""
    newer = file.with_name("newer.sqlite")
    file.rename(newer)
    database = connect_database(f"sqlite:///{file}")
    config = Config()
    config.set_main_option("script_location", str(Path(database_module.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, PREVIOUS)
    database.close()
    with closing(sqlite3.connect(file)) as older, older:
        older.execute("ATTACH DATABASE ? AS newer", (str(newer),))
        tables = [name for (name,) in older.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table != "alembic_version" and not table.startswith("sqlite_"):
                columns = ", ".join(f'"{row[1]}"' for row in older.execute(f"PRAGMA main.table_info({table})"))
                older.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")
    newer.unlink()


def schema_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        found: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        return found


def test_f30_a_store_of_the_previous_schema_is_migrated_and_the_next_crawl_goes_on_from_it(small_outlet: SmallOutlet) -> None:
    assert small_outlet.run("crawl", "jodlowo").exit_code == 0
    found = json.loads(small_outlet.run("search", "most", "--json").stdout)["hits"]
    file = small_outlet.locations.data_dir / "depesza.sqlite"
    make_older(file)
    assert schema_of(file) == PREVIOUS
    told = small_outlet.run("db", "upgrade", "--json")
    assert json.loads(told.stdout)["before"] == PREVIOUS and schema_of(file) == SCHEMA_REVISION
    assert schema_of(Path(json.loads(told.stdout)["copy"])) == PREVIOUS, "the way back"
    asked = len(small_outlet.asked)
    again = small_outlet.run("crawl", "jodlowo", "--force", "--json")
    assert again.exit_code == 0, again.output
    assert len(small_outlet.asked) > asked
    assert json.loads(small_outlet.run("status", "--json").stdout)["articles"] == 3, "nothing twice, nothing lost"
    after = json.loads(small_outlet.run("search", "most", "--json").stdout)["hits"]
    assert [one["id"] for one in after] == [one["id"] for one in found] != []
