"""Which outlets are crawled when: slots of every outlet, and the jobs made of them. Pure.

Not here: the clock itself (`scheduler.service`), the meaning of a cron line (`scheduler.cron`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.errors import ConfigError
from crawler.model.outlet import Outlet
from crawler.settings import parse_duration
from scheduler.config import SchedulerSettings
from scheduler.cron import CronLine, CronSyntaxError, parse_cron

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """An interval. Its slots lie on multiples of the interval since 1970-01-01 UTC, so that equal intervals meet in one
    batch, and a restart moves no slot."""

    seconds: float

    def next_after(self, after: datetime) -> datetime:
        """The first slot strictly after the aware instant `after`, UTC."""
        step = timedelta(seconds=self.seconds)
        slot = _EPOCH + ((after - _EPOCH) // step + 1) * step
        return slot if slot > after else slot + step

    def __str__(self) -> str:
        return f"every {self.seconds:g} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """A cron line on the clocks of a zone."""

    line: CronLine
    zone: str

    def next_after(self, after: datetime) -> datetime:
        """The first slot strictly after the aware instant `after`, UTC."""
        return self.line.next_after(after, ZoneInfo(self.zone))

    def __str__(self) -> str:
        return f"{self.line.text} {self.zone}"


Slots = Every | At


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Outlets that share their slots."""

    slots: Slots
    outlets: tuple[str, ...]
    """Slugs, sorted."""


def build_timetable(outlets: Iterable[Outlet], settings: SchedulerSettings) -> tuple[Job, ...]:
    """One job for every schedule in use; an outlet is in exactly one. Disabled outlets are in none.

    An outlet's own schedule wins over its group's, and that over `[scheduler] every`. Raises ConfigError.
    """
    jobs: dict[Slots, list[str]] = {}
    for outlet in outlets:
        if outlet.disabled_because is None:
            jobs.setdefault(slots_of(outlet, settings), []).append(outlet.slug)
    return tuple(
        Job(slots=slots, outlets=tuple(sorted(slugs))) for slots, slugs in sorted(jobs.items(), key=lambda item: str(item[0]))
    )


def slots_of(outlet: Outlet, settings: SchedulerSettings) -> Slots:
    """When `outlet` is due. Raises ConfigError naming the outlet and the key."""
    cron, every = outlet.schedule.cron, outlet.schedule.every
    if cron and every:
        raise ConfigError(f"outlet {outlet.slug}: [schedule] has both cron and every; keep one of them")
    if cron or every:
        return read_slots(cron or every or "", outlet.timezone, f"outlet {outlet.slug}: [schedule] {'cron' if cron else 'every'}")
    if outlet.group is not None and outlet.group in settings.groups:
        return read_slots(settings.groups[outlet.group], outlet.timezone, f"[scheduler.groups] {outlet.group}")
    return read_slots(settings.every, outlet.timezone, "[scheduler] every")


def read_slots(text: str, zone: str, where: str) -> Slots:
    """An interval ("15m") or a cron line ("0 8 * * 1-5", "@hourly"). Raises ConfigError beginning with `where`."""
    try:
        if text.lstrip().startswith("@") or len(text.split()) > 1:
            ZoneInfo(zone)
            return At(line=parse_cron(text), zone=zone)
        return Every(seconds=max(1.0, parse_duration(text)))
    except (CronSyntaxError, ValueError) as error:
        raise ConfigError(f"{where}: {error}") from None
    except (ZoneInfoNotFoundError, OSError):
        raise ConfigError(f'{where}: {zone!r} is no time zone; write one such as "Europe/Warsaw"') from None


def missed(jobs: Iterable[Job], last_crawled: Mapping[str, datetime], now: datetime) -> tuple[str, ...]:
    """Slugs with a slot between their last crawl and `now`, each once (SAFETY F13); never crawled counts as missed.

    A last crawl that lies in the future (the clock was wrong) counts as none.
    """
    due: list[str] = []
    for job in jobs:
        for slug in job.outlets:
            last = last_crawled.get(slug)
            if last is None or last > now or job.slots.next_after(last) <= now:
                due.append(slug)
    return tuple(sorted(due))
