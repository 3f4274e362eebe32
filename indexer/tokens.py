"""Words of a text with their places, in the one way that documents, queries and highlights share.

An index token is the folded word (`crawler.text.fold`), at most 64 characters. Letters of scripts written without
spaces (Han, Kana) are words of one letter, so a query in them becomes a phrase. Not here: inflection (`morphology`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from crawler.text import fold

TOKEN_LIMIT = 64
"""Characters of an index token; what is longer is an address or noise, cut alike in documents and queries."""
_MARKS = "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u093a-\u094f"
_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_LETTER = rf"[^\W_{_ALONE}]"
_WORD = re.compile(rf"{_LETTER}+(?:[{_MARKS}]+{_LETTER}*)*|[{_ALONE}]")


class Token(NamedTuple):
    """One word: `text[start:end]` as written, and its index token."""

    start: int
    end: int
    written: str
    folded: str


def tokens(text: str) -> Iterator[Token]:
    """The words of `text` in order, with offsets into `text`."""
    for match in _WORD.finditer(text):
        written = match[0]
        yield Token(match.start(), match.end(), written, fold_word(written))


def words(text: str) -> list[str]:
    """The words of `text` as written."""
    return _WORD.findall(text)


def normal_text(text: str) -> str:
    """`text` as index tokens joined by single blanks: what an engine's white-space tokenizer is given.

    Letter by letter where that gives the same (nearly every text; half the time), else word by word.
    """
    folded = text.translate(_LETTERS)
    if _UNUSUAL in folded:
        return " ".join(map(fold_word, _WORD.findall(text)))
    found = folded.split()
    if len(max(found, key=len, default="")) > TOKEN_LIMIT:
        found = [token[:TOKEN_LIMIT] for token in found]
    return " ".join(found)


_UNUSUAL = "\ue000"
"""Stands for letters that cannot be folded one by one; no letter itself, so no text gives it otherwise."""


class _Letters(dict[int, str]):
    """A table for `str.translate`: letter -> its fold, a blank for what stands between words. It fills itself."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = " "
        if re.fullmatch(_LETTER, char):
            folded = fold(char) if fold(char).isalnum() else _UNUSUAL
        elif re.fullmatch(rf"[{_MARKS}{_ALONE}]", char):
            folded = _UNUSUAL
        if len(self) < _LETTERS_KEPT:
            self[code] = folded
        return folded


_LETTERS_KEPT = 20_000
_LETTERS = _Letters()


@lru_cache(maxsize=1 << 17)
def fold_word(word: str) -> str:
    """The index token of one word as `words` gives it. Never empty, never holds a blank."""
    folded = fold(word)
    if not folded.isalnum():
        folded = "".join(char for char in folded if char.isalnum())
    return (folded or word.lower())[:TOKEN_LIMIT]
