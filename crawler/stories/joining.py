"""Filing an article into its story, in the store, within the caller's transaction.

Here: joining, leaving, merging, and describing a story anew. Not here: the decision (`matching`), the weighing of evidence
(`evidence`), the SQL (`crawler.store.stories`, `crawler.store.story_window`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa

from crawler.model.article import Article
from crawler.model.story import LinkKind, MemberRole, Story, StoryLink
from crawler.store import articles, stories
from crawler.store.stories import MemberRow
from crawler.store.story_window import StoreWindow, lock_stories
from crawler.stories import window as w
from crawler.stories.evidence import Witness, containments, credited_agencies, role_of, weigh
from crawler.stories.matching import Match, Text, add_leader, apply, decide, live_prints


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChange:
    """What filing an article did to stories."""

    story_id: str | None
    """The story it is in now; None after it left."""
    changed_article_ids: tuple[str, ...]
    """Articles whose document changed (story, role, size, agency or origin), sorted."""
    links: tuple[StoryLink, ...] = ()


def join_story(connection: sa.Connection, article: Article) -> StoryChange:
    """Find the story of `article` (its row is written already), or open one. Filing it again re-evaluates its place.

    An article whose leaders left the window keeps its place; only what the story says is weighed again.
    """
    lock_stories(connection)
    window = StoreWindow(connection)
    now = _tick(window, article.first_seen_at)
    old = stories.story_id_of(connection, article.id)
    if old is not None and article.first_seen_at < now - w.KEPT:
        return _described_again(connection, old, now)
    before = stories.document_states(connection, {old} if old else ())
    emptied = _take_out(connection, window, article.id, old) if old else False
    text = Text.of(article)
    decision = decide(window, text)
    if decision.story_id:
        before |= stories.document_states(connection, {decision.story_id, *decision.absorbed})
    story_id = decision.story_id or _open(connection, article.id, old if emptied else None, now)
    similarity = round(decision.match.score / 3, 4) if decision.match else 1.0
    stories.add_member(connection, story_id, article.id, similarity, leads=decision.leads)
    apply(window, text, story_id, decision)
    for other in decision.absorbed:
        stories.merge_stories(connection, story_id, other, now)
        window.move_leaders(story_id, other)
    if old and emptied and old != story_id:
        stories.drop_story(connection, old, story_id, now)
    links = tuple(_link(article, match, articles.read_article(connection, match.leader.article_id)) for match in decision.links)
    stories.add_links(connection, links)
    concerned = {story_id} | ({old} if old and not emptied else set()) - set(decision.absorbed)
    for one in sorted(concerned):
        _describe(connection, one, now, None if decision.absorbed else {article.id})
    return StoryChange(
        story_id=story_id, changed_article_ids=_changed(before, stories.document_states(connection, concerned)), links=links
    )


def leave_story(connection: sa.Connection, article_id: str) -> StoryChange:
    """Take a withdrawn article out of its story; an empty story vanishes. Nothing where it is in none."""
    lock_stories(connection)
    window = StoreWindow(connection)
    story_id = stories.story_id_of(connection, article_id)
    if story_id is None:
        return StoryChange(story_id=None, changed_article_ids=())
    before = stories.document_states(connection, {story_id})
    now = next(one.first_seen_at for one in stories.read_members(connection, story_id) if one.article_id == article_id)
    if _take_out(connection, window, article_id, story_id):
        stories.drop_story(connection, story_id, None, now)
    else:
        _describe(connection, story_id, now, set())
    after = stories.document_states(connection, {story_id})
    return StoryChange(story_id=None, changed_article_ids=_changed(before, after))


def new_story_id(article_id: str, attempt: int = 0) -> str:
    """Id of the story that an article opens: 16 hex, the same whenever the stories are rebuilt."""
    return sha256(f"story {article_id} {attempt}".encode()).hexdigest()[:16]


def _tick(window: StoreWindow, seen_at: datetime) -> datetime:
    """The window's time, the newest first sight; what is older than it keeps is pruned."""
    span = window.span()
    if span is None:
        return seen_at
    now = max(span[1], seen_at)
    if span[0] < now - w.KEPT:
        window.prune(now, w.KEPT, w.DAY_MEMORY)
    return now


