"""`depesza restore`: a backup becomes the installation again. Checked whole first; what it replaces is moved aside, not deleted.

SQLite's files are put beside the old ones and take their names at the end; PostgreSQL is filled in one transaction, and only when
it is empty. The search index is no part of a backup: it is made anew from the store.
Not here: making backups (`making`), what a backup is (`manifest`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.config import Locations, store_url
from crawler.errors import BackendUnavailable, ConfigError
from crawler.store.database import SCHEMA_REVISION, Database, connect_database, open_database, pages_file, upgrade
from scheduler.backups import postgres_dump, sqlite_copy
from scheduler.backups.manifest import DUMP, OUTLETS, PAGES, SETTINGS, STORE, Manifest, faults, read_manifest, whole_backups
from scheduler.lock import service_holder

_BESIDE = ("", "-wal", "-shm", "-journal")
"""What belongs to a SQLite file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was done."""

    path: Path
    """The backup that was taken."""
    manifest: Manifest
    schema: str
    """Of the store now: an older one was migrated."""
    moved_to: Path | None
    """Where what was there before lies now."""
    kept: tuple[Path, ...]
    """Settings that were there already and stayed as they are, though the backup's differ."""


def restore(locations: Locations, folder: Path, now: datetime, *, force: bool = False) -> Restored:
    """Restore `folder`, or the newest backup in it. Everything is checked before anything is changed.

    Raises ConfigError for what is no backup, is of a newer schema or of another kind of store, and for a store that is not empty
    unless `force`; BackendUnavailable for a damaged backup and while anybody uses the store.
    """
    path = folder if (folder / "manifest.json").is_file() else next(iter(whole_backups(folder)[::-1]), folder)
    manifest = read_manifest(path)
    if manifest.schema > SCHEMA_REVISION:
        raise ConfigError(
            f"{path} has schema {manifest.schema}, this Depesza knows {SCHEMA_REVISION}: restore it with Depesza {manifest.depesza} or later"
        )
    if found := faults(path, manifest):
        raise BackendUnavailable(f"{path} is damaged, nothing was changed: {'; '.join(found[:3])}")
    aside = locations.data_dir / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    database = connect_database(store_url(locations))
    try:
        if (manifest.store == "sqlite") != database.is_sqlite:
            raise ConfigError(f"{path} is of a {manifest.store} store, [store] url names another kind")
        if database.is_sqlite:
            _restore_sqlite(database, path, manifest, aside, force, now)
        else:
            _restore_postgres(database, path, manifest)
    finally:
        database.close()
    kept = _restore_settings(locations, path, manifest, aside)
    return Restored(
        path=path, manifest=manifest, schema=_bring_up(locations), moved_to=aside if aside.exists() else None, kept=kept
    )


def _restore_sqlite(database: Database, path: Path, manifest: Manifest, aside: Path, force: bool, now: datetime) -> None:
    file = Path(str(database.engine.url.database)).absolute()
    if file.exists():
        if holder := service_holder(database, now):
            raise BackendUnavailable(f"a service runs on the store {file} ({holder}): stop it first")
        if not force and _articles(file) != 0:
            raise ConfigError(f"the store {file} is not empty: --force moves it to {aside} and takes the backup instead")
    database.close()
    sqlite_copy.check_copy(path / STORE, path / PAGES, manifest.schema, dict(manifest.counts))
    fresh = {file: file.with_name(f".{file.name}.restoring"), pages_file(file): file.with_name(f".{file.name}-pages.restoring")}
    for (_, to), name in zip(fresh.items(), (STORE, PAGES), strict=True):
        _copy_to_disk(path / name, to)
    _refuse_in_use(file)
    for old in fresh:
        _move_aside(old, aside)
    for old, new in reversed(fresh.items()):  # the store last: without it the pages are nobody's
        new.replace(old)


def _articles(file: Path) -> int | None:
    """How many articles the store holds; None when it cannot be read."""
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return connection.execute("SELECT count(*) FROM article").fetchone()[0] if "article" in tables else 0
    except sqlite3.Error:
        return None


def _refuse_in_use(file: Path) -> None:
    """The last one to close a store takes its WAL file away: one that stays is somebody's, and would end up in the new store."""
    for one in (file, pages_file(file)):
        if not one.exists():
            continue
        try:
            with contextlib.closing(sqlite3.connect(f"{one.as_uri()}?mode=rw", uri=True, timeout=5)) as connection:
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError:  # damaged: that is why a backup is wanted; it is moved as it is
            continue
        if one.with_name(f"{one.name}-wal").exists():
            raise BackendUnavailable(f"another process has {one} open: stop `depesza serve`, crawls and pushes first")


def _move_aside(file: Path, aside: Path) -> None:
    for end in _BESIDE:
        old = file.with_name(file.name + end)
        if old.exists():
            aside.mkdir(exist_ok=True)
            shutil.move(old, aside / old.name)


def _copy_to_disk(source: Path, to: Path) -> None:
    shutil.copyfile(source, to)
    with to.open("rb+") as file:
        os.fsync(file.fileno())


def _restore_postgres(database: Database, path: Path, manifest: Manifest) -> None:
    if not postgres_dump.is_empty(database):
        raise ConfigError(
            "the database is not empty. A dump is restored into an empty one, so that the old one stays whole: make one with "
            "`createdb NAME`, let [store] url name it, and restore again"
        )
    postgres_dump.load_store(database, path / DUMP)
    if (found := postgres_dump.rows_of(database)) != dict(manifest.counts):
        raise BackendUnavailable(f"the database holds {found} now, the backup says {dict(manifest.counts)}")


def _restore_settings(locations: Locations, path: Path, manifest: Manifest, aside: Path) -> tuple[Path, ...]:
    """Outlets are written, what they replace moved aside. A file of settings that is there stays: it is this machine's."""
    kept = []
    for name in manifest.files:
        if name == SETTINGS and not locations.config_path.exists():
            locations.config_path.parent.mkdir(parents=True, exist_ok=True)
            _copy_to_disk(path / name, locations.config_path)
        elif name == SETTINGS and locations.config_path.read_bytes() != (path / name).read_bytes():
            kept.append(locations.config_path)
        elif name.startswith(f"{OUTLETS}/"):
            to = locations.outlets_dir / name.removeprefix(f"{OUTLETS}/")
            if to.exists() and to.read_bytes() != (path / name).read_bytes():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(to, aside / name)
            to.parent.mkdir(parents=True, exist_ok=True)
            _copy_to_disk(path / name, to)
    return tuple(kept)


def _bring_up(locations: Locations) -> str:
    """Migrate what is of an older schema."""
    database = connect_database(store_url(locations))
    try:
        upgrade(database)
    finally:
        database.close()
    open_database(store_url(locations)).close()
    return SCHEMA_REVISION
