"""Kept answers: the same answer for the same question while nothing changed, and never an old one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import indexer.kept_answers
from indexer.engines.embedded import EmbeddedEngine
from indexer.kept_answers import KeptAnswers
from indexer.search import SearchRequest, search

NOON = datetime(2026, 11, 24, 12, 0, 10, tzinfo=UTC)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of the searches that were made anew."""
    made: list[str] = []

    def counted(engine: Any, request: SearchRequest, now: datetime, zone: Any) -> Any:
        made.append(request.text)
        return search(engine, request, now, zone)

    monkeypatch.setattr(indexer.kept_answers, "search", counted)
    return made


def test_a_question_is_answered_from_memory_until_the_index_or_the_minute_is_another(
    tmp_path: Path, make_document: Any, asked: list[str]
) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    engine.push([make_document(1)])
    answers = KeptAnswers(engine)
    request = SearchRequest(text="date:P7D OR date:2000..2040", facets=("language",))
    first = answers.search(request, NOON, UTC)
    again = answers.search(request, NOON + timedelta(seconds=40), UTC)
    assert len(asked) == 1
    assert (first.hits, first.facets, first.total) == (again.hits, again.facets, again.total)
    answers.search(request, NOON + timedelta(seconds=60), UTC)
    assert len(asked) == 2, "another minute"
    EmbeddedEngine(tmp_path / "index").push([make_document(2)])
    assert answers.search(request, NOON + timedelta(seconds=60), UTC).total == 2
    assert len(asked) == 3


def test_another_order_place_or_zone_is_another_question(tmp_path: Path, make_document: Any, asked: list[str]) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    engine.push([make_document(number) for number in range(3)])
    answers = KeptAnswers(engine)
    first = answers.search(SearchRequest(text="", limit=1), NOON, UTC)
    second = answers.search(SearchRequest(text="", limit=1, after=first.next), NOON, UTC)
    assert first.hits != second.hits
    answers.search(SearchRequest(text="", limit=1, fold_copies=False), NOON, UTC)
    assert len(asked) == 3


def test_an_index_that_tells_no_state_is_asked_each_time(
    tmp_path: Path, make_document: Any, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    engine.push([make_document(1)])
    monkeypatch.setattr(engine, "state", lambda: None)
    answers = KeptAnswers(engine)
    assert [answers.search(SearchRequest(text=""), NOON, UTC).total for _ in range(2)] == [1, 1]
    assert len(asked) == 2


def test_many_other_questions_do_not_keep_one_from_being_remembered(
    tmp_path: Path, make_document: Any, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexer.kept_answers, "_PAGES", 3)
    engine = EmbeddedEngine(tmp_path / "index")
    engine.push([make_document(1)])
    answers = KeptAnswers(engine)
    for text in ("a", "b", "c", "d", "d"):
        answers.search(SearchRequest(text=text), NOON, UTC)
    assert asked == ["a", "b", "c", "d"]
