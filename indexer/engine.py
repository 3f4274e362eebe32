"""What every search engine of the house promises, and the records it is asked with and answers in.

`tests/contracts/test_search_engine.py` holds each engine to this page. Engines know documents and expanded query trees;
they know nothing of stories folded, snippets, the store or the query language (`search`, `highlight`, `push`, `query`).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from indexer.document import Document
from indexer.morphology import Reading
from indexer.nodes import Node

RELEVANCE_DEPTH = 10_000
"""Hits that can be paged through by relevance; by date there is no bound."""


class Sort(StrEnum):
    """The order of hits. Each is total: equal values are ordered by article id, descending like the newest first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    RELEVANCE = "relevance"
    MOST_COPIED = "most-copied"
    """The articles of the largest stories first, the newest of equal ones before the others."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """A place in an order: published second, score or `copied_value`, and the article's id."""

    value: float
    id: str


COPIED_STEP = 1 << 32
"""Seconds that lie between two numbers of copies in `copied_value`: more than any time of publication has."""


def copied_value(copies: int, published_s: int) -> int:
    """The value of a place in the order of `Sort.MOST_COPIED`; below 2**53, so that a float holds it."""
    return copies * COPIED_STEP + published_s


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """A question to an engine."""

    query: Node
    """Expanded."""
    sort: Sort = Sort.NEWEST
    limit: int = 20
    after: SortKey | None = None
    """Only hits below this place."""
    without_stories: Collection[str] = ()
    """Hits of these stories are left out (they do not change any score)."""


@dataclass(frozen=True, slots=True)
class EngineHit:
    """One article found."""

    document: Document
    key: SortKey


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStatus:
    """How an index is."""

    engine: str
    where: str
    documents: int
    size_bytes: int
    document_version: int | None
    """None when there is no index yet."""
    generation: str | None = None
    """The generation that searches read."""
    rebuilding: str | None = None
    """A generation that a rebuild fills, or that a killed one left behind."""
    parts: Mapping[str, int] = field(default_factory=dict)
    """Documents by the month in which they were first seen ("2026-11", UTC), the oldest first."""
    trouble: str | None = None
    """What keeps the index from being written or read in full, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What became of each document that was pushed; the four hold every id once."""

    written: frozenset[str] = frozenset()
    already: frozenset[str] = frozenset()
    """The index has this version or a newer one: acknowledged like a written one."""
    rejected: Mapping[str, str] = field(default_factory=dict)
    """Refused for good: id -> reason."""
    later: Mapping[str, str] = field(default_factory=dict)
    """Not taken now, to be pushed again unchanged: id -> reason."""


class FormTable(Protocol):
    """Word forms and the lemmas they may belong to, by language."""

    def languages(self) -> tuple[str, ...]:
        """Languages of which forms were seen."""
        ...

    def readings(self, folded: str, language: str) -> Mapping[str, frozenset[Reading]]:
        """The seen forms whose index token is `folded`, with their readings."""
        ...

    def bases(self, folded: str, language: str) -> frozenset[str]:
        """The lemmas of seen forms that fold to `folded`."""
        ...

    def forms(self, lemmas: Iterable[str], language: str) -> frozenset[str]:
        """Index tokens of the seen forms that share one of `lemmas`."""
        ...

    def lemmas_of(self, tokens: Collection[str], language: str) -> Iterable[tuple[str, str]]:
        """(index token, lemma) of the seen forms that have one of `tokens`: `forms` the other way round, for many at once."""
        ...

    def add(self, texts: Mapping[str, Iterable[str]]) -> int:
        """Take in the words of texts, by language; returns how many forms were new."""
        ...


class SearchEngine(Protocol):
    """An index of documents. Methods raise BackendUnavailable when the index cannot be used, with what to do."""

    name: str
    in_flight: int
    """Calls of `push` that may run at once, from threads; more gain nothing."""

    @property
    def forms(self) -> FormTable:
        """The word forms seen in the index's documents. The pusher adds a document's words before the document."""
        ...

    def create(self) -> bool:
        """Make what an index consists of, or what is missing of it; returns whether anything was.

        `push` does so by itself where it may. Raises like `push`.
        """
        ...

    def push(self, documents: Sequence[Document]) -> BulkResult:
        """Write documents; on return what was written survives a kill. An id's older version is replaced.

        They are found after `refresh` at the latest. Raises IndexLater when nothing can be taken now (then push the same
        documents again); what only some documents met stands in the result.
        """
        ...

    def refresh(self) -> None:
        """Make everything that was pushed findable."""
        ...

    def search(self, request: EngineRequest) -> list[EngineHit]:
        """The first `limit` hits in the request's order."""
        ...

    def count(self, query: Node) -> int:
        """Number of articles that an expanded query matches."""
        ...

    def period(self, query: Node) -> tuple[datetime, datetime] | None:
        """When the first and the last article that a query matches were published, in UTC; None for no articles."""
        ...

    def state(self) -> Hashable | None:
        """Another value than before once an answer might be another; None where that cannot be told for next to nothing.

        Raises BackendUnavailable.
        """
        ...

    def stories_before(self, request: EngineRequest, place: SortKey, stories: Collection[str]) -> frozenset[str]:
        """Those of `stories` that have a hit of the request's query above `place` in its order."""
        ...

    def facets(self, query: Node, fields: Sequence[str], size: int = 20) -> dict[str, list[tuple[str, int]]]:
        """Articles per value for fields of FACETS, the most frequent first, equal counts by value."""
        ...

    def histogram(self, query: Node, edges: Sequence[datetime]) -> list[int]:
        """Articles published at or after each edge and before the next: one number fewer than there are edges.

        Edges are aware, whole seconds, ascending, at most 501.
        """
        ...

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """Stored documents by article id; unknown ids are left out."""
        ...

    def status(self) -> EngineStatus:
        """How the index is; works on a missing index too."""
        ...

    def begin_rebuild(self) -> SearchEngine:
        """A fresh, empty index beside the one in use; what is pushed to it shows only after `finish_rebuild`."""
        ...

    def finish_rebuild(self) -> None:
        """On what `begin_rebuild` returned: put it in the old one's place in one step and drop the old one."""
        ...

    def retire(self, before: datetime) -> int:
        """Drop the documents that were first seen before an instant (a month's beginning, UTC); returns how many.

        An engine with calendar indices drops whole ones, so `before` must be the first instant of a month.
        """
        ...

    def close(self) -> None:
        """Give back files and connections."""
        ...
