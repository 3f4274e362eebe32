"""The Dockerfile's steps, carried out without Docker: an overlay of this machine's root in a mount namespace, then read-only as a user.

What differs from a real build: the base image is this machine with its own Python, and layers, labels and the registry are not
looked at. What does not: only the files that `.dockerignore` lets through are there to copy, each RUN line runs as it stands, and
the program runs as the image's user, without capabilities, on a root that nobody can write. Needs Linux, root and overlayfs.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
_PYTHON = "/opt/python"
"""Where this machine's Python stands in it: it may lie in a home folder, which the sandbox of a unit hides."""
_WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""What stands before the first process of a namespace: it dies with the test run, also when that is killed."""
_PREPARE = """
mount --make-rprivate /
mount -t tmpfs -o size=4g,mode=755 tmpfs "$1"
for stage in $2; do
  mkdir -p "$1/$stage.upper" "$1/$stage.work" "$1/$stage"
  mount -t overlay -o "lowerdir=/,upperdir=$1/$stage.upper,workdir=$1/$stage.work" overlay "$1/$stage"
  mount -t proc proc "$1/$stage/proc"
  mount --rbind /dev "$1/$stage/dev"
  mkdir -p "$1/$stage$4"
  mount --bind "$3" "$1/$stage$4"
  mount -o remount,bind,ro "$1/$stage$4"
  echo "$4/lib" > "$1/$stage/etc/ld.so.conf.d/000-python.conf"
  chroot "$1/$stage" ldconfig
done
touch "$1/ready"
exec sleep 1000000
"""


def missing(what: str, consequence: str) -> NoReturn:
    """Skip loudly, or fail where all must run (`DEPESZA_TEST_REQUIRE=all`)."""
    if os.environ.get("DEPESZA_TEST_REQUIRE") == "all":
        raise AssertionError(f"{what} is missing: {consequence}")
    pytest.skip(f"NO {what}: {consequence}")


@dataclass
class Stage:
    """What a Dockerfile says of one stage."""

    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, word: str) -> str:
        """The argument of the last instruction of that word."""
        return next(said for instruction, said in reversed(self.steps) if instruction == word)

    def listed(self, word: str) -> list[str]:
        """The exec form of the last instruction of that word."""
        words: list[str] = json.loads(self.last(word)[self.last(word).index("[") :])
        return words


def read_dockerfile(text: str) -> list[Stage]:
    """Its stages in order. Comments and continued lines are understood; heredocs are not."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for whole in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines():
        word, _, said = whole.strip().partition(" ")
        if word == "FROM":
            name = said.split(" AS ")[1] if " AS " in said else f"stage{len(stages)}"
            stages.append(Stage(name=name))
        if word and stages:
            stages[-1].steps.append((word, said.strip()))
    return stages


