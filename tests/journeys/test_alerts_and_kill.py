"""Pushing and alerting are killed with SIGKILL at random moments; a real webhook tells what arrived. Nothing missed, nothing doubled."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.config import Locations, find_locations, store_url
from crawler.store.articles import Visit, insert_article
from crawler.store.database import Database, open_database
from crawler.store.outbox import count_outbox, put_in_outbox
from indexer.config import indexer_settings
from indexer.engines.choose import open_engine
from indexer.watches.delivering import deliver_due
from indexer.watches.keeping import add_watch, make_settings
from indexer.watches.settings import alert_settings
from tests.indexer.watches.webhook import Webhook, serving

ARTICLES = 120
WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from crawler.config import find_locations, store_url
from crawler.store.database import open_database
from scheduler.crawling import deliver, push
locations = find_locations(data_dir=Path(sys.argv[1]))
database = open_database(store_url(locations))
print("ready", flush=True)
push(locations, database)
deliver(locations, database)
print("done", flush=True)
"""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving() as hook:
        yield hook


def newsroom(folder: Path, make_article: Any, webhook: Webhook, articles: int) -> tuple[Locations, Database, set[str]]:
    """A watch, and articles that it finds waiting in the outbox."""
    config = folder / "depesza.toml"
    config.write_text('[watches]\nallow_hosts = ["127.0.0.1"]\n[indexer]\nbatch = 10\n', encoding="utf-8")
    locations = find_locations(folder, config, {})
    database = open_database(store_url(locations))
    engine = open_engine(indexer_settings(locations), locations)
    now = datetime.now(UTC)
    add_watch(database, engine, "talks", "rozmowy", make_settings([webhook.url], digest=None, zone="UTC", quiet=None), now)
    engine.close()
    ids = set()
    with database.write() as connection:
        for number in range(articles):
            article = make_article(
                f"https://kresy.example/{number}",
                f"Rozmowy numer {number}.",
                title=f"Rozmowy {number}",
                published_at=now,
                first_seen_at=now,
            )
            insert_article(connection, article, Visit(at=now, source_updated_at=None, next_visit_at=None))
            put_in_outbox(connection, {article.id: article.index_version}, now)
            ids.add(article.id)
    return locations, database, ids


@pytest.mark.slow
def test_alerts_are_neither_missed_nor_doubled_over_kills(tmp_path: Path, make_article: Any, webhook: Webhook) -> None:
    locations, database, ids = newsroom(tmp_path, make_article, webhook, ARTICLES)
    chance = random.Random(3)
    for _ in range(6):
        worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.9))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    finished = subprocess.run(
        [sys.executable, "-c", WORKER, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.returncode == 0, finished.stderr
    with database.read() as connection:
        assert count_outbox(connection) == 0
    engine = open_engine(indexer_settings(locations), locations)
    deliver_due(
        database, engine, alert_settings(locations), datetime.now(UTC) + timedelta(minutes=10)
    )  # what a killed one had taken
    engine.close()
    received = {(body["key"], article["id"]) for body in webhook.bodies for article in body["articles"]}
    assert {article for _, article in received} == ids, "an alert was missed"
    assert len(received) == len(ids), "what comes twice comes with the same key"


@pytest.mark.slow
def test_a_kill_between_push_and_delivery_neither_doubles_nor_misses_an_alert(
    tmp_path: Path, make_article: Any, webhook: Webhook
) -> None:
    _, database, ids = newsroom(tmp_path, make_article, webhook, 5)
    worker = WORKER.replace("deliver(locations, database)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    killed = subprocess.run([sys.executable, "-c", worker, str(tmp_path)], capture_output=True, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL and not webhook.bodies
    for _ in range(2):
        subprocess.run([sys.executable, "-c", WORKER, str(tmp_path)], capture_output=True, timeout=120, check=True)
    assert sorted(article["id"] for body in webhook.bodies for article in body["articles"]) == sorted(ids)
    database.close()
