"""Filing: the one stateful step, one transaction for an article or a batch. A crash leaves filed and queued articles, or nothing.

Order: whose page is it (`identity`); the same text on many addresses? unchanged? revision; join or open a story; outbox; keep
the raw page. `file_nothing` is the same step for a page that gave no article.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from crawler.identity import Identity, identify, is_other_text
from crawler.model.article import Article, PublishedFrom, article_id
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.model.story import LinkKind, StoryLink
from crawler.store import articles, dead_letters, outbox, pages
from crawler.store import stories as story_store
from crawler.store.articles import Visit
from crawler.store.dead_letters import DeadLetter, Stage
from crawler.store.newcomers import Newcomers
from crawler.store.story_window import lock_stories
from crawler.stories.joining import Stories, join_story, leave_story
from crawler.text import fold

DEFAULT_REVISIT_S = (3600.0, 6 * 3600.0, 24 * 3600.0, 7 * 86400.0)
SAME_BODY_ADDRESSES = 3
SAME_BODY_WITHIN = timedelta(days=1)
"""One text met at this many addresses of an outlet in a day is a wall, not an article (SAFETY F31)."""
_TRUST = list(PublishedFrom)
_COMPARED = (
    "url", "title", "lead", "text", "language", "authors", "byline", "credits", "section", "tags", "image_url", "image_credit", "published_at",
    "published_from", "modified_at", "removed_at", "attributions", "access",
)  # fmt: skip
_UNSEEN = ("fingerprint", "normalizer_version", "encoding_suspect", "access_reason")
"""Kept up to date, but no document holds them."""
_PLACING = ("content_sha256", "fingerprint", "attributions", "published_at")
"""What a story weighs: a change of one of these files the article into its story anew."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """An article to be filed, as `normalize` made it of `page`."""

    article: Article
    page: Page
    revisit_s: Sequence[float] = DEFAULT_REVISIT_S
    """Ages in seconds after first sight at which the article is fetched again."""


def file_article(
    connection: sa.Connection, article: Article, page: Page, revisit_s: Sequence[float] = DEFAULT_REVISIT_S
) -> Outcome:
    """File what `normalize` made of `page`. Returns NEW, REVISED, UNCHANGED or BLOCKED (one text on many addresses).

    The time of filing is the page's `fetched_at`. Everything happens on `connection`, in the caller's transaction.
    """
    return file_batch(connection, [Filing(article=article, page=page, revisit_s=revisit_s)])[0]


def file_batch(connection: sa.Connection, filings: Sequence[Filing]) -> list[Outcome]:
    """File many in turn, in one transaction; what comes of each is what `file_article` would give for one after the other.

    An error leaves the transaction to be rolled back: file each alone then, so that one does not cost the others.
    """
    lock_stories(connection)  # before any article's row is changed, or two filings wait for one another
    intake = _Intake(connection, filings)
    outcomes = [intake.take(place) for place in range(len(filings))]
    intake.flush()
    return outcomes


class _Intake:
    """The articles of a batch: those that are new are gathered and written together, others are filed one by one between them."""

    def __init__(self, connection: sa.Connection, filings: Sequence[Filing]) -> None:
        self._connection, self._filings = connection, filings
        self._digests = [_body_digest(one.article) for one in filings]
        self._new = Newcomers(connection)
        self._new.expect([(one.article, digest) for one, digest in zip(filings, self._digests, strict=True)])
        self._stories: Stories | None = None

    def take(self, place: int) -> Outcome:
        """File the one at `place`; those before it were taken."""
        filing, digest = self._filings[place], self._digests[place]
        if self._new.is_new(filing.article, digest):
            return self._take_new(place)
        self.flush()
        outcome, changed = _file_known_or_new(self._connection, filing)
        self._new.meet(filing.article, digest)
        if changed:
            self._stories = None
        return outcome

    def _take_new(self, place: int) -> Outcome:
        filing, digest = self._filings[place], self._digests[place]
        article, page = filing.article, filing.page
        if self._stories is None:
            self._stories = Stories(self._connection)
            rest = zip(self._filings[place:], self._digests[place:], strict=True)
            self._stories.expect([one.article for one, each in rest if self._new.is_new(one.article, each)])
        self._new.add(article, page, _visit(article, page, filing.revisit_s), digest)
        self._new.change(set(self._stories.join(article).changed_article_ids) - {article.id}, page.fetched_at)
        self._new.drop_letters([article.id, article_id(article.url), _entry_key(article)])
        return Outcome.NEW

    def flush(self) -> None:
        """Write what was gathered."""
        self._new.flush()
        if self._stories:
            self._stories.flush()


def _file_known_or_new(connection: sa.Connection, filing: Filing) -> tuple[Outcome, bool]:
    """File one article of which something is known; with False when all stayed as it was."""
    article, page, revisit_s = filing.article, filing.page, filing.revisit_s
    who = identify(connection, article)
    if (who.known is None or who.known.removed_at) and (wall := _addresses_of_wall(connection, article, page)):
        return _withdraw_wall(connection, who, page, wall, revisit_s), True
    filed = who.article
    if who.replaced:
        _take_addresses(connection, who.replaced, filed, page)
    for twin in who.twins:
        _absorb(connection, twin, dataclasses.replace(filed, id=(who.known or filed).id), page)
    if who.known:
        outcome, filed, page = _file_known(connection, who.known, filed, page, _visit(who.known, page, revisit_s))
    else:
        outcome = _file_new(connection, filed, page, revisit_s)
    links = [StoryLink(article_id=filed.id, other_id=one.id, kind=LinkKind.REPLACES, containment=0.0) for one in _former(who)]
    story_store.add_links(connection, links)
    pages.keep_page(connection, filed.id, page)
    dead_letters.drop_page_letters(connection, [filed.id, article_id(article.url), _entry_key(article)])
    return outcome, filed is not who.known or bool(links)


def file_again(connection: sa.Connection, known: Article, article: Article, page: Page) -> Outcome:
    """File a new reading of the kept page of a known article (`renormalize`): nothing was fetched.

    Visits stay as they were, a removed article stays removed, and no address changes hands. Returns REVISED or UNCHANGED.
    """
    outcome, _, _ = _file_known(connection, known, article, page, None)
    return outcome


def file_nothing(connection: sa.Connection, page: Page, letter: DeadLetter) -> None:
    """Keep the raw page of something that became no article, with its dead letter."""
    pages.keep_page(connection, letter.key, page)
    dead_letters.add_dead_letter(connection, letter)


def file_removal(connection: sa.Connection, known_id: str, page: Page) -> bool:
    """The page of a known article is gone: `removed_at` is set once and the document pushed. True when it was news."""
    lock_stories(connection)
    if page.entry and page.entry.updated_at:  # or its source's word of a change would have it fetched at every poll
        articles.note_source_update(connection, known_id, page.entry.updated_at)
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
    connection: sa.Connection, known: Article, read: Article, page: Page, visit: Visit | None
) -> tuple[Outcome, Article, Page]:
    """A further reading of a known article; `visit` is None when its page was not fetched but read again."""
    merged = _merge(known, read, page)
    differs = {name for name in (*_COMPARED, *_UNSEEN, "content_sha256") if getattr(merged, name) != getattr(known, name)}
    if not differs:
        if visit:
            articles.note_visit(connection, known.id, visit)
            articles.add_addresses(connection, known.id, read.addresses, page.fetched_at)
        return Outcome.UNCHANGED, known, _page_of(known, page)
    told, revised = not differs.isdisjoint(_COMPARED), "content_sha256" in differs
    merged = dataclasses.replace(merged, index_version=known.index_version + told)
    articles.replace_article(connection, merged, visit, revised=revised, at=page.fetched_at)
    versions = {merged.id: merged.index_version} if told else {}
    came_back = known.removed_at and not merged.removed_at and not story_store.story_id_of(connection, known.id)
    if came_back or (
        not differs.isdisjoint(_PLACING) and (not merged.removed_at or story_store.story_id_of(connection, known.id))
    ):
        changed = set(join_story(connection, merged).changed_article_ids) - versions.keys()
        versions |= articles.raise_versions(connection, sorted(changed))
    outbox.put_in_outbox(connection, versions, page.fetched_at)
    return (Outcome.REVISED if revised else Outcome.UNCHANGED), merged, _page_of(known, page)


def _merge(known: Article, read: Article, page: Page) -> Article:
    """The new reading under the old identity; a date from a weaker source than the known one does not replace it.

    An article stays with the outlet that filed it first. Another one that meets it (outlets share domains) sees it as its
    own, so of its reading the attributions count only when the text changed.
    """
    keep: dict[str, Any] = {
        "id": known.id,
        "url": known.url if any(one.url == known.url for one in known.addresses) else read.url,
        "outlet": known.outlet,
        "first_seen_at": known.first_seen_at,
        "index_version": known.index_version,
    }
    if known.removed_at and page.fetched_at <= known.removed_at:  # a page from before it was gone says nothing of that
        keep["removed_at"] = known.removed_at
    if known.outlet != read.outlet and known.content_sha256 == read.content_sha256:
        keep["attributions"] = known.attributions
    if _TRUST.index(read.published_from) > _TRUST.index(known.published_from) or read.published_from is PublishedFrom.FIRST_FETCH:
        keep |= {"published_at": known.published_at, "published_from": known.published_from}
    return dataclasses.replace(read, **keep)


def _page_of(known: Article, page: Page) -> Page:
    return page if page.outlet == known.outlet else dataclasses.replace(page, outlet=known.outlet)


def _visit(article: Article, page: Page, revisit_s: Sequence[float]) -> Visit:
    return Visit(
        at=page.fetched_at,
        source_updated_at=page.entry.updated_at if page.entry else None,
        next_visit_at=articles.next_visit(article.first_seen_at, page.fetched_at, revisit_s),
    )


def _former(who: Identity) -> list[Article]:
    return ([who.replaced] if who.replaced else []) + list(who.twins)


def _take_addresses(connection: sa.Connection, replaced: Article, read: Article, page: Page) -> None:
    """Another text stands under an address of `replaced`: when it is its own or its last one it is gone, else it loses just that."""
    urls = {read.url, *(one.url for one in read.addresses)}
    if replaced.url in urls or all(one.url in urls for one in replaced.addresses):
        file_removal(connection, replaced.id, page)
        urls.update(one.url for one in replaced.addresses)
    articles.give_addresses_away(connection, replaced.id, urls)


def _absorb(connection: sa.Connection, twin: Article, holder: Article, page: Page) -> None:
    """A known article whose address leads to `holder` now is gone; when both are one text it was never a copy either."""
    if not is_other_text(twin, holder):
        changed = set(leave_story(connection, twin.id).changed_article_ids)
        outbox.put_in_outbox(connection, articles.raise_versions(connection, sorted(changed)), page.fetched_at)
    file_removal(connection, twin.id, page)
    articles.move_addresses(connection, twin.id, holder.id)


def _body_digest(article: Article) -> str:
    return sha256(fold(article.text).encode()).hexdigest()


def _entry_key(article: Article) -> str:
    """The key of the entry's dead letters: the id that the address in the feed would give."""
    return article_id(article.addresses[0].url if article.addresses else article.url)


