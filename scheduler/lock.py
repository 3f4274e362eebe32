"""One service keeps time for a store: a file lock beside a SQLite store, a lease with a heartbeat in PostgreSQL.

The file lock belongs to the process and goes with it, so a killed service can be started again at once. On PostgreSQL one of several
services leads, and the lease passes to another when its heartbeat stops (`scheduler.heart`). Leases of outlets are the crawler's
(`crawler.store.leases`).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from crawler.errors import BackendUnavailable
from crawler.store import leases
from crawler.store.database import Database

SERVICE = "service"
"""Name of the lease."""
PROBED_S = 2.0
"""So long a service waits for the lock: `service_holder` asks who has it by taking it for a moment."""


@contextlib.contextmanager
def only_service(database: Database, owner: str) -> Iterator[None]:
    """Hold the place of the one service of this store; on PostgreSQL that is the heartbeat's work, and nothing is held here.

    Raises BackendUnavailable naming the holder (SAFETY F32).
    """
    if not database.is_sqlite:
        yield
        return
    with _file_lock(lock_path(database), owner):
        yield


def service_holder(database: Database, now: datetime) -> str | None:
    """Who runs the service of this store, or None."""
    if not database.is_sqlite:
        with database.read() as connection:
            return leases.holder(connection, SERVICE, now)
    path = lock_path(database)
    if not path.exists():
        return None
    try:
        with path.open("r+", encoding="utf-8") as file:
            if _try_lock(file):
                return None
            return file.read().strip() or "another process"
    except OSError:
        return None


def lock_path(database: Database) -> Path:
    """The lock file of a SQLite store."""
    return Path(f"{Path(str(database.engine.url.database)).absolute()}.service.lock")


@contextlib.contextmanager
def _file_lock(path: Path, owner: str) -> Iterator[None]:
    with path.open("a+", encoding="utf-8") as file:
        if not _try_lock(file, PROBED_S):
            file.seek(0)
            raise _taken(str(path.with_name(path.name.removesuffix(".service.lock"))), file.read().strip() or "another process")
        file.truncate(0)
        file.write(owner)
        file.flush()
        yield


def _try_lock(file: IO[str], patience_s: float = 0.0) -> bool:
    """An exclusive lock that ends with the open file; False when somebody holds it for so long."""
    until = time.monotonic() + patience_s
    while not (locked := _lock_now(file)) and time.monotonic() < until:
        time.sleep(0.05)
    return locked


def _lock_now(file: IO[str]) -> bool:
    try:
        if os.name == "nt":  # pragma: no cover - the locked byte lies past the text, which stays readable
            import msvcrt

            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined, unused-ignore]  # of Windows only
            file.seek(0)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _taken(store: str, holder: str) -> BackendUnavailable:
    return BackendUnavailable(
        f"a service runs on the store {store} already ({holder}): stop it first, or give this one another store"
    )
