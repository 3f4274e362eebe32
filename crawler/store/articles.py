"""Articles, the addresses under which they were met, and their revisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crawler.model.article import Access, Article, ArticleAddress, Fingerprint, PublishedFrom, Revision
from crawler.model.attribution import Attribution
from crawler.store.rows import (
    from_json,
    in_batches,
    insert,
    offset_s,
    pack_fingerprint,
    to_json,
    unpack_fingerprint,
    upsert,
    with_offset,
)
from crawler.store.schema import article, article_address, body_sighting, revision

SIGHTINGS_KEPT = timedelta(days=30)
"""As long as raw pages are by default: a wall read again from its page is a wall still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What "already seen" needs of a known article."""

    id: str
    source_updated_at: datetime | None
    """The newest change its source told, at the last fetch."""
    next_visit_at: datetime | None
    content_sha256: str
    last_fetched_at: datetime
    """When its page was last fetched: it holds every change told before."""


def known_addresses(connection: sa.Connection, urls: Iterable[str]) -> dict[str, KnownArticle]:
    """Canonical address -> the article met under it, for those that are known. One query per 500 addresses."""
    found: dict[str, KnownArticle] = {}
    columns = (
        article_address.c.url,
        article.c.id,
        article.c.source_updated_at,
        article.c.next_visit_at,
        article.c.content_sha256,
        article.c.last_fetched_at,
    )
    joined = article_address.join(article, article.c.id == article_address.c.article_id)
    for batch in in_batches(list(dict.fromkeys(urls))):
        for url, *values in connection.execute(sa.select(*columns).select_from(joined).where(article_address.c.url.in_(batch))):
            found[url] = KnownArticle(
                id=values[0], source_updated_at=values[1], next_visit_at=values[2], content_sha256=values[3],
                last_fetched_at=values[4],
            )  # fmt: skip
    return found


def read_article(connection: sa.Connection, article_id: str) -> Article | None:
    """One article with its addresses, or None."""
    return next(iter(read_articles(connection, [article_id])), None)


def read_articles(connection: sa.Connection, ids: Sequence[str], *, whole: bool = True) -> list[Article]:
    """Articles by id, in the order of `ids`; unknown ids are left out.

    Not `whole`: without addresses and fingerprint, in half the time, for readers that need neither (documents of the index).
    """
    columns = [column for column in article.c if whole or column is not article.c.fingerprint]
    rows: dict[str, Any] = {}
    addresses: dict[str, list[ArticleAddress]] = {}
    for batch in in_batches(list(ids)):
        for row in connection.execute(sa.select(*columns).where(article.c.id.in_(batch))).all():
            rows[row.id] = row
        if not rows or not whole:
            continue
        chosen = sa.select(article_address).where(article_address.c.article_id.in_(batch)).order_by(article_address.c.url)
        for row in connection.execute(chosen):
            addresses.setdefault(row.article_id, []).append(from_json({"url": row.url, "kind": row.kind}, ArticleAddress))
    return [_article(rows[one], tuple(addresses.get(one, ())), whole=whole) for one in ids if one in rows]


def article_ids(connection: sa.Connection, after: str = "", limit: int = 1000) -> list[str]:
    """Ids in ascending order after `after`: for a walk over everything (rebuild), a page at a time."""
    chosen = sa.select(article.c.id).where(article.c.id > after).order_by(article.c.id).limit(limit)
    return list(connection.execute(chosen).scalars())


def walk_articles(connection: sa.Connection, batch: int = 500) -> Iterator[list[Article]]:
    """All articles in batches, by ascending id, each batch read anew."""
    after = ""
    while ids := article_ids(connection, after, batch):
        yield read_articles(connection, ids)
        after = ids[-1]


def count_articles(connection: sa.Connection) -> int:
    """Number of articles."""
    return connection.execute(sa.select(sa.func.count()).select_from(article)).scalar_one()


def count_by_outlet(connection: sa.Connection) -> dict[str, int]:
    """Outlet -> number of its articles; those without any are left out. Reads an index alone."""
    counted = sa.select(article.c.outlet, sa.func.count()).group_by(article.c.outlet)
    return {row[0]: row[1] for row in connection.execute(counted)}


def newest_first_seen(connection: sa.Connection) -> datetime | None:
    """When the article that was met last was met; None without any."""
    found: datetime | None = connection.execute(sa.select(sa.func.max(article.c.first_seen_at))).scalar()
    return found


def find_id(connection: sa.Connection, addresses: Sequence[str]) -> str | None:
    """The id of the article known under the first of these addresses that is known."""
    known = known_addresses(connection, addresses)
    return next((known[url].id for url in addresses if url in known), None)


def find_by_prefix(connection: sa.Connection, prefix: str, limit: int = 5) -> list[str]:
    """Ids that start with `prefix` (people type eight letters of an id)."""
    chosen = (
        sa.select(article.c.id).where(article.c.id >= prefix, article.c.id < prefix + "g").order_by(article.c.id).limit(limit)
    )
    return list(connection.execute(chosen).scalars())


def insert_article(connection: sa.Connection, new: Article, visit: Visit) -> None:
    """File a new article with its addresses and revision 1. `new.index_version` is kept as given."""
    insert_articles(connection, [(new, visit)])


def insert_articles(connection: sa.Connection, new: Sequence[tuple[Article, Visit]]) -> None:
    """The same for many; each with its visit. Of an address that two of them have, the first keeps it."""
    if not new:
        return
    connection.execute(
        article.insert(), [{**_columns(one), **_visit_columns(visit), "visits": 0, "revisions": 1} for one, visit in new]
    )
    _insert_addresses(connection, [_address_row(one.id, each, visit.at) for one, visit in new for each in one.addresses])
    connection.execute(revision.insert(), [_revision_row(one, 1, visit.at) for one, visit in new])


def replace_article(connection: sa.Connection, changed: Article, visit: Visit | None, *, revised: bool, at: datetime) -> None:
    """Overwrite a known article; with `revised` a further revision, seen `at`, is written. No visit: its page was not fetched."""
    row = connection.execute(sa.select(article.c.visits, article.c.revisions).where(article.c.id == changed.id)).one()
    count = row.revisions + revised
    values = {**_columns(changed), "revisions": count}
    if visit:
        values |= {**_visit_columns(visit), "visits": row.visits + 1}
        add_addresses(connection, changed.id, changed.addresses, at)
    connection.execute(article.update().where(article.c.id == changed.id).values(values))
    if revised:
        _insert_revision(connection, changed, count, at)


def note_visit(connection: sa.Connection, article_id: str, visit: Visit) -> None:
    """The page was fetched and nothing changed for a reader: only the visit is written."""
    values = {**_visit_columns(visit), "visits": article.c.visits + 1}
    connection.execute(article.update().where(article.c.id == article_id).values(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """When an article's page was fetched, what its source said then, and when it is due again."""

    at: datetime
    source_updated_at: datetime | None
    next_visit_at: datetime | None