def _open(connection: sa.Connection, article_id: str, emptied: str | None, now: datetime) -> str:
    """The emptied story's id again, or a new one (an article may leave the story that it once opened)."""
    if emptied:
        return emptied
    attempt = 0
    while stories.story_exists(connection, story_id := new_story_id(article_id, attempt)):
        attempt += 1
    stories.open_story(connection, story_id, now)
    return story_id


def _take_out(connection: sa.Connection, window: StoreWindow, article_id: str, story_id: str) -> bool:
    """Remove a member; a story without a leader gets its earliest member for one. True when nobody is left."""
    stories.remove_member(connection, article_id)
    window.remove_leader(article_id)
    left = stories.read_members(connection, story_id)
    if left and all(one.leader_ordinal is None for one in left):
        chosen = min(left, key=lambda one: (one.published_at, one.first_seen_at, one.article_id))
        stories.set_leader(connection, story_id, chosen.article_id)
        heir = articles.read_article(connection, chosen.article_id)
        if heir is not None:
            text = Text.of(heir)
            add_leader(window, text, story_id, live_prints(window, text))
    return not left


def _described_again(connection: sa.Connection, story_id: str, now: datetime) -> StoryChange:
    before = stories.document_states(connection, {story_id})
    _describe(connection, story_id, now, set())
    after = stories.document_states(connection, {story_id})
    return StoryChange(story_id=story_id, changed_article_ids=_changed(before, after))


def _describe(connection: sa.Connection, story_id: str, now: datetime, fresh: set[str] | None) -> None:
    """Weigh the evidence of all members again and write origin, agency and size; roles of `fresh` members, or of all when
    that is None or the origin is another one now."""
    members = stories.read_members(connection, story_id)
    facts = weigh([_witness(one) for one in members])
    told = Story(
        id=story_id, origin_article_id=facts.origin_article_id, origin_reason=facts.origin_reason, agency=facts.agency,
        agency_confidence=facts.agency_confidence, first_published_at=facts.first_published_at,
        first_seen_at=facts.first_seen_at,
    )  # fmt: skip
    ids = {one.article_id for one in members}
    if fresh is None or facts.origin_article_id in fresh or facts.origin_article_id != stories.origin_of(connection, story_id):
        fresh = ids
    stories.write_facts(connection, told, len(members), now)
    stories.write_roles(connection, _roles(connection, facts.origin_article_id, fresh & ids))  # not of one that just left


def _roles(connection: sa.Connection, origin_id: str, fresh: set[str]) -> list[tuple[str, MemberRole, float, float]]:
    """Role and containments of these members beside the origin's text."""
    others = fresh - {origin_id}
    rows = [(origin_id, MemberRole.ORIGINAL, 1.0, 1.0)] if origin_id in fresh else []
    prints = stories.read_fingerprints(connection, {*others, origin_id}) if others else {}
    for one in sorted(others & prints.keys()):
        own, whole = containments(prints[one], prints.get(origin_id, ()))
        rows.append((one, role_of(own, whole), round(own, 4), round(whole, 4)))
    return rows


def _witness(one: MemberRow) -> Witness:
    return Witness(
        article_id=one.article_id, outlet=one.outlet, published_at=one.published_at, date_is_told=one.date_is_told,
        first_seen_at=one.first_seen_at, attributions=one.attributions, closeness=one.similarity,
    )  # fmt: skip


def _link(article: Article, match: Match, other: Article | None) -> StoryLink:
    theirs = credited_agencies(other.attributions) if other else {}
    kind = link_kind(match, credited_agencies(article.attributions), theirs)
    return StoryLink(article_id=article.id, other_id=match.leader.article_id, kind=kind, containment=round(match.containment, 4))


def link_kind(match: Match, own: Iterable[str], theirs: Iterable[str]) -> LinkKind:
    """Why two texts that are no copies share much: an outlet's own later text follows up; two agencies tell one event;
    else a part was taken over."""
    if match.same_outlet_later:
        return LinkKind.FOLLOW_UP
    if (one := set(own)) and (two := set(theirs)) and not one & two:
        return LinkKind.SECOND_SOURCE
    return LinkKind.PARTLY_REUSED


def _changed(before: dict[str, stories.DocumentState], after: dict[str, stories.DocumentState]) -> tuple[str, ...]:
    return tuple(sorted(one for one in before.keys() | after.keys() if before.get(one) != after.get(one)))
