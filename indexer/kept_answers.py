"""Answers of searches kept while the index stands as it did: the front page, a feed and a reload are asked for again and again.

Nothing kept is older than the index's last commit, and none than a minute, since `date:P7D` moves with the clock. Not here: what
an engine keeps of its counts (`engines.embedded_state`), the store.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import replace
from datetime import datetime, tzinfo

from indexer.engine import SearchEngine
from indexer.search import SearchPage, SearchRequest, search

_PAGES = 256
_HITS = 50
"""Of a page that is kept; a page of so many takes some 100 kB."""
_MINUTE_S = 60


class KeptAnswers:
    """`indexer.search.search` of one engine, from memory where it was asked already. For many threads at once."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self._when: Hashable = None
        self._pages: dict[Hashable, SearchPage] = {}

    def search(self, request: SearchRequest, now: datetime, zone: tzinfo) -> SearchPage:
        """See `indexer.search.search`; `took_ms` is what this answer took."""
        began = time.perf_counter()
        state = self._engine.state()
        if state is None:
            return search(self._engine, request, now, zone)
        pages = self._of((state, int(now.timestamp()) // _MINUTE_S))
        if page := pages.get((request, zone)):
            return replace(page, took_ms=round((time.perf_counter() - began) * 1000, 1))
        page = search(self._engine, request, now, zone)
        if len(page.hits) <= _HITS:
            if len(pages) >= _PAGES:
                pages.clear()  # what is asked often is soon there again
            pages[request, zone] = page
        return page

    def _of(self, when: Hashable) -> dict[Hashable, SearchPage]:
        """What is kept of a state and a minute. A thread that is late keeps its answer where nobody looks any more."""
        if when != self._when:
            self._when, self._pages = when, {}
        return self._pages
