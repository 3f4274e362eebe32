"""The table [scheduler] of `depesza.toml`. Standard library only.

Not here: the crawler's and the store's tables (`crawler.config`), the indexer's (`indexer.config`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.settings import parse_duration, read_table, setting


@dataclass(frozen=True, kw_only=True)
class SchedulerSettings:
    """Table [scheduler]."""

    every: str = setting("15m", "How often an outlet is crawled when neither it nor its group says when.")
    groups: Mapping[str, str] = setting(
        None, 'Table [scheduler.groups]: for a group of outlets an interval ("5m") or a cron line ("*/10 6-22 * * *").'
    )
    push_every: str = setting("10s", "How often new articles are handed to the search index.")
    run_time_limit: str = setting("30m", "A crawl that takes longer is stopped; what is left waits for the next.")
    children: int = setting(2, "Crawls (child processes) at once. One outlet is never crawled by two.")
    stop_within: str = setting("25s", "Time that a crawl gets to finish its pages when the service is stopped.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", dict(self.groups or {}))
        for name in ("every", "push_every", "run_time_limit", "stop_within"):
            try:
                parse_duration(getattr(self, name))
            except ValueError as error:
                raise ConfigError(f"[scheduler] {name}: {error}") from None
        if not 1 <= self.children <= 64:
            raise ConfigError(f"[scheduler] children: a number from 1 to 64 is wanted, not {self.children}")


def scheduler_settings(locations: Locations, environ: Mapping[str, str] | None = None) -> SchedulerSettings:
    """Table [scheduler] with the environment over it. Raises ConfigError."""
    table = dict(locations.tables.get("scheduler", {}))
    groups = table.pop("groups", {})
    where = f"{locations.config_path}: [scheduler.groups]"
    if not isinstance(groups, dict):
        raise ConfigError(f'{where}: a table is wanted: one line a group, such as public-media = "5m"')
    for group, when in groups.items():
        if not isinstance(when, str):
            raise ConfigError(f'{where} {group}: an interval ("5m") or a cron line is wanted, not {when!r}')
    settings = read_table(SchedulerSettings, "scheduler", {"scheduler": table}, locations.config_path, environ)
    return dataclasses.replace(settings, groups=groups)
