"""Spider traps seen in an address alone: endless calendars, paging, repeated folders, session folders (SAFETY.md, A19).

Feeds and sitemaps come first and are capped anyway; this guards section pages and sitemaps of sites that make addresses
without end. Pure; who counts per run is `PatternBudget`'s holder.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

from crawler.addresses import canonical_address

MAX_DEPTH = 15
"""Folders in a path. The deepest article address among 150 outlets has eight."""
MAX_PARAMETERS = 8
MAX_SAME_SEGMENT = 3
"""Times one folder may stand in a path; Heritrix's PathologicalPathDecideRule has two repetitions."""
MAX_PER_PATTERN = 500
"""New addresses of one shape taken from one outlet in one run."""

_PAGING = re.compile(r"(?:^|&)(?:page|p|paged|strona|offset|start|from)=(\d{4,})(?:&|$)", re.I)
_CALENDAR = re.compile(r"/(?:calendar|kalendarz|kalender|archiw\w*|archive)/(?:.*/)?\d{4}/\d{1,2}(?:/\d{1,2})?/?$", re.I)
_NUMBER = re.compile(r"\d+")
_TOKEN = re.compile(r"[0-9a-f]{16,}", re.I)
_SLUG = re.compile(r"[^/#?&=]*[-_,][^/#?&=]*|[^/#?&=]{25,}")


def trap_reason(url: str) -> str | None:
    """Why an address looks like a trap, in words, or None. Never raises."""
    address = canonical_address(url)
    if address is None:
        return "no web address or too long"
    parts = urlsplit(address)
    segments = [segment for segment in parts.path.split("/") if segment]
    if len(segments) > MAX_DEPTH:
        return f"more than {MAX_DEPTH} folders deep"
    if segments and max(Counter(segments).values()) > MAX_SAME_SEGMENT:
        return "the same folder again and again"
    if parts.query.count("&") >= MAX_PARAMETERS:
        return f"more than {MAX_PARAMETERS} parameters"
    if _PAGING.search(parts.query) or _CALENDAR.search(parts.path):
        return "endless paging or a calendar"
    return None


def pattern_of(url: str) -> str:
    """The shape of an address: numbers as N, ids as H, slugs as S. "/2026/11/zima-w-gorach-123" -> "host/N/N/S"."""
    address = canonical_address(url)
    if address is None:
        return ""
    parts = urlsplit(address)
    path = "/".join(_shape(segment) for segment in parts.path.split("/"))
    names = "&".join(sorted({piece.partition("=")[0] for piece in parts.query.split("&")})) if parts.query else ""
    return f"{parts.netloc}{path}{'?' + names if names else ''}"


class PatternBudget:
    """Counts new addresses by shape, for one outlet in one run."""

    def __init__(self, limit: int = MAX_PER_PATTERN) -> None:
        self._limit = limit
        self._counts: Counter[str] = Counter()

    def takes(self, url: str) -> bool:
        """Whether one more address of this shape is within the budget; counts it."""
        pattern = pattern_of(url)
        self._counts[pattern] += 1
        return self._counts[pattern] <= self._limit


def _shape(segment: str) -> str:
    if _TOKEN.fullmatch(segment):
        return "H"
    if _SLUG.fullmatch(segment):
        return "S"
    return _NUMBER.sub("N", segment)
