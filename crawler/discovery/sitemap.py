"""Sitemaps, news sitemaps and sitemap indexes (sitemaps.org; Google's news extension), gzip too, by a hardened `iterparse`.

Not here: which outlet a link belongs to (`crawler.addresses`), link patterns (`sections.matches_pattern`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO

from lxml import etree

from crawler.discovery.dates import DateReader
from crawler.discovery.decoding import gunzip
from crawler.discovery.reading import (
    SitemapReading,
    UnreadableSource,
    newest,
    plain_line,
    web_address,
    without_uniform_updates,
)
from crawler.model.feed import FeedEntry

MAX_SITEMAP_BYTES = 50 * 1024 * 1024
"""Unpacked; the protocol's own limit (sitemaps.org, "Using Sitemap index files")."""
MAX_URLS = 50_000
"""Addresses of one map; the protocol's limit too."""

_NOT_ARTICLES = re.compile(r"(?:image|video|photo|galler|tag|author|autor|categor|kategori|static|page-sitemap|attachment)", re.I)
_FRESH = timedelta(days=3)
_MONTH = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_/.]?(0[1-9]|1[0-2])(?![\d])(?:[-_/.]?\d\d(?!\d))?|(?<!\d)((?:19|20)\d\d)[-_/](1?\d)(?!\d)"
)
_NUMBER = re.compile(r"(\d+)(?!.*\d)")
_HTML = re.compile(rb"<(?:!doctype\s+)?html\b", re.I)
_HTML_ROOTS = {"html", "body", "head"}


@dataclass(slots=True)
class _Row:
    """One <url> or <sitemap> as text, before it is believed."""

    loc: str | None = None
    lastmod: str | None = None
    published: str | None = None
    title: str | None = None
    is_news: bool = False


def read_sitemap(body: bytes, url: str, now: datetime) -> SitemapReading:
    """The entries of a sitemap at `url`, or the sitemaps of an index, gzip or not.

    `now` is aware and in the outlet's zone. `published_at` comes from the news extension only; `lastmod` is `updated_at`. At
    most the newest 2,000 entries are kept. Raises UnreadableSource for an empty body, an HTML page, a feed or junk; nothing
    else. Broken XML gives what stands before the fault.
    """
    data, cut = gunzip(body, MAX_SITEMAP_BYTES)
    if not data.strip():
        raise UnreadableSource("an empty answer")
    dates = DateReader((), now, budget=0)
    entries: list[FeedEntry] = []
    children: list[tuple[str, datetime | None]] = []
    news = False
    events = _rows(data)
    root = next(events)
    for row in events:
        if not isinstance(row, _Row) or not (address := web_address(row.loc, url)):
            continue
        if len(entries) + len(children) >= MAX_URLS:
            cut = True
            break
        lastmod = dates.read(row.lastmod)
        if root == "sitemapindex":
            children.append((address, lastmod))
            continue
        news = news or row.is_news
        entries.append(_entry(row, (address, url, len(entries)), dates.read(row.published), lastmod))
    kept, many = newest(entries)
    kind = "sitemap index" if root == "sitemapindex" else "news sitemap" if news else "sitemap"
    return SitemapReading(
        entries=without_uniform_updates(kept),
        children=tuple(children),
        truncated=cut or many,
        kind=kind,
        warnings=(f"{len(entries)} addresses; the newest {len(kept)} were kept",) if many else (),
    )


def fresh_children(reading: SitemapReading, now: datetime, limit: int = 5) -> tuple[str, ...]:
    """The sitemaps of an index that may hold today's articles, best first, at most `limit`.

    Order: named for news; changed within three days, the newest first; named for this month; without any date, the last and
    the first of the list (some sites append, some prepend). Maps of pictures, videos, tags and authors are left out.
    """
    wanted = [(address, lastmod) for address, lastmod in reading.children if not _NOT_ARTICLES.search(address)]
    news = [address for address, _ in wanted if "news" in address.rpartition("/")[2].lower()]
    changed = sorted(((lastmod, address) for address, lastmod in wanted if lastmod and lastmod >= now - _FRESH), reverse=True)
    this_month = [address for address, _ in wanted if _month(address) == (now.year, now.month)]
    plain = [address for address, lastmod in wanted if lastmod is None and _month(address) is None]
    numbered = sorted(plain, key=_last_number)
    edges = [*numbered[-1:], *numbered[:1]]
    chosen = dict.fromkeys([*news, *(address for _, address in changed), *this_month, *edges])
    return tuple(chosen)[:limit] or tuple(address for address, _ in wanted[:1])


def _month(address: str) -> tuple[int, int] | None:
    match = _MONTH.search(address)
    if not match:
        return None
    year, month = (match[1], match[2]) if match[1] else (match[3], match[4])
    return (int(year), int(month)) if 1 <= int(month) <= 12 else None


def _last_number(address: str) -> int:
    match = _NUMBER.search(address.rpartition("/")[2])
    return int(match[1][:15]) if match else 0


def _entry(row: _Row, place: tuple[str, str, int], published: datetime | None, lastmod: datetime | None) -> FeedEntry:
    address, source, position = place
    return FeedEntry(
        url=address,
        title=plain_line(row.title),
        published_at=published,
        updated_at=lastmod,
        position=position,
        source=source,
    )


def _rows(data: bytes) -> Iterator[str | _Row]:
    """The name of the root element, then each <url> or <sitemap>. Raises UnreadableSource when the root is another."""
    row = _Row()
    root = ""
    # no entity resolved, no DTD loaded, no network, no huge node; lxml below 6.1 did resolve here (CVE-2026-41066, A1, A2)
    parse = etree.iterparse(
        BytesIO(data.lstrip()),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for event, element in parse:
            name = _local(element)
            if not root:
                root = _checked_root(name)
                yield root
            if event == "start":
                continue
            if name in ("url", "sitemap"):
                yield row
                row = _Row()
                _forget(element)
            else:
                _note(row, name, element)
    except (etree.XMLSyntaxError, ValueError):
        pass  # what stands before the fault is kept; without any root it is junk
    if not root:
        raise UnreadableSource("an HTML page instead of a sitemap" if _HTML.search(data[:2000]) else "no XML")


def _checked_root(name: str) -> str:
    if name in ("urlset", "sitemapindex"):
        return name
    if name in _HTML_ROOTS:
        raise UnreadableSource("an HTML page instead of a sitemap")
    if name in ("rss", "feed", "rdf"):
        raise UnreadableSource("a feed, not a sitemap")
    raise UnreadableSource("XML, but no sitemap")


def _note(row: _Row, name: str, element: etree._Element) -> None:
    """Puts one child element into the row. Image and video extensions have a <loc> and <title> of their own: left out."""
    space = str(element.tag).partition("}")[0].lower()
    if "image" in space or "video" in space:
        return
    text = element.text
    if name == "loc":
        row.loc = row.loc or text
    elif name == "lastmod":
        row.lastmod = text
    elif name == "publication_date":
        row.published, row.is_news = text, True
    elif name == "title" and "news" in space:
        row.title, row.is_news = text, True


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def _forget(element: etree._Element) -> None:
    """Frees what was read, so that 50 MiB of XML do not become a tree."""
    element.clear()
    while element.getprevious() is not None:
        parent = element.getparent()
        if parent is None:
            break
        del parent[0]
