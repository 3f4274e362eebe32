"""What a reader does, in a real browser: search, narrow down, unfold, compare, page, by mouse, by keyboard, without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import OpenPage
from .stage import ALONE, COPY, EDITED, OLD_STORY, ORIGIN, STORY

MOST = "/?q=otworzyć+most"


def hits(page: Page) -> list[str]:
    return page.locator(".hit h2").all_inner_texts()


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.get_by_role("button", name="Search").click()


def test_a_search_shows_the_story_once_with_its_forms_marked(open_page: OpenPage) -> None:
    page = open_page()
    search(page, "otworzyć most")
    assert page.url.endswith("?q=otworzy%C4%87+most")
    assert hits(page) == ["Most za 300 milionów"]
    expect(page.locator(".hit mark").first).to_have_text("Most")
    assert {"otworzył", "most"} <= {one.lower() for one in page.locator(".hit .snippet mark").all_inner_texts()}
    expect(page.get_by_text("3 articles", exact=True)).to_be_visible()
    expect(page.locator(".hit time").first).to_have_attribute("datetime", re.compile("2026-11-24T11:30"))
    expect(page.locator(".hit time").first).to_have_text("24 Nov 2026, 12:30")


def test_the_badge_shows_its_evidence_on_hover_and_on_focus(open_page: OpenPage) -> None:
    page = open_page("/?q=outlet:goniec+most")
    badge = page.locator(".agency > a")
    evidence = page.get_by_role("tooltip")
    expect(evidence).to_be_hidden()
    badge.focus()
    expect(evidence).to_be_visible()
    expect(evidence).to_contain_text("Polska Agencja Prasowa")
    expect(evidence.locator("q")).to_have_text("PAP")
    expect(badge).to_have_accessible_description(re.compile("credit line: PAP"))
    page.keyboard.press("Escape")
    expect(evidence).to_be_hidden()
    page.mouse.move(0, 0)
    page.get_by_role("searchbox").focus()
    badge.hover()
    expect(evidence).to_be_visible()


def test_copies_are_folded_and_tell_delay_role_likeness_and_another_headline(open_page: OpenPage) -> None:
    page = open_page(MOST)
    copies = page.locator("details.copies")
    expect(copies.locator("li").first).to_be_hidden()
    copies.locator("summary").click()
    told = [" ".join(one.split()) for one in copies.locator("li").all_inner_texts()]
    assert told == [
        "Depesze PAP original Prezydent otworzył most na Wiśle",
        "+14 min Goniec Stołeczny verbatim 100 % alike compare Nowy most w Warszawie",
        "+30 min Kresy.pl edited 61 % alike compare",
    ]
    copies.get_by_role("link", name="What Kresy.pl changed").click()
    expect(page).to_have_url(re.compile(f"/diff/{ORIGIN.id}/{EDITED.id}$"))
    assert page.locator(".beside del").all_inner_texts() == ["250"]
    assert page.locator(".beside ins").all_inner_texts()[0] == "300"


def test_a_facet_narrows_down_and_its_chip_takes_it_away(open_page: OpenPage) -> None:
    page = open_page("/?q=miasto")
    facet = page.locator(".facets section", has=page.get_by_role("heading", name="Outlet"))
    count = int(facet.locator("li", has_text="Goniec").locator(".count").inner_text())
    facet.get_by_role("link", name="Goniec Stołeczny").click()
    expect(page).to_have_url(re.compile("q=miasto\\+outlet%3Agoniec"))
    expect(page.locator(".summary strong")).to_have_text(f"{count} articles")
    page.get_by_role("list", name="Filters").get_by_role("link").click()
    expect(page).to_have_url(re.compile("q=miasto$"))


@pytest.mark.parametrize(("name", "value"), [("Section", "Pogoda"), ("Role", "edited"), ("Agency", "Polska Agencja Prasowa"), ("Language", "Arabic"), ("Country", "Poland")])  # fmt: skip
def test_every_facet_counts_what_its_link_finds(open_page: OpenPage, name: str, value: str) -> None:
    page = open_page("/")
    row = page.locator(".facets section", has=page.get_by_role("heading", name=name)).locator("li", has_text=value)
    count = row.locator(".count").inner_text()
    row.get_by_role("link").click()
    assert page.locator(".summary strong").inner_text().split()[0] == count


def test_a_bar_of_the_histogram_leads_to_its_range_and_the_table_says_the_same(open_page: OpenPage) -> None:
    page = open_page("/?q=miasto")
    page.get_by_text("As a table").click()
    row = page.locator(".table-of tbody tr").first
    when, count = row.locator("td").all_inner_texts()
    page.locator("svg.histogram a").first.click()
    expect(page).to_have_url(re.compile("date%3A2026-11"))
    assert page.locator(".summary strong").inner_text().split()[0] == count
    expect(page.locator(".chips")).to_contain_text("Date")
    assert when


def test_days_are_chosen_in_a_form_and_end_in_the_query(open_page: OpenPage) -> None:
    page = open_page("/?q=miasto")
    page.get_by_label("from").fill("2026-11-23")
    page.get_by_label("to", exact=True).fill("2026-11-24")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("q=miasto\\+date%3A2026-11-23..2026-11-24$"))
    expect(page.get_by_label("from")).to_have_value("2026-11-23")


def test_the_order_is_a_link_and_stays_with_the_search(open_page: OpenPage) -> None:
    page = open_page("/?q=miasto")
    page.get_by_role("link", name="Most copied").click()
    assert hits(page)[0] == "Most za 300 milionów"
    search(page, "most")
    expect(page).to_have_url(re.compile("sort=most-copied"))
    page.get_by_role("link", name="Most relevant").click()
    expect(page.get_by_role("link", name="Most relevant")).to_have_attribute("aria-current", "true")


def test_pages_follow_one_another_without_a_story_twice(open_page: OpenPage) -> None:
    page = open_page("/")
    first = hits(page)
    page.get_by_role("link", name="Further stories").click()
    second = hits(page)
    assert len(first) == 20 and second and not set(first) & set(second)
    page.get_by_role("link", name="To the top").click()
    assert hits(page) == first


def test_a_story_shows_who_carried_it_when_and_what_each_changed(open_page: OpenPage) -> None:
    page = open_page(f"/story/{STORY}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Prezydent otworzył most na Wiśle")
    expect(page.get_by_role("img", name=re.compile("Who carried it when"))).to_be_visible()
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(3)).to_contain_text("+30 min")
    expect(rows.nth(3)).to_contain_text("Numbers changed: 250 300")
    expect(page.locator("#compared .beside ins").first).to_have_text("300")
    expect(page.get_by_role("link", name="Kresy.pl: Kot na dachu")).to_be_visible()
    rows.nth(2).get_by_role("link", name="What Goniec Stołeczny changed").click()
    expect(page.locator("#compared .beside-head")).to_contain_text("Goniec Stołeczny")


def test_a_story_that_merged_into_another_leads_there(open_page: OpenPage) -> None:
    assert open_page(f"/story/{OLD_STORY}").url.endswith(f"/story/{STORY}")


def test_an_article_tells_its_facts_with_provenance_its_sources_with_evidence_and_its_copies(open_page: OpenPage) -> None:
    page = open_page(f"/article/{EDITED.id}")
    facts = {
        one.locator("dt").inner_text(): " ".join(one.locator("dd").inner_text().split())
        for one in page.locator(".facts > div").all()
    }
    assert facts["Published"] == "24 Nov 2026, 12:30 from structured data of the page"
    assert facts["Authors"] == "Anna Żak" and facts["Byline"] == "Anna Żak as written"
    assert facts["Picture"] == "fot. Jan Nowak/PAP as written"
    assert facts["Access"] == "metered: some articles a month are free"
    expect(page.locator(".prose mark")).to_have_text("oba brzegi")
    expect(page.locator(".sources q mark")).to_have_text("oba brzegi")
    expect(page.locator(".lead")).to_have_text("Prezydent przyjechał do Warszawy i otworzył nowy most na Wiśle.")
    assert page.locator(".prose").inner_text().count("Prezydent przyjechał") == 1
    expect(page.locator(".copy-list li")).to_have_count(3)
    page.get_by_role("link", name="Compare with the original").click()
    expect(page.get_by_role("heading", level=2, name="Numbers changed")).to_be_visible()


def test_a_correction_is_shown_as_the_passage_that_changed(open_page: OpenPage) -> None:
    page = open_page(f"/article/{ALONE.id}")
    revision = page.locator(".revision")
    expect(revision.locator("del")).to_have_text("kiełbasę")
    expect(revision.locator("ins")).to_have_text("szynkę")


def test_outlets_tell_their_health_and_how_much_an_agency_wrote(open_page: OpenPage) -> None:
    page = open_page("/outlets")
    row = page.get_by_role("row", name=re.compile("Goniec Stołeczny"))
    expect(row).to_contain_text("unreachable")
    expect(row).to_contain_text("no answer for two hours")
    expect(row.get_by_role("img", name=re.compile("Agency copy: 6 %"))).to_be_visible()
    page.get_by_role("link", name="Trouble first").click()
    expect(page.locator("tbody th a").first).not_to_have_text("Kresy.pl")
    row.get_by_role("link", name=re.compile("articles: Goniec Stołeczny")).click()
    expect(page.locator(".chips")).to_contain_text("Goniec Stołeczny")


def test_nothing_found_says_what_may_help(open_page: OpenPage) -> None:
    page = open_page('/?q=niematakiego+"otwarty+date:P7D')
    expect(page.get_by_text("Nothing was found.")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("quotation mark at character 14 is never closed")
    page.get_by_role("link", name="The same at any time").click()
    assert "date" not in page.url


def test_an_example_of_the_help_page_can_be_tried(open_page: OpenPage) -> None:
    page = open_page("/help")
    page.get_by_role("link", name="mias*", exact=True).click()
    assert hits(page)


def test_every_thing_that_is_found_by_mouse_is_found_by_the_keys(open_page: OpenPage) -> None:
    page = open_page()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("j most")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("most OR kot")
    page.keyboard.press("Enter")
    expect(page.locator(".hit")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator("details.copies")).to_have_attribute("open", "")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Kot na dachu")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile(f"/diff/{ORIGIN.id}/{COPY.id}"))
    page.go_back()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"/article/{EDITED.id}"))


def test_the_first_tab_skips_to_the_content_and_the_keys_can_be_turned_off(open_page: OpenPage) -> None:
    page = open_page("/?q=most")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name=re.compile("Keyboard")).click()
    page.get_by_role("link", name="Turn the keys off").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile("q=most$"))


def test_the_whole_way_goes_without_javascript(open_page: OpenPage) -> None:
    page = open_page("/", java_script_enabled=False)
    search(page, "otworzyć most")
    page.locator("details.copies summary").click()
    page.get_by_role("link", name="The whole story").click()
    page.get_by_role("link", name="What Goniec Stołeczny changed").click()
    assert "compare=" in page.url
    page.get_by_role("link", name="Nowy most w Warszawie").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nowy most w Warszawie"
    page.locator(".agency > a").hover()
    assert page.get_by_role("tooltip").is_visible()
    page.get_by_role("link", name="Dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("link", name="Polski").click()
    assert page.get_by_role("link", name="Tytuły").is_visible()
    assert not page.locator("#show-keys").is_visible()
    page.get_by_role("link", name="Tytuły").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Tytuły"


def test_the_language_is_the_browser_s_until_another_is_chosen(open_page: OpenPage) -> None:
    page = open_page("/?q=miasto", locale="pl-PL")
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    assert re.fullmatch(r"\d+ artykuł(y|ów)?", page.locator(".summary strong").inner_text())
    expect(page.locator(".hit time").first).to_have_text("24 lis 2026, 12:30")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("q=miasto$"))
    page.get_by_role("link", name="Help").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The query language")


def test_texts_say_their_language_and_their_direction(open_page: OpenPage) -> None:
    page = open_page("/?q=language:ar")
    title = page.locator(".hit h2 a")
    expect(title).to_have_attribute("lang", "ar")
    expect(title).to_have_attribute("dir", "rtl")
    title.click()
    expect(page.locator(".prose")).to_have_attribute("dir", "rtl")
