"""The same documents in both engines give the same answers, asked in the real query language through the search service."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model.article import article_id
from crawler.store.database import open_database
from indexer.config import IndexerSettings
from indexer.document import DOCUMENT_VERSION, FACETS
from indexer.engine import EngineRequest, SearchEngine, Sort
from indexer.engines.elastic import ElasticEngine
from indexer.engines.embedded import EmbeddedEngine
from indexer.expansion import Expander, spoken_languages
from indexer.nodes import And, AnyOf, Copies, Everything, Filter, Node, Not, Or, Period, Prefix, Sequence
from indexer.query import parse_query
from indexer.search import SearchPage, SearchRequest, search
from indexer.store_forms import StoreForms
from indexer.tokens import fold_word, words
from tests import elasticsearch_server

pytestmark = pytest.mark.elasticsearch

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")
COUNT = 360
VOCABULARY = {
    "pl": "prezydent prezydenta prezydentem prezydentów miasto miasta miast mieście wojna wojny wojną wojnę rząd rządu rządem kot "
    "kota koty pies psa psy Łódź Łodzi Warszawa Warszawie Warszawy nowy nowego nowej strajk strajku strajki pociąg pociągu pociągi "
    "Zełenski Zełenskiego Biden Bidena umowa umowy umowę podatek podatki podatków sąd sądu sądy szkoła szkoły 2026 5G PAP i w na z "
    "do się nie że o od po za dla przy",
    "en": "president presidents war wars city cities list lists train trains strike strikes the of and in to for",
    "de": "Präsident Präsidenten Straße Straßen Krieg Stadt Städte Zug Züge der die und in für",
    "uk": "президент президента війна війни місто міста поїзд поїзди і в на з до",
    "ja": "日本語 東京 ニュース 2026",
}
OUTLETS = {
    "kresy": "Kresy.pl",
    "onet": "Onet",
    "gazeta": "Gazeta Śląska",
    "tagesblatt": "Tagesblatt",
    "pravda": "Правда",
    "nhk": "NHK",
}
QUERIES = (
    "", "prezydent", "Prezydent miasta", "wojna OR pokój", "kot -pies", "NOT wojna", "lodz", "Łódź", "łodzi strajk", "Warszawa",
    '="Warszawa"', "=kot", '"prezydent miasta"', '"nowy prezydent"', '="prezydent miasta"', '"w łodzi"', '"nowy prez*"', '"prez* mias*"',
    '"w mias*" OR "na woj*"', "mias*", "prez* woj*", "po*", "zełenski", "zelenskiego", "Bidenem", "title:wojna", "title:(wojna OR kot)",
    'title:"prezydent miasta"', "title:mias*", "author:żak", 'author:"Anna Żak"', "section:kraj", "section:swiat", "outlet:kresy",
    'outlet:"Gazeta Śląska"', "outlet:правда", "outlet:g*", "agency:pap", 'agency:"polska agencja prasowa"', "agency:r*", "language:pl",
    "language:de straße", "language:uk президент", "language:en list", "country:pl", "group:portale", "tag:rząd", "tag:spo*",
    'tag:"śląsk i okolice"', "role:original", f"story:{7:032x}", "story:0*", "date:2026-11-24", "date:2026-10", "date:2026-09..2026-10-15",
    "date:..2026-09-30", "date:P7D", "date:PT12H", "2026", "5G", "日本", "東京 2026", "ґ*", "nieznaneslowo", "nieznane -kot", "kot kot kot",
    "(kot OR pies) (wojna OR strajk) -language:de", "((prezydent OR rząd) (umowa OR podatek)) OR (sąd -szkoła)", "-(kot OR pies OR wojna)",
    "prezydent outlet:onet date:P30D -tag:sport", '"strajk w łodzi" OR "pociągi na" title:umowa', "Straße", "strasse", "Präsidenten",
    "президент війна", "presidents war", "the", "w i na", '"i w"', "kot AND (", 'niedomknięty "cudzysłów',
)  # fmt: skip


def make_documents(count: int, seed: int) -> list[dict[str, Any]]:
    """Documents of several months, languages and stories, some empty or odd."""
    rng = random.Random(seed)
    stories: dict[int, dict[str, Any]] = {}
    documents = []
    for number in range(count):
        language = rng.choices([*VOCABULARY], [60, 12, 12, 12, 4])[0]
        story = rng.randrange(count // 5) if rng.random() < 0.6 else None
        body = _body(rng, language)
        if story is not None:
            body = stories.setdefault(story, body) if rng.random() < 0.7 else body
        seen = NOON - timedelta(hours=rng.choice([0, 0, 1, 1, 2, 30, 200, *range(0, 2_400, 97)]))
        outlet = rng.choice([*OUTLETS])
        documents.append(_document(rng, number, outlet, seen, body | {"language": language}, story))
    return documents


def _body(rng: random.Random, language: str) -> dict[str, Any]:
    known = VOCABULARY[language].split()
    weights = [1 / (place + 3) for place in range(len(known))]
    rng.shuffle(known)

    def line(least: int, most: int) -> str:
        return " ".join(rng.choices(known, weights, k=rng.randint(least, most)))

    lead = line(5, 12) if rng.random() < 0.4 else ""
    paragraphs = [lead] * bool(lead) + [
        line(5, 40) + rng.choice([".", "!", " …", " \U0001f600"]) for _ in range(rng.randint(1, 4))
    ]
    return {"title": line(2, 8), "lead": lead, "text": "\n\n".join(paragraphs)}


def _document(
    rng: random.Random, number: int, outlet: str, seen: datetime, body: dict[str, Any], story: int | None
) -> dict[str, Any]:
    url = f"https://{outlet}.example/{number}"
    published = seen - timedelta(minutes=rng.choice([0, 0, 0, 60, 90]))
    agencies = {"pap": "Polska Agencja Prasowa", "reuters": "Reuters"}
    credited = rng.sample([*agencies], rng.choice([0, 0, 1, 2]))
    zone = rng.choice([UTC, WARSAW])
    return body | {
        "id": article_id(url), "url": url, "authors": rng.choice([[], ["Anna Żak"], ["Jan Kot", "Anna Nowak"]]),
        "byline": rng.choice(["", "(PAP)", "opr. Żak"]), "section": rng.choice(["", "Kraj", "Świat", "Kraj i świat"]), "image_url": None, "image_credit": "",
        "outlet": outlet, "outlet_name": OUTLETS[outlet], "country": rng.choice(["PL", "PL", "DE", ""]),
        "group": rng.choice([None, "portale", "gazety"]),
        "tags": rng.choice([[], [""], ["rząd"], ["sport", "Śląsk i okolice"], ["społeczeństwo", "spór"], [f"temat {number}"]]),
        "agency": credited[0] if credited else None, "agencies": credited, "agency_names": [agencies[one] for one in credited],
        "published_at": published.astimezone(zone).isoformat(), "modified_at": rng.choice([None, NOON.isoformat()]),
        "first_seen_at": seen.isoformat(), "removed_at": None, "access": "free",
        "story": None if story is None else f"{story:032x}",
        "role": None if story is None else rng.choice(["original", "verbatim", "abridged"]), "copies": rng.randint(1, 6),
        "is_origin": rng.random() < 0.2, "index_version": rng.randint(1, 9), "document_version": DOCUMENT_VERSION,
    }  # fmt: skip


@dataclass(frozen=True)
class Engines:
    """The same documents in each."""

    embedded: SearchEngine
    elastic: SearchEngine
    documents: list[dict[str, Any]]

    def __iter__(self) -> Iterator[SearchEngine]:
        return iter((self.embedded, self.elastic))


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory, elasticsearch_url: str) -> Iterator[Engines]:
    folder, prefix = tmp_path_factory.mktemp("agree"), f"t{secrets.token_hex(6)}"
    elastic = ElasticEngine(
        IndexerSettings(engine="elasticsearch", url=elasticsearch_url, index=prefix),
        lambda: StoreForms(open_database(f"sqlite:///{folder / 'store.sqlite'}")),
    )
    opened = Engines(EmbeddedEngine(folder / "index"), elastic, make_documents(COUNT, seed=4))
    for engine in opened:
        for language in VOCABULARY:
            spoken = [one for one in opened.documents if one["language"] == language]
            engine.forms.add({language: [text for one in spoken for text in (one["title"], one["lead"], one["text"])]})
        for start in range(0, COUNT, 150):
            batch = opened.documents[start : start + 150]
            assert engine.push(batch).written == {document["id"] for document in batch}
        engine.refresh()
    yield opened
    for engine in opened:
        engine.close()
    elasticsearch_server.clean_up(elasticsearch_url, prefix)


def pages(engine: SearchEngine, request: SearchRequest) -> list[dict[str, Any]]:
    """Every page of an answer, to the end, without what it took."""
    found = [search(engine, request, NOON, WARSAW)]
    while found[-1].next:
        found.append(search(engine, replace(request, after=found[-1].next, facets=()), NOON, WARSAW))
        assert len(found) <= COUNT
    return [_plain(page) for page in found]


def _plain(page: SearchPage) -> dict[str, Any]:
    return {name: value for name, value in page.as_json().items() if name != "took_ms"}


def hits(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [hit for page in found for hit in page["hits"]]


@pytest.mark.parametrize("text", QUERIES)
def test_both_engines_give_the_same_pages_by_date(engines: Engines, text: str) -> None:
    """Hits, their order, stories shown, marks, snippets, cursors, counts, facets, expansions, hints."""
    for sort, fold_copies in ((Sort.NEWEST, True), (Sort.OLDEST, False), (Sort.MOST_COPIED, True)):
        request = SearchRequest(text=text, sort=sort, limit=60, fold_copies=fold_copies, facets=FACETS if fold_copies else ())
        one, other = (pages(engine, request) for engine in engines)
        assert [hit["id"] for hit in hits(one)] == [hit["id"] for hit in hits(other)]
        for ours, theirs in zip(one, other, strict=True):
            assert {name: ours[name] for name in ours if ours[name] != theirs[name]} == {}


@pytest.mark.parametrize("text", QUERIES)
def test_both_engines_give_the_same_best_hits(engines: Engines, text: str) -> None:
    for fold_copies in (True, False):
        request = SearchRequest(text=text, sort=Sort.RELEVANCE, limit=60, fold_copies=fold_copies)
        one, other = (pages(engine, request) for engine in engines)
        assert one[0]["total"] == other[0]["total"]
        ours, theirs = ([hit["id"] for hit in hits(found)] for found in (one, other))
        assert len(set(ours)) == len(ours) == len(theirs)
        shown = ({hit["story"] or hit["id"] for hit in hits(found)} for found in (one, other))
        assert next(shown) == next(shown)
        assert len({*ours[:10]} & {*theirs[:10]}) >= min(9, len(ours))


@pytest.mark.parametrize("text", ["prezydent", "Prezydent miasta", '"w łodzi"', '"prez* mias*" OR kot', "mias* wojna -pies"])
def test_both_engines_score_alike(engines: Engines, text: str) -> None:
    node = Expander(engines.embedded.forms, NOON, WARSAW).expand(parse_query(text).node)
    asked = EngineRequest(query=node, sort=Sort.RELEVANCE, limit=COUNT)
    one, other = ({hit.document["id"]: hit.key.value for hit in engine.search(asked)} for engine in engines)
    assert other == pytest.approx(one, rel=1e-3)
    assert [*one] == [*other]


def test_the_queries_find_something_and_are_answered_in_pages(engines: Engines) -> None:
    found = {text: search(engines.elastic, SearchRequest(text=text), NOON, WARSAW) for text in QUERIES}
    assert sum(page.total > 0 for page in found.values()) >= len(QUERIES) - 5
    assert sum(page.next is not None for page in found.values()) > len(QUERIES) / 3
    assert max(page.total for page in found.values()) == COUNT


@pytest.mark.parametrize("text", ["", "prezydent", '"prez* mias*"', "language:pl -wojna", "date:2026-10"])
def test_both_engines_count_the_same_between_edges(engines: Engines, text: str) -> None:
    query = parse_query(text)
    node = Expander(engines.embedded.forms, NOON, WARSAW, spoken_languages(query.node)).expand(query.node)
    for edges in (
        [NOON - timedelta(hours=hours) for hours in range(48, -2, -1)], [NOON - timedelta(days=7 * week) for week in range(20, -1, -1)],
        [datetime(2026, month, 1, tzinfo=WARSAW) for month in (3, 8, 9, 10, 11, 12)],
    ):  # fmt: skip
        one, other = (engine.histogram(node, edges) for engine in engines)
        assert one == other
    assert sum(one) > 0


def test_both_engines_give_back_the_same_documents(engines: Engines) -> None:
    kept = {document["id"]: document for document in engines.documents}
    for engine in engines:
        assert engine.documents([*kept, "0" * 32]) == kept


FORMS = [*sorted({fold_word(word) for text in VOCABULARY.values() for word in words(text)}), "nieznane"]
FIELDS = st.sampled_from(["", "", "", "title", "author", "section"])
ANY_OF = st.builds(lambda forms: AnyOf(tuple(forms)), st.lists(st.sampled_from(FORMS), min_size=1, max_size=4, unique=True))
PREFIX = st.builds(Prefix, st.sampled_from(["pr", "mia", "w", "po", "st", "пр", "日", "xx", "20"]))
LEAVES: st.SearchStrategy[Node] = st.one_of(
    st.just(Everything()),
    st.builds(lambda word, field: AnyOf(word.forms, field), ANY_OF, FIELDS),
    st.builds(lambda prefix, field: Prefix(prefix.text, field), PREFIX, FIELDS),
    st.builds(lambda parts, field: Sequence(tuple(parts), field), st.lists(st.one_of(ANY_OF, PREFIX), min_size=2, max_size=3), FIELDS),
    st.sampled_from([
        Filter("outlet", "kresy"), Filter("tag", "spo", True), Filter("tag", "rzad"), Filter("story", "0000", True), Filter("role", "original"),
        Period(NOON - timedelta(days=9), None), Period(None, NOON - timedelta(hours=1)), Period(NOON - timedelta(hours=2), NOON),
        Copies(2, None), Copies(None, 1), Copies(3, 8),
    ]),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        *(st.builds(kind, st.lists(inner, min_size=2, max_size=4).map(tuple)) for kind in (And, Or)),
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_both_engines_find_the_same_articles_for_any_tree(engines: Engines, tree: Node) -> None:
    asked = [EngineRequest(query=tree, sort=sort, limit=COUNT + 1) for sort in (Sort.NEWEST, Sort.RELEVANCE)]
    by_date, by_score = ([[hit.document["id"] for hit in engine.search(one)] for engine in engines] for one in asked)
    assert by_date[0] == by_date[1]
    assert {*by_score[0]} == {*by_score[1]} == {*by_date[0]}
    assert engines.embedded.count(tree) == engines.elastic.count(tree) == len(by_date[0])
