"""The server's process: whether it is really ours that lives, and its end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

_STEP_S = 0.05
_KILLED_WITHIN_S = 10.0


def read_pid(path: Path) -> int | None:
    """The process id that the server wrote, or None."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def is_alive(pid: int | None, mark: str) -> bool:
    """Whether the process lives and carries `mark` on its command line: ids are given again after a kill or a restart."""
    return pid is not None and pid > 1 and _carries(pid, mark)


def end(pid: int, mark: str, within_s: float) -> bool:
    """Ask the process to stop, kill it after `within_s` seconds; False when it had to be killed."""
    for number, wait_s in ((signal.SIGTERM, within_s), (signal.SIGKILL, _KILLED_WITHIN_S)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        until = time.monotonic() + wait_s
        while is_alive(pid, mark) and time.monotonic() < until:
            time.sleep(_STEP_S)
        if not is_alive(pid, mark):
            return number == signal.SIGTERM
    return False


def _carries(pid: int, mark: str) -> bool:
    """Whether one of a process's arguments is `mark`; one that has ended, a zombie too, has no arguments."""
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsencode(mark) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
    ps = shutil.which("ps")  # macOS
    if ps is None:
        return False
    told = subprocess.run([ps, "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return f"{mark} " in told.stdout.replace("\n", " ")
