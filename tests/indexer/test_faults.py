"""SAFETY's faults between the outbox and Elasticsearch, with a real server behind a proxy that misbehaves.

After each: store and index hold the same articles in the same versions, none twice, and the outbox is empty.
"""

from __future__ import annotations

import copy
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from crawler.errors import BackendUnavailable, DepeszaError, IndexLater
from crawler.store.articles import Visit, article_ids, insert_article, read_articles, replace_article
from crawler.store.database import Database, open_database
from crawler.store.dead_letters import Stage, list_dead_letters
from crawler.store.outbox import count_outbox, put_in_outbox
from indexer.config import IndexerSettings
from indexer.engine import BulkResult
from indexer.engines.elastic import ElasticEngine
from indexer.engines.elastic_layout import Names
from indexer.nodes import Everything
from indexer.push import Pushing, PushReport, push_pending, rebuild_index
from indexer.sending import Patience
from indexer.store_forms import StoreForms
from tests.elasticsearch_server import start_elasticsearch

from .faulty_proxy import (
    FaultyProxy,
    always_on_bulk,
    answers,
    cuts,
    delays,
    delays_answer,
    dies_after,
    dies_while_answering,
    faulty_proxy,
    on_bulk,
    refuses_items,
)

pytestmark = pytest.mark.elasticsearch

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


@pytest.fixture
def newsroom(
    sqlite_database: Database, elasticsearch_url: str, elasticsearch_index: str, make_article: Any
) -> Iterator[Newsroom]:
    with faulty_proxy(elasticsearch_url) as proxy:
        room = Newsroom(sqlite_database, proxy, elasticsearch_index, make_article)
        yield room
        proxy.choose = lambda exchange: None
        for engine in room.engines:
            engine.close()


def test_articles_go_to_their_months_in_batches_and_are_acknowledged(newsroom: Newsroom) -> None:
    newsroom.file(range(230))
    seen: list[int] = []
    report = newsroom.push(progress=seen.append)
    assert report == PushReport(written=230)
    assert sorted(seen) == seen and seen[-1] == 230 and len(seen) == 5
    newsroom.is_whole()
    assert newsroom.push() == PushReport()


def test_f01_a_server_that_is_down_before_the_push_leaves_all_in_the_outbox(newsroom: Newsroom) -> None:
    newsroom.file(range(120))
    newsroom.proxy.down()
    with pytest.raises(BackendUnavailable, match="nothing listens"):
        newsroom.push()
    newsroom.proxy.up()
    assert newsroom.push() == PushReport(written=120)
    newsroom.is_whole()


def test_f01_a_server_that_goes_down_in_the_middle_of_a_push_is_waited_for(newsroom: Newsroom) -> None:
    newsroom.file(range(400))

    def stop(through: int) -> None:
        if through >= 100:
            newsroom.proxy.choose = lambda exchange: cuts
            newsroom.proxy.down()

    report = newsroom.push(progress=stop)
    assert report.stopped and "127.0.0.1" in report.stopped
    assert 100 <= report.written < 400
    assert report.waiting == 400 - report.written
    newsroom.proxy.choose = lambda exchange: None
    newsroom.proxy.up()
    assert newsroom.push(is_asked_for=True).waiting == 0
    newsroom.is_whole()


@pytest.mark.parametrize(("status", "kind"), [(429, "circuit_breaking_exception"), (503, ""), (502, ""), (504, "")])
def test_f02_a_busy_cluster_is_asked_again_with_the_same_documents(newsroom: Newsroom, status: int, kind: str) -> None:
    newsroom.file(range(100))
    newsroom.proxy.choose = on_bulk(*[answers(status, kind, "too busy")] * 3)
    assert newsroom.push() == PushReport(written=100)
    newsroom.is_whole()


