"""`depesza crawl` from the outside: exit codes, JSON, who may be asked, what happens when somebody else crawls."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from crawler.config import store_url
from crawler.store import leases, outbox
from crawler.store.database import open_database
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(120)


def test_a_crawl_files_pushes_and_gives_exit_code_0_and_only_json_on_standard_output(small_outlet: SmallOutlet) -> None:
    result = small_outlet.run("crawl", "jodlowo", "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["run"]["finished"]
    assert said["run"]["outlets"][0]["outcomes"] == {"new": 3}
    assert said["push"]["written"] == 3
    assert "jodlowo: 3 entries, 3 pages: 3 new" in result.stderr
    found = small_outlet.run("search", "przetarg", "--json")
    assert found.exit_code == 0
    status = json.loads(small_outlet.run("status", "--json").stdout)
    assert (status["articles"], status["outbox"], status["outlets"][0]["verdict"]) == (3, 0, "new")


def test_no_push_leaves_the_articles_in_the_outbox(small_outlet: SmallOutlet) -> None:
    assert small_outlet.run("crawl", "--no-push").exit_code == 0
    with open_database(store_url(small_outlet.locations)).read() as connection:
        assert outbox.count_outbox(connection) == 3
    assert small_outlet.run("index", "push").exit_code == 0


def test_url_fetches_one_article_of_the_outlet_it_belongs_to(small_outlet: SmallOutlet) -> None:
    result = small_outlet.run("crawl", "--url", small_outlet.server.url_for("/art/2"))
    assert result.exit_code == 0, result.stderr
    assert [path for path in small_outlet.asked if path != "/robots.txt"] == ["/art/2"]
    assert "1 new" in result.stdout


def test_f12_a_crawl_of_an_outlet_that_somebody_else_crawls_ends_with_exit_code_0_and_says_so(small_outlet: SmallOutlet) -> None:
    with open_database(store_url(small_outlet.locations)).write() as connection:
        leases.claim(connection, ["outlet:jodlowo"], "another-host:17:abcd", datetime.now(UTC))
    result = small_outlet.run("crawl", "jodlowo")
    assert result.exit_code == 0, result.stderr
    assert "already running" in result.stdout + result.stderr
    assert small_outlet.asked == []


def test_an_outlet_that_is_down_gives_exit_code_1_and_the_reason(small_outlet: SmallOutlet) -> None:
    path = small_outlet.locations.outlets_dir / "jodlowo.toml"
    path.write_text(path.read_text("utf-8").replace("/rss", "/nothing-here"), "utf-8")
    result = small_outlet.run("crawl", "jodlowo")
    assert result.exit_code == 1
    assert "jodlowo" in result.stdout
    health = json.loads(small_outlet.run("status", "--json").stdout)["outlets"][0]
    assert health["failures_in_a_row"] == 1
    assert health["verdict"] != "ok"


def test_crawling_refuses_without_a_contact_address_and_says_how_to_set_one(small_outlet: SmallOutlet) -> None:
    path = small_outlet.locations.outlets_dir / "jodlowo.toml"
    path.write_text(path.read_text("utf-8").replace("allow_private = true", "allow_private = false"), "utf-8")
    result = small_outlet.run("crawl", "jodlowo")
    assert result.exit_code == 2
    assert "depesza init --contact" in result.stderr
    assert small_outlet.asked == []


@pytest.mark.parametrize("contact", ["nobody", "a@b\\r\\nX-Evil: 1"])
def test_a_contact_that_is_no_address_is_refused(small_outlet: SmallOutlet, contact: str) -> None:
    (small_outlet.locations.data_dir / "depesza.toml").write_text(f'[crawler]\ncontact = "{contact}"\n', "utf-8")
    result = small_outlet.run("crawl", "jodlowo")
    assert result.exit_code == 2
    assert "[crawler] contact" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["jodlowoo"], 'did you mean "jodlowo"'),
        (["--url", "https://elsewhere.example/1"], "depesza outlets add"),
        (["--url", "javascript:alert(1)"], "no web address"),
        (["jodlowo", "kresy", "--url", "https://kresy.pl/1"], "at most one slug"),
        (["--push-not"], "No such option"),
    ],
)
def test_wrong_usage_gives_exit_code_2_and_words(small_outlet: SmallOutlet, arguments: list[str], said: str) -> None:
    result = small_outlet.run("crawl", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_disabled_outlet_is_refused_with_the_reason_of_its_file(small_outlet: SmallOutlet) -> None:
    small_outlet.write(slug="asks-money", disabled_because="asks for a licence")
    result = small_outlet.run("crawl", "asks-money")
    assert result.exit_code == 2
    assert "asks for a licence" in result.stderr


def test_f32_a_clock_that_says_1970_is_refused_before_anything_is_fetched(small_outlet: SmallOutlet) -> None:
    with time_machine.travel(datetime(1970, 1, 1, tzinfo=UTC)):
        result = small_outlet.run("crawl", "jodlowo")
    assert result.exit_code == 2
    assert "clock" in result.stderr
    assert small_outlet.asked == []


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_f32_a_data_folder_that_cannot_be_made_is_refused_with_the_reason(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    blocker = tmp_path / "a-file"
    blocker.write_text("")
    config = small_outlet.locations.config_path
    command = [sys.executable, "-m", "scheduler.command", "--config", str(config), "--data-dir", str(blocker / "data"), "status"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "choose another with --data-dir" in done.stderr
    assert "Traceback" not in done.stderr


def test_f01_an_index_that_cannot_be_used_is_a_warning_and_the_articles_wait(small_outlet: SmallOutlet) -> None:
    small_outlet.locations.index_dir.write_text("not a folder")
    result = small_outlet.run("crawl", "jodlowo")
    assert result.exit_code == 0
    assert "wait in the outbox" in result.stderr
    with open_database(store_url(small_outlet.locations)).read() as connection:
        assert outbox.count_outbox(connection) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_f28_a_stopped_crawl_keeps_and_pushes_what_it_fetched(small_outlet: SmallOutlet, number: signal.Signals) -> None:
    small_outlet.slow_s = 1
    command = [sys.executable, "-m", "scheduler.command", "crawl", "--json", "--data-dir", str(small_outlet.locations.data_dir)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while "/art/1" not in small_outlet.asked and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    said, told = process.communicate(timeout=60)
    assert process.returncode == 1, told
    report = json.loads(said)
    assert not report["run"]["finished"]
    assert report["push"]["written"] >= 1
    assert "Traceback" not in told


def test_an_address_beyond_the_domains_of_the_outlet_that_was_named_is_refused_before_anything_is_filed(
    small_outlet: SmallOutlet,
) -> None:
    result = small_outlet.run("crawl", "jodlowo", "--url", "https://elsewhere.example/1")
    assert result.exit_code == 2
    assert "no address of jodlowo" in result.stderr
    assert small_outlet.run("dead-letters", "list").exit_code == 1
