"""Words of a text with their places, in the one way that documents, queries and highlights share.

An index token is the folded word (`crawler.text.fold`), at most 64 characters. Letters of scripts written without
spaces (Han, Kana) are words of one letter, so a query in them becomes a phrase. Not here: inflection (`morphology`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import islice
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


def spans(text: str, places: Collection[int]) -> dict[int, tuple[int, int]]:
    """Where some words of `text` stand: the number of a word among all, from 0, to its start and end in `text`."""
    found: dict[int, tuple[int, int]] = {}
    matches, at = _WORD.finditer(text), 0
    for place in sorted(places):
        found[place] = next(islice(matches, place - at, None)).span()
        at = place + 1
    return found


def words(text: str) -> list[str]:
    """The words of `text` as written."""
    return _WORD.findall(text)


def normal_text(text: str) -> str:
    """`text` as index tokens joined by single blanks: what an engine's white-space tokenizer is given."""
    return " ".join(map(fold_word, _WORD.findall(text)))


class WordMemory(dict[str, str]):
    """What stands between two blanks -> its index tokens, a blank before each. For whoever reads many texts of one language.

    News repeats its words, and a look-up costs a fourth of finding and folding them. `fresh` holds what was met for the first
    time; it is the reader's to empty.
    """

    def __init__(self, limit: int = 1 << 17) -> None:
        """Past `limit` entries (some 30 MB) the memory begins anew."""
        super().__init__()
        self.fresh: set[str] = set()
        self._limit = limit
        self._tokens: dict[str, str] = {}

    def normal_text(self, text: str) -> str:
        """The same as the function `normal_text`."""
        return "".join(map(self.__getitem__, text.split()))[1:]

    def __missing__(self, written: str) -> str:
        self.fresh.add(written)
        found = "".join(f" {fold_word(word)}" for word in _WORD.findall(written))
        if len(written) > TOKEN_LIMIT:
            return found
        if len(self) >= self._limit:
            self.clear()
            self._tokens.clear()
        self[written] = found = self._tokens.setdefault(found, found)  # one object a token: the processor's cache is small
        return found


@lru_cache(maxsize=1 << 17)
def fold_word(word: str) -> str:
    """The index token of one word as `words` gives it. Never empty, never holds a blank."""
    folded = fold(word)
    if not folded.isalnum():
        folded = "".join(char for char in folded if char.isalnum())
    return (folded or word.lower())[:TOKEN_LIMIT]
