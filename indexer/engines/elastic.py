"""The engine for a team and for growth: an Elasticsearch cluster behind `SearchEngine`.

It joins the indices (`elastic_indices`), the writing (`elastic_bulk`) and the questions (`elastic_search`); the forms stand in
the store, which the machines share anyway. Nothing connects before the first use.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

from crawler.errors import BackendUnavailable, DepeszaError
from indexer.config import IndexerSettings
from indexer.document import Document
from indexer.engine import BulkResult, EngineHit, EngineRequest, EngineStatus, FormTable, Sort, SortKey
from indexer.engines.elastic_bulk import Answers, BulkSender, Item, joined, make_items
from indexer.engines.elastic_client import make_client, place, said
from indexer.engines.elastic_indices import ElasticIndices
from indexer.engines.elastic_layout import read_layout
from indexer.engines.elastic_search import ElasticSearcher
from indexer.engines.elastic_status import elastic_status
from indexer.nodes import Node


class ElasticEngine:
    """`SearchEngine` over a cluster. `push` may run in several threads, and in several processes."""

    name = "elasticsearch"
    in_flight = 2

    def __init__(self, settings: IndexerSettings, forms: Callable[[], FormTable]) -> None:
        """`forms` opens the table of seen forms, at the first use; `close` closes it if it has a `close`."""
        self._client = make_client(settings)
        self._indices = ElasticIndices(self._client, settings.index, settings.kibana_polish)
        self._searcher = ElasticSearcher(self._client, settings.index)
        self._sender = BulkSender(self._client)
        self._forms = _Forms(forms)
        self._was_there = False
        """Whether the index was there when last looked at. One that goes afterwards is not made by `push`: it would lack all
        that was acknowledged before. `status` notices, and `push_pending` sends every article again."""

    @property
    def forms(self) -> FormTable:
        """See SearchEngine."""
        return self._forms.table()

    def push(self, documents: Sequence[Document]) -> BulkResult:
        """See SearchEngine. While a rebuild runs, a document goes to both generations."""
        items, rejected = make_items(documents)
        if not items:
            return BulkResult(rejected=rejected)
        answers = self._write_everywhere(items)
        if any(one.missing for one in answers):  # a generation went meanwhile: once more, to those that are there now
            answers = self._write_everywhere(items)
        return joined(answers, rejected)

    def refresh(self) -> None:
        """See SearchEngine."""
        self._indices.refresh()

    def search(self, request: EngineRequest) -> list[EngineHit]:
        """See SearchEngine."""
        return self._searcher.search(request)

    def count(self, query: Node) -> int:
        """See SearchEngine."""
        return self._searcher.count(query)

    def period(self, query: Node) -> tuple[datetime, datetime] | None:
        """See SearchEngine."""
        found = [self.search(EngineRequest(query=query, sort=sort, limit=1)) for sort in (Sort.OLDEST, Sort.NEWEST)]
        if not all(found):
            return None
        first, last = (datetime.fromtimestamp(hits[0].key.value, UTC) for hits in found)
        return first, last

    def state(self) -> None:
        """See SearchEngine: other machines push too."""

    def stories_before(self, request: EngineRequest, place: SortKey, stories: Collection[str]) -> frozenset[str]:
        """See SearchEngine."""
        return self._searcher.stories_before(request, place, stories)

    def facets(self, query: Node, fields: Sequence[str], size: int = 20) -> dict[str, list[tuple[str, int]]]:
        """See SearchEngine."""
        return self._searcher.facets(query, fields, size)

    def histogram(self, query: Node, edges: Sequence[datetime]) -> list[int]:
        """See SearchEngine."""
        return self._searcher.histogram(query, edges)

    def documents(self, ids: Sequence[str]) -> dict[str, Document]:
        """See SearchEngine."""
        return self._searcher.documents(ids)

    def status(self) -> EngineStatus:
        """See SearchEngine."""
        with said(self._client):
            layout = read_layout(self._client, self._indices.names, in_full=True)
            self._was_there = layout.in_use is not None
            return elastic_status(self._client, layout, f"{place(self._client)}/{layout.names.prefix}")

    def create(self) -> bool:
        """Make template, base index and alias, or what is missing of them; returns whether anything was.

        Only needed where those who push may not do so: `push` does it, too.
        """
        return self._indices.prepare()

    def begin_rebuild(self) -> ElasticEngine:
        """See SearchEngine. Its caller sees to it that there is one rebuild at a time: a second gives the first one up."""
        return _Filling(self, self._indices.begin())

    def finish_rebuild(self) -> None:
        """See SearchEngine."""
        raise AssertionError("only what begin_rebuild returned can be finished")

    def retire(self, before: datetime) -> int:
        """See SearchEngine. Searches that read a month are waited for, ten seconds at most."""
        return self._indices.retire(before)

    def close(self) -> None:
        """See SearchEngine."""
        self._forms.close()
        self._client.close()

    def _write_everywhere(self, items: Sequence[Item]) -> list[Answers]:
        targets = self._indices.targets(may_make=not self._was_there)
        self._was_there = True
        return [self._write(items, generation) for generation in targets]

    def _write(self, items: Sequence[Item], generation: int) -> Answers:
        """Send to a generation, and once more those whose month had to be made."""
        names = self._indices.names

        def alias(month: datetime) -> str:
            return names.write(names.month(generation, month))

        answers = self._sender.send(items, alias)
        if answers.missing:
            months = sorted({item.month for item in answers.missing})
            if all(self._indices.ensure_month(generation, month) for month in months):
                answers.add(self._sender.send(answers.missing, alias))
        return answers


class _Filling(ElasticEngine):
    """The generation that a rebuild fills, over the connections of the engine that began it."""

    def __init__(self, engine: ElasticEngine, generation: int) -> None:
        self._client, self._indices, self._sender, self._forms = engine._client, engine._indices, engine._sender, engine._forms
        self._searcher = ElasticSearcher(engine._client, engine._indices.names.filling)
        self._generation: int | None = generation

    def push(self, documents: Sequence[Document]) -> BulkResult:
        """See SearchEngine."""
        assert self._generation is not None, "the rebuild is finished"
        items, rejected = make_items(documents)
        answers = self._write(items, self._generation)
        if answers.missing:
            raise BackendUnavailable("another rebuild began and gave this one up")
        return joined([answers], rejected)

    def refresh(self) -> None:
        """See SearchEngine."""
        self._indices.refresh(self._generation)

    def finish_rebuild(self) -> None:
        """See SearchEngine. May be called again after an error."""
        assert self._generation is not None, "the rebuild is finished"
        self._indices.refresh(self._generation)
        self._indices.finish(self._generation)
        self._generation = None

    def close(self) -> None:
        """Give up the rebuild unless it is finished. What cannot be dropped now, the next rebuild drops."""
        if self._generation is not None:
            with contextlib.suppress(DepeszaError):
                self._indices.drop(self._generation)
        self._generation = None


class _Forms:
    """A table that is opened once, at the first use, by whichever thread comes first."""

    def __init__(self, open_table: Callable[[], FormTable]) -> None:
        self._open = open_table
        self._lock = threading.Lock()
        self._table: FormTable | None = None

    def table(self) -> FormTable:
        with self._lock:
            if self._table is None:
                self._table = self._open()
            return self._table

    def close(self) -> None:
        with self._lock:
            closing = getattr(self._table, "close", None)
            self._table = None
        if closing:
            closing()
