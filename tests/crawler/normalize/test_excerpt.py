"""The excerpt of a known outlet's pages: the same article as from the whole page, and the whole page wherever that is in doubt."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from crawler.model.page import Page
from crawler.model.template import Excerpt, Template
from crawler.normalize.chain import article_of, read_draft, read_excerpt, read_whole
from crawler.normalize.draft import Setting
from crawler.normalize.template.excerpt import cut_element, excerpt_of
from crawler.normalize.template.lesson import learn_pages
from crawler.outlets.agencies import load_agencies
from tests.crawler.measure_templates import NOW, page_of
from tests.themes import ThemeOutlet, make_outlet

PLAN = Excerpt(mark='<div class="story', paragraphs=1, no_walls=("wall",))
HEAD = '<html lang="pl"><head><meta charset="utf-8"><script>var a = "<div>";</script><style>p{}</style><title>Most</title></head>'
STORY = '<div class="story-1"><div><p>Woda opadła.</p></div></div>'


def taught(slug: str) -> tuple[ThemeOutlet, Setting]:
    outlet = make_outlet(slug, 12)
    agencies = load_agencies([outlet.outlet])
    found = learn_pages([page_of(one, outlet) for one in outlet.pages[:8]], outlet.outlet, agencies, NOW, 1)
    assert found.template is not None and found.template.excerpt is not None
    return outlet, Setting(outlet.outlet, agencies, NOW, found.template)


@pytest.fixture(scope="module")
def known() -> tuple[ThemeOutlet, Setting]:
    return taught("glos-zulaw")


@pytest.mark.parametrize("slug", ["glos-zulaw", "lindenauer-bote", "tygodnik-olszyna", "zaliv-segodnya"])
def test_an_excerpt_gives_the_very_article_of_the_whole_page(slug: str) -> None:
    outlet, setting = taught(slug)
    for one in outlet.pages[8:]:
        page = page_of(one, outlet)
        narrow, whole = read_excerpt(page, setting), read_whole(page, setting)
        assert narrow is not None and len(narrow.html) < len(whole.html) / 2
        assert article_of(narrow, outlet.outlet) == article_of(whole, outlet.outlet)


def test_a_canary_and_an_outlet_with_a_layout_of_its_own_are_read_whole(known: tuple[ThemeOutlet, Setting]) -> None:
    outlet, setting = known
    page = page_of(outlet.pages[9], outlet)
    assert read_draft(page, setting).excerpt
    assert not read_draft(page, replace(setting, canary=True)).excerpt
    coded = replace(outlet.outlet, page_class="none_such")
    assert read_excerpt(page, replace(setting, outlet=coded)) is None


def changed(page: Page, old: bytes, new: bytes) -> Page:
    assert old in page.body
    return replace(page, body=page.body.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"</body>", b'<div class="paywall">Kup dost\xc4\x99p</div></body>'),
        (b"</body>", b"<p>Dalszy ci\xc4\x85g</p>" * 40 + b"</body>"),
        (b'<article id="post-', b'<article data-id="'),
    ],
)
def test_what_the_sample_never_had_is_read_whole(known: tuple[ThemeOutlet, Setting], old: bytes, new: bytes) -> None:
    outlet, setting = known
    page = changed(page_of(outlet.pages[9], outlet), old, new)
    assert read_excerpt(page, setting) is None
    assert not read_draft(page, setting).excerpt


def test_a_short_text_is_read_whole_for_walls_are_told_by_the_page(known: tuple[ThemeOutlet, Setting]) -> None:
    outlet, setting = known
    page = page_of(outlet.pages[9], outlet)
    page = replace(page, body=re.sub(rb"(<p>.*?</p>\s*){2,}", b"<p>Woda opada.</p>", page.body, flags=re.DOTALL))
    assert read_excerpt(page, setting) is None


def test_the_cut_is_the_element_and_a_head_without_code() -> None:
    small = excerpt_of((HEAD + "<body><nav>Menu</nav>" + STORY + "<p>Inne</p>").encode(), None, ("pl",), PLAN)
    assert small is not None and small.endswith(STORY) and "Menu" not in small and "Inne" not in small
    assert "<title>Most</title>" in small and "var a" not in small and "p{}" not in small


def test_data_is_kept_wherever_it_stands() -> None:
    data = '<script type="application/ld+json">{"a": "<div>"}</script>'
    for page in (
        HEAD.replace("</head>", f"{data}</head>") + f"<body>{STORY}",
        HEAD + f"<body>{data}{STORY}",
        HEAD + f"<body>{STORY}{data}",
        HEAD + "<body>" + STORY.replace("</p>", f"</p>{data}"),
    ):
        small = excerpt_of(page.encode(), None, ("pl",), PLAN)
        assert small is not None and small.count(data) == 1


@pytest.mark.parametrize(
    "inside",
    [
        "<script>document.write('</div></div>')</script>",
        "<!-- </div></div> -->",
        "<style>/* </div></div> */</style>",
        "<divider>",
    ],
)
def test_code_and_comments_do_not_end_an_element(inside: str) -> None:
    found = cut_element(STORY.replace("<p>", f"{inside}<p>") + "<p>behind</p>", 0, "div")
    assert found is not None and "Woda opadła." in found[0] and "behind" not in found[0]


@pytest.mark.parametrize(
    "broken", ['<div class="story"><p>a</p>', '<div class="story"><script>a</div>', '<div class="story"><!-- </div>']
)
def test_an_element_that_does_not_end_is_no_excerpt(broken: str) -> None:
    assert cut_element(broken, 0, "div") is None


def test_an_encoding_in_doubt_is_left_to_the_whole_page() -> None:
    page = (
        HEAD
        + "<body>"
        + STORY.replace("Woda opadła.", "Rzeka wylała wczoraj wieczorem i zalała drogę pod miastem, mówi sołtys. " * 10)
    )
    assert excerpt_of(page.encode(), None, ("pl",), PLAN) is not None
    assert excerpt_of(page.encode("cp1250"), None, ("pl",), PLAN) is None
    assert excerpt_of(page.encode().decode("cp1252", "ignore").encode(), None, ("pl",), PLAN) is None
    assert excerpt_of(page.encode("utf-16"), None, ("pl",), PLAN) is None


def test_a_template_without_an_excerpt_reads_every_page_whole(known: tuple[ThemeOutlet, Setting]) -> None:
    outlet, setting = known
    template = setting.template
    assert isinstance(template, Template)
    bare = replace(setting, template=replace(template, excerpt=None))
    assert not read_draft(page_of(outlet.pages[9], outlet), bare).excerpt
