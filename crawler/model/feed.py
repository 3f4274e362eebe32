"""What a source told: one entry, and the state that makes the next poll cheap."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry of a feed, sitemap or section page. Text is cleaned at the boundary; nothing here is trusted."""

    url: str
    """Absolute http(s) address as the source gave it (not yet canonical)."""
    title: str | None = None
    summary: str | None = None
    """Plain text."""
    author: str | None = None
    """Verbatim author field (dc:creator, author name)."""
    published_at: datetime | None = None
    """Aware."""
    updated_at: datetime | None = None
    """Aware; the source says that the article changed then."""
    guid: str | None = None
    """A hint only: identity is the canonical address."""
    section: str | None = None
    position: int = 0
    """Place in the source, 0 first."""
    source: str = ""
    """Address of the source."""


def completed(entry: FeedEntry, earlier: FeedEntry) -> FeedEntry:
    """`entry`, and where it says nothing what an earlier entry of the same article said."""
    missing = [one.name for one in fields(entry) if getattr(entry, one.name) in (None, "")]
    return replace(entry, **{name: getattr(earlier, name) for name in missing})


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of one source between polls."""

    url: str
    outlet: str
    etag: str | None = None
    """The header verbatim; "" where validators were proved worthless and are not sent any more."""
    last_modified: str | None = None
    """The header verbatim."""
    body_sha256: str | None = None
    moved_to: str | None = None
    """Address a permanent redirect (301, 308) led to."""
    polled_at: datetime | None = None
    unconditional_at: datetime | None = None
    """When it was last asked without validators: ETags lie, so once a day it is."""
    next_poll_at: datetime | None = None
    failures_in_a_row: int = 0
    last_error: str | None = None
    gone_at: datetime | None = None
    """Answered 410: disabled until somebody looks."""
    status: str | None = None
    """How it answered last: the value of a `SourceStatus`."""
    answered_at: datetime | None = None
    """Last answer that could be read, an unchanged one included."""
    changed_at: datetime | None = None
    """Last answer that told an entry not met before."""
    newest_at: datetime | None = None
    """Publication date of the newest entry it ever told."""
    failing_since: datetime | None = None
    """First failure of the streak `failures_in_a_row`."""
    ttl_s: int | None = None
    """Seconds for which its last answer said it stays fresh (RSS `ttl`, `Cache-Control: max-age`)."""
    overlap: float | None = None
    """Share of the entries of its last changed answer that the answer before had told, 0 to 1."""
