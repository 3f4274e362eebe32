"""The store opens, migrates, refuses: SQLite and PostgreSQL for real."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from crawler.errors import BackendUnavailable, ConfigError
from crawler.store import database as database_module
from crawler.store import leases
from crawler.store.articles import Visit, insert_article, read_article
from crawler.store.database import SCHEMA_REVISION, Database, connect_database, open_database, schema_revision, upgrade
from crawler.store.outbox import count_outbox, put_in_outbox
from crawler.store.rows import write_rows
from crawler.store.schema import metadata, story_posting
from crawler.store.sources import keep_robots

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def test_the_migrations_make_the_very_tables_of_the_schema_file(database: Database) -> None:
    with database.read() as connection:
        options = {
            "compare_type": False,
            "include_name": lambda name, kind, _: kind != "table" or name not in ("page", "text_reservation"),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_revision_that_the_program_knows() -> None:
    files = sorted((Path(database_module.__file__).parent / "migrations" / "versions").glob("0*.py"))
    assert files[-1].name.startswith(SCHEMA_REVISION)


def test_f30_a_store_with_a_newer_schema_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BackendUnavailable, match="newer than this Depesza"):
        open_database(str(sqlite_database.engine.url))


def test_f30_an_older_sqlite_store_is_copied_before_it_is_migrated(sqlite_database: Database) -> None:
    file = Path(str(sqlite_database.engine.url.database))
    sqlite_database.close()
    file.unlink()
    with sqlite3.connect(file) as raw:
        raw.execute("CREATE TABLE alembic_version (version_num TEXT)")
        raw.execute("INSERT INTO alembic_version VALUES ('0000')")
    copy = database_module._copy_before_migration(connect_database(f"sqlite:///{file}"))
    assert copy is not None
    with sqlite3.connect(copy) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)


def test_f30_the_copy_holds_what_still_lies_in_the_wal_file_while_somebody_reads(sqlite_database: Database) -> None:
    file = Path(str(sqlite_database.engine.url.database))
    with sqlite_database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    with sqlite_database.read() as reader:
        reader.execute(sa.text("SELECT count(*) FROM alembic_version")).all()
        with sqlite_database.write() as connection:
            save_robots(connection)
        copy = database_module._copy_before_migration(connect_database(f"sqlite:///{file}"))
    assert copy is not None
    with sqlite3.connect(copy) as raw:
        assert raw.execute("SELECT body FROM robots").fetchall() == [("User-agent: *",)]


def test_f30_a_store_of_the_first_schema_keeps_its_articles_when_it_is_migrated(
    tmp_path: Path, make_article: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, article = f"sqlite:///{tmp_path / 'depesza.sqlite'}", make_article()
    before = connect_database(url)
    migrate_to(before, "0001")
    with before.write() as connection:  # the columns of later migrations stand for the writing alone
        connection.execute(sa.text("ALTER TABLE article ADD COLUMN image_credit TEXT NOT NULL DEFAULT ''"))
        insert_article(connection, article, Visit(at=NOW, source_updated_at=None, next_visit_at=None))
        connection.execute(sa.text("ALTER TABLE article DROP COLUMN image_credit"))
        put_in_outbox(connection, {article.id: 1}, NOW)
    before.close()
    opened = open_database(url)
    with opened.read() as connection:
        assert read_article(connection, article.id) == article
        assert count_outbox(connection) == 1
        assert sa.inspect(connection).has_table("seen_form") and not sa.inspect(connection).has_table("form")
    opened.close()
    with sqlite3.connect(tmp_path / f"depesza-before-{SCHEMA_REVISION}.sqlite") as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    monkeypatch.setattr(database_module, "SCHEMA_REVISION", "0001")
    with pytest.raises(BackendUnavailable, match="newer than this Depesza"):
        open_database(url)


def test_the_window_s_places_survive_being_laid_into_their_key_s_own_tree(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'depesza.sqlite'}"
    before = connect_database(url)
    migrate_to(before, "0005")
    places = [(-7, 2, 30), (-7, 1, 4), (9, 1, 11)]
    with before.write() as connection:
        write_rows(connection, story_posting, places)
    before.close()
    opened = open_database(url)
    with opened.read() as connection:
        assert [tuple(row) for row in connection.execute(sa.select(story_posting))] == sorted(places)
        made = connection.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'story_posting'")).scalar_one()
        assert "WITHOUT ROWID" in made
        assert [one["name"] for one in sa.inspect(connection).get_indexes("story_posting")] == ["story_posting_leader"]
    opened.close()


def migrate_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database_module.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_both_files_sync_at_checkpoints_only(sqlite_database: Database) -> None:
    with sqlite_database.read() as connection:
        told = [connection.execute(sa.text(f"PRAGMA {schema}.synchronous")).scalar() for schema in ("main", "pages")]
    assert told == [1, 1]


def save_robots(connection: sa.Connection) -> None:
    keep_robots(connection, "https://kresy.example", "User-agent: *", datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.postgresql
def test_an_empty_postgresql_is_refused_with_the_command_that_helps(postgres_url: str) -> None:
    with pytest.raises(BackendUnavailable, match="depesza db upgrade"):
        open_database(postgres_url)
    empty = connect_database(postgres_url)
    upgrade(empty)
    empty.close()
    opened = open_database(postgres_url)
    assert schema_revision(opened) == SCHEMA_REVISION
    opened.close()


def test_a_postgresql_that_is_down_is_said_and_no_password_shown() -> None:
    with pytest.raises(BackendUnavailable) as caught:
        open_database("postgresql://someone:sesame@127.0.0.1:1/nothing")
    assert "sesame" not in str(caught.value)


def test_f09_a_writer_waits_for_the_lock_of_another_process_and_then_goes_on(sqlite_database: Database) -> None:
    other = sqlite3.connect(str(sqlite_database.engine.url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM lease")
    threading.Timer(0.5, lambda: other.execute("COMMIT")).start()
    started = time.monotonic()
    with sqlite_database.write() as connection:
        assert leases.claim(connection, ["kresy"], "me", NOW) == {"kresy"}
    assert time.monotonic() - started >= 0.4
    other.close()


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_f32_a_data_folder_that_is_a_file_or_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ConfigError, match="--data-dir"):
        open_database(f"sqlite:///{tmp_path}/taken/depesza.sqlite")


def test_f32_a_network_drive_is_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/share {tmp_path} nfs4 rw 0 0\n")
    assert database_module._file_system(tmp_path / "below", mounts) == "nfs4"
    assert database_module._file_system(Path("/usr"), mounts) == "ext4"


@pytest.mark.parametrize("url", ["mysql://host/x", "nonsense", "sqlite://", "sqlite:///:memory:"])
def test_an_address_of_no_use_is_a_configuration_error_that_says_what_to_write(url: str) -> None:
    with pytest.raises(ConfigError, match=r"\[store\] url"):
        open_database(url)


def test_a_damaged_file_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "depesza.sqlite").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(BackendUnavailable, match="damaged"):
        open_database(f"sqlite:///{tmp_path / 'depesza.sqlite'}")


def test_a_naive_time_is_refused_by_the_store(database: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="naive"), database.write() as connection:
        leases.claim(connection, ["kresy"], "me", datetime(2026, 11, 24))  # noqa: DTZ001 - what is refused
