"""Documents against all watches in one pass. Pure but for the table of seen forms.

A document's words are looked up among the terms that watches ask for; only the watches found so are held against it whole. So
the work grows with the words of the documents and with the matches, hardly with the number of watches
(`tests/indexer/watches/measure_matching.py`). Not here: which documents (`noting`), what a match leads to (`delivering`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from indexer.dates import read_period
from indexer.document import WORD_FIELDS, Document, keywords, search_words
from indexer.engine import FormTable
from indexer.nodes import Copies, DateRange, Everything, Filter
from indexer.watches.terms import Begins, Either, Every, Lemma, Meant, Row, Term, Watched, WatchQuery, Without, by_term


@dataclass(slots=True)
class Read:
    """One document as matching asks it."""

    document: Document
    words: Mapping[str, list[str]]
    """Index tokens in their order, by field of WORD_FIELDS."""
    values: Mapping[str, tuple[str, ...]]
    """Folded values by keyword field."""
    meanings: Mapping[str, frozenset[Lemma]]
    """Token -> the lemmas it may belong to."""
    tokens: dict[str, frozenset[str]] = field(init=False)
    lemmas: dict[str, frozenset[Lemma]] = field(init=False)
    """By field."""

    def __post_init__(self) -> None:
        self.tokens = {name: frozenset(words) for name, words in self.words.items()}
        nothing: frozenset[Lemma] = frozenset()
        self.lemmas = {
            name: nothing.union(*(self.meanings.get(token, nothing) for token in tokens)) for name, tokens in self.tokens.items()
        }


class Matcher:
    """All watches of a moment."""

    def __init__(self, queries: Mapping[str, WatchQuery], zone: tzinfo) -> None:
        """`queries` by watch. `zone`: where the days of `date:` begin."""
        self._queries, self._zone = queries, zone
        self._by_term = by_term(queries)
        self._always = [one for one, query in queries.items() if query.anchors is None]
        self._prefix_lengths = sorted({len(term.value) for term in self._by_term if term.kind == "prefix"})

    def match(self, documents: Sequence[Document], forms: FormTable, now: datetime) -> list[tuple[str, Document]]:
        """(watch, document) of every match, in the order of the documents."""
        if not self._queries or not documents:
            return []
        split = [{name: text.split() for name, text in search_words(document).items()} for document in documents]
        meanings = _meanings({token for words in split for tokens in words.values() for token in tokens}, forms)
        found = []
        for document, words in zip(documents, split, strict=True):
            read = Read(document, {name: words.get(name, []) for name in WORD_FIELDS}, keywords(document), meanings)
            found += [(one, document) for one in self._candidates(read) if self._holds(self._queries[one].node, read, now)]
        return found

    def _candidates(self, read: Read) -> list[str]:
        """Watches of which the document holds a term, and those that have none."""
        found = set(self._always)
        for term in self._terms(read):
            found.update(self._by_term.get(term, ()))
        return sorted(found)

    def _terms(self, read: Read) -> Iterator[Term]:
        tokens = frozenset().union(*read.tokens.values())
        for token in tokens:
            yield Term("token", "", token)
            for length in self._prefix_lengths:
                if length > len(token):
                    break
                yield Term("prefix", "", token[:length])
        for language, lemma in frozenset().union(*read.lemmas.values()):
            yield Term("lemma", language, lemma)
        for name, values in read.values.items():
            for value in values:
                yield Term("value", name, value)

    def _holds(self, node: Watched, read: Read, now: datetime) -> bool:
        match node:
            case Meant(fields=fields) | Begins(fields=fields):
                return any(_is_in(node, read, name) for name in fields)
            case Row(parts, fields):
                return any(
                    all(_is_in(part, read, name) for part in parts)  # cheap, and mostly the end of it
                    and _stands(parts, read.words[name], read.meanings)
                    for name in fields
                )
            case Filter(name, value, is_prefix):
                values = read.values[name]
                return any(one.startswith(value) for one in values) if is_prefix else value in values
            case DateRange(text):
                period = read_period(text, now, self._zone)
                published = datetime.fromisoformat(read.document["published_at"])
                return (period.start is None or published >= period.start) and (period.end is None or published < period.end)
            case Copies(least, most):
                copies: int = read.document["copies"]
                return (least is None or copies >= least) and (most is None or copies <= most)
            case Everything():
                return True
            case Every(children):
                return all(self._holds(child, read, now) for child in children)
            case Either(children):
                return any(self._holds(child, read, now) for child in children)
            case Without(child):
                return not self._holds(child, read, now)


def _meanings(tokens: Collection[str], forms: FormTable) -> dict[str, frozenset[Lemma]]:
    found: dict[str, set[Lemma]] = {}
    for language in forms.languages():
        for token, lemma in forms.lemmas_of(tokens, language):
            found.setdefault(token, set()).add((language, lemma))
    return {token: frozenset(lemmas) for token, lemmas in found.items()}


def _is_in(part: Meant | Begins, read: Read, field: str) -> bool:
    """A word that is meant stands in a field."""
    if isinstance(part, Begins):
        return any(token.startswith(part.prefix) for token in read.tokens[field])
    return part.own in read.tokens[field] or not part.lemmas.isdisjoint(read.lemmas[field])


def _stands(parts: Sequence[Meant | Begins], words: Sequence[str], meanings: Mapping[str, frozenset[Lemma]]) -> bool:
    """The parts follow one another somewhere in `words`."""
    return any(
        all(_is(part, words[start + place], meanings) for place, part in enumerate(parts))
        for start in range(len(words) - len(parts) + 1)
    )


def _is(part: Meant | Begins, token: str, meanings: Mapping[str, frozenset[Lemma]]) -> bool:
    if isinstance(part, Begins):
        return token.startswith(part.prefix)
    return token == part.own or not part.lemmas.isdisjoint(meanings.get(token, frozenset()))
