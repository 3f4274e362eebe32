"""Headline, lead, byline and people of a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model.feed import FeedEntry
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.leads import read_lead
from crawler.normalize.names import people_in
from crawler.normalize.people import read_people
from crawler.normalize.structured import Name
from crawler.normalize.titles import read_title, without_site_name

MakeDraft = Callable[..., Draft]
PARAGRAPH = "Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta."


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Most zamknięty | Echo Dnia", "Most zamknięty"),
        ("Most zamknięty - Echo Dnia", "Most zamknięty"),
        ("Most zamknięty – Wiadomości – Echo Dnia", "Most zamknięty – Wiadomości"),
        ("Echo Dnia: Most zamknięty", "Echo Dnia: Most zamknięty"),
        ("Echo Dnia » Most zamknięty", "Most zamknięty"),
        ("Most zamknięty - echo.example", "Most zamknięty"),
        ("Wynik 3 - 2", "Wynik 3 - 2"),
        ("Echo Dnia", "Echo Dnia"),
        ("Pół na pół - co dalej", "Pół na pół - co dalej"),
    ],
)
def test_the_outlets_name_leaves_a_title_and_nothing_else_does(raw: str, title: str) -> None:
    assert without_site_name(raw, ["Echo Dnia", "echo.example"]) == title


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>Most zamknięty | Echo Dnia</title><h1>Most zamknięty</h1>", "Most zamknięty"),
        ("<title>Zamknięty most: co wiemy</title><h1>Most zamknięty do wiosny</h1>", "Most zamknięty do wiosny"),
        ("<title>Most zamknięty | Echo Dnia</title><h1>Echo Dnia</h1>", "Most zamknięty"),
        (
            '<title>Most | Echo Dnia</title><meta property="og:title" content="Most zamknięty"><h1 class="site-logo">Echo</h1><h1>Most zamknięty</h1>',
            "Most zamknięty",
        ),
        ('<title>Most zamknięty</title><h1><span class="kicker">Drogi</span> Most zamknięty</h1>', "Most zamknięty"),
        ("<title>Echo Dnia » Archiwum » Most zamknięty</title><h3>Most zamknięty</h3>", "Most zamknięty"),
    ],
)
def test_the_heading_that_agrees_with_the_page_is_the_title(html: str, title: str, make_draft: MakeDraft) -> None:
    draft = make_draft(f"<html><head></head><body>{html}<p>{PARAGRAPH}</p></body></html>")
    assert read_title(draft.tree, draft.facts, ["Echo Dnia"]) == title


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ("By Jane Doherty and Per Lund", ["Jane Doherty", "Per Lund"]),
        ("Autor: Anna Sowińska", ["Anna Sowińska"]),
        ("wk/PAP", []),
        ("wk, zol", []),
        ("PAP", []),
        ("Redakcja", []),
        ("Jan Kowalski, PAP", ["Jan Kowalski"]),
        ("By JANE DOE, AP Science Writer", ["Jane Doe"]),
        ("Von Till Eckert, Max Bernhard und Anna von der Heide", ["Till Eckert", "Max Bernhard", "Anna von der Heide"]),
        ("Written by Meghan Neville Content Marketing Coordinator", ["Meghan Neville"]),
        ("Anna Nowak 2 maja 2017, 14:30", ["Anna Nowak"]),
        ("Doe, Jane", ["Jane Doe"]),
        ("Dr. Max Kolter", ["Max Kolter"]),
        ("Олена Ткачук", ["Олена Ткачук"]),
        ("Автор: Иван Петров", ["Иван Петров"]),
        ("Walter von Aachen", ["Walter von Aachen"]),
        ("Sean O'Brien, Mary-Ann Li", ["Sean O'Brien", "Mary-Ann Li"]),
        ("jan.kowalski@echo.example", []),
        ("https://facebook.com/echo", []),
        ("By Shelby Loos, DVM. Reviewed by Molly Price, DVM", ["Shelby Loos"]),
        ("Associated Press", []),
        ("Nowiny Press Team", []),
    ],
)
def test_people_are_told_from_agencies_initials_and_jobs(byline: str, people: list[str]) -> None:
    assert list(people_in([Name(byline, None)], alone=False)) == people


@given(st.text(max_size=120))
@settings(deadline=None)
def test_no_byline_ever_raises(text: str) -> None:
    for name in people_in([Name(text, None)]):
        assert name.strip() == name


def test_an_organisation_by_its_own_word_is_no_person(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft(
        '<script type="application/ld+json">{"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Jan Kowalski"}}</script><p>x</p>'
    )
    read_people(draft, setting)
    assert draft.authors == ()


def test_the_outlet_and_the_agencies_are_no_people_even_where_the_page_says_so(make_draft: MakeDraft, setting: Setting) -> None:
    names = '[{"@type": "Person", "name": "Echo Dnia"}, {"@type": "Person", "name": "PAP"}, {"@type": "Person", "name": "Anna Sowińska"}]'
    draft = make_draft(f'<script type="application/ld+json">{{"@type": "NewsArticle", "author": {names}}}</script><p>x</p>')
    read_people(draft, setting)
    assert draft.authors == ("Anna Sowińska",)


def test_a_visible_byline_with_more_people_is_believed_before_structured_data(make_draft: MakeDraft, setting: Setting) -> None:
    html = '<script type="application/ld+json">{"@type": "NewsArticle", "author": "Anna Nowak"}</script><p class="byline">Anna Nowak, Jan Kos</p>'
    draft = make_draft(html)
    read_people(draft, setting)
    assert draft.authors == ("Anna Nowak", "Jan Kos")
    assert draft.byline == "Anna Nowak, Jan Kos"


def test_three_names_in_three_spans_are_three_people(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft('<div class="article-byline"><span>Anna Nowak</span><span>Jan Kos</span><span>Ewa Lis</span></div>')
    read_people(draft, setting)
    assert draft.authors == ("Anna Nowak", "Jan Kos", "Ewa Lis")


def test_the_feed_names_the_author_where_the_page_does_not(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft("<p>x</p>", entry=FeedEntry(url="https://echo.example/wiadomosci/most", author="Anna Nowak"))
    read_people(draft, setting)
    assert (draft.authors, draft.byline) == (("Anna Nowak",), "Anna Nowak")


def test_commenters_and_photographers_are_not_authors(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft(
        '<div class="comments"><a rel="author">Jan Troll</a></div><figcaption class="photo"><span class="author">Ewa Lis</span></figcaption>'
    )
    read_people(draft, setting)
    assert draft.authors == ()


@pytest.mark.parametrize(
    ("html", "lead"),
    [
        (
            f'<p class="lead">Objazd wydłuży drogę do szpitala o sześć minut.</p><p>{PARAGRAPH}</p>',
            "Objazd wydłuży drogę do szpitala o sześć minut.",
        ),
        (
            f'<meta property="og:description" content="Objazd wydłuży drogę do szpitala o sześć minut."><h2>Objazd wydłuży drogę do szpitala o sześć minut.</h2><p>{PARAGRAPH}</p>',
            "Objazd wydłuży drogę do szpitala o sześć minut.",
        ),
        (f"<p><strong>{PARAGRAPH}</strong></p><p>Dalej.</p>", PARAGRAPH),
        (f'<meta property="og:description" content="Tego zdania nie widzi żaden czytelnik tej strony."><p>{PARAGRAPH}</p>', None),
        (
            f'<div class="related"><p class="lead">Objazd wydłuży drogę do szpitala o sześć minut.</p></div><p>{PARAGRAPH}</p>',
            None,
        ),
    ],
)
def test_a_lead_is_what_the_page_sets_apart_and_the_text_begins_with_it(
    html: str, lead: str | None, make_draft: MakeDraft, setting: Setting
) -> None:
    draft = make_draft(f"<html><body><h1>Most zamknięty</h1>{html}</body></html>")
    draft.title, draft.text = "Most zamknięty", f"{PARAGRAPH}\n\nDalej."
    read_lead(draft, setting)
    assert draft.lead == lead
    assert draft.text.startswith(lead or PARAGRAPH)
    assert draft.text.count(lead or PARAGRAPH) == 1


def test_a_body_is_no_person_with_a_job() -> None:
    assert people_in([Name("Coast Rankings Team", None), Name("Harbour Solutions Editorial Team", None)]) == ()
    assert people_in([Name("Jane Doe Content Manager", None)]) == ("Jane Doe",)


def test_a_person_by_structured_data_may_write_the_last_name_small() -> None:
    assert people_in([Name("Jan kos", True)]) == ("Jan Kos",)
    assert people_in([Name("Nocny dyżur", None)]) == ()


@pytest.mark.parametrize(("link", "authors"), [("/author/anna", ("Anna Lis",)), ("/o-nas", ())])
def test_an_organisation_with_a_persons_name_and_an_authors_page_is_a_person(
    link: str, authors: tuple[str, ...], make_draft: MakeDraft, setting: Setting
) -> None:
    draft = make_draft(
        '<head><meta name="author" content="Anna Lis"><script type="application/ld+json">{"@type": "NewsArticle", "author": '
        f'{{"@type": "Organization", "name": "Anna Lis"}}}}</script></head><body><h1>Most</h1><a href="{link}">Anna Lis</a><p>{PARAGRAPH}</p></body>'
    )
    read_people(draft, setting)
    assert draft.authors == authors
