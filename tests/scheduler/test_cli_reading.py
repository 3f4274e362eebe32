"""`show`, `copies`, `dead-letters` and `renormalize` on a small crawled store."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from crawler.cli.letters import StageName
from crawler.config import store_url
from crawler.store import dead_letters, frontier, outbox, pages
from crawler.store.database import Database, open_database
from crawler.store.dead_letters import DeadLetter, Stage
from tests.scheduler.conftest import SmallOutlet, install

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def crawled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallOutlet]:
    """Crawled and pushed, for all tests of this module: each works on a copy."""
    with pytest.MonkeyPatch.context() as patch, HTTPServer(threaded=True) as server:
        for name in [name for name in os.environ if name.startswith("DEPESZA_") and not name.startswith("DEPESZA_TEST")]:
            patch.delenv(name)
        outlet = install(server, tmp_path_factory.mktemp("crawled") / "data")
        assert outlet.run("crawl").exit_code == 0
        yield outlet


@pytest.fixture
def crawled(crawled_once: SmallOutlet, tmp_path: Path) -> SmallOutlet:
    shutil.copytree(crawled_once.locations.data_dir, tmp_path / "data")
    return install(crawled_once.server, tmp_path / "data")


def store(outlet: SmallOutlet) -> Database:
    return open_database(store_url(outlet.locations))


def first_id(outlet: SmallOutlet) -> str:
    found: str = json.loads(outlet.run("search", "most", "--json").stdout)["hits"][0]["id"]
    return found


def letter(outlet: SmallOutlet, stage: Stage, key: str) -> None:
    now = datetime.now(UTC)
    one = DeadLetter(
        stage=stage, key=key, outlet="jodlowo", url=outlet.server.url_for("/art/9"), reason="\x1b[31mnie\x07 wiem",
        detail={"title": "Tytuł"}, created_at=now, last_at=now,
    )  # fmt: skip
    with store(outlet).write() as connection:
        dead_letters.add_dead_letter(connection, one)


def test_show_finds_an_article_by_the_first_letters_of_its_id_and_by_its_address(crawled: SmallOutlet) -> None:
    one = first_id(crawled)
    by_id = json.loads(crawled.run("show", one[:10], "--json").stdout)
    assert by_id["article"]["id"] == one
    assert "fingerprint" not in by_id["article"]
    assert len(by_id["revisions"]) == 1
    by_address = crawled.run("show", by_id["article"]["url"])
    assert by_address.exit_code == 0
    assert "Rada gminy Jodłowo" in by_address.stdout


def test_an_unknown_article_gives_exit_code_1_whatever_was_typed(small_outlet: SmallOutlet) -> None:
    for command in ("show", "copies"):
        for identifier in ("ffffffffffffffff", "https://nowhere.example/1", "%", "'; DROP TABLE article; --", "*", "ł"):
            result = small_outlet.run(command, identifier)
            assert result.exit_code == 1, identifier
            assert "Traceback" not in result.stderr


def test_copies_shows_the_story_of_near_identical_articles(crawled: SmallOutlet) -> None:
    result = crawled.run("copies", first_id(crawled), "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 0
    assert len(said["members"]) == 3
    assert said["members"][0]["outlet"] == "jodlowo"
    assert said["members"][0]["title"].startswith("Most nad Lipką")


def test_the_stages_of_the_command_line_are_those_of_the_store() -> None:
    assert [one.value for one in StageName] == [one.value for one in Stage]


def test_dead_letters_are_listed_shown_and_their_escapes_are_gone(crawled: SmallOutlet) -> None:
    letter(crawled, Stage.NORMALIZE, "k1")
    listed = crawled.run("dead-letters", "list", "--stage", "normalize")
    assert listed.exit_code == 0
    assert "\x1b" not in listed.stdout
    number = json.loads(crawled.run("dead-letters", "list", "--json").stdout)[0]["id"]
    shown = crawled.run("dead-letters", "show", str(number))
    assert "Tytuł" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert crawled.run("dead-letters", "show", "999").exit_code == 1
    assert crawled.run("dead-letters", "list", "--stage", "index").exit_code == 1


def test_retry_sends_each_stage_on_its_way(crawled: SmallOutlet) -> None:
    one = first_id(crawled)
    letter(crawled, Stage.FETCH, "k-fetch")
    letter(crawled, Stage.INDEX, one)
    result = crawled.run("dead-letters", "retry", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"to_fetch": 1, "to_push": 1, "read_again": 0, "outcomes": {}}
    with store(crawled).read() as connection:
        assert frontier.count_waiting(connection, "jodlowo") == 1
        assert outbox.count_outbox(connection) == 1
        assert dead_letters.count_dead_letters(connection).get("index") is None
    assert crawled.run("dead-letters", "retry", "77").exit_code == 2


def test_retry_of_a_kept_page_reads_it_again(crawled: SmallOutlet) -> None:
    one = first_id(crawled)
    with store(crawled).write() as connection:
        page = pages.read_page(connection, one)
        assert page is not None
        pages.keep_page(connection, "k-page", page)
    letter(crawled, Stage.NORMALIZE, "k-page")
    said = json.loads(crawled.run("dead-letters", "retry", "--stage", "normalize", "--json").stdout)
    assert said["read_again"] == 1
    assert crawled.run("dead-letters", "list").exit_code == 1


def test_retry_of_a_bad_page_of_a_known_article_asks_for_it_again(crawled: SmallOutlet) -> None:
    """The page that is kept is the last good one: reading that again would tell nothing."""
    letter(crawled, Stage.NORMALIZE, first_id(crawled))
    said = json.loads(crawled.run("dead-letters", "retry", "--stage", "normalize", "--json").stdout)
    assert (said["read_again"], said["to_fetch"]) == (0, 1)


def test_renormalize_reads_every_kept_page_and_changes_nothing_when_the_chain_is_the_same(crawled: SmallOutlet) -> None:
    said = json.loads(crawled.run("renormalize", "--json").stdout)
    assert said["pages"] == 3
    assert said["outcomes"] == {"unchanged": 3}
    assert crawled.run("renormalize", "--dead-letters").exit_code == 1


def test_batch_extract_and_stories_write_lines_of_json(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    from tests.scheduler.conftest import page_html

    for number in (1, 2):
        (tmp_path / f"{number}.html").write_text(page_html(number), "utf-8")
    records = tmp_path / "records.jsonl"
    records.write_text(
        "".join(json.dumps({"id": n, "url": f"https://a.example/{n}", "page": f"{n}.html"}) + "\n" for n in (1, 2, 3))
    )
    result = small_outlet.run("batch", "extract", str(records), "--workers", "1")
    assert result.exit_code == 0
    rows = [json.loads(row) for row in result.stdout.splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 3]
    assert "error" in rows[2]
    articles = tmp_path / "articles.jsonl"
    articles.write_text(
        "".join(json.dumps({**row, "outlet": f"o{row['id']}", "seen_at": "2026-11-24T10:00:00Z"}) + "\n" for row in rows[:2])
    )
    stories = small_outlet.run("batch", "stories", str(articles))
    assert stories.exit_code == 0
    assert {json.loads(row)["id"] for row in stories.stdout.splitlines()} == {1, 2}
    assert small_outlet.run("batch", "extract", str(tmp_path / "none.jsonl")).exit_code == 2


def test_renormalize_tells_a_mistyped_slug(small_outlet: SmallOutlet) -> None:
    result = small_outlet.run("renormalize", "--outlet", "jodlow")
    assert result.exit_code == 2
    assert 'did you mean "jodlowo"' in result.stderr


def test_a_text_mining_reservation_of_the_outlet_is_shown_and_kept_to(small_outlet: SmallOutlet) -> None:
    small_outlet.headers = {"TDM-Reservation": "1"}
    assert small_outlet.run("crawl").exit_code == 0
    article = first_id(small_outlet)
    assert "Text mining reserved, says the page's header" in small_outlet.run("show", article).stdout
    assert json.loads(small_outlet.run("show", article, "--json").stdout)["text_reservation"]["where"] == "header"
    assert "3 reserve text mining" in small_outlet.run("outlets", "profile", "jodlowo").stdout
    exported = small_outlet.run("export", "most")
    assert [json.loads(row)["text"] for row in exported.stdout.splitlines()] == [None] * 3
    assert "Of 3 the text was left out" in exported.stderr