def next_visit(first_seen_at: datetime, now: datetime, ages_s: Sequence[float]) -> datetime | None:
    """The first of `first_seen_at + age` that lies after `now`; None when all have passed."""
    return next((due for age in sorted(ages_s) if (due := first_seen_at + timedelta(seconds=age)) > now), None)


def mark_removed(connection: sa.Connection, article_id: str, at: datetime) -> bool:
    """Set `removed_at` once and raise the version; True when it was not set before. Later visits are off."""
    changes = {"removed_at": at, "index_version": article.c.index_version + 1, "next_visit_at": None, "last_fetched_at": at}
    chosen = article.update().where(article.c.id == article_id, article.c.removed_at.is_(None)).values(changes)
    return connection.execute(chosen).rowcount > 0


def raise_versions(connection: sa.Connection, ids: Sequence[str]) -> dict[str, int]:
    """Raise `index_version` of each (its document changed); returns id -> new version."""
    versions: dict[str, int] = {}
    for batch in in_batches(list(ids)):
        connection.execute(article.update().where(article.c.id.in_(batch)).values(index_version=article.c.index_version + 1))
        rows = connection.execute(sa.select(article.c.id, article.c.index_version).where(article.c.id.in_(batch)))
        versions.update({row.id: row.index_version for row in rows})
    return versions


def due_visits(connection: sa.Connection, outlet: str, now: datetime, limit: int = 1000) -> list[tuple[str, str]]:
    """(id, address) of the outlet's articles whose revisit is due, the most overdue first."""
    rows = connection.execute(_DUE_VISITS, {"one": outlet, "at": now, "most": limit})
    return [(row.id, row.url) for row in rows]


