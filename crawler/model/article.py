"""A clean record of one article, its addresses and its revisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from crawler.model.attribution import Attribution


class PublishedFrom(StrEnum):
    """Where `published_at` comes from."""

    STRUCTURED_DATA = "structured data"
    META = "meta"
    PAGE = "visible page"
    FEED = "feed"
    ADDRESS = "address"
    FIRST_FETCH = "first fetch"


class Access(StrEnum):
    """Who may read the whole text."""

    FREE = "free"
    METERED = "metered"
    PAID = "paid"
    UNKNOWN = "unknown"


class AddressKind(StrEnum):
    """How an address of an article was met."""

    ENTRY = "entry"
    REDIRECT = "redirect"
    CANONICAL = "canonical"
    AMP = "amp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleAddress:
    """An address (in canonical form) under which an article was met."""

    url: str
    kind: AddressKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """Winnowed word 3-grams of the folded text: 64-bit hashes with the position of their first word."""

    hashes: tuple[int, ...] = ()
    """Unsigned 64-bit, in text order."""
    positions: tuple[int, ...] = ()
    words: int = 0
    """Words of the folded, cleaned text."""
    grams: bytes = field(default=b"", compare=False, repr=False)
    """All 3-grams it was chosen from, where they are at hand: little-endian u32 in text order. Not kept in the store, for they follow
    from the text; whoever fingerprints a text hands them on, so that filing need not cut it into words again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article as a reader meets it. Times are aware; `text` holds its lead."""

    id: str
    """32 hex of the sha256 of the canonical address at the first filing; never recomputed."""
    url: str
    """Canonical address."""
    outlet: str
    title: str
    text: str
    """All running text, paragraphs joined by a blank line, its lead included."""
    lead: str | None = None
    """That opening again when the page sets it apart."""
    language: str
    """ISO 639-1; "und" when unknown."""
    authors: tuple[str, ...] = ()
    """People only."""
    byline: str = ""
    """The byline verbatim."""
    credits: str = ""
    """Credit lines verbatim, one a line."""
    section: str | None = None
    tags: tuple[str, ...] = ()
    image_url: str | None = None
    image_credit: str = ""
    """Who took that picture, verbatim as the page says it ("Fot. Anna Lis/PAP"); "" when it says nothing."""
    published_at: datetime
    """With the offset the page gave, or the outlet's zone."""
    published_from: PublishedFrom
    modified_at: datetime | None = None
    first_seen_at: datetime
    """UTC, ours."""
    removed_at: datetime | None = None
    attributions: tuple[Attribution, ...] = ()
    access: Access = Access.UNKNOWN
    access_reason: str = ""
    encoding_suspect: bool = False
    addresses: tuple[ArticleAddress, ...] = ()
    content_sha256: str
    """Of title and text; changes only when a reader sees a change."""
    fingerprint: Fingerprint = Fingerprint()
    normalizer_version: int
    index_version: int = 1
    """Raised by every change of the document, a change of its story included. Set by the store."""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise ValueError("an article without text")
        for name in ("published_at", "modified_at", "first_seen_at", "removed_at"):
            value: datetime | None = getattr(self, name)
            if value is not None and value.tzinfo is None:
                raise ValueError(f"{name} is a naive time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A version of an article, written only when its clean text or title changes. Number 1 is the first filing."""

    article_id: str
    number: int
    title: str
    text: str
    lead: str | None
    content_sha256: str
    seen_at: datetime


def article_id(canonical_url: str) -> str:
    """The id of an article first filed under `canonical_url`: 32 hex digits."""
    return sha256(canonical_url.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def content_digest(title: str, text: str) -> str:
    """sha256 hex of what a reader reads."""
    return sha256(f"{title}\n\n{text}".encode("utf-8", "surrogatepass")).hexdigest()
