"""A local Elasticsearch over a data folder: start, stop, status, delete.

The folder holds a small record of ours (which also marks the folder as ours) and the server's own folder with its data, logs
and configuration. Where the user that runs the server cannot reach the folder (root's home, a clone under a folder of mode
0700), the server's own folder lies under /var/lib/depesza instead, and the record says where.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from crawler.errors import BackendUnavailable, ConfigError
from indexer.local_elasticsearch.account import Account, can_reach, choose_account, hand_over
from indexer.local_elasticsearch.configuration import LOOPBACK, ServerOptions, mark_of, write_configuration
from indexer.local_elasticsearch.distribution import VERSION, Installation, install
from indexer.local_elasticsearch.probe import health_at, last_words, port_trouble, tail
from indexer.local_elasticsearch.process import end, is_alive, read_pid

NOTE = "Elastic's test distribution with the core modules only, for development and CI; never for production."
RECORD = "depesza-elasticsearch.json"
ELSEWHERE = Path("/var/lib/depesza")
"""Parent of the server's folder where the data folder cannot be reached by the user that runs it."""
START_WITHIN_S = 180.0
"""9 s on two cores, 30 s on a busy machine (November 2026)."""
STOP_WITHIN_S = 30.0
_RED_WITHIN_S = 60.0
"""A cluster that stays red so long has lost something; it runs nevertheless, and `status` shows the colour."""
_PORT_FREE_WITHIN_S = 3.0
_STEP_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """What is known of a local server."""

    running: bool
    url: str | None
    """Where it answers, or answered last; None if it was never started."""
    pid: int | None
    health: str | None
    """The cluster's colour; "protected" where it asks for a password, None where it does not answer."""
    version: str
    heap: str | None
    user: str | None
    """As whom it was started."""
    data_folder: Path
    server_folder: Path | None
    """Its data, logs and configuration."""
    note: str = NOTE


