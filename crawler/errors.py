"""The errors of the house. Each class tells its caller what to do next; the message tells a person."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

_VAGUE = ("disk I/O error", "unable to open database")
"""What SQLite says when its shared memory or log finds no room, but not only then ..."""
_HARDLY_ROOM_BYTES = 2 << 20
"""... so where less than this is left, want of room is taken for the reason."""


class DepeszaError(Exception):
    """Base of every error that Depesza raises on purpose. Its text is written for the person at the keyboard."""


class ConfigError(DepeszaError):
    """A setting, outlet or agency file is wrong. The message names the file, the key and what to do. Exit code 2."""


class BackendUnavailable(DepeszaError):
    """A database or search engine cannot be used now (down, locked, older schema). Exit code 3."""


class FetchLater(DepeszaError):
    """The address may answer later: try again after `retry_after_s` seconds (None: the usual back-off)."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s


class FetchNever(DepeszaError):
    """The address must not be asked again (refused by robots, private address, gone)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NormalizeError(DepeszaError):
    """A page gave no article. `reason` says why in words; `kind` is the value of the `crawler.model.run.Outcome` it ends in:
    "no text" (dead letter, tried again by `renormalize`), "blocked" (consent wall, challenge, login wall),
    "gone" (soft 404, redirect to the front page), "no article" (index page, gallery listing), "broken" (limits, crash).
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason

    def __reduce__(self) -> tuple[type[NormalizeError], tuple[str, str]]:
        return (type(self), (self.kind, self.reason))


class IndexLater(DepeszaError):
    """The engine cannot take documents now; the outbox keeps them. Send the same ids again."""


def full_disk(folder: Path, error: BaseException) -> str | None:
    """What to say and to do when there was no room in `folder` (SAFETY F8); None when `error` says something else."""
    said = str(error)
    is_full = getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in said or "No space left" in said
    if not is_full and any(vague in said for vague in _VAGUE):
        is_full = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free < _HARDLY_ROOM_BYTES
    if not is_full:
        return None
    return f"the disk that holds {folder} is full: make room, then run the command again; what is filed is kept, the rest waits"


class QueryError(DepeszaError):
    """A query that cannot be run even literally (too long, too deep). The message says which limit."""
