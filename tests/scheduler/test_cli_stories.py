"""What a person types about stories, versions and outlets' profiles, in a store with one dispatch, two copies and a correction."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from crawler.cli.stories import SortName
from crawler.config import find_locations, store_url
from crawler.model.article import AddressKind, Article, ArticleAddress, content_digest
from crawler.store.database import open_database
from crawler.store.story_lists import StorySort
from crawler.stories.joining import join_story
from scheduler.command import app
from tests.crawler.stories.conftest import make_article, make_credit, make_sentences, store_article

TEXT = [*make_sentences(1, 10), "Ewakuowano 120 osób z hali."]

A, B, C, D = (f"https://{where}" for where in ("pap-site.example/a", "kurier.example/b", "kresy.example/c", "kresy.example/d"))


def met_at(url: str, sentences: list[str], outlet: str, minutes: float, **changes: Any) -> Article:
    address = ArticleAddress(url=url, kind=AddressKind.CANONICAL)
    return make_article(sentences, outlet, minutes, url=url, addresses=(address,), **changes)


def with_text(one: Article, title: str, text: str, **changes: Any) -> Article:
    return dataclasses.replace(one, title=title, text=text, content_sha256=content_digest(title, text), **changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A: the agency's text; B: a copy with another headline and number, corrected later; C: a short copy; D: another text."""
    data = tmp_path / "data"
    first = met_at(A, TEXT, "pap-site", 0, title="Pożar hali", attributions=(make_credit("pap"),))
    copy = met_at(B, [one.replace("120", "210") for one in TEXT], "kurier", 14, title="Pożar \x1b[31mhali [red]")
    short = met_at(C, TEXT[:7], "kresy", 90, title="Pożar hali")
    other = met_at(D, make_sentences(9, 10), "kresy", 200, title="Inne")
    corrected = with_text(copy, "Pożar hali opanowany", copy.text.replace("210 osób", "212 osób"))
    database = open_database(store_url(find_locations(data, None, {})))
    with database.write() as connection:
        for one in (first, copy, short, other, corrected):
            join_story(connection, store_article(connection, one))
    database.close()
    return data


@pytest.fixture
def run(folder: Path) -> Any:
    def call(*words: str, **env: str) -> Result:
        return CliRunner().invoke(app, [*words, "--data-dir", str(folder)], env=env)

    return call


def test_the_orders_of_a_list_are_named_on_the_command_line_as_in_the_store() -> None:
    assert [one.value for one in SortName] == [one.value for one in StorySort]


def test_stories_list_shows_filters_and_says_when_none_fits(run: Any) -> None:
    rows = json.loads(run("stories", "list", "--json").stdout)
    assert [(one["title"], one["members"], one["outlets"], one["agency"]) for one in rows] == [("Pożar hali", 3, 3, "pap")]
    table = run("stories", "list")
    assert table.exit_code == 0 and rows[0]["id"][:8] in table.stdout and "Pożar hali" in table.stdout
    assert (
        len(json.loads(run("stories", "list", "--min-members", "1", "--outlet", "kresy", "--sort", "largest", "--json").stdout))
        == 2
    )
    for nothing in (("--agency", "reuters"), ("--outlet", "nobody"), ("--since", "2026-03-03"), ("--until", "2026-03-01")):
        assert run("stories", "list", *nothing).exit_code == 1
    assert run("stories", "list", "--since", "2026-03-02", "--until", "2026-03-02").exit_code == 0
    refused = run("stories", "list", "--since", "yesterday")
    assert refused.exit_code == 2 and "7d" in refused.stderr


@pytest.mark.parametrize("command", [("copies",), ("stories", "show")])
def test_a_story_is_shown_with_delay_role_similarity_headline_and_numbers(run: Any, command: tuple[str, ...]) -> None:
    told = run(*command, B)
    assert told.exit_code == 0
    for expected in ("+14 min", "+1 h 30 min", "abridged", "headline  Pożar hali opanowany", "120 → 212", "none added"):
        assert expected in told.stdout, expected
    story = json.loads(run(*command, B, "--json").stdout)
    first, second, third = story["members"]
    assert (first["role"], first["headline_changed"], first["numbers"]) == ("original", False, [])
    assert (second["headline_changed"], second["delay_s"], second["added_words"]) == (True, 840, 1)
    assert [(one["before"], one["after"]) for one in second["numbers"]] == [("120", "212")]
    assert third["role"] == "abridged" and third["cut_words"] > 10
    assert run(*command, story["id"][:8]).stdout == told.stdout
    assert all(len(row) <= 48 for row in run(*command, B, COLUMNS="48").stdout.splitlines())


def test_an_article_without_copies_and_one_that_is_not_there(run: Any) -> None:
    assert run("copies", D).exit_code == 1
    assert run("stories", "show", D).exit_code == 0
    assert run("copies", "feed").exit_code == 1
    assert "No story and no article" in run("stories", "show", "feed").stderr


