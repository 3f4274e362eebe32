"""The shapes of what is told of the installation's health."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from indexer.api.models import Shape


class Ready(Shape):
    """What answers."""

    status: str
    store: str
    schema_revision: str = Field(description="Of the store.")
    index: str


class ProcessShape(Shape):
    """A service or a worker that lives."""

    kind: Literal["service", "worker"]
    version: str
    is_leader: bool
    started_at: datetime
    heartbeat_age_s: float
    crawling: int = Field(description="Outlets it crawls now.")


class IncidentShape(Shape):
    """A fault that is not over."""

    id: int
    outlet: str | None = Field(description="null: most outlets at once, the fault may be on this side.")
    verdict: str
    reason: str
    began_at: datetime
    opened_at: datetime


class HealthAnswer(Shape):
    """The state of the installation; figures of the last day are of the last 24 hours."""

    status: Literal["ok", "trouble"]
    troubles: list[str] = Field(description="What needs somebody, in words, the gravest first.")
    at: datetime
    is_led: bool = Field(description="Whether a service keeps time.")
    processes: list[ProcessShape]
    verdicts: dict[str, int] = Field(description="Verdict -> outlets.")
    incidents: list[IncidentShape]
    articles: int
    articles_new_last_day: int
    waiting_entries: int
    outbox: int
    outbox_oldest_at: datetime | None
    outlets_due: int
    dead_letters: dict[str, int] = Field(description="Stage -> how many.")
    last_run_at: datetime | None
    runs_last_day: dict[str, int] = Field(description="Status -> runs.")
