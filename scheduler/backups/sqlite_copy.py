"""A consistent copy of a SQLite store that others read and write meanwhile: both its files, as of one instant.

SQLite's own copying takes each file by itself. Here one connection reads both, and its two views begin while the lock for
writing is held for a moment, so that no transaction stands in one copy and not in the other.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from crawler.errors import BackendUnavailable, full_disk
from crawler.store.database import BUSY_TIMEOUT_MS, pages_file
from scheduler.backups.manifest import PAGES, STORE

_STEP = 2048
"""Pages copied in one go (8 MB): between two of them Ctrl-C is heard."""
COUNTED = ("outlet", "article", "revision", "story", "story_member", "dead_letter", "outbox", "watch", "pages.page")
"""Tables whose rows are counted: that tells a copy of the wrong state, and a person what is in it."""


def copy_store(file: Path, folder: Path) -> tuple[str, dict[str, int]]:
    """Copy the store at `file` into `folder`; returns its schema's revision and the rows of its tables.

    Opens the copies again and compares. Raises BackendUnavailable for a store that cannot be read, a full disk, or a copy
    that is not what was copied.
    """
    try:
        with _one_instant(file) as source:
            schema, counts = _facts(source)
            for name, schema_name in ((STORE, "main"), (PAGES, "pages")):
                with contextlib.closing(sqlite3.connect(folder / name)) as target:
                    source.backup(target, pages=_STEP, name=schema_name, sleep=0)
        check_copy(folder / STORE, folder / PAGES, schema, counts)
    except sqlite3.Error as error:
        said = full_disk(folder, error) or f"the store {file} cannot be copied: {error}"
        raise BackendUnavailable(said) from error
    return schema, counts


def check_copy(store: Path, pages: Path, schema: str, counts: dict[str, int]) -> None:
    """Both files are whole and hold what was counted. Raises BackendUnavailable naming what is not."""
    with contextlib.closing(sqlite3.connect(_uri(store, "ro&immutable=1"), uri=True)) as copy:
        copy.execute("ATTACH DATABASE ? AS pages", (_uri(pages, "ro&immutable=1"),))
        for name in ("main", "pages"):
            if (told := copy.execute(f"PRAGMA {name}.quick_check(1)").fetchone()[0]) != "ok":
                raise BackendUnavailable(f"the copy {store if name == 'main' else pages} is damaged: {told}")
        found = _facts(copy)
    if found != (schema, counts):
        raise BackendUnavailable(f"the copy {store} holds {found[1]} at schema {found[0]}, not {counts} at {schema}")


@contextlib.contextmanager
def _one_instant(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose view of both files is of the same instant, for as long as it is open."""
    with contextlib.closing(_connect(file)) as reader:
        with contextlib.closing(_connect(file)) as writer:
            writer.execute("BEGIN IMMEDIATE")  # nobody commits until both views have begun
            reader.execute("BEGIN")
            for name in ("main", "pages"):
                reader.execute(f"SELECT count(*) FROM {name}.sqlite_master").fetchone()  # noqa: S608 - the two names above
            writer.execute("ROLLBACK")
        yield reader


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(_uri(file, "rw"), uri=True, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
    connection.execute("ATTACH DATABASE ? AS pages", (_uri(pages_file(file), "rwc"),))
    return connection


def _uri(file: Path, mode: str) -> str:
    return f"{file.absolute().as_uri()}?mode={mode}"


def _facts(connection: sqlite3.Connection) -> tuple[str, dict[str, int]]:
    """The schema's revision, and table -> rows of those tables that this schema has."""
    (schema,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    there = {name for (name,) in connection.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")}
    there |= {f"pages.{name}" for (name,) in connection.execute("SELECT name FROM pages.sqlite_master WHERE type = 'table'")}
    return schema, {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - names of our own, above
        for name in COUNTED
        if name in there
    }
