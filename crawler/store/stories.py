"""Stories, their members, links and aliases. The window in which copies are looked for is `crawler.store.story_window`.

Not here: what belongs together and why (`crawler.stories`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.model.article import PublishedFrom
from crawler.model.attribution import Attribution
from crawler.model.story import LinkKind, MemberRole, Story, StoryLink, StoryMember
from crawler.store.rows import from_json, in_batches, insert, unpack_fingerprint, with_offset
from crawler.store.schema import article, story, story_alias, story_link, story_member


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A member as it is kept, with what its article says about where the text came from."""

    article_id: str
    story_id: str
    outlet: str
    role: MemberRole
    similarity: float
    containment: float
    leader_containment: float
    leader_ordinal: int | None
    published_at: datetime
    date_is_told: bool
    first_seen_at: datetime
    attributions: tuple[Attribution, ...]


MEMBER_COLUMNS = (
    *story_member.c,
    *(
        article.c[name]
        for name in ("outlet", "published_at", "published_offset_s", "published_from", "first_seen_at", "attributions")
    ),
)
"""What a MemberRow is made of."""
DocumentState = tuple[str, str, int, str | None, str | None]
"""What an article's document holds of its story: (story, role, size, agency, origin)."""


# -- reading ---------------------------------------------------------------------------------------------------------
def get_story(connection: sa.Connection, story_id: str) -> Story | None:
    """A story by its id or that of a story that merged into it; members in order of time."""
    current = resolve_alias(connection, story_id)
    row = connection.execute(sa.select(story).where(story.c.id == current)).one_or_none()
    if row is None:
        return None
    members = sorted(read_members(connection, current), key=lambda one: (one.published_at, one.first_seen_at, one.article_id))
    ids = [one.article_id for one in members]
    origin = next((one for one in members if one.article_id == row.origin_article_id), None)
    return Story(
        id=row.id, origin_article_id=row.origin_article_id, origin_reason=row.origin_reason, agency=row.agency,
        agency_confidence=row.agency_confidence, first_published_at=row.first_published_at, first_seen_at=row.first_seen_at,
        members=tuple(_member(one, origin) for one in members), links=tuple(links_of(connection, ids)),
    )  # fmt: skip


def story_of(connection: sa.Connection, article_id: str) -> Story | None:
    """The story an article is in; None when it is in none (withdrawn, or unknown)."""
    story_id = story_id_of(connection, article_id)
    return get_story(connection, story_id) if story_id else None


def story_id_of(connection: sa.Connection, article_id: str) -> str | None:
    """Id of the story an article is in."""
    return connection.execute(sa.select(story_member.c.story_id).where(story_member.c.article_id == article_id)).scalar()


def list_stories(connection: sa.Connection, min_copies: int = 2, since: datetime | None = None, limit: int = 50) -> list[Story]:
    """Stories of at least `min_copies` members, the one that changed last first; `since`: first published then or later."""
    chosen = sa.select(story.c.id).where(story.c.size >= min_copies)
    if since is not None:
        chosen = chosen.where(sa.func.coalesce(story.c.first_published_at, story.c.first_seen_at) >= since)
    chosen = chosen.order_by(story.c.updated_at.desc(), story.c.size.desc(), story.c.id).limit(limit)
    found = (get_story(connection, one) for one in list(connection.execute(chosen).scalars()))
    return [one for one in found if one is not None]


def resolve_alias(connection: sa.Connection, story_id: str) -> str:
    """The story into which this one merged, or the id itself. Aliases always point at the end of a chain of merges."""
    return connection.execute(sa.select(story_alias.c.story_id).where(story_alias.c.old_id == story_id)).scalar() or story_id


def links_of(connection: sa.Connection, article_ids: Sequence[str]) -> list[StoryLink]:
    """Links from or to these articles."""
    rows: dict[tuple[str, str], StoryLink] = {}
    for batch in in_batches(list(article_ids)):
        chosen = sa.select(story_link).where(sa.or_(story_link.c.article_id.in_(batch), story_link.c.other_id.in_(batch)))
        for row in connection.execute(chosen.order_by(story_link.c.article_id, story_link.c.other_id)):
            rows[row.article_id, row.other_id] = StoryLink(
                article_id=row.article_id, other_id=row.other_id, kind=LinkKind(row.kind), containment=row.containment
            )
    return list(rows.values())


def read_members(connection: sa.Connection, story_id: str) -> list[MemberRow]:
    """Members of a story with their articles' facts, in no order."""
    joined = story_member.join(article, article.c.id == story_member.c.article_id)
    chosen = sa.select(*MEMBER_COLUMNS).select_from(joined)
    return [member_of_row(row) for row in connection.execute(chosen.where(story_member.c.story_id == story_id))]


def read_fingerprints(connection: sa.Connection, article_ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Article -> hashes of its text."""
    found: dict[str, tuple[int, ...]] = {}
    for batch in in_batches(list(article_ids)):
        for one, packed in connection.execute(sa.select(article.c.id, article.c.fingerprint).where(article.c.id.in_(batch))):
            found[one] = unpack_fingerprint(packed).hashes
    return found


def document_states_of(connection: sa.Connection, article_ids: Sequence[str]) -> dict[str, DocumentState]:
    """The same for these articles, in one query per 500; those in no story are left out."""
    found: dict[str, DocumentState] = {}
    for batch in in_batches(list(article_ids)):
        found.update({row[0]: tuple(row[1:]) for row in connection.execute(_STATES.where(story_member.c.article_id.in_(batch)))})
    return found


_STATES = sa.select(
    story_member.c.article_id, story.c.id, story_member.c.role, story.c.size, story.c.agency, story.c.origin_article_id
).select_from(story_member.join(story, story.c.id == story_member.c.story_id))


# -- writing ---------------------------------------------------------------------------------------------------------
def add_links(connection: sa.Connection, links: Iterable[StoryLink]) -> None:
    """Add links; one that is there already stays as it is."""
    rows = [
        {"article_id": one.article_id, "other_id": one.other_id, "kind": one.kind.value, "containment": one.containment}
        for one in links
    ]
    if rows:
        connection.execute(insert(connection, story_link).on_conflict_do_nothing(), rows)


def member_of_row(row: Any) -> MemberRow:
    """A member of a row that has MEMBER_COLUMNS."""
    values = dict(row._mapping)
    published_at = with_offset(values["published_at"], values["published_offset_s"])
    assert published_at is not None
    same = (
        "article_id",
        "story_id",
        "outlet",
        "similarity",
        "containment",
        "leader_containment",
        "leader_ordinal",
        "first_seen_at",
    )
    return MemberRow(
        **{name: values[name] for name in same}, role=MemberRole(values["role"]), published_at=published_at,
        date_is_told=values["published_from"] != PublishedFrom.FIRST_FETCH.value,
        attributions=from_json(values["attributions"], tuple[Attribution, ...]),
    )  # fmt: skip


def _member(one: MemberRow, origin: MemberRow | None) -> StoryMember:
    known = origin is not None and origin is not one and one.date_is_told and origin.date_is_told
    return StoryMember(
        article_id=one.article_id, outlet=one.outlet, role=one.role, similarity=one.similarity, containment=one.containment,
        leader_containment=one.leader_containment, is_leader=one.leader_ordinal is not None, published_at=one.published_at,
        first_seen_at=one.first_seen_at,
        delay_s=(one.published_at - origin.published_at).total_seconds() if known and origin else None,
    )  # fmt: skip
