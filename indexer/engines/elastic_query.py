"""Expanded query trees as Elasticsearch's queries: `matching` finds, `ranking` finds and scores. Pure; no request is sent here.

A server refuses a query of too many clauses (each term, prefix, range and each rule of a phrase is one). Its limit is 64 for
each MB of heap, divided by its search threads, and never below 1,024 (SearchUtils.java of 9.2), so queries stay under that:
a word's forms are one `terms` where nothing is scored and one `regexp` rule in a phrase, and the rarest forms of very wide
queries share one score.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Sequence as Row
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from indexer.engines.weights import field_weights, form_factor, rarity
from indexer.nodes import And, AnyOf, Copies, Everything, Filter, Node, Not, Or, Period, Prefix, Sequence

CLAUSE_LIMIT = 1_000
"""Clauses of one query, a few below the smallest limit that a server has; only phrases with open prefixes go beyond."""
_NESTED_LIMIT = 20
"""And, Or, Not inside one another, of the 30 levels that a server takes (indices.query.bool.max_nested_depth)."""
_PATTERN_LENGTH = 4_000
"""Characters of one pattern; Lucene gives up on automata above 10,000 steps of work, about one a character."""
_SCORED_FORMS = (256, 128, 64, 32, 16, 8, 4, 2, 1, 0)
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = "".join(map(chr, range(0x430, 0x450)))
_LAST = "\U0010ffff"
"""Sorts after every letter."""

Query = dict[str, Any]
Term = tuple[str, str]
"""Field of words and form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """How frequent the scored words of a query are in the whole index."""

    articles: int
    with_field: Mapping[str, int] = field(default_factory=dict)
    """Articles that have words in a field (the `articles` of Lucene's own idf)."""
    counts: Mapping[Term, int] = field(default_factory=dict)
    """Articles by term."""


def matching(node: Node, opened: Collection[str] = (), depth: int = 0) -> Query:
    """The query that finds what an expanded tree matches, for a place where nothing is scored.

    `opened` are beginnings of words that are too frequent for one rule of a phrase (`elastic_search` finds out which); they are split by the next letter.
    """
    match node:
        case Everything():
            return {"match_all": {}}
        case AnyOf(forms, name):
            return _any([{"terms": {f"words.{one}": list(forms)}} for one in field_weights(name)])
        case Prefix(text, name):
            return _any([{"prefix": {f"words.{one}": text}} for one in field_weights(name)])
        case Sequence(parts, name):
            return _any([_follow(one, parts, opened) for one in field_weights(name)])
        case Filter(name, value, is_prefix):
            return {"prefix" if is_prefix else "term": {f"value.{name}": value}}
        case Period(start, end):
            return _period(start, end)
        case Copies(least, most):
            return {"range": {"copies": {name: bound for name, bound in (("gte", least), ("lte", most)) if bound is not None}}}
        case And(children):
            wanted = [matching(child, opened, depth + 1) for child in children if not isinstance(child, Not)]
            return _nested({"filter": wanted, "must_not": _unwanted(children, opened, depth)}, depth)
        case Or(children):
            found = [matching(child, opened, depth + 1) for child in children]
            return _nested({"should": found, "minimum_should_match": 1}, depth)
        case Not():
            return _nested({"must_not": _unwanted([node], opened, depth)}, depth)
    raise TypeError(f"{type(node).__name__} was not expanded")


def ranking(node: Node, statistics: Statistics, opened: Collection[str] = ()) -> Query:
    """The query that finds what a tree matches and scores it (`weights`)."""
    return _Ranking(node, statistics, opened).build(node, 0)


def scored_terms(node: Node) -> frozenset[Term]:
    """The terms whose frequencies `ranking` needs."""
    return frozenset((one, form) for word in _scored_words(node) for one in field_weights(word.field) for form in word.forms)


class _Ranking:
    """Builds the scored query of one tree."""

    def __init__(self, node: Node, statistics: Statistics, opened: Collection[str]) -> None:
        self._statistics, self._opened = statistics, opened
        sizes = [
            sum(bool(statistics.counts.get((one, form))) for form in word.forms)
            for word in _scored_words(node)
            for one in field_weights(word.field)
        ]
        room = CLAUSE_LIMIT - _clauses(node, opened)
        self._scored_forms = next(
            (limit for limit in _SCORED_FORMS if sum(min(size, limit + 1) for size in sizes) <= room), _SCORED_FORMS[-1]
        )
        """Forms of a word in a field that have scores of their own, the most frequent ones."""

    def build(self, node: Node, depth: int) -> Query:
        match node:
            case AnyOf(forms, name):
                return _best(
                    [clause for one, weight in field_weights(name).items() for clause in self._forms(one, forms, weight)]
                )
            case Prefix(text, name):
                return _best(
                    [
                        {"prefix": {f"words.{one}": {"value": text, "boost": weight}}}
                        for one, weight in field_weights(name).items()
                    ]
                )
            case Sequence(parts, name):
                return _best([self._sequence(one, parts, weight) for one, weight in field_weights(name).items()])
            case And(children):
                wanted = [self.build(child, depth + 1) for child in children if not isinstance(child, Not)]
                return _nested({"must": wanted or [_unscored()], "must_not": _unwanted(children, self._opened, depth)}, depth)
            case Or(children):
                found = [self.build(child, depth + 1) for child in children]
                return _nested({"should": found, "minimum_should_match": 1}, depth)
            case Not():
                return _nested({"filter": [{"match_all": {}}], "must_not": _unwanted([node], self._opened, depth)}, depth)
        return _unscored(matching(node))

    def _forms(self, name: str, forms: Row[str], weight: float) -> list[Query]:
        """A clause for each form that a field has; the score is the best one's."""
        counts = {form: count for form in dict.fromkeys(forms) if (count := self._statistics.counts.get((name, form), 0))}
        together = weight * rarity(min(self._statistics.articles, sum(counts.values())), self._statistics.articles)
        factors = {form: form_factor(rank) for rank, form in enumerate(dict.fromkeys(forms))}
        frequent = sorted(counts, key=lambda form: (-counts[form], form))
        keep = self._scored_forms if len(counts) > self._scored_forms + 1 else len(counts)
        with_field = self._statistics.with_field.get(name, self._statistics.articles)
        clauses: list[Query] = [
            {"term": {f"words.{name}": {"value": form, "boost": factors[form] * together / rarity(counts[form], with_field)}}}
            for form in frequent[:keep]
        ]
        if frequent[keep:]:  # as much as a form that stands once in a text of average length
            clauses.append({"constant_score": {"filter": {"terms": {f"words.{name}": frequent[keep:]}}, "boost": together}})
        return clauses

    def _sequence(self, name: str, parts: Row[AnyOf | Prefix], weight: float) -> Query:
        scores: list[Query] = []
        for part in parts:
            if isinstance(part, Prefix):
                scores.append({"constant_score": {"filter": {"match_all": {}}, "boost": weight}})
            elif clauses := self._forms(name, part.forms, weight):
                scores.append(_best(clauses))
        return {"bool": {"filter": [_follow(name, parts, self._opened)], "should": scores}}


