"""Writing for people and programs: results on standard output, everything else on standard error. Standard library only.

Titles and reasons come from strangers: nothing reaches a terminal before its escapes are off
(SAFETY A7). No markup is interpreted anywhere, so `[red]` in a title stays `[red]`.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from crawler.text import clean, clean_line


def line(value: object) -> str:
    """Any value as one harmless line; None is a dash."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return clean_line(str(value))


def out(text: str = "") -> None:
    """One line of the result."""
    sys.stdout.write(_lines(text) + "\n")


def say(text: str) -> None:
    """One line for the person, on standard error: progress, warnings, hints."""
    sys.stderr.write(_lines(text) + "\n")
    sys.stderr.flush()


def out_json(value: Any) -> None:
    """`value` as one JSON document on standard output. Records become objects, times ISO 8601."""
    sys.stdout.write(json.dumps(value, ensure_ascii=not _takes_every_letter(), indent=2, default=plain) + "\n")


def write_utf8() -> None:
    """What follows on standard output is UTF-8, as its format says (JSON Lines, OPML), whatever the terminal's encoding."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def plain(value: Any) -> Any:
    """What `json` does not know by itself. Raises TypeError for a value that has no JSON form."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Iterable):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def out_table(titles: Sequence[str], rows: Sequence[Sequence[object]], widest: int = 60) -> None:
    """Columns under their titles; a cell longer than `widest` is cut. Nothing is printed for no rows."""
    for text in table_lines([titles, *rows], widest) if rows else ():
        sys.stdout.write(text + "\n")


def table_lines(rows: Sequence[Sequence[object]], widest: int = 60) -> list[str]:
    """Rows of as many cells each as lines with the cells below one another; a cell longer than `widest` is cut."""
    cells = [[_cut(line(cell), widest) for cell in row] for row in rows]
    widths = [max(width_of(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    padded = [[cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True)] for row in cells]
    return ["  ".join(row).rstrip() for row in padded]


def columns(most: int = 100) -> int:
    """Columns for running text: the terminal's (or COLUMNS'), at most `most`, which is taken where there is no terminal."""
    return max(20, min(most, shutil.get_terminal_size((most, 24)).columns))


def takes_colour() -> bool:
    """Whether standard output is a terminal that shows colours, and nobody said NO_COLOR (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _takes_every_letter() -> bool:
    """Whether standard output is UTF-8. Where it is not, JSON is written with escapes: no letter may become "?"."""
    return (sys.stdout.encoding or "").lower().replace("-", "").replace("_", "") == "utf8"


def _lines(text: str) -> str:
    return clean(text).replace("\t", "    ")


def _cut(text: str, widest: int) -> str:
    return text if len(text) <= widest else text[: widest - 1].rstrip() + "…"


def width_of(text: str) -> int:
    """Columns a terminal gives the text: wide East Asian letters take two, combining marks none."""
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
