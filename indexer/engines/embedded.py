"""The engine without a server: a tantivy index in the data folder (`generations` says how the folder looks).

Tantivy commits by renaming its `meta.json`, so a kill loses at most what `push` had not returned from. A rebuild fills
the next generation and puts it in the old one's place.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import tantivy

from crawler.errors import BackendUnavailable, IndexLater, full_disk
from indexer.document import Document, second_s
from indexer.engine import RELEVANCE_DEPTH, BulkResult, EngineHit, EngineRequest, EngineStatus, Sort, SortKey
from indexer.engines.embedded_schema import (
    ORDER,
    copied_value_of,
    facet_field,
    id_head,
    id_head_of,
    make_entry,
    make_schema,
    order_field,
    read_entry,
    second_of,
)
from indexer.engines.embedded_state import IndexState, Stamp, read_stamp
from indexer.engines.generations import FORMS, Generations
from indexer.engines.lock import WriteLock
from indexer.forms import SeenForms
from indexer.nodes import Node

_HEAP_BYTES = 64_000_000


class EmbeddedEngine:
    """`SearchEngine` over the folder `folder`. One process writes at a time; any number may read."""

    name = "embedded"
    in_flight = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._generations = Generations(folder)
        self._lock = WriteLock(folder / "lock")
        self._filling: str | None = None
        """The generation that a rebuild fills; None follows the one in use."""
        self._read: IndexState | None = None
        self._seen: tuple[str, SeenForms] | None = None

    @property
    def forms(self) -> SeenForms:
        """See SearchEngine."""
        generation = self._generation() or self._generations.next_name()
        if self._seen is None or self._seen[0] != generation:
            if self._seen is not None:
                self._seen[1].close()
            exists = generation in (self._filling, self._generations.in_use())
            self._seen = generation, SeenForms(self._folder / generation / FORMS, must_exist=exists)
        return self._seen[1]

    def create(self) -> bool:
        """See SearchEngine. Raises IndexLater while another process writes."""
        with self._lock.held(), self._said():
            is_missing = self._generation() is None
            self._open(self._generation() or self._first())
        return is_missing

    def push(self, documents: Sequence[Document]) -> BulkResult:
        """See SearchEngine. Raises IndexLater while another process writes or the disk is full."""
        with self._lock.held(), self._said():
            index = self._open(self._generation() or self._first())
            result = self._write(index, documents)
            index.reload()
            return result

    def refresh(self) -> None:
        """See SearchEngine. Nothing to do: what `push` committed is found by the next question."""

    def search(self, request: EngineRequest) -> list[EngineHit]:
        """See SearchEngine."""
        with self._said():
            state = self._state()
            searcher, builder = state.searcher, state.builder
            query = builder.narrowed(state.query(request.query), request.without_stories)
            if request.sort is Sort.RELEVANCE:
                return _by_relevance(searcher, query, request)
            if request.after is not None:
                query = builder.narrowed(query, bounds=builder.below(request.after, request.sort))
            order = tantivy.Order.Asc if request.sort is Sort.OLDEST else tantivy.Order.Desc
            column = order_field(request.sort)
            hits = searcher.search(query, limit=request.limit, count=False, order_by_field=column, order=order).hits
            value_of = copied_value_of if request.sort is Sort.MOST_COPIED else second_of
            return [_hit(searcher, address, value_of(number)) for number, address in hits]

    def count(self, query: Node) -> int:
        """See SearchEngine."""
        with self._said():
            return self._state().extent(query).articles

    def period(self, query: Node) -> tuple[datetime, datetime] | None:
        """See SearchEngine."""
        with self._said():
            found = self._state().extent(query)
        if found.first_s is None or found.last_s is None:
            return None
        return datetime.fromtimestamp(found.first_s, UTC), datetime.fromtimestamp(found.last_s, UTC)

    def state(self) -> Stamp:
        """See SearchEngine."""
        with self._said():
            return self._state().stamp

    def stories_before(self, request: EngineRequest, place: SortKey, stories: Collection[str]) -> frozenset[str]:
        """See SearchEngine."""
        with self._said():
            state = self._state()
            searcher, builder, query = state.searcher, state.builder, state.query(request.query)
            if request.sort is Sort.RELEVANCE:
                found = (
                    one
                    for one in stories
                    if _has_better(searcher, builder.narrowed(query, bounds=builder.of_stories([one])), place)
                )
                return frozenset(found)
            query = builder.narrowed(query, bounds=builder.below(place, request.sort, above=True))
            query = builder.narrowed(query, bounds=builder.of_stories(stories))
            return frozenset(value for value, _ in _counted(searcher, query, "story", len(stories) or 1)) & frozenset(stories)

    def facets(self, query: Node, fields: Sequence[str], size: int = 20) -> dict[str, list[tuple[str, int]]]:
        """See SearchEngine."""
        with self._said():
            counted = self._state().extent(query, {name: facet_field(name) for name in fields}, max(200, 4 * size)).values
        return {name: sorted(counted[name], key=lambda row: (-row[1], row[0]))[:size] for name in fields}

    def histogram(self, query: Node, edges: Sequence[datetime]) -> list[int]:
        """See SearchEngine."""
        seconds = [second_s(edge) for edge in edges]
        ranges = [{"from": low, "to": high} for low, high in pairwise(seconds)]
        if not ranges:
            return []
        with self._said():
            state = self._state()
            asked = {"periods": {"range": {"field": "published", "ranges": ranges}}}
            found = state.kept(("histogram", query, tuple(seconds)), lambda: state.searcher.aggregate(state.query(query), asked))
        counts = {bucket.get("from"): int(bucket["doc_count"]) for bucket in found["periods"]["buckets"]}
        return [counts[low] for low in seconds[:-1]]

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """See SearchEngine."""
        with self._said():
            return _stored(self._state().searcher, ids)

    def status(self) -> EngineStatus:
        """See SearchEngine."""
        generation = self._generation()
        if generation is None:
            return EngineStatus(engine=self.name, where=str(self._folder), documents=0, size_bytes=0, document_version=None)
        with self._said():
            searcher = self._state(generation).searcher
            months = _by_month(searcher)
        return EngineStatus(
            engine=self.name,
            where=str(self._folder / generation),
            documents=searcher.num_docs,
            size_bytes=self._generations.size_bytes(generation),
            document_version=self._generations.version(generation),
            generation=generation,
            parts=months,
        )

    def retire(self, before: datetime) -> int:
        """See SearchEngine. Raises IndexLater while another process writes."""
        generation = self._generation()
        if generation is None:
            return 0
        with self._lock.held(), self._said():
            index = self._open(generation)
            query = tantivy.Query.range_query(
                index.schema, "first_seen", tantivy.FieldType.Integer, None, second_s(before), True, False
            )
            count = int(index.searcher().search(query, limit=1).count)
            if count:
                writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
                writer.delete_documents_by_query(query)
                writer.commit()
                writer.wait_merging_threads()
                index.reload()
        return count

    def begin_rebuild(self) -> EmbeddedEngine:
        """See SearchEngine. Other processes' pushes wait (IndexLater) until it is finished or closed."""
        fresh = EmbeddedEngine(self._folder)
        fresh._lock.take()
        self._generations.drop_unused()
        fresh._filling = fresh._start(self._generations.next_name())
        return fresh

    def finish_rebuild(self) -> None:
        """See SearchEngine."""
        assert self._filling, "only what begin_rebuild returned can be finished"
        self._generations.use(self._filling)
        self._filling = None
        self._lock.release()

    def close(self) -> None:
        """Give back the files; an unfinished rebuild is given up."""
        if self._seen is not None:
            self._seen[1].close()
        self._seen = self._read = None
        self._lock.release()

    def _first(self) -> str:
        generation = self._start(self._generations.next_name())
        self._generations.use(generation)
        return generation

    def _start(self, generation: str) -> str:
        """An empty generation, not yet in use."""
        folder = self._generations.start(generation)
        forms = SeenForms(folder / FORMS)
        forms.create()
        forms.close()
        tantivy.Index(make_schema(), path=str(folder))
        return generation

    def _write(self, index: Any, documents: Sequence[Document]) -> BulkResult:
        kept = _stored(index.searcher(), [str(document.get("id")) for document in documents])
        versions: dict[str, int] = {one: document["index_version"] for one, document in kept.items()}
        batch = _Batch(versions)
        for document in documents:
            batch.take(document)
        try:
            writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            for one, entry in batch.entries.items():
                writer.delete_documents_by_term("id", one)
                writer.add_document(entry)
            writer.commit()
            writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            said = full_disk(self._folder, error) or f"the search index {self._folder} could not be written: {error}"
            raise IndexLater(said) from error
        return BulkResult(written=frozenset(batch.entries), already=frozenset(batch.already), rejected=batch.rejected)

    def _state(self, generation: str | None = None) -> IndexState:
        """The index as it is now: the one read last unless something was committed since."""
        generation = generation or self._generation()
        if generation is None:
            raise BackendUnavailable(
                f"there is no search index at {self._folder} yet: run `depesza crawl`, or `depesza index rebuild` if articles are filed"
            )
        state = self._read
        if state is None or state.stamp[0] != generation:
            self._generations.check_version(generation)
            stamp = read_stamp(self._folder, generation)
            self._read = state = IndexState(stamp, tantivy.Index.open(str(self._folder / generation)))
        elif (stamp := read_stamp(self._folder, generation)) != state.stamp:
            state.index.reload()
            self._read = state = IndexState(stamp, state.index)
        return state

    def _open(self, generation: str) -> Any:
        return self._state(generation).index

    def _generation(self) -> str | None:
        generation = self._filling or self._generations.in_use()
        folder = self._folder / (generation or "")
        if generation and os.access(folder, os.F_OK) and not os.access(folder, os.W_OK):
            raise BackendUnavailable(
                f"the search index {self._folder} is not writable for this user, and a search too takes a lock in it: "
                "permit it, or search a copy of the data folder (--data-dir)"
            )
        return generation

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """Turn tantivy's errors on damaged files (ValueError, OSError, a Rust panic) into ours."""
        try:
            yield
        except BaseException as error:
            if not isinstance(error, ValueError | OSError) and type(error).__name__ != "PanicException":
                raise
            if full := full_disk(self._folder, error):
                raise IndexLater(full) from error
            said = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise BackendUnavailable(
                f"the search index {self._folder} is damaged ({said}): run `depesza index rebuild`"
            ) from error


