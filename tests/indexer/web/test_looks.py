"""Every page by axe in both themes, at a phone's width, in print, in other texts' sizes; and screenshots to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from .conftest import OpenPage
from .stage import EDITED, EVIL, EVIL_STORY, ORIGIN, STORY

PAGES = {
    "search": "/?q=otworzyć+most", "front": "/", "nothing": "/?q=niematakiego+date:P7D", "article": f"/article/{EDITED.id}",
    "story": f"/story/{STORY}", "difference": f"/diff/{ORIGIN.id}/{EDITED.id}", "outlets": "/outlets", "outlet": "/outlets/pap", "help": "/help", "watches": "/watches?q=most",
    "outlet disabled": "/outlets/dawny", "attacked outlet": "/outlets/evil", "attacked": f"/article/{EVIL.id}", "attacked story": f"/story/{EVIL_STORY}",
}  # fmt: skip
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "rules": {"target-size": {"enabled": True}},
}
DEVICES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light", "has_touch": True, "is_mobile": True},
}


def unfold(page: Page) -> None:
    """Everything that is folded is looked at, too."""
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")


@pytest.mark.parametrize("device", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_wrong(open_page: OpenPage, name: str, device: str) -> None:
    page = open_page(PAGES[name], **DEVICES[device])
    unfold(page)
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("locale", ["en-GB", "pl-PL"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_a_phone(open_page: OpenPage, name: str, locale: str) -> None:
    page = open_page(PAGES[name], locale=locale, **DEVICES["phone"])
    unfold(page)
    wide = "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.spread')).map(e => e.outerHTML.slice(0, 120))"  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.evaluate(wide)


def test_a_theme_chosen_wins_over_the_system_s(open_page: OpenPage) -> None:
    page = open_page("/", color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.get_by_role("link", name="Light").click()
    light = page.evaluate(colour)
    page.get_by_role("link", name="Dark").click()
    assert page.evaluate(colour) == dark != light
    assert [sum(map(int, one[4:-1].split(","))) > 380 for one in (dark, light)] == [False, True]


def test_in_print_the_text_stays_and_the_means_go(open_page: OpenPage) -> None:
    page = open_page(PAGES["article"])
    page.emulate_media(media="print")
    assert page.locator(".prose").is_visible() and page.locator(".facts").is_visible()
    assert not page.get_by_role("searchbox").is_visible() and not page.locator(".choices").is_visible()


@pytest.mark.parametrize("name", ["search", "front", "story", "article", "outlets", "outlet", "difference", "help", "nothing"])
def test_screenshots_for_people_to_look_at(open_page: OpenPage, screenshots: Path, name: str) -> None:
    for device, options in DEVICES.items():
        page = open_page(PAGES[name], **options)
        if name == "search":
            page.locator("details.copies").first.evaluate("one => one.open = true")
        path = screenshots / f"{name}-{device}.png"
        page.screenshot(path=path, full_page=True)
        assert path.stat().st_size > 10_000


@pytest.mark.parametrize("name", PAGES)
def test_a_page_weighs_less_than_100_kb_with_everything_it_asks_for(open_page: OpenPage, name: str) -> None:
    weights: list[int] = []
    page = open_page("/help")
    page.on("response", lambda response: weights.append(len(response.body())))
    page.goto(PAGES[name])
    page.wait_for_load_state("networkidle")
    assert 5_000 < sum(weights) < 100_000
