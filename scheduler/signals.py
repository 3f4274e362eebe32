"""Signals of a process that runs until it is stopped, and its end."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import Protocol

ENDS_WITHIN_S = 1.0


class Running(Protocol):
    """A service or a worker."""

    def run(self) -> None:
        """Until `stop`."""

    def stop(self) -> None:
        """End in order."""

    def reload(self) -> None:
        """Read the catalogue again."""


def run_until_signal(running: Running) -> None:
    """Run in the main thread; SIGTERM and SIGINT end it in order, SIGHUP reads catalogue and timetable again."""
    for name in ("SIGTERM", "SIGINT"):
        signal.signal(getattr(signal, name), lambda *_: running.stop())
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: running.reload())
    running.run()


def end_process(code: int) -> None:
    """End now, whatever thread still waits for a server that does not answer: what it did not do is done after the next start."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        if time.monotonic() > deadline:
            logging.shutdown()
            os._exit(code)
        time.sleep(0.02)
    sys.exit(code)
