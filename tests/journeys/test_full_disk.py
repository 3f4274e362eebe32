"""SAFETY F8: a disk that is really full, under the data folder or under a log.

A small tmpfs, mounted by the test, with a ballast file that leaves a given room: the want of it strikes a crawl at its
start, while it queues, while it files, or at the push. The commands run as a person starts them.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.demo.server import DemoServer
from tests.journeys.newsroom import Newsroom
from tests.journeys.test_kill import assert_the_promise_holds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SIZE_MB = 8
COMMAND = [sys.executable, "-m", "scheduler.command"]


class SmallDisk:
    """A file system of SIZE_MB."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, leave_kb: int = 0) -> None:
        """Take all room but so much."""
        found = os.statvfs(self.folder)
        self._ballast.write_bytes(bytes(max(0, found.f_bavail * found.f_frsize - leave_kb * 1024)))

    def make_room(self) -> None:
        """Give the room back."""
        self._ballast.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={SIZE_MB}m,mode=0777"
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
        )
        trouble = done.stderr.strip() if done.returncode else None
    except FileNotFoundError as error:
        trouble = str(error)
    if trouble is not None:
        if os.environ.get("DEPESZA_TEST_REQUIRE") == "all":
            pytest.fail(f"NO SMALL DISK: a tmpfs cannot be mounted ({trouble}), and DEPESZA_TEST_REQUIRE=all asks for it")
        pytest.skip(f"NO SMALL DISK: a tmpfs cannot be mounted here ({trouble}): the tests of a full disk are skipped")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with DemoServer(latency_s=0.01) as running:
        yield running


def depesza(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "--data-dir", str(data_dir), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def assert_the_disk_is_told(done: subprocess.CompletedProcess[str], data_dir: Path) -> None:
    """Exit code 3, the folder and what to do, and nothing that only a programmer reads."""
    assert done.returncode == 3, (done.returncode, done.stdout, done.stderr)
    assert str(data_dir) in done.stderr
    assert "make room" in done.stderr
    assert "Traceback" not in done.stderr
    assert "should not have happened" not in done.stderr


def assert_sound(data_dir: Path) -> None:
    for file in data_dir.rglob("*.sqlite"):
        with contextlib.closing(sqlite3.connect(file)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), file


@pytest.mark.parametrize("leave_kb", [0, 350, 600, 900, 1200])
def test_f08_a_full_disk_stops_the_crawl_and_with_room_again_the_next_one_brings_everything(
    leave_kb: int, server: DemoServer, disk: SmallDisk
) -> None:
    newsroom = Newsroom(server, disk.folder / "data")
    data_dir = newsroom.locations.data_dir
    disk.fill(leave_kb)
    since = len(server.log)
    assert_the_disk_is_told(depesza(data_dir, "crawl", *server.origins), data_dir)
    asked = [line for line in server.log[since:] if f"{server.origins[line.outlet]}{line.path}" in server.article_urls()]
    assert len(asked) < len(server.article_urls()), "the crawl went on fetching what it could not file"
    disk.make_room()
    assert_sound(data_dir)
    since = len(server.log)
    done = depesza(data_dir, "crawl", *server.origins)
    assert done.returncode == 0, done.stderr
    assert_the_promise_holds(newsroom, since)
    assert_sound(data_dir)


@pytest.mark.parametrize("leave_kb", [0, 60, 200, 350, 500])
def test_f08_a_full_disk_stops_the_push_and_the_articles_wait_for_room(
    leave_kb: int, server: DemoServer, disk: SmallDisk
) -> None:
    newsroom = Newsroom(server, disk.folder / "data")
    data_dir = newsroom.locations.data_dir
    assert depesza(data_dir, "crawl", "--no-push", *server.origins).returncode == 0
    waiting = newsroom.count("outbox")
    disk.fill(leave_kb)
    assert_the_disk_is_told(depesza(data_dir, "index", "push"), data_dir)
    assert newsroom.count("outbox") == waiting > 40
    disk.make_room()
    assert_sound(data_dir)
    assert depesza(data_dir, "index", "push").returncode == 0
    assert_the_promise_holds(newsroom, 0)


def test_f08_what_is_indexed_is_found_on_a_full_disk_and_a_failed_push_does_not_hurt_it(
    server: DemoServer, disk: SmallDisk
) -> None:
    newsroom = Newsroom(server, disk.folder / "data")
    data_dir = newsroom.locations.data_dir
    slugs = list(server.origins)
    assert depesza(data_dir, "crawl", *slugs[:5]).returncode == 0
    before = json.loads(depesza(data_dir, "search", "--json", "prezydent").stdout)["hits"]
    assert depesza(data_dir, "crawl", "--no-push", *slugs[5:]).returncode == 0
    disk.fill(40)
    assert_the_disk_is_told(depesza(data_dir, "index", "push"), data_dir)
    done = depesza(data_dir, "search", "--json", "prezydent")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["hits"] == before != []
    disk.make_room()
    assert depesza(data_dir, "index", "push").returncode == 0
    assert_the_promise_holds(newsroom, 0)


def test_f08_a_log_on_a_full_disk_does_not_stop_a_crawl(server: DemoServer, disk: SmallDisk, tmp_path: Path) -> None:
    newsroom = Newsroom(server, tmp_path / "data")
    disk.fill()
    with (disk.folder / "log").open("w") as log:
        command = [*COMMAND, "--data-dir", str(newsroom.locations.data_dir), "crawl", "--json", *server.origins]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=log, text=True, timeout=120, check=False)
    assert json.loads(done.stdout)["run"]["finished"]
    assert_the_promise_holds(newsroom, 0)


def test_f08_a_service_s_log_on_a_full_disk_does_not_end_it(disk: SmallDisk) -> None:
    disk.fill()
    lines = (
        "import os, structlog\nfrom scheduler.logging_setup import set_up_logging\nset_up_logging()\n"
        "for number in range(1000): structlog.get_logger('scheduler').info('crawl finished', number=number)\n"
        "print('still there', flush=True)\nos._exit(0)\n"
    )
    with (disk.folder / "log").open("w") as log:
        done = subprocess.run([sys.executable, "-c", lines], stdout=subprocess.PIPE, stderr=log, text=True, check=False)
    assert done.stdout == "still there\n"
