"""A word diff on a terminal: cut words red and struck out, added ones green and underlined; `[-cut-]` and `{+added+}` without colour."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crawler.terminal import columns, line, out, takes_colour, width_of
from crawler.text import clean
from crawler.text_diff import NumberChange, Piece, PieceKind

if TYPE_CHECKING:
    from crawler.text_diff import TextDiff

_CONTEXT_WORDS = 10
"""Kept words shown on each side of a change."""
_COLOURS = {PieceKind.KEPT: "", PieceKind.CUT: "\x1b[31;9m", PieceKind.ADDED: "\x1b[32;4m"}
_OFF = "\x1b[0m"
_MARKS = {PieceKind.KEPT: ("", ""), PieceKind.CUT: ("[-", "-]"), PieceKind.ADDED: ("{+", "+}")}
_GAP = " […] "
_PART = re.compile(r"\n+|[^\S\n]+|\S+")
Styled = tuple[PieceKind, str]


def print_diff(diff: TextDiff, *, whole: bool = False) -> None:
    """The changed passages with a few kept words around them, wrapped to the terminal; with `whole` all of the text."""
    colour = takes_colour()
    for number, row in enumerate(diff_rows(diff.pieces if whole else shortened(diff.pieces), columns(), colour=colour)):
        text = "".join(f"{_COLOURS[kind]}{part}{_OFF}" if colour and _COLOURS[kind] else part for kind, part in row)
        if text or number:
            sys.stdout.write(text.rstrip() + "\n")


def diff_rows(pieces: Sequence[Piece], width: int, *, colour: bool) -> list[list[Styled]]:
    """Rows of at most `width` columns, each in parts of one kind; a blank row between paragraphs. Without colour, with marks."""
    return list(_wrapped(list(_styled(pieces, colour)), width))


def print_headlines(before: str, after: str) -> None:
    """The two headlines, where they differ."""
    if before != after:
        out(f"Headline − {line(before)}")
        out(f"         + {line(after)}")


def numbers_line(numbers: Sequence[NumberChange]) -> str:
    """ "120 → 210 (… Ewakuowano 210 pracowników …)", the numbers parted by semicolons; "" for none."""
    return "; ".join(f"{one.before or 'none'} → {one.after or 'none'} (… {one.around} …)" for one in numbers)


def counts_line(kept: int, cut: int, added: int) -> str:
    """What became of the first text's words, in words."""
    if not cut and not added:
        return f"all {kept} words kept, none added"
    return f"{kept} of {kept + cut} words kept, {added or 'none'} added"


def diff_fields(diff: TextDiff) -> dict[str, Any]:
    """A difference as JSON has it."""
    return {
        "kept_words": diff.kept, "cut_words": diff.cut, "added_words": diff.added, "numbers": diff.numbers, "pieces": diff.pieces,
    }  # fmt: skip


def shortened(pieces: Sequence[Piece], changed_words: int | None = None) -> list[Piece]:
    """The pieces with the middle of long kept ones left out; with `changed_words`, so much of each changed paragraph too."""
    found = []
    for number, piece in enumerate(pieces):
        if piece.kind is PieceKind.KEPT:
            head = number > 0
            tail = number < len(pieces) - 1
            piece = Piece(kind=PieceKind.KEPT, text=_ends(piece.text, head, tail))
        elif changed_words is not None:
            parts = re.split(r"(\n+)", piece.text)
            piece = Piece(kind=piece.kind, text="".join(_opening(part, changed_words) for part in parts))
        found.append(piece)
    return found


def _opening(text: str, most: int) -> str:
    words = list(re.finditer(r"\S+", text))
    return text if len(words) <= most + 4 else f"{text[: words[most - 1].end()]} … ({len(words)} words)"


def _ends(text: str, head: bool, tail: bool) -> str:
    """The first and the last words of a kept piece, as far as a change is beside them."""
    words = list(re.finditer(r"\S+", text))
    if len(words) <= _CONTEXT_WORDS * (head + tail) + 4:
        return text
    first = text[: words[_CONTEXT_WORDS - 1].end()] if head else ""
    last = text[words[-_CONTEXT_WORDS].start() :] if tail else ""
    return first + _GAP + last


def _styled(pieces: Sequence[Piece], colour: bool) -> Iterator[Styled]:
    """The pieces cleaned; without colour, marks stand around each changed paragraph. White space that was only cut is dropped."""
    for piece in pieces:
        text = clean(piece.text)
        if piece.kind is PieceKind.CUT and not text.strip():
            continue
        opening, closing = ("", "") if colour else _MARKS[piece.kind]
        for part in re.split(r"(\n+)", text):
            body = part.strip()
            if not body or piece.kind is PieceKind.KEPT:
                yield piece.kind, part
                continue
            start = len(part) - len(part.lstrip())
            yield PieceKind.KEPT, part[:start]
            yield piece.kind, f"{opening}{body}{closing}"
            yield PieceKind.KEPT, part[start + len(body) :]


def _wrapped(parts: Sequence[Styled], width: int) -> Iterator[list[Styled]]:
    """Rows of at most `width` columns; a blank row between paragraphs. Words are broken only where they are longer than a row."""
    row: list[Styled] = []
    word: list[Styled] = []
    used = 0

    def flush() -> Iterator[list[Styled]]:
        nonlocal row, word, used
        size = sum(width_of(text) for _, text in word)
        if row and used + 1 + size > width:
            yield row
            row, used = [], 0
        if row and word:
            between = row[-1][0] if row[-1][0] is word[0][0] else PieceKind.KEPT
            row.append((between, " "))
            used += 1
        row, used, word = row + word, used + size, []

    for kind, text in parts:
        for part in _PART.findall(text):
            if not part.isspace():
                word.append((kind, part))
                continue
            if word:
                yield from flush()
            if "\n" in part and row:
                yield row
                yield []
                row, used = [], 0
    if word:
        yield from flush()
    if row:
        yield row
