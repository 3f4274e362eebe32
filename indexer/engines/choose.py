"""Which engine an installation uses. Imports stand inside: a search in the embedded index needs no client and no store."""

from __future__ import annotations

from crawler.config import Locations
from indexer.config import IndexerSettings
from indexer.engine import FormTable, SearchEngine


def open_engine(settings: IndexerSettings, locations: Locations) -> SearchEngine:
    """The engine that `[indexer] engine` names. Nothing is asked or made before the first use."""
    if settings.engine == "elasticsearch":
        from indexer.engines.elastic import ElasticEngine

        return ElasticEngine(settings, lambda: _store_forms(locations))
    from indexer.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(locations.index_dir)


def _store_forms(locations: Locations) -> FormTable:
    """The table of seen forms in the store."""
    from crawler.config import store_url
    from crawler.store.database import open_database
    from indexer.store_forms import StoreForms

    return StoreForms(open_database(store_url(locations)))
