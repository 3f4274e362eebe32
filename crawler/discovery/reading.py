"""What every reader of a source gives back, the caps they share, and the cleaning of what a source says.

Not here: the formats (`feeds`, `sitemap`, `sections`).
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urljoin

import nh3

from crawler.addresses import canonical_address
from crawler.errors import DepeszaError
from crawler.model.feed import FeedEntry
from crawler.text import clean_line, clean_paragraphs, unescape

MAX_FEED_BYTES = 10 * 1024 * 1024
"""A feed's body is cut here (SAFETY.md, Limits)."""
MAX_ENTRIES = 2000
"""The newest entries kept of one source (SAFETY.md, Limits). A source that gains more between two polls is an archive."""
MAX_SUMMARY = 10_000
"""Characters of a summary that are kept: some feeds carry whole articles in it, and the page is fetched anyway."""
MAX_FIELD = 1000
"""Characters of a title, author, section or guid that are kept."""

_AMPERSAND = re.compile(r"&(?:amp|#0*38|#x0*26);", re.I)
"""The only reference resolved in an address: `&copy=1` and `&sect=2` are parameters, no letters."""
_MARKUP = re.compile(r"<[a-zA-Z/!?]|&[#\w]")
_BLOCK_END = re.compile(r"<br\b[^<>]{0,200}>|</(?:p|div|li|ul|ol|h[1-6]|tr|td|blockquote|figure|figcaption|section)\s*>", re.I)
_SAME_UPDATE_SHARE = 0.9
_SAME_UPDATE_ENTRIES = 10


class UnreadableSource(DepeszaError):
    """What a source answered is no feed, sitemap or section page. `reason` says in words what it is instead."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __reduce__(self) -> tuple[type[UnreadableSource], tuple[str]]:
        return (type(self), (self.reason,))


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReading:
    """What a feed or section page told, in its order."""

    entries: tuple[FeedEntry, ...]
    title: str | None = None
    ttl_s: float | None = None
    """Seconds for which the source says its answer holds (RSS `ttl`, `sy:updatePeriod`); a hint."""
    truncated: bool = False
    """More entries or bytes than are kept; the newest were."""
    kind: str = ""
    """The format: "rss20", "atom10", "rss10", "json11", "section", ..."""
    warnings: tuple[str, ...] = ()
    """In words, for `outlets check` and the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapReading:
    """What a sitemap told: entries, or, of a sitemap index, the addresses of its sitemaps."""

    entries: tuple[FeedEntry, ...] = ()
    children: tuple[tuple[str, datetime | None], ...] = ()
    """(address, lastmod) of each sitemap of an index."""
    truncated: bool = False
    kind: str = "sitemap"
    """"news sitemap", "sitemap" or "sitemap index"."""
    warnings: tuple[str, ...] = ()


def plain_line(value: object) -> str | None:
    """A title, name or label as one clean line without markup; None when nothing is left or `value` is no text."""
    if not isinstance(value, str):
        return None
    text = value[: 4 * MAX_FIELD]
    return clean_line(_without_markup(text))[:MAX_FIELD].rstrip() or None


def plain_text(value: object) -> str | None:
    """A summary as clean paragraphs without markup, cut at `MAX_SUMMARY` characters between words."""
    if not isinstance(value, str):
        return None
    text = clean_paragraphs(_without_markup(value[: 4 * MAX_SUMMARY]))
    if len(text) > MAX_SUMMARY:
        text = text[:MAX_SUMMARY].rpartition(" ")[0] or text[:MAX_SUMMARY]
    return text or None


def web_address(value: object, base: str) -> str | None:
    """The absolute http(s) address that `value` means on a page at `base`, without fragment; None for anything else (A5).

    `javascript:`, `file:`, `data:` and the like, broken and over-long addresses give None. Not canonical: it is what will
    be asked for.
    """
    if not isinstance(value, str) or not (text := "".join(_AMPERSAND.sub("&", value).split())):
        return None
    try:
        address = urljoin(base, text)
    except ValueError:
        return None
    if canonical_address(address) is None:
        return None
    return address.partition("#")[0]


def without_uniform_updates(entries: Iterable[FeedEntry]) -> tuple[FeedEntry, ...]:
    """The entries, without `updated_at` when nearly all share one instant.

    Such an instant is the time the source was written, not of a change of each article; believed, it would have every
    article fetched again at every poll.
    """
    kept = tuple(entries)
    times = Counter(entry.updated_at for entry in kept if entry.updated_at is not None)
    if len(kept) < _SAME_UPDATE_ENTRIES or not times or times.most_common(1)[0][1] < _SAME_UPDATE_SHARE * len(kept):
        return kept
    return tuple(replace(entry, updated_at=None) for entry in kept)


def newest(entries: Iterable[FeedEntry], limit: int = MAX_ENTRIES) -> tuple[tuple[FeedEntry, ...], bool]:
    """At most `limit` entries, the newest by their times (undated ones last, in their order), in the order of the source."""
    kept = tuple(entries)
    if len(kept) <= limit:
        return kept, False

    def age(entry: FeedEntry) -> tuple[float, int]:
        time = entry.updated_at or entry.published_at
        return (-time.timestamp() if time else float("inf"), entry.position)

    chosen = sorted(kept, key=age)[:limit]
    return tuple(sorted(chosen, key=lambda entry: entry.position)), True


def _without_markup(text: str) -> str:
    # a feed's "<" is mostly markup escaped once more; nh3 drops scripts and styles with what they hold
    if not _MARKUP.search(text):
        return text
    if "<" not in text:
        text = html.unescape(text)
    if "<" in text:
        text = html.unescape(nh3.clean(_BLOCK_END.sub("\n", text), tags=set(), attributes={}))
    return unescape(text)
