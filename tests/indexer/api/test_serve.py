"""`depesza serve` and `depesza tokens` as real processes and commands; the table [web]."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from crawler.config import Locations
from crawler.errors import ConfigError
from indexer.api.pace import MOST_CLIENTS, Pace, client_key
from indexer.api.settings import WebSettings, refuse_open_door, web_settings
from indexer.serve_cli import _listen
from scheduler.command import app

TOKEN = "0123456789abcdefghijklmnop"


def serve(folder: Path, *options: str, **environ: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scheduler.command", "--data-dir", str(folder), "serve", "--port", "0", "--json", *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin", **environ}
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_no_answer_waits_for_the_reader_to_acknowledge_its_head(host: str) -> None:
    with closing(_listen(WebSettings(host=host, port=0))) as listening, socket.create_connection(listening.getsockname()[:2]):
        accepted, _ = listening.accept()
        with closing(accepted):
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_command_serves_until_it_is_told_to_end(tmp_path: Path) -> None:
    process = serve(tmp_path)
    try:
        assert process.stdout
        first = json.loads("".join(process.stdout.readline() for _ in range(3)))
        assert first["address"].startswith("http://127.0.0.1:")
        assert httpx.get(f"{first['address']}healthz").json() == {"status": "ok"}
        assert httpx.get(f"{first['address']}readyz").status_code == 503, "there is no index yet"
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode in (0, 130, -2)
    assert "Traceback" not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org"])
def test_a10_an_open_door_is_refused(tmp_path: Path, host: str) -> None:
    process = serve(tmp_path, "--host", host)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "DEPESZA_WEB_READ_TOKEN" in said
    assert "--behind-proxy" in said


def test_with_a_token_or_a_proxy_a_door_may_be_open_to_names_that_are_told() -> None:
    told = {"host": "0.0.0.0", "trusted_hosts": ("news.example.org",)}
    refuse_open_door(WebSettings(**told, read_token=TOKEN))
    refuse_open_door(WebSettings(**told, behind_proxy=True))
    refuse_open_door(WebSettings(host="192.0.2.1", read_token=TOKEN))
    for one in ("127.0.0.1", "127.8.0.1", "::1", "localhost"):
        refuse_open_door(WebSettings(host=one))
    with pytest.raises(ConfigError, match="trusted_hosts"):
        refuse_open_door(WebSettings(host="0.0.0.0", read_token=TOKEN))


@pytest.mark.parametrize(
    ("table", "said"),
    [({"port": 70000}, "port"), ({"trusted_hosts": ["https://x"]}, "trusted_hosts"), ({"proxies": ["proxy"]}, "proxies"),
     ({"read_token": TOKEN}, "secret"), ({"burst": 0}, "burst"), ({"hosts": []}, 'did you mean "host"')],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, table: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        web_settings(Locations(data_dir=tmp_path, config_path=tmp_path / "depesza.toml", tables={"web": table}), {})


def test_a_read_token_comes_from_the_environment_and_is_long_enough(tmp_path: Path) -> None:
    locations = Locations(data_dir=tmp_path, config_path=tmp_path / "depesza.toml")
    settings = web_settings(locations, {"DEPESZA_WEB_READ_TOKEN": TOKEN})
    assert settings.read_token == TOKEN
    assert TOKEN not in repr(settings)
    with pytest.raises(ConfigError) as raised:
        web_settings(locations, {"DEPESZA_WEB_READ_TOKEN": "short"})
    assert "short" not in str(raised.value)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = CliRunner().invoke(app, ["--data-dir", str(tmp_path), "serve", "--port", str(taken.getsockname()[1])])
    assert result.exit_code == 2
    assert "choose another" in result.stderr


def test_tokens_are_made_shown_once_and_revoked(tmp_path: Path) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["--data-dir", str(tmp_path), "tokens", *arguments])

    made = json.loads(run("add", "alerts", "--scope", "write", "--json").stdout)
    assert made["token"].startswith("depesza_")
    listed = run("list", "--json").stdout
    assert (json.loads(listed)[0]["name"], made["token"] in listed) == ("alerts", False)
    assert run("revoke", made["id"]).exit_code == 0
    assert run("revoke", made["id"]).exit_code == 1
    assert made["token"].encode() not in (tmp_path / "depesza.sqlite").read_bytes()


def test_a_bucket_fills_again_and_a_flood_of_clients_is_forgotten() -> None:
    now = [0.0]
    pace = Pace(2.0, 3, lambda: now[0])
    assert [pace.wait_s("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert pace.wait_s("b") == 0
    now[0] = 0.5
    assert [pace.wait_s("a"), pace.wait_s("a")] == [0, 0.5]
    now[0] = -100.0
    assert pace.wait_s("a") > 0, "a clock that goes back gives nothing away"
    for number in range(MOST_CLIENTS + 10):
        pace.wait_s(f"10.0.{number >> 8}.{number & 255}")
    assert len(pace._buckets) == MOST_CLIENTS


def test_a_network_of_64_bits_is_one_client() -> None:
    assert client_key("2001:db8:1:2::1") == client_key("2001:db8:1:2:ffff::9") != client_key("2001:db8:1:3::1")
    assert client_key("::ffff:192.0.2.1") == client_key("192.0.2.1") == "192.0.2.1"