def test_f02_a_cluster_that_stays_busy_ends_the_push_and_the_items_wait(newsroom: Newsroom) -> None:
    newsroom.file(range(100))
    newsroom.push()
    newsroom.file(range(100, 300))
    newsroom.proxy.choose = always_on_bulk(answers(429, "es_rejected_execution_exception", "queue is full"))
    report = newsroom.push()
    assert report.written == 0 and report.waiting == 200 and report.stopped and "429" in report.stopped
    newsroom.proxy.choose = lambda exchange: None
    # What was in flight, and the batch made ready, wait; the rest is due.
    assert newsroom.push().waiting in (100, 150)
    assert newsroom.push(is_asked_for=True).waiting == 0
    newsroom.is_whole()


def test_f02_items_that_are_refused_for_now_are_sent_again_without_the_others(newsroom: Newsroom) -> None:
    ids = newsroom.file(range(100))
    slow = set(ids[::7])
    sent: list[int] = []

    class Counting(ElasticEngine):
        def push(self, documents: Any) -> BulkResult:
            sent.append(len(documents))
            return super().push(documents)

    newsroom.engine.__class__ = Counting
    newsroom.push()
    assert sent == [50, 50]
    for one in ids:
        newsroom.revise(one)
    sent.clear()
    newsroom.proxy.choose = on_bulk(*[refuses_items(slow.__contains__)] * 4)
    assert newsroom.push(batch=100).written == 100
    assert sent[0] == 100 and set(sent[1:]) == {len(slow)}
    newsroom.is_whole()


def test_f02_items_that_stay_refused_wait_and_the_others_go_on(newsroom: Newsroom) -> None:
    ids = newsroom.file(range(100))
    newsroom.proxy.choose = always_on_bulk(refuses_items(lambda one: one == ids[3]))
    report = newsroom.push()
    assert (report.written, report.waiting, report.rejected, report.stopped) == (99, 1, 0, None)
    newsroom.proxy.choose = lambda exchange: None
    assert newsroom.push(is_asked_for=True) == PushReport(written=1)
    newsroom.is_whole()


def test_f03_of_500_documents_one_mapping_error_makes_one_dead_letter_and_a_retry_after_the_fix_brings_it_in(
    newsroom: Newsroom,
) -> None:
    [bad] = newsroom.file(range(0, 2, 2), tags=("wojna",))
    newsroom.file(range(2, 1000, 2))
    month = make_a_month_that_knows_no_tags(newsroom)
    done = newsroom.depesza("index", "push")
    assert done.returncode == 0, done.stderr
    assert "499 documents written" in done.stdout and "1 rejected" in done.stdout
    with newsroom.database.read() as connection:
        [letter] = list_dead_letters(connection, stage=Stage.INDEX)
    assert letter.key == bad and "tag" in letter.reason and letter.detail["document"]["tags"] == ["wojna"]
    newsroom.is_whole(without={bad})

    assert newsroom.depesza("dead-letters", "retry", "--stage", "index").returncode == 0
    again = newsroom.depesza("index", "push")
    assert "1 rejected" in again.stdout, "not fixed yet"
    client = Elasticsearch(newsroom.proxy.target)
    client.indices.put_mapping(index=month, properties={"value": {"properties": {"tag": {"type": "keyword"}}}})
    client.close()
    assert "1 for the next push" in newsroom.depesza("dead-letters", "retry", "--stage", "index").stdout
    assert "1 documents written" in newsroom.depesza("index", "push").stdout
    with newsroom.database.read() as connection:
        assert list_dead_letters(connection) == []
    newsroom.is_whole()


def make_a_month_that_knows_no_tags(newsroom: Newsroom) -> str:
    """The calendar index of November, made while somebody had taken a field out of the template."""
    newsroom.engine.create()
    client = Elasticsearch(newsroom.proxy.target)
    name, names = f"{newsroom.index}-g1", Names(newsroom.index)
    whole = client.indices.get_index_template(name=name)["index_templates"][0]["index_template"]
    short = copy.deepcopy(whole["template"])
    del short["mappings"]["properties"]["value"]["properties"]["tag"]
    month = names.month(1, NOON)
    for template in (short, whole["template"]):
        client.indices.put_index_template(
            name=name, index_patterns=whole["index_patterns"], priority=whole["priority"], template=template, meta=whole["_meta"]
        )
        if template is short:
            client.indices.create(index=month)
    client.close()
    return month


