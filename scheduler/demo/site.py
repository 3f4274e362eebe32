"""One outlet's answers by path, in one of the two states of the demo. Pure: no sockets, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from scheduler.demo import pages
from scheduler.demo.feeds import FeedItem, write_feed
from scheduler.demo.texts import DemoArticle, DemoOutlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What stands under one path."""

    body: bytes
    content_type: str
    modified_at: datetime
    """Aware; when the body last changed."""

    @property
    def etag(self) -> str:
        """A strong validator: changes exactly when the body does (RFC 9110, section 8.8.3)."""
        return f'"{sha256(self.body).hexdigest()[:20]}"'


def build_site(outlet: DemoOutlet, origin: str, started_at: datetime, changed_at: datetime | None = None) -> dict[str, Resource]:
    """Path (with query) -> resource. `changed_at` given: the second state, reached at that moment."""
    shown = [article for article in (each.at(changed_at is not None) for each in outlet.articles) if article is not None]
    site: dict[str, Resource] = {}

    def add(path: str, text: str, content_type: str, modified_at: datetime, encoding: str = outlet.encoding) -> None:
        charset = f"; charset={encoding}"
        body = text.encode(encoding, "xmlcharrefreplace")
        site[path] = Resource(body=body, content_type=content_type + charset, modified_at=modified_at)

    for article in shown:
        page = pages.article_page(article, outlet, origin, started_at)
        add(article.path, page, "text/html", pages.published(article, outlet, started_at))
    newest = max((pages.published(article, outlet, started_at) for article in shown), default=started_at)
    front = pages.front_page(outlet, shown)
    for path in {"/", outlet.section_page or "/"}:
        add(path, front, "text/html", newest)
    for feed in outlet.feeds:
        if feed.kind == "error page":
            add(feed.path, pages.error_page(outlet), "text/html", newest)
            continue
        text, content_type = write_feed(feed.kind, outlet, origin, _items(outlet, origin, started_at, changed_at))
        add(feed.path, text, content_type, newest, "utf-8" if feed.kind in {"json", "news sitemap"} else outlet.encoding)
    if outlet.robots:
        add("/robots.txt", outlet.robots.replace("{origin}", origin), "text/plain", started_at, "utf-8")
    return site


def changed_site(before: dict[str, Resource], after: dict[str, Resource], changed_at: datetime) -> dict[str, Resource]:
    """`after`, where what is the same in both keeps its time and what differs was modified at `changed_at`."""
    result = {}
    for path, resource in after.items():
        old = before.get(path)
        if old is not None and old.body == resource.body:
            result[path] = old
        else:
            result[path] = Resource(body=resource.body, content_type=resource.content_type, modified_at=changed_at)
    return result


def _items(outlet: DemoOutlet, origin: str, started_at: datetime, changed_at: datetime | None) -> list[FeedItem]:
    items = []
    for article in outlet.articles:
        announced = changed_at is not None and article.later is not None and article.later.announced
        told: DemoArticle | None = article.at(announced or (changed_at is not None and article.later is None))
        if told is None:
            continue
        item = FeedItem(
            url=origin + told.path,
            title=told.title,
            summary=pages.summary(told),
            byline=told.byline,
            section=told.section,
            published_at=pages.published(told, outlet, started_at),
            updated_at=changed_at if announced else None,
        )
        items.append(item)
    return items
