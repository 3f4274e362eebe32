"""Questions to Elasticsearch: hits, counts, facets, histograms, documents, all over the read alias. Nothing is written here.

Not here: the queries themselves (`elastic_query`), what indices there are (`elastic_indices`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from crawler.errors import BackendUnavailable, QueryError
from indexer.document import Document, second_s
from indexer.engine import COPIED_STEP, EngineHit, EngineRequest, Sort, SortKey, copied_value
from indexer.engines.elastic_client import no_answer, said
from indexer.engines.elastic_client import place as place_of
from indexer.engines.elastic_entry import FACET_FIELDS
from indexer.engines.elastic_query import Query, Statistics, matching, ranking, scored_terms
from indexer.nodes import Node

TIMEOUT_MS = 5_000
"""What the server may take for one search (SAFETY A8)."""
_ORDERS: dict[Sort, list[dict[str, str]]] = {
    Sort.NEWEST: [{"published": "desc"}, {"id": "desc"}],
    Sort.OLDEST: [{"published": "asc"}, {"id": "asc"}],
    Sort.RELEVANCE: [{"_score": "desc"}, {"id": "desc"}],
    Sort.MOST_COPIED: [{"copies": "desc"}, {"published": "desc"}, {"id": "desc"}],
}
_BATCH = 1_000
"""Documents, or stories, asked for at once; a server gives at most 10,000 (index.max_result_window)."""
_FACET_DEPTH = 5_000
"""Values that each calendar index tells of: with fewer different ones the counts are exact."""
_ATTEMPTS = 40
_TOO_OPEN = re.compile(r"Automaton \[(\w+)\*\] expanded to too many terms")
_TOO_WIDE = re.compile(r"expanded to too many terms|maxClauseCount")


class ElasticSearcher:
    """The reading half of `SearchEngine` over the indices behind the alias `prefix`."""

    def __init__(self, client: Elasticsearch, prefix: str, timeout_ms: int = TIMEOUT_MS) -> None:
        self._client, self._prefix, self._timeout_ms = client, prefix, timeout_ms
        self._opened: set[str] = set()
        """Beginnings of words that this index has too many of for one rule of a phrase."""

    def search(self, request: EngineRequest) -> list[EngineHit]:
        """See SearchEngine."""
        wanted: dict[str, Any] = {"size": request.limit, "sort": _ORDERS[request.sort], "track_total_hits": False}
        if request.after is not None:
            wanted["search_after"] = _sort_values(request.after, request.sort)
        unwanted = [{"terms": {"story": sorted(request.without_stories)}}] if request.without_stories else []
        answer = self._ordered(request, wanted, {"must_not": unwanted})
        return [EngineHit(hit["_source"], _key(hit)) for hit in answer["hits"]["hits"]]

    def count(self, query: Node) -> int:
        """See SearchEngine."""
        answer = self._counted(query, track_total_hits=True)
        return int(answer["hits"]["total"]["value"])

    def stories_before(self, request: EngineRequest, place: SortKey, stories: Collection[str]) -> frozenset[str]:
        """See SearchEngine."""
        here, is_first = (place.value, place.id), request.sort is Sort.OLDEST
        found: set[str] = set()
        for some in _batches(sorted(stories)):
            wanted = {
                "size": len(some), "sort": _ORDERS[request.sort], "track_total_hits": False,
                "collapse": {"field": "story"}, "_source": False,
            }  # fmt: skip
            answer = self._ordered(request, wanted, {"filter": [{"terms": {"story": some}}]})
            for hit in answer["hits"]["hits"]:
                best = _key(hit)
                if (best.value, best.id) < here if is_first else (best.value, best.id) > here:
                    found.update(hit["fields"]["story"])
        return frozenset(found)

    def facets(self, query: Node, fields: Sequence[str], size: int = 20) -> dict[str, list[tuple[str, int]]]:
        """See SearchEngine."""
        order = [{"_count": "desc"}, {"_key": "asc"}]
        depth = max(_FACET_DEPTH, size)
        asked = {
            name: {"terms": {"field": FACET_FIELDS[name], "size": size, "shard_size": depth, "order": order, "exclude": [""]}}
            for name in fields
        }
        found = self._counted(query, aggs=asked)["aggregations"] if asked else {}
        return {name: [(bucket["key"], int(bucket["doc_count"])) for bucket in found[name]["buckets"]] for name in fields}

    def histogram(self, query: Node, edges: Sequence[datetime]) -> list[int]:
        """See SearchEngine."""
        ranges = [{"from": low, "to": high} for low, high in pairwise(map(second_s, edges))]
        if not ranges:
            return []
        found = self._counted(query, aggs={"periods": {"range": {"field": "published", "ranges": ranges}}})
        return [int(bucket["doc_count"]) for bucket in found["aggregations"]["periods"]["buckets"]]

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """See SearchEngine."""
        found: dict[str, Document] = {}
        for some in _batches(list(dict.fromkeys(ids))):
            answer = self._ask({"size": len(some), "query": {"ids": {"values": some}}, "track_total_hits": False})
            found.update((hit["_id"], hit["_source"]) for hit in answer["hits"]["hits"])
        return found

    def _ordered(self, request: EngineRequest, wanted: Query, narrowed: Query) -> Any:
        """Hits of a request's query, in its order, narrowed by further clauses that change no score."""
        if request.sort is Sort.RELEVANCE:
            statistics = self._statistics(request.query)
            return self._opening(
                lambda opened: {"query": {"bool": {"must": [ranking(request.query, statistics, opened)], **narrowed}}, **wanted},
                search_type="dfs_query_then_fetch",  # frequencies of all calendar indices together
            )
        kept = narrowed.get("filter", [])
        return self._opening(
            lambda opened: {
                "query": {"bool": {**narrowed, "filter": [matching(request.query, opened), *kept]}}, **wanted,
            }
        )  # fmt: skip

    def _counted(self, query: Node, **wanted: Any) -> Any:
        """What is counted of a query's articles, without the hits themselves."""
        return self._opening(
            lambda opened: {
                "size": 0, "track_total_hits": False, "query": {"bool": {"filter": [matching(query, opened)]}}, **wanted,
            }
        )  # fmt: skip

    def _statistics(self, query: Node) -> Statistics:
        """How frequent a query's words are, in one question.

        It counts living documents; Lucene's own frequencies count replaced ones too until it merges them away, so scores are a
        little off in an index that has many of those (not measured).
        """
        terms = sorted(scored_terms(query))
        if not terms:
            return Statistics(articles=1)
        fields = sorted({name for name, _ in terms})
        filters: list[Query] = [{"exists": {"field": f"words.{name}"}} for name in fields]
        filters += [{"term": {f"words.{name}": form}} for name, form in terms]
        answer = self._ask({"size": 0, "track_total_hits": True, "aggs": {"counts": {"filters": {"filters": filters}}}})
        counts = [int(bucket["doc_count"]) for bucket in answer["aggregations"]["counts"]["buckets"]]
        return Statistics(
            articles=max(1, int(answer["hits"]["total"]["value"])),
            with_field=dict(zip(fields, counts, strict=False)),
            counts=dict(zip(terms, counts[len(fields) :], strict=True)),
        )

    def _opening(self, body: Callable[[Collection[str]], Query], **options: Any) -> Any:
        """Ask; where a beginning in a phrase stands for too many words for one rule, split it and ask again.

        The server names it only in its refusal, so it is remembered. Raises QueryError when that does not help.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._ask(body(frozenset(self._opened)), **options)
            except _TooWide as error:
                named = set(_TOO_OPEN.findall(str(error))) - self._opened
                if not named:
                    break
                self._opened |= named
        raise QueryError(
            "the query is too wide for this search server: give its words with a star more letters, or leave some out"
        )

    def _ask(self, body: Query, **options: Any) -> Any:
        """Send one search. Every shard answers in time, or it raises: an answer in part would be a wrong one."""
        with said(self._client):
            try:
                answer: Any = self._client.search(
                    index=self._prefix,
                    allow_partial_search_results=False,
                    preference=self._prefix,  # the same copies of the indices for every page: others score differently
                    timeout=f"{self._timeout_ms}ms",
                    **body,
                    **options,
                ).body
            except ApiError as error:
                raise self._meant(error) from error
        if not {"timed_out", "hits"} <= answer.keys():
            raise no_answer(self._client)
        if answer["timed_out"]:
            raise self._late()
        return answer

    def _meant(self, error: ApiError) -> Exception:
        """What an error of the server means, where that is told here and not in `elastic_client`."""
        text = str(error.body)
        if error.meta.status == 404 and "index_not_found" in text:
            return BackendUnavailable(
                f"there is no search index {self._prefix!r} at {place_of(self._client)} yet: run `depesza crawl`, "
                "or `depesza index rebuild` if articles are filed"
            )
        if _TOO_WIDE.search(text):
            return _TooWide(text)
        return self._late() if "Time exceeded" in text or "search_timeout" in text else error

    def _late(self) -> BackendUnavailable:
        return BackendUnavailable(
            f"Elasticsearch at {place_of(self._client)} did not answer within {self._timeout_ms / 1000:g} s: "
            "ask for less (fewer stars, a period), or give the server more"
        )


class _TooWide(Exception):
    """The server refused a query for its number of clauses, or of words that a rule stands for."""


def _batches(ids: list[str]) -> Iterator[list[str]]:
    return (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH))


def _sort_values(key: SortKey, sort: Sort) -> list[Any]:
    if sort is Sort.MOST_COPIED:
        return [*divmod(int(key.value), COPIED_STEP), key.id]
    return [key.value if sort is Sort.RELEVANCE else int(key.value), key.id]


def _key(hit: Any) -> SortKey:
    *values, article = hit["sort"]
    return SortKey(copied_value(*values) if len(values) > 1 else values[0], article)
