"""Cleaning at the boundary, and the fold of letters that fingerprints and queries share. Standard library only.

Not here: cleaning of boilerplate (`crawler.normalize.cleaning`), extraction, tokens of a language.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\ufff9-\ufffb\u200b\u2060\ufeff\u00ad" + _BIDI + "]"
)
_ASTRAL_NONCHARACTERS = re.compile(
    "[" + "".join(chr(plane * 0x10000 + 0xFFFE) + chr(plane * 0x10000 + 0xFFFF) for plane in range(1, 17)) + "]"
)
_PLAIN = re.compile(
    "[\t\n\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f\u2013\u2014\u2018-\u201e\u2022\u2026\u20ac]*"
)
"""Text of which `clean` leaves every character as it is (none of them composes in NFC): told in one run, ten times faster than cleaning."""
_BREAKS = re.compile("\r\n?|\x0b|\x0c|\x85|\u2028|\u2029")
_SPACES = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_MARKS_IN_A_ROW = 8
"""Combining marks kept after one letter; more are an attack or noise (no living script stacks more)."""

_ENOUGH_MARKS = re.compile(rf"[^\x00-\u02ff]{{{_MARKS_IN_A_ROW + 1}}}")
"""Marks begin at U+0300: a text without such a run, which is most, need not be walked through."""

_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ı": "i"}
)
_PUNCTUATION = str.maketrans(dict.fromkeys("„”“‟«»″〝〞", '"') | dict.fromkeys("‚’‘‛‹›′`´", "'") | dict.fromkeys("‐‑‒–—―−", "-"))


class _Folds(dict[int, str]):
    """A table for `str.translate`: letter -> its fold, "" for a combining mark. It fills itself with the letters it meets."""

    def __missing__(self, code: int) -> str:
        letters = unicodedata.normalize("NFKD", chr(code).translate(_LETTERS).translate(_PUNCTUATION))
        folded = "".join(char for char in letters if not unicodedata.combining(char)).casefold().translate(_LETTERS)
        if len(self) < _FOLDS_KEPT:
            self[code] = folded
        return folded


_FOLDS_KEPT = 20_000
_FOLDS = _Folds()
_LINE_CHARS = 200


def clean(text: str) -> str:
    """Text that every store, engine, feed and terminal can take, in NFC.

    C0 but tab and newline, C1, NUL, lone surrogates, noncharacters, bidi controls, zero-width space, word joiner, byte
    order mark and soft hyphen go; line breaks of all kinds become `\\n`; a letter keeps at most eight combining marks.
    Idempotent. (SAFETY.md, shared rule "Text".)
    """
    if _PLAIN.fullmatch(text):
        return text
    text = _BREAKS.sub("\n", text)
    text = _ASTRAL_NONCHARACTERS.sub("", _UNWANTED.sub("", text))
    text = unicodedata.normalize("NFC", text)
    if text.isascii() or not any(map(unicodedata.combining, set(text))):
        return text
    return _limit_marks(text)


def clean_line(text: str) -> str:
    """`clean`, then all white space folded to single blanks: for titles, names, bylines."""
    return " ".join(clean(text).split())


def clean_paragraphs(text: str) -> str:
    """`clean`, blanks folded inside lines, lines trimmed, empty lines dropped, paragraphs joined by a blank line."""
    lines = (_SPACES.sub(" ", line).strip() for line in clean(text).split("\n"))
    return "\n\n".join(line for line in lines if line)


def fold(text: str) -> str:
    """Lower case without diacritics, ł as l, quotes and dashes unified: "Łódź" -> "lodz". Digits stay; no stemming.

    Both engines, fingerprints and queries use this one function. The result may be longer than the input (ß -> ss), so
    offsets into it are not offsets into `text`.
    """
    if text.isascii():
        return text.lower()
    return _folded_line(text) if len(text) <= _LINE_CHARS else _folded_text(text)


@lru_cache(maxsize=4096)
def _folded_line(text: str) -> str:
    """Kept, because names, labels and titles are folded again and again."""
    return text.translate(_FOLDS)


@lru_cache(maxsize=4)
def _folded_text(text: str) -> str:
    """Kept for the article in hand, whose text several steps ask for."""
    return text.translate(_FOLDS)


def unescape(text: str) -> str:
    """HTML character references resolved, twice where the source escaped twice ("&amp;quot;")."""
    once = html.unescape(text)
    return html.unescape(once) if "&" in once else once


def _limit_marks(text: str) -> str:
    if not _ENOUGH_MARKS.search(text):
        return text
    kept: list[str] = []
    row = 0
    for char in text:
        row = row + 1 if unicodedata.combining(char) else 0
        if row <= _MARKS_IN_A_ROW:
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept)) if len(kept) != len(text) else text
