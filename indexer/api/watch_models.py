"""The shapes of watches, asked and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from indexer.api.models import Shape


class WatchAsked(Shape):
    """A new watch."""

    name: str = Field(min_length=1, max_length=80)
    query: str = Field(min_length=1, max_length=2_000, description="As for a search.")
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
    kind: Literal["search", "text"]
    query: str | None
    to: list[str]
    digest_at: str | None
    quiet: list[str] | None = Field(description="From and until when nothing is sent.")
    throttle_s: float
    zone: str
    language: Literal["en", "pl"]
    created_at: datetime
    paused_at: datetime | None


class Watches(Shape):
    """All watches, by name."""

    watches: list[WatchAnswer]


class DeliveryAnswer(Shape):
    """A match on its way."""

    article: str
    story: str | None
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
