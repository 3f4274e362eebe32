"""The table [indexer]: what is refused, and with which words; secrets come from the environment and are shown nowhere."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.settings import read_file
from indexer.config import IndexerSettings, indexer_settings
from indexer.engines.elastic_client import make_client
from scheduler.command import app
from scheduler.settings_text import example_file

SECRET = "hunter2-Zażółć"
ENCODED = st.text(max_size=20).map(lambda text: "news:" + base64.b64encode(text.encode()).decode()) | st.from_regex(
    r"[a-z.]{1,9}:?[0-9x]{0,6}\$[a-z]{0,3}\$?", fullmatch=True
).map(lambda text: "news:" + base64.b64encode(text.encode()).decode())
SEARCH = "https://search.example.org:9200"
CLOUD_ID = "news:ZXUuZXhhbXBsZS5vcmckYWJjJGRlZg=="
"""eu.example.org$abc$def"""


def settings(folder: Path, table: dict[str, Any], environ: dict[str, str] | None = None) -> IndexerSettings:
    lines = [f"{key} = {json.dumps(value)}" for key, value in table.items()]
    path = folder / "depesza.toml"
    path.write_text("\n".join(["[indexer]", *lines]), "utf-8")
    return indexer_settings(Locations(data_dir=folder, config_path=path, tables=read_file(path)), environ or {})


def test_without_any_setting_the_engine_needs_no_server(tmp_path: Path) -> None:
    found = settings(tmp_path, {})
    assert (found.engine, found.url, found.index, found.keep_s) == ("embedded", "http://127.0.0.1:9200", "depesza", None)


def test_elasticsearch_is_chosen_with_address_name_and_retention(tmp_path: Path) -> None:
    environ = {"DEPESZA_INDEXER_USER": "writer", "DEPESZA_INDEXER_PASSWORD": SECRET, "DEPESZA_INDEXER_TIMEOUT_S": "5"}
    found = settings(tmp_path, {"engine": "elasticsearch", "url": SEARCH, "index": "press_2", "keep": "104w"}, environ)
    assert (found.user, found.password, found.timeout_s, found.index) == ("writer", SECRET, 5.0, "press_2")
    assert found.keep_s == 104 * 7 * 86_400


@pytest.mark.parametrize(
    ("table", "environ", "words"),
    [
        ({"engine": "elastic"}, {}, 'engine: .*did you mean "elasticsearch"'),
        ({"url": SEARCH, "cloud_id": CLOUD_ID}, {}, "url and cloud_id name two clusters"),
        ({"cloud_id": "news"}, {}, "cloud_id: this is no cloud ID"),
        ({"cloud_id": "news:ZXUuZXhhbXBsZS5vcmc="}, {}, "cloud_id: this is no cloud ID"),
        ({"url": "search.example.org:9200"}, {}, "url: an address with its port"),
        ({"url": "http://search.example.org"}, {}, "url: an address with its port"),
        ({"url": "http://search.example.org:http"}, {}, "url: an address with its port"),
        ({"url": "https://[::1"}, {}, "url: an address with its port"),
        ({"url": "ftp://search.example.org:9200"}, {}, "url: an address with its port"),
        ({"url": "https://search.example.org:9200/?q=1"}, {}, "url: an address with its port"),
        ({"fingerprint": "ab" * 32}, {}, "fingerprint: .* is not encrypted"),
        ({"ca_file": __file__}, {}, "ca_file: .* is not encrypted"),
        ({"url": SEARCH, "ca_file": "no-such-ca.pem"}, {}, "ca_file: there is no file /.*no-such-ca.pem"),
        ({"url": SEARCH, "ca_file": __file__, "fingerprint": "ab" * 32}, {}, "leave ca_file or fingerprint out"),
        ({"url": SEARCH, "fingerprint": "ab" * 20}, {}, "fingerprint: 64 hexadecimal digits"),
        ({"url": SEARCH, "fingerprint": "xy" * 32}, {}, "fingerprint: 64 hexadecimal digits"),
        *[
            ({"index": name}, {}, "index: .* lower-case")
            for name in ("Depesza", "_a", "-a", "+a", "a*", "a b", "a,b", "", "ż", "a" * 101)
        ],
        ({"index": "depesza-2"}, {}, "index: .* lower-case"),
        ({"timeout_s": 0}, {}, "timeout_s: a number above 0"),
        ({"timeout_s": 601.5}, {}, "timeout_s: a number above 0"),
        ({"kibana_polish": "hunspell"}, {}, "kibana_polish: stempel or morfologik"),
        ({"keep": "two years"}, {}, "keep: 'two years' is no duration"),
        ({"keep": "1h"}, {}, "keep: '1h' is less than a day"),
        ({"batch": 0}, {}, "batch: a whole number"),
        ({}, {"USER": "me"}, "a user without a password; set DEPESZA_INDEXER_PASSWORD, or DEPESZA_INDEXER_PASSWORD_FILE"),
        ({}, {"PASSWORD": SECRET}, "a password without a user; set DEPESZA_INDEXER_USER"),
        ({}, {"USER": "me:you", "PASSWORD": SECRET}, "a user's name with a colon"),
        ({}, {"USER": "me", "PASSWORD": SECRET, "API_KEY": "a:b"}, "both set"),
        ({}, {"API_KEY": SECRET}, "api_key: the encoded key, or id:key"),
        ({}, {"API_KEY": "a:b\nX-Other: c"}, "api_key: the encoded key, or id:key"),
        ({"url": "http://search.example.org:9200"}, {"API_KEY": "a:b"}, "anybody on the way reads the password"),
        ({"url": "http://10.0.0.7:9200"}, {"USER": "me", "PASSWORD": SECRET}, "anybody on the way reads the password"),
        ({"url": "http://127.0.0.1.example.org:9200"}, {"API_KEY": "a:b"}, "anybody on the way reads the password"),
    ],
)
def test_what_cannot_be_is_refused_with_the_key_and_what_to_do(
    tmp_path: Path, table: dict[str, Any], environ: dict[str, str], words: str
) -> None:
    given_by = {f"DEPESZA_INDEXER_{name}": value for name, value in environ.items()}
    with pytest.raises(ConfigError, match=rf"(?s)(\[indexer\]|environment).*{words}") as caught:
        settings(tmp_path, {"engine": "elasticsearch", **table}, given_by)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("table", "environ"),
    [
        ({"cloud_id": CLOUD_ID}, {"API_KEY": "a:b"}),
        ({"url": "https://search.example.org/es"}, {"API_KEY": "YTpi"}),
        ({"url": SEARCH, "ca_file": __file__}, {}),
        ({"url": SEARCH, "fingerprint": ":".join(["AB"] * 32)}, {}),
        ({"url": "http://search.example.org:9200"}, {}),
        ({"url": "http://localhost:9200"}, {"USER": "me", "PASSWORD": SECRET}),
        ({"url": "http://127.8.9.1:9200"}, {"USER": "me", "PASSWORD": SECRET}),
        ({"url": "http://[::1]:9200"}, {"USER": "me", "PASSWORD": SECRET}),
        ({"index": "a" * 100}, {"USER": "", "PASSWORD": "", "API_KEY": ""}),
    ],
)
def test_what_can_be_is_taken(tmp_path: Path, table: dict[str, Any], environ: dict[str, str]) -> None:
    given_by = {f"DEPESZA_INDEXER_{name}": value for name, value in environ.items()}
    found = settings(tmp_path, {"engine": "elasticsearch", **table}, given_by)
    assert {key: str(getattr(found, key)) for key in table} == {key: str(value) for key, value in table.items()}


def test_an_empty_secret_is_none_since_compose_files_pass_unset_variables_so(tmp_path: Path) -> None:
    found = settings(tmp_path, {"engine": "elasticsearch"}, {"DEPESZA_INDEXER_USER": "", "DEPESZA_INDEXER_PASSWORD": ""})
    assert (found.user, found.password) == (None, None)


def test_settings_of_the_other_engine_are_left_alone(tmp_path: Path) -> None:
    """One file for a machine with the cluster and one without; only `engine` differs."""
    found = settings(tmp_path, {"ca_file": "no-such-ca.pem", "index": "-"}, {"DEPESZA_INDEXER_USER": "me"})
    assert found.engine == "embedded"


@settings_of_hypothesis(deadline=None)
@given(
    st.text(max_size=40) | st.from_regex(r"https?://[a-z0-9.:\[\]%/-]{1,20}:9200", fullmatch=True), st.text(max_size=40) | ENCODED
)
def test_no_address_and_no_cloud_id_makes_the_check_fail_otherwise_than_by_a_config_error(url: str, cloud_id: str) -> None:
    folder = Path("/nowhere")
    for table in ({"url": url}, {"cloud_id": cloud_id}):
        locations = Locations(data_dir=folder, config_path=folder / "x", tables={"indexer": {"engine": "elasticsearch", **table}})
        try:
            make_client(indexer_settings(locations, {})).close()
        except ConfigError as error:
            assert "[indexer]" in str(error)


@pytest.mark.parametrize("key", ["user", "password", "api_key"])
def test_a13_a_secret_in_the_file_is_refused_with_the_variable_to_use(tmp_path: Path, key: str) -> None:
    variable = f"DEPESZA_INDEXER_{key.upper()}"
    for engine in ("embedded", "elasticsearch"):
        with pytest.raises(ConfigError, match=rf"\[indexer\] {key} is a secret .* {variable}, or {variable}_FILE") as caught:
            settings(tmp_path, {"engine": engine, key: SECRET})
        assert SECRET not in str(caught.value)
    assert f"\n# {key} = " not in example_file()
    assert f"# Not in this file: {variable}, or {variable}_FILE" in example_file()


def test_a13_a_secret_of_the_wrong_kind_is_not_repeated_either(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, {"password": [SECRET]})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url", [f"https://me:{SECRET}@search.example.org:9200", f"http://{SECRET}@localhost:9200", f"me:{SECRET}@x"]
)
def test_a13_credentials_in_the_address_are_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    for engine in ("embedded", "elasticsearch"):
        for table, environ in (({"url": url}, {}), ({}, {"DEPESZA_INDEXER_URL": url})):
            with pytest.raises(ConfigError, match="url: user and password do not belong in the address; set") as caught:
                settings(tmp_path, {"engine": engine, **table}, environ)
            assert SECRET not in str(caught.value)


def test_a13_repr_shows_no_secret() -> None:
    shown = repr(IndexerSettings(user=SECRET, password=SECRET, api_key=SECRET))
    assert SECRET not in shown
    assert "engine='embedded'" in shown


def test_secrets_come_from_files_without_their_last_line_break(tmp_path: Path) -> None:
    for name, text in (("user", "writer\n"), ("password", f"{SECRET}\n")):
        (tmp_path / name).write_text(text, "utf-8")
    environ = {f"DEPESZA_INDEXER_{name.upper()}_FILE": str(tmp_path / name) for name in ("user", "password")}
    found = settings(tmp_path, {"engine": "elasticsearch"}, environ)
    assert (found.user, found.password) == ("writer", SECRET)


def test_a_file_of_a_secret_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_bytes("Zażółć".encode("latin2"))
    with pytest.raises(ConfigError, match=r"DEPESZA_INDEXER_PASSWORD_FILE=.*password: it is not in UTF-8"):
        settings(tmp_path, {}, {"DEPESZA_INDEXER_PASSWORD_FILE": str(path)})


@pytest.mark.parametrize("engine", ["embedded", "elasticsearch"])
def test_a13_no_command_shows_a_secret_of_the_search_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """With a server that is not there: errors, too, must keep quiet. `--verbose` shows tracebacks and debug lines."""
    config = tmp_path / "depesza.toml"
    config.write_text(
        f'[crawler]\ncontact = "me@example.org"\n[indexer]\nengine = "{engine}"\nurl = "http://127.0.0.1:9"\n', "utf-8"
    )
    monkeypatch.chdir(tmp_path)
    for names in ({"USER": SECRET, "PASSWORD": f"{SECRET}-2"}, {"API_KEY": "aWQ6aHVudGVyMi1rZXk="}):
        for name, value in names.items():
            monkeypatch.setenv(f"DEPESZA_INDEXER_{name}", value)
        for arguments in (
            ["config", "show"], ["config", "show", "--json"], ["config", "check"], ["doctor"], ["doctor", "--json"],
            ["init"], ["status"], ["index", "status"], ["index", "status", "--json"], ["index", "push", "--verbose"],
            ["search", "kot"], ["search", "kot", "--json"], ["index", "rebuild", "--verbose"],
        ):  # fmt: skip
            result = depesza(tmp_path, *arguments)
            output = result.output + result.stderr + str(result.exception)
            for value in names.values():
                assert value not in output, arguments
        for name in names:
            monkeypatch.delenv(f"DEPESZA_INDEXER_{name}")


def test_a13_config_show_says_that_a_secret_is_set_and_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "depesza.toml").touch()
    monkeypatch.setenv("DEPESZA_INDEXER_USER", SECRET)
    monkeypatch.setenv("DEPESZA_INDEXER_PASSWORD", SECRET)
    shown = json.loads(depesza(tmp_path, "config", "show", "--json").stdout)["settings"]
    found = {one["key"]: (one["value"], one["source"]) for one in shown if one["table"] == "indexer"}
    assert found["user"] == found["password"] == ("***", "environment")
    assert found["api_key"] == (None, "default")


def depesza(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(folder), "--config", str(folder / "depesza.toml")])
