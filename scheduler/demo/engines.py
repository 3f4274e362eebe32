"""The search engine that the demo uses: the embedded one, or Elasticsearch: yours if DEPESZA_INDEXER_URL names one, else a local one.

Whatever the demo makes outside its folder it removes again; the store stays, so `depesza index push` brings the index back.
Not here: what is searched (`findings`).
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from crawler.config import CONFIG_NAME, Locations, find_locations
from crawler.errors import DepeszaError
from crawler.settings import PREFIX
from indexer.config import indexer_settings

SERVER = "elasticsearch"
"""The local server's folder in the data folder, where `depesza elasticsearch` looks for it."""
_CONNECTION = ("URL", "CLOUD_ID", "CA_FILE", "FINGERPRINT", "USER", "PASSWORD", "API_KEY", "TIMEOUT_S")
"""Settings of [indexer] that the demo takes from the environment: how Elasticsearch is reached, not what it is used for."""


class Engine(StrEnum):
    """What `depesza demo --engine` may name."""

    EMBEDDED = "embedded"
    ELASTICSEARCH = "elasticsearch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """An engine that is ready to be filled."""

    locations: Locations
    next_commands: tuple[str, ...]
    """How to search on in what the demo leaves, to be typed one after the other."""


def connection_variables() -> dict[str, str]:
    """The environment's settings of how to reach an Elasticsearch; nothing when it names none (then a local one is started)."""
    known = {f"{PREFIX}INDEXER_{name}{end}" for name in _CONNECTION for end in ("", "_FILE")}
    found = {name: value for name, value in os.environ.items() if name in known}
    is_named = any(f"{PREFIX}INDEXER_{name}{end}" in found for name in ("URL", "CLOUD_ID") for end in ("", "_FILE"))
    return found if is_named else {}


@contextmanager
def engine_ready(engine: Engine, folder: Path, report: Callable[[str], None]) -> Iterator[Ready]:
    """Have the engine ready while the block runs. `report` gets a line of progress now and then.

    Raises BackendUnavailable when no Elasticsearch can be started or reached, ConfigError for how it is to be reached.
    """
    where = f"--data-dir {shlex.quote(str(folder))}"
    search, status = f"depesza search 'prezydent Warszawy' {where}", f"depesza status {where}"
    show = f"depesza serve {where}"
    if engine is Engine.EMBEDDED:
        yield Ready(locations=find_locations(folder, folder / CONFIG_NAME, {}), next_commands=(search, status, show))
        return
    where = f"--config {shlex.quote(str(folder / CONFIG_NAME))} {where}"
    search, push = f"depesza search 'prezydent Warszawy' {where}", f"depesza index push {where}"
    show = f"depesza serve {where}"
    if connection_variables():
        with _own_index(_write_settings(folder, None), report) as locations:
            yield Ready(locations=locations, next_commands=(push, search, show))
        return
    with _local_server(folder, report) as port:
        start = f"depesza elasticsearch start --port {port} --data-dir {shlex.quote(str(folder))}"
        locations = _write_settings(folder, f"http://127.0.0.1:{port}")
        yield Ready(locations=locations, next_commands=(start, push, search, show, start.replace(f"start --port {port}", "stop")))


def forget_server(folder: Path) -> None:
    """Stop and remove the local server of an earlier demo in this folder, if there is one."""
    if (folder / SERVER).exists():
        from indexer.local_elasticsearch.server import LocalElasticsearch

        LocalElasticsearch(folder / SERVER).delete()


def _write_settings(folder: Path, url: str | None) -> Locations:
    """The folder's `depesza.toml`, for the demo and for the commands that go on. `url` None: as the environment says."""
    lines = ["[indexer]", 'engine = "elasticsearch"', f'index = "depesza_demo_{secrets.token_hex(4)}"']
    if url:
        lines.append(f"url = {json.dumps(url)}")
    (folder / CONFIG_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return find_locations(folder, folder / CONFIG_NAME, {})


@contextmanager
def _own_index(locations: Locations, report: Callable[[str], None]) -> Iterator[Locations]:
    """Indices of the demo's own on somebody's cluster, removed at the end."""
    from indexer.engines.elastic_client import make_client
    from indexer.engines.elastic_indices import ElasticIndices

    settings = indexer_settings(locations)
    try:
        yield locations
    finally:
        client = make_client(settings)
        try:
            ElasticIndices(client, settings.index).remove_all()
        except DepeszaError as error:
            report(f"The demo's indices {settings.index}-* could not be removed: {error}")
        finally:
            client.close()


@contextmanager
def _local_server(folder: Path, report: Callable[[str], None]) -> Iterator[int]:
    """A local Elasticsearch in the demo's folder, on a free port; stopped and removed at the end."""
    from indexer.local_elasticsearch import check_platform

    check_platform()
    from indexer.local_elasticsearch.configuration import ServerOptions
    from indexer.local_elasticsearch.server import LocalElasticsearch

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = LocalElasticsearch(folder / SERVER, ServerOptions(port=port))
    report("Elasticsearch starts on this machine (the first time it is fetched, 99 MB) ...")
    try:
        server.start()
        yield port
    finally:
        server.delete()
