"""The demo's sample: what it promises to hold, and that every page carries what its record says."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trafilatura

from scheduler.demo.outlets import write_outlets
from scheduler.demo.site import build_site
from scheduler.demo.texts import DISPATCHES, DemoOutlet, sample_outlets

STARTED = datetime(2026, 11, 24, 18, 0, 30, tzinfo=UTC)
OUTLETS = sample_outlets()
by_slug = pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.slug)


def test_the_sample_has_at_least_eight_outlets_in_four_languages() -> None:
    assert len(OUTLETS) >= 8
    assert {outlet.language for outlet in OUTLETS} == {"pl", "en", "de", "uk"}


@by_slug
def test_each_outlet_has_three_to_five_own_articles(outlet: DemoOutlet) -> None:
    own = [article for article in outlet.articles if article.dispatch is None and not article.behind_robots]
    assert 3 <= len(own) <= 5
    assert all(len(article.paragraphs) >= 3 for article in own)


@pytest.mark.parametrize("name", DISPATCHES)
def test_each_dispatch_has_eight_to_twelve_paragraphs_and_is_carried_by_several_outlets(name: str) -> None:
    copies = [article for outlet in OUTLETS for article in outlet.articles if article.dispatch == name]
    assert len(copies) >= 3
    assert len({copy.title for copy in copies}) == len(copies), "every outlet writes its own headline"
    assert any(8 <= len(copy.paragraphs) <= 12 for copy in copies)


def test_no_two_own_articles_share_a_sentence() -> None:
    seen: dict[str, str] = {}
    for outlet in OUTLETS:
        for article in outlet.articles:
            if article.dispatch is None:
                for sentence in re.split(r"(?<=[.!?])\s+", " ".join(article.paragraphs)):
                    assert sentence not in seen, (outlet.slug, seen.get(sentence))
                    seen[sentence] = outlet.slug


def test_the_polish_dispatches_hold_many_forms_of_the_words_that_the_demo_searches() -> None:
    text = " ".join(
        text for outlet in OUTLETS if outlet.slug == "depesze-pap" for article in outlet.articles for text in article.paragraphs
    )
    assert set(re.findall(r"\bWarszaw\w*", text)) >= {"Warszawa", "Warszawy", "Warszawie", "Warszawskie"}
    assert set(re.findall(r"\b[Pp]rezydent\w*", text)) >= {"Prezydent", "prezydent", "prezydenta", "prezydentowi", "prezydentem"}
    assert set(re.findall(r"\bBrzeskwick\w*", text)) >= {"Brzeskwicki", "Brzeskwickiemu"}


def test_the_name_that_the_demo_searches_is_unknown_to_the_dictionary() -> None:
    morfeusz2 = pytest.importorskip("morfeusz2")
    assert {reading[2][2] for reading in morfeusz2.Morfeusz().analyse("Brzeskwickiemu")} == {"ign"}


@by_slug
def test_every_article_page_carries_its_paragraphs_and_a_general_extractor_finds_them(outlet: DemoOutlet) -> None:
    site = build_site(outlet, "http://127.0.0.2:8000", STARTED)
    for article in outlet.articles:
        if article.appears_later:
            continue
        page = site[article.path].body.decode(outlet.encoding)
        text = trafilatura.extract(page, include_comments=False) or ""
        assert [part for part in article.paragraphs if part[:50] not in text] == []


def test_the_old_page_is_sent_in_iso_8859_2_and_what_that_lacks_as_a_reference() -> None:
    outlet = next(outlet for outlet in OUTLETS if outlet.encoding == "iso-8859-2")
    site = build_site(outlet, "http://127.0.0.2:8000", STARTED)
    body = site[outlet.articles[0].path].body
    assert "będą".encode("iso-8859-2") in body
    assert b"&#8222;" in body


@by_slug
def test_the_second_state_changes_what_the_sample_says_and_nothing_else(outlet: DemoOutlet) -> None:
    first = build_site(outlet, "http://127.0.0.2:8000", STARTED)
    second = build_site(outlet, "http://127.0.0.2:8000", STARTED, STARTED.replace(minute=5))
    changed = {path for path in second if path not in first or first[path].body != second[path].body}
    expected = {article.path for article in outlet.articles if article.later or article.appears_later}
    if any(article.appears_later or (article.later and article.later.announced) for article in outlet.articles):
        expected |= {"/"} | {feed.path for feed in outlet.feeds}
    assert changed == expected


def test_a_silent_correction_leaves_the_feed_as_it_was() -> None:
    outlet = next(
        outlet for outlet in OUTLETS if any(article.later and not article.later.announced for article in outlet.articles)
    )
    first = build_site(outlet, "http://127.0.0.2:8000", STARTED)
    second = build_site(outlet, "http://127.0.0.2:8000", STARTED, STARTED.replace(minute=5))
    assert all(first[feed.path].body == second[feed.path].body for feed in outlet.feeds)


def test_the_outlet_files_are_complete_toml_with_the_servers_addresses(tmp_path: Path) -> None:
    origins = {outlet.slug: f"http://127.0.0.{number + 2}:8000" for number, outlet in enumerate(OUTLETS)}
    files = write_outlets(tmp_path, origins)
    assert {file.stem for file in files} == {outlet.slug for outlet in OUTLETS}
    for file in files:
        entry = tomllib.loads(file.read_text(encoding="utf-8"))
        assert entry["homepage"] == origins[file.stem] + "/"
        assert entry["politeness"]["allow_private"] is True
        assert entry["sources"]
        assert "{" not in file.read_text(encoding="utf-8")
