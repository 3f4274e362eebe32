"""Authors told by a second sign beside the name; and names without one, which are nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crawler.normalize.draft import Draft, Setting
from crawler.normalize.head_lines import head_lines
from crawler.normalize.names import people_in
from crawler.normalize.people import read_people
from crawler.normalize.signs import marked_in_the_head
from crawler.normalize.structured import Name

MakeDraft = Callable[..., Draft]
PARAGRAPH = "Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta, co potwierdził w środę rzecznik zarządu dróg i mostów w rozmowie z dziennikarzami."
TEXT = f"{PARAGRAPH}\n\nKierowcy stracą na nim kilka minut.\n\nAutobusy pojadą dawną trasą.\n\nMost ma sto lat."


def page(head: str = "", below: str = "", meta: str = "") -> str:
    return f"<html><head>{meta}</head><body><h1>Most</h1>{head}<p>{PARAGRAPH}</p>{below}</body></html>"


def authors_of(make_draft: MakeDraft, setting: Setting, html: str, text: str = TEXT) -> tuple[str, ...]:
    draft = make_draft(html)
    draft.title, draft.text = "Most", text
    read_people(draft, setting)
    return draft.authors


@pytest.mark.parametrize(
    ("head", "authors"),
    [
        ('<header class="no-promo"><p class="byline">By Anna Nowak, Jan Kos</p></header>', ("Anna Nowak", "Jan Kos")),
        ('<div class="card"><span>Von</span><a href="/x"><img alt=""><span>Anna Nowak</span></a> und <a href="/y">Jan Kos</a></div>', ("Anna Nowak", "Jan Kos")),
        ('<div class="info-sidebar"><b class="writer">Anna Nowak</b></div><span>Kraj</span>', ("Anna Nowak",)),
        ('<a class="x1f" href="/meet-the-team/anna-nowak-p4zy"><span>Anna Nowak</span></a>', ("Anna Nowak",)),
        ('<a class="x1f" href="/temat/anna-nowak"><span>Anna Nowak</span></a>', ()),
        ('<a class="x1f" href="/autor/redakcja">Anna Nowak</a><div class="related"><a href="/autor/jan-kos">Jan Kos</a></div>', ("Anna Nowak",)),
        ("<span>Anna Nowak</span><span>2 maja 2026</span>", ()),
        ('<div class="comment"><span>By</span><span>Anna Nowak</span></div>', ()),
        ('<div class="menu-card"><a href="/b">by Kan Chu Sen, 1721.</a></div>', ()),
    ],
)  # fmt: skip
def test_a_mark_or_an_authors_link_in_the_head_names_the_writer(
    head: str, authors: tuple[str, ...], make_draft: MakeDraft, setting: Setting
) -> None:
    assert authors_of(make_draft, setting, page(head)) == authors


def test_the_head_is_believed_before_a_byline_of_another_article(make_draft: MakeDraft, setting: Setting) -> None:
    html = page('<div class="promo"><span>By Anna Nowak</span></div>', '<div><span class="author">Jan Kos</span></div>')
    assert authors_of(make_draft, setting, html) == ("Anna Nowak",)


def test_a_byline_of_an_agency_leaves_nothing_to_be_looked_for(make_draft: MakeDraft, setting: Setting) -> None:
    below = '<div class="links"><h4>Inne</h4><div class="card"><span>Posted by Jan Kos</span></div></div>'
    assert authors_of(make_draft, setting, page('<div class="byline">PAP</div>', below)) == ()
    assert authors_of(make_draft, setting, page("", below)) == ("Jan Kos",)


@pytest.mark.parametrize(
    ("below", "authors"),
    [
        ('<ul class="card"><li><span>Author: </span><span>Anna Nowak</span></li></ul>', ("Anna Nowak",)),
        ('<ul class="card"><li>By Anna Nowak</li><li>By Jan Kos</li></ul>', ()),
        ('<aside class="related"><span class="author">Jan Kos</span></aside>', ()),
        ('<div class="card"><p class="byline">Jan Kos</p></div>', ()),
        (
            '<div class="card"><p class="byline">Jan Kos</p><h2>Dalej</h2></div><ul class="card"><li>By Jan Kos</li></ul>',
            ("Jan Kos",),
        ),
        (
            '<div class="card"><h3>Dalej</h3><a href="/autor/jan-kos">Jan Kos</a></div><div class="card"><h3>I</h3><a href="/autor/anna-nowak">Anna Nowak</a></div>',
            (),
        ),
        ('<div class="bio"><p>Anna Nowak</p><a href="/authors/anna-nowak">Teksty Anny</a></div>', ("Anna Nowak",)),
    ],
)
def test_outside_the_head_one_writer_is_believed_and_two_are_not(
    below: str, authors: tuple[str, ...], make_draft: MakeDraft, setting: Setting
) -> None:
    assert authors_of(make_draft, setting, page("", below)) == authors


@pytest.mark.parametrize(
    ("below", "authors"),
    [
        ('<p><img src="a.png" alt="Anna Nowak"></p><p><b>Anna Nowak</b> <em>Bridge walker and writer</em></p>', ("Anna Nowak",)),
        ('<p><img src="a.png" alt="Anna Nowak"></p><p><b>Anna Nowak</b> <em>Mayor</em></p>', ()),
        ('<p><img src="a.png" alt="Sehr Gut"></p><p>Sehr Gut</p><p>Test</p>', ()),
        ("<div><i>Last updated March 3, 2025 by <a>Anna Nowak</a>.</i></div>", ("Anna Nowak",)),
        ("<div>Dodano 3 maja przez Anna Nowak</div>", ("Anna Nowak",)),
    ],
)
def test_a_portrait_with_a_writers_job_and_a_line_of_the_system_name_the_writer(
    below: str, authors: tuple[str, ...], make_draft: MakeDraft, setting: Setting
) -> None:
    assert authors_of(make_draft, setting, page("", below)) == authors


@pytest.mark.parametrize(
    ("cards", "authors"),
    [
        ('<p class="full-name">Anna Nowak</p>', ("Anna Nowak",)),
        ('<p class="full-name">Anna Nowak</p><p class="full-name">Anna Kos</p>', ("Anna",)),
        ('<p class="full-name">Jan Kos</p>', ("Anna",)),
    ],
)
def test_a_given_name_alone_takes_the_family_name_that_the_page_gives_it(
    cards: str, authors: tuple[str, ...], make_draft: MakeDraft, setting: Setting
) -> None:
    assert authors_of(make_draft, setting, page("", cards, '<meta name="author" content="Anna">')) == authors


def test_a_signature_below_the_text_is_no_byline(make_draft: MakeDraft) -> None:
    draft = make_draft("<html><body><h1>Most</h1><div>Krótko.</div><div>Autor: <b>Anna Nowak</b></div></body></html>")
    draft.title, draft.text = "Most", f"{TEXT}\n\nAutor: Anna Nowak"
    assert marked_in_the_head(draft) == ""
    draft.text = TEXT
    assert marked_in_the_head(draft) == "Anna Nowak"


def test_the_head_ends_at_the_first_paragraph(make_draft: MakeDraft) -> None:
    draft = make_draft(page("<script>var x = 1;</script><p>Kraj <b>2 maja</b> 2026</p>", "<p>Dalej</p>"))
    assert [line for line, _ in head_lines(draft.tree, "Most")] == ["Kraj", "2 maja", "2026"]
    assert [line for line, _ in head_lines(draft.tree, "Inny tytuł")] == []


@pytest.mark.parametrize(
    ("said", "people"),
    [
        ("By Nada Tawfik, BBC News, New York", ("Nada Tawfik",)),
        ("By Anna Y. Lee", ("Anna Y. Lee",)),
        ("Juan Pérez y Ana Ruiz", ("Juan Pérez", "Ana Ruiz")),
        ("Ola Berg og Kari Dahl", ("Ola Berg", "Kari Dahl")),
        ("Anna Nowak published 9 August 2012 Walking Bridges", ("Anna Nowak",)),
        ("9 August 2012, Anna Nowak", ("Anna Nowak",)),
        ("Sioux Falls Argus Leader", ()),
        ("U.S. CUSTOMS AND BORDER PROTECTION", ()),
        ("Top Bridge Marketing", ()),
        ("Redacción", ()),
        ("Redaktion: Anna Nowak und Jan Kos", ("Anna Nowak", "Jan Kos")),
    ],
)
def test_places_papers_exams_and_what_stands_behind_the_day_are_no_people(said: str, people: tuple[str, ...]) -> None:
    assert people_in([Name(said, None)]) == people
