"""The picture of a story's spread: sound XML, harmless, readable without seeing it, bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.story import MemberRole
from crawler.spread import MAX_ROWS, Carried, SpreadWords, delay_words, places, spread_svg

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def row(minutes: float = 0, outlet: str = "Kurier", role: str = "verbatim", title: str = "Most", **changes: bool) -> Carried:
    return Carried(outlet=outlet, at=NOON + timedelta(minutes=minutes), role=role, title=title, **changes)


def test_the_picture_names_itself_and_says_everything_in_words() -> None:
    rows = [row(14, "Goniec"), row(0, "PAP", "original"), row(31, "Kresy", "edited", at_is_told=False)]
    root = ElementTree.fromstring(spread_svg("Most zamknięty", rows, zone=ZoneInfo("Europe/Warsaw"), key="s1"))
    assert root.get("role") == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and description is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}" == "s1-title s1-desc"
    assert title.text == "Who carried it when: Most zamknięty"
    assert description.text == (
        "3 articles, in order of time: 2026-11-24 13:00 PAP (original); 2026-11-24 13:14 Goniec (verbatim); "
        "2026-11-24 13:31 (first seen) Kresy (edited)."
    )
    assert [one.text for one in root.iter(f"{SVG}text") if one.text and one.text.startswith("+")] == [
        "+14 min, verbatim",
        "+31 min, edited",
    ]


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=20))
def test_a06_whatever_outlets_write_stays_text(title: str, outlet: str, role: str) -> None:
    hostile = ["</title><script>alert(1)</script>", '" onload="x', "\x1b[31m\ufffe]]>"]
    rows = [row(0, outlet + hostile[1], role, title + hostile[2]), row(5, hostile[0])]
    root = ElementTree.fromstring(spread_svg(title + hostile[0], rows, key=hostile[1]))
    assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {"svg", "title", "desc", "text", "g", "line", "path"}
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on") or name in ("style", "href")]


def test_a_story_of_a_thousand_gives_a_bounded_picture_that_counts_the_rest() -> None:
    picture = spread_svg("Wielki", [row(number, f"o{number}") for number in range(1000)])
    root = ElementTree.fromstring(picture)
    assert float(root.get("height", "0")) < 3000
    assert "and 901 more" in picture and f"; and {1000 - MAX_ROWS} more." in picture


@pytest.mark.parametrize("minutes", [0, 0.5, 7, 90, 60 * 30, 60 * 24 * 9, 60 * 24 * 400])
def test_every_span_has_a_few_ticks_at_round_times(minutes: float) -> None:
    root = ElementTree.fromstring(spread_svg("x", [row(0), row(minutes)]))
    ticks = [one.text for one in root.iter(f"{SVG}text") if one.get("y") == "54" and one.get("x") != "16"]
    assert len(ticks) <= 8
    assert ticks or minutes < 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0, "0 min"), (20, "0 min"), (840, "+14 min"), (-300, "−5 min"), (6540, "+1 h 49 min"), (7200, "+2 h"), (183600, "+2 d 3 h")],
)  # fmt: skip
def test_delays_are_told_in_two_units_at_most(seconds: float | None, words: str) -> None:
    assert delay_words(seconds) == words


def test_places_on_a_line_go_from_the_first_to_the_last() -> None:
    assert places([row(0), row(50), row(100)], 11) == [0, 5, 10]
    assert places([row(0), row(0)], 11) == [0, 0]
    assert places([], 5) == []


def test_every_role_has_a_shape_of_its_own() -> None:
    picture = spread_svg("x", [row(number, role=role.value) for number, role in enumerate(MemberRole)])
    shapes = {part.split('"')[0] for part in picture.split('<path d="')[1:]}
    assert len(shapes) == len(MemberRole)


def test_the_picture_speaks_the_language_of_its_page() -> None:
    words = SpreadWords(
        title="Kto podał: %(heading)s", description="%(articles)s po kolei: %(rows)s.", articles="103 teksty", more="i jeszcze %(count)s",
        first="pierwszy", first_seen="zauważony", roles={"verbatim": "dosłowny"}, has_heading=False,
    )  # fmt: skip
    rows = [row(number, at_is_told=number != 1) for number in range(103)]
    root = ElementTree.fromstring(spread_svg("Most", rows, words=words))
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text == "Kto podał: Most"
    assert description is not None and description.text is not None
    assert description.text.startswith(
        "103 teksty po kolei: 2026-11-24 12:00 Kurier (dosłowny); 2026-11-24 12:01 (zauważony) Kurier"
    )
    assert description.text.endswith("i jeszcze 3.")
    drawn = [one.text for one in root.iter(f"{SVG}text")]
    assert "Most" not in drawn and "pierwszy, dosłowny" in drawn and "i jeszcze 4" in drawn
