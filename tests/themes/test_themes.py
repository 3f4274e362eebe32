"""The generator keeps its word: pages of real weight, deterministic, whose truth and traps stand on them; first sight reads them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest
from lxml import html as lxml_html

from crawler.model.page import Page
from crawler.normalize.chain import read_draft
from crawler.normalize.draft import Draft, Setting
from crawler.outlets.agencies import load_agencies
from tests.themes import ODD_KINDS, OUTLETS, ThemeOutlet, ThemePage, make_outlet, odd_pages, redesigned

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SLUGS = sorted(OUTLETS)


@pytest.fixture(scope="module")
def outlets() -> dict[str, ThemeOutlet]:
    return {slug: make_outlet(slug, pages=8) for slug in SLUGS}


@pytest.mark.parametrize("slug", SLUGS)
def test_first_sight_reads_a_page_of_the_outlet(slug: str, outlets: dict[str, ThemeOutlet]) -> None:
    page = outlets[slug].pages[3]
    draft = draft_of(page, outlets[slug])
    assert draft.title == page.truth.title
    assert draft.published_at == page.truth.published_at
    wanted, found = words(" ".join(page.truth.paragraphs)), words(draft.text)
    assert sum((wanted & found).values()) >= 0.9 * sum(wanted.values())


@pytest.mark.parametrize("slug", SLUGS)
def test_truth_and_traps_stand_on_the_page(slug: str, outlets: dict[str, ThemeOutlet]) -> None:
    for page in outlets[slug].pages:
        shown = visible(page)
        truth = page.truth
        rows = [piece for paragraph in truth.paragraphs for piece in paragraph.removeprefix("- ").split(" | ")]
        assert [text for text in (truth.title, *truth.credits, *truth.authors, *rows) if squeezed(text) not in shown] == []
        assert truth.never and [phrase for phrase in truth.never if squeezed(phrase) not in shown] == []
        assert [phrase for phrase in truth.never if any(phrase in paragraph for paragraph in truth.paragraphs)] == []


def test_pages_have_the_weight_of_real_ones(outlets: dict[str, ThemeOutlet]) -> None:
    sizes = [len(page.html_bytes) for outlet in outlets.values() for page in outlet.pages]
    assert min(sizes) > 50_000
    assert max(sizes) < 200_000


def test_no_paragraph_of_prose_comes_twice_in_a_large_outlet() -> None:
    outlet = make_outlet("kurier-warcianski", pages=60)
    prose = [text for page in outlet.pages for text in page.truth.paragraphs if len(text) > 90]
    assert [text for text, count in Counter(prose).items() if count > 1] == []
    assert len({page.url for page in outlet.pages}) == 60


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = (make_outlet("saltby-mercury", pages=2, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.pages[0].html_bytes != other.pages[0].html_bytes


@pytest.mark.parametrize("slug", SLUGS)
def test_a_redesign_keeps_the_stories_and_changes_the_pages_from_its_number_on(
    slug: str, outlets: dict[str, ThemeOutlet]
) -> None:
    before = outlets[slug]
    for soft in (False, True):
        after = redesigned(slug, pages=8, at=5, soft=soft)
        assert [page.truth.title for page in after.pages] == [page.truth.title for page in before.pages]
        assert [new == old for new, old in zip(after.pages, before.pages, strict=True)] == [True] * 5 + [False] * 3
        assert [page.truth.paragraphs for page in after.pages] == [page.truth.paragraphs for page in before.pages]
        for page in after.pages[5:]:
            shown = visible(page)
            assert [
                text for text in page.truth.paragraphs if squeezed(text.removeprefix("- ").split(" | ")[0]) not in shown
            ] == []
            assert [phrase for phrase in page.truth.never if squeezed(phrase) not in shown] == []


def test_a_soft_redesign_keeps_the_class_of_the_body() -> None:
    page = redesigned("kurier-warcianski", pages=4, at=2, soft=True).pages[3]
    assert b'class="entry-content"' in page.html_bytes
    assert b"nb-" in page.html_bytes


def test_hashed_classes_change_with_a_deploy() -> None:
    def classes(page: ThemePage) -> set[bytes]:
        return set(re.findall(rb"Article_body__(\w+)", page.html_bytes))

    pages = make_outlet("echo-pogranicza", pages=5).pages
    assert classes(pages[0]) == classes(pages[2]) != classes(pages[3]) == classes(pages[4])


@pytest.mark.parametrize("slug", SLUGS)
def test_pages_that_are_no_plain_articles_come_in_five_kinds(slug: str) -> None:
    pages = odd_pages(slug)
    assert tuple(page.truth.kind for page in pages) == ODD_KINDS
    for page in pages:
        shown = visible(page)
        assert squeezed(page.truth.title) in shown
        assert [text for text in page.truth.paragraphs if squeezed(text.removeprefix("- ")) not in shown] == []


def draft_of(page: ThemePage, outlet: ThemeOutlet) -> Draft:
    answer = Page(
        requested_url=page.url, final_url=page.url, status=200, headers=(("content-type", page.content_type),), body=page.html_bytes, fetched_at=NOW, outlet=outlet.outlet.slug
    )  # fmt: skip
    return read_draft(answer, Setting(outlet.outlet, load_agencies([outlet.outlet]), NOW))


def visible(page: ThemePage) -> str:
    """All text of the page without blanks: what stands in one element or in several reads the same."""
    encoding = "utf-8" if "utf-8" in page.content_type else "iso-8859-2"
    return squeezed(lxml_html.document_fromstring(page.html_bytes.decode(encoding)).text_content())


def squeezed(text: str) -> str:
    return "".join(text.split())


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.lower()))
