"""The hostile server, and the real fetcher in a child process (a reactor cannot start twice in one)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import util
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def _load(name: str) -> Any:
    # test folders are no packages: a helper beside the tests is loaded by its path
    spec = util.spec_from_file_location(f"spider_tests_{name}", HERE / f"{name}.py")
    assert spec and spec.loader
    module = sys.modules.setdefault(spec.name, util.module_from_spec(spec))
    if not hasattr(module, "__loaded__"):
        spec.loader.exec_module(module)
        module.__loaded__ = True
    return module


@pytest.fixture(scope="session")
def hostile() -> Any:
    """The module `hostile_server`: answers and misbehaviour."""
    return _load("hostile_server")


@pytest.fixture(scope="module")
def server(hostile: Any) -> Iterator[Any]:
    """A hostile server on loopback."""
    with hostile.HostileServer() as running:
        yield running


@pytest.fixture(scope="session")
def fetch_all() -> Callable[..., dict[str, Any]]:
    """Fetch a list of orders in one child; gives key -> what came of it."""

    def fetch(wanted: list[dict[str, Any]], time_limit_s: float = 2.0, environ: dict[str, str] | None = None, **more: Any) -> Any:
        order = json.dumps({"wanted": wanted, "time_limit_s": time_limit_s, **more})
        done = subprocess.run(
            [sys.executable, "-P", str(HERE / "fetch_child.py")], input=order, capture_output=True, text=True, timeout=110,
            cwd=HERE.parents[2], env={**os.environ, "PYTHONPATH": str(HERE.parents[2]), **(environ or {})}, check=False,
        )  # fmt: skip
        assert done.returncode == 0 and done.stdout, done.stderr[-3000:]
        return json.loads(done.stdout)

    return fetch