class LocalElasticsearch:
    """The server over one data folder. Any number of these may stand for the same folder, in any process."""

    def __init__(self, data_folder: Path, options: ServerOptions | None = None, *, run_as: str | None = None) -> None:
        self.options = options or ServerOptions()
        self.data_folder = data_folder.absolute()
        self._run_as = run_as

    @property
    def url(self) -> str:
        """Where it answers when it runs with these options."""
        return self.options.url

    def start(self, within_s: float = START_WITHIN_S) -> bool:
        """Start it and wait until it answers; False when it ran already.

        Raises ConfigError for a folder or an option that cannot be, BackendUnavailable when it does not come up (with its
        last words) or something is missing.
        """
        self._read_record()  # refuses a folder that is not ours, before anything is made in it
        account = choose_account(self._run_as)
        self.data_folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            record = self._read_record()
            if record is not None and (pid := self._running_pid(record)):
                if self._answers(record["url"], self._home(record), time.monotonic() + within_s):
                    return False
                raise BackendUnavailable(f"Elasticsearch (process {pid}) runs but does not answer: `depesza elasticsearch stop`")
            self._check_port()
            installation = install(account)
            home = self._place_home(record, account)
            self._write_record(home, account)
            self._launch(installation, home, account, time.monotonic() + within_s)
        return True

    def stop(self, within_s: float = STOP_WITHIN_S) -> bool:
        """Stop it, kill it if it does not stop in time; False when it did not run. Raises BackendUnavailable if it cannot be."""
        if self._read_record() is None:
            return False
        with self._alone():
            record = self._read_record()
            pid = self._running_pid(record)
            if record is None or pid is None:
                return False
            mark = mark_of(self._home(record))
            try:
                end(pid, mark, within_s)
            except PermissionError:
                raise BackendUnavailable(
                    f"Elasticsearch (process {pid}) was started by another user: stop it as that one"
                ) from None
            if is_alive(pid, mark):
                raise BackendUnavailable(f"Elasticsearch (process {pid}) cannot be stopped, not even killed")
            return True

    def delete(self) -> None:
        """Stop it and remove all that it wrote: data, logs, configuration, our record."""
        record = self._read_record()
        if record is None:
            return
        self.stop()
        shutil.rmtree(self._home(record), ignore_errors=True)
        for name in (RECORD, "lock"):
            (self.data_folder / name).unlink(missing_ok=True)

    def status(self) -> ServerStatus:
        """What is known, asked of the server if it runs. Raises ConfigError for a folder that is not ours."""
        record = self._read_record()
        if record is None:
            return ServerStatus(
                running=False, url=None, pid=None, health=None, version=VERSION, heap=None, user=None,
                data_folder=self.data_folder, server_folder=None,
            )  # fmt: skip
        pid = self._running_pid(record)
        return ServerStatus(
            running=pid is not None, url=record["url"], pid=pid, health=health_at(record["url"]) if pid else None,
            version=record["version"], heap=record["heap"], user=record["user"],
            data_folder=self.data_folder, server_folder=self._home(record),
        )  # fmt: skip

    def last_words(self) -> str:
        """The last lines of what the server wrote: its start, then its log."""
        record = self._read_record()
        return last_words(self._home(record)) if record else ""

    def _read_record(self) -> dict[str, str] | None:
        """None for a folder that is empty or not there yet."""
        path = self.data_folder / RECORD
        try:
            found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
            return {name: found[name] for name in ("url", "version", "heap", "user", "home")}
        except FileNotFoundError:
            if self.data_folder.exists() and any(one.name != "lock" for one in self.data_folder.iterdir()):
                raise ConfigError(
                    f"{self.data_folder} holds files of somebody else: give --data-folder one that is empty or not there yet"
                ) from None
            return None
        except NotADirectoryError:
            raise ConfigError(f"{self.data_folder} is a file: give --data-folder a folder") from None
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path} is damaged ({error}): remove it and its folder, or put it back from a backup") from None

    def _write_record(self, home: Path, account: Account) -> None:
        inside = home.parent == self.data_folder  # relative then: the folder may be moved
        record = {
            "note": NOTE, "version": VERSION, "url": self.options.url, "heap": self.options.heap, "user": account.name,
            "home": home.name if inside else str(home),
        }  # fmt: skip
        half = self.data_folder / f"{RECORD}.new"
        half.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        half.replace(self.data_folder / RECORD)

    def _home(self, record: dict[str, str]) -> Path:
        return self.data_folder / record["home"]

    def _running_pid(self, record: dict[str, str] | None) -> int | None:
        if record is None:
            return None
        home = self._home(record)
        pid = read_pid(home / "pid")
        return pid if is_alive(pid, mark_of(home)) else None

    def _check_port(self) -> None:
        """Raises BackendUnavailable for a port in use; a server that was killed just now gets a moment to let go of it."""
        until = time.monotonic() + _PORT_FREE_WITHIN_S
        while why := port_trouble(self.options.port):
            if time.monotonic() > until:
                raise BackendUnavailable(
                    f"port {self.options.port} of {LOOPBACK} cannot be used ({why}): give another with --port"
                )
            time.sleep(_STEP_S)

    def _place_home(self, record: dict[str, str] | None, account: Account) -> Path:
        """The server's folder, made if needed: where it was, else in the data folder, else where its user can reach it."""
        home = self._home(record) if record else self.data_folder / "server"
        if not home.exists():
            if can_reach(account, self.data_folder):
                home = self.data_folder / "server"
                home.mkdir()
            else:
                ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
                home = Path(tempfile.mkdtemp(prefix="elasticsearch-", dir=ELSEWHERE))
        if not can_reach(account, home.parent):
            raise ConfigError(
                f"the user {account.name} cannot reach {home}: open the folders above it (chmod o+x), or take another --data-folder"
            )
        for name in ("data", "logs", "tmp"):
            (home / name).mkdir(exist_ok=True)
        return home

    def _launch(self, installation: Installation, home: Path, account: Account, until: float) -> None:
        write_configuration(installation.home / "config", home / "config", self.options, home)
        (home / "pid").unlink(missing_ok=True)
        hand_over(account, home)
        home.chmod(0o700)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "ES_JAVA_HOME": str(installation.java_home),
            "ES_PATH_CONF": str(home / "config"), "ES_TMPDIR": str(home / "tmp"), "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        other: dict[str, object] = {}
        if account.is_other:
            other = {"user": account.uid, "group": account.gid, "extra_groups": []}
        with tempfile.TemporaryFile() as said:
            launcher = subprocess.Popen(
                [str(installation.home / "bin" / "elasticsearch"), "-d", "-p", str(home / "pid")], env=environment,
                cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, **other,  # type: ignore[call-overload]  # a mapping of names it knows
            )  # fmt: skip
            try:
                code = launcher.wait(timeout=max(until - time.monotonic(), _STEP_S))
                if code == 0 and self._answers(self.url, home, until):
                    return
                how = f"it ended with exit code {code}" if code else "it does not answer"
            except subprocess.TimeoutExpired:
                how = "it took too long"
            except BaseException:  # Ctrl-C: nothing half started is left behind
                _kill_session(launcher)
                raise
            _kill_session(launcher)
            said.seek(0)
            words = "\n".join([*tail(said.read().decode("utf-8", "replace")), last_words(home)])
        raise BackendUnavailable(f"Elasticsearch did not start on port {self.options.port}: {how}. Its last words:\n{words}")

    def _answers(self, url: str, home: Path, until: float) -> bool:
        """Whether it answers and, as far as it lets us ask, has its indices open: a killed one reads its logs first."""
        patience = time.monotonic() + _RED_WITHIN_S
        while time.monotonic() < until:
            health = health_at(url)
            if health not in (None, "red") or (health and time.monotonic() > patience):
                return True
            if not is_alive(read_pid(home / "pid"), mark_of(home)):
                return False
            time.sleep(_STEP_S)
        return False

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One start or stop of a folder at a time."""
        with (self.data_folder / "lock").open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def _kill_session(launcher: subprocess.Popen[bytes]) -> None:
    """The launcher and the server it started, which share its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(launcher.pid, signal.SIGKILL)
    launcher.wait()
