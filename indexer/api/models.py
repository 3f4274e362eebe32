"""The shapes of answers, for the OpenAPI: what `shapes` makes. Answers are not validated on their way out; tests do that."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Mark = tuple[int, int]
Role = Literal["original", "verbatim", "abridged", "extended", "edited"]


class Shape(BaseModel):
    """Closed: an answer has these members and no other."""

    model_config = ConfigDict(extra="forbid")


class Snippet(Shape):
    """A piece of the text in one line."""

    text: str
    marks: list[Mark] = Field(description="[start, end) of what was found, in characters of `text`.")
    cut_before: bool
    cut_after: bool


class Hit(Shape):
    """An article as searches show it; its text is at `/articles/{id}`."""

    id: str
    url: str
    title: str
    title_marks: list[Mark]
    snippets: list[Snippet]
    lead: str | None
    language: str
    authors: list[str]
    byline: str
    section: str | None
    image_url: str | None
    image_credit: str | None
    outlet: str
    outlet_name: str
    country: str
    group: str | None
    tags: list[str]
    agency: str | None
    agencies: list[str]
    agency_names: list[str]
    published_at: datetime
    modified_at: datetime | None
    first_seen_at: datetime
    removed_at: datetime | None
    access: str
    story: str | None
    role: Role | None
    copies: int = Field(description="Members of the story, this one included; 1 outside of one.")
    is_origin: bool


class Counted(Shape):
    """A value and how many articles have it."""

    value: str
    articles: int


class Bucket(Shape):
    """Articles published from `start` until before `end`."""

    start: datetime
    end: datetime
    articles: int


class Histogram(Shape):
    """Buckets without a gap."""

    step: Literal["hour", "day", "week", "month", "year"]
    buckets: list[Bucket]


class SearchAnswer(Shape):
    """A page of a search."""

    query: str
    hits: list[Hit]
    total: int = Field(description="Articles that match, copies counted each.")
    next: str | None = Field(description="`after` of the following page; null on the last.")
    hint: str | None = Field(description="What of the query could not be read, and what was done instead.")
    expansion: dict[str, list[str]] = Field(description="Word of the query -> the forms that were searched.")
    is_expansion_cut: bool
    facets: dict[str, list[Counted]]
    histogram: Histogram | None


class Suggested(Shape):
    """Something to complete a word with."""

    kind: Literal["outlet", "agency"]
    value: str
    name: str


class Suggestions(Shape):
    """The likeliest first."""

    suggestions: list[Suggested]


class EvidenceShape(Shape):
    """A verbatim quote; `start` and `end` count characters in the string that `where` names."""

    kind: str
    where: str
    quote: str
    start: int
    end: int
    weight: float


class AttributionShape(Shape):
    """A source that the text names, and why we say so."""

    source: str
    source_name: str
    source_kind: str
    role: str
    position: int
    confidence: float
    evidence: list[EvidenceShape]


class AddressShape(Shape):
    """An address under which the article was met."""

    url: str
    kind: str


class ArticleAnswer(Shape):
    """An article."""

    id: str
    url: str
    addresses: list[AddressShape]
    outlet: str
    outlet_name: str
    title: str
    lead: str | None
    text: str
    language: str
    authors: list[str]
    byline: str
    credits: str
    section: str | None
    tags: list[str]
    image_url: str | None
    image_credit: str
    published_at: datetime
    published_from: str
    modified_at: datetime | None
    first_seen_at: datetime
    removed_at: datetime | None
    access: str
    access_reason: str
    encoding_suspect: bool
    attributions: list[AttributionShape]
    revisions: int
    story: str | None
    copies: int


class RevisionShape(Shape):
    """A version of an article."""

    number: int
    title: str
    lead: str | None
    text: str
    content_sha256: str
    seen_at: datetime


class Revisions(Shape):
    """The first first."""

    article: str
    revisions: list[RevisionShape]


class CopyShape(Shape):
    """A member of a story."""

    article: str
    outlet: str
    outlet_name: str
    title: str
    url: str
    role: Role
    is_origin: bool
    headline_changed: bool
    similarity: float
    containment: float = Field(description="Share of this text that is found in the origin's.")
    leader_containment: float = Field(description="Share of the origin's text that is found in this one.")
    published_at: datetime
    first_seen_at: datetime
    delay_s: float | None = Field(description="Seconds after the origin, by publication.")


class Copies(Shape):
    """In order of time; none outside of a story."""

    article: str
    story: str | None
    copies: list[CopyShape]


class NumberShape(Shape):
    """A number in a passage that was replaced."""

    before: str | None
    after: str | None
    around: str


class MemberShape(CopyShape):
    """A member of a story and what it made of the origin's text."""

    date_is_told: bool
    kept: int = Field(description="Words of the origin's text that it kept.")
    cut: int
    added: int
    numbers: list[NumberShape]


class LinkShape(Shape):
    """Between articles that are no copies."""

    article: str
    other: str
    kind: str
    containment: float


class StoryAnswer(Shape):
    """One text that several outlets carried."""

    id: str
    title: str
    origin: str | None
    origin_reason: str
    agency: str | None
    agency_name: str | None
    agency_confidence: float
    first_published_at: datetime | None
    first_seen_at: datetime | None
    members: list[MemberShape]
    links: list[LinkShape]


class PieceShape(Shape):
    """A stretch of text and what became of it."""

    kind: Literal["kept", "cut", "added"]
    text: str


class TextDiffShape(Shape):
    """Two texts beside one another; counts are of words."""

    pieces: list[PieceShape]
    kept: int
    cut: int
    added: int
    numbers: list[NumberShape]


class DiffAnswer(Shape):
    """Two articles beside one another."""

    before: str
    after: str
    title: TextDiffShape
    text: TextDiffShape


class OutletShape(Shape):
    """An outlet, how it fares, and how much of it is copied."""

    slug: str
    name: str
    homepage: str
    country: str
    language: str
    kind: str
    group: str | None
    tags: list[str]
    articles: int
    agency_copy: int | None = Field(description="Articles that an agency wrote; null without articles.")
    other_copy: int | None
    own: int | None
    last_success_at: datetime | None
    last_new_article_at: datetime | None
    verdict: str | None
    since: datetime | None = Field(description="When this verdict began.")
    reason: str
    disabled_because: str | None


class Outlets(Shape):
    """By name."""

    outlets: list[OutletShape]


class FreshnessAnswer(Shape):
    """How far the index is behind the store."""

    articles: int
    newest_at: datetime | None
    waiting: int
    waiting_since: datetime | None


class TokenAnswer(Shape):
    """What the token allows."""

    scopes: list[Literal["read", "write"]]


class Status(Shape):
    """One word."""

    status: str


class Fault(Shape):
    """A parameter and what is wrong with it."""

    where: str
    what: str


class Problem(Shape):
    """RFC 9457; `type` is left out, which means about:blank."""

    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None
