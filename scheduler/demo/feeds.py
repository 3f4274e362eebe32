"""An outlet's articles as RSS 2.0, RSS 1.0 (RDF), Atom, JSON Feed and news sitemap. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

from scheduler.demo.texts import DemoOutlet


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One article as a feed tells it."""

    url: str
    title: str
    summary: str
    byline: str
    section: str
    published_at: datetime
    """Aware, in the outlet's zone."""
    updated_at: datetime | None = None
    """Aware; only when the outlet announces a change."""


def write_feed(kind: str, outlet: DemoOutlet, origin: str, items: list[FeedItem]) -> tuple[str, str]:
    """(text, content type) of the feed, newest first. Raises KeyError for an unknown kind."""
    newest = sorted(items, key=lambda item: item.published_at, reverse=True)
    writer, content_type = WRITERS[kind]
    return writer(outlet, origin, newest), content_type


def _rss(outlet: DemoOutlet, origin: str, items: list[FeedItem]) -> str:
    entries = "".join(
        f"<item><title>{escape(item.title)}</title><link>{escape(item.url)}</link>"
        + (f"<dc:creator>{escape(item.byline)}</dc:creator>" if item.byline else "")
        + f"<pubDate>{format_datetime(item.published_at)}</pubDate><category>{escape(item.section)}</category>"
        f'<guid isPermaLink="true">{escape(item.url)}</guid><description>{escape(item.summary)}</description></item>\n'
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(outlet.name)}</title><link>{origin}/</link><description>{escape(outlet.name)}</description>"
        f"<language>{outlet.language}</language>\n{entries}</channel></rss>\n"
    )


def _rdf(outlet: DemoOutlet, origin: str, items: list[FeedItem]) -> str:
    index = "".join(f'<rdf:li rdf:resource="{escape(item.url)}"/>' for item in items)
    entries = "".join(
        f'<item rdf:about="{escape(item.url)}"><title>{escape(item.title)}</title><link>{escape(item.url)}</link>'
        f"<description>{escape(item.summary)}</description><dc:date>{item.published_at.isoformat()}</dc:date>"
        + (f"<dc:creator>{escape(item.byline)}</dc:creator>" if item.byline else "")
        + "</item>\n"
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{origin}/"><title>{escape(outlet.name)}</title><link>{origin}/</link>'
        f"<description>{escape(outlet.name)}</description><items><rdf:Seq>{index}</rdf:Seq></items></channel>\n{entries}</rdf:RDF>\n"
    )


def _atom(outlet: DemoOutlet, origin: str, items: list[FeedItem]) -> str:
    newest = max((item.updated_at or item.published_at for item in items), default=None)
    entries = "".join(
        f'<entry><title>{escape(item.title)}</title><link rel="alternate" href="{escape(item.url)}"/><id>{escape(item.url)}</id>'
        f"<published>{item.published_at.isoformat()}</published>"
        f"<updated>{(item.updated_at or item.published_at).isoformat()}</updated>"
        + (f"<author><name>{escape(item.byline)}</name></author>" if item.byline else "")
        + f'<category term="{escape(item.section)}"/><summary>{escape(item.summary)}</summary></entry>\n'
        for item in items
    )
    return (
        f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">'
        f"<title>{escape(outlet.name)}</title><id>{origin}/</id>"
        + (f"<updated>{newest.isoformat()}</updated>" if newest else "")
        + f"\n{entries}</feed>\n"
    )


def _json(outlet: DemoOutlet, origin: str, items: list[FeedItem]) -> str:
    entries = [
        {
            "id": item.url,
            "url": item.url,
            "title": item.title,
            "summary": item.summary,
            "date_published": item.published_at.isoformat(),
            "authors": [{"name": item.byline}],
            "tags": [item.section],
        }
        for item in items
    ]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": outlet.name, "home_page_url": f"{origin}/", "items": entries}
    return json.dumps(feed, ensure_ascii=False, indent=1)


def _news_sitemap(outlet: DemoOutlet, origin: str, items: list[FeedItem]) -> str:
    entries = "".join(
        f"<url><loc>{escape(item.url)}</loc><lastmod>{(item.updated_at or item.published_at).isoformat()}</lastmod><news:news>"
        f"<news:publication><news:name>{escape(outlet.name)}</news:name><news:language>{outlet.language}</news:language>"
        f"</news:publication><news:publication_date>{item.published_at.isoformat()}</news:publication_date>"
        f"<news:title>{escape(item.title)}</news:title></news:news></url>\n"
        for item in items
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        f'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">\n{entries}</urlset>\n'
    )


Writer = Callable[[DemoOutlet, str, list[FeedItem]], str]
WRITERS: dict[str, tuple[Writer, str]] = {
    "rss": (_rss, "application/rss+xml"),
    "rdf": (_rdf, "application/rdf+xml"),
    "atom": (_atom, "application/atom+xml"),
    "json": (_json, "application/feed+json"),
    "news sitemap": (_news_sitemap, "application/xml"),
}
