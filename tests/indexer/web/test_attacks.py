"""What strangers wrote is shown harmless (SAFETY A6, A10), and what readers get wrong is answered by a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.client import HTTPConnection

import httpx
import pytest
from playwright.sync_api import expect

from .conftest import OpenPage
from .stage import EVIL, EVIL_COPY, EVIL_STORY

SHOWN = {
    "/?q=zatrute": (2, 6, 13, 14, 15, 18), f"/article/{EVIL.id}": (2, 4, 5, 6, 7, 8, 10, 16, 18, 20), f"/story/{EVIL_STORY}": (2, 14, 15, 17, 18),
    f"/diff/{EVIL.id}/{EVIL_COPY.id}": (13, 14, 16, 18), "/outlets": (18, 19), "/outlets/evil": (2, 14, 18, 19, 20, 21, 22, 23, 24, 25), "/?q=outlet:evil&sort=relevance": (2, 3, 18), "/help": (),
}  # fmt: skip
"""Page -> the fields (numbers of `stage.attack`) that must be seen on it, as text."""
QUERIES = ("<script>alert(20)</script>", '"><img src=x onerror=alert(21)>', "title:<svg/onload=alert(22)>", "{{7*7}}", "tag:\"x' onclick=alert(23)\"")  # fmt: skip


@pytest.mark.parametrize("path", SHOWN)
def test_attacks_in_every_field_are_shown_as_text(open_page: OpenPage, path: str) -> None:
    page = open_page(path)
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    for badge in page.locator(".agency > a").all():
        badge.hover()
    text = page.evaluate("document.body.textContent")
    missing = [number for number in SHOWN[path] if f"x{number}<script>alert({number})" not in text and f"x{number}<" not in text]
    assert missing == []
    assert page.locator("main script, main img, main [onmouseover], main [onerror], main svg[onload], [style]").count() == 0
    links = page.eval_on_selector_all(
        "a[href]", "all => all.map(one => new URL(one.getAttribute('href'), document.baseURI).protocol)"
    )
    assert set(links) <= {"http:", "https:"}


@pytest.mark.parametrize("query", QUERIES)
def test_an_attack_in_the_query_is_searched_and_shown_as_text(open_page: OpenPage, query: str) -> None:
    page = open_page(f"/?{httpx.QueryParams({'q': query})}")
    expect(page.get_by_role("searchbox")).to_have_value(query)
    assert page.locator("main script, main img, main [onclick], main svg[onload]").count() == 0
    assert "49" not in page.get_by_role("searchbox").input_value()


@pytest.fixture
def client(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, headers={"Accept": "text/html,*/*", "Accept-Language": "en"}, timeout=30) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/?after=nonsense", 400, "the cursor is not one that a search gave"),
        ("/?after=%00%ff&q=most", 400, "the cursor is not one that a search gave"),
        (f"/?q={'x' * 3000}", 400, "the query is too long: 3,000 characters"),
        (f"/?q={'(' * 30}a", 400, "the query is too deep"),
        ("/article/0123456789abcdef0123456789abcdef", 404, "No article and no story has this address"),
        ("/article/..%2f..%2fetc%2fpasswd", 404, "No page has this address"),
        ("/story/%3Cscript%3Ealert(1)%3C/script%3E", 404, ""),
        ("/story/unknown", 404, "No article and no story"),
        (f"/diff/{EVIL.id}/unknown", 404, "No article and no story"),
        ("/outlets/unknown", 404, "No outlet has this address"),
        ("/outlets/%3Cscript%3Ealert(1)%3C/script%3E", 404, "No page has this address"),
        ("/outlets/%3Cscript%3Ealert(1)", 404, "No outlet has this address"),
        ("/outlets/%00", 404, "No outlet has this address"),
        ("/nowhere", 404, "No page has this address"),
        ("/static/../pages.py", 404, ""),
        ("/static/%2e%2e%2fpages.py", 404, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_on_a_page_with_its_status(client: httpx.Client, path: str, status: int, said: str) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert said in answer.text and "<script>alert" not in answer.text and "Traceback" not in answer.text
    assert 'href="/help"' in answer.text


def test_an_error_page_is_a_page_like_others(open_page: OpenPage) -> None:
    page = open_page("/article/unknown", status=404)
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")
    page.get_by_role("link", name="Newest stories").click()
    expect(page.locator(".hit").first).to_be_visible()


def test_a_query_of_ten_megabytes_is_refused_and_the_service_goes_on(client: httpx.Client) -> None:
    opened = HTTPConnection(client.base_url.host, client.base_url.port, timeout=30)
    try:
        opened.request("GET", "/?q=" + "a" * 10_000_000)
        status = opened.getresponse().status
    except OSError:
        status = 400  # the server hung up before it had read it all
    finally:
        opened.close()
    assert status in (400, 413, 414, 431)
    assert client.post("/", content=b"q=" + b"a" * 10_000_000).status_code in (403, 405, 413)
    assert client.get("/?q=most").status_code == 200


def test_somebody_who_asks_for_no_page_gets_a_problem(client: httpx.Client) -> None:
    answer = client.get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/\n/evil.example", ""])  # fmt: skip
def test_the_way_back_never_leaves_the_house(client: httpx.Client, back: str) -> None:
    answer = client.get("/preferences", params={"lang": "pl", "back": back})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_choice_is_kept_in_a_cookie_that_no_script_reads_and_only_known_values_are(client: httpx.Client) -> None:
    answer = client.get("/preferences", params={"lang": "pl", "theme": "<script>", "keys": "off", "back": "/?q=a%20b"})
    assert answer.headers["location"] == "/?q=a%20b"
    cookies = answer.headers.get_list("set-cookie")
    assert [one.partition(";")[0] for one in cookies] == ["depesza_lang=pl", "depesza_keys=off"]
    assert all("HttpOnly" in one and re.search("samesite=lax", one, re.IGNORECASE) for one in cookies)


def test_pages_are_nobody_else_s_and_files_are_kept(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.headers["cache-control"] == "private, no-cache" and "Cookie" in page.headers["vary"]
    [sheet] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    answer = client.get(sheet)
    assert answer.headers["content-type"].startswith("text/css") and "immutable" in answer.headers["cache-control"]
    assert "http" not in answer.text.replace('a[href^="http"]', ""), "the style sheet asks for nothing"
