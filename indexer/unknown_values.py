"""What an empty answer is owed to: a value that no article has ("outlet:kresyy"), with the one that may have been meant.

Asked only when nothing was found, since it costs a count a value. Not here: what of a query cannot be read (`query`).
"""

from __future__ import annotations

from collections.abc import Iterator

from crawler.settings import suggestion
from indexer.engine import SearchEngine
from indexer.nodes import And, Everything, Filter, Node, Not, Or

_NAMED = ("outlet", "agency", "language", "country", "group", "role")
"""Fields with few values, so that a wrong one is a slip of the pen; of tags and stories there are too many to tell."""
_AT_MOST = 8
"""Values looked up for one query."""
_KNOWN = 5_000
"""Values of a field that a suggestion is chosen from."""


def unknown_values(engine: SearchEngine, node: Node) -> tuple[str, ...]:
    """One sentence a value of `node` that no article has."""
    hints = []
    for one in list(dict.fromkeys(_filters(node)))[:_AT_MOST]:
        if engine.count(one) == 0:
            known = [value for value, _ in engine.facets(Everything(), (one.field,), size=_KNOWN)[one.field]]
            hints.append(f"No article has the {one.field} {one.value!r}{suggestion(one.value, known)}.")
    return tuple(hints)


def _filters(node: Node) -> Iterator[Filter]:
    match node:
        case Filter(field, _, is_prefix) if field in _NAMED and not is_prefix:
            yield node
        case And(children) | Or(children):
            for child in children:
                yield from _filters(child)
        case Not(child):
            yield from _filters(child)
