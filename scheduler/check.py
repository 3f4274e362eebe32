"""What one check of `depesza doctor` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at."""

    name: str
    state: str
    """"ok", "note" (works, but know this) or "bad"."""
    found: str
    hint: str = ""
    """What to do."""
