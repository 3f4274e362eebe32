"""Expanded query trees as tantivy's query objects. Its own query parser is not used (it drops prefixes silently)."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import tantivy
from tantivy import Occur, Query

from indexer.engine import Sort, SortKey
from indexer.engines.embedded_schema import copied_number, order_field, order_number
from indexer.engines.weights import field_weights, form_factor, rarity
from indexer.expansion import WORD_LIMIT
from indexer.nodes import And, AnyOf, Copies, Everything, Filter, Node, Not, Or, Period, Prefix, Sequence

PREFIX_LIMIT = 256
"""Values of a keyword field that a prefix may stand for."""
_STATES = 900
_EXPANSIONS = 10_000


class QueryBuilder:
    """Builds queries against one state of the index."""

    def __init__(self, schema: Any, searcher: Any) -> None:
        self._schema, self._searcher = schema, searcher
        self._articles = max(1, searcher.num_docs)

    def build(self, node: Node) -> Any:
        """The query of an expanded tree. Filters and dates do not change a score."""
        match node:
            case Everything():
                return _unscored(Query.all_query())
            case AnyOf(forms, field):
                return self._any_of(forms, field)
            case Prefix(text, field):
                return _best([self._begins(name, text, weight) for name, weight in field_weights(field).items()])
            case Sequence(parts, field):
                found = [self._sequence(name, parts, weight) for name, weight in field_weights(field).items()]
                return _best([query for query in found if query is not None])
            case Filter(field, value, is_prefix):
                return _unscored(self._filter(field, value, is_prefix))
            case Period(start, end):
                return _unscored(self._period(start, end))
            case Copies(least, most):
                return _unscored(self._between("copies", least, None if most is None else most + 1))
            case And(children):
                return self._all(children)
            case Or(children):
                return Query.boolean_query([(Occur.Should, self.build(child)) for child in children])
            case Not(child):
                return self._all((Everything(), Not(child)))
        raise TypeError(f"{type(node).__name__} was not expanded")

    def narrowed(self, query: Any, without_stories: Collection[str] = (), bounds: Any = None) -> Any:
        """`query` without the hits of some stories and within `bounds`; scores stay as they are."""
        clauses = [(Occur.Must, query)]
        if without_stories:
            clauses.append((Occur.MustNot, self.of_stories(without_stories)))
        if bounds is not None:
            clauses.append((Occur.Must, _unscored(bounds)))
        return Query.boolean_query(clauses) if len(clauses) > 1 else query

    def of_stories(self, stories: Collection[str]) -> Any:
        """Articles of these stories."""
        return _unscored(Query.term_set_query(self._schema, "story", sorted(stories)))

    def below(self, place: SortKey, sort: Sort, *, above: bool = False) -> Any:
        """Articles below (or `above`) a place in an order by date or by copies."""
        number = copied_number(place) if sort is Sort.MOST_COPIED else order_number(place)
        low, high = (None, number) if (sort is not Sort.OLDEST) != above else (number, None)
        return Query.range_query(
            self._schema, order_field(sort), tantivy.FieldType.Unsigned, low, high, low is None, high is None
        )

    def _all(self, children: Collection[Node]) -> Any:
        clauses = [
            (Occur.MustNot, self.build(child.child)) if isinstance(child, Not) else (Occur.Must, self.build(child))
            for child in children
        ]
        if all(occur == Occur.MustNot for occur, _ in clauses):
            clauses.append((Occur.Must, _unscored(Query.all_query())))
        return Query.boolean_query(clauses)

    def _any_of(self, forms: Collection[str], field: str) -> Any:
        return _best([self._group(name, forms, weight) for name, weight in field_weights(field).items()])

    def _group(self, field: str, forms: Collection[str], weight: float) -> Any:
        """One term of many forms: the best form's score, each as rare as the forms together (`weights`)."""
        counts = {form: self._searcher.doc_freq(field, form) for form in forms}
        together = rarity(min(self._articles, sum(counts.values())), self._articles)
        return _best(
            [
                Query.boost_query(
                    Query.term_query(self._schema, field, form, index_option="freq"),
                    form_factor(rank) * weight * together / rarity(count, self._articles),
                )
                for rank, (form, count) in enumerate(counts.items())
                if count
            ]
        )

    def _begins(self, field: str, prefix: str, weight: float) -> Any:
        """Every word of the dictionary that begins so, scored alike. Index tokens are letters and digits: no pattern hides."""
        return Query.boost_query(Query.regex_query(self._schema, field, f"{prefix}.*"), weight)

    def _sequence(self, field: str, parts: Collection[AnyOf | Prefix], weight: float) -> Any | None:
        """A phrase in one field, scored like its words there; None when it stands nowhere."""
        places = [self._alternatives(field, part) for part in parts]
        if not all(places):
            return None
        if all(len(place) == 1 and isinstance(part, AnyOf) for place, part in zip(places, parts, strict=True)):
            query = Query.phrase_query(self._schema, field, [place[0] for place in places])
        else:
            query = Query.regex_phrase_query(self._schema, field, [f"({'|'.join(place)})" for place in places])
        scores = [
            Query.const_score_query(Query.all_query(), weight)
            if isinstance(part, Prefix)
            else self._group(field, part.forms, weight)
            for part in parts
        ]
        return Query.boolean_query([(Occur.Must, _unscored(query)), *((Occur.Should, score) for score in scores)])

    def _alternatives(self, field: str, part: AnyOf | Prefix) -> list[str]:
        """What may stand at a place of a phrase: forms that the dictionary has, or a pattern. Tokens are letters and digits.

        Tantivy takes patterns of at most 1,000 states, about one for each different beginning of a form, in bytes, and of
        16,384 words. Where many long forms or an open prefix would go beyond, the most frequent stay; the forms of a word
        share their beginning and never do.
        """
        if isinstance(part, AnyOf):
            counts = {form: self._searcher.doc_freq(field, form) for form in part.forms}
        else:
            counts = dict(self._searcher.terms_with_prefix(field, part.text))
            if len(counts) <= _EXPANSIONS:
                return [f"{part.text}.*"] if counts else []
        beginnings: set[bytes] = set()
        kept: list[str] = []
        for form in sorted((form for form, count in counts.items() if count), key=lambda form: -counts[form])[:WORD_LIMIT]:
            letters = form.encode()
            more = beginnings.union(letters[:end] for end in range(1, len(letters) + 1))
            if len(more) <= _STATES:
                beginnings, kept = more, [*kept, form]
        return kept

    def _with_prefix(self, field: str, prefix: str) -> list[str]:
        return [term for term, _ in self._searcher.terms_with_prefix(field, prefix, limit=PREFIX_LIMIT)]

    def _filter(self, field: str, value: str, is_prefix: bool) -> Any:
        if is_prefix:
            return Query.term_set_query(self._schema, field, self._with_prefix(field, value))
        return Query.term_query(self._schema, field, value, index_option="basic")

    def _period(self, start: datetime | None, end: datetime | None) -> Any:
        return self._between("published", _second(start) if start else None, _second(end) if end else None)

    def _between(self, field: str, low: int | None, high: int | None) -> Any:
        """A whole number of at least `low` and below `high`."""
        return Query.range_query(self._schema, field, tantivy.FieldType.Integer, low, high, True, high is None)


def _second(instant: datetime) -> int:
    """The first whole second at or after an instant."""
    return math.ceil((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _best(queries: list[Any]) -> Any:
    if len(queries) > 1:
        return Query.disjunction_max_query(queries)
    return queries[0] if queries else Query.empty_query()


def _unscored(query: Any) -> Any:
    return Query.const_score_query(query, 0.0)
