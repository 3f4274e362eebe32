"""Which engine an installation uses."""

from __future__ import annotations

from crawler.config import Locations
from indexer.config import IndexerSettings
from indexer.engine import SearchEngine
from indexer.engines.embedded import EmbeddedEngine


def open_engine(settings: IndexerSettings, locations: Locations) -> SearchEngine:
    """The engine that `[indexer] engine` names. Nothing is opened or made before the first use."""
    return EmbeddedEngine(locations.index_dir)
