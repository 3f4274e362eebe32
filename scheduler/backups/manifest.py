"""What a backup says of itself: the file `manifest.json`, written last. A folder without one is no backup.

Not here: what is copied (`making`), what is done with it (`restoring`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from crawler.errors import ConfigError

FORMAT = 1
MANIFEST = "manifest.json"
SETTINGS, OUTLETS = "depesza.toml", "outlets"
STORE, PAGES, DUMP = "store.sqlite", "pages.sqlite", "store.dump"
"""Names inside a backup. `STORE` and `PAGES` are whole SQLite files, `DUMP` is pg_dump's custom format."""
_NAME = re.compile(r"depesza-\d{8}T\d{6}Z(?:-\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file of a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in a backup."""

    format: int
    made_at: datetime
    depesza: str
    """The version that made it."""
    schema: str
    """Revision of the store's tables."""
    store: str
    """"sqlite" or "postgresql"."""
    counts: Mapping[str, int]
    """Table -> rows, counted in the very state that was copied."""
    files: Mapping[str, File]
    """Path inside the backup, with `/` -> what it must be like."""
    left_out: tuple[str, ...] = ()
    """Folders of outlets that lie elsewhere; the search index is never in it."""


def name_of(at: datetime) -> str:
    """The folder's name; names sort as times do."""
    return f"depesza-{at:%Y%m%dT%H%M%SZ}"


def whole_backups(folder: Path) -> list[Path]:
    """The backups in `folder`, oldest first. What was killed half-way has another name and no manifest."""
    if not folder.is_dir():
        return []
    return sorted(one for one in folder.iterdir() if _NAME.fullmatch(one.name) and (one / MANIFEST).is_file())


def describe(path: Path) -> File:
    """Size and digest of a file."""
    with path.open("rb") as file:
        return File(bytes=os.fstat(file.fileno()).st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, and have it on the disk."""
    with (folder / MANIFEST).open("xb") as file:
        file.write(TypeAdapter(Manifest).dump_json(manifest, indent=2))
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup. Raises ConfigError when `folder` is none, or one of a later format."""
    try:
        manifest = TypeAdapter(Manifest).validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise ConfigError(f"{folder} is no backup: there is no {MANIFEST} in it") from None
    except (ValidationError, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no manifest of this Depesza"
        raise ConfigError(f"{folder / MANIFEST} cannot be read: {said}") from None
    if manifest.format > FORMAT:
        raise ConfigError(f"{folder} was made by a newer Depesza ({manifest.depesza}): restore it with that one")
    for name in manifest.files:
        if name.startswith("/") or ".." in Path(name).parts:
            raise ConfigError(f"{folder / MANIFEST} names the file {name!r}, which is not inside the backup")
    return manifest


def faults(folder: Path, manifest: Manifest) -> list[str]:
    """What of the backup is missing or not as it was written, in words; empty when all is there."""
    found = []
    for name, wanted in manifest.files.items():
        try:
            if describe(folder / name) != wanted:
                found.append(f"{name} is not as it was written")
        except FileNotFoundError:
            found.append(f"{name} is missing")
    return found
