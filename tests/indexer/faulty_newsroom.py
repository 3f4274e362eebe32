"""A store whose outbox goes to a real Elasticsearch through a proxy that misbehaves, for the tests of faults and of races."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch

from crawler.store.articles import Visit, article_ids, insert_article, read_articles, replace_article
from crawler.store.database import Database, open_database
from crawler.store.outbox import count_outbox, put_in_outbox
from indexer.config import IndexerSettings
from indexer.engines.elastic import ElasticEngine
from indexer.push import Pushing, PushReport, push_pending
from indexer.sending import Patience
from indexer.store_forms import StoreForms

from .faulty_proxy import (
    FaultyProxy,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HASTY = Patience(chance=lambda: 0.5, sleep=lambda seconds: time.sleep(seconds / 50))
ROOT = Path(__file__).parent.parent.parent
TIMEOUT_S = 20.0
SHORT_S = 1.0
"""A time-out for tests that wait for one."""


class Newsroom:
    """A store whose outbox goes through a proxy to an index."""

    def __init__(self, database: Database, proxy: FaultyProxy, index: str, make_article: Any) -> None:
        self.database = database
        self.proxy = proxy
        self.index = index
        self.engines: list[ElasticEngine] = []
        self.engine = self.open_engine()
        self._make_article = make_article

    def open_engine(self, timeout_s: float = TIMEOUT_S) -> ElasticEngine:
        settings = IndexerSettings(engine="elasticsearch", url=self.proxy.url, index=self.index, timeout_s=timeout_s)
        opened = ElasticEngine(settings, lambda: StoreForms(open_database(url_of(self.database))))
        self.engines.append(opened)
        return opened

    def file(self, numbers: range, **changes: Any) -> list[str]:
        """New articles, in two calendar months."""
        ids = []
        with self.database.write() as connection:
            for number in numbers:
                seen = NOON - timedelta(days=40 * (number % 2))
                values = {"first_seen_at": seen} | changes
                article = self._make_article(f"https://kresy.example/{number}", **values)
                insert_article(connection, article, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
                put_in_outbox(connection, {article.id: article.index_version}, NOON)
                ids.append(article.id)
        return ids

    def revise(self, one: str) -> None:
        """An article's text changes."""
        with self.database.write() as connection:
            [article] = read_articles(connection, [one])
            version = article.index_version + 1
            changed = replace(article, text=f"Wersja {version} depeszy.", index_version=version)
            replace_article(connection, changed, None, revised=False, at=NOON)
            put_in_outbox(connection, {one: version}, NOON)

    def push(self, engine: ElasticEngine | None = None, **how: Any) -> PushReport:
        options = {"batch": 50, "patience": HASTY} | how
        return push_pending(self.database, engine or self.engine, now=NOON, how=Pushing(**options))

    def depesza(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, as a person starts it, over this store and this index."""
        with self.start(*words) as process:
            said, warned = process.communicate(timeout=120)
        return subprocess.CompletedProcess(words, process.returncode, said, warned)

    def start(self, *words: str) -> subprocess.Popen[str]:
        folder = Path(str(self.database.engine.url.database)).parent
        where = {"ENGINE": "elasticsearch", "URL": self.proxy.url, "INDEX": self.index, "BATCH": "500"}
        environ = {f"DEPESZA_INDEXER_{name}": value for name, value in where.items()}
        return subprocess.Popen(
            [sys.executable, "-m", "scheduler.command", "--data-dir", str(folder), *words],
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environ},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip

    def is_whole(self, *, without: set[str] = frozenset()) -> None:  # type: ignore[assignment]  # an empty set
        """The index is what the store says, and nothing waits."""
        self.proxy.settle()
        with self.database.read() as connection:
            ids = article_ids(connection, limit=100_000)
            wanted = {one.id: (one.index_version, one.text) for one in read_articles(connection, ids)}
            assert count_outbox(connection) == 0
        client = Elasticsearch(self.proxy.target)
        client.indices.refresh(index=self.index)
        hits = client.search(index=self.index, size=10_000, version=True, source=["index_version", "text"])["hits"]["hits"]
        client.close()
        assert len(hits) == len({hit["_id"] for hit in hits}), "an id stands twice in the index"
        found = {hit["_id"]: (hit["_source"]["index_version"], hit["_source"]["text"]) for hit in hits}
        assert found == {one: value for one, value in wanted.items() if one not in without}
        assert [hit["_version"] for hit in hits] == [hit["_source"]["index_version"] for hit in hits]


def url_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)
