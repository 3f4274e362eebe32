"""The search service over a real embedded index."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crawler.errors import QueryError
from indexer.buckets import Step
from indexer.engine import Sort
from indexer.search import SearchRequest, search

from .conftest import NOON, numbers


def test_a_nominative_finds_and_marks_inflected_forms(fill: Any, ask: Any, make_document: Any) -> None:
    fill(
        make_document(1, "Spotkanie w Warszawie.", title="Prezydentów miast w Warszawie"),
        make_document(2, "W Łodzi.", title="Strajk"),
    )
    page = ask("Warszawa prezydent")
    assert numbers(page) == ["1"]
    [hit] = page.hits
    assert [hit.article["title"][start:end] for start, end in hit.title_marks] == ["Prezydentów", "Warszawie"]
    assert [hit.snippets[0].text[start:end] for start, end in hit.snippets[0].marks] == ["Warszawie"]
    assert page.expansion["Warszawa"][0] == "warszawa"
    assert "warszawie" in page.expansion["Warszawa"]
    assert "text" not in hit.article


@pytest.mark.parametrize("query", ["lodz", "Łódź", "łodzi", "LODZI", '"w łodzi"', "łódz*", "lod*"])
def test_diacritics_and_case_may_be_left_out(fill: Any, ask: Any, make_document: Any, query: str) -> None:
    fill(make_document(1, "Strajk w Łodzi trwa."))
    assert numbers(ask(query)) == ["1"]


def test_every_field_of_the_language_is_found(fill: Any, ask: Any, make_document: Any) -> None:
    story = "a" * 32
    fill(
        make_document(1, authors=("Anna Żak",), section="Kraj", tags=("rząd",), story=story, role="original", title="Umowa"),
        make_document(2, language="de", published_at=NOON - timedelta(days=30), outlet="onet"),
    )
    for query in (
        "title:umowy", "outlet:kresy", "outlet:Kresy.pl", "agency:pap", 'agency:"polska agencja prasowa"', "language:pl", "author:żak",
        "group:portale", "tag:rząd", "tag:wschód", "country:PL", "role:original", f"story:{story}", "section:kraj", "date:2026-11-24",
        "date:P7D", "date:2026-11-24..", "-outlet:onet", "outlet:kre*",
    ):  # fmt: skip
        assert numbers(ask(query)) == ["1"], query


def test_copies_are_folded_and_the_story_stands_where_its_best_hit_stands(fill: Any, ask: Any, make_document: Any) -> None:
    fill(*(make_document(number, story=f"{number % 3}" * 32) for number in range(9)), make_document(20), make_document(21))
    page = ask("prezydent")
    assert numbers(page) == ["0", "1", "2", "20", "21"]
    assert page.total == 11
    assert page.next is None
    assert numbers(ask("prezydent", fold_copies=False)) == [*"012345678", "20", "21"]


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_by_cursor_show_each_story_once_in_the_order_of_one_long_page(
    fill: Any, ask: Any, make_document: Any, sort: Sort, limit: int
) -> None:
    documents = [
        make_document(n, "prezydent " * (1 + n * 7 % 5), story=f"{n * 5 % 7}" * 32 if n % 3 else None) for n in range(30)
    ]
    fill(*documents)
    whole = numbers(ask("prezydent", sort=sort, limit=100))
    shown: list[str] = []
    page = ask("prezydent", sort=sort, limit=limit)
    shown += numbers(page)
    while page.next:
        page = ask("prezydent", sort=sort, limit=limit, after=page.next)
        assert page.hits
        shown += numbers(page)
    assert shown == whole
    assert len(whole) == 10 + 7


def test_a_story_of_a_thousand_copies_takes_one_place_and_few_questions(fill: Any, ask: Any, make_document: Any) -> None:
    fill(*(make_document(number, story="a" * 32) for number in range(1000)), make_document(2000), make_document(2001))
    page = ask("prezydent", limit=3)
    assert numbers(page) == ["0", "2000", "2001"]


@pytest.mark.parametrize("cursor", ["x", "é", "AAAA", "bnVsbA", "WzFd", "a" * 5000, "WyJuZXdlc3QiLCAxZTQwMCwgImFhIiwgbnVsbF0"])
def test_a09_a_foreign_cursor_is_refused_in_words(fill: Any, ask: Any, make_document: Any, cursor: str) -> None:
    fill(make_document(1))
    with pytest.raises(QueryError, match="cursor"):
        ask("prezydent", after=cursor)


def test_a_cursor_of_another_order_is_refused(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(1), make_document(2))
    cursor = ask("prezydent", limit=1).next
    with pytest.raises(QueryError, match="another order"):
        ask("prezydent", after=cursor, sort=Sort.RELEVANCE)


def test_a_bad_query_is_searched_and_says_what_it_could_not_read(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(1))
    page = ask('"prezydent Warszawa')
    assert numbers(page) == ["1"]
    assert "never closed" in (page.hint or "")


def test_an_empty_query_shows_everything_the_newest_first(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(2), make_document(1), make_document(3))
    assert numbers(ask("")) == ["1", "2", "3"]
    assert ask("").hint is None


def test_facets_are_counted_on_request(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(1), make_document(2, outlet="onet"))
    assert ask("prezydent", facets=("outlet",)).facets == {"outlet": [("kresy", 1), ("onet", 1)]}


def test_a_page_is_plain_json(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(1))
    found = json.loads(json.dumps(ask("prezydent").as_json()))
    [hit] = found["hits"]
    assert hit["outlet_name"] == "Kresy.pl"
    assert hit["snippets"][0]["marks"] == [[0, 9]]
    assert found["total"] == 1


def test_a08_the_dearest_query_allowed_is_answered_in_time(fill: Any, ask: Any, make_document: Any) -> None:
    fill(*(make_document(number, " ".join(f"słowo{number}x{one}" for one in range(100))) for number in range(50)))
    page = ask(" OR ".join(["slo*", *['"sl* slo* slow*"'] * 5]))
    assert page.total == 50
    assert page.took_ms < 5000


def test_a_histogram_counts_articles_by_days_of_the_reader_s_zone(fill: Any, engine: Any, make_document: Any) -> None:
    warsaw = ZoneInfo("Europe/Warsaw")
    midnight = datetime(2026, 11, 24, tzinfo=warsaw).astimezone(UTC)
    times = (midnight - timedelta(days=2), midnight - timedelta(seconds=1), midnight, midnight + timedelta(hours=9))
    fill(*(make_document(number, published_at=at, story="a" * 32) for number, at in enumerate(times)), make_document(9, "Nic.", title="Nic", published_at=NOON))  # fmt: skip
    page = search(engine, SearchRequest(text="prezydent", histogram=Step.DAY), NOON, warsaw)
    assert page.histogram
    assert [(f"{one.start:%d %H:%M%z}", one.articles) for one in page.histogram.buckets] == [
        ("22 00:00+0100", 1), ("23 00:00+0100", 1), ("24 00:00+0100", 2),
    ]  # fmt: skip
    assert len(page.hits) == 1, "copies are folded, the histogram counts each"
    assert sum(one.articles for one in page.histogram.buckets) == page.total
    told = json.loads(json.dumps(page.as_json()))["histogram"]
    assert told["step"] == "day"
    assert told["buckets"][2] == {"start": "2026-11-24T00:00:00+01:00", "end": "2026-11-25T00:00:00+01:00", "articles": 2}


def test_a_histogram_of_a_period_shows_its_empty_days_too(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(1, published_at=NOON - timedelta(days=2)))
    counts = [one.articles for one in ask("prezydent date:P7D", histogram=Step.DAY).histogram.buckets]
    assert counts == [0, 0, 0, 0, 0, 1, 0, 0]
    november = ask("prezydent date:2026-11", histogram=Step.AUTO).histogram
    assert (november.step, len(november.buckets), sum(one.articles for one in november.buckets)) == (Step.DAY, 30, 1)
    assert len(ask("prezydent date:..2026-11-23", histogram=Step.DAY).histogram.buckets) == 2


def test_a_histogram_of_nothing_is_none(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(1))
    assert ask("nieznany", histogram=Step.AUTO).histogram is None
    assert ask("prezydent").histogram is None
    assert json.loads(json.dumps(ask("nieznany", histogram=Step.AUTO).as_json()))["histogram"] is None


def test_an_empty_answer_names_a_value_that_no_article_has(fill: Any, ask: Any, make_document: Any) -> None:
    fill(make_document(1, "Prezydent przyjechał."))
    outlet = ask("").hits[0].article["outlet"]
    page = ask(f"outlet:{outlet}x prezydent")
    assert not page.hits and f"No article has the outlet '{outlet}x' (did you mean \"{outlet}\"?)" in (page.hint or "")
    assert ask(f"outlet:{outlet} nieznane").hint is None
    assert ask(f"prezydent -outlet:{outlet}x").hint is None


def test_unfolded_pages_go_on_within_a_story(fill: Any, ask: Any, make_document: Any) -> None:
    fill(*(make_document(number, story="a1") for number in (1, 2, 3)))
    first = ask("", limit=1, fold_copies=False)
    second = ask("", limit=1, fold_copies=False, after=first.next)
    third = ask("", limit=1, fold_copies=False, after=second.next)
    assert [numbers(page) for page in (first, second, third)] == [["1"], ["2"], ["3"]]
