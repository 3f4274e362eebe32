"""The articles that a query finds, as a stream of records, however many. Not here: files and formats (`export_formats`), the command."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from crawler.model.article import Article
from crawler.model.page import Page
from crawler.store.articles import read_articles
from crawler.store.pages import read_page
from crawler.store.reservations import read_reservations
from indexer.desk import Desk
from indexer.engine import Sort
from indexer.export_rows import COLUMNS
from indexer.search import PAGE_LIMIT, SearchHit, SearchRequest

Record = dict[str, Any]
"""An article as plain JSON: the fields of a hit, then its text (where allowed) and what only the store knows."""


@dataclass(slots=True)
class Reserved:
    """What is done with articles whose pages reserve text mining, and of how many texts or pages were left out."""

    allowed: bool = False
    left_out: int = 0

    def among(self, connection: sa.Connection, ids: Collection[str]) -> Collection[str]:
        """Those of `ids` that are to be left out."""
        return () if self.allowed else read_reservations(connection, ids)


def records(
    desk: Desk, query: str, *, with_text: bool, limit: int | None = None, reserved: Reserved | None = None
) -> Iterator[Record]:
    """Every article that matches, copies each, the newest first; `limit` of them at most. Memory holds a page of 500.

    Of an article whose page reserves text mining the text and lead are left out, unless `reserved` allows them. An article that was removed from the store since it was indexed is left out. Raises QueryError, BackendUnavailable.
    """
    reserved = reserved or Reserved()
    for hits in _pages(desk, query, limit):
        ids = [hit.article["id"] for hit in hits]
        with desk.database.read() as connection:
            kept = {one.id: one for one in read_articles(connection, ids, whole=False)}
            closed = reserved.among(connection, ids)
        for hit in hits:
            article = kept.get(hit.article["id"])
            if article is not None:
                is_closed = article.id in closed
                reserved.left_out += is_closed and with_text
                yield _record(hit, article, with_text, is_closed)


def pages(
    desk: Desk, query: str, *, limit: int | None = None, reserved: Reserved | None = None
) -> Iterator[tuple[str, Page | None]]:
    """(id, kept page) of every article that matches; None where the page was never kept, or not kept so long.

    Articles whose pages reserve text mining are left out, unless `reserved` allows them.
    """
    reserved = reserved or Reserved()
    for hits in _pages(desk, query, limit):
        ids = [hit.article["id"] for hit in hits]
        with desk.database.read() as connection:
            closed = reserved.among(connection, ids)
        reserved.left_out += len(closed)
        for one in (one for one in ids if one not in closed):
            with desk.database.read() as connection:
                yield one, read_page(connection, one)


def count(desk: Desk, query: str) -> tuple[int, str | None]:
    """How many articles match, and the hint where the query could not be read in full."""
    page = desk.search(SearchRequest(text=query, limit=1, fold_copies=False, snippets=0))
    return page.total, page.hint


def _pages(desk: Desk, query: str, limit: int | None) -> Iterator[tuple[SearchHit, ...]]:
    asked = SearchRequest(text=query, sort=Sort.NEWEST, limit=PAGE_LIMIT, fold_copies=False, snippets=0)
    given = 0
    while limit is None or given < limit:
        page = desk.search(replace(asked, limit=PAGE_LIMIT if limit is None else min(PAGE_LIMIT, limit - given)))
        yield page.hits
        given += len(page.hits)
        if page.next is None:
            return
        asked = replace(asked, after=page.next)


def _record(hit: SearchHit, article: Article, with_text: bool, is_closed: bool) -> Record:
    record = {name: hit.article[name] for name in COLUMNS}
    if with_text:
        record["text"] = None if is_closed else article.text
    if is_closed or not with_text:
        record["lead"] = None  # the opening of the text, word for word
    return record | {
        "text_reserved": is_closed,
        "byline": article.byline, "credits": article.credits, "published_from": article.published_from.value,
        "image_url": article.image_url, "image_credit": article.image_credit, "content_sha256": article.content_sha256,
        "attributions": [asdict(one) for one in article.attributions],
    }  # fmt: skip
