"""Filing an article into its story, in the store, within the caller's transaction.

Here: joining, leaving, merging, and describing a story anew, for one article or for many in turn (`Stories`). Not here: the decision
(`matching`), the weighing of evidence (`evidence`), the SQL (`crawler.store.story_shelf`, `crawler.store.story_window`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa

from crawler.model.article import Article, PublishedFrom
from crawler.model.attribution import Attribution
from crawler.model.story import LinkKind, MemberRole, Story, StoryLink
from crawler.store import articles
from crawler.store.stories import DocumentState, MemberRow
from crawler.store.story_shelf import Card, Shelf, read_attributions
from crawler.store.story_window import StoreWindow, lock_stories
from crawler.stories import window as w
from crawler.stories.evidence import Witness, containments, credited_agencies, role_of, weigh
from crawler.stories.matching import Match, Text, add_leader, apply, decide
from crawler.stories.placing import Moves

_PRUNE_EVERY = timedelta(hours=12)
"""Leaders may stay in the window for so much longer than `window.KEPT`, so that they are taken out many at a time."""


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
    stories = Stories(connection)
    change = stories.join(article)
    stories.flush()
    return change


def leave_story(connection: sa.Connection, article_id: str) -> StoryChange:
    """Take a withdrawn article out of its story; an empty story vanishes. Nothing where it is in none."""
    lock_stories(connection)
    stories = Stories(connection)
    change = stories.leave(article_id)
    stories.flush()
    return change


class Stories:
    """The stories and the window for as long as one transaction files articles into them, in turn.

    Reads are shared and changes are written by `flush`: the decisions are those of one article after the other. The lock on stories
    is held (`lock_stories`), and nobody writes to stories otherwise between the first look and `flush`.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._shelf = Shelf(connection)
        self._window = StoreWindow(connection, self._shelf, w.STOP_DAYS + 2, w.JOIN)
        self._articles: dict[str, Article] = {}

    def expect(self, articles: Collection[Article]) -> None:
        """Look up at once what these articles are going to ask for."""
        ids = [one.id for one in articles]
        self._shelf.expect(ids, [new_story_id(one) for one in ids])
        self._window.expect([one for article in articles for one in article.fingerprint.hashes])

    def join(self, article: Article) -> StoryChange:
        """See `join_story`; the article's row may be written later."""
        shelf, window = self._shelf, self._window
        self._articles[article.id] = article
        shelf.know_prints(article.id, article.fingerprint.hashes)
        now = self._tick(article.first_seen_at)
        old = shelf.place_of(article.id)
        if old is not None and article.first_seen_at < now - w.KEPT:
            return self._described_again(old, article, now)
        before = shelf.card(old).states() if old else {}
        emptied = self._take_out(article.id, old) if old else False
        text = Text.of(article)
        decision = decide(window, text, lambda one: old if old and emptied and one == article.id else self._name(one))
        story_id, moves = decision.story_id, decision.moves
        concerned = {story_id} | self._stories_of(moves) | ({old} if old and not emptied else set())
        for one in concerned - {old, *moves.opened} - ({story_id} if decision.opens else set()):
            before |= shelf.card(one).states()
        self._move(moves, now)
        if decision.opens and not (emptied and story_id == old):
            shelf.open(story_id)
        similarity = round(decision.match.score / 3, 4) if decision.match else 1.0
        ordinal = shelf.card(story_id).next_ordinal() if decision.leads else None
        shelf.put(_member(article, story_id, similarity, ordinal))
        apply(window, text, decision)
        if old and emptied and old != story_id:
            shelf.drop(old, story_id, now)
        links = self._links(article, decision.links)
        shelf.link(links)
        concerned -= moves.absorbed.keys()
        for one in sorted(concerned):
            self._describe(one, now, None if moves.parted or moves.absorbed else {article.id})
        after = {key: state for one in concerned for key, state in shelf.card(one).states().items()}
        return StoryChange(story_id=story_id, changed_article_ids=_changed(before, after), links=links)

    def leave(self, article_id: str) -> StoryChange:
        """See `leave_story`."""
        story_id = self._shelf.place_of(article_id)
        if story_id is None:
            return StoryChange(story_id=None, changed_article_ids=())
        card = self._shelf.card(story_id)
        before, now, after = card.states(), card.members[article_id].first_seen_at, {}
        if self._take_out(article_id, story_id):
            self._shelf.drop(story_id, None, now)
        else:
            self._describe(story_id, now, set())
            after = card.states()
        return StoryChange(story_id=None, changed_article_ids=_changed(before, after))

    def flush(self) -> None:
        """Write what was changed."""
        self._shelf.flush()
        self._window.flush()

    def _tick(self, seen_at: datetime) -> datetime:
        """The window's time, the newest first sight; what is older than it keeps is pruned."""
        span = self._window.span()
        if span is None:
            return seen_at
        now = max(span[1], seen_at)
        if span[0] < now - w.KEPT - _PRUNE_EVERY:
            self._window.prune(now, w.KEPT, w.DAY_MEMORY)
        return now

    def _name(self, article_id: str) -> str:
        """The id of the story that an article opens (it may have left the one that it once opened)."""
        attempt = 0
        while self._shelf.exists(story_id := new_story_id(article_id, attempt)):
            attempt += 1
        return story_id

    def _stories_of(self, moves: Moves) -> set[str]:
        """All that lose or win a member by the moves."""
        left = {place for one in moves.parted if (place := self._shelf.place_of(one))}
        return {*left, *moves.parted.values(), *moves.absorbed, *moves.absorbed.values()}

    def _move(self, moves: Moves, now: datetime) -> None:
        """Carry out what a newcomer changes for its neighbours."""
        for one in moves.opened:
            self._shelf.open(one)
        for article_id, story_id in moves.parted.items():
            self._shelf.move(article_id, story_id)
            self._window.move_leader(article_id, story_id)
        for other, story_id in moves.absorbed.items():
            self._shelf.merge(story_id, other, now)
            self._window.move_leaders(story_id, other)

    def _take_out(self, article_id: str, story_id: str) -> bool:
        """Remove a member; a story without a leader gets its earliest member for one. True when nobody is left."""
        card = self._shelf.take_out(article_id)
        self._window.remove_leader(article_id)
        left = list(card.members.values())
        if left and all(one.leader_ordinal is None for one in left):
            chosen = min(left, key=lambda one: (one.published_at, one.first_seen_at, one.article_id))
            self._shelf.put(dataclasses.replace(chosen, leader_ordinal=card.next_ordinal()))
            heir = self._articles.get(chosen.article_id) or articles.read_article(self._connection, chosen.article_id)
            if heir is not None:
                text = Text.of(heir)
                add_leader(self._window, text, story_id, decide(self._window, text, self._name))
        return not left

    def _described_again(self, story_id: str, article: Article, now: datetime) -> StoryChange:
        card = self._shelf.card(story_id)
        before, known = card.states(), card.members[article.id]
        self._shelf.put(
            dataclasses.replace(
                _member(article, story_id, known.similarity, known.leader_ordinal), role=known.role,
                containment=known.containment, leader_containment=known.leader_containment,
            )
        )  # fmt: skip
        self._describe(story_id, now, set())
        return StoryChange(story_id=story_id, changed_article_ids=_changed(before, card.states()))

    def _describe(self, story_id: str, now: datetime, fresh: set[str] | None) -> None:
        """Weigh the evidence of all members again and write origin, agency and size; roles of `fresh` members, or of all when
        that is None or the origin is another one now."""
        card = self._shelf.card(story_id)
        facts = weigh([_witness(one) for one in card.members.values()])
        told = Story(
            id=story_id, origin_article_id=facts.origin_article_id, origin_reason=facts.origin_reason, agency=facts.agency,
            agency_confidence=facts.agency_confidence, first_published_at=facts.first_published_at,
            first_seen_at=facts.first_seen_at,
        )  # fmt: skip
        ids = set(card.members)
        if fresh is None or facts.origin_article_id in fresh or facts.origin_article_id != card.facts.origin_article_id:
            fresh = ids
        self._shelf.describe(told, now)
        self._give_roles(card, facts.origin_article_id, fresh & ids)  # not of one that just left

    def _give_roles(self, card: Card, origin_id: str, fresh: set[str]) -> None:
        """Role and containments of these members beside the origin's text."""
        others = fresh - {origin_id}
        if origin_id in fresh:
            self._give_role(card, origin_id, MemberRole.ORIGINAL, (1.0, 1.0))
        prints = self._shelf.prints({*others, origin_id}) if others else {}
        for one in sorted(others & prints.keys()):
            own, whole = containments(prints[one], prints.get(origin_id, ()))
            self._give_role(card, one, role_of(own, whole), (round(own, 4), round(whole, 4)))

    def _give_role(self, card: Card, article_id: str, role: MemberRole, shares: tuple[float, float]) -> None:
        member = card.members[article_id]
        if (member.role, member.containment, member.leader_containment) != (role, *shares):
            self._shelf.put(dataclasses.replace(member, role=role, containment=shares[0], leader_containment=shares[1]))

    def _links(self, article: Article, matches: Sequence[Match]) -> tuple[StoryLink, ...]:
        ids = [match.leader.article_id for match in matches]
        theirs = {one: self._articles[one].attributions for one in ids if one in self._articles}
        theirs |= read_attributions(self._connection, [one for one in ids if one not in theirs])
        return tuple(_link(article, match, theirs.get(match.leader.article_id, ())) for match in matches)


