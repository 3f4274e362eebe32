"""An alarm's whole way: asked for by command and by API, an outlet that falls silent, the service that crawls, judges and sends, a real
webhook. Once an incident, once its end, whatever is started again meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from crawler.config import find_locations, store_url
from crawler.store import schema
from crawler.store.database import Database, open_database
from crawler.store.tokens import add_token
from indexer.api.app import make_app
from indexer.api.settings import WebSettings
from indexer.config import indexer_settings
from indexer.desk import Desk
from indexer.engines.choose import open_engine
from indexer.watches.settings import AlertSettings
from scheduler.service import Service
from tests.indexer.api.newsroom import served
from tests.indexer.watches.webhook import Webhook, serving
from tests.scheduler.conftest import Said, SmallOutlet
from tests.scheduler.test_service import running, until

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def store(small_outlet: SmallOutlet) -> Iterator[Database]:
    config = small_outlet.locations.data_dir / "depesza.toml"
    more = '[watches]\nallow_hosts = ["127.0.0.1"]\ngather_alarms = "1s"\n[scheduler]\npush_every = "1s"\n'
    config.write_text(config.read_text("utf-8") + more, "utf-8")
    small_outlet.locations = find_locations(config.parent, config, {})
    small_outlet.write(schedule='[schedule]\nevery = "2s"')
    database = open_database(store_url(small_outlet.locations))
    yield database
    database.close()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving() as hook:
        yield hook


def deliver_all(small_outlet: SmallOutlet) -> int:
    """How many messages `watch deliver` sends until none waits."""
    sent = []

    def is_done() -> bool:
        counts = json.loads(small_outlet.run("watch", "deliver", "--json").stdout)
        assert counts["failed"] == 0
        sent.append(counts["sent"])
        return not counts["waiting"]

    until(is_done, 120)
    return sum(sent)


def add_by_api(small_outlet: SmallOutlet, database: Database, to: str) -> dict[str, Any]:
    engine = open_engine(indexer_settings(small_outlet.locations), small_outlet.locations)
    with database.write() as connection:
        secret, _ = add_token(connection, "me", ["write"], datetime.now(UTC))
    settings, alerts = WebSettings(), AlertSettings(allow_hosts=("127.0.0.1",))
    with served(make_app(Desk(database, engine, now=lambda: datetime.now(UTC), zone=UTC), settings, alerts), settings) as address:
        asked = {"name": "By API", "kind": "alarm", "outlets": ["jodlowo"], "verdicts": ["unreachable"], "to": [to]}
        answer = httpx.post(f"{address}/api/v1/watches", json=asked, headers={"Authorization": f"Bearer {secret}"}, timeout=20)
    engine.close()
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def start_again(small_outlet: SmallOutlet, said: Said) -> None:
    """A service begins, crawls, judges, and ends."""
    said.clear()
    with running(Service(small_outlet.locations)):
        until(lambda: any(one["event"] == "crawl finished" for one in said), 120)


def an_hour_passes(database: Database) -> None:
    """As an outlet sees it that was last silent an hour ago."""
    with database.write() as connection:
        connection.execute(schema.incident.update().values(seen_at=datetime.now(UTC) - timedelta(hours=1, seconds=1)))


def test_an_alarm_is_sent_once_an_incident_and_once_at_its_end_over_restarts(
    small_outlet: SmallOutlet, store: Database, webhook: Webhook, said: Said
) -> None:
    added = small_outlet.run("watch", "add", "Health", "--alarms", "--to", webhook.url)
    assert added.exit_code == 0, added.stderr
    small_outlet.is_down = True
    with running(Service(small_outlet.locations)):  # it crawls by the clock, judges, and sends by itself
        until(lambda: webhook.bodies, 120)
    (body,) = webhook.bodies
    assert [(one["outlet"], one["outlet_name"], one["verdict"], one["state"]) for one in body["incidents"]] == [
        ("jodlowo", "Głos Jodłowa", "unreachable", "open"),
    ]  # fmt: skip
    start_again(small_outlet, said)
    assert small_outlet.run("crawl", "--force", "--no-push").exit_code == 1
    assert deliver_all(small_outlet) == 0, "the fault goes on, and is not told again"
    with serving() as second:
        added_by_api = add_by_api(small_outlet, store, second.url)
        assert (added_by_api["kind"], added_by_api["verdicts"]) == ("alarm", ["unreachable"])
        assert deliver_all(small_outlet) == 1, "who begins to watch hears what is wrong now"
        small_outlet.is_down = False
        an_hour_passes(store)
        assert small_outlet.run("crawl", "--force", "--no-push").exit_code == 0
        assert deliver_all(small_outlet) == 0, "one good answer is no recovery"
        assert small_outlet.run("crawl", "--force", "--no-push").exit_code == 0
        assert deliver_all(small_outlet) == 2
        start_again(small_outlet, said)
        assert deliver_all(small_outlet) == 0
    for hook in (webhook, second):
        assert [one["state"] for body in hook.bodies for one in body["incidents"]] == ["open", "closed"]
        assert len(set(hook.keys)) == len(hook.keys) == 2
    shown = json.loads(small_outlet.run("watch", "show", "Health", "--json").stdout)
    assert sorted((one["is_recovery"], one["status"]) for one in shown["deliveries"]) == [(False, "sent"), (True, "sent")]
