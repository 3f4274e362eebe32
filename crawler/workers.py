"""A pool of processes for heavy pure work on pages, with a hard limit of time and memory a page; a worker over it is killed and replaced.

Each worker is a fresh interpreter (no fork of a process with threads, a reactor or a database connection; no import of the
caller's main module, so no Scrapy) that reads tasks from a pipe. Not here: what the work is (`crawler.normalize`,
`crawler.batch_extract`), Scrapy (`crawler.spiders`).

Why our own: `concurrent.futures` cannot kill one worker, billiard forks and finds a lost worker after ten seconds, pebble is
LGPL (November 2026).
"""

from __future__ import annotations

import itertools
import mmap
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from crawler.errors import NormalizeError

T = TypeVar("T")

START_LIMIT_S = 60.0
"""A fresh worker loads the libraries and models of extraction before its first page; that does not count against the page."""
PAGES_A_WORKER = 2000
"""After so many pages a worker is replaced, so that whatever a library leaks stays small."""
SWOLLEN_BYTES = 320 << 20
"""A worker that holds more after a page is replaced: a page near the limits leaves its heap behind (456 MB in a soak of 28 November
2026), a worker that met only sound ones stands at 165 MB."""
_GRACE_S = 5
"""A worker whose parent was killed ends itself so long after the limit, even in the middle of an endless page."""
_START = "import sys; from crawler.workers import serve; serve(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))"
_WARM_UP = "crawler.normalize.warming"
"""Its `warm_up` runs in a new worker before the first page; by name, so that the parent imports nothing of it."""
_PAGE_BYTES = mmap.PAGESIZE
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
MOST_SHARED = 1000
"""Shared values that a worker holds before it is replaced: outlets and their templates, 10 kB each."""


class Shared(Generic[T]):
    """A value that many tasks are given: it is pickled once, and goes to each worker once. Frozen, for nobody hears of a change.

    Pickling the outlet and the names of all agencies with every page cost 2 ms a page, half of what fetching it did.
    """

    def __init__(self, value: T) -> None:
        self.value = value
        self.token = next(_TOKENS)
        self.payload = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


class _Given(NamedTuple):
    """Stands for a shared value among a task's arguments."""

    token: int


_TOKENS = itertools.count()
_Task = tuple[Future[Any], bytes, tuple[Shared[Any], ...]]


