"""An embedded index and one on a real Elasticsearch, and documents for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch
from typer.testing import CliRunner, Result

from crawler.config import Locations
from crawler.store.articles import Visit, insert_article
from crawler.store.database import Database, open_database
from crawler.store.outbox import put_in_outbox
from indexer.cli import app
from indexer.config import IndexerSettings
from indexer.document import Names, OutletName, StoryPlace, to_document
from indexer.engine import Sort
from indexer.engines.elastic import ElasticEngine
from indexer.engines.elastic_client import make_client
from indexer.engines.elastic_indices import ElasticIndices
from indexer.engines.embedded import EmbeddedEngine
from indexer.forms import SeenForms
from indexer.search import SearchPage, SearchRequest, search

from .faulty_newsroom import Newsroom
from .faulty_proxy import faulty_proxy

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NAMES = Names(outlets={"kresy": OutletName(name="Kresy.pl", country="PL", group="portale", tags=("wschód",))}, agencies={"pap": "Polska Agencja Prasowa"})  # fmt: skip
DocumentMaker = Callable[..., dict[str, Any]]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    opened = EmbeddedEngine(tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture
def elastic_settings(elasticsearch_url: str, elasticsearch_index: str) -> IndexerSettings:
    """The real server, and a prefix of the test's own."""
    return IndexerSettings(engine="elasticsearch", url=elasticsearch_url, index=elasticsearch_index)


@pytest.fixture
def elastic(elastic_settings: IndexerSettings, tmp_path: Path) -> Iterator[ElasticEngine]:
    """An engine on the real server."""
    opened = ElasticEngine(elastic_settings, lambda: SeenForms(tmp_path / "forms.sqlite", must_exist=False))
    yield opened
    opened.close()


@pytest.fixture
def make_document(make_article: Any) -> DocumentMaker:
    """A document: `number` gives its address and how many hours ago it was published."""

    def make(number: int = 1, text: str = "Prezydent przyjechał do Warszawy.", **changes: Any) -> dict[str, Any]:
        story = changes.pop("story", None)
        copies, role = changes.pop("copies", 2), changes.pop("role", "verbatim")
        place = StoryPlace(story=story, role=role, copies=copies, agency="pap", is_origin=False) if story else None
        changes = {"published_at": NOON - timedelta(hours=number)} | changes
        return to_document(make_article(f"https://kresy.example/{number}", text, **changes), place, NAMES)

    return make


Fill = Callable[..., None]


@pytest.fixture
def fill(engine: EmbeddedEngine) -> Fill:
    """Push documents as the pusher does: words first."""

    def push(*documents: dict[str, Any]) -> None:
        for document in documents:
            engine.forms.add({document["language"]: [document["title"], document["text"], document["lead"] or ""]})
        engine.push(documents)

    return push


Ask = Callable[..., SearchPage]


@pytest.fixture
def ask(engine: EmbeddedEngine) -> Ask:
    """Search the index at noon, UTC."""

    def run(text: str, **asked: Any) -> SearchPage:
        return search(engine, SearchRequest(text=text, **({"sort": Sort.NEWEST} | asked)), NOON, UTC)

    return run


def numbers(page: SearchPage) -> list[str]:
    """The last parts of the hits' addresses."""
    return [hit.article["url"].rpartition("/")[2] for hit in page.hits]


@pytest.fixture
def locations(tmp_path: Path) -> Locations:
    return Locations(data_dir=tmp_path, config_path=tmp_path / "depesza.toml")


def run(locations: Locations, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, obj=locations)


@pytest.fixture
def filed(locations: Locations, make_article: Any) -> Any:
    """Articles in the store, waiting in the outbox."""

    def put(*articles: Any) -> None:
        database = open_database(f"sqlite:///{locations.data_dir / 'depesza.sqlite'}")
        with database.write() as connection:
            for article in articles:
                insert_article(connection, article, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
                put_in_outbox(connection, {article.id: 1}, NOON)
        database.close()

    return put


@pytest.fixture
def newsroom(
    sqlite_database: Database, elasticsearch_url: str, elasticsearch_index: str, make_article: Any
) -> Iterator[Newsroom]:
    """A SQLite store before the real server, with a proxy between them."""
    with faulty_proxy(elasticsearch_url) as proxy:
        room = Newsroom(sqlite_database, proxy, elasticsearch_index, make_article)
        yield room
        proxy.choose = lambda exchange: None
        for engine in room.engines:
            engine.close()


@pytest.fixture
def client(elastic_settings: IndexerSettings) -> Iterator[Elasticsearch]:
    """A bare client on the real server."""
    opened = make_client(elastic_settings)
    yield opened
    opened.close()


@pytest.fixture
def another(elastic_settings: IndexerSettings) -> Iterator[Callable[[], ElasticEngine]]:
    """Further engines on the same index, as other processes have them."""
    opened: list[ElasticEngine] = []

    def make() -> ElasticEngine:
        opened.append(ElasticEngine(elastic_settings, lambda: None))  # type: ignore[arg-type,return-value]  # no forms needed
        return opened[-1]

    yield make
    for engine in opened:
        engine.close()


@pytest.fixture
def indices(client: Elasticsearch, elasticsearch_index: str) -> ElasticIndices:
    """The indices under the test's prefix."""
    return ElasticIndices(client, elasticsearch_index)
