"""One crawl: what is asked of it, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from crawler.model.observed import Observed, Trouble
from crawler.model.outlet import Outlet, Source


class Outcome(StrEnum):
    """Where one entry ended. Exactly one per entry; a report's outcomes sum to its entries, revisits and carried."""

    NEW = "new"
    """Filed as a new article."""
    REVISED = "revised"
    """A known article whose title or text changed: a revision was written."""
    UNCHANGED = "unchanged"
    """Fetched again; nothing that a reader sees changed."""
    SEEN = "seen"
    """Known already (or met twice in this run) and not due: not fetched."""
    GONE = "gone"
    """404, 410, soft 404 or a redirect to the front page; a known article got `removed_at`."""
    BLOCKED = "blocked"
    """Consent wall, challenge, login wall, 401, 403: never an article."""
    NO_TEXT = "no text"
    """A page without a body: kept as a dead letter (stage normalize) with the feed's title and summary."""
    NO_ARTICLE = "no article"
    """An index page, a stub, a gallery list: not an article."""
    REFUSED = "refused"
    """robots.txt, a private address, an off-site redirect or a forbidden scheme."""
    LATER = "later"
    """Could not be fetched now (time-out, 5xx, 429, DNS) or over the page budget: waits in the frontier."""
    FAILED = "failed"
    """Gave up after the last attempt: a dead letter (stage fetch)."""
    BROKEN = "broken"
    """Our own failure on this entry (a bug, a killed worker): a dead letter with the reason."""


class SourceStatus(StrEnum):
    """How a source answered."""

    OK = "ok"
    """It was read and told entries."""
    NOT_MODIFIED = "not modified"
    """304: nothing new since the last poll."""
    SAME_BODY = "same body"
    """200 with the very bytes of the last poll."""
    EMPTY = "empty"
    """It was read and holds no entry."""
    UNREADABLE = "unreadable"
    """What came is none of its kind: an HTML page, junk, an empty body."""
    UNREACHABLE = "unreachable"
    """No usable answer: DNS, TLS, time-out, an error status, or robots.txt could not be had."""
    BLOCKED = "blocked"
    """401, 403, 451 or a challenge for browsers."""
    GONE = "gone"
    """410; after three failures in a row it is not asked any more."""
    REFUSED = "refused"
    """By our own rules: robots.txt, a private address, off-site, another scheme."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """One source in one run."""

    url: str
    status: SourceStatus
    entries: int = 0
    error: str | None = None
    trouble: Trouble | None = None
    """The kind of `error`, where there was no usable answer."""
    http_status: int | None = None
    """After redirects; None without an answer."""
    told: int = 0
    """Entries not met before."""
    newest_at: datetime | None = None
    """Publication date of the newest entry that it has told, as far as it says."""
    moved_to: str | None = None
    """Where a permanent redirect leads, now or since earlier."""
    seconds: float = 0.0
    """From the wish to the answer, polite waiting and robots.txt included."""


ALREADY_RUNNING = "already running"
"""`OutletReport.error` of an outlet whose lease another run holds: nothing was done, nothing is wrong (SAFETY F12)."""
OUTLET_DONE = "outlet done"
"""Event of the line in which a crawl tells an outlet's report before its own end (`CrawlPlan.tell_outlets`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletReport:
    """One outlet in one run. sum(outcomes) == entries + revisits + carried."""

    outlet: str
    entries: int = 0
    """Entries read from sources."""
    revisits: int = 0
    """Known articles fetched again because their age said so."""
    carried: int = 0
    """Entries left in the frontier by earlier runs and taken up now."""
    pages_fetched: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=dict)
    sources: tuple[SourceReport, ...] = ()
    error: str | None = None
    """Why the outlet as a whole failed or was skipped, in words."""
    observed: Observed = field(default_factory=Observed)
    """What else it saw; empty in reports of versions before the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedSource:
    """A source, of the outlet's file or found on the site, as it answered."""

    source: Source
    status: SourceStatus
    configured: bool = False
    """Stands in the outlet's file."""
    kind: str = ""
    """The format in words: "rss20", "news sitemap", "section"."""
    title: str | None = None
    entries: int = 0
    newest_at: datetime | None = None
    moved_to: str | None = None
    """Where a permanent redirect led."""
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbedArticle:
    """One article read for a trial."""

    url: str
    title: str | None = None
    words: int = 0
    language: str | None = None
    published_at: datetime | None = None
    published_from: str | None = None
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Whom its attributions name."""
    opening: str = ""
    """The first 300 characters of the text."""
    text: str = ""
    """The whole of it, where this very page was asked for (`CrawlPlan.urls`)."""
    error: str | None = None
    """Why it could not be read, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """A look at one outlet's site."""

    outlet: str
    homepage: str
    """After redirects."""
    status: int | None = None
    """HTTP status of the homepage; None when it could not be reached."""
    title: str | None = None
    languages: tuple[str, ...] = ()
    """Of the homepage's `lang` and of the articles read, the most frequent first."""
    robots: str = ""
    """"open", or why the homepage may not be fetched."""
    crawl_delay_s: float | None = None
    sources: tuple[ProbedSource, ...] = ()
    articles: tuple[ProbedArticle, ...] = ()
    error: str | None = None
    notes: tuple[str, ...] = ()
    """Further findings in words."""
    draft: Outlet | None = None
    """The outlet as its site describes itself, with the sources that answered; None when it does not tell its country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run did. `finished` is False when it was stopped or died."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None
    finished: bool
    outlets: tuple[OutletReport, ...] = ()
    error: str | None = None
    probes: tuple[ProbeReport, ...] = ()
    """Of a plan with `probe`."""
    store_lost: bool = False
    """It ended because the store could not be used any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlPlan:
    """What the child process is asked to do; travels as JSON."""

    run_id: str
    store_url: str
    data_dir: Path
    report_path: Path
    """Where the child writes its RunReport as JSON, atomically."""
    outlets: tuple[Outlet, ...]
    urls: tuple[str, ...] = ()
    """Single articles to fetch (`crawl --url`), of `outlets[0]`; sources are not polled then."""
    outlet_folders: tuple[Path, ...] = ()
    """Folders of outlet files beside the shipped ones, whose names credit lines may carry."""
    user_agent: str
    contact: str
    owner: str
    """Who holds the leases: host, pid and a random part."""
    lease_s: float = 120.0
    """How long its leases last from the last heartbeat that the store took."""
    workers: int = 2
    page_time_limit_s: float = 10.0
    page_memory_bytes: int = 1 << 30
    fetch_time_limit_s: float = 30.0
    """Seconds a page may take on the wire, redirects included (SAFETY, Limits)."""
    force: bool = False
    """Poll every source and fetch every entry unconditionally, due or not."""
    tell_outlets: bool = False
    """Write a line `OUTLET_DONE` with the outlet's whole report as soon as it is done and its lease is free."""
    probe: bool = False
    """Look at a site without filing anything (`outlets add`, `outlets check`); with `urls`, read just these pages
    (`copies --url`)."""
