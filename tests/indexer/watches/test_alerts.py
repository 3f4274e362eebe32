"""From a pushed article to the alert: real store, real index, real webhook, a child process that sends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crawler.errors import ConfigError, QueryError
from crawler.store.database import Database
from crawler.store.watches import DeliveryStatus, find_watch, read_deliveries
from indexer.engines.embedded import EmbeddedEngine
from indexer.push import rebuild_index
from indexer.watches.delivering import DeliverReport, deliver_due
from indexer.watches.keeping import drop_watch, make_settings, pause_watch
from indexer.watches.keeping import test_watch as send_test
from indexer.watches.settings import AlertSettings
from tests.conftest import NOON
from tests.indexer.watches.conftest import LOOPBACK
from tests.indexer.watches.webhook import Webhook

DISPATCH = (
    "Rozmowy o pokoju zakończyły się w nocy bez wspólnego komunikatu, a obie delegacje wyjechały tym samym pociągiem do stolicy. "
    "Mediatorzy zapowiedzieli kolejne spotkanie na początek grudnia, choć nikt nie podał miejsca ani dokładnej daty. "
    "Gospodarze rozmów prosili dziennikarzy o cierpliwość i obiecali konferencję prasową w południe następnego dnia."
)


@pytest.fixture
def deliver(database: Database, engine: EmbeddedEngine) -> Callable[..., DeliverReport]:
    """Send what is due at a time."""

    def run(after: timedelta = timedelta(0), settings: AlertSettings = LOOPBACK) -> DeliverReport:
        return deliver_due(database, engine, settings, NOON + after, chance=lambda: 1.0)

    return run


def test_an_alert_tells_of_a_new_article_in_another_case_form_once(
    file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook
) -> None:
    row = watch("Korea Północna")
    one = file(1, "Rozmowy o Korei Północnej")
    file(2, "Pociągi znów się spóźniają")
    push()
    assert deliver() == DeliverReport(sent=1)
    assert deliver(timedelta(hours=1)) == DeliverReport()
    [body] = webhook.bodies
    assert body["watch"] == {"id": row.id, "name": "Korea", "query": "Korea Północna"} and body["key"] == webhook.keys[0]
    assert [(article["id"], article["title"]) for article in body["articles"]] == [(one, "Rozmowy o Korei Północnej")]


def test_a_story_alerts_once_whatever_copies_come_later(file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook) -> None:
    watch("rozmowy")
    file(1, "Rozmowy o pokoju", DISPATCH, whole=True)
    push()
    deliver()
    file(2, "Rozmowy o pokoju, kopia", DISPATCH, outlet="goniec", whole=True)
    push()
    assert deliver(timedelta(hours=1)) == DeliverReport()
    assert webhook.titles == ["Rozmowy o pokoju"]


def test_what_is_there_already_is_known_and_a_new_index_alerts_nobody(
    database: Database, engine: EmbeddedEngine, file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook
) -> None:
    file(1, "Rozmowy o pokoju", first_seen_at=NOON - timedelta(days=2), published_at=NOON - timedelta(days=2))
    file(2, "Rozmowy dawne", first_seen_at=NOON - timedelta(days=40), published_at=NOON - timedelta(days=40))
    push()
    watch("rozmowy")
    rebuild_index(database, engine, now=NOON)
    with database.write() as connection:
        from crawler.store.outbox import put_every_article_in_outbox

        put_every_article_in_outbox(connection, NOON)
    push()
    assert deliver() == DeliverReport() and not webhook.bodies
    file(3, "Rozmowy nowe")
    push()
    deliver()
    assert webhook.titles == ["Rozmowy nowe"]


def test_several_articles_go_in_one_message_the_newest_first(
    file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook
) -> None:
    watch("rozmowy")
    for number in range(3):
        file(number, f"Rozmowy {number}", published_at=NOON - timedelta(hours=number))
    push()
    assert deliver().sent == 1 and webhook.titles == ["Rozmowy 0", "Rozmowy 1", "Rozmowy 2"]


def test_a_digest_waits_for_its_time_and_quiet_hours_hold_alerts_back(
    file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook
) -> None:
    watch("rozmowy", name="digest", digest="14:30")  # noon in UTC is 13:00 in Warsaw
    watch("rozmowy", name="quiet", quiet="12:00-15:00")
    file(1, "Rozmowy")
    push()
    assert deliver(timedelta(minutes=89)) == DeliverReport(waiting=2)
    assert deliver(timedelta(minutes=91)) == DeliverReport(sent=1, waiting=1)
    assert deliver(timedelta(minutes=121)) == DeliverReport(sent=1)
    assert [body["watch"]["name"] for body in webhook.bodies] == ["digest", "quiet"]


def test_a_throttled_watch_gathers_what_comes_meanwhile(file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook) -> None:
    watch("rozmowy", throttle_s=3600.0)
    file(1, "Rozmowy 1")
    push()
    deliver()
    for number in (2, 3):
        file(number, f"Rozmowy {number}")
        push(NOON + timedelta(minutes=number))
    assert deliver(timedelta(minutes=30)) == DeliverReport(waiting=2)
    assert deliver(timedelta(minutes=61)).sent == 1
    assert [body["count"] for body in webhook.bodies] == [1, 2]


def test_f29_a_webhook_that_fails_is_tried_again_with_the_same_key_and_given_up_after_days(
    database: Database, file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook
) -> None:
    row = watch("rozmowy")
    file(1, "Rozmowy 1")
    push()
    webhook.status = 500
    assert deliver() == DeliverReport(failed=1)
    file(2, "Rozmowy 2")
    push()
    assert deliver(timedelta(seconds=30)) == DeliverReport(failed=1, waiting=1)  # the first waits a minute, the second is new
    webhook.status = 204
    assert deliver(timedelta(minutes=30)) == DeliverReport(sent=2)
    assert sorted(webhook.titles) == ["Rozmowy 1", "Rozmowy 2"] and len(set(webhook.keys)) == 2
    webhook.status = 500
    file(3, "Rozmowy 3")
    push()
    deliver(timedelta(minutes=40))
    assert deliver(timedelta(days=6)).failed == 1
    with database.read() as connection:
        last = read_deliveries(connection, row.id)[0]
    assert last.status is DeliveryStatus.FAILED and last.last_error == "the webhook answered 500"
    assert deliver(timedelta(days=7)) == DeliverReport()


def test_f29_a_webhook_that_hangs_holds_nothing_up(file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook) -> None:
    watch("rozmowy")
    file(1, "Rozmowy")
    push()
    webhook.hang = threading.Event()
    started = time.monotonic()
    assert deliver(settings=AlertSettings(allow_hosts=("127.0.0.1",), time_limit="1s")) == DeliverReport(failed=1)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{port}/x", "http://localhost:{port}/x", "http://169.254.169.254/latest/meta-data", "http://[::1]:{port}/x",
        "http://2130706433:{port}/", "json://127.0.0.1:{port}/x", "mailto://u:p@example.org?smtp=127.0.0.1&port={port}",
    ],
)  # fmt: skip
def test_a03_an_alert_never_reaches_the_own_network(webhook: Webhook, watch: Any, address: str) -> None:
    port = webhook.url.split(":")[2].split("/")[0]
    settings = make_settings([address.format(port=port)], digest=None, zone="UTC", quiet=None)
    row = watch("rozmowy")
    changed = replace(row, settings=settings.as_json())
    [(_, error)] = send_test(changed, AlertSettings(time_limit="5s"), NOON)
    assert error is not None and not webhook.bodies


@pytest.mark.parametrize(
    ("address", "arrives"),
    [
        ("http://hooks.unknown-name.invalid/x", True), ("http://169.254.169.254/latest", False), ("http://localhost/x", False),
        ("http://2130706433/x", False), ("http://[::ffff:10.0.0.1]/x", False), ("http://db.internal/x", False),
    ],
)  # fmt: skip
def test_a03_a_proxy_is_no_way_into_the_own_network(webhook: Webhook, watch: Any, address: str, arrives: bool) -> None:
    """The webhook stands in for the proxy: it is sent the whole request of whatever may go out."""
    row = watch("rozmowy")
    settings = make_settings([address], digest=None, zone="UTC", quiet=None)
    changed = replace(row, settings=settings.as_json())
    [(_, error)] = send_test(
        changed, AlertSettings(proxy=webhook.url.partition("/hook")[0], allow_hosts=("127.0.0.1",), time_limit="5s"), NOON
    )
    assert (error is None, len(webhook.bodies)) == (arrives, int(arrives))


def test_a03_a_redirect_of_a_webhook_is_not_followed(webhook: Webhook, watch: Any) -> None:
    webhook.status = 307
    [(_, error)] = send_test(watch("rozmowy"), LOOPBACK, NOON)
    assert error == "the webhook answered 307"


def test_a13_an_address_is_never_shown_with_its_secrets(watch: Any, webhook: Webhook) -> None:
    [(shown, error)] = send_test(watch("rozmowy"), LOOPBACK, NOON)
    assert error is None and "secret" not in shown and shown.startswith("http://127.0.0.1:")
    with pytest.raises(ConfigError) as refused:
        make_settings(["nonsense://user:hunter2@host"], digest=None, zone="UTC", quiet=None)
    assert "hunter2" not in str(refused.value)


def test_a_paused_watch_notes_nothing_and_a_removed_one_leaves_nothing(
    database: Database, file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook
) -> None:
    row = pause_watch(database, watch("rozmowy"), NOON)
    file(1, "Rozmowy 1")
    push()
    pause_watch(database, row, None)
    file(2, "Rozmowy 2")
    push()
    deliver()
    assert webhook.titles == ["Rozmowy 2"]
    drop_watch(database, row)
    with database.read() as connection:
        assert find_watch(connection, "Korea") is None and read_deliveries(connection) == []


def test_a_watch_is_not_made_of_a_bad_query_name_address_or_time(watch: Any) -> None:
    for query in ('"niedomknięty', "autor:nikt", "", "date:jutro"):
        with pytest.raises(QueryError):
            watch(query)
    watch("rozmowy")
    with pytest.raises(ConfigError, match="already"):
        watch("pociągi")
    for settings in ({"digest": "25:00"}, {"quiet": "8-9"}, {"zone": "Europe/Krakow"}, {"quiet": "08:00-08:00"}):
        with pytest.raises(ConfigError):
            watch("rozmowy", name="other", **settings)


def test_matches_survive_until_they_are_sent_and_a_second_process_sends_nothing_twice(
    database: Database, file: Any, push: Any, watch: Any, deliver: Any, webhook: Webhook
) -> None:
    watch("rozmowy")
    file(1, "Rozmowy")
    push()
    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert webhook.titles == ["Rozmowy"]


def test_a06_strangers_markup_is_harmless_in_the_mail(
    file: Any, push: Any, engine: EmbeddedEngine, watch: Any, database: Database
) -> None:
    from zoneinfo import ZoneInfo

    from indexer.watches.finding import find_documents
    from indexer.watches.message import Reader, compose

    row = watch("rozmowy")
    one = file(1, 'Rozmowy <script>alert(1)</script> "x', text='Rozmowy <img src=x onerror="alert(1)"> trwają.')
    push()
    found = find_documents(engine, row, [one], {}, NOON)
    message = compose(
        "k",
        {"id": "i", "name": "<b>n</b>", "query": "<i>"},
        found,
        Reader(zone=ZoneInfo("UTC"), now=NOON, page_url="https://news.example.org"),
    )
    assert (
        "<script" not in message.html and "<img" not in message.html and "<b>" not in message.html and "<i>" not in message.html
    )
    assert "<mark>Rozmowy</mark>" in message.html and f"https://news.example.org/article/{one}" in message.html
