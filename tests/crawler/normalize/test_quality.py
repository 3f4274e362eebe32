"""Pages that are no article (fault F31), in the languages of the outlets shipped."""

from __future__ import annotations

import pytest

from crawler.errors import NormalizeError
from crawler.model.page import Page
from crawler.normalize.chain import read_draft
from crawler.normalize.draft import Setting

PROSE = "Rzecznik poinformował, że most będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta. "
ADDRESS = "https://echo.example/wiadomosci/most"


def kind_of(html: str, setting: Setting, make_page: object, **changes: object) -> str:
    assert callable(make_page)
    page: Page = make_page(html, **changes)
    with pytest.raises(NormalizeError) as refused:
        read_draft(page, setting)
    return refused.value.kind


def body(title: str, text: str, extra: str = "") -> str:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1><div><p>{text}</p></div>{extra}</body></html>"


@pytest.mark.parametrize(
    ("status", "kind"), [(401, "blocked"), (402, "blocked"), (403, "blocked"), (451, "blocked"), (404, "gone"), (410, "gone")]
)
def test_f31_the_status_of_the_answer_is_believed(status: int, kind: str, setting: Setting, page_of: object) -> None:
    assert kind_of(body("Most", PROSE * 5), setting, page_of, status=status) == kind


@pytest.mark.parametrize(
    "html",
    [
        body(
            "Just a moment...",
            "Enable JavaScript and cookies to continue",
            '<script src="/cdn-cgi/challenge-platform/h/b/orchestrate"></script>',
        ),
        body("Attention Required! | Cloudflare", "Sorry, you have been blocked. You are unable to access echo.example."),
        body("echo.example", "Please wait.", '<script src="https://ct.captcha-delivery.com/c.js"></script>'),
        body("Access to this page has been denied", "Press and hold to confirm you are a human.", '<div id="px-captcha"></div>'),
        body("Pardon Our Interruption", "As you were browsing something about your browser made us think you might be a bot."),
        body("Sind Sie ein Mensch?", "Bitte bestätigen Sie, dass Sie kein Roboter sind."),
    ],
)
def test_f31_a_challenge_to_robots_is_blocked(html: str, setting: Setting, page_of: object) -> None:
    assert kind_of(html, setting, page_of) == "blocked"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Szanujemy Twoją prywatność",
            "Klikając „Przejdź do serwisu”, wyrażasz zgodę na przetwarzanie danych. Ustawienia prywatności możesz zmienić w każdej chwili.",
        ),
        (
            "Before you continue",
            "We value your privacy. You can manage cookies at any time and change your privacy settings on the next page.",
        ),
        (
            "Mit Werbung weiterlesen",
            "Besuchen Sie uns mit Werbung und Cookies. Ihre Einwilligung können Sie in den Datenschutzeinstellungen widerrufen.",
        ),
        (
            "Vážíme si vašeho soukromí",
            "Soubory cookie používáme k měření návštěvnosti. Kliknutím vyjadřujete souhlas s jejich použitím na tomto webu.",
        ),
        (
            "Файли cookie",
            "Натискаючи кнопку, ви даєте згоду на обробку персональних даних. Ми використовуємо файли cookie для статистики.",
        ),
    ],
)
def test_f31_a_consent_wall_is_blocked(title: str, text: str, setting: Setting, page_of: object) -> None:
    assert kind_of(body(title, text), setting, page_of) == "blocked"


def test_f31_a_long_article_about_cookies_is_an_article(setting: Setting, page_of: object) -> None:
    assert callable(page_of)
    text = "</p><p>".join(
        f"{PROSE} Zgoda na przetwarzanie danych i pliki cookie to temat {number}. obrad komisji, która wróci do niego jesienią."
        for number in range(12)
    )
    assert "komisji" in read_draft(page_of(body("Cookies pod lupą komisji", text)), setting).text


