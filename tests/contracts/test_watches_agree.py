"""A watch alerts to what its query finds: the same documents held against both give the same articles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from indexer.engine import EngineRequest
from indexer.engines.embedded import EmbeddedEngine
from indexer.expansion import Expander, spoken_languages
from indexer.query import parse_query
from indexer.watches.matching import Matcher
from indexer.watches.terms import Compiler

from .test_engines_agree import COUNT, NOON, QUERIES, WARSAW, make_documents

MORE = (
    "copies:>3",
    "copies:..2 kot",
    "-copies:1",
    "(prez* OR =kot) -title:wojna",
    "NOT (kot OR pies)",
    "section:kraj author:żak",
    "rządem",
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedEngine, list[dict[str, Any]]]]:
    engine = EmbeddedEngine(tmp_path_factory.mktemp("watches") / "index")
    documents = make_documents(COUNT, seed=7)
    for document in documents:
        engine.forms.add({document["language"]: [document["title"], document["text"], document["lead"]]})
    result = engine.push(documents)
    documents = [document for document in documents if document["id"] in result.written]
    yield engine, documents
    engine.close()


@pytest.mark.parametrize("text", (*QUERIES, *MORE))
def test_a_watch_matches_what_its_query_finds(filled: tuple[EmbeddedEngine, list[dict[str, Any]]], text: str) -> None:
    engine, documents = filled
    parsed = parse_query(text).node
    node = Expander(engine.forms, NOON, WARSAW, spoken_languages(parsed)).expand(parsed)
    found = {hit.document["id"] for hit in engine.search(EngineRequest(query=node, limit=COUNT + 1))}
    query = Compiler(engine.forms, NOON, WARSAW).compile(text)
    matched = {document["id"] for _, document in Matcher({"one": query}, WARSAW).match(documents, engine.forms, NOON)}
    assert matched == found


def test_all_watches_at_once_match_what_each_matches_alone(filled: tuple[EmbeddedEngine, list[dict[str, Any]]]) -> None:
    engine, documents = filled
    compiler = Compiler(engine.forms, NOON, WARSAW)
    queries = {text: compiler.compile(text) for text in (*QUERIES[::6], *MORE)}
    together = {(watch, document["id"]) for watch, document in Matcher(queries, WARSAW).match(documents, engine.forms, NOON)}
    alone = {
        (text, document["id"])
        for text, query in queries.items()
        for _, document in Matcher({text: query}, WARSAW).match(documents, engine.forms, NOON)
    }
    assert together == alone
