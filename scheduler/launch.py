"""Starting a crawl as a child process and believing only its report.

Scrapy's reactor cannot be started twice in one process, and its exit code is 0 after SIGTERM: so every batch gets a process
of its own, and what happened is what its report says. Not here: what is crawled (`scheduler.crawling`) and when
(`scheduler.service`).
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import pydantic

import crawler
from crawler.errors import BackendUnavailable, full_disk
from crawler.model.run import CrawlPlan, OutletReport, RunReport
from crawler.store import leases, runs
from crawler.store.database import open_database
from scheduler.child_log import outlet_done

STOP_S = 25.0
"""A stopped crawl gets this long to finish its pages (SAFETY F28: a container gives 30 s)."""
_LAST_LINES = 20
_NO_STORE = 3
"""Exit code of a child that could not use the store or the data folder."""
_REPORTS_KEPT = 200
_RUNS_LOOKED_AT = 100
_STEP_S = 0.1
_PLAN = pydantic.TypeAdapter(CrawlPlan)
_REPORT = pydantic.TypeAdapter(RunReport)


def launch_crawl(
    plan: CrawlPlan,
    timeout_s: float,
    *,
    stop: threading.Event | None = None,
    on_line: Callable[[str], None] | None = None,
    on_outlet: Callable[[OutletReport], None] | None = None,
    stop_within_s: float = STOP_S,
) -> RunReport:
    """Run `python -m crawler.run` on the plan and return its report.

    After `timeout_s`, when `stop` is set, or on Ctrl-C the child gets SIGTERM, and `stop_within_s` later SIGKILL. A child
    that ends without a report gives one with `finished=False` and the reason, and its row in the store is closed. `on_line`
    gets every line the child writes, `on_outlet` the report of each outlet that is done while others are not; both from the
    thread that reads, which must not wait. Ctrl-C is raised again when the child has ended.
    """
    plan = dataclasses.replace(plan, tell_outlets=on_outlet is not None)
    plan_path = plan.report_path.with_suffix(".plan.json")
    try:
        plan.report_path.parent.mkdir(parents=True, exist_ok=True)
        _write_private(plan_path, _PLAN.dump_json(plan))
    except OSError as error:
        said = full_disk(plan_path.parent, error) or f"the plan of the crawl cannot be written: {error}"
        raise BackendUnavailable(said) from error
    started_at = datetime.now(UTC)
    try:
        child = _Child(plan_path, on_line, on_outlet)
        cut_short, interrupt = child.wait(timeout_s, stop, stop_within_s)
    finally:
        plan_path.unlink(missing_ok=True)
    report = _read_report(plan.report_path)
    if report is None:
        child.kill()
        report = RunReport(
            run_id=plan.run_id, started_at=started_at, finished_at=datetime.now(UTC), finished=False,
            error=_death(child.code, cut_short, child.last_lines), store_lost=child.code == _NO_STORE,
        )  # fmt: skip
        if not plan.probe:
            with contextlib.suppress(BackendUnavailable):  # then the row and the leases expire
                _close_run(plan)
    _prune(plan.report_path.parent)
    if interrupt:
        raise interrupt
    return report


class _Child:
    """The child process and the thread that reads what it writes."""

    def __init__(
        self, plan_path: Path, on_line: Callable[[str], None] | None, on_outlet: Callable[[OutletReport], None] | None
    ) -> None:
        home = str(Path(crawler.__file__).parents[1])
        path = os.pathsep.join(part for part in (home, os.environ.get("PYTHONPATH")) if part)
        # -P: a folder `crawler` where the command is typed must not be taken for ours. A session of its own: Ctrl-C in the
        # terminal reaches us alone, and we stop the child in order.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "crawler.run", str(plan_path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, env={**os.environ, "PYTHONPATH": path}, start_new_session=True,
        )  # fmt: skip
        self.last_lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._on_line, self._on_outlet = on_line, on_outlet
        self._reader = threading.Thread(target=self._read, name="crawl-output", daemon=True)
        self._reader.start()

    @property
    def code(self) -> int | None:
        """Exit code, negative for a signal."""
        return self._process.returncode

    def wait(
        self, timeout_s: float, stop: threading.Event | None, stop_within_s: float
    ) -> tuple[str | None, KeyboardInterrupt | None]:
        """Wait for the end; returns why it was cut short (None: it was not) and the Ctrl-C to raise again."""
        deadline = time.monotonic() + timeout_s
        reason, interrupt = None, None
        try:
            while self._process.poll() is None and reason is None:
                if stop is not None and stop.is_set():
                    reason = "it was stopped"
                elif time.monotonic() >= deadline:
                    reason = f"it took longer than {timeout_s:g} s"
                else:
                    self._pause(_STEP_S)
        except KeyboardInterrupt as error:
            reason, interrupt = "it was stopped", error
        if reason is not None:
            self._end(stop_within_s)
        self._reader.join(timeout=2)
        return reason, interrupt

    def _pause(self, seconds: float) -> None:
        try:
            self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            pass

    def _end(self, within_s: float) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=within_s)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):  # a second Ctrl-C means now
            self.kill()

    def kill(self) -> None:
        """The child, if it still lives, and its page workers, which share its session."""
        try:
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()
        except (ProcessLookupError, PermissionError):
            pass
        self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            self._read_lines(lines)

    def _read_lines(self, lines: IO[bytes]) -> None:
        for raw in lines:
            text = raw.decode("utf-8", "replace").rstrip()
            if self._on_outlet is not None and (report := outlet_done(text)) is not None:
                self._on_outlet(report)
                continue
            self.last_lines.append(text)
            if self._on_line is not None and text:
                with contextlib.suppress(OSError):  # the log's disk may be full: the child goes on, for its lines are read on
                    self._on_line(text)


def _death(code: int | None, cut_short: str | None, last_lines: deque[str]) -> str:
    how = f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    reason = f"the crawl ended without a report ({how}" + (f": {cut_short})" if cut_short else ")")
    said = next((text for text in reversed(last_lines) if text.strip()), "")
    return f"{reason}; its last line: {said[:300]}" if said else reason


def _read_report(path: Path) -> RunReport | None:
    try:
        return _REPORT.validate_json(path.read_bytes())
    except (OSError, pydantic.ValidationError):
        return None


def _close_run(plan: CrawlPlan) -> None:
    """A child that died holds its row and its leases until they expire; we know better."""
    database = open_database(plan.store_url, migrate=False)
    try:
        with database.write() as connection:
            runs.close_died(connection, plan.run_id, datetime.now(UTC))
            for run in runs.list_runs(connection, limit=_RUNS_LOOKED_AT):
                if run.id == plan.run_id:  # its owner's name holds the child's process id, which the plan cannot know
                    leases.release(connection, run.owner)
    finally:
        database.close()


def _write_private(path: Path, data: bytes) -> None:
    """The plan may hold the store's password."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _prune(folder: Path) -> None:
    """Reports live in the store too: of the files, the newest are kept."""
    reports = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in reports[_REPORTS_KEPT:]:
        path.unlink(missing_ok=True)
