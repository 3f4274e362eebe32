"""What a crawl observed of an outlet, for whoever judges its health: troubles by kind, what new articles hold, walls met.

Counts only, so that a report stays small. Not here: verdicts (`scheduler.verdicts`), who counts (`crawler.spiders.tally`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Trouble(StrEnum):
    """Why an address could not be had."""

    DNS = "DNS"
    """The name does not resolve."""
    TLS = "TLS"
    """The certificate or the handshake."""
    TIME_OUT = "time-out"
    CONNECTION = "connection"
    """Refused, reset, cut short."""
    STATUS = "HTTP status"
    """An answer with a status that helps nobody; `SourceReport.http_status` has it."""
    ROBOTS = "robots.txt"
    """It forbids the address, or answered so that nothing may be fetched (RFC 9309)."""
    REST = "rest"
    """The server asked to be left alone (429, Retry-After)."""
    REDIRECT = "redirect"
    """In a circle, or too many."""
    OFF_SITE = "off-site"
    """It leads to a domain that is none of the outlet's."""
    CONTENT = "content"
    """An answer that is none of its kind."""
    OTHER = "other"


class Wall(StrEnum):
    """What stood before a page."""

    STATUS = "HTTP 401, 402, 403 or 451"
    CHALLENGE = "a challenge for browsers"
    CONSENT = "a consent or login wall"
    SAME_TEXT = "one text at many addresses"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArticles:
    """The articles that a crawl filed as new, summed. Each figure is a number of articles, but `words`."""

    count: int = 0
    words: int = 0
    """Of all their texts together."""
    with_authors: int = 0
    with_date: int = 0
    """Whose date the page or its feed told (not: the time of the first fetch)."""
    with_lead: int = 0
    with_image: int = 0
    paid: int = 0
    """Whose page says that not everybody may read it whole: paid or metered."""
    by_template: int = 0
    """Read by what was learned of the outlet."""
    misfits: int = 0
    """Pages that its template does not fit."""
    canaries: int = 0
    """Read by template and at first sight ..."""
    low: int = 0
    """... and so many of them agreed too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What went over the wire. Seconds are those of answers, not of polite waiting."""

    requests: int = 0
    """Those that were sent, robots.txt, redirects and retries included."""
    seconds: float = 0.0
    """From sending each request to the end of its answer, summed."""
    failures: int = 0
    """Requests without a usable answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What else a crawl of one outlet saw."""

    told: int = 0
    """Entries that no source had told before."""
    new: NewArticles = field(default_factory=NewArticles)
    traffic: Traffic = field(default_factory=Traffic)
    elapsed_s: float = 0.0
    """Of the outlet's whole crawl, waiting included; by a monotonic clock."""
    walls: dict[Wall, int] = field(default_factory=dict)
    robots: str = ""
    """"open", "not asked", "forbids a source", or why it could not be had."""
    tls: str = ""
    """"verified", "not verified" (by the outlet's file), "none" (plain http), or what is wrong with it."""
