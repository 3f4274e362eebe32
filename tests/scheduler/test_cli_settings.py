"""`init`, `config show`, `config check`, `doctor`, `db upgrade`."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from crawler.config import Locations
from crawler.settings import read_file
from scheduler.command import app
from scheduler.settings_text import ROOM_SETTINGS, example_file, mask_address, read_room, with_contact
from tests.scheduler.conftest import SmallOutlet

ROOT = Path(__file__).parents[2]


def depesza(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(folder)])


def test_init_writes_folder_file_and_store_and_replaces_nothing_when_run_again(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    first = depesza(folder, "init")
    assert first.exit_code == 0
    assert "depesza init --contact" in first.stdout
    file = folder / "depesza.toml"
    file.write_text(file.read_text("utf-8").replace('# every = "15m"', 'every = "7m"  # mine'), "utf-8")
    again = depesza(folder, "init", "--contact", "me@example.org", "--json")
    assert json.loads(again.stdout)["config"] == "contact set"
    assert 'every = "7m"  # mine' in file.read_text("utf-8")
    assert tomllib.loads(file.read_text("utf-8"))["crawler"]["contact"] == "me@example.org"
    assert json.loads(depesza(folder, "init", "--json").stdout)["config"] == "kept"
    assert (folder / "depesza.sqlite").exists()


def test_init_refuses_a_contact_that_is_no_address(tmp_path: Path) -> None:
    result = depesza(tmp_path, "init", "--contact", "call me")
    assert result.exit_code == 2
    assert not (tmp_path / "depesza.toml").exists()


def test_the_example_file_is_what_init_writes_and_every_line_of_it_can_be_turned_on(tmp_path: Path) -> None:
    assert (ROOT / "deploy" / "depesza.example.toml").read_text("utf-8") == example_file()
    path = tmp_path / "depesza.toml"
    lines = [line.removeprefix("# ") if " = " in line and line.startswith("# ") else line for line in example_file().splitlines()]
    on = [line for line in lines if not line.endswith(' = "..."') and line != "Depesza's configuration."]
    on = ["[scheduler.groups]" if line == "# [scheduler.groups]" else line for line in on]
    path.write_text("\n".join(line for line in on if not line.startswith("Table [")), "utf-8")
    locations = Locations(data_dir=tmp_path, config_path=path, tables=read_file(path))
    for room in ROOM_SETTINGS:
        read_room(room, locations, {})


@given(
    st.emails(),
    st.sampled_from(["", "[crawler]\n", '[store]\nkeep_pages = "2d"\n[crawler]\nworkers = 3\n[indexer]\n', example_file()]),
)
def test_setting_a_contact_leaves_valid_toml_with_everything_else_as_it_was(contact: str, text: str) -> None:
    before, after = tomllib.loads(text), tomllib.loads(with_contact(text, contact))
    assert after["crawler"].pop("contact") == contact
    before.get("crawler", {}).pop("contact", None)
    assert {name: table for name, table in after.items() if table} == {name: table for name, table in before.items() if table}


def test_a13_passwords_are_masked_wherever_settings_or_status_are_shown(
    small_outlet: SmallOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPESZA_STORE_URL", "postgresql://news:hunter2@127.0.0.1:9/depesza")
    for arguments in (["config", "show"], ["config", "show", "--json"], ["doctor"], ["doctor", "--json"], ["status"], ["crawl"]):
        result = small_outlet.run(*arguments)
        assert "hunter2" not in result.stdout + result.stderr, arguments
    shown = json.loads(small_outlet.run("config", "show", "--json").stdout)["settings"]
    url = next(one for one in shown if one["key"] == "url")
    assert (url["value"], url["source"]) == ("postgresql://news:***@127.0.0.1:9/depesza", "environment")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sqlite:////srv/depesza.sqlite", "sqlite:////srv/depesza.sqlite"),
        ("postgresql://host/db", "postgresql://host/db"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://me:p%40ss:w@host/db?sslmode=require", "postgresql://me:***@host/db?sslmode=require"),
        ("https://hook.example/x?token=abc&n=1", "https://hook.example/x?token=***&n=1"),
        ("postgresql:///db?password=abc", "postgresql:///db?password=***"),
        ("15m", "15m"),
    ],
)
def test_a13_an_address_is_shown_without_its_secrets(text: str, masked: str) -> None:
    assert mask_address(text) == masked


def test_config_check_names_every_fault_and_gives_exit_code_2(small_outlet: SmallOutlet) -> None:
    assert small_outlet.run("config", "check").exit_code == 0
    small_outlet.locations.config_path.write_text('[scheduler]\nevery = "soon"\n[store]\nkeep_page = "3d"\n')
    result = small_outlet.run("config", "check", "--json")
    faults = json.loads(result.stdout)["faults"]
    assert result.exit_code == 2
    assert any('did you mean "keep_pages"' in fault for fault in faults)
    assert any("[scheduler] every" in fault for fault in faults)


def test_config_check_reads_the_cron_lines_of_outlets(small_outlet: SmallOutlet) -> None:
    small_outlet.write(schedule='[schedule]\ncron = "0 0 30 2 *"')
    result = small_outlet.run("config", "check")
    assert result.exit_code == 2
    assert "jodlowo" in result.stdout
    assert "never fires" in result.stdout


def test_doctor_says_what_is_missing_and_what_to_do(small_outlet: SmallOutlet) -> None:
    small_outlet.locations.config_path.unlink()
    result = small_outlet.run("doctor", "--json")
    checks = {one["name"]: one for one in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 1, "the shipped outlets cannot be crawled without a contact address"
    assert checks["contact address"]["state"] == "bad"
    assert "depesza init --contact" in checks["contact address"]["hint"]
    assert checks["store"]["state"] == "note"
    small_outlet.run("init", "--contact", "me@example.org")
    assert small_outlet.run("doctor").exit_code == 0


def test_db_upgrade_says_what_it_found(small_outlet: SmallOutlet) -> None:
    first = json.loads(small_outlet.run("db", "upgrade", "--json").stdout)
    assert first["before"] is None
    assert json.loads(small_outlet.run("db", "upgrade", "--json").stdout)["before"] == first["after"]


@pytest.mark.postgresql
def test_postgresql_asks_for_db_upgrade_and_works_after_it(
    small_outlet: SmallOutlet, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPESZA_STORE_URL", postgres_url)
    refused = small_outlet.run("status")
    assert refused.exit_code == 3
    assert "depesza db upgrade" in refused.stderr
    assert small_outlet.run("db", "upgrade").exit_code == 0
    assert small_outlet.run("crawl", "--json").exit_code == 0
    assert json.loads(small_outlet.run("status", "--json").stdout)["articles"] == 3


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[store]\nkeep_pages = "foo"', "[store] keep_pages"),
        ('[store]\nurl = "mysql://u:hunter2@h/db"', "[store] url"),
        ("[crawler]\nworkers = 0", "[crawler] workers"),
        ("[crawler]\npage_time_limit_s = -1.0", "[crawler] page_time_limit_s"),
        ('[indexer]\nengine = "elastic"', "[indexer] engine"),
        ('[scheduler.groups]\nnobody = "* * * *"', "[scheduler.groups] nobody"),
    ],
)
def test_config_check_names_every_value_that_a_later_command_would_refuse(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "depesza.toml").write_text(text, "utf-8")
    result = depesza(tmp_path, "config", "check")
    assert result.exit_code == 2
    assert key in result.stdout
    assert "hunter2" not in result.stdout


def test_a_wrong_duration_in_the_store_table_is_told_with_its_key_by_every_command(tmp_path: Path) -> None:
    (tmp_path / "depesza.toml").write_text('[store]\nkeep_pages = "foo"', "utf-8")
    result = depesza(tmp_path, "status")
    assert result.exit_code == 2
    assert "[store] keep_pages" in result.stderr


def test_a13_a_password_among_the_parameters_of_the_store_is_not_told_when_it_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPESZA_STORE_URL", "postgresql://127.0.0.1:1/db?user=u&password=hunter2")
    result = depesza(tmp_path, "status")
    assert result.exit_code == 3
    assert "hunter2" not in result.stderr


def test_db_upgrade_refuses_a_store_of_a_newer_depesza_with_words(tmp_path: Path) -> None:
    depesza(tmp_path, "init")
    with contextlib.closing(sqlite3.connect(tmp_path / "depesza.sqlite")) as store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
        store.commit()
    result = depesza(tmp_path, "db", "upgrade")
    assert result.exit_code == 3
    assert "newer" in result.stderr
    assert "newer" in depesza(tmp_path, "doctor").stdout


def test_a_mistyped_variable_of_the_environment_is_told_with_the_likely_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEPESZA_CRAWLER_CONTCT", "me@example.org")
    result = depesza(tmp_path, "config", "check")
    assert result.exit_code == 2
    assert 'did you mean "DEPESZA_CRAWLER_CONTACT"' in result.stdout
