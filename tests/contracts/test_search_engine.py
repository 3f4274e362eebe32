"""What `indexer.engine.SearchEngine` promises, asked of every engine (the fixture `engine`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crawler.errors import BackendUnavailable
from crawler.model.article import article_id
from indexer.document import DOCUMENT_VERSION, Document, Names, StoryPlace, to_document
from indexer.engine import BulkResult, EngineRequest, SearchEngine, Sort, SortKey
from indexer.nodes import And, AnyOf, Copies, Everything, Filter, Node, Not, Or, Period, Prefix, Sequence

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EVERYTHING = Everything()


@pytest.fixture
def make(make_article: Any) -> Callable[..., dict[str, Any]]:
    """A factory of documents: `number` gives the address and how many hours ago it was published."""

    def document(number: int, text: str = "Tekst depeszy.", **changes: Any) -> dict[str, Any]:
        story, role = changes.pop("story", None), changes.pop("role", "verbatim")
        agency, copies = changes.pop("agency", None), changes.pop("copies", 2)
        place = StoryPlace(story=story, role=role, copies=copies, agency=agency, is_origin=False) if story else None
        changes = {"title": "Tytuł", "published_at": NOON - timedelta(hours=number)} | changes
        return to_document(make_article(f"https://kresy.example/{number}", text, **changes), place, Names())

    return document


def push(engine: SearchEngine, documents: list[Any]) -> BulkResult:
    """Push and wait until the documents are found."""
    result = engine.push(documents)
    engine.refresh()
    return result


def numbers(engine: SearchEngine, query: Node, **asked: Any) -> list[str]:
    """Addresses' last parts, in the engine's order."""
    return [hit.document["url"].rpartition("/")[2] for hit in engine.search(EngineRequest(query=query, **asked))]


def found(engine: SearchEngine, query: Node) -> set[str]:
    return set(numbers(engine, query, limit=100))


def test_what_was_pushed_is_found_and_comes_back_whole(engine: SearchEngine, make: Any) -> None:
    document = make(
        1, "Prezydent przyjechał do Łodzi.", lead="Prezydent", authors=("Anna Żak",), section="Kraj", tags=("polityka",),
        image_url="https://kresy.example/most.jpg", image_credit="Fot. Ewa Lis/PAP",
    )  # fmt: skip
    assert push(engine, [document]).written == {document["id"]}
    assert found(engine, AnyOf(("lis",))) == set()  # who took the picture is kept and not searched
    [hit] = engine.search(EngineRequest(query=AnyOf(("lodzi",))))
    assert hit.document == document
    assert engine.documents([document["id"], article_id("https://nobody.example/")]) == {document["id"]: document}


def test_more_documents_are_given_back_than_one_answer_of_a_server_holds(engine: SearchEngine, make: Any) -> None:
    documents = {document["id"]: document for document in (make(number) for number in range(3))}
    push(engine, [*documents.values()])
    unknown = [article_id(f"https://nobody.example/{number}") for number in range(10_500)]
    first, *others = documents
    assert engine.documents([first, *unknown, *others, first]) == documents
    assert engine.documents([]) == {}


def test_an_index_that_was_never_made_is_said_and_told_by_its_status(engine: SearchEngine) -> None:
    assert engine.status().documents == 0
    assert engine.status().document_version is None
    with pytest.raises(BackendUnavailable, match="depesza crawl"):
        engine.search(EngineRequest(query=EVERYTHING))


def test_status_counts_documents(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(number) for number in range(3)])
    status = engine.status()
    assert (status.documents, status.document_version, status.engine) == (3, DOCUMENT_VERSION, engine.name)
    assert status.size_bytes > 0


def test_pushing_again_writes_nothing_and_acknowledges(engine: SearchEngine, make: Any) -> None:
    document = make(1)
    push(engine, [document])
    again = push(engine, [document])
    assert (again.written, again.already, again.rejected) == (set(), {document["id"]}, {})
    assert engine.count(EVERYTHING) == 1


def test_a_newer_version_replaces_and_an_older_one_changes_nothing(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(1, "pierwsza wersja", index_version=2)])
    assert push(engine, [make(1, "druga wersja", index_version=3)]).written
    assert push(engine, [make(1, "zerowa wersja", index_version=1)]).already
    assert found(engine, AnyOf(("druga",))) == {"1"}
    assert found(engine, AnyOf(("pierwsza", "zerowa"))) == set()
    assert engine.count(EVERYTHING) == 1


def test_of_two_versions_in_one_batch_the_newer_stays_whatever_their_order(engine: SearchEngine, make: Any) -> None:
    old, new = make(1, "stara", index_version=1), make(1, "nowa", index_version=2)
    push(engine, [new, old])
    assert found(engine, AnyOf(("nowa",))) == {"1"}
    assert found(engine, AnyOf(("stara",))) == set()


def test_a_document_that_cannot_be_kept_is_rejected_alone_and_with_a_reason(engine: SearchEngine, make: Any) -> None:
    good, naive, ancient = make(1), make(2), make(3)
    naive["published_at"] = "2026-11-24T12:00:00"
    ancient["published_at"] = "0001-01-01T00:00:00+00:00"
    result = push(engine, [naive, good, ancient])
    assert result.written == {good["id"]}
    assert set(result.rejected) == {naive["id"], ancient["id"]}
    assert "published_at" in result.rejected[naive["id"]]
    assert found(engine, EVERYTHING) == {"1"}


def test_words_are_sought_in_title_lead_and_text_and_a_field_narrows_them(engine: SearchEngine, make: Any) -> None:
    push(
        engine,
        [make(1, title="Wojna celna"), make(2, "O wojna", lead="O wojna"), make(3, section="Wojna"), make(4, byline="Wojna")],
    )
    assert found(engine, AnyOf(("wojna",))) == {"1", "2"}
    assert found(engine, AnyOf(("wojna",), "title")) == {"1"}
    assert found(engine, AnyOf(("wojna",), "section")) == {"3"}
    assert found(engine, AnyOf(("wojna",), "author")) == {"4"}


def test_and_or_not_combine_and_a_lone_not_is_everything_else(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(1, "kot pies"), make(2, "kot"), make(3, "pies"), make(4, "ryba")])
    cat, dog = AnyOf(("kot",)), AnyOf(("pies",))
    assert found(engine, And((cat, dog))) == {"1"}
    assert found(engine, Or((cat, dog))) == {"1", "2", "3"}
    assert found(engine, And((cat, Not(dog)))) == {"2"}
    assert found(engine, Not(cat)) == {"3", "4"}
    assert found(engine, And((Not(cat), Not(dog)))) == {"4"}
    assert found(engine, Or((cat, Not(dog)))) == {"1", "2", "4"}
    assert found(engine, Not(EVERYTHING)) == set()


def test_phrases_of_alternatives_keep_order_and_neighbourhood(engine: SearchEngine, make: Any) -> None:
    push(
        engine,
        [
            make(1, "prezydentów miast"),
            make(2, "miast prezydentów"),
            make(3, "prezydent naszego miasta"),
            make(4, "prezydent miasta"),
        ],
    )
    phrase = Sequence((AnyOf(("prezydent", "prezydentow")), AnyOf(("miasta", "miast"))))
    assert found(engine, phrase) == {"1", "4"}
    assert found(engine, Sequence((AnyOf(("prezydent",)), AnyOf(("miasta",))))) == {"4"}
    assert found(engine, Sequence((AnyOf(("prezydent", "prezydentow")), Prefix("mias")))) == {"1", "4"}
    assert found(engine, Sequence((AnyOf(("prezydent",)), AnyOf(("nieznane",))))) == set()
    assert found(engine, Sequence((AnyOf(("prezydent",)), AnyOf(("miasta",))), "title")) == set()


def test_a08_a_phrase_of_very_many_alternatives_and_of_open_prefixes_is_answered(engine: SearchEngine, make: Any) -> None:
    forms = [f"{number:03d}{'xyz'[number % 3] * 40}" for number in range(256)]
    push(engine, [make(number, " ".join([f"s{form}" for form in forms[number::8]] * 2) + " koniec") for number in range(8)])
    push(engine, [make(9, "sto koniec")])
    wide = AnyOf(("sto", *(f"s{form}" for form in forms[:255])))
    assert "9" in found(engine, Sequence((wide, AnyOf(("koniec",)))))
    assert found(engine, Sequence((Prefix("s"), AnyOf(("koniec",))))) == {*"01234567", "9"}
    assert found(engine, Sequence((Prefix("s"), Prefix("s"), Prefix("k")))) == set("01234567")


def test_a_prefix_finds_every_word_that_begins_so(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(1, "Łódzki"), make(2, "łódka"), make(3, "lód")])
    assert found(engine, Prefix("lodz")) == {"1"}
    assert found(engine, Prefix("lod")) == {"1", "2", "3"}
    assert found(engine, Prefix("lody")) == set()


def test_keyword_fields_match_whole_folded_values(engine: SearchEngine, make: Any) -> None:
    push(engine, [
        make(1, story="a" * 32, agency="pap", role="original", tags=("Śląsk i okolice",)),
        make(2, language="de", outlet="onet"),
    ])  # fmt: skip
    for field, value in {
        "agency": "pap",
        "role": "original",
        "tag": "slask i okolice",
        "story": "a" * 32,
        "outlet": "kresy",
    }.items():
        assert found(engine, Filter(field, value)) == {"1"}, field
    assert found(engine, Filter("language", "de")) == {"2"}
    assert found(engine, Filter("tag", "slask")) == set()
    assert found(engine, Filter("tag", "slask", is_prefix=True)) == {"1"}
    assert found(engine, Filter("outlet", "zz", is_prefix=True)) == set()


def test_a_period_holds_its_start_and_not_its_end(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(number) for number in range(4)])
    assert found(engine, Period(NOON - timedelta(hours=2), NOON)) == {"1", "2"}
    assert found(engine, Period(NOON - timedelta(hours=1), None)) == {"0", "1"}
    assert found(engine, Period(None, NOON - timedelta(hours=2))) == {"3"}


@pytest.mark.parametrize(("sort", "order"), [(Sort.NEWEST, "0123"), (Sort.OLDEST, "3210")])
def test_orders_by_date_run_both_ways_and_go_on_after_a_place(engine: SearchEngine, make: Any, sort: Sort, order: str) -> None:
    push(engine, [make(number) for number in range(4)])
    hits = engine.search(EngineRequest(query=EVERYTHING, sort=sort, limit=2))
    rest = numbers(engine, EVERYTHING, sort=sort, after=hits[-1].key)
    assert "".join([hit.document["url"][-1] for hit in hits] + rest) == order


def test_the_most_copied_stand_first_and_the_newest_of_equal_ones_before_the_others(engine: SearchEngine, make: Any) -> None:
    push(
        engine,
        [make(0), make(1, story="a" * 32, copies=3), make(2, story="b" * 32, copies=40), make(3, story="c" * 32, copies=3)],
    )
    assert numbers(engine, EVERYTHING, sort=Sort.MOST_COPIED) == ["2", "1", "3", "0"]
    first = engine.search(EngineRequest(query=EVERYTHING, sort=Sort.MOST_COPIED, limit=2))
    assert numbers(engine, EVERYTHING, sort=Sort.MOST_COPIED, after=first[-1].key) == ["3", "0"]
    request = EngineRequest(query=EVERYTHING, sort=Sort.MOST_COPIED)
    assert engine.stories_before(request, first[-1].key, {"b" * 32, "c" * 32}) == {"b" * 32}


def test_a_number_of_copies_is_asked_for_by_its_bounds(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(0), make(1, story="a" * 32, copies=3), make(2, story="b" * 32, copies=40)])
    assert found(engine, Copies(4, None)) == {"2"}
    assert found(engine, Copies(None, 3)) == {"0", "1"}
    assert found(engine, Copies(3, 3)) == {"1"}
    assert found(engine, And((Copies(1, 5), Not(Copies(1, 1))))) == {"1"}


def test_an_engine_tells_when_the_first_and_the_last_hit_were_published(engine: SearchEngine, make: Any) -> None:
    assert engine.create() or engine.period(EVERYTHING) is None
    later = NOON + timedelta(days=400, seconds=1)
    push(engine, [make(0, published_at=later), make(1, "kot", published_at=NOON), make(2, published_at=NOON - timedelta(days=2))])
    assert engine.period(EVERYTHING) == (NOON - timedelta(days=2), later)
    assert engine.period(AnyOf(("kot",))) == (NOON, NOON)
    assert engine.period(AnyOf(("nigdzie",))) is None


def test_the_state_of_an_index_is_another_after_a_push(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(0)])
    before = engine.state()
    assert engine.state() == before
    push(engine, [make(1)])
    assert before is None or engine.state() != before


@pytest.mark.parametrize("sort", list(Sort))
def test_equal_places_are_ordered_by_id_so_that_paging_shows_each_once(engine: SearchEngine, make: Any, sort: Sort) -> None:
    documents = [make(number, "to samo", published_at=NOON) for number in range(25)]
    push(engine, documents[:10])
    push(engine, documents[10:])
    ids: list[str] = []
    place: SortKey | None = None
    while hits := engine.search(EngineRequest(query=AnyOf(("samo",)), sort=sort, limit=4, after=place)):
        ids += [hit.document["id"] for hit in hits]
        place = hits[-1].key
    assert ids == sorted((document["id"] for document in documents), reverse=sort is not Sort.OLDEST)


def test_stories_can_be_left_out_without_changing_scores(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(1, "kot", story="a" * 32), make(2, "kot kot", story="b" * 32), make(3, "kot i pies")])
    request = EngineRequest(query=AnyOf(("kot",)), sort=Sort.RELEVANCE)
    before = {hit.document["id"]: hit.key for hit in engine.search(request)}
    after = engine.search(EngineRequest(query=AnyOf(("kot",)), sort=Sort.RELEVANCE, without_stories=["b" * 32]))
    assert {hit.document["url"][-1] for hit in after} == {"1", "3"}
    assert all(before[hit.document["id"]] == hit.key for hit in after)


@pytest.mark.parametrize("sort", list(Sort))
def test_an_engine_tells_which_stories_stand_above_a_place(engine: SearchEngine, make: Any, sort: Sort) -> None:
    push(engine, [make(number, "kot " * (5 - number), story=f"{number % 3}" * 32) for number in range(5)])
    request = EngineRequest(query=AnyOf(("kot",)), sort=sort, limit=100)
    hits = engine.search(request)
    for at, hit in enumerate(hits):
        above = {one.document["story"] for one in hits[:at]}
        asked = ["0" * 32, "1" * 32, "f" * 32]
        assert engine.stories_before(request, hit.key, asked) == above & set(asked)
    assert engine.stories_before(request, hits[-1].key, []) == frozenset()


def test_facets_count_articles_the_most_frequent_first(engine: SearchEngine, make: Any) -> None:
    push(
        engine,
        [make(1, outlet="b"), make(2, outlet="b", tags=("x", "y")), make(3, outlet="a"), make(4, "kot", outlet="c", tags=("x",))],
    )
    assert engine.facets(EVERYTHING, ("outlet", "tag")) == {"outlet": [("b", 2), ("a", 1), ("c", 1)], "tag": [("x", 2), ("y", 1)]}
    assert engine.facets(AnyOf(("kot",)), ("outlet",)) == {"outlet": [("c", 1)]}
    assert engine.facets(EVERYTHING, ("outlet",), size=1) == {"outlet": [("b", 2)]}


def test_facets_of_many_values_over_several_months_are_exact(engine: SearchEngine, make: Any) -> None:
    """What is frequent in all months together may be rare in each."""
    documents = []
    for month in range(1, 5):
        seen = datetime(2026, month, 1, tzinfo=UTC)
        tags = [f"{month}-{number:03d}" for number in range(60)]
        documents += [make(month * 10 + copy, first_seen_at=seen, tags=tags) for copy in range(2)]
        documents.append(make(month * 10 + 5, first_seen_at=seen, tags=["everywhere", ""]))
    push(engine, documents)
    assert engine.facets(EVERYTHING, ("tag",), size=3) == {"tag": [("everywhere", 4), ("1-000", 2), ("1-001", 2)]}


def test_a_histogram_counts_articles_between_edges(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(number, "kot" if number % 2 else "pies") for number in range(6)])
    edges = [NOON - timedelta(hours=hours) for hours in (9, 4, 2, 1, 0)]
    assert engine.histogram(EVERYTHING, edges) == [1, 2, 1, 1]
    assert engine.histogram(AnyOf(("kot",)), edges) == [1, 1, 0, 1]
    assert engine.histogram(EVERYTHING, edges[:1]) == []
    days = [NOON - timedelta(days=500 - day) for day in range(501)]
    assert sum(engine.histogram(EVERYTHING, days)) == 5 and len(engine.histogram(EVERYTHING, days)) == 500


def test_documents_first_seen_before_a_month_can_be_retired(engine: SearchEngine, make: Any) -> None:
    old, new = datetime(2026, 9, 30, 23, 59, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
    push(engine, [make(1, first_seen_at=old), make(2, first_seen_at=new), make(3)])
    assert engine.retire(datetime(2026, 10, 1, tzinfo=UTC)) == 1
    assert found(engine, EVERYTHING) == {"2", "3"}
    assert engine.retire(datetime(2026, 10, 1, tzinfo=UTC)) == 0
    assert engine.status().documents == 2


def test_a_hit_in_the_title_beats_one_in_the_lead_beats_one_in_the_text(engine: SearchEngine, make: Any) -> None:
    filler = "o czym innym mowa jest w tej depeszy"
    push(engine, [
        make(1, f"{filler}\n\n{filler} kot", title="Pies i ryba"), make(2, f"{filler}\n\n{filler} pies", title="Kot i ryba"),
        make(3, f"{filler} kot\n\n{filler}", title="Pies i ptak"), *(make(number, filler) for number in range(10, 30)),
    ])  # fmt: skip
    assert numbers(engine, AnyOf(("kot",)), sort=Sort.RELEVANCE) == ["2", "3", "1"]


def test_two_query_words_beat_one_twice(engine: SearchEngine, make: Any) -> None:
    fillers = [make(number, "ryba pływa w stawie") for number in range(10, 30)]
    push(engine, [make(1, "kot i kot znowu"), make(2, "kot oraz pies razem"), *fillers])
    assert numbers(engine, Or((AnyOf(("kot",)), AnyOf(("pies",)))), sort=Sort.RELEVANCE)[0] == "2"


def test_the_same_article_in_another_case_form_scores_within_a_fifth(engine: SearchEngine, make: Any) -> None:
    """SEARCH.md, "Folding and relevance". The rare form must not win by its rarity."""
    common = [make(number, f"Spotkanie z prezydentem numer {number}") for number in range(10, 60)]
    push(engine, [make(1, "Spotkanie prezydenta numer 1"), make(2, "Spotkanie prezydentem numer 2"), *common])
    word = AnyOf(("prezydent", "prezydenta", "prezydentem"))
    scores = {
        hit.document["url"]: hit.key.value for hit in engine.search(EngineRequest(query=word, sort=Sort.RELEVANCE, limit=100))
    }
    one, other = scores["https://kresy.example/1"], scores["https://kresy.example/2"]
    assert abs(one - other) <= 0.2 * max(one, other)


def test_a_phrase_counts_like_its_words_in_the_field_where_it_stands(engine: SearchEngine, make: Any) -> None:
    filler = "o czym innym mowa jest w tej depeszy"
    push(engine, [
        make(1, f"{filler}\n\n{filler} prezydent miasta", title="Pies i ryba"),
        make(2, f"{filler}\n\n{filler} ptak", title="Prezydent miasta i ryba"),
        make(3, f"{filler} prezydent miasta\n\n{filler}", title="Pies i ptak"),
        *(make(number, f"{filler} miasto") for number in range(10, 30)),
    ])  # fmt: skip
    president, city = AnyOf(("prezydent", "prezydentow")), AnyOf(("miasta", "miast", "miasto"))
    phrase = Sequence((president, city))
    assert numbers(engine, phrase, sort=Sort.RELEVANCE) == ["2", "3", "1"]
    assert numbers(engine, Sequence((president, Prefix("mias"))), sort=Sort.RELEVANCE) == ["2", "3", "1"]
    first, *_ = engine.search(EngineRequest(query=Sequence(phrase.parts, "title"), sort=Sort.RELEVANCE))
    both = And((AnyOf(president.forms, "title"), AnyOf(city.forms, "title")))
    assert first.key == engine.search(EngineRequest(query=both, sort=Sort.RELEVANCE))[0].key


def test_a_phrase_in_another_case_form_scores_within_a_fifth(engine: SearchEngine, make: Any) -> None:
    common = [make(number, f"Spotkanie z prezydentem miasta numer {number}") for number in range(10, 60)]
    push(engine, [make(1, "Spotkanie u prezydentów miast numer 1"), make(2, "Spotkanie z prezydentem miasta numer 2"), *common])
    phrase = Sequence((AnyOf(("prezydent", "prezydentow", "prezydentem")), AnyOf(("miasta", "miast"))))
    scores = {
        hit.document["url"]: hit.key.value for hit in engine.search(EngineRequest(query=phrase, sort=Sort.RELEVANCE, limit=100))
    }
    one, other = scores["https://kresy.example/1"], scores["https://kresy.example/2"]
    assert min(one, other) > 0
    assert abs(one - other) <= 0.2 * max(one, other)


def test_filters_and_dates_do_not_change_scores(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(1, "kot"), make(2, "kot i pies")])
    word = AnyOf(("kot",))
    plain = [hit.key for hit in engine.search(EngineRequest(query=word, sort=Sort.RELEVANCE))]
    narrowed = And((word, Filter("outlet", "kresy"), Period(NOON - timedelta(days=1), None)))
    assert [hit.key for hit in engine.search(EngineRequest(query=narrowed, sort=Sort.RELEVANCE))] == plain


def test_a_rebuild_shows_the_old_index_until_it_is_finished(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(1), make(2)])
    fresh = engine.begin_rebuild()
    fresh.push([make(3)])
    assert found(engine, EVERYTHING) == {"1", "2"}
    fresh.finish_rebuild()
    fresh.close()
    assert found(engine, EVERYTHING) == {"3"}
    assert push(engine, [make(4)]).written


def test_a_rebuild_given_up_leaves_the_old_index(engine: SearchEngine, make: Any) -> None:
    push(engine, [make(1)])
    fresh = engine.begin_rebuild()
    fresh.push([make(2)])
    fresh.close()
    assert found(engine, EVERYTHING) == {"1"}
    assert push(engine, [make(3)]).written


def test_the_forms_of_pushed_words_are_the_engine_s_own(engine: SearchEngine, make: Any) -> None:
    document: Document = make(1, "Spotkał Zełenskiego.")
    assert engine.forms.add({"pl": [document["text"]]}) == 2
    assert engine.forms.add({"pl": [document["text"]]}) == 0
    push(engine, [document])
    assert engine.forms.languages() == ("pl",)
    assert engine.forms.forms({"zełenski"}, "pl") == {"zelenskiego"}
    assert engine.forms.bases("zelenski", "pl") == {"zełenski"}


def test_f22_a_document_of_odd_characters_is_kept_as_it_is(engine: SearchEngine, make: Any) -> None:
    document = make(1, "日本語 the ﷺ \u0301 naïve ½ \U0001f600 kot", title="E\u0301")
    assert push(engine, [document]).written
    assert found(engine, AnyOf(("kot",))) == {"1"}
    assert found(engine, Sequence((AnyOf(("日",)), AnyOf(("本",))))) == {"1"}
