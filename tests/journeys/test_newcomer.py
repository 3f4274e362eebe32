"""The README's way of a newcomer: its seven commands as they stand there, in a shell in an empty folder, until the first alert.

What differs from what a newcomer types is in `ADDRESSES` and `SURROUNDINGS`, and nowhere else.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.demo.server import DemoServer
from scheduler.demo.texts import sample_outlets
from tests.indexer.watches.webhook import Webhook, serving

README = Path(__file__).parent.parent.parent / "README.md"
HEADING = "## Your first alert"
ADDRESSES = {"https://www.example.org": "{outlet} --private", "https://hooks.example.net/depesza": "{webhook}"}
"""What stands in the README -> what is typed here: an outlet and a webhook on this machine. `--private` says that the outlet may be there."""
SURROUNDINGS = {"DEPESZA_WATCHES_ALLOW_HOSTS": "127.0.0.1", "DEPESZA_SCHEDULER_EVERY": "2s", "DEPESZA_SCHEDULER_PUSH_EVERY": "1s"}
"""Alerts may go to this machine, and a quarter of an hour is two seconds."""


def commands() -> list[str]:
    """The lines of the README's block, without their comments."""
    block = re.search(rf"^{HEADING}\n.*?^```sh\n(.*?)^```", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block, f"README.md has no block of commands under {HEADING!r}"
    return [line.partition(" #")[0].strip() for line in block[1].splitlines() if line.strip()]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving() as hook:
        yield hook


@pytest.fixture
def outlet() -> Iterator[DemoServer]:
    """An outlet whose front page names its feed, and which will publish one more article when the server advances."""
    [found] = [one for one in sample_outlets() if one.slug == "pennine-post"]
    link = f'<link rel="alternate" type="application/atom+xml" href="{found.feeds[0].path}"></head>'
    theme = dataclasses.replace(found.theme, front=found.theme.front.replace("</head>", link))
    with DemoServer([dataclasses.replace(found, theme=theme)]) as server:
        yield server


class Terminal:
    """A shell of somebody who has just installed Depesza, in an empty home."""

    def __init__(self, home: Path, addresses: dict[str, str]) -> None:
        self.home, self.addresses = home, addresses
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEPESZA_", "XDG_"))}
        installed = str(Path(sys.executable).parent)
        self.environ = kept | SURROUNDINGS | {"HOME": str(home), "PATH": installed + os.pathsep + kept["PATH"]}

    def typed(self, command: str) -> str:
        for told, real in self.addresses.items():
            command = command.replace(told, real)
        return command

    def type(self, command: str) -> str:
        """Run to its end; what it printed."""
        done = subprocess.run(
            self.typed(command),
            shell=True,
            cwd=self.home,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, command: str) -> subprocess.Popen[bytes]:
        """Start what goes on until it is stopped."""
        with (self.home / "run.log").open("wb") as log:
            return subprocess.Popen(
                "exec env " + self.typed(command), shell=True, cwd=self.home, env=self.environ, stdout=log, stderr=log
            )


def test_the_readme_s_way_has_at_most_seven_commands_of_one_program() -> None:
    lines = commands()
    assert len(lines) <= 7
    assert all(next(word for word in shlex.split(line) if "=" not in word) == "depesza" for line in lines)
    assert all(any(told in line for line in lines) for told in ADDRESSES), "what the README says is what is mapped"


@pytest.mark.slow
def test_the_readme_s_seven_commands_lead_a_newcomer_to_the_first_alert(
    tmp_path: Path, outlet: DemoServer, webhook: Webhook
) -> None:
    [origin] = outlet.origins.values()
    real = {told: typed.format(outlet=origin, webhook=shlex.quote(webhook.url)) for told, typed in ADDRESSES.items()}
    terminal = Terminal(tmp_path, real)
    *first, run = commands()
    said = [terminal.type(command) for command in first]
    assert [body["is_test"] for body in webhook.bodies] == [True], "`watch test` arrives"
    assert f"{len(outlet.article_urls())} articles match" in said[3], "`search` finds what was crawled"
    service = terminal.start(run)
    try:
        deadline = time.monotonic() + 20
        while "service started" not in (tmp_path / "run.log").read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(webhook.bodies) == 1, "what was there before the watch alerts nobody"
        outlet.advance()
        deadline = time.monotonic() + 60
        while len(webhook.bodies) < 2 and service.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        service.send_signal(signal.SIGINT)
        ended = service.wait(timeout=40)
    log = (tmp_path / "run.log").read_text()
    assert webhook.titles == ["Cranes turn again as Baltic port strike is settled"], log
    assert webhook.bodies[1]["watch"]["name"] == "Ports" and ended in (0, 130), log
    assert {access.outlet for access in outlet.log} == {"pennine-post"}
