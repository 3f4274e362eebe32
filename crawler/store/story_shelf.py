"""Stories in memory for the length of a transaction: each read once, changed here, and all written together by `flush`.

A batch of articles asks for the same stories again and again, and a statement costs more than what it does. Not here: the window
(`story_window`), reading stories for people (`stories`), what is changed and why (`crawler.stories.joining`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from crawler.model.attribution import Attribution
from crawler.model.story import LinkKind, Story, StoryLink
from crawler.store.rows import among, from_json, insert
from crawler.store.schema import article, story, story_alias, story_leader, story_link, story_member
from crawler.store.stories import MEMBER_COLUMNS, DocumentState, MemberRow, add_links, member_of_row, read_fingerprints


@dataclass(slots=True)
class Card:
    """A story as it is now."""

    facts: Story
    """Without members and links."""
    size: int = 0
    """As it was last described."""
    updated_at: datetime | None = None
    members: dict[str, MemberRow] = field(default_factory=dict)
    leading: set[str] = field(default_factory=set)
    """Article ids of its leaders that are in the window."""

    def states(self) -> dict[str, DocumentState]:
        """Member -> what its document holds of the story."""
        facts = self.facts
        return {
            one.article_id: (facts.id, one.role.value, self.size, facts.agency, facts.origin_article_id)
            for one in self.members.values()
        }

    def next_ordinal(self) -> int:
        """The place that a further leader takes, 1 for the first."""
        return max((one.leader_ordinal or 0 for one in self.members.values()), default=0) + 1


class Shelf:
    """The stories that a transaction has to do with. Nobody else may change stories between its first look and `flush`
    (`story_window.lock_stories`)."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._cards: dict[str, Card] = {}
        self._places: dict[str, str | None] = {}
        self._ids: dict[str, bool] = {}
        self._prints: dict[str, tuple[int, ...]] = {}
        self._forget_changes()

    def _forget_changes(self) -> None:
        self._dirty: dict[str, None] = {}
        self._new: set[str] = set()
        self._dirty_members: dict[str, None] = {}
        self._gone_members: dict[str, None] = {}
        self._unlinked: set[str] = set()
        self._links: dict[tuple[str, str], StoryLink] = {}
        self._dropped: list[tuple[str, str | None, datetime]] = []

    # -- reading -----------------------------------------------------------------------------------------------------
    def expect(self, article_ids: Collection[str], story_ids: Collection[str]) -> None:
        """Find out at once which of the articles are in stories, and which of the ids are, or were, a story's."""
        asked = [one for one in article_ids if one not in self._places]
        if asked:
            self._places |= dict.fromkeys(asked)
            chosen = sa.select(story_member.c.article_id, story_member.c.story_id)
            for row in self._connection.execute(chosen.where(among(self._connection, story_member.c.article_id, asked))):
                self._places[row.article_id] = row.story_id
        wanted = [one for one in story_ids if one not in self._ids]
        if wanted:
            self._ids |= dict.fromkeys(wanted, False)
            known = sa.select(story.c.id).where(among(self._connection, story.c.id, wanted))
            merged = sa.select(story_alias.c.old_id).where(among(self._connection, story_alias.c.old_id, wanted))
            for (one,) in self._connection.execute(known.union_all(merged)):
                self._ids[one] = True

    def place_of(self, article_id: str) -> str | None:
        """The story that an article is in."""
        self.expect([article_id], ())
        return self._places[article_id]

    def exists(self, story_id: str) -> bool:
        """Whether the id is, or ever was, a story's."""
        self.expect((), [story_id])
        return self._ids[story_id]

    def card(self, story_id: str) -> Card:
        """A story that is there."""
        if story_id not in self._cards:
            self._cards[story_id] = self._read(story_id)
        return self._cards[story_id]

    def _read(self, story_id: str) -> Card:
        rows = self._connection.execute(_CARD, {"one": story_id}).all()
        members = {row.article_id: member_of_row(row) for row in rows}
        self._places |= dict.fromkeys(members, story_id)
        first = rows[0]
        facts = Story(
            id=story_id, origin_article_id=first.origin_article_id, origin_reason=first.origin_reason, agency=first.agency,
            agency_confidence=first.agency_confidence, first_published_at=first.first_published_at,
            first_seen_at=first.story_first_seen_at,
        )  # fmt: skip
        leading = {row.article_id for row in rows if row.leader_number is not None}
        return Card(facts, first.size, first.updated_at, members, leading)

    def prints(self, article_ids: Collection[str]) -> dict[str, tuple[int, ...]]:
        """Article -> hashes of its text."""
        missing = [one for one in article_ids if one not in self._prints]
        if missing:
            self._prints |= read_fingerprints(self._connection, missing)
        return {one: self._prints[one] for one in article_ids if one in self._prints}

    def know_prints(self, article_id: str, hashes: tuple[int, ...]) -> None:
        """The article's text is this now."""
        self._prints[article_id] = hashes

    # -- changing ----------------------------------------------------------------------------------------------------
    def open(self, story_id: str) -> Card:
        """A story without members yet."""
        self._cards[story_id] = card = Card(Story(id=story_id))
        self._ids[story_id] = True
        self._new.add(story_id)
        self._dirty[story_id] = None
        return card

    def put(self, member: MemberRow) -> None:
        """Add a member to its story, or write it anew."""
        self.card(member.story_id).members[member.article_id] = member
        self._places[member.article_id] = member.story_id
        self._dirty_members[member.article_id] = None
        self._gone_members.pop(member.article_id, None)

    def take_out(self, article_id: str) -> Card:
        """Take an article out of its story, with the links it made (not those of articles that replace one another)."""
        story_id = self.place_of(article_id)
        assert story_id is not None
        card = self.card(story_id)
        del card.members[article_id]
        card.leading.discard(article_id)
        self._places[article_id] = None
        self._dirty_members.pop(article_id, None)
        self._gone_members[article_id] = None
        self._links = {key: one for key, one in self._links.items() if one.article_id != article_id}
        self._unlinked.add(article_id)
        return card

    def describe(self, facts: Story, now: datetime) -> None:
        """Origin, agency and first times of a story; its size is that of its members now."""
        card = self.card(facts.id)
        card.facts, card.size, card.updated_at = facts, len(card.members), now
        self._dirty[facts.id] = None

    def drop(self, story_id: str, successor: str | None, now: datetime) -> None:
        """An empty story goes; with a successor its id and its aliases lead there."""
        self._cards.pop(story_id, None)
        self._dirty.pop(story_id, None)
        self._ids[story_id] = successor is not None
        self._new.discard(story_id)
        self._dropped.append((story_id, successor, now))

    def forget_leaders(self, article_ids: Iterable[str]) -> None:
        """These leaders left the window."""
        for one in article_ids:
            if (place := self._places.get(one)) and place in self._cards:
                self._cards[place].leading.discard(one)

    def merge(self, story_id: str, other_id: str, now: datetime) -> None:
        """Move the members of `other_id` over, its leaders behind those of `story_id`; its id becomes an alias."""
        card, other = self.card(story_id), self.card(other_id)
        behind = card.next_ordinal() - 1
        for one in other.members.values():
            ordinal = one.leader_ordinal + behind if one.leader_ordinal is not None else None
            self.put(dataclasses.replace(one, story_id=story_id, leader_ordinal=ordinal))
        card.leading |= other.leading
        self.drop(other_id, story_id, now)

    def move(self, article_id: str, story_id: str) -> None:
        """Put a member that leads into another story that is there, behind its leaders."""
        old = self.place_of(article_id)
        assert old is not None
        card, new = self.card(old), self.card(story_id)
        member = card.members.pop(article_id)
        if article_id in card.leading:
            card.leading.remove(article_id)
            new.leading.add(article_id)
        self.put(dataclasses.replace(member, story_id=story_id, leader_ordinal=new.next_ordinal()))

    def link(self, links: Iterable[StoryLink]) -> None:
        """Add links; one that is there already stays as it is."""
        for one in links:
            self._links.setdefault((one.article_id, one.other_id), one)

    # -- writing -----------------------------------------------------------------------------------------------------
    def flush(self) -> None:
        """Write what was changed."""
        self._write_stories()
        self._write_members()
        if self._unlinked:
            made = among(self._connection, story_link.c.article_id, sorted(self._unlinked))
            self._connection.execute(story_link.delete().where(made, story_link.c.kind != LinkKind.REPLACES.value))
        add_links(self._connection, self._links.values())
        self._forget_changes()

    def _write_stories(self) -> None:
        for story_id, successor, now in self._dropped:
            self._connection.execute(_DROP, {"one": story_id})
            if successor is None:
                self._connection.execute(_DROP_ALIASES, {"one": story_id})
                continue
            self._connection.execute(_MOVE_ALIASES, {"one": story_id, "successor": successor})
            values = {"old_id": story_id, "story_id": successor, "merged_at": now}
            self._connection.execute(insert(self._connection, story_alias).values(values).on_conflict_do_nothing())
        new = [_story_row(self._cards[one]) for one in self._dirty if one in self._new]
        if new:
            self._connection.execute(story.insert(), new)
        changed = [_story_row(self._cards[one]) for one in self._dirty if one not in self._new]
        if changed:
            self._connection.execute(_CHANGE, [{"one": row.pop("id"), **row} for row in changed])

    def _write_members(self) -> None:
        if self._gone_members:
            gone = among(self._connection, story_member.c.article_id, sorted(self._gone_members))
            self._connection.execute(story_member.delete().where(gone))
        rows = [self._member_row(one) for one in self._dirty_members]
        if rows:
            statement = insert(self._connection, story_member)
            changes = {name: statement.excluded[name] for name in rows[0] if name != "article_id"}
            self._connection.execute(statement.on_conflict_do_update(index_elements=["article_id"], set_=changes), rows)

    def _member_row(self, article_id: str) -> dict[str, object]:
        place = self._places[article_id]
        assert place is not None
        one = self._cards[place].members[article_id]
        return {
            "article_id": one.article_id, "story_id": one.story_id, "role": one.role.value, "similarity": one.similarity,
            "containment": one.containment, "leader_containment": one.leader_containment, "leader_ordinal": one.leader_ordinal,
        }  # fmt: skip