def _addresses_of_wall(connection: sa.Connection, article: Article, page: Page) -> set[str]:
    """The addresses of this very text, this one included, when they were too many within a day; else nothing."""
    met = {article.url: page.fetched_at} | articles.addresses_with_body(connection, article.outlet, _body_digest(article))
    times = sorted(met.values())
    crowds = zip(times, times[SAME_BODY_ADDRESSES - 1 :], strict=False)
    return set(met) if any(last - first <= SAME_BODY_WITHIN for first, last in crowds) else set()


def _withdraw_wall(connection: sa.Connection, who: Identity, page: Page, wall: set[str], revisit_s: Sequence[float]) -> Outcome:
    """A text on many addresses: none of them is an article. Those filed before leave their stories, are marked, get their
    letters and are visited again at the usual ages; an article whose page shows the wall now stays as it is."""
    article, digest, at = who.article, _body_digest(who.article), page.fetched_at
    articles.note_body(connection, article.outlet, digest, article.url, at)
    ids = {one.id for one in articles.known_addresses(connection, wall).values()} | {article_id(url) for url in wall}
    versions: dict[str, int] = {}
    for known in articles.read_articles(connection, sorted(ids)):
        if known.outlet != article.outlet or _body_digest(known) != digest:
            continue
        changed = set(leave_story(connection, known.id).changed_article_ids)
        if articles.mark_removed(connection, known.id, at):
            changed.add(known.id)
            dead_letters.add_dead_letter(connection, _wall_letter(known, known.id, page, len(wall)))
        versions |= articles.raise_versions(connection, sorted(changed))
        articles.put_off_visit(connection, known.id, articles.next_visit(known.first_seen_at, at, revisit_s))
    outbox.put_in_outbox(connection, versions, at)
    standing = [one for one in (who.known, who.replaced) if one is not None]
    if not standing:
        file_nothing(connection, page, _wall_letter(article, _entry_key(article), page, len(wall)))
    for one in standing:  # their good pages are not overwritten with the wall's
        if one.id not in versions:
            dead_letters.add_dead_letter(connection, _wall_letter(article, one.id, page, len(wall)))
            articles.put_off_visit(connection, one.id, articles.next_visit(one.first_seen_at, at, revisit_s))
    return Outcome.BLOCKED


def _wall_letter(article: Article, key: str, page: Page, addresses: int) -> DeadLetter:
    reason = f"the same text stands at {addresses} addresses of the outlet: a wall or a placeholder, no article"
    return DeadLetter(
        stage=Stage.NORMALIZE, key=key, outlet=article.outlet, url=article.url, reason=reason,
        detail={"title": article.title, "outcome": Outcome.BLOCKED.value}, created_at=page.fetched_at, last_at=page.fetched_at,
    )  # fmt: skip
