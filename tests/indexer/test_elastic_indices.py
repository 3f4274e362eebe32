"""Generations, calendar indices, aliases, retirement and status on a real Elasticsearch, and what others may have put there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from crawler.errors import BackendUnavailable, IndexLater
from indexer.engine import EngineRequest, FormTable
from indexer.engines.elastic import ElasticEngine
from indexer.engines.elastic_indices import ElasticIndices
from indexer.engines.elastic_layout import Layout, Names, read_layout
from indexer.nodes import Everything

from .conftest import DocumentMaker

pytestmark = pytest.mark.elasticsearch
EVERYTHING = Everything()
OCTOBER, NOVEMBER, DECEMBER = (datetime(2026, month, 3, tzinfo=UTC) for month in (10, 11, 12))


def no_forms() -> FormTable:
    raise AssertionError("indices need no forms")


def found(engine: ElasticEngine) -> int:
    engine.refresh()
    return engine.count(EVERYTHING)


def names(client: Elasticsearch, prefix: str) -> set[str]:
    """The indices of a prefix, without it."""
    return {name.removeprefix(f"{prefix}-") for name in client.indices.get(index=f"{prefix}*")}


def test_a_name_is_read_back_and_names_of_others_are_none_of_ours() -> None:
    ours = Names("news")
    assert ours.month(2, NOVEMBER) == "news-2026-11-g2"
    assert ours.month(2, datetime(999, 1, 1, tzinfo=UTC)) == "news-0999-01-g2"
    assert ours.parse("news-2026-11-g2") == ("2026-11", 2)
    assert ours.parse(ours.base(12)) == ("base", 12)
    for other in ("news-2026-11-g2.write", "news_old-2026-11-g2", "news-2026-11", "news-x-2026-11-g2", "news-2026-11-gx", "news"):
        assert ours.parse(other) is None


def test_documents_lie_in_the_month_of_first_sight_and_searches_read_all_months(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1, first_seen_at=OCTOBER), make_document(2), make_document(3)])
    assert found(elastic) == 3
    assert names(client, elasticsearch_index) == {"base-g1", "2026-10-g1", "2026-11-g1"}
    status = elastic.status()
    assert status.parts == {"2026-10": 1, "2026-11": 2}
    assert (status.documents, status.generation, status.rebuilding, status.trouble) == (3, "g1", None, None)
    assert status.size_bytes > 1000
    assert elasticsearch_index in status.where


def test_making_the_index_twice_or_by_many_at_once_gives_one(
    another: Callable[[], ElasticEngine], client: Elasticsearch, elasticsearch_index: str
) -> None:
    engines = [another() for _ in range(6)]
    with ThreadPoolExecutor(len(engines)) as pool:
        assert any(pool.map(ElasticEngine.create, engines))
    assert names(client, elasticsearch_index) == {"base-g1"}
    assert not engines[0].create()


def test_pushers_that_begin_a_month_at_once_make_one_index_and_lose_nothing(
    another: Callable[[], ElasticEngine], client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    engines = [another() for _ in range(6)]
    barrier = threading.Barrier(len(engines))

    def push(number: int) -> int:
        barrier.wait()
        months = (OCTOBER, NOVEMBER, DECEMBER)
        documents = [make_document(10 * number + one, first_seen_at=months[one % 3]) for one in range(9)]
        return len(engines[number].push(documents).written)

    with ThreadPoolExecutor(len(engines)) as pool:
        assert sum(pool.map(push, range(len(engines)))) == 54
    assert found(engines[0]) == 54
    assert names(client, elasticsearch_index) == {"base-g1", "2026-10-g1", "2026-11-g1", "2026-12-g1"}


def test_two_threads_may_push_through_one_engine(elastic: ElasticEngine, make_document: DocumentMaker) -> None:
    batches = [[make_document(50 * number + one) for one in range(50)] for number in range(6)]
    with ThreadPoolExecutor(elastic.in_flight) as pool:
        assert sum(len(result.written) for result in pool.map(elastic.push, batches)) == 300
    assert found(elastic) == 300


def test_searches_go_on_while_a_rebuild_fills_swaps_and_drops_and_never_see_both_generations(
    elastic: ElasticEngine,
    another: Callable[[], ElasticEngine],
    client: Elasticsearch,
    elasticsearch_index: str,
    make_document: Any,
) -> None:
    documents = [make_document(number, first_seen_at=(OCTOBER, NOVEMBER)[number % 2]) for number in range(200)]
    elastic.push(documents)
    assert found(elastic) == 200
    seen: list[int] = []
    wrong: list[str] = []
    done = threading.Event()

    def ask() -> None:
        reader = another()
        while not done.is_set():
            try:
                seen.append(reader.count(EVERYTHING))
                hits = reader.search(EngineRequest(query=EVERYTHING, limit=500))
                if len({hit.document["id"] for hit in hits}) != len(hits) or len(hits) != 200:
                    wrong.append(f"{len(hits)} hits")
            except Exception as error:
                wrong.append(repr(error))

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(ask) for _ in range(2)]
        try:
            for _ in range(4):
                fresh = elastic.begin_rebuild()
                fresh.push(documents)
                fresh.finish_rebuild()
                fresh.close()
        finally:
            done.set()
        for reader in readers:
            reader.result()
    assert not wrong
    assert set(seen) == {200}
    assert len(seen) > 20
    assert names(client, elasticsearch_index) == {"base-g5", "2026-10-g5", "2026-11-g5"}
    assert [one["name"] for one in client.indices.get_index_template(name=f"{elasticsearch_index}-*")["index_templates"]] == [
        f"{elasticsearch_index}-g5"
    ]


def test_a_generation_is_dropped_when_the_searches_that_still_read_it_are_through(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    assert found(elastic) == 1
    fresh = elastic.begin_rebuild()
    reading = client.open_point_in_time(index=elasticsearch_index, keep_alive="1m")["id"]
    with ThreadPoolExecutor(1) as pool:
        finishing = pool.submit(fresh.finish_rebuild)
        while elastic.status().generation != "g2":
            assert not finishing.done()
        with pytest.raises(TimeoutError):
            finishing.result(timeout=1.0)
        assert client.search(pit={"id": reading})["hits"]["total"]["value"] == 1
        client.close_point_in_time(id=reading)
        finishing.result(timeout=8.0)
    fresh.close()
    assert names(client, elasticsearch_index) == {"base-g2"}


def test_what_is_pushed_during_a_rebuild_is_in_both_generations(
    elastic: ElasticEngine, another: Callable[[], ElasticEngine], make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1, "stara", index_version=1)])
    fresh = another().begin_rebuild()
    assert elastic.status().rebuilding == "g2"
    newer = make_document(1, "nowa", index_version=2)
    assert elastic.push([newer, make_document(2), make_document(3, first_seen_at=DECEMBER)]).written
    assert fresh.push([make_document(1, "stara", index_version=1)]).already, "an old state that the walk read must not win"
    assert found(elastic) == 3
    fresh.finish_rebuild()
    fresh.close()
    assert (found(elastic), elastic.status().generation) == (3, "g2")
    assert elastic.documents([newer["id"]])[newer["id"]] == newer
    assert elastic.push([make_document(4)]).written
    assert found(elastic) == 4


def test_a_rebuild_that_is_given_up_leaves_the_index_as_it_was(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    fresh = elastic.begin_rebuild()
    fresh.push([make_document(2)])
    fresh.close()
    assert (found(elastic), elastic.status().rebuilding) == (1, None)
    assert names(client, elasticsearch_index) == {"base-g1", "2026-11-g1"}


def test_f07_what_a_killed_rebuild_left_behind_is_filled_on_and_dropped_by_the_next(
    elastic: ElasticEngine,
    another: Callable[[], ElasticEngine],
    client: Elasticsearch,
    elasticsearch_index: str,
    make_document: Any,
) -> None:
    elastic.push([make_document(1)])
    killed = another().begin_rebuild()
    assert elastic.push([make_document(2)]).written
    fresh = another().begin_rebuild()
    fresh.push([make_document(1), make_document(2)])
    with pytest.raises(BackendUnavailable, match="gave this one up"):
        killed.push([make_document(1)])
    with pytest.raises(BackendUnavailable, match="gave this one up"):
        killed.finish_rebuild()
    fresh.finish_rebuild()
    fresh.close()
    assert names(client, elasticsearch_index) == {"base-g3", "2026-11-g3"}
    assert found(elastic) == 2


@pytest.mark.parametrize("step", ["_put_template", "_delete_template", "drop"])
def test_f07_a_rebuild_that_dies_between_its_swap_and_its_end_is_in_use_and_mended(
    step: str, elastic: ElasticEngine, monkeypatch: pytest.MonkeyPatch, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    fresh = elastic.begin_rebuild()
    fresh.push([make_document(1)])

    def die(*arguments: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr(ElasticIndices, step, die)
        fresh.finish_rebuild()
    assert elastic.status().generation == "g2"
    elastic.push([make_document(2, first_seen_at=DECEMBER)])
    assert found(elastic) == 2, "a month that begins now is searched though the template was not yet changed"
    fresh.finish_rebuild()
    fresh.close()
    assert (found(elastic), elastic.status().trouble) == (2, None)
    assert not elastic._indices.layout(in_full=True).unused


@pytest.mark.parametrize("first", ["rebuild", "push"])
def test_a_rebuild_and_a_push_that_both_find_no_index_make_two_generations(
    first: str,
    elastic: ElasticEngine,
    another: Callable[[], ElasticEngine],
    client: Elasticsearch,
    elasticsearch_index: str,
    monkeypatch: pytest.MonkeyPatch,
    make_document: DocumentMaker,
) -> None:
    """One looked and has made nothing yet, when the other does all of it."""
    pusher, document = another(), make_document(1)
    steps: dict[str, Callable[[], Any]] = {"rebuild": elastic.begin_rebuild, "push": lambda: pusher.push([document])}
    done = {}
    put = ElasticIndices._put_template

    def interrupted(indices: ElasticIndices, generation: int, alias: str) -> None:
        if steps:
            name, step = steps.popitem()
            done[name] = step()
        put(indices, generation, alias)

    monkeypatch.setattr(ElasticIndices, "_put_template", interrupted)
    done[first] = steps.pop(first)()
    began = done["rebuild"]
    assert (pusher.status().generation, pusher.status().rebuilding) == ("g1", "g2")
    assert pusher.push([document, make_document(2)]).written
    assert began.push([document, make_document(2)])
    began.finish_rebuild()
    began.close()
    assert names(client, elasticsearch_index) == {"base-g2", "2026-11-g2"}
    assert found(elastic) == 2


def test_an_index_that_is_gone_is_not_made_by_who_knew_it_and_a_rebuild_beside_it_is_not_taken_for_it(
    elastic: ElasticEngine,
    another: Callable[[], ElasticEngine],
    client: Elasticsearch,
    elasticsearch_index: str,
    make_document: Any,
) -> None:
    elastic.push([make_document(1)])
    fresh = another().begin_rebuild()
    client.indices.delete(index=[f"{elasticsearch_index}-base-g1", f"{elasticsearch_index}-2026-11-g1"])
    with pytest.raises(IndexLater, match="was removed meanwhile; the next push makes it anew"):
        elastic.push([make_document(2)])
    assert elastic.status().document_version is None, "so that the next push sends every article"
    assert elastic.push([make_document(1), make_document(2)]).written
    assert (elastic.status().generation, elastic.status().rebuilding) == ("g1", "g2")
    fresh.push([make_document(1), make_document(2)])
    fresh.finish_rebuild()
    fresh.close()
    assert (found(elastic), elastic.status().generation) == (2, "g2")


@pytest.mark.parametrize("reading", ["no generation in use", "a rebuild that still fills it"])
def test_a_generation_in_use_is_never_dropped_whatever_an_earlier_reading_said(
    reading: str,
    elastic: ElasticEngine,
    client: Elasticsearch,
    elasticsearch_index: str,
    monkeypatch: pytest.MonkeyPatch,
    make_document: DocumentMaker,
) -> None:
    elastic.push([make_document(1)])
    true = elastic._indices.layout(in_full=True)
    alias = "nothing of ours" if reading == "no generation in use" else true.names.filling
    old = replace(true, indices=tuple(replace(one, aliases=frozenset({alias})) for one in true.indices))
    readings = [old]

    def layout(indices: ElasticIndices, *, in_full: bool = False) -> Layout:
        return readings.pop() if readings else read_layout(client, indices.names, in_full=in_full)

    monkeypatch.setattr(ElasticIndices, "layout", layout)
    fresh = elastic.begin_rebuild()
    assert not readings
    assert found(elastic) == 1
    fresh.push([make_document(1)])
    fresh.finish_rebuild()
    fresh.close()
    assert found(elastic) == 1


def test_months_that_are_read_without_their_base_stay_readable_until_a_rebuild_is_through(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    client.indices.delete(index=f"{elasticsearch_index}-base-g1")
    fresh = elastic.begin_rebuild()
    assert found(elastic) == 1
    fresh.push([make_document(1)])
    fresh.finish_rebuild()
    fresh.close()
    assert found(elastic) == 1
    assert names(client, elasticsearch_index) == {"base-g3", "2026-11-g3"}


def test_pushes_go_on_while_generations_come_and_go_and_nothing_is_lost_or_doubled(
    elastic: ElasticEngine, another: Callable[[], ElasticEngine], make_document: DocumentMaker
) -> None:
    """The store is a dictionary here: written before a push, read by the rebuild, as the pusher does it."""
    store: dict[str, Any] = {}
    done = threading.Event()
    trouble: list[Any] = []

    def push() -> None:
        pusher, number = another(), 0
        while not done.is_set():
            months = (OCTOBER, NOVEMBER, DECEMBER, datetime(2027, 1 + number % 6, 1, tzinfo=UTC))
            batch = [make_document(1000 * number + one, first_seen_at=months[one % 4]) for one in range(8)]
            store.update({document["id"]: document for document in batch})
            result = pusher.push(batch)
            if result.rejected or result.later or len(result.written | result.already) != 8:
                trouble.append(result)
            number += 1

    with ThreadPoolExecutor(1) as pool:
        pushing = pool.submit(push)
        try:
            for _ in range(2):
                fresh = elastic.begin_rebuild()
                walked = list(store.values())
                for start in range(0, len(walked), 50):
                    assert not fresh.push(walked[start : start + 50]).rejected
                fresh.finish_rebuild()
                fresh.close()
        finally:
            done.set()
        pushing.result()
    assert not trouble
    assert found(elastic) == len(store)
    assert elastic.documents(list(store)).keys() == store.keys()
    assert elastic.status().trouble is None


def test_retirement_drops_whole_months_and_tells_how_many_documents_went(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    assert elastic.retire(NOVEMBER) == 0
    elastic.push([make_document(1, first_seen_at=OCTOBER), make_document(2), make_document(3, first_seen_at=DECEMBER)])
    fresh = elastic.begin_rebuild()
    fresh.push([make_document(1, first_seen_at=OCTOBER)])
    elastic.refresh()
    fresh.refresh()
    assert elastic.retire(datetime(2026, 11, 1, tzinfo=UTC)) == 1
    assert names(client, elasticsearch_index) == {"base-g1", "2026-11-g1", "2026-12-g1", "base-g2"}
    assert found(elastic) == 2
    assert elastic.retire(datetime(2027, 1, 1, tzinfo=UTC)) == 2
    assert found(elastic) == 0
    assert elastic.push([make_document(2)]).written
    fresh.close()
