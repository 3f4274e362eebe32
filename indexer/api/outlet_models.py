"""The shapes of what is told of one outlet, and of incidents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from indexer.api.models import OutletShape, Shape


class ToldShape(Shape):
    """Messages about one side of an incident, to all addresses of all alarm watches together."""

    first_at: datetime | None = Field(description="When the first was delivered.")
    sent: int
    waiting: int
    failed: int


class IncidentAnswer(Shape):
    """A fault from its first sign to its end."""

    id: int
    outlet: str | None = Field(description="null: most outlets at once, the fault may be on this side.")
    verdict: str
    reason: str
    began_at: datetime = Field(description="First sign, seen in hindsight.")
    opened_at: datetime = Field(description="When it was sure.")
    seen_at: datetime = Field(description="Last crawl that showed it.")
    closed_at: datetime | None


class Incidents(Shape):
    """The newest first."""

    incidents: list[IncidentAnswer]


class ToldIncident(IncidentAnswer):
    """One of an outlet's, and whether anybody was told."""

    told: ToldShape
    told_end: ToldShape


class DueShape(Shape):
    """When it is crawled next."""

    schedule: str | None = Field(
        description='"every 900 s", "0 8 * * 1-5 Europe/Warsaw", "adaptive 2m-2h"; null: nobody has one for it.'
    )
    decided_by: str | None = Field(description="Which line says so; null where the catalogue is not at hand.")
    waiting: Literal["not watched", "being crawled", "due", "tried again", "next slot"]
    at: datetime | None = Field(description="Since when it is due, else when it will be.")
    attempts: int = Field(description="Failed attempts in a row.")
    last_at: datetime | None = Field(description="End of its last crawl by the clock.")
    is_led: bool = Field(description="Whether a service keeps time; if not, nothing becomes due.")


class SourceShape(Shape):
    """A feed, sitemap or section page, as it was asked last."""

    url: str
    kind: Literal["feed", "news sitemap", "sitemap", "section"] | None = Field(
        description="null: not known, or no longer in the outlet's file."
    )
    status: str | None = Field(description="How it answered last; null: never asked.")
    error: str | None
    polled_at: datetime | None
    answered_at: datetime | None = Field(description="Last answer that could be read, an unchanged one included.")
    changed_at: datetime | None = Field(description="Last answer that told an entry not met before.")
    newest_at: datetime | None = Field(description="Publication date of the newest entry it told.")
    last_modified: str | None = Field(description="The header as it came.")
    failures_in_a_row: int
    failing_since: datetime | None
    next_poll_at: datetime | None
    moved_to: str | None
    gone_at: datetime | None


class DayShape(Shape):
    """One day of the server's calendar."""

    day: date
    articles: int = Field(description="Published then.")
    crawls: int
    failures: int = Field(description="Crawls of which no source answered.")


class HoldingsShape(Shape):
    """What the new articles of a time held; shares are between 0 and 1, null without any."""

    articles: int
    words_each: float | None
    no_text_share: float | None = Field(description="Of the pages read.")
    paid_share: float | None
    authors_share: float | None
    date_share: float | None
    lead_share: float | None
    image_share: float | None


class HeadlineShape(Shape):
    """One of its newest articles."""

    id: str
    title: str
    language: str
    published_at: datetime
    removed_at: datetime | None


class OutletAnswer(OutletShape):
    """One outlet with all that its page shows."""

    timezone: str
    judged_at: datetime | None = Field(description="End of the last crawl, whatever it brought.")
    failures_in_a_row: int = Field(description="Crawls of which no source answered.")
    due: DueShape
    sources: list[SourceShape]
    incidents: list[ToldIncident] = Field(description="Those that are open, then the newest.")
    incident_count: int = Field(description="Of all that are kept.")
    days: list[DayShape] = Field(description="The oldest first.")
    last_week: HoldingsShape
    weeks_before: HoldingsShape = Field(description="The four weeks before the last one.")
    newest: list[HeadlineShape]
