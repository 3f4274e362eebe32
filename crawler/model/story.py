"""Stories: one text that several outlets carried, and the links between texts that are no copies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MemberRole(StrEnum):
    """What a member did with the story's text."""

    ORIGINAL = "original"
    VERBATIM = "verbatim"
    ABRIDGED = "abridged"
    EXTENDED = "extended"
    EDITED = "edited"


class LinkKind(StrEnum):
    """How two articles that are no copies belong together."""

    PARTLY_REUSED = "partly reused"
    FOLLOW_UP = "follow-up"
    SECOND_SOURCE = "second source"
    REPLACES = "replaces"
    """Another text stands under the other article's address now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """One article's place in a story."""

    article_id: str
    outlet: str
    role: MemberRole
    similarity: float
    """0 to 1, to the closest leader (score of SYNDICATION divided by 3)."""
    containment: float
    """Share of this text found in the leader."""
    leader_containment: float
    """Share of the leader found in this text."""
    is_leader: bool = False
    published_at: datetime
    first_seen_at: datetime
    delay_s: float | None = None
    """Seconds after the origin article, by published time; None for the origin itself or when unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLink:
    """A link from an article to an earlier one that it is no copy of."""

    article_id: str
    other_id: str
    kind: LinkKind
    containment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One text that several outlets carried. The id survives merges (aliases are kept)."""

    id: str
    origin_article_id: str | None = None
    origin_reason: str = ""
    """Why that article is the origin, in words."""
    agency: str | None = None
    """Slug of the agency by evidence, None when unknown: none is better than a wrong one."""
    agency_confidence: float = 0.0
    first_published_at: datetime | None = None
    first_seen_at: datetime | None = None
    members: tuple[StoryMember, ...] = ()
    links: tuple[StoryLink, ...] = ()
