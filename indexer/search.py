"""The search service: a query text in, a page of stories out. The same for the command line, the API and watches.

Engines give plain hits in a total order; copies are folded here, since no engine pages over folded results (SEARCH.md):
it is read on until the page has its stories, a story stands where its best hit stands, and one further question a page
tells which stories an earlier page has shown. Numbers (total, facets, histogram) count articles. Not here: the store, printing.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from crawler.errors import QueryError
from indexer.buckets import Histogram, Step, choose_edges, fill_buckets
from indexer.document import FACETS, Document
from indexer.engine import EngineHit, EngineRequest, SearchEngine, Sort, SortKey
from indexer.expansion import Expander, spoken_languages
from indexer.highlight import Highlighter, Mark, Snippet, beginning
from indexer.nodes import And, Node, Period
from indexer.query import parse_query
from indexer.unknown_values import unknown_values

PAGE_LIMIT = 500
"""Hits of one page at most."""
_READ_ON = 3
"""Hits asked for per story still wanted."""
_LARGEST = 1 << 53
"""Of any place; a place beyond the articles there are just gives an empty page."""
_SHOWN = (
    "id", "url", "title", "lead", "language", "authors", "byline", "section", "image_url", "image_credit", "outlet", "outlet_name", "country",
    "group", "tags", "agency", "agencies", "agency_names", "published_at", "modified_at", "first_seen_at", "removed_at", "access",
    "story", "role", "copies", "is_origin",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRequest:
    """What is asked."""

    text: str
    """In the query language; "" is everything."""
    sort: Sort = Sort.NEWEST
    limit: int = 20
    after: str | None = None
    """The `next` of the page before."""
    fold_copies: bool = True
    """One hit a story; False shows every copy."""
    facets: tuple[str, ...] = ()
    """Fields of `document.FACETS` to count."""
    histogram: Step | None = None
    """Count by time of publication, from the first hit to the last or over the query's own dates."""
    snippets: int = 2
    """Pieces of text per hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """One article, for its story when copies are folded."""

    article: Mapping[str, Any]
    """The document without its text."""
    title_marks: tuple[Mark, ...]
    snippets: tuple[Snippet, ...]
    """Around the words found; the beginning of the text when none stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """What was found."""

    query: str
    hits: tuple[SearchHit, ...]
    total: int
    """Articles that match, copies counted each."""
    next: str | None
    """Cursor of the following page; None when this is the last."""
    hint: str | None
    """What of the query could not be read and what was done instead; values that no article has."""
    expansion: Mapping[str, tuple[str, ...]]
    """Word -> the forms searched (folded), its own first."""
    is_expansion_cut: bool = False
    facets: Mapping[str, list[tuple[str, int]]] = field(default_factory=dict)
    histogram: Histogram | None = None
    """None when none was asked for or nothing was found."""
    took_ms: float

    def as_json(self) -> dict[str, Any]:
        """Plain JSON: article fields beside `title_marks` and `snippets` in each hit."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}  # `asdict` copies every hit, a fifth of a search
        if self.histogram:
            found["histogram"] = asdict(self.histogram)
            for bucket in found["histogram"]["buckets"]:
                bucket |= {"start": bucket["start"].isoformat(), "end": bucket["end"].isoformat()}
        found["hits"] = [
            {**hit.article, "title_marks": hit.title_marks, "snippets": [asdict(snippet) for snippet in hit.snippets]}
            for hit in self.hits
        ]
        return found


def search(engine: SearchEngine, request: SearchRequest, now: datetime, zone: tzinfo) -> SearchPage:
    """Answer a request. `zone` is where the days of `date:` and of the histogram begin.

    Raises QueryError (too long, too deep, a foreign cursor or facet), BackendUnavailable (no index, or a damaged one).
    """
    started = time.perf_counter()
    if unknown := [name for name in request.facets if name not in FACETS]:
        raise QueryError(f"{unknown[0]!r} cannot be counted; what can is {', '.join(FACETS)}")
    query = parse_query(request.text)
    expander = Expander(engine.forms, now, zone, spoken_languages(query.node))
    node = expander.expand(query.node)
    cursor = _Cursor.read(request.after, request.sort) if request.after else None
    limit = max(1, min(request.limit, PAGE_LIMIT))
    hits = _Pager(engine, node, request, cursor).read(limit + 1)
    marker = Highlighter.of(node)
    facets = engine.facets(node, request.facets) if request.facets else {}  # first: an engine may count all else on its way
    total = engine.count(node)
    hints = query.hints if total else (*query.hints, *unknown_values(engine, query.node))
    return SearchPage(
        query=query.text,
        hits=tuple(_shown(hit.document, marker, request.snippets) for hit in hits[:limit]),
        total=total,
        next=_Cursor(hits[limit - 1].key, hits[limit - 1].document["story"]).written(request.sort) if len(hits) > limit else None,
        hint=" ".join(hints) or None,
        expansion=expander.expansion,
        is_expansion_cut=expander.is_cut,
        facets=facets,
        histogram=_histogram(engine, node, request.histogram, now, zone) if request.histogram else None,
        took_ms=round((time.perf_counter() - started) * 1000, 1),
    )


def _histogram(engine: SearchEngine, node: Node, step: Step, now: datetime, zone: tzinfo) -> Histogram | None:
    bounds = _bounds(engine, node, now)
    if bounds is None:
        return None
    used, edges = choose_edges(step, *bounds, zone)
    return fill_buckets(used, edges, engine.histogram(node, edges), zone)


def _bounds(engine: SearchEngine, node: Node, now: datetime) -> tuple[datetime, datetime] | None:
    """The first and the last second of a histogram: the query's own dates at its top, else those of the hits; None for no hits.

    Dates without an end go on until now.
    """
    found = engine.period(node)
    if found is None:
        return None
    first, last = found
    periods = [one for one in (node.children if isinstance(node, And) else (node,)) if isinstance(one, Period)]
    starts = [one.start for one in periods if one.start is not None]
    ends = [one.end for one in periods if one.end is not None]
    if starts:
        first, last = max(starts), max(last, now)
    if ends:
        last = min(ends).astimezone(UTC) - timedelta(seconds=1)
    return first.astimezone(UTC), last


class _Pager:
    """Reads an engine's hits below a place, folded by story or not."""

    def __init__(self, engine: SearchEngine, node: Node, request: SearchRequest, cursor: _Cursor | None) -> None:
        self._engine, self._node, self._request = engine, node, request
        self._place = cursor.place if cursor else None
        self._done: set[str] = {cursor.story} if cursor and cursor.story and request.fold_copies else set()
        """Stories on this page or an earlier one."""

    def read(self, wanted: int) -> list[EngineHit]:
        """Up to `wanted` hits."""
        if not self._request.fold_copies:
            return self._ask(wanted, self._place)
        hits: list[EngineHit] = []
        place = self._place
        while len(hits) < wanted:
            size = min((wanted - len(hits)) * _READ_ON, 2 * PAGE_LIMIT)
            found = self._ask(size, place)
            self._leave_out_shown(found)
            for hit in found:
                story = hit.document["story"]
                if len(hits) < wanted and story not in self._done:
                    hits.append(hit)
                    self._done.update({story} if story else ())
            if len(found) < size:
                break
            place = found[-1].key
        return hits

    def _ask(self, size: int, place: SortKey | None) -> list[EngineHit]:
        return self._engine.search(
            EngineRequest(
                query=self._node, sort=self._request.sort, limit=size, after=place, without_stories=frozenset(self._done)
            )
        )

    def _leave_out_shown(self, found: list[EngineHit]) -> None:
        """Note the stories that a better-placed member has shown on an earlier page."""
        if self._place is not None:
            stories = {hit.document["story"] for hit in found} - self._done - {None}
            request = EngineRequest(query=self._node, sort=self._request.sort)
            self._done |= self._engine.stories_before(request, self._place, stories) if stories else set()


def _shown(document: Document, marker: Highlighter, snippets: int) -> SearchHit:
    found = marker.snippets(document["text"], snippets) if snippets else ()
    if snippets and not found:
        found = (beginning(document["lead"] or document["text"]),)
    return SearchHit(
        article={name: document.get(name) for name in _SHOWN},
        title_marks=marker.marks(document["title"], "title"),
        snippets=found,
    )


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where a page ended: the last hit's place and its story."""

    place: SortKey
    story: str | None

    def written(self, sort: Sort) -> str:
        parts = [sort.value, self.place.value, self.place.id, self.story]
        return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, sort: Sort) -> _Cursor:
        try:
            kind, value, article, story = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            place = SortKey(float(value), f"{int(article, 16):032x}")
            known = 0 <= place.value < _LARGEST and isinstance(story, str | None) and len(place.id) == len(article)
        except (ValueError, TypeError):
            known = False
        if not known:
            raise QueryError("the cursor is not one that a search gave: leave it out to begin at the top")
        if kind != sort.value:
            raise QueryError(
                f"the cursor belongs to a search in another order than {sort.value}: leave it out to begin at the top"
            )
        return cls(place, story)
