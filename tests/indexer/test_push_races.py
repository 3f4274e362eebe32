"""Several pushes, rebuilds, kills and deletions at once, with a real Elasticsearch behind a proxy: nothing is lost or doubled."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from crawler.errors import DepeszaError, IndexLater
from crawler.store.dead_letters import list_dead_letters
from indexer.engine import BulkResult
from indexer.engines.elastic import ElasticEngine
from indexer.nodes import Everything
from indexer.push import Pushing, rebuild_index

from .faulty_newsroom import HASTY, NOON, Newsroom
from .faulty_proxy import (
    always_on_bulk,
    answers,
    cuts,
    delays,
    delays_answer,
    dies_after,
    dies_while_answering,
    refuses_items,
)

pytestmark = pytest.mark.elasticsearch


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