def context_files() -> list[str]:
    """The files of the project that `.dockerignore` lets into the build."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    patterns = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file() and not _ignored(name, patterns)]


def _ignored(name: str, patterns: list[str]) -> bool:
    """The last pattern that fits the file or a folder above it decides, as in Docker."""
    ignored = False
    paths = [name, *(str(parent) for parent in Path(name).parents if str(parent) != ".")]
    for pattern in patterns:
        bare = pattern.removeprefix("!")
        regex = re.compile(fnmatch.translate(bare.replace("**/", "\0")).replace("\0", "(?:.*/)?"))
        if any(regex.match(path) and (bare.startswith("**/") or path.count("/") <= bare.count("/")) for path in paths):
            ignored = not pattern.startswith("!")
    return ignored


class Image:
    """Built in a namespace of its own; everything goes when it is closed."""

    def __init__(self) -> None:
        """Starts the namespace. Raises OSError when this machine cannot."""
        self.stages = read_dockerfile(DOCKERFILE.read_text("utf-8"))
        self._folder = Path(tempfile.mkdtemp(prefix="depesza-image-"))
        self._holder = subprocess.Popen(
            [*_WITH_US, "unshare", "--mount", "--fork", "--kill-child", "sh", "-euc", _PREPARE, "sh", str(self._folder),
             " ".join(stage.name for stage in self.stages), sys.base_prefix, _PYTHON],
            stderr=subprocess.PIPE,
        )  # fmt: skip
        while self._inside("test", "-e", f"{self._folder}/ready").returncode != 0:
            if self._holder.poll() is not None:
                said = self._holder.stderr.read().decode() if self._holder.stderr else ""
                raise OSError(f"no overlay of the root here: {said.strip()}")
        self._environment: dict[str, str] = {}

    def close(self) -> None:
        """End whatever still runs in it."""
        self._holder.kill()
        self._holder.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def build(self) -> None:
        """Every step of every stage. Raises AssertionError with what a step said."""
        for stage in self.stages:
            root, where = self._folder / stage.name, "/"
            self._environment = {name: value for name, value in os.environ.items() if not name.startswith("DEPESZA_")}
            self._environment["PATH"] = f"{_PYTHON}/bin:{os.environ['PATH']}"
            for word, said in stage.steps:
                if word == "RUN":
                    self._must(stage.name, where, said)
                elif word == "WORKDIR":
                    where = self._expand(said)
                    self._must(stage.name, "/", f"mkdir -p {where}")
                elif word == "COPY":
                    self._copy(root, where, said)
                elif word in ("ENV", "ARG"):
                    for name, _, value in (one.partition("=") for one in shlex.split(said)):
                        self._environment[name] = self._expand(value)
        self.final = self.stages[-1]

    def start(self, *words: str, volume: Path, writable: tuple[str, ...] = ("/tmp",)) -> subprocess.Popen[str]:
        """Run these words as the image's user: root read-only, `volume` in its place, tmpfs where compose.yaml has them."""
        user, _, group = self.final.last("USER").partition(":")
        root, home = self._folder / self.final.name, self.final.last("WORKDIR")
        script = f"""
        mount --rbind {root} {root} && cd {root}
        mount --bind {volume} .{self.final.last("VOLUME")}
        mount -o remount,bind,ro .
        for one in {" ".join(writable)}; do mount -t tmpfs -o mode=1777,noexec,nosuid,nodev tmpfs .$one; done
        exec chroot . setpriv --reuid {user} --regid {group} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
          sh -c 'cd {home} && exec "$@"' sh "$@"
        """
        kept = {name: value for name, value in self._environment.items() if name in ("LANG", "LC_ALL")}
        own = {name for word, said in self.final.steps if word == "ENV" for name in re.findall(r"(\w+)=", said)}
        environment = kept | {name: self._environment[name] for name in own}
        return subprocess.Popen(
            [*_WITH_US, "nsenter", f"--target={self._holder.pid}", "--mount", "unshare", "--mount", "--propagation=private", "sh", "-euc", script, "sh", *words],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def boot(self, units: Path) -> subprocess.Popen[str]:
        """systemd as the first process of a machine of its own: the image's root, `units` as its system units, nothing else started."""
        root = self._folder / self.final.name
        script = f"""
        cd {root}
        mount --rbind . . && cd {root}
        mount -t tmpfs -o mode=755 tmpfs run
        mount -t proc proc proc
        mount --rbind /sys sys
        mkdir -p run/units.cgroup && mount -t cgroup2 cgroup2 run/units.cgroup && umount -R sys/fs/cgroup 2>/dev/null || true
        mount --move run/units.cgroup sys/fs/cgroup
        mkdir -p run/systemd/system old && cp -r {units}/* run/systemd/system/
        pivot_root . old && umount -l /old
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=trial SYSTEMD_LOG_TARGET=console /lib/systemd/systemd --system --unit=trial.target
        """
        return subprocess.Popen(
            [*_WITH_US, "nsenter", f"--target={self._holder.pid}", "--mount", "unshare", "--mount", "--propagation=private", "--pid", "--uts", "--ipc",
             "--cgroup", "--fork", "--kill-child", "sh", "-euxc", script],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def _copy(self, root: Path, where: str, said: str) -> None:
        *sources, to = said.split()
        if sources[0].startswith("--from="):
            _, origin = sources[0].split("=")
            done = self._inside("sh", "-euc", f"mkdir -p {root}{to}; mount --bind {self._folder / origin}{sources[1]} {root}{to}")
            assert done.returncode == 0, done.stderr
            return
        target = f"{root}{to if to.startswith('/') else f'{where}/{to}'}"
        for source in sources:
            names = [name for name in context_files() if name == source or name.startswith(f"{source}/")]
            assert names, f"COPY {said}: .dockerignore lets no {source} through"
            folder = (ROOT / source).is_dir()
            listed = "".join(f"{name}\n" for name in names)
            base = source if folder else str(Path(source).parent)
            script = (
                f"mkdir -p {target}; sed 's|^{base}/||' | tar --create --directory={ROOT / base} --files-from=- "
                f"| tar --extract --no-same-owner --directory={target}"
            )
            done = self._inside("sh", "-euc", script, given=listed)
            assert done.returncode == 0, done.stderr

    def _expand(self, text: str) -> str:
        return re.sub(r"\$\{?(\w+)\}?", lambda match: self._environment.get(match[1], ""), text)

    def _must(self, stage: str, where: str, script: str) -> None:
        done = self._inside("chroot", str(self._folder / stage), "sh", "-ec", f"cd {where}\n{script}")
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"

    def _inside(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nsenter", f"--target={self._holder.pid}", "--mount", *words], input=given, capture_output=True, text=True, check=False,
            env=getattr(self, "_environment", None) or None,
        )  # fmt: skip