@pytest.mark.parametrize("fault", [dies_after, dies_while_answering, delays_answer(SHORT_S * 1.5)])
def test_f04_a_push_that_was_done_but_not_heard_of_is_done_again_and_changes_nothing(newsroom: Newsroom, fault: Any) -> None:
    newsroom.file(range(100))
    newsroom.proxy.choose = on_bulk(fault, fault)
    report = newsroom.push(newsroom.open_engine(timeout_s=SHORT_S))
    assert report.written + report.already == 100
    newsroom.is_whole()


def test_f04_an_old_request_that_arrives_late_never_overwrites_a_newer_version(newsroom: Newsroom) -> None:
    [one, *_] = newsroom.file(range(20))
    late = 8 * SHORT_S
    newsroom.proxy.choose = on_bulk(delays(late))
    started = time.monotonic()
    newsroom.push(newsroom.open_engine(timeout_s=SHORT_S))
    newsroom.revise(one)
    newsroom.push()
    assert time.monotonic() - started < late, "the newer version was meant to overtake"
    newsroom.is_whole()


def test_f05_what_is_too_large_for_one_request_goes_in_halves_and_a_document_too_large_by_itself_is_a_dead_letter(
    newsroom: Newsroom,
) -> None:
    ids = newsroom.file(range(60))
    [large] = newsroom.file(range(60, 61), text="długi " * 15_000)

    def choose(exchange: Any) -> Any:
        return answers(413, "", "too large") if "_bulk" in exchange.path and len(exchange.body) > 40_000 else None

    newsroom.proxy.choose = choose
    report = newsroom.push(batch=500)
    assert (report.written, report.rejected, report.waiting) == (60, 1, 0)
    with newsroom.database.read() as connection:
        [letter] = list_dead_letters(connection, stage=Stage.INDEX)
    assert letter.key == large and large not in ids
    assert "more than the server takes" in letter.reason and letter.detail["document"]["text"] == "długi " * 15_000
    newsroom.is_whole(without={large})


def test_f06_an_index_that_is_read_only_because_a_disk_is_full_makes_no_dead_letter(newsroom: Newsroom) -> None:
    newsroom.file(range(10))
    newsroom.push()
    ids = newsroom.file(range(10, 120))
    client = Elasticsearch(newsroom.proxy.target)
    client.indices.put_settings(index=f"{newsroom.index}-*", settings={"index.blocks.read_only_allow_delete": True})
    report = newsroom.push()
    assert report.stopped and "block" in report.stopped
    assert (report.written, report.rejected, report.waiting) == (0, 0, len(ids))
    with newsroom.database.read() as connection:
        assert list_dead_letters(connection) == []
    client.indices.put_settings(index=f"{newsroom.index}-*", settings={"index.blocks.read_only_allow_delete": None})
    client.close()
    assert newsroom.push(is_asked_for=True).waiting == 0
    newsroom.is_whole()


def test_f10_indices_that_were_deleted_under_us_are_filled_again_by_the_next_push(newsroom: Newsroom) -> None:
    newsroom.file(range(80))
    newsroom.push()
    newsroom.file(range(80, 90))
    delete_indices(newsroom)
    assert newsroom.push().written == 90
    newsroom.is_whole()


def test_f10_indices_that_are_deleted_in_the_middle_of_a_push_are_filled_with_every_article_by_the_next(
    newsroom: Newsroom,
) -> None:
    newsroom.file(range(80))
    newsroom.push()
    newsroom.file(range(80, 300))
    deleted: list[int] = []

    def delete_once(through: int) -> None:
        if not deleted:
            deleted.append(through)
            delete_indices(newsroom)

    report = newsroom.push(progress=delete_once)
    assert "removed meanwhile" in (report.stopped or "")
    again = newsroom.push(is_asked_for=True)
    assert again.written + again.already == 300, "what was under way may have come into a month that was deleted last"
    newsroom.is_whole()


