"""Facts that a page states in several ways that disagree: which one is believed, and what is invented by none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crawler.model.article import PublishedFrom
from crawler.normalize.dates import date_article
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.names import people_in
from crawler.normalize.people import read_people
from crawler.normalize.structured import Name
from crawler.normalize.titles import read_title

MakeDraft = Callable[..., Draft]
PARAGRAPH = "Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta, co potwierdził w środę rzecznik zarządu dróg i mostów."


def head(og: str, ld: str, title: str, h1: str) -> str:
    return (
        f'<html><head><title>{title}</title><meta property="og:title" content="{og}"><script type="application/ld+json">'
        f'{{"@type": "NewsArticle", "headline": "{ld}"}}</script></head><body><h1>{h1}</h1><p>{PARAGRAPH}</p></body></html>'
    )


@pytest.mark.parametrize(
    ("html", "title"),
    [
        (head("Most do wiosny", "Most do wiosny", "Most do wiosny | Echo Dnia", "Kiedy wróci nasz most?"), "Most do wiosny"),
        (head("Most do wiosny", "Inny most", "Most do wiosny | Echo Dnia", "Kiedy wróci nasz most?"), "Kiedy wróci nasz most?"),
        (head("Drogi: Most do wiosny", "Drogi: Most do wiosny", "Drogi: Most do wiosny", "Most do wiosny"), "Most do wiosny"),
        (head("Most zamknięty do wiosny", "", "Most zamknięty do wiosny", "Szczegóły"), "Most zamknięty do wiosny"),
    ],
)
def test_three_statements_outweigh_a_heading_that_says_something_else(html: str, title: str, make_draft: MakeDraft) -> None:
    draft = make_draft(html)
    assert read_title(draft.tree, draft.facts, ["Echo Dnia"]) == title


@pytest.mark.parametrize(
    ("meta", "changed", "day", "source"),
    [
        ('<meta name="date" content="2026-10-05">', "", "2026-10-02", PublishedFrom.PAGE),
        ('<meta property="article:published_time" content="2026-10-05T08:00:00Z">', "", "2026-10-05", PublishedFrom.META),
        ('<meta property="article:published_time" content="2026-10-05T08:00:00Z">', "2026-10-05T08:00:00Z", "2026-10-02", PublishedFrom.PAGE),
        ('<meta property="article:published_time" content="2026-10-05T08:00:00Z">', "2026-10-06T08:00:00Z", "2026-10-05", PublishedFrom.META),
    ],
)  # fmt: skip
def test_the_day_beside_the_headline_is_believed_before_a_vague_one_and_before_that_of_the_pages_making(
    meta: str, changed: str, day: str, source: PublishedFrom, make_draft: MakeDraft, setting: Setting
) -> None:
    modified = f'<meta property="article:modified_time" content="{changed}">' if changed else ""
    draft = make_draft(
        f"<html><head>{meta}{modified}</head><body><h1>Most</h1><p>2 października 2026</p><p>{PARAGRAPH}</p></body></html>"
    )
    draft.title = "Most"
    date_article(draft, setting)
    assert draft.published_at is not None
    assert (draft.published_at.date().isoformat(), draft.published_from) == (day, source)


def test_a_year_alone_is_no_new_years_day(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft(f"<html><body><h1>Most</h1><p>{PARAGRAPH}</p><footer>Copyright 2014 Echo Dnia</footer></body></html>")
    draft.title = "Most"
    date_article(draft, setting)
    assert draft.published_from is PublishedFrom.FIRST_FETCH


def test_a_link_called_publication_that_leads_to_another_paper_dates_nothing(make_draft: MakeDraft, setting: Setting) -> None:
    html = '<h1>Most</h1><div><span>Data:</span> <span>18.10.2026</span></div><p>%s <a class="Publication">Pismo z dnia 14 października 2026</a></p>'
    draft = make_draft(f"<html><body>{html % PARAGRAPH}</body></html>")
    draft.title = "Most"
    date_article(draft, setting)
    assert draft.published_at is not None
    assert draft.published_at.date().isoformat() == "2026-10-18"


@pytest.mark.parametrize(
    ("below", "authors"),
    [
        ("<div><p>Anna Lis</p><p>Rzeczniczka zarządu</p></div>", ()),
        ('<div><a href="/miasto">Nowa Wieś</a> <span>2 października 2026</span></div>', ()),
        ('<p>by <a href="/author/ola/">Ola</a> - 2 października 2026</p>', ("Ola",)),
        ('<p>więcej <a href="/author/ola/">Ola</a> - 2 października 2026</p>', ()),
    ],
)
def test_a_name_below_the_headline_needs_a_mark_to_be_the_author(
    below: str, authors: tuple[str, ...], make_draft: MakeDraft, setting: Setting
) -> None:
    draft = make_draft(f"<html><body><h1>Most zamknięty</h1>{below}<p>{PARAGRAPH}</p></body></html>")
    draft.title = "Most zamknięty"
    read_people(draft, setting)
    assert draft.authors == authors


@pytest.mark.parametrize(
    ("meta", "authors"),
    [
        ('<meta name="twitter:label1" content="Napisane przez"><meta name="twitter:data1" content="Anna Lis">', ("Anna Lis",)),
        ('<meta name="twitter:label1" content="Czas czytania"><meta name="twitter:data1" content="Anna Lis">', ()),
        ('<meta name="dc.creator" content="annalis">', ()),
        ('<meta name="author" content="echo.example, Warszawa, Polska">', ()),
    ],
)
def test_what_meta_calls_an_author_is_one_only_where_it_names_a_person(
    meta: str, authors: tuple[str, ...], make_draft: MakeDraft, setting: Setting
) -> None:
    draft = make_draft(f"<html><head>{meta}</head><body><h1>Most</h1><p>{PARAGRAPH}</p></body></html>")
    read_people(draft, setting)
    assert draft.authors == authors


def test_a_running_report_of_nine_writers_keeps_them_and_not_the_photographer(make_draft: MakeDraft, setting: Setting) -> None:
    names = [f"Anna {last}" for last in ("Lis", "Kos", "Mróz", "Wilk", "Dąb", "Sowa", "Zięba", "Kania", "Czapla")]
    people = ", ".join(f'{{"@type": "Person", "name": "{name}"}}' for name in names)
    draft = make_draft(
        f'<head><script type="application/ld+json">{{"@type": "LiveBlogPosting", "author": [{people}]}}</script></head>'
        '<body><h1>Most</h1><span class="author">Jan Obcy / Pool via Reuters</span></body>'
    )
    read_people(draft, setting)
    assert draft.authors == tuple(names)


def test_groups_are_no_people_and_a_place_beside_names_is_none() -> None:
    assert people_in([Name("Anna Lis, Coast Justice Program", None)]) == ("Anna Lis",)
    assert people_in([Name("Anna Lis, Nairobi", None)]) == ("Anna Lis",)
    assert people_in([Name("Kasia", None)]) == ("Kasia",)
