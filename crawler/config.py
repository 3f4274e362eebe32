"""The crawler's tables of `depesza.toml`, and where the data folder and the file are found. Standard library only."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crawler.errors import ConfigError
from crawler.settings import PREFIX, parse_duration, read_file, read_table, setting

CONFIG_NAME = "depesza.toml"
LEAST_HOURS_S = 28 * 86400.0
"""Four weeks: with fewer a weekday's hour is judged by three others or less."""


@dataclass(frozen=True, kw_only=True)
class Locations:
    """Where this installation lives: its data folder, its configuration file and the tables read from it."""

    data_dir: Path
    config_path: Path
    """May not exist: everything has a default."""
    tables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def index_dir(self) -> Path:
        """Folder of the embedded search index."""
        return self.data_dir / "index"

    @property
    def runs_dir(self) -> Path:
        """Folder of plans and reports of runs."""
        return self.data_dir / "runs"

    @property
    def outlets_dir(self) -> Path:
        """The user's own outlets, beside the shipped ones."""
        return self.data_dir / "outlets"


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Table [store]."""

    url: str | None = setting(None, 'Database address: "postgresql://user@host/name". Unset: a SQLite file in the data folder.')
    keep_pages: str = setting("30d", "How long the raw page of an article is kept for `depesza renormalize`.")
    keep_runs: str = setting("7d", "How long the reports of crawls are kept: 10 to 50 MB a day with 500 outlets.")
    keep_letters: str = setting("90d", "How long a dead letter is kept that nothing was heard of again.")
    keep_hours: str = setting(
        "90d", "How long it is kept what each outlet brought in each hour, from which its rhythm is read (4w or more)."
    )
    keep_incidents: str = setting("365d", "How long incidents are kept that are over.")

    def __post_init__(self) -> None:
        for name in ("keep_pages", "keep_runs", "keep_letters", "keep_hours", "keep_incidents"):
            try:
                kept_s = parse_duration(getattr(self, name))
            except ValueError as error:
                raise ConfigError(f"[store] {name}: {error}") from None
            if name == "keep_hours" and kept_s < LEAST_HOURS_S:
                raise ConfigError(f"[store] keep_hours: at least 4w is wanted, for the rhythm of a week, not {self.keep_hours!r}")


@dataclass(frozen=True, kw_only=True)
class CrawlerSettings:
    """Table [crawler]."""

    contact: str | None = setting(None, "Mail address or web page where an outlet's admin reaches you; part of the User-Agent.")
    user_agent: str | None = setting(None, "Replaces the whole User-Agent. Unset: Depesza/VERSION (+contact).")
    outlets: tuple[str, ...] = setting((), "Slugs to watch. Empty: every enabled outlet of the catalogue.")
    outlet_folders: tuple[str, ...] = setting((), "Further folders of outlet files, beside the data folder's own `outlets`.")
    workers: int = setting(2, "Processes that read pages (extraction).")
    page_time_limit_s: float = setting(10.0, "Seconds one page may cost before its worker is killed.")
    page_memory_mb: int = setting(1024, "Megabytes one worker may hold before it is killed.")

    def __post_init__(self) -> None:
        for name, least, most in (("workers", 1, 256), ("page_time_limit_s", 1, 600), ("page_memory_mb", 256, 65_536)):
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"[crawler] {name}: a number from {least} to {most:,} is wanted, not {getattr(self, name)}")


def find_locations(
    data_dir: Path | None = None, config: Path | None = None, environ: Mapping[str, str] | None = None
) -> Locations:
    """The first that is set: option, `DEPESZA_DATA_DIR` / `DEPESZA_CONFIG`, `./depesza.toml`, the data folder's own.

    Raises ConfigError for a file that cannot be read or has unknown tables.
    """
    environ = os.environ if environ is None else environ
    folder = data_dir or _path(environ.get(f"{PREFIX}DATA_DIR")) or default_data_dir(environ)
    file = config or _path(environ.get(f"{PREFIX}CONFIG"))
    if file is None:
        file = Path(CONFIG_NAME) if Path(CONFIG_NAME).exists() else folder / CONFIG_NAME
    return Locations(data_dir=folder.absolute(), config_path=file.absolute(), tables=read_file(file))


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """The platform's folder for application data (XDG base directory specification; Application Support on macOS)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "depesza"
    if sys.platform == "win32" and environ.get("LOCALAPPDATA"):
        return Path(environ["LOCALAPPDATA"]) / "depesza"
    return Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "depesza"


def store_settings(locations: Locations) -> StoreSettings:
    """Table [store] with the environment over it."""
    return read_table(StoreSettings, "store", locations.tables, locations.config_path)


def crawler_settings(locations: Locations) -> CrawlerSettings:
    """Table [crawler] with the environment over it."""
    return read_table(CrawlerSettings, "crawler", locations.tables, locations.config_path)


def store_url(locations: Locations) -> str:
    """The store's address: as set, else SQLite in the data folder. Raises ConfigError for a folder that no address can name."""
    url = store_settings(locations).url
    if not url and "?" in str(locations.data_dir):
        raise ConfigError(
            f"{locations.data_dir}: a data folder cannot have a question mark in its path, where an address would end"
        )
    return url or f"sqlite:///{locations.data_dir / 'depesza.sqlite'}"


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None