class PagePool:
    """`size` workers, each at one page at a time.

    A page over `time_limit_s` seconds or `memory_limit_bytes` bytes (beyond what the idle worker holds), or one that crashes its
    worker, ends as NormalizeError("broken", why); every other error of the function arrives as it was raised. No page is
    lost: each future gets a result or an exception. Thread-safe; use as a context manager or call `close`.
    """

    def __init__(self, size: int, time_limit_s: float = 10.0, memory_limit_bytes: int = 1 << 30) -> None:
        if size < 1 or time_limit_s <= 0 or memory_limit_bytes <= 0:
            raise ValueError("a pool needs at least one worker, and limits above zero")
        self._limits = (time_limit_s, memory_limit_bytes)
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._keepers = [_Keeper(self._tasks, *self._limits) for _ in range(size)]
        for keeper in self._keepers:
            keeper.start()

    def submit(self, function: Callable[..., T], *args: object) -> Future[T]:
        """Run `function(*args)` in a worker. Both must be picklable; the function is found by its module's name there. Of an argument
        that is `Shared` it gets the value.

        Raises RuntimeError after `close`, and what pickle raises for arguments it cannot take.
        """
        shared = tuple(one for one in args if isinstance(one, Shared))
        plain = tuple(_Given(one.token) if isinstance(one, Shared) else one for one in args)
        task = pickle.dumps((function, plain), protocol=pickle.HIGHEST_PROTOCOL)
        future: Future[T] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._tasks.put((future, task, shared))
        return future

    def close(self) -> None:
        """Finish what is submitted, then end the workers. Safe to call twice."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for _ in self._keepers:
                    self._tasks.put(None)
        for keeper in self._keepers:
            keeper.join()

    def kill(self) -> None:
        """End at once: pages under way and waiting end as NormalizeError("broken", "the pool was stopped")."""
        with self._lock:
            self._closed = True
        for keeper in self._keepers:
            keeper.stopped = True
        for keeper in self._keepers:
            self._tasks.put(None)
            keeper.kill_worker()
        for keeper in self._keepers:
            keeper.join()

    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are alive now."""
        return tuple(pid for keeper in self._keepers if (pid := keeper.pid) is not None)

    def __len__(self) -> int:
        return len(self._keepers)

    def __enter__(self) -> PagePool:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Keeper(threading.Thread):
    """Keeps one worker alive, feeds it, and kills it when a page goes over the limit."""

    def __init__(self, tasks: queue.SimpleQueue[_Task | None], time_limit_s: float, memory_limit_bytes: int) -> None:
        super().__init__(name="page-pool", daemon=True)
        self._tasks = tasks
        self._time_limit_s = time_limit_s
        self._memory_limit_bytes = memory_limit_bytes
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._pages = 0
        self._given: set[int] = set()
        """Shared values that the worker has."""
        self.stopped = False

    @property
    def pid(self) -> int | None:
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def run(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, payload, shared = task
            if not future.set_running_or_notify_cancel():
                continue
            if self.stopped:
                future.set_exception(NormalizeError("broken", "the pool was stopped"))
                continue
            try:
                answer = self._run_task(payload, shared)
            except Exception as error:
                future.set_exception(
                    error if isinstance(error, NormalizeError) else NormalizeError("broken", f"{type(error).__name__}: {error}")
                )
                self.kill_worker()
                continue
            _settle(future, answer)
            if self._pages >= PAGES_A_WORKER or len(self._given) > MOST_SHARED or self._is_swollen():
                self._dismiss()
        self._dismiss()

    def _is_swollen(self) -> bool:
        """False where the system does not tell (other than Linux)."""
        with suppress(OSError, ValueError, IndexError):
            resident = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
            return resident * _PAGE_BYTES > SWOLLEN_BYTES
        return False

    def _run_task(self, payload: bytes, shared: Sequence[Shared[Any]]) -> tuple[bool, Any]:
        """(succeeded, result or error). Raises NormalizeError over a limit."""
        pipe = self._hand_over(payload, shared)
        if not pipe.poll(self._time_limit_s):
            raise NormalizeError("broken", f"took longer than {self._time_limit_s:g} s")
        try:
            ok, value = pickle.loads(pipe.recv_bytes())  # noqa: S301 - written by our own worker
        except (EOFError, OSError):
            raise NormalizeError("broken", self._why_it_died()) from None
        self._pages += 1
        if not ok and isinstance(value, MemoryError):
            raise NormalizeError("broken", f"needed more than {self._memory_limit_bytes >> 20} MB of memory")
        return ok, value

    def _hand_over(self, payload: bytes, shared: Sequence[Shared[Any]]) -> Connection:
        """Send the page to a living worker: one that died while idle is replaced and the page sent again."""
        for _ in range(2):
            pipe = self._pipe or self._start()
            missing = {one.token: one.payload for one in shared if one.token not in self._given}
            try:
                if missing:
                    pipe.send_bytes(pickle.dumps(missing, protocol=pickle.HIGHEST_PROTOCOL))
                    self._given.update(missing)
                pipe.send_bytes(payload)
            except OSError:
                self.kill_worker()
            else:
                return pipe
        raise NormalizeError("broken", "the worker takes no pages")

    def _start(self) -> Connection:
        ours, theirs = Pipe(duplex=True)
        limits = (str(theirs.fileno()), str(self._time_limit_s), str(self._memory_limit_bytes))
        environ = os.environ | dict.fromkeys(_THREADS, "1")
        environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START, *limits], pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, env=environ
        )
        theirs.close()
        self._pipe, self._pages, self._given = ours, 0, set()
        try:
            ready = ours.poll(START_LIMIT_S) and ours.recv_bytes() == b"ready"
        except (EOFError, OSError):
            ready = False
        if not ready:
            raise NormalizeError("broken", f"a worker did not start: {self._why_it_died()}")
        return ours

    def _why_it_died(self) -> str:
        process = self._process
        if process is None:
            return "the worker is gone"
        with suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        code = process.returncode
        if code is not None and code < 0:
            with suppress(ValueError):
                return f"the worker was killed by {signal.Signals(-code).name}"
        return f"the worker ended with exit code {code}"

    def kill_worker(self) -> None:
        """SIGKILL, because a page in native code heeds nothing else."""
        process, pipe = self._process, self._pipe
        self._process = self._pipe = None
        if process is not None:
            process.kill()
            process.wait()
        if pipe is not None:
            with suppress(OSError):
                pipe.close()

    def _dismiss(self) -> None:
        """Let an idle worker end by itself; kill it when it does not."""
        process, pipe = self._process, self._pipe
        if process is not None and pipe is not None:
            with suppress(OSError):
                pipe.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(2.0)
        self.kill_worker()


def _settle(future: Future[Any], answer: tuple[bool, Any]) -> None:
    ok, value = answer
    if ok:
        future.set_result(value)
    else:
        future.set_exception(value)


def serve(descriptor: int, time_limit_s: float, memory_limit_bytes: int) -> None:
    """The worker's side: load what pages need, say "ready", then answer tasks until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    pipe = Connection(descriptor)
    import_module(_WARM_UP).warm_up()
    _limit_memory(memory_limit_bytes)
    pipe.send_bytes(b"ready")
    held: dict[int, Any] = {}
    while True:
        try:
            payload = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        signal.alarm(int(time_limit_s) + _GRACE_S)
        answer = _work(payload, held)
        signal.alarm(0)
        if answer is None:
            continue
        try:
            pipe.send_bytes(answer)
        except OSError:
            return


def _work(payload: bytes, held: dict[int, Any]) -> bytes | None:
    """The answer to a task; None for shared values, which are put into `held`."""
    try:
        task = pickle.loads(payload)  # noqa: S301 - written by our own parent
        if isinstance(task, dict):
            held.update((token, pickle.loads(one)) for token, one in task.items())  # noqa: S301 - as above
            return None
        function, args = task
        args = [held[one.token] if isinstance(one, _Given) else one for one in args]
        return pickle.dumps((True, function(*args)), protocol=pickle.HIGHEST_PROTOCOL)
    except BaseException as error:
        return _error(error)


def _error(error: BaseException) -> bytes:
    with suppress(Exception):
        answer = pickle.dumps((False, error), protocol=pickle.HIGHEST_PROTOCOL)
        pickle.loads(answer)  # noqa: S301 - some errors are written but cannot be read
        return answer
    kind = "broken"
    return pickle.dumps((False, NormalizeError(kind, f"{type(error).__name__}: {str(error)[:500]}")))


def _limit_memory(extra_bytes: int) -> None:
    """Bound the address space to what is in use now and `extra_bytes` more, where the system can (Linux)."""
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError):
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + extra_bytes, used + extra_bytes))
