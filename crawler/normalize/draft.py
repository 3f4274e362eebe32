"""What the steps of the chain hand on: the page being read (`Draft`) and what stands around it (`Setting`). No logic but look-ups."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from lxml.html import HtmlElement

from crawler.addresses import host_of
from crawler.model.article import Access, ArticleAddress, Fingerprint, PublishedFrom
from crawler.model.attribution import Attribution
from crawler.model.outlet import Layout, Outlet
from crawler.model.page import Page
from crawler.model.template import Sighting, Template
from crawler.normalize.structured import Facts
from crawler.outlets.agencies import Agencies


@dataclass(frozen=True, slots=True)
class Setting:
    """The same for every page of a run."""

    outlet: Outlet
    agencies: Agencies
    now: datetime
    """UTC; the end of the window of believable dates."""
    template: Template | None = None
    """What was learned of the outlet; None: every page is read at first sight."""
    canary: bool = False
    """Read this page at first sight too, and say how far the template agrees."""

    @property
    def zone(self) -> ZoneInfo:
        """The newsroom's time zone."""
        return ZoneInfo(self.outlet.timezone)

    def names(self, url: str) -> tuple[str, ...]:
        """How the outlet may be called on its own pages: name, aliases, host with and without its ending."""
        host = (host_of(url) or "").removeprefix("www.")
        parts = host.split(".")
        found = (self.outlet.name, *self.outlet.aliases, *self.outlet.domains, host, max(parts[:-1], key=len, default=""))
        return tuple(dict.fromkeys(name for name in found if name))


@dataclass(slots=True)
class Draft:
    """An article in the making. Each step fills its own fields from those before it."""

    page: Page
    html: str = ""
    tree: HtmlElement = field(default_factory=lambda: HtmlElement())
    """As parsed. Steps that cut work on copies."""
    nodes: list[HtmlElement] = field(default_factory=list)
    """All elements of the tree, asked for by nobody: lxml makes a Python object for an element at each visit, unless one is held."""
    excerpt: bool = False
    """`html` and `tree` are the part of the page that the template says is enough (`template/excerpt.py`)."""
    encoding_suspect: bool = False
    facts: Facts = field(default_factory=Facts)
    layout: Layout | None = None
    """Of the outlet's file; on a page that the template fits, with its selectors where the file has none."""
    sighting: Sighting | None = None
    """What the page says of the template; None: none was tried."""
    raw: str = ""
    """The text as extracted, before cleaning."""
    url: str = ""
    addresses: tuple[ArticleAddress, ...] = ()
    title: str = ""
    lead: str | None = None
    text: str = ""
    language: str = "und"
    authors: tuple[str, ...] = ()
    byline: str = ""
    credits: str = ""
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    image_credit: str = ""
    picture_credits: tuple[str, ...] = ()
    """Of all pictures of the article, the lead picture's first; verbatim."""
    published_at: datetime | None = None
    published_from: PublishedFrom = PublishedFrom.FIRST_FETCH
    modified_at: datetime | None = None
    access: Access = Access.UNKNOWN
    access_reason: str = ""
    attributions: tuple[Attribution, ...] = ()
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
