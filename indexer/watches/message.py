"""What an alert says: a title, a text, an HTML mail, and JSON for a webhook. Pure.

Everything a stranger wrote is one line in the text. Not here: the HTML (`clipping`), when and how it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from crawler.text import clean_line
from indexer.watches.clipping import facts, page_of, report
from indexer.watches.grouping import Found
from indexer.watches.wording import Wording

SHOWN = 50
"""Articles that a message for people lists; the rest are counted. A webhook gets all."""
_FIELDS = (
    "id", "url", "title", "lead", "outlet", "outlet_name", "country", "language", "agency", "published_at", "first_seen_at",
    "story", "role", "copies",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom a message is written."""

    zone: tzinfo
    now: datetime
    language: str = "en"
    page_url: str | None = None
    """Where the pages are reached, for links."""
    is_digest: bool = False
    """One message a day: it calls itself a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert, for one channel."""

    key: str
    """Equal for the same matches: whoever receives it twice may drop the second."""
    title: str
    text: str
    html: str
    payload: Mapping[str, Any]


def compose(key: str, watch: Mapping[str, str], found: Sequence[Found], reader: Reader) -> Message:
    """`watch`: its id, name and query. `found`: the newest first."""
    words = Wording(reader.language)
    shown, rest = found[:SHOWN], max(0, len(found) - SHOWN)
    if len(found) == 1:
        count = _line(found[0].document["title"], 120)
    else:
        count = words.count("article", len(found)) if found else words.say("a test")
    text = "\n\n".join(_plain(one, words, reader) for one in shown) or words.say("test")
    return Message(
        key=key,
        title=f"{watch['name']}: {count}",
        text=text + (f"\n\n{words.say('more', rest)}" if rest else ""),
        html=report(
            watch, shown, rest, words=words, zone=reader.zone, now=reader.now, page_url=reader.page_url, is_digest=reader.is_digest
        ),
        payload={
            "key": key, "watch": dict(watch), "count": len(found), "is_test": not found,
            "articles": [_fields(one, reader.page_url) for one in found],
        },
    )  # fmt: skip


def _fields(one: Found, page_url: str | None) -> dict[str, Any]:
    fields = {name: one.document[name] for name in _FIELDS}
    return fields | {"snippet": one.snippet.text if one.snippet else "", "detail": one.detail, "page": page_of(one, page_url)}


def _plain(one: Found, words: Wording, reader: Reader) -> str:
    lines = [_line(one.document["title"], 300), _line(facts(one, words, reader.zone), 300)]
    if one.snippet:
        lines.append(_line(one.snippet.text, 400))
    return "\n".join([*lines, one.document["url"], *([page] if (page := page_of(one, reader.page_url)) else [])])


def _line(text: str, limit: int) -> str:
    line = clean_line(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
