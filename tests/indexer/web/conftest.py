"""The made-up newsroom on a real uvicorn, and a real Chromium before it that reports whatever a page should not do."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import uvicorn
from playwright.sync_api import Browser, Dialog, Page, Request, expect, sync_playwright

from crawler.store.database import open_database
from indexer.api.app import make_app
from indexer.api.settings import WebSettings
from indexer.desk import Desk
from indexer.engines.embedded import EmbeddedEngine
from indexer.push import push_pending
from indexer.watches.settings import AlertSettings
from tests.indexer.watched_outlet import MadePlans, plan_of

from .stage import ARTICLES, NOON, fill_store

PATIENCE_MS = 90_000
"""A machine on which four tests run at once and other work besides is slow, not wrong."""
expect.set_options(timeout=PATIENCE_MS)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The newsroom of `stage`, pushed to an embedded index. Its reader lives in Warsaw."""
    folder = tmp_path_factory.mktemp("pages")
    database = open_database(f"sqlite:///{folder / 'depesza.sqlite'}")
    fill_store(database)
    engine = EmbeddedEngine(folder / "index")
    report = push_pending(database, engine, now=NOON)
    assert report.written == len(ARTICLES), report
    opened = Desk(database, engine, now=lambda: NOON, zone=ZoneInfo("Europe/Warsaw"))
    opened.plans = MadePlans({"pap": plan_of("pap", NOON)})
    yield opened
    engine.close()
    database.close()


@pytest.fixture(scope="session")
def address(desk: Desk) -> Iterator[str]:
    """Where the pages are served."""
    app = make_app(desk, WebSettings(requests_per_s=1e5, burst=10**6), AlertSettings(allow_hosts=("127.0.0.1",), time_limit="5s"))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=20)


def browser_path() -> str | None:
    """The system's browser: DEPESZA_TEST_CHROMIUM, or the first that is installed."""
    return os.environ.get("DEPESZA_TEST_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, closed behind each file: while playwright lives, nothing else in the process can use asyncio.

    Without one its tests are skipped with one line, or fail where everything is required.
    """
    path = browser_path()
    if path is None:
        told = f"NO BROWSER: the tests of the pages are skipped; install chromium, or name one in DEPESZA_TEST_CHROMIUM ({', '.join(BROWSERS)})"
        if os.environ.get("DEPESZA_TEST_REQUIRE") == "all":
            pytest.fail(told)
        pytest.skip(told)
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[OpenPage]:
    """`open_page("/?q=most", **context options)`: a page in a context of its own. Afterwards nothing may have gone wrong in it.

    What a page may not do: write errors or warnings to the console (a violated policy is one), throw, open a dialog, or ask
    anybody but the service itself. `status`: what the address answers; another than 200 is an error in the console, too.
    """
    wrong: list[str] = []
    with contextlib.ExitStack() as opened:

        def run(path: str = "/", status: int = 200, **options: Any) -> Page:
            context = browser.new_context(base_url=address, **({"locale": "en-GB", "reduced_motion": "reduce"} | options))
            context.set_default_timeout(PATIENCE_MS)
            opened.callback(context.close)
            page = context.new_page()
            page.on("console", lambda message: _note(wrong, message.text, message.type, status))
            page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
            page.on("dialog", lambda dialog: _close(wrong, dialog))
            page.on("request", lambda request: _watch(wrong, request, address))
            answer = page.goto(path)
            assert answer is not None and answer.status == status, (path, answer and answer.status)
            return page

        yield run
    assert wrong == []


def _note(wrong: list[str], text: str, kind: str, status: int) -> None:
    if kind in ("error", "warning") and not (status != 200 and f"status of {status}" in text):
        wrong.append(f"{kind}: {text}")


def _close(wrong: list[str], dialog: Dialog) -> None:
    wrong.append(f"dialog {dialog.message}")
    dialog.dismiss()


def _watch(wrong: list[str], request: Request, address: str) -> None:
    if urlsplit(request.url).scheme != "data" and not request.url.startswith(f"{address}/"):
        wrong.append(f"asked {request.url}")


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go: a temporary folder, or DEPESZA_TEST_SCREENSHOTS to look at them."""
    folder = Path(os.environ.get("DEPESZA_TEST_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder
