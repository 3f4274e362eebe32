"""`depesza backup`: store, settings and own outlets into a folder that is whole or not there at all; old ones go.

Everything is written under a name that no restore takes, brought to the disk, checked, and renamed at the end: a backup that was
killed half-way is never taken for one (the next backup removes it).
Not here: how a store is copied (`sqlite_copy`, `postgres_dump`), the way back (`restoring`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from crawler.config import Locations, crawler_settings, store_url
from crawler.errors import BackendUnavailable, ConfigError
from crawler.store.database import SCHEMA_REVISION, Database, connect_database, pages_file, schema_revision
from scheduler.backups import postgres_dump, sqlite_copy
from scheduler.backups.manifest import (
    FORMAT,
    MANIFEST,
    OUTLETS,
    SETTINGS,
    File,
    Manifest,
    describe,
    name_of,
    whole_backups,
    write_manifest,
)

HALF = ".half-"
"""What the name of an unfinished backup begins with."""
_ABANDONED_S = 3600.0
"""An unfinished one that nobody wrote to for so long belongs to a killed process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was made."""

    path: Path
    manifest: Manifest
    removed: tuple[Path, ...]
    """Older backups that were more than were to be kept."""

    @property
    def bytes(self) -> int:
        """Size of all its files."""
        return sum(one.bytes for one in self.manifest.files.values())


def make_backup(locations: Locations, folder: Path, now: datetime, keep: int | None = None) -> Backup:
    """Make a backup in `folder`, then remove the oldest beyond `keep`. The service may go on meanwhile.

    Raises BackendUnavailable when the store cannot be read, the copy is not whole or there is no room, ConfigError for a folder
    that cannot be written or lies inside what is copied.
    """
    _prepare(locations, folder)
    database = connect_database(store_url(locations))
    try:
        if (found := schema_revision(database)) is None:
            raise BackendUnavailable("there is no store yet, so nothing to copy: `depesza init` makes one")
        if found > SCHEMA_REVISION:
            raise BackendUnavailable(f"the store has schema {found}, this Depesza knows {SCHEMA_REVISION}: use the newer one")
        _refuse_without_room(database, folder)
        with _half(folder, now) as half:
            schema, counts = _copy_store(database, half)
            files = _copy_settings(locations, half)
            manifest = Manifest(
                format=FORMAT, made_at=now, depesza=version("depesza"), schema=schema,
                store="sqlite" if database.is_sqlite else "postgresql", counts=counts, files=files, left_out=_left_out(locations),
            )  # fmt: skip
            write_manifest(half, manifest)
            _to_disk(half)
            path = _name(half, folder, now)
    finally:
        database.close()
    return Backup(path=path, manifest=manifest, removed=_remove_old(folder, keep))


def _prepare(locations: Locations, folder: Path) -> None:
    if folder.absolute().is_relative_to(locations.outlets_dir):
        raise ConfigError(f"{folder} lies inside the folder of outlets, which is copied: choose another")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"the folder {folder} cannot be made: {error.strerror}") from None
    for half in folder.glob(f"{HALF}*"):
        if _age_s(half) > _ABANDONED_S:
            shutil.rmtree(half, ignore_errors=True)


def _age_s(half: Path) -> float:
    """Seconds since anything in it was written."""
    try:
        return time.time() - max(one.stat().st_mtime for one in (half, *half.rglob("*")))
    except OSError:  # somebody else removes it
        return 0.0


def _refuse_without_room(database: Database, folder: Path) -> None:
    """Before an hour of copying, not after it. What PostgreSQL's dump will need nobody knows."""
    if not database.is_sqlite:
        return
    file = Path(str(database.engine.url.database)).absolute()
    needed = sum(one.stat().st_size for one in (file, pages_file(file)) if one.exists())
    if (free := shutil.disk_usage(folder).free) < needed * 1.02:
        raise BackendUnavailable(f"{folder} has {free / 1e6:,.0f} MB free, the store needs {needed / 1e6:,.0f} MB: make room")


@contextlib.contextmanager
def _half(folder: Path, now: datetime) -> Iterator[Path]:
    """A private folder for what is not whole yet; gone when it did not become a backup."""
    half = folder / f"{HALF}{name_of(now)}-{os.getpid()}"
    half.mkdir(mode=0o700)
    try:
        yield half
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _copy_store(database: Database, half: Path) -> tuple[str, dict[str, int]]:
    if database.is_sqlite:
        return sqlite_copy.copy_store(Path(str(database.engine.url.database)).absolute(), half)
    return postgres_dump.dump_store(database, half)


def _copy_settings(locations: Locations, half: Path) -> dict[str, File]:
    """The settings and the own outlets go beside the store; returns every file that lies there."""
    if locations.config_path.is_file():
        shutil.copyfile(locations.config_path, half / SETTINGS)
    if locations.outlets_dir.is_dir():
        shutil.copytree(locations.outlets_dir, half / OUTLETS, copy_function=shutil.copyfile)
    files = [one for one in sorted(half.rglob("*")) if one.is_file()]
    for one in files:
        one.chmod(0o600)  # settings may hold an address with a password
    return {one.relative_to(half).as_posix(): describe(one) for one in files}


def _left_out(locations: Locations) -> tuple[str, ...]:
    return tuple(str(locations.config_path.parent / Path(one).expanduser()) for one in crawler_settings(locations).outlet_folders)


def _to_disk(half: Path) -> None:
    """A power cut after the backup was said to be there must find it there."""
    for one in half.rglob("*"):
        _sync(one)
    _sync(half)


def _sync(path: Path) -> None:
    if sys.platform == "win32" and path.is_dir():  # pragma: no cover - folders cannot be opened there
        return
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _name(half: Path, folder: Path, now: datetime) -> Path:
    """Give it its name, in one step; a second backup of the same second gets a number."""
    for number in range(1, 100):
        path = folder / (name_of(now) + (f"-{number}" if number > 1 else ""))
        if not path.exists():
            half.rename(path)
            _sync(folder)
            return path
    raise BackendUnavailable(f"{folder} holds a hundred backups of this second")


def _remove_old(folder: Path, keep: int | None) -> tuple[Path, ...]:
    """Remove the oldest; each loses its name first, so that none is ever half there."""
    old = whole_backups(folder)[:-keep] if keep else []
    for one in old:
        (one / MANIFEST).unlink()
        half = one.rename(one.with_name(f"{HALF}{one.name}-removed"))
        shutil.rmtree(half, ignore_errors=True)
    return tuple(old)
