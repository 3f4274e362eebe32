"""Learning an outlet, using what was learned, noticing that it holds no more: on the small paper of `lighthouse.py`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from crawler.model.outlet import Layout
from crawler.model.template import Sighting, Template
from crawler.normalize.chain import read_draft
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.parsing import parse_html
from crawler.normalize.template.apply import Fitted, Unfit, apply
from crawler.normalize.template.blocks import blocks_of, line_key
from crawler.normalize.template.check import ENOUGH, RECENT, Watch, agreement, is_canary
from crawler.normalize.template.lesson import learn_pages
from crawler.outlets.agencies import load_agencies
from tests.crawler.measure_templates import crawl, leaks
from tests.crawler.normalize.lighthouse import NEVER, OUTLET, Printed, printed
from tests.themes import redesigned

NOW = datetime(2026, 11, 20, tzinfo=UTC)
AGENCIES = load_agencies([OUTLET])


def learned(numbers: Sequence[int], design: str = "first", version: int = 1) -> Template:
    found = learn_pages([printed(number, design).page for number in numbers], OUTLET, AGENCIES, NOW, version)
    assert found.template is not None, found.reason
    return found.template


def read(one: Printed, template: Template | None, *, canary: bool = False) -> Draft:
    return read_draft(one.page, Setting(OUTLET, AGENCIES, NOW, template, canary))


@pytest.fixture(scope="module")
def template() -> Template:
    return learned(range(5))


def test_after_five_pages_every_further_page_is_read_to_the_word(template: Template) -> None:
    for number in range(5, 20):
        one = printed(number)
        draft = read(one, template)
        assert draft.sighting is not None and draft.sighting.fits, number
        assert draft.text == one.text, number
        assert (draft.title, draft.lead, draft.authors) == (one.title, one.lead, (one.author,))
        assert draft.published_at == read(one, None).published_at


def test_the_template_says_where_things_stand_and_why(template: Template) -> None:
    places = (template.root, template.title, template.lead, template.byline, template.published)
    assert places == ("div.entry-content", "h1.entry-title", "p.lead", "span.author", "time.entry-date")
    assert "the body stands in div.entry-content" in template.why
    assert template.pages == 5
    assert line_key("Wesprzyj latarnię kwotą 30 zł, a będzie świecić dłużej.") in template.recurring


def test_four_pages_teach_nothing_and_the_reason_is_said() -> None:
    found = learn_pages([printed(number).page for number in range(4)], OUTLET, AGENCIES, NOW, 1)
    assert found.template is None
    assert "5 are needed" in found.reason


def test_behind_a_redesign_the_new_pages_alone_are_learned_from_and_not_before_there_are_five() -> None:
    pages = [printed(number).page for number in range(8)] + [printed(number, "hard").page for number in range(8, 13)]
    early, late = (learn_pages(pages[:end], OUTLET, AGENCIES, NOW, 2) for end in (11, 13))
    assert early.template is None
    assert late.template is not None
    assert late.template.root == "div.story__text"


def test_a_page_of_another_design_does_not_fit_and_says_why(template: Template) -> None:
    found = apply(parse_html(printed(6, "hard").page.body.decode()), template)
    assert isinstance(found, Unfit)
    assert "div.entry-content" in found.reason


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('<h1 class="entry-title">', '<h1 class="headline">', "title"),
        ('<p class="lead">', '<p class="intro">', "lead"),
        ("<p>", '<div class="cell"><p>', "something new"),
        ("<ul><li>", '<div class="report">' + "Zapis rozmowy w porcie. " * 40 + "</div><ul><li>", "had not"),
    ],
)
def test_a_page_that_lost_a_place_or_stands_in_unknown_blocks_is_left_to_first_sight(
    template: Template, old: str, new: str, why: str
) -> None:
    one = printed(6)
    html = one.page.body.decode().replace(old, new)
    found = apply(parse_html(html), template)
    assert isinstance(found, Unfit)
    assert why in found.reason
    changed = dataclasses.replace(one, page=dataclasses.replace(one.page, body=html.encode()))
    draft = read(changed, template)
    assert draft.sighting is not None and not draft.sighting.fits
    assert agreement(draft.text, one.text) > 0.9


def test_half_a_body_behind_the_container_is_no_article(template: Template) -> None:
    """The second half stands in a container of its own: the template would give the first half alone."""
    one = printed(7)
    html = one.page.body.decode()
    cut = html.index("<p>", html.index("<h2>"))
    html = html[:cut] + '</div><div class="entry-more">' + html[cut:]
    found = apply(parse_html(html), template)
    assert isinstance(found, Unfit)
    assert "outside" in found.reason


def test_a_hand_written_body_wins_over_the_template(template: Template) -> None:
    one = printed(6)
    outlet = dataclasses.replace(OUTLET, layouts=(Layout(body="article > p.lead"),))
    draft = read_draft(one.page, Setting(outlet, AGENCIES, NOW, template))
    assert draft.sighting is None
    assert draft.text == one.lead


def test_a_hand_written_title_wins_over_the_learned_one(template: Template) -> None:
    outlet = dataclasses.replace(OUTLET, layouts=(Layout(title="p.lead"),))
    draft = read_draft(printed(6).page, Setting(outlet, AGENCIES, NOW, template))
    assert draft.sighting is not None and draft.sighting.fits
    assert draft.title == printed(6).lead


def crawled(designs: Sequence[str]) -> tuple[list[Draft], list[tuple[int, str]]]:
    """A crawl of one page after the other, learning when due; the drafts, and when a design was given up or learned."""
    watch = Watch()
    drafts: list[Draft] = []
    events: list[tuple[int, str]] = []
    version = 0
    for number, design in enumerate(designs):
        one = printed(number, design)
        draft = read(one, watch.template, canary=watch.canary(one.page.final_url))
        drafts.append(draft)
        if watch.note(draft.sighting):
            events.append((number, "given up"))
        if watch.due():
            pages = [printed(back, designs[back]).page for back in range(max(0, number - 15), number + 1)]
            found = learn_pages(pages, OUTLET, AGENCIES, NOW, version + 1)
            version += found.template is not None
            watch.learned(found.template)
            events.append((number, "learned" if found.template else "not learned"))
    return drafts, events


def test_a_hard_redesign_is_noticed_within_five_pages_and_learned_without_a_bad_article() -> None:
    drafts, events = crawled(["first"] * 10 + ["hard"] * 10)
    noticed = next(number for number, event in events if event == "given up")
    assert 10 <= noticed < 10 + RECENT
    assert any(event == "learned" and number > noticed for number, event in events)
    assert [draft.sighting.fits for draft in drafts[-3:] if draft.sighting] == [True] * 3
    check_articles(drafts, ["first"] * 10 + ["hard"] * 10)


def test_new_boxes_inside_the_text_are_left_out_and_learned_within_five_pages() -> None:
    designs = ["first"] * 10 + ["soft"] * 10
    drafts, events = crawled(designs)
    assert any(10 <= number < 10 + RECENT and event == "learned" for number, event in events)
    assert "given up" not in [event for _, event in events]
    check_articles(drafts, designs)


def check_articles(drafts: Sequence[Draft], designs: Sequence[str]) -> None:
    for number, (draft, design) in enumerate(zip(drafts, designs, strict=True)):
        one = printed(number, design)
        assert agreement(draft.text, one.text) >= 0.9, number
        if draft.sighting is not None and draft.sighting.fits:
            assert [words for words in NEVER if words in draft.text] == [], number


def test_one_page_of_another_kind_is_no_redesign(template: Template) -> None:
    watch = Watch(template)
    odd = Sighting(version=1, fits=False, why="no div.entry-content")
    told = [watch.note(one) for one in (odd, Sighting(version=1, fits=True), odd, Sighting(version=1, fits=True))]
    assert told == [None] * 4
    assert watch.template is template
    assert watch.note(odd) is not None
    assert watch.template is None
    assert watch.standing.fresh == ENOUGH


def test_canaries_are_a_few_pages_always_the_same_ones_and_every_page_after_a_bad_one() -> None:
    urls = [f"https://latarnia.example/{number}" for number in range(4000)]
    chosen = [url for url in urls if is_canary(url, 200, [])]
    assert 60 < len(chosen) < 140
    assert chosen == [url for url in urls if is_canary(url, 200, [])]
    assert set(chosen) < {url for url in urls if is_canary(url, 10, [])}
    assert 0 < len({url for url in urls if is_canary(url, 500, [])} & set(chosen)) < 50
    assert all(is_canary(url, 500, [Sighting(version=1, fits=False)]) for url in urls[:20])


def test_a_canary_that_agrees_too_little_is_read_by_first_sight(template: Template) -> None:
    one = printed(6)
    draft = read(one, template, canary=True)
    assert draft.sighting is not None and not draft.sighting.low
    assert draft.sighting.agreement is not None and draft.sighting.agreement > template.least_agreement
    draft = read(one, dataclasses.replace(template, least_agreement=1.2), canary=True)
    assert draft.sighting is not None and draft.sighting.low
    assert draft.layout is None
    assert agreement(draft.text, read(one, None).text) > 0.98


def test_learning_that_fails_is_tried_again_ever_more_seldom() -> None:
    watch = Watch()
    tries = []
    for number in range(100):
        watch.note(None)
        if watch.due():
            tries.append(number + 1)
            watch.learned(None)
    assert tries == [5, 15, 35, 75]


def test_blocks_are_runs_of_text_with_the_place_they_stand_in() -> None:
    tree = parse_html(
        '<div id="b">Vorn<br>und <b>weiter</b><p class="x css-1ab9">Ein <a href="/a">Link</a> darin.</p>'
        '<ul><li><p>eins</p></li></ul><table><tr><td>a</td><td>b</td></tr></table><p><a href="/c">nur ein Link</a></p></div>'
    )
    found = [(block.signature, block.line) for block in blocks_of(tree.get_element_by_id("b"))]
    assert found == [
        ("", "Vorn"),
        ("", "und weiter"),
        ("p.x", "Ein Link darin."),
        ("ul>li>p", "- eins"),
        ("table>tr", "a | b"),
        ("p:link", "nur ein Link"),
    ]


def test_a_page_of_nested_elements_without_measure_is_read_flat() -> None:
    tree = parse_html("<div id='b'>" + "<div>" * 200 + "tief unten" + "</div>" * 200 + "</div>")
    assert [block.text for block in blocks_of(tree.get_element_by_id("b"))] == ["tief unten"]


def test_the_fitted_text_is_what_the_chain_gets(template: Template) -> None:
    one = printed(6)
    found = apply(parse_html(one.page.body.decode()), template)
    assert isinstance(found, Fitted)
    assert found.text.split("\n\n") == list(one.paragraphs)


def test_the_lead_of_the_next_article_on_the_page_is_not_taken() -> None:
    outlet = redesigned(
        "portal-nizina", 13, at=10, soft=True
    )  # its own lead has another name then, the next article's the old one
    for draft, page in list(zip(crawl(outlet).drafts, outlet.pages, strict=True))[10:]:
        assert draft.lead == page.truth.lead and not leaks(draft, page)
