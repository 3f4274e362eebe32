"""A verdict on an outlet as several pages show it: its word, its mark, its reason in the reader's language."""

from __future__ import annotations

from typing import Any

from indexer.web.renderer import Reader
from indexer.web.sentences import told
from indexer.web.words import VERDICTS


def verdict_view(reader: Reader, verdict: str | None, reason: str, disabled_because: str | None) -> dict[str, Any]:
    """`verdict`, `verdict_key` (for the style sheet), `reason`, `reason_lang`. A disabled outlet is not crawled, whatever was judged."""
    _ = reader.said.gettext
    if disabled_because:
        verdict, reason = "disabled", disabled_because
    known = {"disabled": _("not crawled"), None: _("not judged yet")}
    said, lang = told(reader.said, reason if verdict != "ok" else "")
    return {
        "verdict": known[verdict] if verdict in known else reader.words(VERDICTS, verdict),
        "verdict_key": (verdict or "none").replace(" ", "-"), "reason": said, "reason_lang": lang,
    }  # fmt: skip