def read_attributions(connection: sa.Connection, article_ids: Sequence[str]) -> dict[str, tuple[Attribution, ...]]:
    """Article -> what it says of where its text came from."""
    if not article_ids:
        return {}
    chosen = sa.select(article.c.id, article.c.attributions).where(among(connection, article.c.id, article_ids))
    return {row.id: from_json(row.attributions, tuple[Attribution, ...]) for row in connection.execute(chosen)}


def _story_row(card: Card) -> dict[str, object]:
    facts = card.facts
    return {
        "id": facts.id, "origin_article_id": facts.origin_article_id, "origin_reason": facts.origin_reason, "agency": facts.agency,
        "agency_confidence": facts.agency_confidence, "first_published_at": facts.first_published_at,
        "first_seen_at": facts.first_seen_at, "size": card.size, "updated_at": card.updated_at,
    }  # fmt: skip


_ONE: sa.BindParameter[str] = sa.bindparam("one", type_=sa.Text())
_CARD = (
    sa.select(
        *MEMBER_COLUMNS, story.c.origin_article_id, story.c.origin_reason, story.c.agency, story.c.agency_confidence,
        story.c.first_published_at, story.c.first_seen_at.label("story_first_seen_at"), story.c.size, story.c.updated_at,
        story_leader.c.number.label("leader_number"),
    )
    .select_from(
        story_member.join(article, article.c.id == story_member.c.article_id)
        .join(story, story.c.id == story_member.c.story_id)
        .outerjoin(story_leader, story_leader.c.article_id == story_member.c.article_id)
    )
    .where(story_member.c.story_id == _ONE)
)  # fmt: skip
_DROP = story.delete().where(story.c.id == _ONE)
_DROP_ALIASES = story_alias.delete().where(story_alias.c.story_id == _ONE)
_MOVE_ALIASES = story_alias.update().where(story_alias.c.story_id == _ONE).values(story_id=sa.bindparam("successor"))
_CHANGE = (
    story.update()
    .where(story.c.id == _ONE)
    .values({column.name: sa.bindparam(column.name, type_=column.type) for column in story.c if column.name != "id"})
)
