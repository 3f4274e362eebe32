"""The table [scheduler] of `depesza.toml`.

Not here: the crawler's and the store's tables (`crawler.config`), the indexer's (`indexer.config`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.settings import parse_duration, read_table, setting
from scheduler.slots import FORMS, bounded, read_slots


@dataclass(frozen=True, kw_only=True)
class SchedulerSettings:
    """Table [scheduler]."""

    every: str = setting(
        "15m",
        "When an outlet is crawled when neither it nor its group says so: an interval, a cron line on its clocks, windows "
        '("5m 06-23, 1h"), or "adaptive", which follows its own rhythm.',
    )
    groups: Mapping[str, str] = setting(
        None, 'Table [scheduler.groups]: the same for a group of outlets ("5m", "*/10 6-22 * * *", "5m mon-fri 06-23, 30m").'
    )
    shortest: str = setting("2m", "Adaptive: an outlet is never asked sooner again than this.")
    longest: str = setting("2h", "Adaptive: an outlet is never left alone for longer than this.")
    jitter: str | None = setting(
        None, "Spread the outlets of a schedule over this time, each always at its own place in it; at most its interval."
    )
    push_every: str = setting("10s", "How often new articles are handed to the search index.")
    run_time_limit: str = setting("30m", "A crawl that takes longer is stopped; what is left waits for the next.")
    children: int = setting(
        2, "Crawls (child processes) at once, as many again while some wait for slow outlets. One outlet is never crawled by two."
    )
    stop_within: str = setting("25s", "Time that a crawl gets to finish its pages when the service is stopped.")
    batch: int = setting(50, "Outlets in one crawl (child process) at most; what waits is shared among the processes that work.")
    lease: str = setting(
        "2m", "How long a process keeps its outlets when it cannot reach the store; it says that it lives every sixth of it."
    )
    log_file: str | None = setting(None, "File for the log of `run` and `worker`, a JSON line an event. Unset: standard error.")
    log_file_mb: int = setting(20, "Megabytes after which a new log file is begun.")
    log_files: int = setting(5, "Log files kept, the one in use among them.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", dict(self.groups or {}))
        for name in ("push_every", "run_time_limit", "stop_within", "jitter", "lease"):
            try:
                parse_duration(getattr(self, name) or "1s")
            except ValueError as error:
                raise ConfigError(f"[scheduler] {name}: {error}") from None
        bounds = bounded(self.shortest, self.longest, "[scheduler] shortest, longest")
        read_slots(self.every, "UTC", "[scheduler] every", bounds)
        for name, least, most in (("children", 1, 64), ("batch", 1, 10_000), ("log_file_mb", 1, 10_000), ("log_files", 1, 1000)):
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"[scheduler] {name}: a number from {least} to {most:,} is wanted, not {getattr(self, name)}")
        if not 3 <= parse_duration(self.lease) <= 600:
            raise ConfigError(f"[scheduler] lease: a time from 3s to 10m is wanted, not {self.lease}")


def scheduler_settings(locations: Locations, environ: Mapping[str, str] | None = None) -> SchedulerSettings:
    """Table [scheduler] with the environment over it. Raises ConfigError."""
    table = dict(locations.tables.get("scheduler", {}))
    groups = table.pop("groups", {})
    where = f"{locations.config_path}: [scheduler.groups]"
    if not isinstance(groups, dict):
        raise ConfigError(f'{where}: a table is wanted: one line a group, such as public-media = "5m"')
    for group, when in groups.items():
        if not isinstance(when, str):
            raise ConfigError(f"{where} {group}: a text is wanted, {FORMS}, not {when!r}")
        read_slots(when, "UTC", f"{where} {group}")
    settings = read_table(SchedulerSettings, "scheduler", {"scheduler": table}, locations.config_path, environ)
    return dataclasses.replace(settings, groups=groups)