def test_f10_a_month_that_was_deleted_under_us_comes_back_by_a_rebuild(newsroom: Newsroom) -> None:
    newsroom.file(range(80))
    newsroom.push()
    delete_indices(newsroom, "-2026-11-*")
    newsroom.file(range(80, 90))
    assert newsroom.push().written == 10
    report = rebuild_index(newsroom.database, newsroom.engine, now=NOON, how=Pushing(batch=50, patience=HASTY))
    assert (report.written, report.waiting, report.stopped) == (90, 0, None)
    newsroom.is_whole()


def delete_indices(newsroom: Newsroom, part: str = "-*") -> None:
    client = Elasticsearch(newsroom.proxy.target)
    for name in client.indices.get(index=f"{newsroom.index}{part}"):
        client.indices.delete(index=name)
    client.close()


def test_an_article_in_flight_is_not_taken_into_another_batch(newsroom: Newsroom) -> None:
    flying: list[str] = []
    most: list[int] = []
    lock = threading.Lock()

    class Watched(ElasticEngine):
        def push(self, documents: Any) -> BulkResult:
            ids = [one["id"] for one in documents]
            with lock:
                assert not set(ids) & set(flying)
                flying.extend(ids)
                most.append(len(flying))
            try:
                return super().push(documents)
            finally:
                with lock:
                    for one in ids:
                        flying.remove(one)

    newsroom.engine.__class__ = Watched
    ids = newsroom.file(range(400))
    newsroom.proxy.choose = always_on_bulk(delays(0.02))
    report = newsroom.push(batch=20, progress=lambda through: newsroom.revise(ids[through % 400]) if through < 450 else None)
    assert max(most) == 40  # two batches at once
    assert report.written > 400
    newsroom.is_whole()


def test_pushes_go_on_while_a_rebuild_fills_and_two_rebuilds_exclude_one_another(newsroom: Newsroom) -> None:
    ids = newsroom.file(range(200))
    newsroom.push()
    other = newsroom.open_engine()
    assert other.count(Everything()) == 200

    def meanwhile(through: int) -> None:
        if through < 150:
            newsroom.revise(ids[through - 1])
            newsroom.revise(ids[-through])
            newsroom.file(range(1000 + through, 1002 + through))
            assert newsroom.push(other).waiting == 0
            with pytest.raises(IndexLater, match="another rebuild"):
                rebuild_index(newsroom.database, other, now=NOON)

    rebuild_index(newsroom.database, newsroom.engine, now=NOON, how=Pushing(batch=25, progress=meanwhile, patience=HASTY))
    newsroom.is_whole()
    assert other.status().rebuilding is None
    rebuild_index(newsroom.database, other, now=NOON)
    newsroom.is_whole()


def test_a_rebuild_that_cannot_write_is_given_up_and_the_index_stays(newsroom: Newsroom) -> None:
    newsroom.file(range(60))
    newsroom.push()
    newsroom.proxy.choose = always_on_bulk(answers(503, "", "away"))
    with pytest.raises(IndexLater, match="not rebuilt"):
        rebuild_index(newsroom.database, newsroom.engine, now=NOON, how=Pushing(batch=25, patience=HASTY))
    newsroom.proxy.choose = lambda exchange: None
    assert newsroom.engine.status().rebuilding is None
    newsroom.is_whole()
    rebuild_index(newsroom.database, newsroom.engine, now=NOON)
    newsroom.is_whole()


