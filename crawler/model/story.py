"""Stories: one text that several outlets carried, and the links between texts that are no copies."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """Share of this text found in the origin's."""
    leader_containment: float
    """Share of the origin's text found in this one."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryLeader:
    """A member against which newcomers are compared, while it is in the window."""

    number: int = 0
    """Given by the window, ascending."""
    article_id: str
    story_id: str
    outlet: str
    at: datetime
    """Publication time, by which the window slides."""
    seen_at: datetime
    """When we first saw it, by which the window is pruned."""
    live: int
    """Fingerprints that were no template's when it was added."""
    grams: bytes = field(repr=False)
    """All its 3-grams in text order, 32 bits each, little-endian; 0 where one is a template's."""
    ties: tuple[tuple[int, float], ...] = ()
    """(number, score) of the leaders that were there before it and are alike, story or not."""
    cluster: int = 0
    """Number of the cluster: leaders that hang together by pairs alike enough to be copies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryState:
    """What joining needs to know of a story."""

    leaders: int = 0
    """Leaders in the window."""
    members: int = 0
    of_outlet: int = 0
    """Members from the asked outlet."""
