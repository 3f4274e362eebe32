"""What the desk is told of the catalogue, which is the scheduler's to read: when an outlet is due next, of what kind its sources are.

Who joins the rooms gives a reader of it (`depesza serve` in `scheduler.command`); without one the desk knows what the store says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

PLANS = "depesza.plans"
"""Key in a command's `meta`: the reader of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletPlan:
    """An outlet that is watched, as its files and the settings say."""

    schedule: str
    """Its slots as the timetable prints them: "every 900 s", "0 8 * * 1-5 Europe/Warsaw", "adaptive 2m-2h"."""
    decided_by: str
    """Which line says so: "its own [schedule]", "its group dailies", "[scheduler] every"."""
    next_slot_at: datetime | None
    """None: an adaptive outlet, which is planned after each crawl."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Address of a source -> "feed", "news sitemap", "sitemap", "section"; in the order of the file."""


class Plans(Protocol):
    """Reads the catalogue."""

    def plan(self, slug: str, now: datetime) -> OutletPlan | None:
        """Of one outlet; None when it is not watched, or the catalogue cannot be read. Raises nothing."""
