"""JSON Feed 1.0 and 1.1 (jsonfeed.org) into `FeedReading`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crawler.discovery.dates import DateReader
from crawler.discovery.reading import FeedReading, UnreadableSource, plain_line, plain_text, web_address
from crawler.model.feed import FeedEntry


def read_json_feed(text: str, url: str, dates: DateReader) -> FeedReading:
    """The entries of a JSON Feed. Fields of a wrong type count as absent. Raises UnreadableSource when it is none."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableSource("broken JSON") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise UnreadableSource("JSON, but no JSON Feed")
    entries = [entry for place, item in enumerate(items) if (entry := _entry(item, place, url, dates))]
    missing = len(items) - len(entries)
    version = str(feed.get("version") or "")
    return FeedReading(
        entries=tuple(entries),
        title=plain_line(feed.get("title")),
        kind="json11" if version.endswith("1.1") else "json10",
        warnings=(f"{missing} entries without a web address",) if missing else (),
    )


def _entry(item: object, place: int, base: str, dates: DateReader) -> FeedEntry | None:
    if not isinstance(item, dict):
        return None
    guid = str(item["id"])[:1000] if isinstance(item.get("id"), str | int) else None
    guid_address = guid if guid and guid.startswith(("http://", "https://")) else None
    address = next((found for key in ("url", "external_url") if (found := web_address(item.get(key), base))), None)
    address = address or web_address(guid_address, base)
    if address is None:
        return None
    updated = dates.read(item.get("date_modified"))
    tags = item.get("tags")
    return FeedEntry(
        url=address,
        title=plain_line(item.get("title")),
        summary=plain_text(item.get("summary")) or plain_text(item.get("content_text")) or plain_text(item.get("content_html")),
        author=_author(item),
        published_at=dates.read(item.get("date_published")) or updated,
        updated_at=updated,
        guid=plain_line(guid),
        section=plain_line(tags[0]) if isinstance(tags, list) and tags else None,
        position=place,
        source=base,
    )


def _author(item: Mapping[str, Any]) -> str | None:
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    names = [name for person in people if isinstance(person, dict) and (name := plain_line(person.get("name")))]
    return ", ".join(dict.fromkeys(names)) or None
