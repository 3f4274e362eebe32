"""Lines that are no part of the text, in six languages; and lines that look like them and stay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crawler.normalize.chain import read_draft
from crawler.normalize.cleaning import clean_text, cut_frames, is_boilerplate, is_read_also, split_writers
from crawler.normalize.draft import Draft, Setting

MakeDraft = Callable[..., Draft]
ONE = "Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta."
TWO = "Kierowcy stracą na nim kilka minut, ale autobusy pojadą swoją dawną trasą bez zmian."
THREE = "Prace kosztują dwa miliony złotych i potrwają do końca marca przyszłego roku."


@pytest.mark.parametrize(
    "line",
    [
        "Przeczytaj: Most w Obornikach też do remontu", "Przeczytaj także: Most w Obornikach", "Czytaj też: Co z promem?", "CZYTAJ WIĘCEJ: Prom wraca na rzekę",
        "Zobacz także: Prom wraca", "Zobacz też", "Polecamy: Prom wraca na rzekę", "Sprawdź również: Rozkład promu", "Czytaj również – Prom wraca na rzekę",
        "Read more: Ferry back on the river", "[Read more: Ferry back on the river]", "See also: Ferry", "RELATED: Ferry back on the river", "Read also", "Don't miss: The ferry",
        "Lesen Sie auch: Fähre fährt wieder", "Mehr zum Thema", "Lesen Sie hier mehr dazu: Fähre", "Auch interessant: Fähre fährt", "Siehe auch: Fähre",
        "Читайте також: Пором повертається", "Дивіться також: Пором", "Читайте также: Паром вернулся", "Смотрите также", "По теме: Паром вернулся",
        "Čtěte také: Přívoz se vrací", "Přečtěte si také: Přívoz", "Mohlo by vás zajímat: Přívoz se vrací", "- Czytaj też: Prom", "► Zobacz także: Prom",
    ],
)  # fmt: skip
def test_a_line_that_sends_the_reader_elsewhere_is_known(line: str) -> None:
    assert is_read_also(line)


@pytest.mark.parametrize(
    "line",
    [
        ONE, "Czytaj i nie płacz – mówi reżyser o swoim nowym filmie, który wejdzie do kin na wiosnę.", "Zobacz, jak zmienił się most.", "See: the river is rising.", "More than a hundred people came.",
        "Related costs rose by a tenth, the report said. It named three causes. None was new.", "Lesen lernen Kinder heute später.", "Więcej pieniędzy dostanie szpital.", "Read my lips: no new taxes, he said.",
        "Warto przeczytać umowę przed podpisaniem, radzi rzecznik.",
    ],
)  # fmt: skip
def test_a_sentence_of_the_article_is_not_taken_for_such_a_line(line: str) -> None:
    assert not is_read_also(line)
    assert not is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "1 odpowiedź", "1 odpowieź", "3 odpowiedzi", "Zostaw odpowiedź", "Dodaj komentarz", "Chcesz przyłączyć się do dyskusji?", "Nie krępuj się!", "Leave a Reply", "Leave a Reply Cancel reply",
        "Anuluj pisanie odpowiedzi", "Want to join the discussion?", "Feel free to contribute!", "Your email address will not be published. Required fields are marked *",
        "Twój adres e-mail nie zostanie opublikowany. Wymagane pola są oznaczone *", "Schreiben Sie einen Kommentar", "Hinterlasse einen Kommentar", "An Diskussion beteiligen?", "Залишити відповідь",
        "Добавить комментарий", "Napsat komentář", "Zrušit odpověď na komentář", "Zapisz się do newslettera", "Subscribe to our newsletter for more", "Sign up for our morning email",
        "Newsletter abonnieren", "Підписуйтесь на наш канал у Telegram", "Подписывайтесь на наш канал", "Přihlaste se k odběru novinek", "Ta strona używa plików cookie", "We use cookies to improve your visit",
        "Udostępnij na Facebooku", "Share on Twitter", "Facebook Twitter WhatsApp", "Artikel teilen", "Поділитися", "Reklama", "Advertisement", "Anzeige", "Dalsza część artykułu pod wideo",
    ],
)  # fmt: skip
def test_a_line_of_a_form_or_a_bar_is_boilerplate(line: str) -> None:
    assert is_boilerplate(line)


def test_a_reply_form_ends_the_article_with_whatever_follows(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft("<p>x</p>")
    draft.text = "\n\n".join(
        [ONE, TWO, THREE, "1 odpowiedź", "Jan pisze:", "Sam widziałem ten most i wcale nie jest taki zły.", "Zostaw odpowiedź"]
    )
    cut_frames(draft, setting)
    assert draft.text.split("\n\n") == [ONE, TWO, THREE]


def test_the_headlines_under_a_label_go_with_it_and_the_articles_own_list_stays(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft("<p>x</p>")
    draft.text = "\n\n".join(
        [ONE, "- pierwszy powód", "- drugi powód", "Zobacz także:", "- Prom wraca na rzekę", "- Radni o moście", TWO]
    )
    cut_frames(draft, setting)
    assert draft.text.split("\n\n") == [ONE, "- pierwszy powód", "- drugi powód", TWO]


def test_headline_byline_and_date_above_the_text_are_not_said_again(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft("<p>x</p>")
    draft.title, draft.authors, draft.byline = "Most zamknięty", ("Anna Nowak",), "Anna Nowak, 2 maja 2026"
    draft.text = "\n\n".join(
        [
            "Most zamknięty",
            "Autor: Anna Nowak",
            "2 maja 2026, 14:30",
            ONE,
            TWO,
            ONE,
            "© 2026 Echo Dnia. Wszelkie prawa zastrzeżone",
        ]
    )
    clean_text(draft, setting)
    assert draft.text.split("\n\n") == [ONE, TWO]


def test_a_text_of_nothing_but_boilerplate_is_left_for_the_gate(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft("<p>x</p>")
    draft.text = "Zostaw odpowiedź"
    cut_frames(draft, setting)
    clean_text(draft, setting)
    assert draft.text == "Zostaw odpowiedź"


def test_who_reported_and_edited_is_a_credit_and_no_text() -> None:
    line = "(Reporting by Jane Doherty and Per Lund; Editing by Tom Ashby)"
    assert split_writers(f"{ONE}\n\n{line}") == (ONE, line, ())
    assert split_writers(line) == (line, "", ())
    assert split_writers(f"{ONE}\n\n(PAP) abc/ def/") == (ONE, "(PAP) abc/ def/", ())
    assert split_writers(f"{ONE}\n\nEcho.example", ("Echo.example",)) == (ONE, "Echo.example", ())
    assert split_writers(f"{ONE}\n\nTak/nie/") == (f"{ONE}\n\nTak/nie/", "", ())
    assert split_writers(f"Reporting by candlelight is hard. {TWO}\n\n{ONE}")[1] == ""


@pytest.mark.parametrize("credit", ["(PAP)", "Źródło: PAP", "wk/PAP", "Reuters / PAP / Tvp.info"])
def test_a_credit_before_the_reply_form_is_read_though_the_form_is_nested_in_the_body(
    credit: str, setting: Setting, page_of: object
) -> None:
    assert callable(page_of)
    form = '<div id="respond"><h3>Zostaw odpowiedź</h3><form><textarea></textarea></form></div><h3>1 odpowiedź</h3>'
    html = f'<html><body><h1>Most zamknięty</h1><div class="entry-content"><p>{ONE}</p><p>{TWO}</p><p>{THREE}</p><p>{credit}</p><p>Czytaj też: <a href="/x">Prom wraca</a></p>{form}</div></body></html>'
    draft = read_draft(page_of(html), setting)
    assert draft.text.split("\n\n") == [ONE, TWO, THREE]
    assert draft.credits == credit
    assert "pap" in [item.source for item in draft.attributions]