def test_f07_a_push_that_is_killed_at_any_moment_is_taken_up_by_the_next(newsroom: Newsroom) -> None:
    newsroom.file(range(300))
    chance = random.Random(7)
    newsroom.proxy.choose = always_on_bulk(delays(0.05))
    for _ in range(4):
        bulks = newsroom.proxy.bulks
        with newsroom.start("index", "push") as process:
            while process.poll() is None and newsroom.proxy.bulks == bulks:
                time.sleep(0.005)
            time.sleep(chance.random() * 0.3)
            process.kill()
        for one in newsroom.file(range(newsroom.proxy.bulks * 1000, newsroom.proxy.bulks * 1000 + 5)):
            newsroom.revise(one)
    newsroom.proxy.choose = lambda exchange: None
    assert newsroom.depesza("index", "push").returncode == 0
    newsroom.is_whole()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_f01_a_server_that_is_stopped_and_started_again_in_the_middle_of_a_push(
    sqlite_database: Database, make_article: Any
) -> None:
    with start_elasticsearch() as server, faulty_proxy(server.url) as proxy:
        newsroom = Newsroom(sqlite_database, proxy, "stopped", make_article)
        newsroom.file(range(300))
        report = newsroom.push(batch=20, progress=lambda through: server.stop() if through == 100 else None)
        assert report.stopped and report.waiting == 300 - report.written
        with pytest.raises(BackendUnavailable):
            newsroom.push(is_asked_for=True)
        server.start()
        wait_until_it_answers(newsroom)
        assert newsroom.push(is_asked_for=True).waiting == 0
        newsroom.is_whole()
        newsroom.engine.close()


def wait_until_it_answers(newsroom: Newsroom) -> None:
    client = Elasticsearch(newsroom.proxy.target, request_timeout=60)
    client.cluster.health(wait_for_status="yellow", timeout="60s", index=f"{newsroom.index}-*")
    client.close()


@pytest.mark.parametrize("seed", [1])
def test_f01_f02_f04_random_faults_while_articles_change_end_with_store_and_index_equal(newsroom: Newsroom, seed: int) -> None:
    chance = random.Random(seed)
    ids = newsroom.file(range(300))
    refuse_size = answers(413)

    def too_large(exchange: Any) -> None:
        """Of one document alone it would be the truth about that document, and a dead letter."""
        if exchange.body.count(b"\n") > 2:
            refuse_size(exchange)
        else:
            cuts(exchange)

    faults: list[tuple[float, Callable[..., None]]] = [
        (0.05, cuts),
        (0.05, dies_after),
        (0.05, dies_while_answering),
        (0.04, answers(429, "es_rejected_execution_exception", "busy")),
        (0.04, answers(503)),
        (0.04, too_large),
        (0.04, delays(0.6)),
        (0.04, delays_answer(0.6)),
        (0.10, refuses_items(lambda one: hash((one, seed)) % 5 == 0)),
    ]

    def choose(exchange: Any) -> Any:
        at = chance.random() if "_bulk" in exchange.path else chance.random() * 5
        for share, fault in faults:
            at -= share
            if at < 0:
                return None if "refuses_items" in fault.__qualname__ and "_bulk" not in exchange.path else fault
        return None

    newsroom.proxy.choose = choose
    until, reports = time.monotonic() + 20, [0, 0]

    def keep_pushing(number: int) -> None:
        engine = newsroom.open_engine(timeout_s=0.4)
        while time.monotonic() < until:
            try:
                newsroom.push(engine, batch=20, is_asked_for=True)
            except DepeszaError:
                time.sleep(0.05)
            reports[number] += 1

    pushers = [threading.Thread(target=keep_pushing, args=(number,)) for number in range(2)]
    for pusher in pushers:
        pusher.start()
    number = 1000
    while time.monotonic() < until:
        for one in random.Random(number).sample(ids, 5):
            newsroom.revise(one)
        ids += newsroom.file(range(number, number + 2))
        number += 2
        time.sleep(0.05)
    for pusher in pushers:
        pusher.join()
    newsroom.proxy.choose = lambda exchange: None
    newsroom.proxy.settle()
    assert min(reports) >= 1 and sum(reports) >= 4, "both pushed, though a loaded machine makes the pauses long"
    report = newsroom.push(newsroom.open_engine(timeout_s=30), is_asked_for=True)
    assert report.waiting == 0 and report.stopped is None
    with newsroom.database.read() as connection:
        assert list_dead_letters(connection) == []
    newsroom.is_whole()
