"""Which outlets are crawled when: the schedule of every outlet, and the jobs made of them. Pure.

Not here: the clock itself (`scheduler.service`), the kinds of schedule and their text (`scheduler.slots`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.errors import ConfigError
from crawler.model.outlet import Outlet, Schedule
from scheduler.config import SchedulerSettings
from scheduler.slots import Adaptive, At, Every, Slots, Timed, Windows, bounded, jitter_of, jitter_span, read_slots

__all__ = ["Adaptive", "At", "Every", "Job", "Slots", "Timed", "Windows", "build_timetable", "missed", "read_slots", "slots_of"]
FileOf = Callable[[str], Path]
"""Slug -> the outlet's file, for errors: `Catalogue.path_of`."""
_KEYS: Mapping[type, str] = {Every: "every", At: "cron", Windows: "windows", Adaptive: "adaptive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Outlets that share their slots."""

    slots: Slots
    outlets: tuple[str, ...]
    """Slugs, sorted."""


def build_timetable(outlets: Iterable[Outlet], settings: SchedulerSettings, file_of: FileOf | None = None) -> tuple[Job, ...]:
    """One job for every schedule in use; an outlet is in exactly one. Disabled outlets are in none.

    An outlet's own schedule wins over its group's, and that over `[scheduler] every`. Raises ConfigError naming the outlet's
    file (with `file_of`), the outlet and the key.
    """
    jobs: dict[Slots, list[str]] = {}
    for outlet in outlets:
        if outlet.disabled_because is None:
            jobs.setdefault(slots_of(outlet, settings, file_of), []).append(outlet.slug)
    return tuple(
        Job(slots=slots, outlets=tuple(sorted(slugs))) for slots, slugs in sorted(jobs.items(), key=lambda item: str(item[0]))
    )


def slots_of(outlet: Outlet, settings: SchedulerSettings, file_of: FileOf | None = None) -> Slots:
    """When `outlet` is due. Raises ConfigError naming the outlet's file, the outlet and the key."""
    who = f"{file_of(outlet.slug)}: " if file_of else ""
    where = f"{who}outlet {outlet.slug}: [schedule]"
    own = outlet.schedule
    bounds = bounded(own.shortest or settings.shortest, own.longest or settings.longest, where)
    key, text = _own_text(own, where)
    if key:
        slots = _own_slots(key, text, outlet.timezone, (where, bounds))
    elif outlet.group is not None and outlet.group in settings.groups:
        slots = read_slots(settings.groups[outlet.group], outlet.timezone, f"[scheduler.groups] {outlet.group}", bounds)
    else:
        slots = read_slots(settings.every, outlet.timezone, "[scheduler] every", bounds)
    if isinstance(slots, Adaptive):  # an outlet's own bounds win over those in the text of its group
        return bounds if own.shortest or own.longest else slots
    own_s = jitter_span(own.jitter, slots, f"{where} jitter", strict=True)
    span_s = own_s if own_s is not None else jitter_span(settings.jitter, slots, "[scheduler] jitter", strict=False)
    return dataclasses.replace(slots, jitter_s=jitter_of(outlet.slug, span_s)) if span_s else slots


def reason_of(outlet: Outlet, settings: SchedulerSettings) -> str:
    """Which line decides when `outlet` is due: "its own [schedule]", "its group public-media" or "[scheduler] every"."""
    own = outlet.schedule
    if own.cron or own.every or own.windows or own.adaptive:
        return "its own [schedule]"
    return f"its group {outlet.group}" if outlet.group in settings.groups else "[scheduler] every"


def missed(jobs: Iterable[Job], last_crawled: Mapping[str, datetime], now: datetime) -> tuple[str, ...]:
    """Slugs with a slot between their last crawl and `now`, each once (SAFETY F13); never crawled counts as missed.

    A last crawl that lies in the future (the clock was wrong) counts as none. An adaptive outlet has no slots: it counts as
    missed when its last crawl lies further back than its longest interval.
    """
    due: list[str] = []
    for job in jobs:
        for slug in job.outlets:
            last = last_crawled.get(slug)
            if last is None or last > now or _next(job.slots, last) <= now:
                due.append(slug)
    return tuple(sorted(due))


def _next(slots: Slots, last: datetime) -> datetime:
    return last + slots.longest if isinstance(slots, Adaptive) else slots.next_after(last)


def _own_text(own: Schedule, where: str) -> tuple[str, str]:
    """The one key of an outlet's own schedule and its text; twice "" when it has none of its own."""
    said = {"cron": own.cron, "every": own.every, "windows": own.windows, "adaptive": "adaptive" if own.adaptive else None}
    keys = [(key, text) for key, text in said.items() if text is not None]
    if len(keys) > 1:
        raise ConfigError(f"{where} has both {' and '.join(key for key, _ in keys)}; keep one of them")
    if keys and keys[0][0] != "adaptive" and (own.shortest or own.longest):
        raise ConfigError(f"{where} has bounds for an adaptive interval beside {keys[0][0]}; take out shortest and longest")
    return keys[0] if keys else ("", "")


def _own_slots(key: str, text: str, zone: str, setting: tuple[str, Adaptive]) -> Slots:
    """The schedule under one key of an outlet; a text of another kind is refused with the key that it belongs under."""
    where, bounds = setting
    slots = read_slots(text, zone, f"{where} {key}", bounds)
    kind = _KEYS[type(slots)]
    if kind == key or (key == "windows" and kind == "every"):  # "5m" is a window of the whole week
        return slots
    better = "adaptive = true" if kind == "adaptive" else f'{kind} = "{text}"'
    raise ConfigError(f"{where} {key}: {text!r} does not belong under {key}; write {better}")
