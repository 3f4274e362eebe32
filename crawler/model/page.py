"""A fetched page: a frozen value that remembers both addresses, when, and the bytes as they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crawler.model.feed import FeedEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of a web server. The bytes are kept raw so that a better decoder can read them again."""

    requested_url: str
    final_url: str
    """After redirects."""
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case, in order."""
    body: bytes = b""
    """Content-decoded (gzip off), character-encoded as sent."""
    fetched_at: datetime
    """UTC."""
    outlet: str
    """Slug."""
    entry: FeedEntry | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)
