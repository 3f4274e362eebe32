"""The page of one outlet in a real browser: how it fares, why, who was told, and the ways from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from crawler.store.watches import remove_watch
from indexer.desk import Desk
from indexer.web.formats import Writer
from indexer.web.schedule_words import schedule_words
from indexer.web.translations import translator
from tests.indexer.watched_outlet import make_told

from .conftest import OpenPage
from .stage import NOON


def told(page: Page, name: str) -> list[str]:
    """The rows under a heading, each in one line."""
    section = page.locator("section", has=page.get_by_role("heading", name=name, exact=True))
    return [" ".join(one.split()) for one in section.locator("tbody tr, dl > div, ol > li").all_inner_texts()]


def test_the_list_leads_to_an_outlet_that_tells_its_verdict_since_when_and_why(open_page: OpenPage) -> None:
    page = open_page("/outlets")
    row = page.get_by_role("row", name=re.compile("Depesze PAP"))
    expect(row.locator(".since")).to_have_text("since 23 Nov 2026, 16:00")
    row.get_by_role("link", name="Depesze PAP", exact=True).click()
    expect(page).to_have_url(re.compile("/outlets/pap$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Depesze PAP")
    expect(page.locator(".why")).to_have_text(re.compile("parser broken.*since 23 Nov 2026, 16:00.*judged 3 min ago"))
    expect(page.locator(".cause")).to_have_text(
        "gives pages without a text that can be read: 12 of the last 14, where 2 % is usual"
    )


@pytest.fixture
def alarmed(desk: Desk) -> Iterator[None]:
    """Somebody is told of the incidents, while the test lasts."""
    with desk.database.write() as connection:
        watch = make_told(connection, "pap", NOON)
    yield
    with desk.database.write() as connection:
        remove_watch(connection, watch)


@pytest.mark.usefixtures("alarmed")
def test_incidents_tell_when_why_and_who_was_told(open_page: OpenPage) -> None:
    page = open_page("/outlets/pap")
    broken, away = told(page, "Incidents")
    assert (
        broken.startswith("parser broken gives pages without a text") and "23 Nov 2026, 13:00 23 Nov 2026, 16:00 open" in broken
    )
    assert broken.endswith("sent 23 Nov 2026, 17:00 1 could not be sent")
    assert "17 Nov 2026, 17:00 after 4 h" in away and away.endswith("its end: sent 17 Nov 2026, 18:00")


def test_an_incident_of_which_nobody_wants_to_be_told_says_so(open_page: OpenPage) -> None:
    assert [one.endswith("nobody asked for it") for one in told(open_page("/outlets/pap"), "Incidents")] == [True, True]


def test_sources_tell_their_kind_and_state(open_page: OpenPage) -> None:
    rows = told(open_page("/outlets/pap"), "Sources")
    assert len(rows) == 5
    assert rows[0].startswith("https://pap.example/rss feed answers just now") and rows[0].endswith(
        "Tue, 24 Nov 2026 11:00:00 GMT"
    )
    assert "news sitemap does not answer 9 failures in a row, since 22 Nov 2026, 13:00, asked again in 1 h answers 503" in rows[1]
    assert rows[3] == "https://pap.example/new feed never asked – – –"
    assert "of a kind not known here is gone for good answers 410 Gone leads to https://elsewhere.example/rss" in rows[4]


def test_the_schedule_is_said_in_words_with_what_is_next(open_page: OpenPage) -> None:
    facts = told(open_page("/outlets/pap"), "How it is crawled")
    assert facts[:3] == [
        "Schedule every 15 min the schedule of its group dailies", "Next crawl in 12 min, 24 Nov 2026, 13:12", "Last crawl 24 Nov 2026, 12:57 3 min ago",
    ]  # fmt: skip
    assert "Usual articles a day 41.5" in facts and "Not filed 12 entries of the last day" in facts


def test_what_new_articles_hold_stands_beside_what_they_held(open_page: OpenPage) -> None:
    rows = told(open_page("/outlets/pap"), "What its new articles hold")
    assert rows[:3] == ["new articles 290 1,342", "words each 150 400", "with authors 0 % 100 %"]
    assert rows[-1] == "pages without a text 50 % 0 %"


def test_the_days_are_a_picture_with_a_title_and_a_table_with_the_same_links(open_page: OpenPage) -> None:
    page = open_page("/outlets/kresy")
    picture = page.locator("svg.histogram")
    expect(picture).to_have_accessible_name(re.compile("Articles a day, the last four weeks"))
    expect(picture).to_have_accessible_name(re.compile(r"\d+ articles"))
    page.get_by_text("As a table").click()
    rows = page.locator(".table-of tbody tr")
    assert rows.count() == 28
    [when, count, *_] = rows.first.locator("td").all_inner_texts()
    assert when == "24 Nov 2026"
    picture.locator("a").last.click()
    expect(page).to_have_url(re.compile("outlet%3Akresy\\+date%3A2026-11-24"))
    assert page.locator(".summary strong").inner_text().split()[0] == count


def test_days_on_which_no_source_answered_are_marked_in_words_too(open_page: OpenPage) -> None:
    page = open_page("/outlets/pap")
    assert page.locator(".histogram .marked").count() == 2
    expect(page.locator("figcaption")).to_have_text("1 article on 2 days no source answered at least once")
    page.get_by_text("As a table").click()
    assert page.locator(".table-of tbody tr", has_text="22 Nov").inner_text().split()[-2:] == ["96", "56"]


def test_the_newest_articles_lead_on_and_so_does_all_of_them(open_page: OpenPage) -> None:
    page = open_page("/outlets/kresy", java_script_enabled=False)
    newest = page.locator(".newest a")
    assert newest.count() == 10 and newest.first.inner_text() == "Most za 300 milionów"
    page.get_by_role("link", name="All its articles").click()
    assert "outlet%3Akresy" in page.url and page.locator(".hit").count()


def test_a_disabled_outlet_says_so_and_one_of_which_nothing_is_known(open_page: OpenPage) -> None:
    page = open_page("/outlets/dawny")
    expect(page.locator(".verdict")).to_have_text("not crawled")
    expect(page.locator(".cause")).to_have_text("closed in 2025")
    assert told(page, "How it is crawled") == ["Next crawl none: no service watches it"]
    expect(page.get_by_text("None so far.").first).to_be_visible()


def test_it_is_polish_for_a_polish_reader(open_page: OpenPage) -> None:
    page = open_page("/outlets/pap", locale="pl-PL")
    expect(page.locator(".cause")).to_have_text(re.compile("^daje strony bez tekstu|^podaje strony|.*stron"))
    expect(page.locator(".cause")).not_to_have_attribute("lang", re.compile(".*"))
    assert told(page, "Jak jest pobierany")[0] == "Rozkład co 15 min rozkład jego grupy dailies"
    text = page.evaluate("[...document.querySelectorAll('main :not([lang=en])')].map(e => [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent).join(' ')).join(' ')")  # fmt: skip
    english = re.findall(r"\b(?:the|since|answers?|days?|articles?|crawls?|sent|failures?|not|never|with)\b", text)
    assert english == []


def test_an_unknown_outlet_is_a_page_with_a_way_to_the_list(open_page: OpenPage) -> None:
    page = open_page("/outlets/unknown", status=404)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    page.locator("main").get_by_role("link", name="Outlets").click()
    expect(page.get_by_role("row", name=re.compile("Kresy.pl"))).to_be_visible()


@pytest.mark.parametrize(
    ("text", "english", "polish"),
    [
        ("every 900 s", "every 15 min", "co 15 min"), ("every 90 s + 12 s", "every 90 s", "co 90 s"), ("every 1e+06 s", "every 11 d", "co 11 d"),
        ("every 86400 s", "every 1 d", "co 1 d"),
        ("adaptive 2m-2h", "by its own rhythm, every 2 min to 2 h", "według własnego rytmu, co 2 min do 2 h"),
        ("30 14 * * 1-5 Europe/Warsaw", "by the cron line 30 14 * * 1-5 (Europe/Warsaw)", "według wiersza crona 30 14 * * 1-5 (Europe/Warsaw)"),
        ("@hourly UTC + 30 s", "by the cron line @hourly (UTC)", "według wiersza crona @hourly (UTC)"),
        ("5m mon-fri 06-23, 1h Europe/Warsaw", "every 5 min Mon-Fri 06-23, else every 1 h (Europe/Warsaw)", "co 5 min pon.-pt. 06-23, poza tym co 1 h (Europe/Warsaw)"),
        ("5m 06-09, 17-20, 1h UTC", "every 5 min 06-09, 17-20, else every 1 h (UTC)", "co 5 min 06-09, 17-20, poza tym co 1 h (UTC)"),
        ("something else!", "something else!", "something else!"), ("", "", ""),
    ],
)  # fmt: skip
def test_a_schedule_is_said_in_words(text: str, english: str, polish: str) -> None:
    for language, wanted in (("en", english), ("pl", polish)):
        said = translator(language)
        assert schedule_words(said, Writer(said, UTC), text) == wanted


def test_what_lies_ahead_is_told_and_what_is_past_is_now() -> None:
    write, now = Writer(translator("en"), UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert [write.ahead(datetime(2026, 11, 24, hour, tzinfo=UTC), now) for hour in (11, 12, 13)] == ["now", "now", "in 1 h"]
