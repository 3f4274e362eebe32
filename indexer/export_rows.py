"""Articles as rows of a table: the columns, and cells that no spreadsheet takes for a formula (SAFETY A6). Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

COLUMNS = (
    "id", "published_at", "outlet", "outlet_name", "country", "language", "title", "lead", "url", "authors", "section", "tags",
    "agencies", "agency_names", "story", "role", "copies", "is_origin", "first_seen_at", "modified_at", "removed_at", "access",
)  # fmt: skip
"""Of a row without its text, in order."""
_SEPARATOR = "; "
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a cell may begin with that makes a spreadsheet calculate (OWASP, CSV Injection; full-width forms count in some)."""


def csv_cell(value: Any) -> str:
    """A value as the text of a cell: lists joined, None empty, and an apostrophe before what would be a formula."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    text = _SEPARATOR.join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_lines(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...], *, head: bool = True) -> str:
    """Rows as CSV (RFC 4180, CRLF)."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if head:
        writer.writerow(columns)
    writer.writerows([csv_cell(row.get(name)) for name in columns] for row in rows)
    return buffer.getvalue()
