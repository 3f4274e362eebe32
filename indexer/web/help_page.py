"""The help page: the query language with examples to try, and what the words of the pages mean."""

from __future__ import annotations

from typing import Any

from indexer.desk import Desk
from indexer.web.query_help import ROWS, coded, examples
from indexer.web.renderer import Reader, search_address

_KNOWN = 24


def context(desk: Desk, reader: Reader) -> dict[str, Any]:
    """What `help.html` shows."""
    _ = reader.said.gettext
    rows = [
        {
            "write": coded(write), "find": coded(_(find)),
            "tries": [{"text": one, "href": search_address(one)} for one in (*examples(write), *examples(find))],
        }
        for write, find in ROWS
    ]  # fmt: skip
    known = [f"outlet:{slug}" for slug in list(desk.names("outlet"))[:_KNOWN]]
    glossary = (
        (_("Story"), _("One text that several outlets carried, however each changed it.")),
        (_("Original"), _("The text that the others come from: by its agency's credit where there is one, else the earliest known.")),
        (_("Agency"), _("Only where something says so: a credit line, a byline, a sign-off. The badge shows the words.")),
        (_("Verbatim, abridged, extended, edited"), _("What a copy did with the original's text, by how much each is contained in the other.")),
        (_("Alike"), _("How close a text is to the original, from 0 to 100 %.")),
        (_("Citation"), _("“As Reuters reports” in a text names a source, not the origin of the text.")),
    )  # fmt: skip
    return {"rows": rows, "known": [{"text": one, "href": search_address(one)} for one in known], "glossary": glossary}
