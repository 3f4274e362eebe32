"""SAFETY's faults between the outbox and Elasticsearch, with a real server behind a proxy that misbehaves.

After each: store and index hold the same articles in the same versions, none twice, and the outbox is empty.
"""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from crawler.errors import BackendUnavailable
from crawler.store.database import Database
from crawler.store.dead_letters import Stage, list_dead_letters
from indexer.engine import BulkResult
from indexer.engines.elastic import ElasticEngine
from indexer.engines.elastic_layout import Names
from indexer.push import PushReport
from tests.elasticsearch_server import start_elasticsearch

from .faulty_newsroom import NOON, SHORT_S, Newsroom
from .faulty_proxy import (
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
