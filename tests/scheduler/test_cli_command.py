"""The command as a whole: what it loads, how it tells errors, where its options may stand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import BackendUnavailable, ConfigError, DepeszaError, FetchNever, IndexLater, QueryError
from scheduler.command import exit_code, guard_words, hoist
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(60)
ROOT = Path(__file__).parents[2]
# pydantic is not in the list: typer 0.29 itself converts options with it. Nothing of ours may (a test below).
HEAVY = ("sqlalchemy", "scrapy", "twisted", "apscheduler", "lxml", "trafilatura", "numpy", "rich", "alembic")


def loaded_by(*arguments: str) -> set[str]:
    """Libraries of weight in the process after `depesza ...`."""
    code = (
        "import sys\nfrom scheduler.command import app\ntry: app(sys.argv[1:])\nexcept SystemExit: pass\n"
        "sys.stderr.write('LOADED ' + ' '.join(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    modules = set(done.stderr.rpartition("LOADED ")[2].split())
    return {name for name in HEAVY if name in modules}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["search", "--help"], ["crawl", "--help"], ["outlets", "list", "--help"], ["--version"]]
)
def test_help_loads_no_library_of_weight(arguments: list[str]) -> None:
    assert loaded_by(*arguments) == set()


def test_a_cold_search_loads_neither_database_nor_crawler(small_outlet: SmallOutlet) -> None:
    assert small_outlet.run("crawl").exit_code == 0
    loaded = loaded_by("search", "most", "--data-dir", str(small_outlet.locations.data_dir))
    assert loaded & {"sqlalchemy", "scrapy", "twisted", "apscheduler", "lxml", "trafilatura", "rich"} == set()


def test_the_modules_of_a_cold_search_do_not_ask_for_pydantic_themselves() -> None:
    code = "import sys, crawler.config, crawler.terminal, indexer.config, indexer.search, indexer.engines.choose; print('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2), (QueryError("x"), 2), (BackendUnavailable("x"), 3), (IndexLater("x"), 3),
        (FetchNever("x"), 1), (DepeszaError("x"), 1),
    ],
)  # fmt: skip
def test_each_error_of_the_house_has_its_exit_code(error: DepeszaError, code: int) -> None:
    assert exit_code(error) == code


def test_global_options_may_stand_before_and_after_the_command() -> None:
    assert hoist(["search", "a", "--data-dir", "/d", "--verbose", "b"]) == ["--data-dir", "/d", "--verbose", "search", "a", "b"]
    assert hoist(["--config=c.toml", "status"]) == ["--config=c.toml", "status"]
    assert hoist(["search", "--", "--data-dir", "x"]) == ["search", "--", "--data-dir", "x"]


@given(st.lists(st.sampled_from(["a", "--data-dir", "--config", "--verbose", "--", "--json", "--data-dir=x", ""]), max_size=8))
def test_hoisting_loses_and_invents_no_argument(arguments: list[str]) -> None:
    assert sorted(hoist(arguments)) == sorted(arguments)
    assert hoist(hoist(arguments)) == hoist(arguments)


def test_a_wrong_file_gives_one_line_that_names_file_key_and_meaning(small_outlet: SmallOutlet) -> None:
    small_outlet.locations.config_path.write_text("[crawler]\ncontakt = 'me@example.org'\n")
    result = small_outlet.run("crawl")
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "depesza.toml: [crawler] has no key 'contakt' (did you mean \"contact\"?)" in result.stderr


def test_a_traceback_is_shown_with_verbose_only(small_outlet: SmallOutlet) -> None:
    assert "Traceback" not in small_outlet.run("crawl", "nobody").stderr
    assert "Traceback" in small_outlet.run("crawl", "nobody", "--verbose").stderr


def test_a_database_that_is_no_database_gives_exit_code_3(small_outlet: SmallOutlet) -> None:
    (small_outlet.locations.data_dir / "depesza.sqlite").write_bytes(b"not a database at all" * 100)
    result = small_outlet.run("status")
    assert result.exit_code == 3
    assert "Traceback" not in result.stderr


def test_a_mistyped_command_is_answered_with_the_likely_one(small_outlet: SmallOutlet) -> None:
    result = small_outlet.run("serch", "x")
    assert result.exit_code == 2
    assert "'search'" in result.stderr


def test_a07_escapes_and_markup_of_strangers_reach_no_terminal(small_outlet: SmallOutlet) -> None:
    path = small_outlet.locations.outlets_dir / "jodlowo.toml"
    path.write_text(path.read_text("utf-8").replace("Głos Jodłowa", "Zły [red]outlet\\u001b[31m\\u0007\\u202e"), "utf-8")
    result = small_outlet.run("outlets", "list", "--country", "pl")
    assert "Zły [red]outlet[31m" in result.stdout
    assert not set("\x1b\x07\u202e") & set(result.stdout)
    for line in small_outlet.run("crawl", "\x1b[2Jno-such\x07").stderr.splitlines():
        assert "\x1b" not in line
        assert "\x07" not in line


def run_in(small_outlet: SmallOutlet, arguments: list[str], **changes: Any) -> subprocess.CompletedProcess[bytes]:
    """`depesza ...` as a process of its own whose standard output is of another encoding than UTF-8."""
    code = "from scheduler.command import main; main()"
    command = [sys.executable, "-c", code, *arguments, "--data-dir", str(small_outlet.locations.data_dir)]
    return subprocess.run(command, capture_output=True, cwd=ROOT, env=os.environ | {"PYTHONIOENCODING": "ascii"}, **changes)


def test_json_loses_no_letter_where_the_terminal_does_not_speak_utf8(small_outlet: SmallOutlet) -> None:
    done = run_in(small_outlet, ["outlets", "show", "jodlowo", "--json"])
    assert json.loads(done.stdout)["name"] == "Głos Jodłowa"


def test_a_list_of_feeds_and_a_batch_are_utf8_whatever_the_terminal_speaks(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    assert "Głos Jodłowa" in run_in(small_outlet, ["outlets", "export", "jodlowo"]).stdout.decode("utf-8")
    line = {"id": "1", "outlet": "a", "published_at": "2026-11-24T12:00:00Z", "language": "pl", "text": "Źródło: PAP. " * 9}
    (tmp_path / "articles.jsonl").write_text(json.dumps(line | {"id": "Łąka"}), "utf-8")
    done = run_in(small_outlet, ["batch", "stories", str(tmp_path / "articles.jsonl")])
    assert json.loads(done.stdout)["id"] == "Łąka"


def test_a_closed_standard_output_is_no_surprise(small_outlet: SmallOutlet) -> None:
    done = run_in(small_outlet, ["config", "show"], preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (["search", "most", "-remont"], ["search", "most", " -remont"]),
        (["search", "-h"], ["search", "-h"]),
        (["search", "--after", "-x1", "--json"], ["search", "--after", "-x1", "--json"]),
        (["search", "--", "-remont"], ["search", "--", "-remont"]),
        (["crawl", "-remont"], ["crawl", "-remont"]),
    ],
)
def test_a_word_with_a_minus_is_a_part_of_the_query_not_an_option(typed: list[str], kept: list[str]) -> None:
    assert guard_words(typed) == kept


def test_a_search_without_a_word_works_as_the_help_says(small_outlet: SmallOutlet) -> None:
    assert small_outlet.run("crawl").exit_code == 0
    assert small_outlet.run("search", "most", "--json").exit_code == 0
    assert small_outlet.run("search", "most", "-most", "--json").exit_code == 1


def test_a_configuration_file_that_is_not_there_is_told_not_passed_over(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    missing = tmp_path / "typo.toml"
    result = small_outlet.run("status", "--config", str(missing))
    assert result.exit_code == 2
    assert "typo.toml" in result.stderr
    assert small_outlet.run("init", "--config", str(missing)).exit_code == 0
    assert missing.exists()
