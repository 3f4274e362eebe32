"""Filing: the one stateful step, one transaction for one article. A crash leaves a filed and queued article, or nothing.

Order: keep the raw page; known? unchanged? revision; the same text on many addresses? join or open a story; outbox.
`file_nothing` is the same step for a page that gave no article.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from crawler.model.article import Article, PublishedFrom, article_id
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.model.story import LinkKind, StoryLink
from crawler.store import articles, dead_letters, outbox, pages
from crawler.store import stories as story_store
from crawler.store.articles import Visit
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.store.story_window import lock_stories
from crawler.stories.joining import join_story, leave_story
from crawler.text import fold

DEFAULT_REVISIT_S = (3600.0, 6 * 3600.0, 24 * 3600.0, 7 * 86400.0)
SAME_BODY_ADDRESSES = 3
"""One text met at this many addresses of an outlet in a day is a wall, not an article (SAFETY F31)."""
REPLACED_OVERLAP = 0.10
REPLACED_TITLE = 0.30
REPLACED_WORDS = 40
"""Below these shares of common fingerprints and title words, between texts of at least so many words, an address holds
another article now (SAFETY F33). A grown stub keeps its headline; a corrected text keeps its sentences."""
_TRUST = list(PublishedFrom)
_COMPARED = (
    "title", "lead", "text", "language", "authors", "byline", "credits", "section", "tags", "image_url", "published_at",
    "published_from", "modified_at", "removed_at", "attributions", "access",
)  # fmt: skip


def file_article(
    connection: sa.Connection, article: Article, page: Page, revisit_s: Sequence[float] = DEFAULT_REVISIT_S
) -> Outcome:
    """File what `normalize` made of `page`. Returns NEW, REVISED, UNCHANGED or BLOCKED (one text on many addresses).

    `revisit_s`: ages in seconds after first sight at which the article is fetched again. The time of filing is the page's
    `fetched_at`. Everything happens on `connection`, in the caller's transaction.
    """
    lock_stories(connection)  # before any article's row is changed, or two filings wait for one another
    known_id = articles.find_id(connection, [article.url, *(one.url for one in article.addresses)])
    known = articles.read_article(connection, known_id) if known_id else None
    if known and _is_replaced(known, article):
        article = _take_over_addresses(connection, known, article, page)
        outcome = _file_new(connection, article, page, revisit_s)
        link = StoryLink(article_id=article.id, other_id=known.id, kind=LinkKind.REPLACES, containment=0.0)
        story_store.add_links(connection, [link])
    elif known:
        outcome, article = _file_known(connection, known, article, page, revisit_s)
    elif twins := _addresses_of_wall(connection, article, page):
        return _withdraw_wall(connection, article, page, twins)
    else:
        outcome = _file_new(connection, article, page, revisit_s)
    pages.keep_page(connection, article.id, page)
    dead_letters.drop_page_letters(connection, article.id)
    dead_letters.drop_page_letters(connection, article_id(article.url))
    return outcome


def file_nothing(connection: sa.Connection, page: Page, letter: DeadLetter) -> None:
    """Keep the raw page of something that became no article, with its dead letter."""
    pages.keep_page(connection, letter.key, page)
    dead_letters.add_dead_letter(connection, letter)


def file_removal(connection: sa.Connection, known_id: str, page: Page) -> bool:
    """The page of a known article is gone: `removed_at` is set once and the document pushed. True when it was news."""
    if not articles.mark_removed(connection, known_id, page.fetched_at):
        return False
    article = articles.read_article(connection, known_id)
    if article:
        outbox.put_in_outbox(connection, {known_id: article.index_version}, page.fetched_at)
    return True


def _file_new(connection: sa.Connection, article: Article, page: Page, revisit_s: Sequence[float]) -> Outcome:
    articles.insert_article(connection, article, _visit(article, page, revisit_s))
    articles.note_body(connection, article.outlet, _body_digest(article), article.url, page.fetched_at)
    changed = set(join_story(connection, article).changed_article_ids) - {article.id}
    versions = articles.raise_versions(connection, sorted(changed)) | {article.id: article.index_version}
    outbox.put_in_outbox(connection, versions, page.fetched_at)
    return Outcome.NEW


def _file_known(
    connection: sa.Connection, known: Article, read: Article, page: Page, revisit_s: Sequence[float]
) -> tuple[Outcome, Article]:
    merged = _merge(known, read)
    visit = _visit(merged, page, revisit_s)
    revised = merged.content_sha256 != known.content_sha256
    if not revised and all(getattr(merged, name) == getattr(known, name) for name in _COMPARED):
        articles.note_visit(connection, known.id, visit)
        articles.add_addresses(connection, known.id, read.addresses, page.fetched_at)
        return Outcome.UNCHANGED, known
    merged = dataclasses.replace(merged, index_version=known.index_version + 1)
    articles.replace_article(connection, merged, visit, revised=revised)
    versions = {merged.id: merged.index_version}
    if revised or merged.attributions != known.attributions:
        changed = set(join_story(connection, merged).changed_article_ids) - {merged.id}
        versions |= articles.raise_versions(connection, sorted(changed))
    outbox.put_in_outbox(connection, versions, page.fetched_at)
    return (Outcome.REVISED if revised else Outcome.UNCHANGED), merged


def _merge(known: Article, read: Article) -> Article:
    """The new reading under the old identity; a date from a weaker source than the known one does not replace it."""
    keep: dict[str, Any] = {
        "id": known.id,
        "url": known.url,
        "first_seen_at": known.first_seen_at,
        "index_version": known.index_version,
    }
    if _TRUST.index(read.published_from) > _TRUST.index(known.published_from) or read.published_from is PublishedFrom.FIRST_FETCH:
        keep |= {"published_at": known.published_at, "published_from": known.published_from}
    return dataclasses.replace(read, **keep)


def _visit(article: Article, page: Page, revisit_s: Sequence[float]) -> Visit:
    return Visit(
        at=page.fetched_at,
        source_updated_at=page.entry.updated_at if page.entry else None,
        next_visit_at=articles.next_visit(article.first_seen_at, page.fetched_at, revisit_s),
    )


def _is_replaced(known: Article, read: Article) -> bool:
    if min(known.fingerprint.words, read.fingerprint.words) < REPLACED_WORDS:
        return False
    old, new = set(known.fingerprint.hashes), set(read.fingerprint.hashes)
    if len(old & new) > REPLACED_OVERLAP * min(len(old), len(new)):
        return False
    old_title, new_title = _title_words(known.title), _title_words(read.title)
    return len(old_title & new_title) <= REPLACED_TITLE * min(len(old_title), len(new_title))


def _title_words(title: str) -> set[str]:
    """Words of more than three letters: what two headlines share by chance are the short ones."""
    return {word for word in fold(title).split() if len(word) > 3}


def _take_over_addresses(connection: sa.Connection, known: Article, read: Article, page: Page) -> Article:
    """Another text stands under a known address: the old article is removed, the new one gets an id of its own."""
    file_removal(connection, known.id, page)
    articles.give_addresses_away(connection, known.id)
    return dataclasses.replace(read, id=article_id(f"{read.url}#{read.content_sha256}"), first_seen_at=page.fetched_at)


def _body_digest(article: Article) -> str:
    return sha256(fold(article.text).encode()).hexdigest()


def _addresses_of_wall(connection: sa.Connection, article: Article, page: Page) -> set[str]:
    """The earlier addresses of this very text when, with this one, they are too many; else nothing."""
    since = page.fetched_at - timedelta(days=1)
    twins = articles.addresses_with_body(connection, article.outlet, _body_digest(article), since) - {article.url}
    return twins if len(twins) + 1 >= SAME_BODY_ADDRESSES else set()


def _withdraw_wall(connection: sa.Connection, article: Article, page: Page, twins: set[str]) -> Outcome:
    """A text on many addresses: none of them is an article. Those filed before leave their stories and are marked."""
    reason = f"the same text stands at {len(twins) + 1} addresses of the outlet: a wall or a placeholder, no article"
    versions: dict[str, int] = {}
    for known in articles.known_addresses(connection, twins).values():
        changed = set(leave_story(connection, known.id).changed_article_ids) - {known.id}
        versions |= articles.raise_versions(connection, sorted(changed))
        if articles.mark_removed(connection, known.id, page.fetched_at):
            versions |= articles.raise_versions(connection, [known.id])
    outbox.put_in_outbox(connection, versions, page.fetched_at)
    articles.note_body(connection, article.outlet, _body_digest(article), article.url, page.fetched_at)
    letter = DeadLetter(
        stage=Stage.NORMALIZE, key=article.id, outlet=article.outlet, url=article.url, reason=reason,
        detail={"title": article.title}, created_at=page.fetched_at, last_at=page.fetched_at,
    )  # fmt: skip
    file_nothing(connection, page, letter)
    return Outcome.BLOCKED
