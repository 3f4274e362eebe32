"""`depesza.toml`: unknown keys are errors with a suggestion, the environment wins, secrets may come from files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import CrawlerSettings, crawler_settings, find_locations, store_settings, store_url
from crawler.errors import ConfigError
from crawler.settings import parse_duration, read_table


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "depesza.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_misspelt_key_is_named_with_its_file_table_and_the_likely_one(tmp_path: Path) -> None:
    file = written(tmp_path, '[crawler]\ncontakt = "me@example.org"\n')
    with pytest.raises(ConfigError, match=r'depesza.toml: \[crawler\] has no key \'contakt\' \(did you mean "contact"\?\)'):
        crawler_settings(find_locations(tmp_path, file, {}))


def test_a_misspelt_table_is_named_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'unknown table \[crawlr\] \(did you mean "crawler"\?\)'):
        find_locations(tmp_path, written(tmp_path, "[crawlr]\n"), {})


@pytest.mark.parametrize(
    "line", ["workers = true", 'workers = "two"', "contact = 3", 'outlets = "kresy"', "page_time_limit_s = []"]
)
def test_a_value_of_the_wrong_kind_says_what_is_wanted(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match="is wanted, not"):
        crawler_settings(find_locations(tmp_path, written(tmp_path, f"[crawler]\n{line}\n"), {}))


def test_broken_toml_is_said_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid TOML"):
        find_locations(tmp_path, written(tmp_path, "[crawler\n"), {})


def test_the_environment_wins_over_the_file_and_secrets_come_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:p@h/d\n")
    environ = {"DEPESZA_CRAWLER_WORKERS": "4", "DEPESZA_STORE_URL_FILE": str(secret), "DEPESZA_CRAWLER_OUTLETS": "kresy, pap"}
    values = read_table(CrawlerSettings, "crawler", {"crawler": {"workers": 1}}, tmp_path / "x", environ)
    assert (values.workers, values.outlets) == (4, ("kresy", "pap"))


def test_without_any_file_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("DEPESZA_DATA_DIR", "DEPESZA_CONFIG", "DEPESZA_STORE_URL"):
        monkeypatch.delenv(name, raising=False)
    locations = find_locations(tmp_path / "data", None, {})
    assert store_url(locations) == f"sqlite:///{tmp_path / 'data' / 'depesza.sqlite'}"
    assert store_settings(locations).keep_pages == "30d"


def test_a_data_folder_that_no_address_can_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy reads what follows a question mark as options, and would open another file."""
    monkeypatch.delenv("DEPESZA_STORE_URL", raising=False)
    with pytest.raises(ConfigError, match="question mark"):
        store_url(find_locations(tmp_path / "what?", None, {}))


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("2h", 7200), ("30d", 2_592_000), ("1.5h", 5400)])
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@given(st.text(max_size=8))
def test_no_text_makes_the_duration_reader_fail_otherwise_than_by_value_error(text: str) -> None:
    try:
        assert parse_duration(text) > 0
    except ValueError as error:
        assert "15m" in str(error)
