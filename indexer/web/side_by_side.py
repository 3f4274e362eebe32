"""Two texts beside one another, paragraph by paragraph, and the changed passages of one with a little around them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from crawler.text_diff import Piece, PieceKind, TextDiff

_BREAK = re.compile(r"(\n\s*\n|\n)")
_AROUND_WORDS = 12
_TAGS = {PieceKind.KEPT: None, PieceKind.CUT: "del", PieceKind.ADDED: "ins"}


@dataclass(slots=True)
class Row:
    """The same place of both texts: its paragraphs on either side."""

    before: list[Markup] = field(default_factory=list)
    after: list[Markup] = field(default_factory=list)
    is_changed: bool = False


def rows(diff: TextDiff) -> list[Row]:
    """Rows that end where both texts begin a new paragraph together."""
    found: list[Row] = []
    left, right = _Column(), _Column()
    changed = False
    for piece in diff.pieces:
        for number, part in enumerate(_BREAK.split(piece.text)):
            is_break = number % 2 == 1
            if piece.kind is PieceKind.KEPT and is_break:
                found.append(Row(left.take(), right.take(), changed))
                changed = False
            else:
                changed |= piece.kind is not PieceKind.KEPT and bool(part.strip())
                if piece.kind is not PieceKind.ADDED:
                    left.add(part, piece.kind, is_break)
                if piece.kind is not PieceKind.CUT:
                    right.add(part, piece.kind, is_break)
    found.append(Row(left.take(), right.take(), changed))
    return [row for row in found if row.before or row.after]


def inline(pieces: Sequence[Piece]) -> Markup:
    """Both texts in one, for something short like a headline."""
    return Markup("").join(_tagged(piece.text, piece.kind) for piece in pieces)


def passages(diff: TextDiff) -> list[Markup]:
    """Each changed passage with a few kept words on either side; what is far from a change is left out."""
    return [Markup("").join(parts) for parts in _passages(diff.pieces)]


def _passages(pieces: Sequence[Piece]) -> Iterator[list[Markup]]:
    parts: list[Markup] = []
    for number, piece in enumerate(pieces):
        if piece.kind is not PieceKind.KEPT:
            parts.append(_tagged(piece.text, piece.kind))
            continue
        words = re.findall(r"\s*\S+\s*", piece.text)
        first, last = number == 0, number == len(pieces) - 1
        if len(words) <= 2 * _AROUND_WORDS and not first and not last:
            parts.append(escape(piece.text))
            continue
        if not first:
            parts.append(escape("".join(words[:_AROUND_WORDS]).rstrip() + ("" if len(words) <= _AROUND_WORDS else " …")))
            yield parts
        parts = []
        if not last:
            parts = [escape(("" if len(words) <= _AROUND_WORDS else "… ") + "".join(words[-_AROUND_WORDS:]).lstrip())]
    if parts:
        yield parts


class _Column:
    """One side of a row while it is gathered."""

    def __init__(self) -> None:
        self._done: list[Markup] = []
        self._open: list[Markup] = []

    def add(self, text: str, kind: PieceKind, is_break: bool) -> None:
        if is_break:
            self._close()
        elif text:
            self._open.append(_tagged(text, kind))

    def take(self) -> list[Markup]:
        self._close()
        done, self._done = self._done, []
        return done

    def _close(self) -> None:
        text = Markup("").join(self._open)
        if text.strip():
            self._done.append(text)
        self._open = []


def _tagged(text: str, kind: PieceKind) -> Markup:
    tag = _TAGS[kind]
    if tag is None or not text.strip():
        return escape(text)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return Markup("{1}<{0}>{2}</{0}>{3}").format(Markup(tag), before, text.strip(), after)  # noqa: S704 - one of two names of ours
