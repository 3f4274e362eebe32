"""What is sent to worker processes: which reader reads which kind of source, and a page through the chain. Pure.

Under the workers' limits, for a feed is as hostile as a page. The readers are imported inside the functions: the process that
fetches only names them, and is spared the half second that extraction's libraries take to import.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from crawler.discovery.reading import FeedReading, SitemapReading
from crawler.errors import ConfigError
from crawler.model.article import Article
from crawler.model.outlet import Outlet, Source, SourceKind
from crawler.model.page import Page
from crawler.model.template import Sighting, Template
from crawler.outlets.agencies import Agencies


def read_source(
    source: Source, outlet: Outlet, body: bytes, said: tuple[str, str | None], now: datetime
) -> FeedReading | SitemapReading:
    """The entries of what a source answered. `said`: its final address and Content-Type; `now` in the outlet's zone.

    Raises UnreadableSource for anything that is not of the source's kind.
    """
    from crawler.discovery.feeds import read_feed
    from crawler.discovery.sections import read_section
    from crawler.discovery.sitemap import read_sitemap
    from crawler.normalize.encoding import decode_page

    url, content_type = said
    if source.kind is SourceKind.FEED:
        return read_feed(body, url, content_type, outlet.languages, now)
    if source.kind is SourceKind.SECTION:
        html = decode_page(body, content_type, outlet.languages).text
        return read_section(html, url, source, outlet.domains)
    return read_sitemap(body, url, now)


def read_page(page: Page, outlet: Outlet, agencies: Agencies, now: datetime) -> Article:
    """`crawler.normalize.chain.normalize`."""
    from crawler.normalize.chain import normalize

    return normalize(page, outlet, agencies, now)


def read_known(
    page: Page, outlet: Outlet, agencies: Agencies, template: Template | None, canary: bool
) -> tuple[Article, Sighting | None]:
    """The same with what is known of the outlet: its template, and whether the page is a canary. The page's fetch is the time.

    The second of what comes back is what the page says of the template.
    """
    from crawler.normalize.chain import article_of, read_draft
    from crawler.normalize.draft import Setting

    draft = read_draft(page, Setting(outlet, agencies, page.fetched_at, template, canary))
    return article_of(draft, outlet), draft.sighting


def learn_template(
    pages: list[Page], outlet: Outlet, agencies: Agencies, now: datetime, version: int
) -> tuple[Template | None, str]:
    """The template of the outlet as `pages` (oldest first) show it, or None and the reason."""
    from crawler.normalize.template.lesson import learn_pages

    learned = learn_pages(pages, outlet, agencies, now, version)
    return learned.template, learned.reason


class FrontPage(NamedTuple):
    """What a front page says of its site."""

    sources: tuple[Source, ...]
    draft: Outlet | None
    """None when nobody tells the site's country (`note` says so)."""
    note: str | None


def read_front_page(body: bytes, said: tuple[str, str | None], sitemaps: tuple[str, ...], month: str, known: Outlet) -> FrontPage:
    """The sources that a front page and robots.txt declare, and the outlet as the page describes it."""
    from crawler.discovery.finding import draft_outlet, find_sources
    from crawler.normalize.encoding import decode_page
    from crawler.outlets.opml import NOWHERE, Locale

    url, content_type = said
    html = decode_page(body, content_type, known.languages).text
    declared = find_sources(html, url, "\n".join(f"Sitemap: {address}" for address in sitemaps))
    try:
        return FrontPage(declared, draft_outlet(html, url, (), month), None)
    except ConfigError as error:
        if known.country == NOWHERE:
            return FrontPage(declared, None, str(error))
        home = Locale(country=known.country, language=known.languages[0], timezone=known.timezone)
        return FrontPage(declared, draft_outlet(html, url, (), month, home), None)
