"""New articles of one transaction, told apart from known ones at once and written together.

Most of what a crawl files is new, and a statement costs more than what it does. Not here: what becomes of an article that may be a
known one, or a wall (`crawler.identity`, `crawler.filing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from crawler.model.article import Article
from crawler.model.page import Page
from crawler.store import articles, dead_letters, outbox, pages
from crawler.store.articles import Visit
from crawler.store.rows import among
from crawler.store.schema import article, article_address, body_sighting


class Newcomers:
    """Articles that nothing is known of, gathered until `flush`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._known: set[str] = set()
        """Addresses and ids of articles, among those asked for."""
        self._met: set[tuple[str, str]] = set()
        """(outlet, digest) of texts met before, among those asked for."""
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._new: list[tuple[Article, Visit]] = []
        self._bodies: list[tuple[str, str, str, datetime]] = []
        self._pages: dict[str, Page] = {}
        self._letters: set[str] = set()
        self._wanted: dict[str, tuple[int, datetime]] = {}
        self._changed: dict[str, datetime] = {}

    def expect(self, read: Sequence[tuple[Article, str]]) -> None:
        """Look up at once what is known of these articles; each with the digest of its body."""
        urls = sorted({url for one, _ in read for url in addresses_of(one)})
        ids, digests, outlets = {one.id for one, _ in read}, {digest for _, digest in read}, {one.outlet for one, _ in read}
        connection = self._connection
        here = sa.select(article_address.c.url).where(among(connection, article_address.c.url, urls))
        there = sa.select(article.c.id).where(among(connection, article.c.id, sorted(ids)))
        self._known.update(connection.execute(here.union_all(there)).scalars())
        chosen = sa.select(body_sighting.c.outlet, body_sighting.c.content_sha256).where(
            among(connection, body_sighting.c.outlet, sorted(outlets)),
            among(connection, body_sighting.c.content_sha256, sorted(digests)),
        )
        self._met.update((row.outlet, row.content_sha256) for row in connection.execute(chosen))

    def is_new(self, one: Article, digest: str) -> bool:
        """Whether no article has its id or an address of it, and its text was met nowhere. Ask only for what was expected."""
        return self._known.isdisjoint((one.id, *addresses_of(one))) and (one.outlet, digest) not in self._met

    def meet(self, one: Article, digest: str) -> None:
        """It is known from now on."""
        self._known.update((one.id, *addresses_of(one)))
        self._met.add((one.outlet, digest))

    def add(self, one: Article, page: Page, visit: Visit, digest: str) -> None:
        """File it, with its page and the wish to have it in the index."""
        self.meet(one, digest)
        self._new.append((one, visit))
        self._bodies.append((one.outlet, digest, one.url, page.fetched_at))
        self._pages[one.id] = page
        self._wanted[one.id] = (one.index_version, page.fetched_at)

    def change(self, article_ids: Collection[str], at: datetime) -> None:
        """The documents of these articles changed: their versions are to be raised."""
        self._changed.update(dict.fromkeys(article_ids, at))

    def drop_letters(self, keys: Iterable[str]) -> None:
        """What these letters complained of is an article now."""
        self._letters.update(keys)

    def flush(self) -> None:
        """Write what was gathered; a document that changed more than once gets one new version."""
        connection = self._connection
        articles.insert_articles(connection, self._new)
        articles.note_bodies(connection, self._bodies)
        versions = articles.raise_versions(connection, sorted(self._changed.keys() - self._wanted.keys()))
        self._wanted |= {one: (version, self._changed[one]) for one, version in versions.items()}
        outbox.put_all_in_outbox(connection, self._wanted)
        pages.keep_pages(connection, self._pages)
        if self._letters:
            dead_letters.drop_page_letters(connection, self._letters)
        self._forget_changes()


def addresses_of(one: Article) -> list[str]:
    """Its address and all under which it was met."""
    return [one.url, *(each.url for each in one.addresses)]
