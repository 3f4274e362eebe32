"""What systemd is told, through a real socket."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from pathlib import Path

import pytest

from scheduler.notify import Notifier

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no unix sockets")


@pytest.fixture(params=["a path", pytest.param("abstract", marks=pytest.mark.skipif(sys.platform != "linux", reason="of Linux"))])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[socket.socket, str]:
    name = f"@depesza-{secrets.token_hex(8)}" if request.param == "abstract" else str(tmp_path / "s")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    request.addfinalizer(listening.close)
    listening.bind("\0" + name[1:] if name.startswith("@") else name)
    listening.settimeout(10)
    return listening, name


def test_a_service_manager_is_told_each_state(manager: tuple[socket.socket, str]) -> None:
    listening, name = manager
    notifier = Notifier({"NOTIFY_SOCKET": name})
    notifier.ready("keeping time: 3 outlets\nand a line that strangers wrote")
    assert listening.recv(500) == b"READY=1\nSTATUS=keeping time: 3 outlets and a line that strangers wrote"
    notifier.reloading()
    first, second = listening.recv(500).split(b"\n")
    assert first == b"RELOADING=1"
    assert second.startswith(b"MONOTONIC_USEC=")
    assert second.partition(b"=")[2].isdigit()
    notifier.status("1 outlet being crawled")
    notifier.alive()
    notifier.stopping()
    assert [listening.recv(500) for _ in range(3)] == [
        b"STATUS=1 outlet being crawled", b"WATCHDOG=1", b"STOPPING=1\nSTATUS=stopping",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("usec", "pid", "watchdog_s"),
    [("30000000", "own", 30.0), ("30000000", "", 30.0), ("30000000", "1", None), ("0", "", None), ("soon", "", None)],
)
def test_a_watchdog_is_ours_when_it_names_us_or_nobody(usec: str, pid: str, watchdog_s: float | None, tmp_path: Path) -> None:
    named = str(os.getpid()) if pid == "own" else pid  # not in the test's name: every worker of the run collects the same names
    environ = {"NOTIFY_SOCKET": str(tmp_path / "s"), "WATCHDOG_USEC": usec, "WATCHDOG_PID": named}
    assert Notifier(environ).watchdog_s == watchdog_s
    assert Notifier({"WATCHDOG_USEC": usec}).watchdog_s is None, "nobody to tell"


def test_without_a_service_manager_or_with_one_that_is_gone_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).ready("here")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("here")


def test_a_service_manager_that_reads_nothing_holds_up_nobody(manager: tuple[socket.socket, str]) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": manager[1]})
    for _ in range(2000):
        notifier.status("x" * 1000)
