"""The catalogue and the timetable as they stand in the files, and whether the files have changed since they were read.

A file that is broken changes nothing: what was read last stays in force. Not here: when one looks (`scheduler.service`,
`scheduler.worker`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from crawler.config import Locations, crawler_settings, find_locations, store_url
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet
from crawler.outlets.catalogue import SHIPPED
from crawler.outlets.choosing import choose_outlets, open_catalogue, outlet_folders
from scheduler.config import SchedulerSettings, scheduler_settings
from scheduler.crawling import contact_for
from scheduler.slots import Adaptive
from scheduler.timetable import Job, build_timetable

log = structlog.get_logger("scheduler")
Fingerprint = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is watched, and when."""

    locations: Locations
    """With the tables that were read."""
    settings: SchedulerSettings
    outlets: Mapping[str, Outlet]
    jobs: tuple[Job, ...]

    @property
    def schedules(self) -> dict[str, str]:
        """Slug -> its schedule in words."""
        return {slug: str(job.slots) for job in self.jobs for slug in job.outlets}

    @property
    def adaptive(self) -> dict[str, Adaptive]:
        """Slug -> bounds, of the outlets without slots."""
        return {slug: job.slots for job in self.jobs if isinstance(job.slots, Adaptive) for slug in job.outlets}

    @property
    def longest_waits(self) -> dict[str, timedelta]:
        """Slug -> how far ahead an adaptive outlet may be planned: its bound, and a day for a server that wants to be left alone."""
        return {slug: timedelta(seconds=one.longest_s, days=1) for slug, one in self.adaptive.items()}


def read_plan(locations: Locations) -> Plan:
    """Read every setting and outlet file. Raises ConfigError naming file and key of whatever is wrong."""
    settings = scheduler_settings(locations)
    catalogue = open_catalogue(locations)
    try:
        outlets = choose_outlets(catalogue, (), crawler_settings(locations).outlets)
    except ConfigError as error:
        raise ConfigError(f"{locations.config_path}: [crawler] outlets: {error}") from None
    jobs = build_timetable(outlets, settings, catalogue.path_of)
    contact_for(locations, outlets)
    return Plan(locations=locations, settings=settings, outlets={one.slug: one for one in outlets}, jobs=jobs)


class PlanFile:
    """The plan in force, and the files it is from."""

    def __init__(self, locations: Locations) -> None:
        """Raises ConfigError."""
        self._seen = fingerprint(locations)  # before reading: a change in between is seen the next time
        self.plan = read_plan(locations)

    def has_changed(self) -> bool:
        """Whether a file was changed, added or removed since the last reading, a failed one included."""
        return fingerprint(self.plan.locations) != self._seen

    def read_again(self) -> bool:
        """Put into force what the files say now. False: they are broken, which is logged, or nothing changed by them."""
        before = self.plan
        self._seen = fingerprint(before.locations)
        try:
            locations = find_locations(before.locations.data_dir, before.locations.config_path)
            plan = read_plan(locations)
        except ConfigError as error:
            for fault in str(error).splitlines():
                log.error("not reloaded, the catalogue and timetable read before stay in force", reason=fault)
            return False
        if store_url(locations) != store_url(before.locations):
            log.warning("[store] url has changed: that counts after a restart")
        self.plan = plan
        self._seen = fingerprint(locations) if outlet_folders(locations) != outlet_folders(before.locations) else self._seen
        _log_changes(before, plan)
        return True


def fingerprint(locations: Locations) -> Fingerprint:
    """Name, inode, size and time of every file that the plan is read from."""
    try:
        folders = outlet_folders(locations)
    except ConfigError:  # a folder is gone: reading says so
        folders = ()
    paths = [locations.config_path, *(path for folder in (SHIPPED, *folders) for path in sorted(folder.rglob("*.toml")))]
    return tuple(mark for path in paths if (mark := _mark(path)) is not None)


def _mark(path: Path) -> tuple[str, int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_ino, found.st_size, found.st_mtime_ns


def _log_changes(before: Plan, after: Plan) -> None:
    old, new = before.schedules, after.schedules
    log.info(
        "reloaded", outlets=len(new), schedules=len(after.jobs), added=", ".join(sorted(set(new) - set(old))) or None,
        removed=", ".join(sorted(set(old) - set(new))) or None,
        rescheduled=", ".join(sorted(slug for slug in set(new) & set(old) if new[slug] != old[slug])) or None,
        changed=", ".join(
            sorted(slug for slug in set(after.outlets) & set(before.outlets) if after.outlets[slug] != before.outlets[slug])
        ) or None,
    )  # fmt: skip
