"""The image and the units as they run: built step by step, read-only, as a user without rights; then under a real systemd.

One build (half a minute) serves all tests here. The outlets are the demo's, on loopback.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml

from crawler.store import processes
from crawler.store.database import connect_database, upgrade
from scheduler.demo.outlets import write_outlets
from scheduler.demo.server import DemoServer
from tests.house.image import DOCKERFILE, ROOT, Image, context_files, missing, read_dockerfile
from tests.house.test_deploy_systemd import SYSTEMD
from tests.house.test_readme import fault


def test_a_linter_of_dockerfiles_has_nothing_to_say() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    if not linter.exists():
        missing("hadolint", "the Dockerfile is not linted")
    done = subprocess.run([linter, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_only_what_the_program_needs_goes_into_the_image() -> None:
    names = context_files()
    assert {name.split("/")[0] for name in names} == {
        "LICENSE", "README.md", "crawler", "indexer", "pyproject.toml", "requirements", "scheduler",
    }  # fmt: skip
    assert not [name for name in names if name.endswith((".sqlite", ".env")) or "__pycache__" in name]
    copied = [
        source for word, said in _steps() if word == "COPY" for source in said.split()[:-1] if not said.startswith("--from")
    ]
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_it_runs_as_a_user_ends_by_sigterm_and_tells_its_health_by_a_command_of_ours() -> None:
    final = read_dockerfile(DOCKERFILE.read_text("utf-8"))[-1]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", final.last("USER")), "a number: orchestrators check that it is not root"
    assert final.last("STOPSIGNAL") == "SIGTERM"
    entry = final.listed("ENTRYPOINT")
    assert entry == ["depesza"] and fault(final.listed("CMD")) is None, "exec form: no shell between Docker and the program"
    health = final.listed("HEALTHCHECK")
    assert health[0] == "depesza" and fault(health[1:]) is None
    labels = set(re.findall(r"org\.opencontainers\.image\.(\w+)=", DOCKERFILE.read_text("utf-8")))
    assert labels >= {"title", "description", "licenses", "version", "revision"}
    assert not re.search(r"https?://", DOCKERFILE.read_text("utf-8"))


def test_the_version_is_the_project_s() -> None:
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"ARG VERSION={version}" in DOCKERFILE.read_text("utf-8")
    assert f"${{VERSION:-{version}}}" in (DOCKERFILE.parent / "compose.yaml").read_text("utf-8")


def _steps() -> list[tuple[str, str]]:
    return [step for stage in read_dockerfile(DOCKERFILE.read_text("utf-8")) for step in stage.steps]


def until(true: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("nsenter"):
        missing("Linux, root and unshare(1)", "the image is not built")
    try:
        made = Image()
    except OSError as error:
        missing("overlayfs in a mount namespace", f"the image is not built ({error})")
    try:
        made.build()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def outlets() -> Iterator[DemoServer]:
    with DemoServer() as server:
        yield server


def fill(folder: Path, server: DemoServer) -> None:
    """An installation that watches two of the demo's outlets."""
    write_outlets(folder / "outlets", server.origins)
    watched = json.dumps(sorted(server.origins)[:2])
    (folder / "depesza.toml").write_text(f"[crawler]\ncontact = 'me@example.org'\noutlets = {watched}\n", "utf-8")


