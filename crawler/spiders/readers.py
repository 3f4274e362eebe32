"""Which reader reads which kind of source. Runs in a worker process, under its limits: a feed is as hostile as a page. Pure."""

from __future__ import annotations

from datetime import datetime
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from crawler.discovery.feeds import read_feed
from crawler.discovery.reading import FeedReading, SitemapReading
from crawler.discovery.sections import read_section
from crawler.discovery.sitemap import read_sitemap
from crawler.model.feed import FeedEntry
from crawler.model.outlet import Outlet, Source, SourceKind
from crawler.normalize.encoding import decode_page


def read_source(
    source: Source, outlet: Outlet, body: bytes, said: tuple[str, str | None], now: datetime
) -> FeedReading | SitemapReading:
    """The entries of what a source answered. `said`: its final address and Content-Type; `now` in the outlet's zone.

    Raises UnreadableSource for anything that is not of the source's kind.
    """
    url, content_type = said
    if source.kind is SourceKind.FEED:
        return read_feed(body, url, content_type, outlet.languages, now)
    if source.kind is SourceKind.SECTION:
        html = decode_page(body, content_type, outlet.languages).text
        return read_section(html, url, source, outlet.domains)
    return read_sitemap(body, url, now)


def matches(entry: FeedEntry, source: Source) -> bool:
    """Whether the entry's path fits the source's `link_pattern` (a glob over the path); True without one."""
    return source.link_pattern is None or fnmatchcase(urlsplit(entry.url).path, source.link_pattern)
