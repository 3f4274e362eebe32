"""Feeds: RSS 0.9x to 2.0, RDF, Atom and JSON Feed, all into `FeedReading`.

feedparser reads the XML kinds, behind a decoder, a cut and a repair of our own, because it raises on some characters, needs
44 s for 100,000 entries, and falls back to a slow parser on broken XML. JSON Feed is in `json_feed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import feedparser

from crawler.discovery.dates import DateReader
from crawler.discovery.decoding import decode, gunzip
from crawler.discovery.entry_text import is_well_formed, newest_entries, repaired, split, without_doctype
from crawler.discovery.json_feed import read_json_feed
from crawler.discovery.reading import (
    MAX_FEED_BYTES,
    FeedReading,
    UnreadableSource,
    newest,
    plain_line,
    plain_text,
    web_address,
    without_uniform_updates,
)
from crawler.model.feed import FeedEntry

_COMMENTS = re.compile(r"<!--[^>]*>|\s+")
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.I)
_HTML_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,200})", re.I)
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_OTHER_ROOTS = {
    "urlset": "a sitemap, not a feed",
    "sitemapindex": "a sitemap index, not a feed",
    "opml": "an OPML list, not a feed",
    "svg": "a picture, not a feed",
}
_SCAN = 4000
_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
_WORDPRESS_S = 3600.0


def read_feed(body: bytes, url: str, content_type: str | None, languages: Sequence[str], now: datetime) -> FeedReading:
    """The entries of a feed at `url`, in its order, cleaned, with absolute http(s) addresses.

    `now` is aware and in the outlet's zone: dates without a zone are read in it. At most `MAX_FEED_BYTES` and the newest
    `MAX_ENTRIES` are kept. Raises UnreadableSource for an empty body, an HTML page (F16), a sitemap, or junk; nothing else.
    """
    data, cut = gunzip(body, MAX_FEED_BYTES)
    text, warnings = decode(data, content_type, languages)
    if not text:
        raise UnreadableSource("an empty answer")
    dates = DateReader(languages, now)
    if text[0] in "{[":
        reading = read_json_feed(text, url, dates)
    else:
        _refuse_other_kinds(text)
        reading = _read_xml(text, url, dates)
    entries, many = newest(reading.entries)
    notes = [*warnings, *reading.warnings]
    if cut:
        notes.append(f"cut at {MAX_FEED_BYTES // 1024 // 1024} MiB")
    return FeedReading(
        entries=without_uniform_updates(entries),
        title=reading.title,
        ttl_s=reading.ttl_s,
        truncated=cut or many or reading.truncated,
        kind=reading.kind,
        warnings=tuple(notes),
    )


def _refuse_other_kinds(text: str) -> None:
    start = text[:_SCAN]
    if _HTML.match(_COMMENTS.sub(" ", start).lstrip()):
        title = _HTML_TITLE.search(start)
        named = f' titled "{plain_line(title[1])}"' if title else ""
        raise UnreadableSource(f"an HTML page{named} instead of a feed")
    root = _ROOT.search(start)
    if root is None:
        raise UnreadableSource("neither XML nor JSON")
    if root[1].lower() in _OTHER_ROOTS:
        raise UnreadableSource(_OTHER_ROOTS[root[1].lower()])


def _read_xml(text: str, url: str, dates: DateReader) -> FeedReading:
    whole = split(without_doctype(text))
    kept = newest_entries(whole, dates)
    trimmed = len(kept.entries) < len(whole.entries)
    text, broken = kept.joined(), False
    if not is_well_formed(text):
        mended = repaired(kept)
        if mended is None:
            raise UnreadableSource("XML too broken to read")
        text, broken = mended, True
    parsed = _parsed(text)
    version = str(parsed.get("version") or "")
    items = parsed.get("entries") or []
    if not version and not items:
        raise UnreadableSource("XML, but no feed")
    entries = [entry for place, item in enumerate(items) if (entry := _entry(item, place, url, dates))]
    warnings = ["broken XML, repaired"] if broken else []
    if trimmed:
        warnings.append("more entries than are kept; the newest were")
    if len(entries) < len(items):
        warnings.append(f"{len(items) - len(entries)} entries without a web address")
    feed = parsed.get("feed") or {}
    return FeedReading(
        entries=tuple(entries),
        title=plain_line(feed.get("title")),
        ttl_s=_ttl(feed),
        truncated=trimmed,
        kind=version or "unknown",
        warnings=tuple(warnings),
    )


def _parsed(text: str) -> Mapping[str, Any]:
    # no content-location: feedparser would make addresses of guids and of empty links
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            text.encode("utf-8", "replace"), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:
        raise UnreadableSource(f"a feed that cannot be parsed ({type(error).__name__})") from None
    return parsed


def _entry(item: dict[str, Any], place: int, base: str, dates: DateReader) -> FeedEntry | None:
    guid = plain_line(dict.get(item, "id"))  # the plain dict: FeedParserDict answers for absent keys
    address = _address(item, guid, base)
    if address is None:
        return None
    published = dates.read(item.get("published")) or dates.read(item.get("created"))
    updated = dates.read(dict.get(item, "updated"))
    contents = item.get("content") or [{}]
    tags = item.get("tags") or [{}]
    return FeedEntry(
        url=address,
        title=plain_line(item.get("title")),
        summary=plain_text(item.get("summary")) or plain_text(contents[0].get("value")),
        author=_author(item),
        published_at=published or updated,
        updated_at=updated,
        guid=guid,
        section=plain_line(tags[0].get("term")),
        position=place,
        source=base,
    )


def _address(item: Mapping[str, Any], guid: str | None, base: str) -> str | None:
    """The article's address: FeedBurner's original, the link, an alternate link, a guid that is an address."""
    links = [item.get("link"), *(link.get("href") for link in item.get("links") or [] if link.get("rel") == "alternate")]
    if item.get("guidislink"):  # feedparser made the link of the guid, whatever that is
        links = []
    guids = [guid] if guid and guid.startswith(("http://", "https://")) else []
    for candidate in (item.get("feedburner_origlink"), *links, *guids):
        if address := web_address(candidate, base):
            return address
    return None


def _author(item: Mapping[str, Any]) -> str | None:
    names = [name for author in item.get("authors") or [] if (name := plain_line(author.get("name")))]
    return ", ".join(dict.fromkeys(names)) or plain_line(item.get("author"))


def _ttl(feed: Mapping[str, Any]) -> float | None:
    minutes = str(feed.get("ttl") or "")
    if minutes.isdecimal() and len(minutes) < 8:
        return int(minutes) * 60.0 or None
    # "hourly, once" says nothing: WordPress writes it into every feed unless it is told otherwise
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    frequency = str(feed.get("sy_updatefrequency") or "1").strip()
    if period and frequency.isdecimal() and int(frequency[:6]) > 0:
        seconds = period / int(frequency[:6])
        return seconds if seconds != _WORDPRESS_S else None
    return None