_DUE_VISITS = (
    sa.select(article.c.id, article.c.url)
    .where(article.c.outlet == sa.bindparam("one"), article.c.next_visit_at <= sa.bindparam("at"))
    .order_by(article.c.next_visit_at)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def put_off_visit(connection: sa.Connection, article_id: str, until: datetime | None) -> None:
    """Move a revisit that could not be made."""
    connection.execute(article.update().where(article.c.id == article_id).values(next_visit_at=until))


def pass_visit(connection: sa.Connection, article_id: str, at: datetime) -> None:
    """A revisit was made that did not come to this article itself: what was due `at` is due no longer."""
    chosen = article.update().where(article.c.id == article_id, article.c.next_visit_at <= at)
    connection.execute(chosen.values(next_visit_at=None))


def note_source_update(connection: sa.Connection, article_id: str, updated_at: datetime) -> None:
    """The change that its source told is looked into, whatever came of it."""
    connection.execute(article.update().where(article.c.id == article_id).values(source_updated_at=updated_at))


def add_addresses(connection: sa.Connection, article_id: str, addresses: Iterable[ArticleAddress], at: datetime) -> None:
    """Remember further addresses; one that belongs to another article already stays with it."""
    _insert_addresses(connection, [_address_row(article_id, one, at) for one in addresses])


def _address_row(article_id: str, one: ArticleAddress, at: datetime) -> dict[str, Any]:
    return {"url": one.url, "article_id": article_id, "kind": one.kind.value, "met_at": at}


def _insert_addresses(connection: sa.Connection, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(connection, article_address).on_conflict_do_nothing(index_elements=["url"]), rows)


def give_addresses_away(connection: sa.Connection, article_id: str, urls: Collection[str]) -> None:
    """Forget these addresses of an article: another one has their place."""
    chosen = article_address.delete().where(article_address.c.article_id == article_id, article_address.c.url.in_(sorted(urls)))
    connection.execute(chosen)


def move_addresses(connection: sa.Connection, article_id: str, other_id: str) -> None:
    """The addresses of `article_id` lead to `other_id` now."""
    chosen = article_address.update().where(article_address.c.article_id == article_id)
    connection.execute(chosen.values(article_id=other_id))


def read_revisions(connection: sa.Connection, article_id: str) -> list[Revision]:
    """Every version of an article, the first first."""
    rows = connection.execute(sa.select(revision).where(revision.c.article_id == article_id).order_by(revision.c.number))
    return [Revision(**row._mapping) for row in rows]


def addresses_with_body(connection: sa.Connection, outlet: str, content_sha256: str) -> dict[str, datetime]:
    """Address of the outlet at which this very text was met -> when first (SAFETY F31: one consent text on many pages)."""
    chosen = sa.select(body_sighting.c.url, body_sighting.c.seen_at).where(
        body_sighting.c.outlet == outlet, body_sighting.c.content_sha256 == content_sha256
    )
    return {row.url: row.seen_at for row in connection.execute(chosen)}


def note_body(connection: sa.Connection, outlet: str, content_sha256: str, url: str, at: datetime) -> None:
    """Remember where and when a text was met first; sightings older than SIGHTINGS_KEPT go, as raw pages do."""
    note_bodies(connection, [(outlet, content_sha256, url, at)])


def note_bodies(connection: sa.Connection, met: Sequence[tuple[str, str, str, datetime]]) -> None:
    """The same for many (outlet, digest, address, time)."""
    if not met:
        return
    rows = [{"outlet": outlet, "content_sha256": digest, "url": url, "seen_at": at} for outlet, digest, url, at in met]
    upsert(connection, body_sighting, rows, keep=("seen_at",))
    # of all outlets: the index on seen_at finds them at once, where the outlet's own rows would be gone through each time
    oldest = max(at for *_, at in met) - SIGHTINGS_KEPT
    connection.execute(body_sighting.delete().where(body_sighting.c.seen_at < oldest))


def _insert_revision(connection: sa.Connection, one: Article, number: int, at: datetime) -> None:
    connection.execute(revision.insert(), [_revision_row(one, number, at)])


def _revision_row(one: Article, number: int, at: datetime) -> dict[str, Any]:
    return {
        "article_id": one.id, "number": number, "title": one.title, "lead": one.lead, "text": one.text,
        "content_sha256": one.content_sha256, "seen_at": at,
    }  # fmt: skip


_SAME_NAME = (
    "id", "url", "outlet", "title", "lead", "text", "language", "byline", "credits", "section", "image_url", "image_credit", "published_at",
    "modified_at", "first_seen_at", "removed_at", "access_reason", "encoding_suspect", "content_sha256", "normalizer_version",
    "index_version",
)  # fmt: skip


def _columns(one: Article) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _SAME_NAME} | {
        "authors": list(one.authors), "tags": list(one.tags), "published_offset_s": offset_s(one.published_at),
        "published_from": one.published_from.value, "modified_offset_s": offset_s(one.modified_at), "access": one.access.value,
        "attributions": to_json(one.attributions, tuple[Attribution, ...]), "fingerprint": pack_fingerprint(one.fingerprint),
    }  # fmt: skip


def _visit_columns(visit: Visit) -> dict[str, Any]:
    return {"last_fetched_at": visit.at, "source_updated_at": visit.source_updated_at, "next_visit_at": visit.next_visit_at}


def _article(row: Any, addresses: tuple[ArticleAddress, ...], *, whole: bool = True) -> Article:
    values = {name: getattr(row, name) for name in _SAME_NAME}
    values |= {
        "authors": tuple(row.authors), "tags": tuple(row.tags), "addresses": addresses, "access": Access(row.access),
        "published_at": with_offset(row.published_at, row.published_offset_s), "published_from": PublishedFrom(row.published_from),
        "modified_at": with_offset(row.modified_at, row.modified_offset_s),
        "fingerprint": unpack_fingerprint(row.fingerprint) if whole else Fingerprint(),
        "attributions": from_json(row.attributions, tuple[Attribution, ...]),
    }  # fmt: skip
    return Article(**values)
