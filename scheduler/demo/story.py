"""The story of `depesza demo`: serve the sample, crawl and push twice, change something between, look at what was found.

It calls the functions that the other commands call; nothing is staged but the outlets. Not here: how the result is printed.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from crawler.config import CONFIG_NAME, Locations, store_url
from crawler.errors import ConfigError
from crawler.model.run import RunReport
from crawler.outlets.choosing import choose_outlets, open_catalogue
from crawler.settings import PREFIX
from crawler.store.database import Database, open_database
from crawler.terminal import out_json, say
from scheduler.crawling import CrawlRequest, crawl, push
from scheduler.demo.engines import Engine, connection_variables, engine_ready, forget_server
from scheduler.demo.findings import find_all
from scheduler.demo.outlets import write_outlets
from scheduler.demo.result import DemoResult
from scheduler.demo.result import as_json as result_as_json
from scheduler.demo.server import DemoServer

MARKER = "depesza-demo.txt"
"""Stands in a folder that the demo made: only such a folder is used again, after it was emptied."""
REVISIT_S = 1.0
"""The shortest `revisit` in the sample (Goniec Stołeczny): the second crawl must not begin earlier."""
_OURS = (CONFIG_NAME, "depesza.sqlite*", "depesza-pages.sqlite*", "access.tsv", "index", "runs", "outlets")


def run_demo(data_dir: Path | None, as_json: bool = False, engine: Engine = Engine.EMBEDDED) -> int:
    """`depesza demo`: play it in `data_dir` (None: a new temporary folder, which stays), print, return the exit code.

    Progress goes to standard error. Exit code 1 when a crawl did not finish. Raises ConfigError for a folder that holds
    something else, BackendUnavailable without the engine that is asked for.
    """
    folder = make_folder(data_dir)
    with _own_settings(connection_variables() if engine is Engine.ELASTICSEARCH else {}):
        result = play(folder, say, engine)
    if as_json:
        out_json(result_as_json(result))
    else:
        from scheduler.demo.printing import open_console, print_demo

        print_demo(result, open_console(sys.stdout))
    return 0 if all(run.finished for run in result.runs) else 1


def play(folder: Path, report: Callable[[str], None], engine: Engine = Engine.EMBEDDED) -> DemoResult:
    """Serve, crawl, change, crawl again, look. `report` gets a line of progress now and then."""
    ready_engine = engine_ready(engine, folder.absolute(), report)
    with ready_engine as ready, DemoServer(log_path=folder / "access.tsv") as server:
        locations = ready.locations
        write_outlets(locations.outlets_dir, server.origins)
        request = CrawlRequest(outlets=choose_outlets(open_catalogue(locations), sorted(server.origins)))
        database = open_database(store_url(locations))
        try:
            report(f"{len(server.origins)} outlets answer on loopback. First crawl ...")
            first = _crawl_and_push(locations, database, request, report)
            server.advance()
            time.sleep(REVISIT_S)
            report("The outlets corrected, renamed and added something. Second crawl ...")
            before = len(server.log)
            second = _crawl_and_push(locations, database, request, report)
            found = find_all(locations, database, (first, second), server, server.log[before:])
            return replace(found, engine=engine.value, next_commands=ready.next_commands)
        finally:
            database.close()


def make_folder(data_dir: Path | None) -> Path:
    """A folder for the demo alone. One that an earlier demo made is emptied of what the demo put there.

    Raises ConfigError for a folder that holds anything else: the demo would mix its inventions with real articles.
    """
    if data_dir is None:
        folder = Path(tempfile.mkdtemp(prefix="depesza-demo-"))
    else:
        folder = data_dir
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MARKER).exists() and any(folder.iterdir()):
            raise ConfigError(f"{folder} is not empty: the demo invents its articles and wants a folder of its own")
        _empty(folder)
    (folder / MARKER).write_text("Made by `depesza demo`: invented outlets and articles. Delete it when you like.\n", "utf-8")
    return folder


def _crawl_and_push(locations: Locations, database: Database, request: CrawlRequest, report: Callable[[str], None]) -> RunReport:
    """One crawl and one push. What stopped either is said at once: the search that follows would only say that it is empty."""
    run = crawl(locations, database, request)
    if not run.finished:
        report(f"The crawl did not finish: {run.error}")
    pushed = push(locations, database)
    if pushed.stopped:
        report(f"Not everything was pushed to the index: {pushed.stopped}")
    return run


def _empty(folder: Path) -> None:
    forget_server(folder)
    for pattern in _OURS:
        for path in folder.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


@contextmanager
def _own_settings(allowed: Mapping[str, str]) -> Iterator[None]:
    """Without this installation's DEPESZA_ variables but those `allowed`: the demo must not write to the store that they name."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(PREFIX)}
    os.environ.update(allowed)
    try:
        yield
    finally:
        os.environ.update(kept)