def new_story_id(article_id: str, attempt: int = 0) -> str:
    """Id of the story that an article opens: 16 hex, the same whenever the stories are rebuilt."""
    return sha256(f"story {article_id} {attempt}".encode()).hexdigest()[:16]


def _member(article: Article, story_id: str, similarity: float, leader_ordinal: int | None) -> MemberRow:
    """A member whose role is yet to be found."""
    return MemberRow(
        article_id=article.id, story_id=story_id, outlet=article.outlet, role=MemberRole.EDITED, similarity=similarity,
        containment=0.0, leader_containment=0.0, leader_ordinal=leader_ordinal, published_at=article.published_at,
        date_is_told=article.published_from is not PublishedFrom.FIRST_FETCH, first_seen_at=article.first_seen_at,
        attributions=article.attributions,
    )  # fmt: skip


def _witness(one: MemberRow) -> Witness:
    return Witness(
        article_id=one.article_id, outlet=one.outlet, published_at=one.published_at, date_is_told=one.date_is_told,
        first_seen_at=one.first_seen_at, attributions=one.attributions, closeness=one.similarity,
    )  # fmt: skip


def _link(article: Article, match: Match, theirs: tuple[Attribution, ...]) -> StoryLink:
    kind = link_kind(match, credited_agencies(article.attributions), credited_agencies(theirs))
    return StoryLink(article_id=article.id, other_id=match.leader.article_id, kind=kind, containment=round(match.containment, 4))


def link_kind(match: Match, own: Iterable[str], theirs: Iterable[str]) -> LinkKind:
    """Why two texts that are no copies share much: an outlet's own later text follows up; two agencies tell one event;
    else a part was taken over."""
    if match.same_outlet_later:
        return LinkKind.FOLLOW_UP
    if (one := set(own)) and (two := set(theirs)) and not one & two:
        return LinkKind.SECOND_SOURCE
    return LinkKind.PARTLY_REUSED


def _changed(before: dict[str, DocumentState], after: dict[str, DocumentState]) -> tuple[str, ...]:
    return tuple(sorted(one for one in before.keys() | after.keys() if before.get(one) != after.get(one)))
