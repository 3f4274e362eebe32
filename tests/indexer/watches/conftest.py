"""A store, an embedded index, a real webhook on loopback, and articles that are filed and pushed as the service does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.filing import file_article
from crawler.model.page import Page
from crawler.store.articles import Visit, insert_article
from crawler.store.database import Database
from crawler.store.outbox import put_in_outbox
from crawler.store.watches import WatchRow
from indexer.engines.embedded import EmbeddedEngine
from indexer.push import Pushing, push_pending
from indexer.watches.keeping import add_watch, make_settings
from indexer.watches.noting import Noter
from indexer.watches.settings import AlertSettings
from tests.conftest import NOON
from tests.indexer.watches.webhook import Webhook, serving
from tests.indexer.web.conftest import browser as browser

LOOPBACK = AlertSettings(allow_hosts=("127.0.0.1",), time_limit="3s")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving() as hook:
        yield hook


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    opened = EmbeddedEngine(tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture
def file(database: Database, make_article: Any) -> Callable[..., str]:
    """Put an article into store and outbox; `whole`: as a crawl files it, into its story."""

    def put(number: int, title: str, text: str = "", *, outlet: str = "kresy", whole: bool = False, **changes: Any) -> str:
        changes = {"published_at": NOON, "first_seen_at": NOON} | changes
        text = text or f"Tekst depeszy numer {number}, który nie mówi nic o tym, co stoi w tytule."
        article = make_article(f"https://{outlet}.example/{number}", text, title=title, outlet=outlet, **changes)
        page = Page(requested_url=article.url, final_url=article.url, status=200, fetched_at=article.first_seen_at, outlet=outlet)
        with database.write() as connection:
            if whole:
                file_article(connection, article, page)
            else:
                insert_article(connection, article, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
                put_in_outbox(connection, {article.id: article.index_version}, NOON)
        return str(article.id)

    return put


@pytest.fixture
def push(database: Database, engine: EmbeddedEngine) -> Callable[..., None]:
    """Push as the service does, watches included."""

    def run(now: datetime = NOON) -> None:
        report = push_pending(database, engine, now=now, how=Pushing(note=Noter(engine.forms, now).note))
        assert report.stopped is None and report.waiting == 0

    return run


@pytest.fixture
def watch(database: Database, engine: EmbeddedEngine, webhook: Webhook) -> Callable[..., WatchRow]:
    """Add a watch that sends to the webhook."""

    def make(query: str, name: str = "Korea", now: datetime = NOON - timedelta(minutes=1), **settings: Any) -> WatchRow:
        chosen = {"digest": None, "zone": "Europe/Warsaw", "quiet": None} | settings
        return add_watch(database, engine, name, query, make_settings([webhook.url], **chosen), now)

    return make
