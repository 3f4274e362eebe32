"""Real Elasticsearch servers for tests: one that all workers of a run share, and further ones with settings of their own.

Nothing is left behind, however a run ends: every process that uses a server holds a shared lock on a file in its folder, and
a keeper, a process of its own, waits for that file to be free (the kernel frees it when the last holder ends, killed or not),
stops the server and removes the folder. `python tests/elasticsearch_server.py FOLDER` is the keeper.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import pytest

from indexer.local_elasticsearch.configuration import ServerOptions, Setting
from indexer.local_elasticsearch.server import LocalElasticsearch

HEAP = "512m"
ALWAYS: dict[str, Setting] = {"cluster.routing.allocation.disk.threshold_enabled": False}
"""A nearly full disk must not make the indices read-only in the middle of a run."""
ROOT = Path(__file__).parent.parent
Made = TypeVar("Made")


@contextmanager
def start_elasticsearch(
    settings: Mapping[str, Setting] | None = None, files: Mapping[str, str | bytes] | None = None
) -> Iterator[LocalElasticsearch]:
    """A server of the test's own, e.g. with security or TLS, or to be stopped and started again (`.stop()`, `.start()`).

    `settings` are lines of elasticsearch.yml, `files` further files of its configuration folder (users, certificates).
    Skips the test where no server can run. Costs 9 s.
    """
    folder = new_folder()
    with (folder / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        _keep(folder)
        server = LocalElasticsearch(
            folder / "server",
            ServerOptions(port=free_port(), heap=HEAP, settings={**ALWAYS, **(settings or {})}, files=files or {}),
        )
        or_skip(server.start)
        try:
            yield server
        finally:
            server.stop()


def shared_url(run_folder: Path, hold: contextlib.ExitStack) -> str:
    """The base address of the run's server; the first of the run's processes that asks starts it.

    `run_folder` is common to the run's processes; `hold` is closed when this process needs the server no more.
    """
    run_folder.mkdir(parents=True, exist_ok=True)
    with (run_folder / "elasticsearch.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        known = lock.read()
        if known and (server := _join(Path(known), hold)):
            return server.url
        folder = new_folder()
        hold.enter_context(_holding(folder))
        _keep(folder)
        server = _server_in(folder, free_port())
        or_skip(server.start)
        lock.truncate(0)
        lock.write(str(folder))
        return server.url


def free_port() -> int:
    """A port of loopback that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def or_skip(work: Callable[[], Made]) -> Made:
    """What `work` gives; the test is skipped where no server can run, unless none may be (DEPESZA_TEST_REQUIRE=all)."""
    try:
        return work()
    except Exception as error:
        if os.environ.get("DEPESZA_TEST_REQUIRE") == "all":
            raise
        pytest.skip(f"NO ELASTICSEARCH: its tests are skipped ({error})")


def clean_up(url: str, prefix: str) -> None:
    """Remove the indices and templates whose names begin with `prefix`; aliases go with their indices."""
    for name in [*_call(url, f"/{prefix}*?expand_wildcards=all")]:
        _call(url, f"/{name}", "DELETE")
    for kind, listed in (("_index_template", "index_templates"), ("_component_template", "component_templates")):
        for template in _call(url, f"/{kind}/{prefix}*").get(listed, ()):
            _call(url, f"/{kind}/{template['name']}", "DELETE")


def _call(url: str, path: str, method: str = "GET") -> Any:
    """What the server says as JSON; an empty object for what is not there."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url + path, method=method), timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return {}
        raise


def _join(folder: Path, hold: contextlib.ExitStack) -> LocalElasticsearch | None:
    """The server in the folder if it still runs, and will as long as `hold` is open."""
    if not folder.exists():
        return None
    with contextlib.suppress(FileNotFoundError):
        hold.enter_context(_holding(folder))  # waits while its keeper ends it
        status = LocalElasticsearch(folder / "server").status()
        if status.running and status.url and status.health:
            return _server_in(folder, int(status.url.rpartition(":")[2]))
    return None


def _server_in(folder: Path, port: int) -> LocalElasticsearch:
    return LocalElasticsearch(folder / "server", ServerOptions(port=port, heap=HEAP, settings=ALWAYS))


def new_folder() -> Path:
    """A folder that every user may read, directly under the temporary folder: pytest's own folders are closed to the user that runs the server for root."""
    folder = Path(tempfile.mkdtemp(prefix="depesza-es-", dir="/tmp" if os.name == "posix" else None))
    folder.chmod(0o755)
    return folder


@contextmanager
def _holding(folder: Path) -> Iterator[IO[str]]:
    with (folder / "users").open("r+" if (folder / "users").exists() else "a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield users


def _keep(folder: Path) -> None:
    """Start the keeper of a server's folder, in a session of its own: Ctrl-C must not reach it."""
    subprocess.Popen(
        [sys.executable, str(Path(__file__)), str(folder)], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def _keeper(folder: Path) -> None:
    with (folder / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        LocalElasticsearch(folder / "server").delete()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _keeper(Path(sys.argv[1]))
