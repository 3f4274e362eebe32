"""What the generator of theme pages hands out: outlets, pages and the truth of each page. No logic.

Not here: the words (`languages/`), the composing (`compose.py`), the markup (`families/`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from crawler.model.outlet import Outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of an article's body in reading order."""

    kind: str
    """"p", "subhead", "quote", "list", "table"."""
    texts: tuple[str, ...]
    """The text; a list's items; a table's rows, cells parted by " | "."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An article before any theme dresses it."""

    number: int
    title: str
    lead: str
    blocks: tuple[Block, ...]
    author: str
    """One person's name; "" for a dispatch that nobody signs."""
    section: str
    tags: tuple[str, ...]
    published_at: datetime
    modified_at: datetime | None
    agency: str
    """Name of the agency the text is from, or ""."""
    photographer: str
    caption: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a careful reader takes from a page, and what must not be in the text."""

    kind: str
    """"article", "gallery", "live", "index", "stub", "paid"."""
    title: str
    lead: str | None
    """The standfirst where the page sets it apart; it is also the first of `paragraphs`."""
    paragraphs: tuple[str, ...]
    """Running text as the house keeps it: list items begin with "- ", cells of a row are parted by " | "."""
    authors: tuple[str, ...]
    byline: str
    published_at: datetime
    """With the outlet's offset."""
    modified_at: datetime | None
    section: str
    tags: tuple[str, ...]
    image_url: str | None
    image_credit: str
    access: str
    """"free", "metered", "paid", "unknown", as `crawler.model.article.Access`."""
    credits: tuple[str, ...]
    """Credit lines of agencies, verbatim."""
    never: tuple[str, ...]
    """Phrases that stand on the page and must not be in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemePage:
    """One page as a server would answer it."""

    url: str
    html_bytes: bytes
    content_type: str
    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeOutlet:
    """An outlet with its pages, oldest first."""

    outlet: Outlet
    theme: str
    """Name of the theme of the first page."""
    pages: tuple[ThemePage, ...] = field(default=())
