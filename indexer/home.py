"""Which data folder holds the embedded index of a store that several machines share: one, and no other may push to its own.

Every machine would have an index of its own otherwise, each with a part of the articles. The folder is known by a random name that lies
in it, for host names and paths change with a container. With Elasticsearch, or a SQLite store, there is nothing to guard.
"""

from __future__ import annotations

import secrets
import socket
from datetime import datetime, timedelta

from crawler.config import Locations
from crawler.errors import BackendUnavailable, ConfigError
from crawler.store import leases
from crawler.store.database import Database

NAME = "embedded index"
"""Of its row among the leases."""
_FOR_GOOD = timedelta(days=36_500)


def own_embedded(locations: Locations, database: Database, engine: str, now: datetime, *, take: bool = False) -> None:
    """Make sure that this data folder is the index's home, or becomes it where there is none; `take`: whoever had it before.

    Raises ConfigError naming the home and the ways out.
    """
    if engine != "embedded" or database.is_sqlite:
        return
    token = _token(locations)
    here = f"{socket.gethostname()}, folder {locations.data_dir} ({token})"
    with database.write() as connection:
        home = leases.holder(connection, NAME, now)
        if home is not None and not home.endswith(f"({token})"):
            if not take:
                raise ConfigError(
                    f"the embedded search index of this store is on another machine ({home.rpartition(' (')[0]}) and cannot be shared: set "
                    '[indexer] engine = "elasticsearch" on all machines, or move it here with `depesza index rebuild`'
                )
            leases.release(connection, home, [NAME])
        leases.claim(connection, [NAME], here if take or home is None else home, now, _FOR_GOOD.total_seconds())


def _token(locations: Locations) -> str:
    path = locations.data_dir / "embedded-index.id"
    try:
        locations.data_dir.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="ascii") as file:
                file.write(secrets.token_hex(8))
        except FileExistsError:
            pass
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BackendUnavailable(f"{path} cannot be used: {error.strerror}") from error
