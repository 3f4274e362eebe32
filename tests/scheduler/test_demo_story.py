"""The demo's folder, its result as JSON and as print. The whole of it runs in tests/journeys/test_demo.py."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from crawler.errors import ConfigError
from crawler.model.article import Article, Revision
from crawler.model.run import Outcome, OutletReport, RunReport, SourceReport, SourceStatus
from crawler.model.story import MemberRole, Story, StoryMember
from crawler.store.story_view import MemberView, StoryView
from crawler.text_diff import diff_texts
from scheduler.demo.changes import print_spread
from scheduler.demo.printing import open_console, print_demo
from scheduler.demo.result import DemoCopy, DemoHit, DemoResult, DemoRevision, DemoSearch, Marked, as_json, changed_words
from scheduler.demo.story import MARKER, make_folder

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def revision(title: str, text: str, number: int = 1) -> Revision:
    return Revision(article_id="a", number=number, title=title, text=text, lead=None, content_sha256="", seen_at=NOON)


@pytest.fixture
def result(make_article: Callable[..., Article]) -> DemoResult:
    first = make_article("https://one.example/1", title="\x1b[2J[red]Most\u202e")
    second = make_article("https://two.example/2", outlet="two", byline="aml/PAP")
    members = tuple(
        StoryMember(
            article_id=article.id,
            outlet=article.outlet,
            role=role,
            similarity=1.0,
            containment=1.0,
            leader_containment=1.0,
            published_at=NOON,
            first_seen_at=NOON,
            delay_s=delay,
        )
        for article, role, delay in ((first, MemberRole.ORIGINAL, None), (second, MemberRole.VERBATIM, 840.0))
    )
    story = Story(id="s1", origin_article_id=first.id, origin_reason="the earliest", agency="pap", members=members)
    source = SourceReport(url="http://127.0.0.2/rss", status=SourceStatus.UNREADABLE, error="an HTML page \x1b]0;x\x07")
    outlet = OutletReport(outlet="kresy", entries=1, pages_fetched=1, outcomes={Outcome.NEW: 1}, sources=(source,))
    run = RunReport(run_id="r", started_at=NOON, finished_at=NOON + timedelta(seconds=3), finished=True, outlets=(outlet,))
    hit = DemoHit(
        article_id=first.id,
        outlet="kresy",
        title=Marked(first.title),
        snippets=(Marked("w Warszawie dziś", ((2, 11),)),),
        copies=1,
    )
    return DemoResult(
        data_dir=Path("/tmp/the demo"),
        runs=(run, run),
        stories=(story,),
        articles={first.id: first, second.id: second},
        outlet_names={"kresy": "Kresy", "two": "Dwa"},
        agency_names={"pap": "Polska Agencja Prasowa"},
        searches=(DemoSearch(query="Warszawa", total=2, forms=("warszawa", "warszawie"), hits=(hit,)),),
        revisions=(DemoRevision(article=first, before="było 120", after="było 210", announced=False),),
        second_crawl_pages=7,
        unchanged_feeds=9,
        left_alone=1,
        next_commands=("depesza search 'prezydent Warszawy' --data-dir '/tmp/the demo'",),
    )


def printed(result: DemoResult) -> str:
    stream = io.StringIO()
    print_demo(result, open_console(stream))
    return stream.getvalue()


def test_the_print_tells_crawls_stories_searches_corrections_and_what_to_type_next(result: DemoResult) -> None:
    text = printed(result)
    for expected in (
        "1 new",
        "Polska Agencja Prasowa",
        "+14 min",
        "verbatim",
        "aml/PAP",
        "w [Warszawie] dziś",
        "a revisit found it",
        "depesza search 'prezydent Warszawy' --data-dir '/tmp/the demo'",
    ):
        assert expected in text, expected


def test_the_print_shows_a_spread_a_copy_beside_its_original_and_versions(
    result: DemoResult, make_article: Callable[..., Article]
) -> None:
    story = result.stories[0]
    views = tuple(
        MemberView(
            member=replace(one, published_at=NOON + timedelta(seconds=one.delay_s or 0)), outlet_name=f"\x1b[2J{one.outlet} [red]", title="t", url="u",
            date_is_told=True, headline_changed=False, kept=0, cut=0, added=0, numbers=(),
        )
        for one in story.members
    )  # fmt: skip
    before = make_article("https://one.example/1", text="Budżet wynosi 680 mln euro.", title="Pierwszy")
    after = make_article("https://two.example/2", text="Budżet wynosi 860 mln euro.", title="Drugi \x1b[2J")
    copy = DemoCopy(original=before, copy=after, role="edited", diff=diff_texts(before.text, after.text))
    versions = (revision("Tytuł", "było 120 osób"), revision("Tytuł", "było 210 osób", 2))
    corrected = replace(result.revisions[0], versions=versions)
    view = StoryView(story=story, title="Most \x1b[2J", agency_name=None, members=views)
    text = printed(replace(result, spread=view, copy=copy, revisions=(corrected,)))
    for expected in (
        "Who carried it when",
        "───●",
        "[-680-] {+860+}",
        "680 → 860",
        "− Pierwszy",
        "[-120-] {+210+}",
        "version 2",
        "[red]",
    ):
        assert expected in text, expected
    assert "\x1b" not in text
    narrow = io.StringIO()
    print_spread(Console(file=narrow, width=56), view)
    assert "●" not in narrow.getvalue() and "+14 min" in narrow.getvalue()


def test_a07_escapes_and_markup_from_an_outlet_reach_no_terminal(result: DemoResult) -> None:
    stream = io.StringIO()
    print_demo(result, Console(file=stream, force_terminal=True, color_system="standard", highlight=False, width=100))
    for text in (printed(result), stream.getvalue()):
        assert "[red]Most" in text
        assert "\x1b[2J" not in text
        assert "\x1b]0" not in text
        assert "\u202e" not in text


def test_with_colours_the_marks_are_colours_and_no_brackets(result: DemoResult) -> None:
    stream = io.StringIO()
    print_demo(result, Console(file=stream, force_terminal=True, color_system="standard", highlight=False, width=100))
    assert "[Warszawie]" not in stream.getvalue()
    assert "\x1b[1;33mWarszawie\x1b[0m" in stream.getvalue()


def test_the_json_has_the_promised_shape(result: DemoResult) -> None:
    told = as_json(result)
    assert {"runs", "stories", "searches"} <= set(told)
    story = told["stories"][0]
    assert {"id", "agency", "origin", "members"} <= set(story)
    assert [{key: member[key] for key in ("outlet", "role", "delay_s")} for member in story["members"]] == [
        {"outlet": "kresy", "role": "original", "delay_s": None},
        {"outlet": "two", "role": "verbatim", "delay_s": 840.0},
    ]
    assert told["searches"][0]["query"] == "Warszawa"
    assert told["searches"][0]["hits"] == [story["origin"]]


def test_a_changed_word_is_shown_with_its_neighbours() -> None:
    before = revision("T", "a b c d e f g h")
    after = revision("T", "a b c d X f g h", 2)
    assert changed_words(before, after) == ("b c d e f g h", "b c d X f g h")


def test_a_changed_title_is_shown_instead_of_the_text() -> None:
    assert changed_words(revision("Old", "text"), revision("New", "text", 2)) == ("Old", "New")
    assert changed_words(revision("Old", "text"), revision("Old", "text", 2)) == ("", "")


def test_a_folder_with_anything_else_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "depesza.sqlite").write_bytes(b"my articles")
    with pytest.raises(ConfigError, match="not empty"):
        make_folder(tmp_path)
    assert (tmp_path / "depesza.sqlite").read_bytes() == b"my articles"


def test_an_earlier_demo_s_folder_is_used_again_and_only_the_demo_s_files_go(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "demo")
    (folder / "depesza.sqlite").write_bytes(b"old")
    (folder / "index").mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    assert make_folder(folder) == folder
    assert sorted(path.name for path in folder.iterdir()) == sorted([MARKER, "notes.txt"])


def test_without_a_folder_a_new_temporary_one_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = make_folder(None)
    assert folder.parent == tmp_path
    assert (folder / MARKER).exists()
