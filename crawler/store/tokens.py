"""Tokens of the API: who may write, and who may read where reading is guarded. Kept as SHA-256; the token itself is shown once.

A token is 32 random bytes, so a plain digest is enough: there is no dictionary to try (unlike a password).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.schema import api_token

SCOPES = ("read", "write")
"""What a token may allow; whoever may write may read."""
PREFIX = "depesza_"
"""Tokens begin so: scanners for leaked secrets, and people, know one when they see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token without its secret."""

    id: str
    """Eight hex digits."""
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    """To the minute or so."""
    revoked_at: datetime | None


def add_token(connection: sa.Connection, name: str, scopes: Iterable[str], now: datetime) -> tuple[str, ApiToken]:
    """Make a token; returns the secret, which nobody can tell again, and its row."""
    secret = PREFIX + secrets.token_urlsafe(32)
    row = {
        "id": secrets.token_hex(4), "name": name, "sha256": digest(secret), "scopes": list(scopes), "created_at": now,
        "last_used_at": None, "revoked_at": None,
    }  # fmt: skip
    connection.execute(api_token.insert(), [row])
    return secret, _token(row)


def find_token(connection: sa.Connection, secret: str) -> ApiToken | None:
    """The token of that secret; None when there is none or it is revoked. Found by digest, so nothing is told by time."""
    chosen = sa.select(api_token).where(api_token.c.sha256 == digest(secret), api_token.c.revoked_at.is_(None))
    row = connection.execute(chosen).first()
    return _token(row._mapping) if row else None


def list_tokens(connection: sa.Connection) -> list[ApiToken]:
    """All of them, revoked ones too, the oldest first."""
    rows = connection.execute(sa.select(api_token).order_by(api_token.c.created_at, api_token.c.id))
    return [_token(row._mapping) for row in rows]


def revoke_token(connection: sa.Connection, token_id: str, now: datetime) -> bool:
    """End a token; False when there is none that is still good."""
    chosen = api_token.update().where(api_token.c.id == token_id, api_token.c.revoked_at.is_(None))
    return connection.execute(chosen.values(revoked_at=now)).rowcount > 0


def note_use(connection: sa.Connection, token_id: str, now: datetime) -> None:
    """Somebody showed it."""
    connection.execute(api_token.update().where(api_token.c.id == token_id).values(last_used_at=now))


def digest(secret: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: Any) -> ApiToken:
    names = ("id", "name", "created_at", "last_used_at", "revoked_at")
    return ApiToken(**{name: row[name] for name in names}, scopes=tuple(row["scopes"]))
