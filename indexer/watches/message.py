"""What an alert says: a title, a text, an HTML mail that prints well, and JSON for a webhook. Pure.

Everything a stranger wrote is escaped in the HTML and is one line in the text. Not here: when and how it is sent.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from crawler.text import clean_line
from indexer.document import Document
from indexer.highlight import Mark, Snippet

SHOWN = 50
"""Articles that a message for people lists; the rest are counted. A webhook gets all."""
_CSS = (
    "body{font:16px/1.5 Georgia,serif;color:#1a1a1a;max-width:42em;margin:1.5em auto;padding:0 1em}"
    "h1{font-size:1.3em;margin:0 0 .2em}h2{font-size:1.05em;margin:1.6em 0 .2em;line-height:1.3}"
    "p{margin:.3em 0}.facts{color:#555;font:13px/1.4 system-ui,sans-serif}a{color:#0b4f8a}mark{background:#fff1b8;color:inherit}"
    "hr{border:0;border-top:1px solid #ddd;margin:1.6em 0}@media print{a{color:inherit;text-decoration:none}article{break-inside:avoid}}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article as an alert shows it."""

    document: Document
    snippet: Snippet | None
    title_marks: tuple[Mark, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alert, for one channel."""

    key: str
    """Equal for the same matches: whoever receives it twice may drop the second."""
    title: str
    text: str
    html: str
    payload: Mapping[str, Any]


def compose(key: str, watch: Mapping[str, str], found: Sequence[Found], zone: tzinfo, page_url: str | None) -> Message:
    """`watch`: its id, name and query. `found`: the newest first."""
    shown, rest = found[:SHOWN], max(0, len(found) - SHOWN)
    count = f"{len(found)} articles" if len(found) > 1 else _line(found[0].document["title"], 120) if found else "a test"
    title = f"{watch['name']}: {count}"
    text = "\n\n".join(_plain(one, zone, page_url) for one in shown) or "This is a test of the watch; nothing was found."
    more = f"\n\nAnd {rest} more." if rest else ""
    return Message(
        key=key,
        title=title,
        text=text + more,
        html=_html(watch, title, shown, rest, zone, page_url),
        payload={
            "key": key, "watch": dict(watch), "count": len(found), "is_test": not found,
            "articles": [_fields(one, page_url) for one in found],
        },
    )  # fmt: skip


def _fields(one: Found, page_url: str | None) -> dict[str, Any]:
    names = (
        "id",
        "url",
        "title",
        "lead",
        "outlet",
        "outlet_name",
        "country",
        "language",
        "agency",
        "published_at",
        "first_seen_at",
        "story",
        "role",
        "copies",
    )
    fields = {name: one.document[name] for name in names}
    return fields | {"snippet": one.snippet.text if one.snippet else "", "detail": one.detail, "page": _page(one, page_url)}


def _plain(one: Found, zone: tzinfo, page_url: str | None) -> str:
    lines = [_line(one.document["title"], 300), _facts(one, zone)]
    if one.snippet:
        lines.append(_line(one.snippet.text, 400))
    return "\n".join([*lines, one.document["url"], *([page] if (page := _page(one, page_url)) else [])])


def _facts(one: Found, zone: tzinfo) -> str:
    document = one.document
    published = datetime.fromisoformat(document["published_at"]).astimezone(zone)
    parts = [document["outlet_name"], f"{published:%Y-%m-%d %H:%M}"]
    if document["agency_names"]:
        parts.append(f"from {document['agency_names'][0]}")
    if document["copies"] > 1:
        parts.append(f"{document['copies']} copies")
    return _line(" · ".join([*parts, *([one.detail] if one.detail else [])]), 300)


def _html(watch: Mapping[str, str], title: str, shown: Sequence[Found], rest: int, zone: tzinfo, page_url: str | None) -> str:
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_safe(title)}</title><style>{_CSS}</style></head><body>',
        f"<h1>{_safe(watch['name'])}</h1><p class='facts'>{_safe(watch['query'])}</p><hr>",
    ]
    for one in shown:
        link = html.escape(_page(one, page_url) or one.document["url"], quote=True)
        language = html.escape(one.document["language"], quote=True)
        parts.append(
            f"<article lang='{language}'><h2><a href='{link}'>{_marked(one.document['title'], one.title_marks)}</a></h2>"
        )
        parts.append(f"<p class='facts'>{_safe(_facts(one, zone))}</p>")
        if one.snippet:
            parts.append(f"<p>{_marked(one.snippet.text, one.snippet.marks)}</p>")
        parts.append(f"<p class='facts'>{_safe(one.document['url'])}</p></article>")
    if not shown:
        parts.append("<p>This is a test of the watch; nothing was found.</p>")
    if rest:
        parts.append(f"<p>And {rest} more.</p>")
    return "".join([*parts, "</body></html>"])


def _marked(text: str, marks: Sequence[Mark]) -> str:
    parts, at = [], 0
    for start, end in marks:
        parts += [html.escape(text[at:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        at = end
    return "".join([*parts, html.escape(text[at:])])


def _page(one: Found, page_url: str | None) -> str | None:
    """Where the story, or the article that has none, is shown."""
    if page_url is None:
        return None
    story = one.document["story"]
    return f"{page_url.rstrip('/')}/story/{story}" if story else f"{page_url.rstrip('/')}/article/{one.document['id']}"


def _line(text: str, limit: int) -> str:
    line = clean_line(text)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _safe(text: str) -> str:
    return html.escape(clean_line(text), quote=True)
