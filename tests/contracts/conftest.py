"""Both engines, each over the real thing: tantivy in a folder, Elasticsearch on the run's server with the forms in a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.store.database import open_database
from indexer.config import IndexerSettings
from indexer.engine import SearchEngine
from indexer.engines.elastic import ElasticEngine
from indexer.engines.embedded import EmbeddedEngine
from indexer.store_forms import StoreForms


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[SearchEngine]:
    """An embedded engine without an index."""
    opened = EmbeddedEngine(tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture
def elasticsearch(elasticsearch_url: str, elasticsearch_index: str, tmp_path: Path) -> Iterator[SearchEngine]:
    """An engine over Elasticsearch without an index."""
    settings = IndexerSettings(engine="elasticsearch", url=elasticsearch_url, index=elasticsearch_index)
    opened = ElasticEngine(settings, lambda: StoreForms(open_database(f"sqlite:///{tmp_path / 'store.sqlite'}")))
    yield opened
    opened.close()


@pytest.fixture(params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)])
def engine(request: pytest.FixtureRequest) -> SearchEngine:
    """Every engine, one after the other, without an index. A further one joins here, nothing else."""
    opened: SearchEngine = request.getfixturevalue(request.param)
    return opened
