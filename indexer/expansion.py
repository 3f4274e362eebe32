"""A parsed query becomes an expanded one: each word stands for the seen forms that share a lemma with it.

Engine-free and pure but for the table of seen forms. The rules for Polish and their figures are in indexer/README.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from indexer.dates import read_period
from indexer.engine import FormTable
from indexer.morphology import Reading, known_polish, readings
from indexer.nodes import And, AnyOf, DateRange, Filter, Node, Not, Or, Phrase, Prefix, Sequence, Word
from indexer.tokens import fold_word

WORD_LIMIT = 256
"""Forms that one word may stand for."""
QUERY_LIMIT = 1_024
"""Forms of a whole query, a word that stands in it twice counted twice (a search server's clause limit is a few thousand)."""


@dataclass(slots=True)
class Expander:
    """Expands one query; keeps what it expanded, for people and for highlights."""

    forms: FormTable
    now: datetime
    zone: tzinfo
    languages: tuple[str, ...] = ()
    """Languages whose inflection counts; () means all that were seen."""
    expansion: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Word as typed -> the forms it stood for, its own first."""
    is_cut: bool = False
    """A word or the query had more forms than allowed."""
    _left: int = QUERY_LIMIT

    def expand(self, node: Node) -> Node:
        """The tree that engines read."""
        match node:
            case Word():
                return AnyOf(self._forms(node), node.field)
            case Prefix(text, name):
                return Prefix(fold_word(text), name)
            case Phrase(parts, name):
                return Sequence(tuple(self._part(part) for part in parts), name)
            case DateRange(text):
                return read_period(text, self.now, self.zone)
            case And(children):
                return And(tuple(self.expand(child) for child in children))
            case Or(children):
                return Or(tuple(self.expand(child) for child in children))
            case Not(child):
                return Not(self.expand(child))
        return node

    def _part(self, part: Word | Prefix) -> AnyOf | Prefix:
        return Prefix(fold_word(part.text)) if isinstance(part, Prefix) else AnyOf(self._forms(part))

    def _forms(self, word: Word) -> tuple[str, ...]:
        own = fold_word(word.text)
        if word.exact or own.isdecimal():
            return (own,)
        known = self.expansion.get(word.text)
        others = known[1:] if known else sorted(self._related(word.text) - {own}, key=lambda form: (len(form), form))
        limit = max(0, min(WORD_LIMIT, self._left) - 1)
        self.is_cut = self.is_cut or len(others) > limit
        found = (own, *others[:limit])
        self._left -= len(found)
        self.expansion.setdefault(word.text, found)
        return found

    def _related(self, word: str) -> set[str]:
        related: set[str] = set()
        for language in self.languages or self.forms.languages():
            related |= self.forms.forms(self.lemmas(word.lower(), language), language)
        return related

    def lemmas(self, lower: str, language: str) -> set[str]:
        """Lemmas of a query word: its own readings and, when typed without diacritics, those of what it may stand for.

        The dictionaries are asked only for what the table of seen forms cannot tell, since loading one costs a cold
        search a tenth of a second: morfeusz2 for a word not seen, the stemmer for one that is no known word's base either.
        """
        own = fold_word(lower)
        seen = self.forms.readings(own, language)
        known: frozenset[Reading] = seen.get(lower) or (known_polish(lower) if language == "pl" else frozenset())
        bases: frozenset[str] = frozenset()
        if lower == own or not known:
            bases = self.forms.bases(own, language)
        lemmas = _asked_for(known, {lower})
        if bases or lower == own or not known:
            lemmas |= _asked_for(known.union(*seen.values(), map(Reading, bases)), {lower, *bases})
        if not lemmas and language == "pl":
            lemmas = _asked_for(readings(lower, language), {lower})
        return lemmas


def spoken_languages(node: Node) -> tuple[str, ...]:
    """The languages that a query asks for at its top ("language:pl ..."); () when it names none."""
    children = node.children if isinstance(node, And) else (node,)
    return tuple(
        child.value for child in children if isinstance(child, Filter) and child.field == "language" and not child.is_prefix
    )


def _asked_for(meant: Iterable[Reading], bases: set[str]) -> set[str]:
    """The lemmas meant by a query word.

    Somebody who types a base form ("mienie") means that word, so its readings as a form of a verb ("mieć") fall away;
    its other nominal readings stay ("Polski" is also the genitive of "Polska"). An inflected form keeps every reading.
    """
    meant = list(meant)
    if any(reading.lemma in bases for reading in meant):
        return {reading.lemma for reading in meant if reading.lemma in bases or not reading.is_verbal}
    return {reading.lemma for reading in meant}
