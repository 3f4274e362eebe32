"""Both engines behind the same API give the same answers, letter for letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.store.database import open_database
from indexer.config import IndexerSettings
from indexer.engines.elastic import ElasticEngine
from indexer.engines.embedded import EmbeddedEngine
from indexer.forms import SeenForms

from .newsroom import Room

QUERIES = (
    "", "prezydent", "prezydentowi warszawa", '"nowy most"', "mos*", "outlet:kresy", 'agency:"Polska Agencja Prasowa"', "role:edited", "kot OR most",
    "-prezydent", "title:kot", "date:2026-11-24", "date:P1D", "copies:>1", "zatrute", "nieistniejące", "outlet:kresi", "250 milionów",
)  # fmt: skip
PATHS = [
    *(("/api/v1/search", {"q": one, "sort": sort, "facets": "outlet,agency,language,role,tag", "histogram": "day", "fold": fold})
      for one in QUERIES for sort, fold in (("newest", "true"), ("oldest", "false"), ("most-copied", "true"))),
    *(("/feed.json", {"q": one}) for one in QUERIES),
    ("/api/v1/search", {"format": "csv", "fold": "false"}),
    ("/api/v1/search", {"q": "(" * 30}), ("/api/v1/search", {"after": "nonsense"}), ("/api/v1/search", {"facets": "text"}),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.elasticsearch
def test_the_answers_of_both_engines_are_the_same(elasticsearch_url: str, elasticsearch_index: str, tmp_path: Path) -> None:
    databases = [open_database(f"sqlite:///{tmp_path / name / 'depesza.sqlite'}") for name in ("embedded", "elastic")]
    embedded = EmbeddedEngine(tmp_path / "index")
    settings = IndexerSettings(engine="elasticsearch", url=elasticsearch_url, index=elasticsearch_index)
    elastic = ElasticEngine(settings, lambda: SeenForms(tmp_path / "forms.sqlite", must_exist=False))
    one, other = Room(databases[0], embedded), Room(databases[1], elastic)
    with one.served() as first, other.served() as second:
        for path, asked in PATHS:
            a, b = first.get(path, params=asked), second.get(path, params=asked)
            own, foreign = (str(client.base_url) for client in (first, second))
            assert (a.status_code, a.text) == (b.status_code, b.text.replace(foreign, own)), (path, asked)
        tags = [client.get("/api/v1/search?q=prezydent").headers["etag"] for client in (first, second)]
        assert tags[0] == tags[1]
        pages = [walk(client) for client in (first, second)]
        assert pages[0] == pages[1]
    for opened in (embedded, elastic, *databases):
        opened.close()


def walk(client: object) -> list[object]:
    """Ids and cursors, a page of one each."""
    found: list[object] = []
    after = None
    while True:
        asked = {"limit": 1, "fold": "false", **({"after": after} if after else {})}
        page = client.get("/api/v1/search", params=asked).json()  # type: ignore[attr-defined]  # an httpx.Client
        after = page["next"]
        found.append(([hit["id"] for hit in page["hits"]], after))
        if after is None:
            return found
