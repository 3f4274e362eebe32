"""What is inserted into a text goes and what only looks like it stays: embedded posts, polls, next articles, labelled links, hours, menus."""

from __future__ import annotations

import pytest
from lxml.html import document_fromstring

from crawler.normalize.boxes import cut_boxes
from crawler.normalize.cleaning import is_boilerplate, is_read_also
from crawler.normalize.inserts import cut_inserts, cut_menus
from crawler.normalize.parsing import visible_text

PROSE = "<p>The council met on Monday and voted for the new bridge after a debate of three hours in a full hall.</p>" * 4


def left(html: str) -> str:
    tree = document_fromstring(f"<html><head><title>The bridge - Post</title></head><body>{html}</body></html>")
    cut_inserts(tree)
    return visible_text(tree.body)


@pytest.mark.parametrize(
    "quote",
    [
        '<blockquote class="twitter-tweet"><p>What a view!</p></blockquote>',
        '<blockquote class="instagram-media">What a view!</blockquote>',
        '<blockquote><p>What a view!</p>&mdash; Ann (@ann) <a href="https://social.example/1">5 May</a></blockquote>',
    ],
)
def test_an_embedded_post_goes(quote: str) -> None:
    assert "view" not in left(f"{PROSE}{quote}")


def test_a_quotation_stays_though_it_holds_a_link() -> None:
    assert "What a view" in left(f'{PROSE}<blockquote><p>What a view, <a href="/ann">Ann Lee</a> said.</p></blockquote>')


def test_a_poll_goes_with_its_question_and_a_list_stays() -> None:
    poll = "<div><h4>Do we need it?</h4><ul><li><label>Yes</label></li><li><label>No</label></li></ul></div>"
    text = left(f"{PROSE}{poll}<ul><li>Bring water</li><li>Wear boots</li></ul>")
    assert "Do we need it?" not in text
    assert "Wear boots" in text


def test_the_article_with_the_headline_counts_on_an_endless_page() -> None:
    first = f"<article><h1>The bridge</h1>{PROSE}</article>"
    text = left(f"{first}<article><h1>The mill</h1><p>The mill burned down.</p></article>")
    assert "The council met" in text
    assert "mill" not in text


def test_updates_within_the_article_are_no_other_articles() -> None:
    text = left(
        f"<article><h1>The bridge</h1>{PROSE}<article class='update'><span>20:10</span><p>The river falls.</p></article></article>"
    )
    assert "The river falls." in text
    assert "20:10" not in text


@pytest.mark.parametrize("markup", ["<h4>Polecamy:<br><a href='/x'>Kajakiem po Wieprzu</a></h4>", "<p><b>Read also:</b></p><ul><li><a href='/x'>Kajakiem po Wieprzu</a></li></ul>"])  # fmt: skip
def test_links_below_a_label_go(markup: str) -> None:
    assert "Kajakiem" not in left(f"{PROSE}{markup}")


def test_a_sentence_with_a_link_stays() -> None:
    assert "See the whole report" in left(f"{PROSE}<p>See <a href='/x'>the whole report</a> of the council.</p>")


def test_a_pulled_quotation_goes_only_where_the_text_says_it_too() -> None:
    said = "<p>Nobody loses a penny, the mayor said.</p>"
    assert left(f"{said}<div class='pullquote'>Nobody loses a penny</div>").count("Nobody") == 1
    assert left("<div class='pullquote'>Nobody loses a penny</div>").count("Nobody") == 1


def test_lists_of_nothing_but_links_are_menus() -> None:
    menu = "<ul>" + "".join(f"<li><a href='/{number}'>Topic {number}</a></li>" for number in range(6)) + "</ul>"
    tree = document_fromstring(f"<html><body>{menu}<ul><li>Bread and <a href='/b'>butter</a></li></ul>{PROSE}</body></html>")
    text = visible_text(cut_menus(tree))
    assert "Topic" not in text
    assert "Bread and butter" in text


def test_a_class_that_says_the_article_has_a_sidebar_is_no_sidebar() -> None:
    tree = document_fromstring(
        f"<html><body><div class='post sidebar-enabled--false'><p>The short one.</p></div><div>{PROSE * 3}</div><div class='x-sidebar'>Beside</div></body></html>"
    )
    text = visible_text(cut_boxes(tree))
    assert "The short one." in text
    assert "Beside" not in text


@pytest.mark.parametrize(
    "line",
    [
        "Ten tekst pochodzi z wydania papierowego z 27 marca.", "This text comes from the printed edition of 5 June.", "Dieser Text stammt aus der gedruckten Ausgabe vom 25. Juli.", "Этот текст взят из печатного номера от 8 мая.",
        "Цей текст узято з друкованого випуску від 9 березня.", "Tento text pochází z tištěného vydání z 7. listopadu.", "Spenden Sie, damit unabhängiger Journalismus bleibt.", "Підтримайте нас. Редакцію утримують читачі.",
        "Pobierz naszą aplikację i włącz powiadomienia.", "Podpořte nás. Redakci živí čtenáři.", "Сделайте взнос, чтобы редакция жила.", "Pogoda: Kłodnica 24 km/h, deszcz", "- Reklama -", "Komentarze (3)",
    ],
)  # fmt: skip
def test_notes_and_appeals_are_no_text(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "Komentarze sprzedawców", "Kommentare der Händler", "Ten tekst pochodzi z Biblii i mówi o wybaczeniu.", "Support for us grew in the polls, said the mayor.", "Weather: why forecasts fail", "Spenden für die Opfer kommen aus aller Welt.",
    ],
)  # fmt: skip
def test_text_that_begins_like_them_stays(line: str) -> None:
    assert not is_boilerplate(line)


def test_two_whole_sentences_behind_a_label_are_text_and_a_headline_is_not() -> None:
    assert not is_read_also("Czytaj: dwadzieścia stron drobnym drukiem. Tak rzeczniczka streszcza typową umowę.")
    assert is_read_also("Czytaj: Radni spierają się o pieniądze. Chodzi o 236 stanowisk")
