"""One writer at a time: a lock on a file that the system lets go when its holder dies, also by kill -9."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from crawler.errors import IndexLater


class WriteLock:
    """A lock on `file`, across processes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stream: IO[bytes] | None = None

    def take(self) -> None:
        """Take it; raises IndexLater when somebody else holds it."""
        if self._stream is not None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        stream = self._file.open("ab")
        try:
            _lock(stream)
        except OSError:
            stream.close()
            raise IndexLater(f"another process writes the search index ({self._file}); what is queued stays queued") from None
        self._stream = stream

    def release(self) -> None:
        """Let it go."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for a while; when it is held already, it stays held."""
        was_held = self._stream is not None
        self.take()
        try:
            yield
        finally:
            if not was_held:
                self.release()


def _lock(stream: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt

        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
