"""Who is watched: an outlet, its sources, and how it wants to be treated. Read from TOML by `crawler.outlets.catalogue`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import ClassVar

FORBID_UNKNOWN: dict[str, str] = {"extra": "forbid"}


class SourceKind(StrEnum):
    """What a source's address holds."""

    FEED = "feed"
    NEWS_SITEMAP = "news sitemap"
    SITEMAP = "sitemap"
    SECTION = "section"


class OutletKind(StrEnum):
    """What an outlet is; an attribution to it gets the matching kind (media -> outlet)."""

    MEDIA = "media"
    AGENCY = "agency"
    INSTITUTION = "institution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A feed, sitemap or section page of an outlet."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_UNKNOWN

    kind: SourceKind
    """What the address holds: "feed" (RSS, Atom, RDF, JSON Feed), "news sitemap", "sitemap", "section"."""
    url: str
    """Absolute http or https address."""
    link_pattern: str | None = None
    """For a section page or sitemap: a glob over the path of article addresses, e.g. "/wiadomosci/*"."""
    section: str | None = None
    """Section given to articles of this source when the page names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When an outlet is crawled. At most one of `cron`, `every`, `windows` and `adaptive`; none means the configured default."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_UNKNOWN

    cron: str | None = None
    """A crontab line in the outlet's time zone, e.g. "*/10 6-22 * * *"."""
    every: str | None = None
    """An interval: "90s", "15m", "2h", "1d"."""
    windows: str | None = None
    """Intervals by the hour on the outlet's clocks: "5m 06-23, 1h", "5m mon-fri 06-23, 30m"; hours end before the last one named."""
    adaptive: bool = False
    """The interval follows the outlet's own rhythm."""
    shortest: str | None = None
    """Adaptive: never sooner again than this, e.g. "1m"; else `[scheduler] shortest`."""
    longest: str | None = None
    """Adaptive: never left alone for longer, e.g. "30m"; else `[scheduler] longest`."""
    jitter: str | None = None
    """Its slots come later by a part of this time that its slug decides, always the same; at most the interval, e.g. "2m"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Politeness:
    """How gently an outlet is asked."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_UNKNOWN

    delay_s: float = 1.0
    """Seconds between two requests to the outlet; robots.txt `Crawl-delay` raises it."""
    concurrency: int = 1
    """Requests under way at once."""
    max_pages: int = 500
    """Article pages fetched in one run; the rest waits in the frontier for the next."""
    obey_robots: bool = True
    """Follow robots.txt (RFC 9309). Turn off only for your own site."""
    allow_private: bool = False
    """The outlet lives in a private network or on loopback: its own hosts are exempt from the address guard."""
    offsite_domains: tuple[str, ...] = ()
    """Domains outside `domains` to which a redirect may lead."""
    verify_tls: bool = True
    """Verify the outlet's TLS certificate. Turn off only knowingly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """CSS selectors for one design of the site; the first layout still valid on the page's date is used."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_UNKNOWN

    valid_until: date | None = None
    """The last day of this design; every layout but the last has one."""
    title: str | None = None
    """Selector of the headline."""
    lead: str | None = None
    """Selector of the standfirst."""
    body: str | None = None
    """Selector of the element(s) that hold the running text."""
    byline: str | None = None
    """Selector of the byline."""
    published: str | None = None
    """Selector of the publication time (attribute `datetime`, else text)."""
    remove: tuple[str, ...] = ()
    """Selectors of elements dropped before the text is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One watched outlet, as its TOML file says."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_UNKNOWN

    slug: str
    """Lower-case id, letters, digits and hyphens; equals the file's name."""
    name: str
    """As readers know it, e.g. "Kresy.pl"."""
    homepage: str
    """Absolute address of the front page."""
    domains: tuple[str, ...]
    """Registrable or host names that belong to the outlet, subdomains included."""
    country: str
    """ISO 3166-1 alpha-2, upper case."""
    languages: tuple[str, ...]
    """ISO 639-1, the main one first."""
    timezone: str
    """IANA zone of the newsroom, e.g. "Europe/Warsaw"."""
    sources: tuple[Source, ...] = ()
    """Where its articles are found."""
    kind: OutletKind = OutletKind.MEDIA
    """media, agency or institution."""
    agency: str | None = None
    """Slug of the agency that this outlet *is*."""
    aliases: tuple[str, ...] = ()
    """Other names under which credit lines cite it, e.g. "tvp.info"."""
    group: str | None = None
    """One group for schedules and `group:` queries, e.g. "public-media"."""
    tags: tuple[str, ...] = ()
    """Free labels."""
    schedule: Schedule = field(default_factory=Schedule)
    """When it is crawled."""
    politeness: Politeness = field(default_factory=Politeness)
    """How gently it is asked."""
    layouts: tuple[Layout, ...] = ()
    """Hand-written CSS per design; wins over general extraction."""
    keep_query: tuple[str, ...] = ()
    """Query parameters that are part of an article's identity, e.g. ("id",)."""
    revisit: tuple[str, ...] = ("1h", "6h", "24h", "7d")
    """Ages after first sight at which an article is fetched again."""
    page_class: str | None = None
    """Name of a module in `crawler.normalize.pages` with code for this outlet (escape hatch)."""
    disabled_because: str | None = None
    """Why it is not crawled: refuses crawlers, needs a licence, reserves text mining."""
    unverified: str | None = None
    """Month (YYYY-MM) since which the entry waits for `depesza outlets check`."""
    note: str | None = None
    """For the next editor of the file."""
