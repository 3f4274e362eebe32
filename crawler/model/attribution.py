"""Who a text is from: agencies, and attributions with their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar


class SourceRole(StrEnum):
    """What part a named source has in a text."""

    ORIGIN = "origin"
    CO_ORIGIN = "co-origin"
    OWN = "own"
    CITED = "cited"
    PHOTO = "photo"


class NamedSourceKind(StrEnum):
    """What a named source is."""

    AGENCY = "agency"
    OUTLET = "outlet"
    INSTITUTION = "institution"
    PERSON = "person"
    UNKNOWN = "unknown"


class EvidenceKind(StrEnum):
    """Where an attribution comes from, strongest first."""

    OWN_SITE = "own site"
    STRUCTURED_DATA = "structured data"
    BYLINE = "byline"
    DATELINE = "dateline"
    CREDIT_LINE = "credit line"
    SIGN_OFF = "sign-off"
    LABEL = "label"
    COPY = "copy of a credited text"
    MENTION = "in-text mention"
    IMAGE_CREDIT = "image credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A verbatim quote that supports an attribution. `start` and `end` count characters in the kept string `where`."""

    kind: EvidenceKind
    where: str
    """One of "byline", "credits", "text", "title", "structured data", "page" (its address; for a picture that picture's whole credit)."""
    quote: str
    start: int
    end: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One named source of a text. Without evidence there is no attribution."""

    source: str
    """Slug of an agency or outlet, else the name as written."""
    source_kind: NamedSourceKind
    role: SourceRole
    position: int = 1
    """Place in the credit chain, 1 first."""
    confidence: float
    """0 to 1."""
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"attribution to {self.source!r} without evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """A press agency, from `outlets/agencies.toml`."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    slug: str
    name: str
    """Full name in English or its own language."""
    country: str
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Language (or "*" for any) -> names and inflected forms, case-sensitive."""
    frame_only: tuple[str, ...] = ()
    """Short names (AP, PA, ATS) that count only inside a credit frame."""
    domains: tuple[str, ...] = ()
    mostly_photo: bool = False
    """EPA: a name beside another agency means the picture."""
