"""Inflection, exact forms and folding through real indices of both engines: Polish phrases, and a sentence of each other language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest

from indexer.engine import SearchEngine
from indexer.gathering import Batch
from indexer.search import SearchHit, SearchRequest, search
from indexer.sending import Patience, Sender

from .conftest import NOON, numbers

Put = Callable[..., None]


@pytest.fixture(params=["engine", pytest.param("elastic", marks=pytest.mark.elasticsearch)])
def either(request: pytest.FixtureRequest) -> SearchEngine:
    """Each engine, one after the other."""
    found: SearchEngine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def put(either: SearchEngine) -> Put:
    """Push documents as the pusher does, until they can be found."""

    def push(*documents: dict[str, Any]) -> None:
        with Sender(either, Patience()) as sender:
            sender.send(Batch(ids=tuple(one["id"] for one in documents), documents=documents))
            [sent] = sender.sent(lambda: None)
        assert len(sent.result.written) == len(documents)
        either.refresh()

    return push


def found(engine: SearchEngine, text: str) -> list[str]:
    return numbers(search(engine, SearchRequest(text=text), NOON, UTC))


def marked(hit: SearchHit) -> list[str]:
    return [piece.text[start:end] for piece in hit.snippets for start, end in piece.marks]


def test_a_phrase_in_the_nominative_finds_and_marks_the_inflected_one(either: SearchEngine, put: Put, make_document: Any) -> None:
    put(
        make_document(1, "Spotkanie prezydentów miast odbyło się we wtorek.", title="Narada"),
        make_document(2, "Prezydentów wielu miast nie zaproszono.", title="Narada"),
    )
    page = search(either, SearchRequest(text='"prezydent miasta"'), NOON, UTC)
    assert numbers(page) == ["1"]
    assert marked(page.hits[0]) in (["prezydentów miast"], ["prezydentów", "miast"])


SENTENCES = {
    "uk": ("Президент зустрівся з мерами міст у Києві.", "Президенти говорили про місто.", "президент"),
    "ru": ("Губернатор говорил с журналистами о дорогах.", "Журналист спросил о дороге.", "журналист"),
    "cs": ("Starosta mluvil s novináři o nových silnicích.", "Novinář se ptal na silnici.", "silnice"),
    "de": ("Der Bürgermeister sprach über die neuen Häuser.", "Das Haus am Markt wird verkauft.", "Haus"),
    "en": ("The mayor met the reporters in two cities.", "A city reporter asked him twice.", "city"),
}
"""Language -> a sentence with an inflected form, one with another, and the base form."""


@pytest.mark.parametrize("language", SENTENCES)
def test_an_inflected_form_of_another_language_finds_the_other_forms_seen(
    language: str, either: SearchEngine, put: Put, make_document: Any
) -> None:
    one, other, base = SENTENCES[language]
    put(
        make_document(1, one, language=language, title="1"),
        make_document(2, other, language=language, title="2"),
        make_document(3, "—", language=language, title="3"),
    )
    assert found(either, base) == ["1", "2"]


def test_the_exact_mark_finds_this_form_only(either: SearchEngine, put: Put, make_document: Any) -> None:
    put(
        make_document(1, "Warszawa śpi.", title="Noc"),
        make_document(2, "W Warszawie pada.", title="Deszcz"),
        make_document(3, "Burmistrz miasta Warszawa mówi.", title="Głos"),
    )
    assert found(either, "Warszawa") == ["1", "2", "3"]
    assert found(either, '="Warszawa"') == ["1", "3"]
    assert found(either, '="miasta Warszawa"') == ["3"]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Strajk w Łodzi trwa.", "lodz"), ("Zażółć gęślą jaźń.", "zazolc"), ("Příliš žluťoučký kůň.", "prilis"),
        ("Der Fluß in Köln.", "koln"), ("Die Straße ist gesperrt.", "strasse"), ("Fuzja w Łodzi.", "ŁÓDŹ"),
    ],
)  # fmt: skip
def test_l_with_stroke_and_diacritics_are_folded(
    text: str, query: str, either: SearchEngine, put: Put, make_document: Any
) -> None:
    put(make_document(1, text, title="1"))
    assert found(either, query) == ["1"]
