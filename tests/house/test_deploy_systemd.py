"""The units of deploy/systemd: correct for systemd itself, sandboxed, and naming what Depesza has.

That they really run is tested in `test_deploy_image`, by a systemd of its own.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from scheduler.config import SchedulerSettings
from tests.house.image import ROOT, missing
from tests.house.test_readme import fault

SYSTEMD = ROOT / "deploy" / "systemd"
SERVICES = sorted(SYSTEMD.glob("*.service"))
PROGRAM = "/opt/depesza/bin/depesza"
EXPOSURE = 15
"""Tenths: `systemd-analyze security` gives 0 to 10, where 10 is all that root may."""


def values(path: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", path.read_text("utf-8"), re.MULTILINE)


def seconds(path: Path, key: str) -> float:
    (value,) = values(path, key)
    return float(value)


def numbered(path: Path) -> str:
    """The name of a unit as it is started: of a template the first."""
    return path.name.replace("@.", "@1.")


@pytest.fixture
def analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        missing("systemd-analyze", "the units are not verified")
    return str(program)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units with a program that exists on this machine, and a worker that has a number."""
    for path in [*SERVICES, *SYSTEMD.glob("*.timer")]:
        (tmp_path / numbered(path)).write_text(path.read_text("utf-8").replace(PROGRAM, "/bin/true"), "utf-8")
    return tmp_path


def test_systemd_has_nothing_to_say_against_them(analyze: str, units: Path) -> None:
    names = [f"./{one.name}" for one in sorted(units.iterdir())]
    done = subprocess.run(
        [analyze, "verify", "--man=no", "--generators=no", *names], cwd=units, capture_output=True, text=True, check=False
    )
    told = [line for line in done.stderr.splitlines() if "depesza" in line]  # of this machine's other units it tells too
    assert (done.returncode, told) == (0, [])


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_the_sandbox_is_tight(analyze: str, units: Path, path: Path) -> None:
    done = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE}", f"./{numbered(path)}"],
        cwd=units, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.splitlines()[-1:]


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_its_command_exists_and_its_sandbox_is_that_of_all(path: Path) -> None:
    (started,) = values(path, "ExecStart")
    program, *call = shlex.split(started)
    assert program == PROGRAM and fault(call) is None
    assert not values(path, "PrivateNetwork"), "the crawler needs the network"
    sandbox = path.read_text("utf-8").partition("# What it may:")[2].partition("\n\n")[0].partition("\n# Made by")[0]
    first = SERVICES[0].read_text("utf-8").partition("# What it may:")[2].partition("\n\n")[0].partition("\n# Made by")[0]
    assert sandbox.strip() == first.strip() != ""


@pytest.mark.parametrize("name", ["depesza.service", "depesza-worker@.service"])
def test_service_and_workers_tell_systemd_how_they_are_and_get_time_to_end(name: str) -> None:
    path = SYSTEMD / name
    assert values(path, "Type") == ["notify"] and seconds(path, "WatchdogSec") >= 60
    assert values(path, "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert values(path, "KillMode") == ["mixed"], "the parent ends its children in order"
    needed = float(SchedulerSettings().stop_within.removesuffix("s")) + 5
    assert seconds(path, "TimeoutStopSec") > needed


@pytest.mark.parametrize("path", [path for path in SERVICES if "backup" not in path.name], ids=lambda path: path.name)
def test_what_runs_is_started_again_without_end_unless_its_configuration_is_wrong(path: Path) -> None:
    """A store that is away for an hour must not end a unit for good, as ten starts in ten minutes would."""
    assert values(path, "Restart") == ["on-failure"] and values(path, "RestartPreventExitStatus") == ["2"]
    assert values(path, "StartLimitIntervalSec") == ["0"] and seconds(path, "RestartSec") >= 5


def test_the_folder_of_the_backups_is_made_and_is_all_that_may_be_written_besides() -> None:
    backup = SYSTEMD / "depesza-backup.service"
    (folder,) = values(backup, "ReadWritePaths")
    (started,) = values(backup, "ExecStart")
    assert folder in shlex.split(started)
    assert f"d {folder} 0700 depesza depesza" in (SYSTEMD / "depesza.tmpfiles").read_text("utf-8")
    assert not [path.name for path in SERVICES if path != backup and values(path, "ReadWritePaths")]


def test_every_file_is_named_in_the_notes() -> None:
    text = (SYSTEMD.parent / "README.md").read_text("utf-8")
    assert [path.name for path in SYSTEMD.iterdir() if path.name not in text and path.stem not in text] == []