class _Batch:
    """Documents on their way into the index, sorted by what becomes of them."""

    def __init__(self, versions: dict[str, int]) -> None:
        """`versions`: what the index has."""
        self._schema = make_schema()
        self._versions = versions
        self.entries: dict[str, Any] = {}
        self.already: set[str] = set()
        self.rejected: dict[str, str] = {}

    def take(self, document: Document) -> None:
        """Sort one document. A newer version in the same batch replaces an older one."""
        one = str(document.get("id"))
        try:
            entry = make_entry(document, self._schema)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if one not in self.entries and one not in self.already:
                self.rejected[one] = f"{type(error).__name__}: {error}"
            return
        self.rejected.pop(one, None)
        if self._versions.get(one, -1) < document["index_version"]:
            self._versions[one] = document["index_version"]
            self.entries[one] = entry
            self.already.discard(one)
        elif one not in self.entries:
            self.already.add(one)


def _by_relevance(searcher: Any, query: Any, request: EngineRequest) -> list[EngineHit]:
    hits = searcher.search(query, limit=RELEVANCE_DEPTH, count=False).hits
    place = None if request.after is None else (request.after.value, id_head(request.after.id))
    found: list[tuple[float, Any]] = []
    for score, ties in groupby(hits, key=itemgetter(0)):  # only as far as needed: a column of 10,000 takes longer than the search
        if place is not None and score > place[0]:
            continue
        addresses = [address for _, address in ties]
        heads = map(id_head_of, searcher.fast_field_values(ORDER, addresses))
        rows = sorted(zip(heads, addresses, strict=True), key=itemgetter(0), reverse=True)
        found += [(score, address) for head, address in rows if place is None or (score, head) < place]
        if len(found) >= request.limit:
            break
    return [_hit(searcher, address, score) for score, address in found[: request.limit]]


