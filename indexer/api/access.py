"""Who may read and who may write, by the token that is shown. Not here: from where (`guard`), how often (`pace`)."""

from __future__ import annotations

import base64
import binascii
import hmac
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from crawler.store import tokens
from crawler.store.database import Database
from indexer.api.settings import WebSettings

READ, WRITE = "read", "write"
LONGEST = 200
"""Characters of a token that are looked at; ours have 51."""
_REMEMBERED_S = 5.0
"""A revoked token ends at most so much later."""
_REMEMBERED = 1000
_NOTED_EVERY = timedelta(minutes=1)


class Access:
    """What a token allows. For many threads."""

    def __init__(self, database: Database, settings: WebSettings, now: Callable[[], datetime]) -> None:
        self._database, self._read_token, self._now = database, settings.read_token, now
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, frozenset[str]]] = {}
        """Digest of a token -> when it was looked up, and what it allows."""

    @property
    def reading_needs_token(self) -> bool:
        """Whether nobody reads without one."""
        return self._read_token is not None

    def scopes(self, shown: str) -> frozenset[str]:
        """What the shown token allows: "read" and "write", "read", or nothing. Raises BackendUnavailable."""
        if not shown or len(shown) > LONGEST:
            return frozenset()
        if self._read_token is not None and hmac.compare_digest(shown.encode("utf-8", "replace"), self._read_token.encode()):
            return frozenset([READ])
        key = tokens.digest(shown)
        with self._lock:
            at, allowed = self._seen.get(key, (float("-inf"), frozenset[str]()))
        if time.monotonic() - at < _REMEMBERED_S:
            return allowed
        allowed = self._look_up(shown)
        with self._lock:
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[key] = time.monotonic(), allowed
        return allowed

    def _look_up(self, shown: str) -> frozenset[str]:
        with self._database.read() as connection:
            found = tokens.find_token(connection, shown)
        if found is None:
            return frozenset()
        now = self._now()
        if found.last_used_at is None or now - found.last_used_at > _NOTED_EVERY:
            with self._database.write() as connection:
                tokens.note_use(connection, found.id, now)
        return frozenset(found.scopes) | ({READ} if WRITE in found.scopes else frozenset())


def shown_token(authorization: str) -> str:
    """The token of an Authorization header: `Bearer TOKEN`, or the password of `Basic` (which browsers and feed readers ask for)."""
    kind, _, value = authorization.strip().partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