@pytest.fixture
def volume(image: Image, outlets: DemoServer, tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    fill(folder, outlets)
    user, _, group = image.final.last("USER").partition(":")
    for one in (folder, *folder.rglob("*")):
        os.chown(one, int(user), int(group))
    return folder


def told(image: Image, volume: Path, *words: str) -> subprocess.CompletedProcess[str]:
    process = image.start(*words, volume=volume)
    out, error = process.communicate(timeout=120)
    return subprocess.CompletedProcess(words, process.returncode, out, error)


def found(image: Image, volume: Path) -> int:
    answer = told(image, volume, "depesza", "search", "date:P30D", "--json")
    return int(json.loads(answer.stdout)["total"]) if answer.returncode == 0 else 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_on_a_read_only_root_it_crawls_serves_is_healthy_and_ends_in_order(image: Image, volume: Path) -> None:
    """SAFETY F28 in a container: nothing is written but the volume and /tmp, no capability is left, SIGTERM ends it with 0."""
    compose: Any = yaml.safe_load((DOCKERFILE.parent / "compose.yaml").read_text("utf-8"))
    assert "Read-only" in told(image, volume, "touch", "/var/tmp/x").stderr
    assert "CapBnd:\t0000000000000000" in told(image, volume, "cat", "/proc/self/status").stdout
    health = image.final.listed("HEALTHCHECK")
    assert told(image, volume, *health).returncode != 0, "nobody keeps time yet"
    run = image.start(*image.final.listed("ENTRYPOINT"), *image.final.listed("CMD"), volume=volume)
    serve = image.start("depesza", "serve", "--port", "0", "--json", volume=volume)
    try:
        until(lambda: found(image, volume) > 3, 240)
        until(lambda: told(image, volume, *health).returncode == 0)
        assert serve.stdout is not None
        lines = [serve.stdout.readline() for _ in range(3)]
        port = re.search(r":(\d+)/", "".join(lines))
        assert port is not None, (lines, serve.poll() is not None and serve.stderr and serve.stderr.read())
        test = compose["services"]["serve"]["healthcheck"]["test"]
        assert told(image, volume, *[word.replace(":8765/", f":{port[1]}/") for word in test[1:]]).returncode == 0
    finally:
        for process in (run, serve):
            process.send_signal(signal.SIGTERM)
        ends = [process.communicate(timeout=60)[1] for process in (run, serve)]
    assert run.returncode == 0, ends[0]
    assert "service stopped" in ends[0]
    assert told(image, volume, *health).returncode == 1, "nobody keeps time any more"
    assert serve.returncode in (0, -signal.SIGTERM, 128 + signal.SIGTERM), ends[1]


TRIAL = "[Unit]\nDescription=Only what is tried\nDefaultDependencies=no\n"
ALONE = "[Unit]\nDefaultDependencies=no\nWants=\nAfter=\n[Service]\nEnvironment=DEPESZA_WEB_PORT=0\nStandardOutput=file:/run/%N.out\nStandardError=file:/run/%N.err\n"
"""A drop-in: no other units of the machine are started, and nothing goes to a journal that is not there."""


class Booted:
    """A machine whose first process is systemd, with the units, the user and the folders as deploy/README.md installs them."""

    def __init__(self, machine: subprocess.Popen[str]) -> None:
        self._machine = machine
        self._first = Path(f"/proc/{machine.pid}/task/{machine.pid}/children")
        until(lambda: self._first.exists() and self._first.read_text())
        until(lambda: self("systemctl", "is-active", "trial.target").strip() == "active")

    def __call__(self, *words: str, given: bytes | None = None) -> str:
        """What a command there prints; `FAILED ...` and its errors when it fails."""
        assert self._machine.poll() is None, self._machine.stderr and self._machine.stderr.read()
        done = subprocess.run(
            ["nsenter", f"--target={self._first.read_text().split()[0]}", "--mount", "--pid", "--root", "--wd", "env", "-i",
             "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *words],
            input=given, capture_output=True, check=False,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else f"FAILED {done.stderr.decode()}"

    def install(self, folder: Path) -> None:
        """Users and folders, and an installation that was prepared in `folder`."""
        steps = (
            "rm -rf /etc/depesza /var/lib/depesza",  # of the test before
            "mkdir -p /etc/sysusers.d /etc/tmpfiles.d /etc/depesza",
            "cp /run/systemd/system/depesza.sysusers /etc/sysusers.d/depesza.conf && systemd-sysusers",
            "cp /run/systemd/system/depesza.tmpfiles /etc/tmpfiles.d/depesza.conf && systemd-tmpfiles --create depesza.conf",
            "tar --extract --directory=/etc/depesza && mkdir -p /var/lib/depesza",
            "mv /etc/depesza/outlets /var/lib/depesza && chown -R depesza: /var/lib/depesza",
        )
        archive = subprocess.run(["tar", "--create", f"--directory={folder}", "."], capture_output=True, check=True).stdout
        for step in steps:
            assert "FAILED" not in self("sh", "-euc", step, given=archive if "--extract" in step else None), step

    def start(self, *units: str) -> None:
        """Until they are ready. Raises AssertionError with their last words."""
        started = self("systemctl", "start", *units)
        assert started == "", started + self("sh", "-c", "tail -n 5 /run/depesza*.err")

    def shown(self, unit: str, key: str) -> str:
        """A property of a unit."""
        return self("systemctl", "show", "--property", key, "--value", unit).strip()

    def articles(self, store: str = "") -> int:
        """Counted by the command as an administrator types it; 0 while there is no store."""
        said = self(
            "setpriv", "--reuid=depesza", "--regid=depesza", "--clear-groups", "env", "HOME=/var/lib/depesza", *([store] if store else []),
            "DEPESZA_CONFIG=/etc/depesza/depesza.toml", "/opt/depesza/bin/depesza", "status", "--json", "--data-dir", "/var/lib/depesza",
        )  # fmt: skip
        return 0 if "FAILED" in said else int(json.loads(said)["articles"])


@pytest.fixture
def booted(image: Image, outlets: DemoServer, tmp_path: Path) -> Iterator[Booted]:
    if not Path("/lib/systemd/systemd").exists():
        missing("systemd", "the units are not run")
    units, installed = tmp_path / "units", tmp_path / "installed"
    shutil.copytree(SYSTEMD, units)
    (units / "trial.target").write_text(TRIAL, "utf-8")
    for path in SYSTEMD.glob("*.service"):
        (units / f"{path.name}.d").mkdir()
        (units / f"{path.name}.d" / "alone.conf").write_text(ALONE, "utf-8")
    fill(installed, outlets)
    machine = image.boot(units)
    try:
        there = Booted(machine)
        there.install(installed)
        yield there
    finally:
        machine.kill()
        machine.wait()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_systemd_runs_the_units_in_their_sandbox(booted: Booted) -> None:
    """A real systemd as the first process of a namespace: ready by notify, watched, crawl, backup, reload, stop."""
    booted.start("depesza.service")  # before the store is there, nobody else may make it
    booted.start("depesza-serve.service")
    assert "keeping time: 2 outlets" in booted.shown("depesza", "StatusText"), "it told by sd_notify that it is ready"
    assert int(booted.shown("depesza", "WatchdogTimestampMonotonic")) > 0, "and the watchdog is fed"
    until(lambda: booted.articles() > 3)
    assert booted("systemctl", "start", "depesza-backup.service") == "", booted("cat", "/run/depesza-backup.err")
    assert "checked." in booted("cat", "/run/depesza-backup.out")
    booted("sh", "-c", "sed -i '/^outlets/d' /etc/depesza/depesza.toml")
    assert booted("systemctl", "reload", "depesza.service") == ""
    until(lambda: "keeping time: 2 outlets" not in booted.shown("depesza", "StatusText"))
    assert booted("systemctl", "stop", "depesza.service", "depesza-serve.service") == ""
    for unit in ("depesza", "depesza-serve", "depesza-backup"):
        assert (unit, booted.shown(unit, "Result"), booted.shown(unit, "NRestarts")) == (unit, "success", "0")
    assert "service stopped" in booted("cat", "/run/depesza.err")
    assert booted("stat", "--format=%U %a", "/var/lib/depesza/depesza.sqlite").strip() == "depesza 600"


@contextlib.contextmanager
def by_tcp(url: str) -> Iterator[str]:
    """Address on loopback of a server that listens on a unix socket, which another root does not show."""
    to = sa.make_url(url)
    folder = to.query.get("host")
    if folder is None:
        yield url
        return

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(f"{folder}/.s.PGSQL.5432")
                back = threading.Thread(target=_pour, args=(server, self.request), daemon=True)
                back.start()
                _pour(self.request, server)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as relay:
        relay.daemon_threads = True
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        try:
            address = to.set(host="127.0.0.1", port=relay.server_address[1], query={})
            yield address.render_as_string(hide_password=False)
        finally:
            relay.shutdown()


def _pour(source: socket.socket, to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_WR)


@pytest.mark.slow
@pytest.mark.postgresql
@pytest.mark.timeout(600)
def test_systemd_runs_as_many_workers_as_wanted(booted: Booted, postgres_url: str) -> None:
    """On PostgreSQL; the same unit on SQLite says why not, and is not started again for it."""
    workers = ("depesza-worker@1.service", "depesza-worker@2.service")
    assert "FAILED" in booted("systemctl", "start", workers[0])
    assert (booted.shown(workers[0], "ExecMainStatus"), booted.shown(workers[0], "NRestarts")) == ("2", "0")
    assert "PostgreSQL" in booted("cat", "/run/depesza-worker@1.err")
    with contextlib.closing(connect_database(postgres_url)) as database, by_tcp(postgres_url) as address:
        upgrade(database)
        store = f"DEPESZA_STORE_URL={address}"
        own = f"{store}\nDEPESZA_INDEXER_ENGINE=elasticsearch\nDEPESZA_INDEXER_URL=http://127.0.0.1:9\n"
        booted("sh", "-c", "umask 077 && cat > /etc/depesza/environment", given=own.encode())
        booted.start("depesza.service", *workers)
        until(lambda: all("leads" in booted.shown(unit, "StatusText") for unit in workers))
        until(lambda: booted.articles(store) > 3)
        with database.read() as connection:
            there = processes.read(connection, datetime.now(UTC))
        assert sorted(one.kind for one in there) == ["service", "worker", "worker"]
        assert booted("systemctl", "reload", *workers) == ""
        assert booted("systemctl", "stop", "depesza.service", *workers) == ""
        for unit in ("depesza.service", *workers):
            assert (unit, booted.shown(unit, "Result"), booted.shown(unit, "NRestarts")) == (unit, "success", "0")
        with database.read() as connection:
            assert processes.read(connection, datetime.now(UTC)) == (), "all signed off"
