"""One state of the embedded index as searches read it: what is asked again within it is answered from memory.

A state lasts until the next commit or the next generation, so nothing in it is ever old. A page of results asks for hits, their
number, facets and a histogram of one query: the query is built once for all of them. Not here: the questions (`embedded`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from indexer.engines.embedded_query import QueryBuilder
from indexer.nodes import Node

T = TypeVar("T")
Stamp = tuple[str, int, int, int]
"""Generation, and inode, time (ns) and size of its meta.json, which tantivy puts in the old one's place with each commit."""
_KEPT = 512
"""Answers kept; each is a number or some hundred of them."""


def read_stamp(folder: Path, generation: str) -> Stamp:
    """What tells one state from another: a tenth of the time that opening it anew takes. Raises OSError when it is missing."""
    found = (folder / generation / "meta.json").stat()
    return generation, found.st_ino, found.st_mtime_ns, found.st_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What there is of a query."""

    articles: int
    first_s: int | None
    """The first second of publication; None for no articles."""
    last_s: int | None
    values: Mapping[str, list[tuple[str, int]]]
    """Articles per value of what was counted."""


class IndexState:
    """A searcher with its builder of queries."""

    def __init__(self, stamp: Stamp, index: Any) -> None:
        """`index` was loaded after `stamp` was read: a commit between the two makes the next question look again."""
        self.stamp = stamp
        self.index = index
        self.searcher = index.searcher()
        self.builder = QueryBuilder(index.schema, self.searcher)
        self._kept: dict[Hashable, object] = {}

    def query(self, node: Node) -> Any:
        """The query of an expanded tree."""
        return self.kept(("query", node), lambda: self.builder.build(node))

    def kept(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What was answered before, or what `ask` answers now. Two threads may ask at once; either answer is right."""
        if key not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept = {}
            found = ask()
            self._kept[key] = found
            return found
        return cast(T, self._kept[key])

    def extent(self, node: Node, facets: Mapping[str, str] | None = None, size: int = 0) -> Extent:
        """What is counted of a tree's hits, in one walk through them. `facets`: name -> column of at most `size` values."""
        counted = tuple((facets or {}).items())
        found = self.kept(("extent", node, counted, size), lambda: self._count(node, counted, size))
        self._kept.setdefault(("extent", node, (), 0), found)
        return found

    def _count(self, node: Node, facets: tuple[tuple[str, str], ...], size: int) -> Extent:
        asked: dict[str, Any] = {
            f"facet {name}": {"terms": {"field": column, "size": size, "segment_size": size}} for name, column in facets
        }
        found = self.searcher.aggregate(self.query(node), {"when": {"stats": {"field": "published"}}, **asked})
        when = found["when"]
        return Extent(
            articles=int(when["count"]),
            first_s=None if when["min"] is None else int(when["min"]),
            last_s=None if when["max"] is None else int(when["max"]),
            values={
                name: [(one["key"], int(one["doc_count"])) for one in found[f"facet {name}"]["buckets"]] for name, _ in facets
            },
        )