def _scored_words(node: Node) -> Iterator[AnyOf]:
    """The words that count for a score, one for each time it stands in the query."""
    match node:
        case AnyOf():
            yield node
        case Sequence(parts, name):
            yield from (AnyOf(part.forms, name) for part in parts if isinstance(part, AnyOf))
        case And(children) | Or(children):
            for child in children:
                yield from _scored_words(child)


def _clauses(node: Node, opened: Collection[str]) -> int:
    """Clauses of a tree's query where nothing is scored."""
    match node:
        case AnyOf(_, name) | Prefix(_, name):
            return len(field_weights(name))
        case Sequence(parts, name):
            return len(field_weights(name)) * sum(len(_alternatives(part, opened)) + isinstance(part, Prefix) for part in parts)
        case And(children) | Or(children):
            return sum(_clauses(child, opened) for child in children)
        case Not(child):
            return 1 + _clauses(child, opened)
    return 1


def _follow(name: str, parts: Row[AnyOf | Prefix], opened: Collection[str]) -> Query:
    """The words of a phrase stand one after the other in a field."""
    places = [_rule(_alternatives(part, opened)) for part in parts]
    return {"intervals": {f"words.{name}": {"all_of": {"ordered": True, "max_gaps": 0, "intervals": places}}}}


def _rule(alternatives: list[Query]) -> Query:
    return alternatives[0] if len(alternatives) == 1 else {"any_of": {"intervals": alternatives}}


def _alternatives(part: AnyOf | Prefix, opened: Collection[str]) -> list[Query]:
    """Rules for what may stand at a place of a phrase. Index tokens are letters and digits, so no form hides a pattern."""
    if isinstance(part, Prefix):
        return _begins(part.text, opened)
    if len(part.forms) == 1:
        return [{"match": {"query": part.forms[0]}}]
    patterns: list[str] = []
    for form in part.forms:
        if patterns and len(patterns[-1]) + len(form) < _PATTERN_LENGTH:
            patterns[-1] += f"|{form}"
        else:
            patterns.append(form)
    return [{"regexp": {"pattern": pattern}} for pattern in patterns]


def _begins(text: str, opened: Collection[str]) -> list[Query]:
    """Rules for the words that begin so. One takes only as many words as a query may have clauses."""
    if text not in opened:
        return [{"prefix": {"prefix": text}}]
    letters = _LATIN if text[-1].isascii() else _CYRILLIC
    before = {"range": {"gte": text, "lt": text + letters[0]}}
    after = {"range": {"gte": text + chr(ord(letters[-1]) + 1), "lt": text + _LAST}}
    return [before, *(rule for letter in letters for rule in _begins(text + letter, opened)), after]


def _period(start: datetime | None, end: datetime | None) -> Query:
    bounds = {"gte": start, "lt": end}
    return {"range": {"published": {bound: _second(instant) for bound, instant in bounds.items() if instant}}}


def _second(instant: datetime) -> int:
    """The first whole second at or after an instant."""
    return math.ceil((instant - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


def _unwanted(children: Collection[Node], opened: Collection[str], depth: int) -> list[Query]:
    return [matching(child.child, opened, depth + 1) for child in children if isinstance(child, Not)]


def _any(queries: list[Query]) -> Query:
    return queries[0] if len(queries) == 1 else {"bool": {"should": queries, "minimum_should_match": 1}}


def _best(queries: list[Query]) -> Query:
    if len(queries) > 1:
        return {"dis_max": {"queries": queries}}
    return queries[0] if queries else {"match_none": {}}


def _unscored(query: Query | None = None) -> Query:
    return {"bool": {"filter": [query or {"match_all": {}}]}}


def _nested(clauses: Query, depth: int) -> Query:
    """A `bool` query, at every twentieth level in a `wrapper`: the server counts the levels inside one anew.

    Our own language allows 20 groups inside one another, each with an OR and an AND: 40 levels, harmless but refused.
    """
    query = {"bool": {kind: value for kind, value in clauses.items() if value}}
    if depth == 0 or depth % _NESTED_LIMIT:
        return query
    return {"wrapper": {"query": base64.b64encode(json.dumps(query).encode()).decode()}}
