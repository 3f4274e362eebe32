"""Where a long batch stood, kept beside its output, so that a run that was killed is taken up again.

While `OUT` is being made there are `OUT.part`, what is written so far, and `OUT.state`: how long `OUT.part` was at some moment
and everything the batch knew then. A run cuts `OUT.part` back to that and goes on, which gives the same bytes as a run without
a break. Not here: what a batch knows (`batch_stories`).
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, is_dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from importlib import import_module
from importlib.metadata import version
from io import SEEK_END, BufferedReader
from pathlib import Path
from typing import Any, TextIO

from crawler.errors import ConfigError

KEEP_S = 60.0
"""The state is kept so often, and never so often that it takes more than a twentieth of the time."""
_SHARE = 20
_UNREADABLE = (OSError, EOFError, ValueError, AttributeError, ImportError, TypeError, pickle.UnpicklingError)
"""What reading a state that is not there, or not whole, may raise."""
_PLAIN: dict[tuple[str, str], Any] = {
    ("datetime", "datetime"): datetime,
    ("datetime", "timedelta"): timedelta,
    ("datetime", "timezone"): timezone,
    ("collections", "Counter"): Counter,
    ("collections", "deque"): deque,
    ("array", "array"): array,
    ("array", "_array_reconstructor"): array.__reduce_ex__(array("Q"), 3)[0],
}
"""What a state may consist of, beside the dataclasses of the crawler and the window."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The state of a batch: how many articles are through, and what it knew after them."""

    done: int
    knowledge: Any


class Unfinished:
    """An output that is being made, and may be taken up again. Raises ConfigError when it cannot be written."""

    def __init__(self, out: Path, articles: BufferedReader, keep_s: float = KEEP_S) -> None:
        """`articles` is read through: a state is of that content and of this version of the program, or of none."""
        self._out = out
        self._part = out.with_name(f"{out.name}.part")
        self._state = out.with_name(f"{out.name}.state")
        self._identity = (hashlib.file_digest(articles, "sha256").hexdigest(), version("depesza"), sys.version_info[:2])
        articles.seek(0)
        self._keep_s = keep_s
        self._next = time.monotonic() + keep_s

    def open(self) -> tuple[TextIO, Kept | None]:
        """Where to write on, and the state to go on from; None: from the beginning."""
        kept, length = self._read()
        try:
            file = self._part.open("r+" if kept else "w", encoding="utf-8")
            file.truncate(length)
            file.seek(0, SEEK_END)
        except OSError as error:
            raise ConfigError(f"{self._part}: cannot be written: {error.strerror}") from None
        return file, kept

    def keep(self, file: TextIO, done: int, knowledge: Callable[[], Any]) -> None:
        """Keep the state if it is time to. A kill at any moment leaves this one or the one before."""
        if (began := time.monotonic()) < self._next:
            return
        file.flush()
        os.fsync(file.fileno())
        fresh = self._state.with_name(f"{self._state.name}.new")
        with fresh.open("wb") as state:
            pickle.dump((self._identity, os.fstat(file.fileno()).st_size, done), state)
            pickle.dump(knowledge(), state, protocol=pickle.HIGHEST_PROTOCOL)
            state.flush()
            os.fsync(state.fileno())
        fresh.replace(self._state)
        now = time.monotonic()
        self._next = now + max(self._keep_s, _SHARE * (now - began))

    def finish(self, file: TextIO) -> None:
        """All is written: `OUT` is there, complete."""
        file.flush()
        os.fsync(file.fileno())
        self._part.replace(self._out)
        self._state.unlink(missing_ok=True)

    def _read(self) -> tuple[Kept | None, int]:
        """The state and the length of what was written then; (None, 0) when there is none that fits."""
        with suppress(*_UNREADABLE), self._state.open("rb") as state:
            identity, length, done = _Reader(state).load()
            if identity == self._identity and self._part.stat().st_size >= length:
                return Kept(done, _Reader(state).load()), length
        return None, 0


class _Reader(pickle.Unpickler):
    """Reads back values, and refuses every name of code that is not one of our own records."""

    def find_class(self, module: str, name: str) -> Any:
        """A class that a state may hold. Raises UnpicklingError for any other."""
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        if module.startswith("crawler.") and "." not in name:
            found = getattr(import_module(module), name)
            if isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum) or name == "MemoryWindow"):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a state")
