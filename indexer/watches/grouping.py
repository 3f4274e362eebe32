"""What a message holds, put in order for a reader: articles by day and story, each story's copies, counts by outlet. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from itertools import groupby

from indexer.document import Document
from indexer.highlight import Mark, Snippet


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Another article of a story."""

    article_id: str
    outlet_name: str
    title: str
    url: str
    role: str
    """A value of MemberRole."""
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An article as an alert shows it."""

    document: Document
    snippet: Snippet | None
    title_marks: tuple[Mark, ...] = ()
    detail: str = ""
    copies: tuple[Copy, ...] = ()
    """Other articles of its story, the earliest first; not necessarily all."""

    def published(self, zone: tzinfo) -> datetime:
        """When, on the reader's clock."""
        return datetime.fromisoformat(self.document["published_at"]).astimezone(zone)


@dataclass(frozen=True, slots=True)
class Clipping:
    """A story in a report: the article that leads, and what else carries it."""

    lead: Found
    copies: tuple[Copy, ...]


def by_day(found: Sequence[Found], zone: tzinfo) -> list[tuple[date, list[Clipping]]]:
    """Days on the reader's clock with their stories; days and stories in the order of `found`."""
    clippings = _clippings(found)
    return [(day, list(some)) for day, some in groupby(clippings, key=lambda one: one.lead.published(zone).date())]


def outlets(found: Iterable[Found]) -> list[tuple[str, int]]:
    """Outlets' names with how many of the articles are theirs, the most first."""
    counted = Counter(one.document["outlet_name"] for one in found)
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def _clippings(found: Sequence[Found]) -> list[Clipping]:
    """One a story. What was found of it later in the list stands among the copies of the first."""
    stories: dict[str, list[Found]] = {}
    for one in found:
        stories.setdefault(one.document["story"] or one.document["id"], []).append(one)
    return [Clipping(some[0], _others(some)) for some in stories.values()]


def _others(some: Sequence[Found]) -> tuple[Copy, ...]:
    copies = {copy.article_id: copy for one in some for copy in (*one.copies, *map(_as_copy, some[1:]))}
    copies.pop(some[0].document["id"], None)
    return tuple(sorted(copies.values(), key=lambda copy: (copy.published_at, copy.article_id)))


def _as_copy(one: Found) -> Copy:
    document = one.document
    return Copy(
        article_id=document["id"], outlet_name=document["outlet_name"], title=document["title"], url=document["url"],
        role=document["role"] or "", published_at=datetime.fromisoformat(document["published_at"]),
    )  # fmt: skip