def test_the_spread_is_a_table_json_and_a_picture(run: Any, tmp_path: Path) -> None:
    table = run("stories", "spread", B).stdout.splitlines()
    assert [row.split()[-1].count("─") > 0 for row in table[2:]] == [False, True, True]
    assert "●" not in run("stories", "spread", B, COLUMNS="50").stdout
    rows = json.loads(run("stories", "spread", B, "--json").stdout)["spread"]
    assert [(one["after_s"], one["outlet"], one["role"]) for one in rows] == [
        (0, "pap-site", "original"), (840, "kurier", "verbatim"), (5400, "kresy", "abridged"),
    ]  # fmt: skip
    picture = tmp_path / "spread.svg"
    assert run("stories", "spread", B, "--svg", str(picture)).exit_code == 0
    assert ElementTree.fromstring(picture.read_text("utf-8")).get("role") == "img"
    assert run("stories", "spread", B, "--svg", "-").stdout == picture.read_text("utf-8")
    assert run("stories", "spread", B, "--svg", str(tmp_path / "no" / "folder.svg")).exit_code == 2


def test_revisions_are_listed_and_compared(run: Any) -> None:
    said = run("revisions", B, "--diff")
    assert said.exit_code == 0
    for expected in ("@1", "@2", "Headline − Pożar", "+ Pożar hali opanowany", "[-210-] {+212+}", "210 → 212"):
        assert expected in said.stdout.replace("\n", " "), expected
    told = json.loads(run("revisions", B, "--json").stdout)
    assert [one["number"] for one in told["revisions"]] == [1, 2]
    assert "pieces" not in told["revisions"][1]["change"]
    pieces = json.loads(run("revisions", B, "--json", "--diff").stdout)["revisions"][1]["change"]["pieces"]
    assert {one["kind"] for one in pieces} == {"kept", "cut", "added"}
    assert run("revisions", A).exit_code == 1


def test_diff_takes_versions_copies_or_a_copy_alone(run: Any) -> None:
    versions = json.loads(run("diff", f"{B}@1", f"{B}@2", "--json").stdout)
    assert (versions["before"]["revision"], versions["after"]["revision"], versions["headline_changed"]) == (1, 2, True)
    alone = json.loads(run("diff", C, "--json").stdout)
    assert (alone["before"]["outlet"], alone["after"]["outlet"], alone["added_words"]) == ("pap-site", "kresy", 0)
    assert json.loads(run("diff", A, C, "--json").stdout)["pieces"] == alone["pieces"]
    shown = run("diff", C)
    assert shown.exit_code == 0 and "[-" in shown.stdout and "\x1b" not in shown.stdout
    assert make_sentences(1, 3)[1] in run("diff", C, "--whole").stdout.replace("\n", " ")


def test_diff_says_what_it_cannot_compare(run: Any) -> None:
    original = run("diff", A)
    assert original.exit_code == 1 and "is the original of its story" in original.stderr
    same = run("diff", A, A)
    assert same.exit_code == 1 and "none added" in same.stdout
    missing = run("diff", f"{B}@7", B)
    assert missing.exit_code == 2 and "no version 7" in missing.stderr
    assert run("diff", "feed", B).exit_code == 1


def test_a07_a_diff_on_a_terminal_is_coloured_and_an_outlet_s_own_escapes_are_off(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crawler.cli import diff_printing

    monkeypatch.setattr(diff_printing, "takes_colour", lambda: True)
    said = run("diff", f"{B}@1", f"{B}@2").stdout
    assert "\x1b[31;9m210\x1b[0m" in said and "\x1b[32;4m212\x1b[0m" in said
    assert "\x1b[31mhali" not in said and "[red]" in said


def test_outlets_profile_for_people_and_programs(run: Any) -> None:
    table = run("outlets", "profile").stdout
    assert table.splitlines()[0].split()[:3] == ["outlet", "articles", "agency"]
    one = run("outlets", "profile", "kurier")
    assert one.exit_code == 0 and "agency copy  100%  pap 1" in one.stdout and "+14 min" in one.stdout
    told = json.loads(run("outlets", "profile", "kresy", "--json").stdout)["outlets"]
    assert [(row["agency_share"], row["own_share"], row["median_delay_s"], row["agencies"]) for row in told] == [
        (0.5, 0.5, 5400, {"pap": 1})
    ]
    assert run("outlets", "profile", "--since", "2027-01-01").exit_code == 1
    assert [row for row in run("outlets", "profile", COLUMNS="60").stdout.splitlines() if len(row) > 60] == []


def test_moments_are_days_times_and_durations() -> None:
    from crawler.cli.shared import read_moment

    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert read_moment("7d", now) == read_moment("P7D", now) == now - timedelta(days=7)
    assert read_moment("2026-11-20T10:00Z", now) == datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    day, next_day = read_moment("2026-11-20", now), read_moment("2026-11-20", now, end=True)
    assert day is not None and next_day is not None and next_day - day == timedelta(days=1)
