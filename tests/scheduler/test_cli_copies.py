"""`copies --text` and `copies --url` as a press officer types them: a file, standard input, a page that is fetched or known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from scheduler.command import app
from tests.scheduler.conftest import PARAGRAPHS, SmallOutlet


@pytest.fixture
def crawled(small_outlet: SmallOutlet) -> SmallOutlet:
    assert small_outlet.run("crawl", "--no-push").exit_code == 0
    return small_outlet


@pytest.fixture
def release(tmp_path: Path) -> Path:
    file = tmp_path / "release.txt"
    file.write_text(
        "\ufeff" + "\n\n".join([*PARAGRAPHS[:2], "Urząd zaprasza na spotkanie 14 grudnia o godzinie 17 w remizie."]), "utf-8"
    )
    return file


def test_a_text_in_a_file_is_found_with_what_was_kept_and_cut(crawled: SmallOutlet, release: Path) -> None:
    told = json.loads(crawled.run("copies", "--text", str(release), "--json").stdout)
    assert len(told["carriers"]) == 3
    one = told["carriers"][0]
    assert 0.6 < one["kept_share"] < 0.95 and one["outlet"] == "jodlowo" and one["story_id"]
    assert "zaprasza na spotkanie" in one["cut"][-1]["text"]
    assert "text" not in one and "diff" not in one
    said = crawled.run("copies", "--text", str(release), "--diff")
    assert said.exit_code == 0
    for expected in ("carried by 3 articles of 1 outlet", "cut ", "Urząd zaprasza", "[-"):
        assert expected in said.stdout.replace("\n", " "), expected
    assert all(len(row) <= 50 for row in CliRunner().invoke(
        app, ["copies", "--text", str(release), "--data-dir", str(crawled.locations.data_dir)], env={"COLUMNS": "50"}
    ).stdout.splitlines())  # fmt: skip


def test_a_text_from_standard_input_and_a_time_without_articles(crawled: SmallOutlet, release: Path) -> None:
    words = ["copies", "--text", "-", "--json", "--data-dir", str(crawled.locations.data_dir)]
    found = CliRunner().invoke(app, words, input=release.read_bytes())
    assert found.exit_code == 0 and len(json.loads(found.stdout)["carriers"]) == 3
    nothing = CliRunner().invoke(app, [*words, "--since", "2030-01-01"], input=release.read_bytes())
    assert nothing.exit_code == 1 and json.loads(nothing.stdout)["carriers"] == []


def test_a_known_address_is_not_fetched_and_not_its_own_carrier(crawled: SmallOutlet) -> None:
    before = list(crawled.asked)
    told = json.loads(crawled.run("copies", "--url", crawled.server.url_for("/art/1"), "--json").stdout)
    assert len(told["carriers"]) == 2 and told["article_id"]
    assert crawled.asked == before


def test_an_unknown_address_is_fetched_guardedly_and_nothing_is_filed(crawled: SmallOutlet) -> None:
    told = json.loads(crawled.run("copies", "--url", crawled.server.url_for("/art/9"), "--json").stdout)
    assert (len(told["carriers"]), told["article_id"]) == (3, None)
    assert crawled.asked[-1] == "/art/9" and "/robots.txt" in crawled.asked
    assert json.loads(crawled.run("status", "--json").stdout)["articles"] == 3


def test_a03_an_address_of_this_machine_is_refused_unless_it_is_said_to_be_private(
    crawled: SmallOutlet, monkeypatch: Any
) -> None:
    monkeypatch.setenv("DEPESZA_CRAWLER_CONTACT", "me@example.org")
    (crawled.locations.outlets_dir / "jodlowo.toml").unlink()
    (crawled.locations.data_dir / "depesza.toml").write_text("[crawler]\nworkers = 1\n", encoding="utf-8")
    url = crawled.server.url_for("/art/9")
    refused = crawled.run("copies", "--url", url)
    assert refused.exit_code == 1 and "private address" in refused.stderr and "--private" in refused.stderr
    assert "/art/9" not in crawled.asked
    assert crawled.run("copies", "--url", url, "--private").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name one thing"),
        (["3f2a", "--text", "x"], "name one thing"),
        (["3f2a", "--diff"], "go with --text or --url"),
        (["--text", "no-such-file.txt"], "cannot be read"),
        (["--url", "example.org/x"], "no web address"),
    ],
)
def test_wrong_usage_is_told_with_exit_code_2(small_outlet: SmallOutlet, words: list[str], said: str) -> None:
    result = small_outlet.run("copies", *words)
    assert result.exit_code == 2 and said in result.stderr


def test_a_document_that_is_no_text_and_one_too_short_are_refused(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    (tmp_path / "release.docx").write_bytes(b"PK\x03\x04\xff\xfe\x00")
    (tmp_path / "short.txt").write_text("Dzień dobry.", encoding="utf-8")
    assert "UTF-8" in small_outlet.run("copies", "--text", str(tmp_path / "release.docx")).stderr
    assert "too few" in small_outlet.run("copies", "--text", str(tmp_path / "short.txt")).stderr
