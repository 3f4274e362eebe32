"""The table [indexer] of `depesza.toml`. Standard library only: a cold search reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.settings import read_table, setting, suggestion

ENGINES = ("embedded",)


@dataclass(frozen=True, kw_only=True)
class IndexerSettings:
    """Table [indexer]."""

    engine: str = setting("embedded", "The search engine: embedded (tantivy, in the data folder, needs no server).")
    batch: int = setting(500, "Documents pushed to the engine at once.")
    page: int = setting(20, "Stories that a search shows unless told otherwise.")


def indexer_settings(locations: Locations, environ: Mapping[str, str] | None = None) -> IndexerSettings:
    """Table [indexer] with the environment over it. Raises ConfigError naming the key and what it may be."""
    settings = read_table(IndexerSettings, "indexer", locations.tables, locations.config_path, environ)
    where = f"{locations.config_path}: [indexer]"
    if settings.engine not in ENGINES:
        known = suggestion(settings.engine, ENGINES)
        raise ConfigError(f"{where} engine: there is no engine {settings.engine!r}{known}; the engines are {', '.join(ENGINES)}")
    for name, most in (("batch", 10_000), ("page", 500)):
        if not 1 <= getattr(settings, name) <= most:
            raise ConfigError(f"{where} {name}: a whole number from 1 to {most} is wanted, not {getattr(settings, name)}")
    return settings
