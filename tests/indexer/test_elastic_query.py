"""Queries for Elasticsearch: how wide they may grow, and that a server with the smallest limit answers the widest."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.errors import BackendUnavailable, QueryError
from indexer.config import IndexerSettings
from indexer.engine import EngineRequest, Sort
from indexer.engines.elastic import ElasticEngine
from indexer.engines.elastic_query import CLAUSE_LIMIT, Query, Statistics, matching, ranking, scored_terms
from indexer.engines.elastic_search import ElasticSearcher
from indexer.engines.weights import WEIGHTS
from indexer.expansion import Expander
from indexer.forms import SeenForms
from indexer.morphology import Reading
from indexer.nodes import And, AnyOf, Everything, Filter, Node, Not, Or, Period, Prefix, Sequence
from indexer.query import DEPTH_LIMIT, STAR_LIMIT, TERM_LIMIT, parse_query
from tests.elasticsearch_server import start_elasticsearch

from .conftest import NOON, DocumentMaker

ENDINGS = [f"{one}{two}" for one in "abcdefghijklmnop" for two in "abcdefghijklmnop"]
LEAST_LIMIT = 1_024
"""Clauses that a server takes at the least."""


class ManyForms:
    """A table of forms in which every word has 256 of them."""

    def languages(self) -> tuple[str, ...]:
        return ("pl",)

    def readings(self, folded: str, language: str) -> Mapping[str, frozenset[Reading]]:
        return {folded: frozenset({Reading(folded)})}

    def bases(self, folded: str, language: str) -> frozenset[str]:
        return frozenset({folded})

    def forms(self, lemmas: Iterable[str], language: str) -> frozenset[str]:
        return frozenset(lemma + ending for lemma in lemmas for ending in ENDINGS)

    def add(self, texts: Mapping[str, Iterable[str]]) -> int:
        raise AssertionError("a query adds nothing")


def expand(text: str) -> Node:
    return Expander(ManyForms(), NOON, UTC).expand(parse_query(text).node)


def nested(depth: int) -> str:
    """Groups inside one another, each with an OR and an AND."""
    query = "kot"
    for number in range(depth):
        query = f"(a{number} OR b{number} {query})"
    return query


WIDEST = {
    "words": " ".join(f"w{number}" for number in range(TERM_LIMIT)),
    "one word again and again": "prezydent " * TERM_LIMIT,
    "any of the words": " OR ".join(f"w{number}" for number in range(TERM_LIMIT)),
    "a phrase": '"' + " ".join(f"w{number}" for number in range(TERM_LIMIT)) + '"',
    "a phrase of one word": '"' + "prezydent " * TERM_LIMIT + '"',
    "many phrases": '"prezydent miasta" ' * (TERM_LIMIT // 2),
    "words with a star": "prezydent miasto wojna pokój " + "ab* " * STAR_LIMIT,
    "phrases with stars": '"prezydent ab* miasto cd*" ' * (STAR_LIMIT // 2),
    "negations": "-prezydent " * TERM_LIMIT,
    "a negated phrase": '-"' + "prezydent " * TERM_LIMIT + '"',
    "groups in groups": nested(DEPTH_LIMIT - 1),
    "filters": "tag:a* " * STAR_LIMIT + "outlet:kresy " * (TERM_LIMIT - STAR_LIMIT),
}


def clauses(query: Any) -> int:
    """Clauses as Lucene counts them: the leaves, and each rule of a phrase."""
    if isinstance(query, list):
        return sum(map(clauses, query))
    if not isinstance(query, dict):
        return 0
    [*kinds] = query
    if kinds == ["wrapper"]:
        return clauses(json.loads(base64.b64decode(query["wrapper"]["query"])))
    if kinds and kinds[0] in ("term", "terms", "prefix", "range", "match", "regexp", "match_all", "match_none"):
        return 1
    return sum(clauses(value) for value in query.values())


def common(node: Node) -> Statistics:
    """Every word of the query is frequent, in every field."""
    return Statistics(articles=1_000, with_field=dict.fromkeys(WEIGHTS, 900), counts=dict.fromkeys(scored_terms(node), 100))


@pytest.mark.parametrize("text", WIDEST.values(), ids=WIDEST)
def test_a08_the_widest_queries_stay_under_the_smallest_limit_of_clauses(text: str) -> None:
    node = expand(text)
    assert clauses(matching(node)) <= CLAUSE_LIMIT < LEAST_LIMIT
    assert clauses(ranking(node, common(node))) <= CLAUSE_LIMIT


def test_a_word_is_one_clause_a_field_where_nothing_is_scored() -> None:
    assert matching(AnyOf(("kot", "kota"), "title")) == {"terms": {"words.title": ["kot", "kota"]}}
    assert clauses(matching(AnyOf(tuple(ENDINGS)))) == len(WEIGHTS)


def test_forms_that_no_article_has_are_not_asked_for() -> None:
    word = AnyOf(("kot", "kota", "kotu"), "title")
    found = ranking(word, Statistics(articles=10, with_field={"title": 10}, counts={("title", "kota"): 3}))
    assert found["term"]["words.title"]["value"] == "kota"
    assert ranking(word, Statistics(articles=10)) == {"match_none": {}}


def test_only_words_that_score_are_counted() -> None:
    query = And((
        AnyOf(("kot",), "title"), Not(AnyOf(("pies",), "title")), Filter("outlet", "kresy"), Prefix("lod", "title"),
        Or((Sequence((AnyOf(("nowy",)), Prefix("ro")), "title"), Everything())), Period(NOON, None),
    ))  # fmt: skip
    assert scored_terms(query) == {("title", "kot"), ("title", "nowy")}


def test_the_rarest_forms_of_a_very_wide_query_share_one_score() -> None:
    words = [AnyOf(tuple(f"w{number}{ending}" for ending in ENDINGS)) for number in range(4)]
    node = And(tuple(words))
    counts = {term: 500 if term[1].endswith("aa") else 2 for term in scored_terms(node)}
    query = ranking(node, Statistics(articles=1_000, counts=counts))
    [first, *_] = query["bool"]["must"]
    single = [one["term"]["words.text"]["value"] for one in first["dis_max"]["queries"] if "words.text" in one.get("term", {})]
    assert single[0] == "w0aa" and 1 < len(single) < len(ENDINGS)
    shared = [one["constant_score"]["filter"]["terms"] for one in first["dis_max"]["queries"] if "constant_score" in one]
    assert [list(one) for one in shared] == [["words.title"], ["words.lead"], ["words.text"]]
    assert {*single, *shared[2]["words.text"]} == set(words[0].forms)


def test_long_forms_are_shared_out_over_patterns() -> None:
    forms = tuple(f"{number:03d}{'x' * 60}" for number in range(256))
    query = matching(Sequence((AnyOf(forms), AnyOf(("koniec",))), "text"))
    patterns = [
        one["regexp"]["pattern"] for one in query["intervals"]["words.text"]["all_of"]["intervals"][0]["any_of"]["intervals"]
    ]
    assert len(patterns) == 5
    assert "|".join(patterns).split("|") == list(forms)


@pytest.mark.parametrize(("text", "words"), [("po", "po po0 po9 pol pomoc poz pozzz poя"), ("по", "по по1 пол поя поі поґ поz")])
def test_a_beginning_that_is_split_by_its_next_letter_loses_no_word(text: str, words: str) -> None:
    query = matching(Sequence((Prefix(text), Prefix("x")), "text"), opened=(text, text + "l", text + "л"))
    rules = query["intervals"]["words.text"]["all_of"]["intervals"][0]["any_of"]["intervals"]
    assert len(rules) > 50

    def stands(word: str, rule: Query) -> bool:
        if "prefix" in rule:
            return word.startswith(rule["prefix"]["prefix"])
        return bool(rule["range"]["gte"] <= word < rule["range"]["lt"])

    for word in words.split():
        assert [stands(word, rule) for rule in rules].count(True) == 1, word
    assert not any(stands(word, rule) for rule in rules for word in ("p", "pn", "pp", "п", "пн", "пр", ""))


@pytest.fixture(scope="module")
def narrow_server() -> Iterator[str]:
    """A server with the smallest limit: its heap shared out among many search threads."""
    with start_elasticsearch({"thread_pool.search.size": 64}) as server:
        yield server.url


@pytest.fixture
def narrow(narrow_server: str, tmp_path: Any) -> Iterator[ElasticEngine]:
    settings = IndexerSettings(engine="elasticsearch", url=narrow_server, index=f"t{random.getrandbits(48):x}")
    opened = ElasticEngine(settings, lambda: SeenForms(tmp_path / "forms.sqlite"))
    yield opened
    opened.close()


def found(engine: ElasticEngine, query: Node, sort: Sort = Sort.NEWEST) -> set[str]:
    hits = engine.search(EngineRequest(query=query, sort=sort, limit=100))
    assert engine.count(query) == len(hits)
    return {hit.document["url"].rpartition("/")[2] for hit in hits}


@pytest.mark.elasticsearch
@pytest.mark.slow
def test_a08_a_server_with_the_smallest_limit_answers_the_widest_queries(
    narrow: ElasticEngine, make_document: DocumentMaker
) -> None:
    rng = random.Random(4)
    words = [f"{word}{ending}" for word in ("prezydent", "miasto", "wojna", "pokoj", "w1", "w2", "kot") for ending in ENDINGS]
    narrow.push([make_document(number, " ".join(rng.choices(words, k=400))) for number in range(40)])
    narrow.push([make_document(99, "prezydent miasta " * 64 + "abc cdef " + " ".join(words[:300]))])
    narrow.refresh()
    searcher = ElasticSearcher(narrow._client, narrow._indices.names.read)
    with pytest.raises(QueryError, match="too wide"):  # it does have that limit
        searcher._counted(
            AnyOf(("kot",)), post_filter={"dis_max": {"queries": [{"term": {"id": f"{n:x}"}} for n in range(1_100)]}}
        )
    for name, text in WIDEST.items():
        node = expand(text)
        by_date = found(narrow, node)
        assert by_date == found(narrow, node, Sort.RELEVANCE), name
        narrow.histogram(node, [NOON, datetime(2027, 1, 1, tzinfo=UTC)])
    assert "99" in found(narrow, expand(WIDEST["many phrases"]), Sort.RELEVANCE)


@pytest.mark.elasticsearch
@pytest.mark.slow
def test_a08_a_phrase_finds_every_word_of_a_very_open_prefix(narrow: ElasticEngine, make_document: DocumentMaker) -> None:
    """`po*` stands for more words than one rule of a phrase may, and so does `pod*`."""
    words = [f"po{a}{b}{c}" for a in "dlz" for b in ENDINGS[:100] for c in "abcdefghijklmno"]
    narrow.push([make_document(number, " koniec ".join(words[number::10])) for number in range(10)])
    narrow.push([make_document(20, "po koniec"), make_document(21, "po9 koniec"), make_document(22, "pod koniec")])
    narrow.refresh()
    for sort in Sort:
        assert found(narrow, Sequence((Prefix("po"), AnyOf(("koniec",)))), sort) == {*"0123456789", "20", "21", "22"}
    assert found(narrow, Sequence((Prefix("pod"), AnyOf(("koniec",)))), sort) == {*"0123456789", "22"}
    assert found(narrow, Sequence((Prefix("pox"), AnyOf(("koniec",)))), sort) == set()
    assert {"po", "pod"} <= narrow._searcher._opened


@pytest.mark.elasticsearch
def test_a08_a_search_that_takes_too_long_is_given_up_with_a_clear_error(
    elastic: ElasticEngine, make_document: DocumentMaker
) -> None:
    elastic.push([make_document(number, "kot " * 30 + "pies") for number in range(3_000)])
    elastic.refresh()
    hasty = ElasticSearcher(elastic._client, elastic._indices.names.read, timeout_ms=0)
    with pytest.raises(BackendUnavailable, match=r"did not answer within 0 s: ask for less"):
        for number in range(100):  # the server looks at a clock that moves every 200 ms
            hasty.count(Sequence((*(AnyOf(("kot", f"k{number}")) for _ in range(number % 20 + 2)), AnyOf(("pies",)))))
    assert elastic.count(Sequence((AnyOf(("kot",)), AnyOf(("pies",))))) == 3_000