@pytest.mark.parametrize(
    ("final", "kind"),
    [
        ("https://echo.example/", "gone"),
        ("https://echo.example/index.html", "gone"),
        ("https://consent.echo.example/?back=most", "blocked"),
        ("https://echo.example/login?next=/wiadomosci/most", "blocked"),
        ("https://echo.example/zaloguj/", "blocked"),
        ("https://portal.example/wiadomosci/most", "blocked"),
    ],
)
def test_f31_the_final_address_gives_a_redirect_away(final: str, kind: str, setting: Setting, page_of: object) -> None:
    assert kind_of(body("Echo Dnia", PROSE * 5), setting, page_of, final_url=final) == kind


def test_f31_a_redirect_to_the_articles_own_form_is_none_of_these(setting: Setting, page_of: object) -> None:
    assert callable(page_of)
    moved = page_of(body("Most zamknięty", PROSE * 5), final_url="https://www.echo.example/wiadomosci/most-zamkniety.html")
    assert read_draft(moved, setting).url == "https://www.echo.example/wiadomosci/most-zamkniety.html"


@pytest.mark.parametrize(
    "title",
    ["Nie znaleziono strony", "Strona nie istnieje", "404 - Page not found", "Seite nicht gefunden", "Der Artikel ist leider nicht mehr verfügbar", "Сторінку не знайдено",
     "Страница не найдена", "Stránka nebyla nalezena"],
)  # fmt: skip
def test_f31_a_soft_404_is_gone(title: str, setting: Setting, page_of: object) -> None:
    assert (
        kind_of(
            body(title, "Wróć na stronę główną albo skorzystaj z wyszukiwarki, żeby znaleźć to, czego szukasz."), setting, page_of
        )
        == "gone"
    )


@pytest.mark.parametrize(
    "title",
    ["Breite Zustimmung für das neue Gesetz", "Peugeot 404 wraca na tor", "Access denied to striking miners at the northern gate", "RODO: kara dla szpitala w Płocku",
     "Just a moment of silence stopped the derby", "Security check delays ferry by two hours", "Nie znaleziono zaginionego kajaka, akcja trwa"],
)  # fmt: skip
def test_f31_a_short_piece_of_news_is_not_taken_for_a_wall(title: str, setting: Setting, page_of: object) -> None:
    assert callable(page_of)
    assert read_draft(page_of(body(title, PROSE)), setting).title == title


def test_f31_words_that_hold_the_letters_of_rodo_make_no_consent_wall(setting: Setting, page_of: object) -> None:
    """Polish is full of them: środowisko, narodowy, przyroda, ogrodowy."""
    text = "Park Narodowy i Bank Narodowy zapłacą za ochronę środowiska, a w środowy wieczór obejrzą przyrodę. " + PROSE * 3
    assert callable(page_of)
    assert "ochronę środowiska" in read_draft(page_of(body("Narodowe środowisko", text)), setting).text


def test_f31_a_login_wall_is_blocked(setting: Setting, page_of: object) -> None:
    html = body(
        "Zaloguj się",
        "Ta treść jest dostępna dla zalogowanych. Zaloguj się albo załóż konto.",
        '<form><input type="password"></form>',
    )
    assert kind_of(html, setting, page_of) == "blocked"


def test_f31_a_list_of_headlines_is_no_article(setting: Setting, page_of: object) -> None:
    links = "".join(
        f'<li><a href="/wiadomosci/{number}">Radni przyjęli uchwałę numer {number} o parku</a></li>' for number in range(30)
    )
    html = f'<html><head><title>Wiadomości</title><script type="application/ld+json">{{"@type": "CollectionPage", "name": "Wiadomości"}}</script></head><body><h1>Wiadomości</h1><ul>{links}</ul></body></html>'
    assert kind_of(html, setting, page_of) in ("no article", "no text")


@pytest.mark.parametrize(
    "html", ["", "   \n", "<html></html>", "<html><body><div></div></body></html>", "<p>Most.</p>", "\x00\x01", "GIF89a"]
)
def test_a_page_with_nothing_to_read_is_no_text(html: str, setting: Setting, page_of: object) -> None:
    assert kind_of(html, setting, page_of) == "no text"


def test_a_flash_of_one_sentence_is_an_article(setting: Setting, page_of: object) -> None:
    assert callable(page_of)
    assert read_draft(page_of(body("Most zamknięty", PROSE)), setting).text == PROSE.strip()
