"""Any search as Atom, RSS 2.0 and JSON Feed 1.1, and the outlets' searches as OPML. With entity tags, as readers poll them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

import feedgenerator
import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from crawler.text import clean_line
from indexer.api.etags import answered
from indexer.desk import Desk, OutletView
from indexer.engine import Sort
from indexer.search import SearchHit, SearchRequest

ITEMS = 50
MOST_ITEMS = 200
_ATOM, _RSS, _JSON, _OPML = (
    "application/atom+xml; charset=utf-8", "application/rss+xml; charset=utf-8", "application/feed+json", "text/x-opml; charset=utf-8",
)  # fmt: skip
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""When an empty feed was changed: a feed must say something, and "now" would be another tag each time."""

Q = Annotated[str, Query(description="In the query language; empty gives everything.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="Items.")]
Fold = Annotated[bool, Query(description="One item a story; false gives every copy.")]


def make_router(desk: Desk) -> APIRouter:
    """The addresses of feeds."""
    router = APIRouter(tags=["feeds"])

    @router.get("/feed.atom", responses=_content(_ATOM))
    def atom(request: Request, q: Q = "", limit: Limit = ITEMS, fold: Fold = True) -> Response:
        """A search as Atom (RFC 4287), the newest first."""
        return answered(
            request, _generated(request, desk, SearchRequest(text=q, limit=limit, fold_copies=fold), _AtomFeed), _ATOM
        )

    @router.get("/feed.rss", responses=_content(_RSS))
    def rss(request: Request, q: Q = "", limit: Limit = ITEMS, fold: Fold = True) -> Response:
        """A search as RSS 2.0, the newest first."""
        return answered(request, _generated(request, desk, SearchRequest(text=q, limit=limit, fold_copies=fold), _RssFeed), _RSS)

    @router.get("/feed.json", responses={200: {"content": {_JSON: {"schema": {"type": "object"}}}}})
    def json(request: Request, q: Q = "", limit: Limit = ITEMS, fold: Fold = True) -> Response:
        """A search as JSON Feed 1.1, the newest first."""
        items = _items(desk, SearchRequest(text=q, limit=limit, fold_copies=fold))
        return answered(request, _json_feed(request, q, items), _JSON)

    @router.get("/opml", responses=_content(_OPML))
    def opml(request: Request) -> Response:
        """The outlets as OPML 2.0: a feed of each, made here."""
        headers = {"Content-Disposition": 'attachment; filename="depesza.opml"'}
        return answered(request, _opml(request, desk.outlets()), _OPML, headers)

    return router


def feed_links(q: str) -> tuple[tuple[str, str], ...]:
    """(media type, address) of a search's feeds, for `<link rel="alternate">` on its page."""
    asked = f"?{urlencode({'q': q})}" if q else ""
    return (
        ("application/atom+xml", f"/feed.atom{asked}"), ("application/rss+xml", f"/feed.rss{asked}"), (_JSON, f"/feed.json{asked}"),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Item:
    """A hit as a feed tells it; texts in one line, free of what XML cannot hold."""

    id: str
    title: str
    url: str
    summary: str
    authors: tuple[str, ...]
    tags: tuple[str, ...]
    outlet: str
    language: str
    published_at: datetime
    updated_at: datetime


def _items(desk: Desk, asked: SearchRequest) -> list[_Item]:
    page = desk.search(
        SearchRequest(text=asked.text, sort=Sort.NEWEST, limit=asked.limit, fold_copies=asked.fold_copies, snippets=1)
    )
    return [_item(hit) for hit in page.hits]


def _item(hit: SearchHit) -> _Item:
    one = hit.article
    published_at = datetime.fromisoformat(one["published_at"])
    modified_at = datetime.fromisoformat(one["modified_at"]) if one["modified_at"] else published_at
    told = one["lead"] or (hit.snippets[0].text if hit.snippets else "")
    agencies = " / ".join(clean_line(name) for name in one["agency_names"])
    return _Item(
        id=f"urn:depesza:article:{one['id']}", title=clean_line(one["title"]) or one["id"], url=web_address(one["url"]),
        summary=clean_line(f"{one['outlet_name']}{f' [{agencies}]' if agencies else ''}: {told}"),
        authors=tuple(map(clean_line, one["authors"])), tags=tuple(dict.fromkeys(map(clean_line, one["tags"]))),
        outlet=clean_line(one["outlet_name"]), language=one["language"], published_at=published_at,
        updated_at=max(published_at, modified_at),
    )  # fmt: skip


def web_address(url: str) -> str:
    """An address that a reader may follow; "" for anything but http and https (SAFETY A5, A6)."""
    return clean_line(url) if url.lower().startswith(("http://", "https://")) else ""


def _generated(request: Request, desk: Desk, asked: SearchRequest, kind: type[Any]) -> bytes:
    items = _items(desk, asked)
    feed = kind(
        title=_title(asked.text), link=_page(request, asked.text), description=_title(asked.text), feed_url=str(request.url),
        feed_guid=str(request.url),
    )  # fmt: skip
    for one in items:
        feed.add_item(
            title=one.title, link=one.url, description=escape(one.summary), pubdate=one.published_at, updateddate=one.updated_at,
            unique_id=one.id, unique_id_is_permalink=False, author_name=", ".join(one.authors) or one.outlet, categories=one.tags,
        )  # fmt: skip
    text: str = feed.writeString("utf-8")
    return text.encode()


class _Dated:
    """When a feed was changed is when its items were; not "now"."""

    items: list[dict[str, Any]]

    def latest_post_date(self) -> datetime:
        return max((one["updateddate"] for one in self.items), default=_BEGINNING)


class _AtomFeed(_Dated, feedgenerator.Atom1Feed):  # type: ignore[misc]  # the library has no types
    pass


class _RssFeed(_Dated, feedgenerator.Rss201rev2Feed):  # type: ignore[misc]  # the library has no types
    pass


def _json_feed(request: Request, q: str, items: Sequence[_Item]) -> bytes:
    """https://www.jsonfeed.org/version/1.1/"""
    return orjson.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1", "title": _title(q), "home_page_url": _page(request, q),
            "feed_url": str(request.url),
            "items": [
                {
                    "id": one.id, "url": one.url, "title": one.title, "content_text": one.summary, "language": one.language,
                    "date_published": one.published_at, "date_modified": one.updated_at, "tags": one.tags,
                    "authors": [{"name": name} for name in one.authors or (one.outlet,)],
                }
                for one in items
            ],
        }
    )  # fmt: skip


def _opml(request: Request, outlets: Sequence[OutletView]) -> bytes:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "<head><title>Depesza</title></head>", "<body>"]
    for one in outlets:
        name = _xml(clean_line(one.name))
        feed = _xml(f"{_base(request)}/feed.atom?{urlencode({'q': f'outlet:{one.slug}'})}")
        lines.append(
            f'<outline type="rss" version="ATOM" text="{name}" title="{name}" xmlUrl="{feed}" '
            f'htmlUrl="{_xml(web_address(one.homepage))}" category="{_xml(clean_line(one.country))}"/>'
        )
    return "\n".join([*lines, "</body>", "</opml>", ""]).encode()


def _xml(text: str) -> str:
    return escape(text)


def _title(q: str) -> str:
    q = clean_line(q)
    return f"Depesza: {q}" if q else "Depesza"


def _base(request: Request) -> str:
    """Of an address under which the service is reached: the guard let only trusted ones in."""
    return str(request.base_url).rstrip("/")


def _page(request: Request, q: str) -> str:
    return f"{_base(request)}/?{urlencode({'q': q})}" if q else f"{_base(request)}/"


def _content(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type.partition(";")[0]: {"schema": {"type": "string"}}}}}
