"""The shapes of watches, asked and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from indexer.api.models import Shape


class WatchAsked(Shape):
    """A new watch."""

    name: str = Field(min_length=1, max_length=80)
    kind: Literal["search", "alarm"] = Field(
        "search", description="alarm: the health of outlets, once an incident and at its end."
    )
    query: str | None = Field(None, min_length=1, max_length=2_000, description="As for a search; none for an alarm.")
    outlets: list[str] = Field([], max_length=500, description="Of an alarm: slugs; none of these and of groups: all.")
    groups: list[str] = Field([], max_length=100)
    verdicts: list[str] = Field([], max_length=20, description="Of an alarm: only with these; none: all.")
    to: list[str] = Field(min_length=1, max_length=20, description="Webhooks (https://...) and addresses of apprise.")
    digest_at: str | None = Field(None, description="HH:MM: one message a day at that time.", max_length=5)
    quiet: str | None = Field(None, description="HH:MM-HH:MM: nothing is sent between.", max_length=11)
    throttle_s: float = Field(0.0, ge=0.0, le=604_800.0)
    zone: str = Field("UTC", description="Where these times are told.", max_length=60)
    language: Literal["en", "pl"] = Field("en", description="Of the messages.")


class WatchAnswer(Shape):
    """A watch. Addresses come without their secrets."""

    id: str
    name: str
    kind: Literal["search", "text", "alarm"]
    query: str | None
    to: list[str]
    digest_at: str | None
    quiet: list[str] | None = Field(description="From and until when nothing is sent.")
    throttle_s: float
    zone: str
    language: Literal["en", "pl"]
    created_at: datetime
    paused_at: datetime | None
    outlets: list[str] = Field(description="Of an alarm; empty: all.")
    groups: list[str]
    verdicts: list[str]


class Watches(Shape):
    """All watches, by name."""

    watches: list[WatchAnswer]


class DeliveryAnswer(Shape):
    """A match or an alarm on its way."""

    article: str | None = Field(description="null for an alarm.")
    story: str | None
    incident: int | None = Field(description="Of an alarm.")
    is_recovery: bool | None = Field(description="Of an alarm: whether the end of the incident is told.")
    to: str
    status: Literal["waiting", "sending", "sent", "failed"]
    attempts: int
    found_at: datetime
    next_try_at: datetime | None
    sent_at: datetime | None
    error: str | None


class WatchWithLog(Shape):
    """A watch and its newest deliveries."""

    watch: WatchAnswer
    deliveries: list[DeliveryAnswer]


class TestOutcome(Shape):
    """What became of a test message."""

    to: str
    error: str | None = Field(description="null: it was taken.")


class TestAnswer(Shape):
    """A test of every address."""

    outcomes: list[TestOutcome]
