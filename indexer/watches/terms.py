"""A watch's query, ready to be held against documents: words with their lemmas, and the terms of which a match must hold one.

The same parser and the same morphology as a search: a word matches an index token when the search would have put that token among
the word's forms, so a watch alerts to what its query finds. Pure but for the table of seen forms. Not here: documents (`matching`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from indexer.engine import FormTable
from indexer.expansion import Expander, spoken_languages
from indexer.nodes import And, Copies, DateRange, Everything, Filter, Node, Not, Or, Phrase, Prefix, Word
from indexer.query import parse_query
from indexer.tokens import fold_word

ANYWHERE = ("title", "lead", "text")
"""Fields of a word that names none."""

Lemma = tuple[str, str]
"""Language and lemma."""


class Term(NamedTuple):
    """What documents are looked up by: an index token, a lemma, a beginning of a word or a value of a field."""

    kind: str
    """token, lemma, prefix or value."""
    name: str
    """Language of a lemma, field of a value; "" else."""
    value: str


@dataclass(frozen=True, slots=True)
class Meant:
    """A word of a query: its own index token, or any token whose lemmas it shares."""

    own: str
    lemmas: frozenset[Lemma]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begins:
    """Words that begin so."""

    prefix: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Words that follow one another."""

    parts: tuple[Meant | Begins, ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """All of them."""

    children: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of them."""

    children: tuple[Watched, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """What the child does not match."""

    child: Watched


Watched = Meant | Begins | Row | Filter | DateRange | Copies | Everything | Every | Either | Without
"""A node of a compiled query."""


@dataclass(frozen=True, slots=True)
class WatchQuery:
    """A compiled query."""

    node: Watched
    anchors: frozenset[Term] | None
    """A matching document holds at least one of them; None: any document may match."""


class Compiler:
    """Compiles the queries of many watches; a word that several of them use is looked up once."""

    def __init__(self, forms: FormTable, now: datetime, zone: tzinfo) -> None:
        """`forms` is read as it is now: a word without diacritics may mean more once more was seen."""
        self._forms, self._now, self._zone = forms, now, zone
        self._expanders: dict[tuple[str, ...], Expander] = {}
        self._lemmas: dict[tuple[str, tuple[str, ...]], frozenset[Lemma]] = {}
        self._spoken = forms.languages()

    def compile(self, text: str) -> WatchQuery:
        """Raises QueryError for a text that a search would refuse."""
        parsed = parse_query(text).node
        node = self._node(parsed, spoken_languages(parsed) or self._spoken)
        return WatchQuery(node, _anchors(node))

    def _node(self, node: Node, languages: tuple[str, ...]) -> Watched:
        match node:
            case Word() | Prefix():
                return self._part(node, _fields(node.field), languages)
            case Phrase(parts, field):
                return Row(tuple(self._part(part, _fields(field), languages) for part in parts), _fields(field))
            case And(children):
                return Every(tuple(self._node(child, languages) for child in children))
            case Or(children):
                return Either(tuple(self._node(child, languages) for child in children))
            case Not(child):
                return Without(self._node(child, languages))
            case Filter() | DateRange() | Copies() | Everything():
                return node
        raise TypeError(f"{type(node).__name__} is no part of a parsed query")

    def _part(self, part: Word | Prefix, fields: tuple[str, ...], languages: tuple[str, ...]) -> Meant | Begins:
        if isinstance(part, Prefix):
            return Begins(fold_word(part.text), fields)
        own = fold_word(part.text)
        is_fixed = part.exact or own.isdecimal()
        return Meant(own, frozenset() if is_fixed else self._lemmas_of(part.text.lower(), languages), fields)

    def _lemmas_of(self, lower: str, languages: tuple[str, ...]) -> frozenset[Lemma]:
        key = (lower, languages)
        if key not in self._lemmas:
            expander = self._expanders.setdefault(languages, Expander(self._forms, self._now, self._zone, languages))
            self._lemmas[key] = frozenset(
                (language, lemma) for language in languages for lemma in expander.lemmas(lower, language)
            )
        return self._lemmas[key]


def _fields(field: str) -> tuple[str, ...]:
    return (field,) if field else ANYWHERE


def _anchors(node: Watched) -> frozenset[Term] | None:
    """Terms of which every match holds at least one: the fewest and rarest that can be told without a corpus."""
    match node:
        case Meant(own, lemmas):
            return frozenset({Term("token", "", own), *(Term("lemma", language, lemma) for language, lemma in lemmas)})
        case Begins(prefix):
            return frozenset({Term("prefix", "", prefix)})
        case Row(parts):
            return _best(_anchors(part) for part in parts)
        case Filter(field, value, is_prefix):
            return None if is_prefix else frozenset({Term("value", field, value)})
        case Every(children):
            return _best(_anchors(child) for child in children)
        case Either(children):
            found = [_anchors(child) for child in children]
            return None if any(one is None for one in found) else frozenset().union(*(one for one in found if one))
    return None


def _best(choices: Iterable[frozenset[Term] | None]) -> frozenset[Term] | None:
    """Words before values (a language is every second article's), long words before short ones, which are frequent."""
    known = [one for one in choices if one]
    return max(known, key=lambda terms: (not any(term.kind == "value" for term in terms), _length(terms)), default=None)


def _length(terms: frozenset[Term]) -> int:
    return min(len(term.value) for term in terms)


def by_term(queries: Mapping[str, WatchQuery]) -> dict[Term, list[str]]:
    """Term -> the watches that it makes worth a look."""
    found: dict[Term, list[str]] = {}
    for one, query in queries.items():
        for term in query.anchors or ():
            found.setdefault(term, []).append(one)
    return found