def _has_better(searcher: Any, query: Any, place: SortKey) -> bool:
    hits = searcher.search(query, limit=RELEVANCE_DEPTH, count=False).hits
    if not hits or hits[0][0] != place.value:
        return bool(hits) and hits[0][0] > place.value
    ties = [address for score, address in hits if score == place.value]
    return any(id_head_of(number) > id_head(place.id) for number in searcher.fast_field_values(ORDER, ties))


def _hit(searcher: Any, address: Any, value: float) -> EngineHit:
    document = read_entry(searcher.doc(address))
    return EngineHit(document, SortKey(value, document["id"]))


def _counted(searcher: Any, query: Any, field: str, size: int) -> list[tuple[str, int]]:
    found = searcher.aggregate(query, {"values": {"terms": {"field": field, "size": size, "segment_size": size}}})
    return [(bucket["key"], int(bucket["doc_count"])) for bucket in found["values"]["buckets"]]


def _by_month(searcher: Any) -> dict[str, int]:
    if not searcher.num_docs:
        return {}
    ends = {name: {name: {"field": "first_seen"}} for name in ("min", "max")}
    found = searcher.aggregate(tantivy.Query.all_query(), ends)
    first, last = (datetime.fromtimestamp(found[name]["value"], UTC) for name in ("min", "max"))
    months = [
        datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)
        for count in range(12 * first.year + first.month - 1, 12 * last.year + last.month + 1)
    ]
    ranges = [{"key": f"{low:%Y-%m}", "from": second_s(low), "to": second_s(high)} for low, high in pairwise(months)]
    asked = {"months": {"range": {"field": "first_seen", "ranges": ranges}}}
    buckets = searcher.aggregate(tantivy.Query.all_query(), asked)["months"]["buckets"]
    return {bucket["key"]: int(bucket["doc_count"]) for bucket in buckets if bucket["doc_count"]}


def _stored(searcher: Any, ids: Sequence[str]) -> dict[str, Document]:
    if not ids or not searcher.num_docs:
        return {}
    query = tantivy.Query.term_set_query(make_schema(), "id", sorted(set(ids)))
    hits = searcher.search(query, limit=len(set(ids)), count=False, order_by_field=ORDER).hits
    return {hit.document["id"]: hit.document for hit in (_hit(searcher, address, 0) for _, address in hits)}
