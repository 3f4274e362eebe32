"""A query as a reader's filters: which stand in it, what it is without one, what it is with one more. Pure; no page.

Filters live in the query text itself, so that an address, a feed, a watch and the command line say the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from indexer.nodes import And, Copies, DateRange, Everything, Filter, Node, Not, Or, Phrase, Prefix, Word, render
from indexer.query import SearchQuery, parse_query

_PLAIN = re.compile(r"\w[\w.-]*")
_QUOTES = re.compile(r'["„”“‟«»]')
_OPERATORS = ("AND", "OR", "NOT")
_PROBE = "outlet:x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One condition of a query that is more than a word."""

    field: str
    value: str
    is_negated: bool
    without: str
    """The query that is left when it is taken away."""


def chips(query: SearchQuery) -> list[Chip]:
    """The conditions at the top of a query that a reader may take away one by one."""
    parts = _parts(query.node)
    found = []
    for number, part in enumerate(parts):
        told = _told(part.child if isinstance(part, Not) else part)
        if told:
            rest = _joined([*parts[:number], *parts[number + 1 :]])
            found.append(Chip(field=told[0], value=told[1], is_negated=isinstance(part, Not), without=rest))
    return found


@lru_cache(maxsize=4096)
def condition(field: str, value: str) -> str | None:
    """What asks for a value of a facet, as a piece of query; None for a value that no query can ask for."""
    value = " ".join(_QUOTES.sub(" ", value).split())
    plain = _PLAIN.fullmatch(value) and value not in _OPERATORS
    text = f"{field}:{'=' if field == 'section' else ''}{value if plain else _quoted(value)}"
    return text if value and not isinstance(_node(text), Everything) else None


def narrowed(query: SearchQuery, piece: str) -> str:
    """The query with one condition more."""
    return f"{_open_end(query.text)} {piece}".strip()


def holds(query: SearchQuery, piece: str) -> bool:
    """Whether the condition stands at the top of the query already."""
    return _node(piece) in _parts(query.node)


def without(query: SearchQuery, piece: str) -> str:
    """The query less that condition."""
    unwanted = _node(piece)
    return _joined([part for part in _parts(query.node) if part != unwanted])


def dated(query: SearchQuery, period: str) -> str:
    """The query over a period ("2026-11", "2026-11-01..2026-11-24", "P7D"; "" for any time) instead of the ones it names."""
    rest = [part for part in _parts(query.node) if not isinstance(part, DateRange)]
    is_changed = bool(query.hints) or len(rest) < len(_parts(query.node))
    bare = parse_query(_joined(rest)) if is_changed else query
    return narrowed(bare, f"date:{period}") if period else bare.text


def period(query: SearchQuery) -> str | None:
    """The text of the only date that the query names at its top."""
    found = [part.text for part in _parts(query.node) if isinstance(part, DateRange)]
    return found[0] if len(found) == 1 else None


@lru_cache(maxsize=256)
def _open_end(text: str) -> str:
    """A query to which conditions may be added: as typed where what is added stands beside all of it, else written anew."""
    query = parse_query(text)
    parts = _parts(query.node)
    is_open = not query.hints and _parts(parse_query(f"{text} {_PROBE}").node) == (*parts, _node(_PROBE))
    return query.text if is_open else _joined(parts)


@lru_cache(maxsize=4096)
def _node(piece: str) -> Node:
    return parse_query(piece).node


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Everything):
        return ()
    return node.children if isinstance(node, And) else (node,)


def _told(part: Node) -> tuple[str, str] | None:
    """(field, value) of a condition."""
    match part:
        case Filter(field, value, is_prefix):
            return field, value + "*" * is_prefix
        case DateRange(text):
            return "date", text
        case Copies():
            return "copies", render(part).partition(":")[2]
        case Word(_, field) | Prefix(_, field) | Phrase(_, field) if field:
            return field, _shown(part).partition(":")[2].lstrip("=").strip('"')
    return None


def _joined(parts: Sequence[Node]) -> str:
    """Conditions beside one another: what is typed by hand, "AND" left out."""
    return " ".join(_shown(part) for part in parts)


def _shown(part: Node) -> str:
    match part:
        case Not(child):
            return f"-{_shown(child)}"
        case Or() | And():
            return f"({render(part)})"
        case Filter(field, value, is_prefix) if _PLAIN.fullmatch(value) and value.upper() not in _OPERATORS:
            return f"{field}:{value}" + "*" * is_prefix
    return render(part)


def _quoted(text: str) -> str:
    return f'"{text}"'
