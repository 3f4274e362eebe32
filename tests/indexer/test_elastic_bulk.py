"""One batch to a real Elasticsearch: what becomes of each document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crawler.errors import BackendUnavailable, IndexLater
from indexer.config import IndexerSettings
from indexer.document import VALUE_LENGTH
from indexer.engine import EngineRequest, FormTable
from indexer.engines.elastic import ElasticEngine
from indexer.engines.elastic_bulk import Answers, BulkSender, joined, make_items
from indexer.engines.elastic_client import make_client
from indexer.nodes import Everything, Filter
from tests.elasticsearch_server import start_elasticsearch

from .conftest import DocumentMaker

pytestmark = pytest.mark.elasticsearch
EVERYTHING = Everything()
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def client(elastic_settings: IndexerSettings) -> Iterator[Elasticsearch]:
    opened = make_client(elastic_settings)
    yield opened
    opened.close()


def settings_for(url: str) -> IndexerSettings:
    return IndexerSettings(engine="elasticsearch", url=url, index="t")


def no_forms() -> FormTable:
    raise AssertionError("a batch needs no forms")


def test_of_two_versions_in_one_batch_the_newer_is_written_and_both_are_reported_once(
    elastic: ElasticEngine, make_document: DocumentMaker
) -> None:
    old, new, broken = make_document(1, index_version=1), make_document(1, "nowa", index_version=2), make_document(1)
    broken["published_at"] = "rot"
    for batch in ([new, old, broken], [broken, old, new]):
        result = elastic.push(batch)
        assert result.written | result.already == {old["id"]}
        assert (result.rejected, result.later) == ({}, {})
    elastic.refresh()
    [hit] = elastic.search(EngineRequest(query=EVERYTHING))
    assert hit.document == new


def test_f03_one_document_of_500_that_the_mapping_refuses_is_rejected_with_the_reason_and_the_others_are_written(
    elastic: ElasticEngine, make_document: DocumentMaker
) -> None:
    documents = [make_document(number) for number in range(500)]
    documents[250]["copies"] = "viele"
    documents[251]["mood"] = "gloomy"
    result = elastic.push(documents)
    assert len(result.written) == 498
    assert set(result.rejected) == {documents[250]["id"], documents[251]["id"]}
    assert "copies" in result.rejected[documents[250]["id"]]
    assert "mood" in result.rejected[documents[251]["id"]]
    assert not result.later
    elastic.refresh()
    assert elastic.count(EVERYTHING) == 498


def test_a_document_that_cannot_be_encoded_or_would_fail_a_whole_request_is_rejected_alone(
    elastic: ElasticEngine, make_document: DocumentMaker
) -> None:
    changes: list[dict[str, Any]] = [
        {"text": "\ud800"}, {"index_version": True}, {"index_version": 2**63}, {"index_version": -1}, {"copies": 2**70},
        {"id": "x" * 32}, {"id": "a" * 600}, {"first_seen_at": "2026-11-24T12:00:00"}, {"tags": None},
    ]  # fmt: skip
    documents = [make_document(number) | change for number, change in enumerate(changes)]
    good = make_document(99)
    result = elastic.push([*documents, good])
    assert result.written == {good["id"]}
    assert result.rejected.keys() == {document["id"] for document in documents}
    assert all(result.rejected.values())


def test_one_absurd_tag_neither_refuses_the_document_nor_is_it_lost(elastic: ElasticEngine, make_document: DocumentMaker) -> None:
    tag = "😀" * 40_000
    document = make_document(1, tags=(tag, "ß" * 300), section="x" * 40_000)
    assert elastic.push([document]).written
    elastic.refresh()
    assert elastic.count(Filter("tag", "ss" * 20, is_prefix=True)) == 1
    [(value, count)] = elastic.facets(EVERYTHING, ["section"])["section"]
    assert (len(value), count) == (VALUE_LENGTH, 1)
    assert {len(value) for value, _ in elastic.facets(EVERYTHING, ["tag"])["tag"] if value != "wschód"} == {VALUE_LENGTH}


def test_f06_what_a_full_disk_keeps_out_waits_and_is_written_when_the_block_is_lifted(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    first, second = make_document(1), make_document(2)
    elastic.push([first])
    month = f"{elasticsearch_index}-2026-11-g1"
    for block, words in (("read_only_allow_delete", "disk is nearly full"), ("write", "index.blocks")):
        client.indices.put_settings(index=month, settings={f"index.blocks.{block}": True})
        result = elastic.push([second])
        assert set(result.later) == {second["id"]}
        assert not result.rejected
        assert words in str(elastic.status().trouble)
        client.indices.put_settings(index=month, settings={f"index.blocks.{block}": None})
        assert elastic.status().trouble is None
    assert elastic.push([second]).written == {second["id"]}


def test_a_red_index_takes_its_own_documents_later_and_the_others_now(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    nowhere = {"routing": {"allocation": {"require": {"_name": "nobody"}}}}
    client.indices.create(
        index=f"{elasticsearch_index}-2026-10-g1", settings={"index": nowhere}, wait_for_active_shards=0, timeout="1s"
    )
    october, november = make_document(2, first_seen_at=datetime(2026, 10, 3, tzinfo=UTC)), make_document(3)
    result = elastic.push([october, november])
    assert (result.written, set(result.later), result.rejected) == ({november["id"]}, {october["id"]}, {})
    status = elastic.status()
    assert f"index {elasticsearch_index}-2026-10-g1 red" in str(status.trouble)
    assert status.document_version is not None


def test_a_closed_index_takes_nothing_now_and_refuses_nothing(
    elastic: ElasticEngine, client: Elasticsearch, elasticsearch_index: str, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(1)])
    client.indices.close(index=f"{elasticsearch_index}-2026-11-g1")
    result = elastic.push([make_document(2)])
    assert (len(result.later), len(result.written), len(result.rejected)) == (1, 0, 0)


def test_f05_a_request_over_the_limit_is_halved_and_a_document_over_it_is_rejected_with_its_size(
    make_document: DocumentMaker,
) -> None:
    with start_elasticsearch({"http.max_content_length": "100kb"}) as server:
        engine = ElasticEngine(settings_for(server.url), no_forms)
        documents = [make_document(number, "słowo " * 1000) for number in range(60)]
        giant = make_document(99, "słowo " * 20_000)
        result = engine.push([*documents[:30], giant, *documents[30:]])
        assert result.written == {document["id"] for document in documents}
        assert set(result.rejected) == {giant["id"]}
        assert re.search(r"\d\d\d,\d\d\d bytes", result.rejected[giant["id"]])
        assert "http.max_content_length" in result.rejected[giant["id"]]
        assert not result.later
        engine.refresh()
        assert engine.count(EVERYTHING) == 60
        engine.close()


def test_bodies_are_kept_below_the_limit_of_a_request(client: Elasticsearch, make_document: DocumentMaker) -> None:
    """Asked of a server that only measures: the real one does not tell how large a request was."""
    sizes: list[int] = []

    def measure(request: Request) -> Response:
        lines = request.get_data().splitlines()
        sizes.append(len(request.get_data()))
        items = [{"index": {"status": 201}} for _ in range(len(lines) // 2)]
        return Response(
            json.dumps({"items": items}), content_type="application/json", headers={"X-Elastic-Product": "Elasticsearch"}
        )

    with HTTPServer() as server:
        server.expect_request(re.compile("/_bulk")).respond_with_handler(measure)
        there = make_client(settings_for(server.url_for("")))
        items, _ = make_items([make_document(number, "słowo " * 1000) for number in range(20)])
        answers = BulkSender(there, request_bytes=50_000).send(items, lambda month: "t")
        there.close()
    assert len(answers.written) == 20
    assert len(sizes) > 3
    assert max(sizes) < 60_000


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_f02_a_whole_request_that_is_not_taken_is_for_later_and_rejects_nothing(
    status: int, make_document: DocumentMaker
) -> None:
    with HTTPServer() as server:
        server.expect_request(re.compile("/.*")).respond_with_data(
            "busy", status=status, headers={"X-Elastic-Product": "Elasticsearch"}
        )
        there = make_client(settings_for(server.url_for("")))
        items, _ = make_items([make_document(1)])
        with pytest.raises(IndexLater, match=str(status)):
            BulkSender(there).send(items, lambda month: "t")
        there.close()


def test_f02_items_that_are_not_taken_now_are_told_apart_from_those_that_never_will(make_document: DocumentMaker) -> None:
    """Rejected executions per item: no server gives them when asked."""
    statuses = [201, 429, 503, 403, 400, 409, 500]

    def answer(request: Request) -> Response:
        items = [
            {"index": {"status": status, **({} if status == 201 else {"error": {"type": "x", "reason": "y"}})}}
            for status in statuses
        ]
        return Response(
            json.dumps({"items": items}), content_type="application/json", headers={"X-Elastic-Product": "Elasticsearch"}
        )

    documents = [make_document(number) for number in range(len(statuses))]
    ids = [document["id"] for document in documents]
    with HTTPServer() as server:
        server.expect_request(re.compile("/_bulk")).respond_with_handler(answer)
        there = make_client(settings_for(server.url_for("")))
        answers = BulkSender(there).send(make_items(documents)[0], lambda month: "t")
        there.close()
    assert (answers.written, answers.already) == ({ids[0]}, {ids[5]})
    assert set(answers.later) == {ids[1], ids[2], ids[3], ids[6]}
    assert answers.rejected == {ids[4]: "x: y"}


def test_a_document_is_through_only_when_every_generation_has_it() -> None:
    in_use = Answers(written={"a", "b", "c"}, already={"d", "e"})
    filled = Answers(written={"d"}, already={"a", "e"}, rejected={"b": "no"}, later={"c": "busy"})
    result = joined([in_use, filled], {"f": "broken"})
    assert (result.written, result.already) == ({"a", "d"}, {"e"})
    assert (result.rejected, result.later) == ({"b": "no", "f": "broken"}, {"c": "busy"})


def test_an_engine_that_nothing_answers_takes_nothing_now(make_document: DocumentMaker) -> None:
    engine = ElasticEngine(settings_for("http://127.0.0.1:9"), no_forms)
    with pytest.raises(IndexLater, match="nothing listens"):
        engine.push([make_document(1)])
    with pytest.raises(BackendUnavailable, match="nothing listens"):
        engine.status()
    engine.close()
