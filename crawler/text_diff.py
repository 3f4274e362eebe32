"""What one text made of another, word by word: what was kept, cut and added, and which numbers changed. Pure.

How it goes: common ends off, then runs of words that occur once in each text anchor the rest, and what lies between two
anchors is compared exactly (longest common subsequence). Not here: how a difference looks (`crawler.cli.diff_printing`).
"""

from __future__ import annotations

import bisect
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

_GRAMS = (8, 3, 3)
"""Words of an anchor, by level: long ones first, then shorter ones between them, twice."""
_EXACT_CELLS = 1 << 28
"""Compared exactly as long as the product of the lengths stays below this: 32 MB of bits for a moment, about 0.1 s. Two stretches
of more than 16,000 words each without a single anchor (nobody writes that) count as cut and added whole."""
_ISLAND_WORDS = 3
"""So few kept words between two larger changes are chance ("w", "i", "na"), and count as changed: nobody can read them."""
_REPLACED_WORDS = 25
"""In a longer replacement nobody can tell which number stands for which."""
_AROUND_WORDS = 3
_TOKEN = re.compile(
    r"(\s*)(\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,:]\d+)*|[^\W_]+(?:['’\-][^\W_]+)*|\S)",
)
"""White space, then a number (with its thousands apart, its decimals or minutes), a word, or one other character."""
_SENTENCE_ENDS = frozenset('.!?…"”»)')


class PieceKind(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    CUT = "cut"
    ADDED = "added"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text and what became of it. Kept and cut pieces together are the first text, kept and added ones the second."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChange:
    """A number in a passage that was replaced. None: it has no counterpart there."""

    before: str | None
    after: str | None
    around: str
    """The passage in the second text, with a few words on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDiff:
    """Two texts beside one another. Counts are of words; signs do not count."""

    pieces: tuple[Piece, ...]
    kept: int
    cut: int
    added: int
    numbers: tuple[NumberChange, ...]

    @property
    def is_same(self) -> bool:
        """Whether the two texts are one, letter by letter."""
        return all(one.kind is PieceKind.KEPT for one in self.pieces)


Run = tuple[int, int, int]
"""(place in the first text, place in the second, how many tokens are the same from there)."""


def diff_texts(before: str, after: str) -> TextDiff:
    """Compare two texts. Linear but for passages without anchors, and those are bounded (a text of 20,000 words: under a second)."""
    old, new = _Tokens.of(before), _Tokens.of(after)
    runs = _slid(old, new, _without_islands(old, new, _runs(_pairs(old.words, new.words))))
    pieces = tuple(_pieces(old, new, runs))
    kept = sum(_count(old.words[i : i + n]) for i, _, n in runs)
    return TextDiff(
        pieces=pieces, kept=kept, cut=_count(old.words) - kept, added=_count(new.words) - kept,
        numbers=tuple(_numbers(old, new, runs)),
    )  # fmt: skip


def count_words(text: str) -> int:
    """Words and numbers of a text, as `TextDiff` counts them."""
    return _count(_Tokens.of(text).words)


@dataclass(frozen=True, slots=True)
class _Tokens:
    """A text in tokens; the last one is empty and holds the white space at the end."""

    words: list[str]
    spaces: list[str]
    """White space before each token."""

    @classmethod
    def of(cls, text: str) -> _Tokens:
        body = text.rstrip()
        found = _TOKEN.findall(body)
        return cls([word for _, word in found] + [""], [space for space, _ in found] + [text[len(body) :]])

    def text(self, start: int, end: int) -> str:
        return "".join(part for place in range(start, end) for part in (self.spaces[place], self.words[place]))


def _count(words: Iterable[str]) -> int:
    return sum(word[:1].isalnum() for word in words)


# -- which tokens are the same -----------------------------------------------------------------------------------------
def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of the same token in both, ascending in both. The empty last tokens are a pair always."""
    names: dict[str, int] = {}
    a, b = ([names.setdefault(word, len(names)) for word in words[:-1]] for words in (old, new))
    found: list[tuple[int, int]] = []
    waiting = [(0, len(a), 0, len(b), 0)]
    while waiting:
        i, i_end, j, j_end, level = waiting.pop()
        while i < i_end and j < j_end and a[i] == b[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        while i < i_end and j < j_end and a[i_end - 1] == b[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
            found.append((i_end, j_end))
        if i == i_end or j == j_end:
            continue
        if level < len(_GRAMS):
            anchors = _anchors(a[i:i_end], b[j:j_end], _GRAMS[level])
            found += [(i + own, j + other) for own, other in anchors]
            last = (i - 1, j - 1)
            for own, other in [*((i + x, j + y) for x, y in anchors), (i_end, j_end)]:
                if own > last[0] + 1 and other > last[1] + 1:
                    waiting.append((last[0] + 1, own, last[1] + 1, other, level + 1))
                last = (own, other)
        elif (i_end - i) * (j_end - j) <= _EXACT_CELLS:
            found += [(i + own, j + other) for own, other in _common(a[i:i_end], b[j:j_end])]
    return [*sorted(found), (len(a), len(b))]


def _anchors(a: Sequence[int], b: Sequence[int], size: int) -> list[tuple[int, int]]:
    """Pairs within the runs of `size` tokens that occur once in both, in the longest order that both texts have (patience)."""
    own, other = _once(a, size), _once(b, size)
    both = [(place, other[gram]) for gram, place in own.items() if gram in other]
    found: list[tuple[int, int]] = []
    last_i = last_j = -1
    for i, j in _rising(both):
        for step in range(size):
            if i + step > last_i and j + step > last_j:
                last_i, last_j = i + step, j + step
                found.append((last_i, last_j))
    return found


def _once(words: Sequence[int], size: int) -> dict[tuple[int, ...], int]:
    """Run of `size` tokens -> its place, for those that occur once; in order of place."""
    grams = list(zip(*(words[shift:] for shift in range(size)), strict=False))
    counts = Counter(grams)
    return {gram: place for place, gram in enumerate(grams) if counts[gram] == 1}


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of `pairs`, ascending in the first place, that ascends in the second too."""
    tails: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        place = bisect.bisect_left(tails, j)
        before.append(at[place - 1] if place else -1)
        if place == len(tails):
            tails.append(j)
            at.append(number)
        else:
            tails[place], at[place] = j, number
    chosen = []
    number = at[-1] if at else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = before[number]
    return chosen[::-1]


def _common(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int]]:
    """The longest common subsequence, a row of bits a token of `a` (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004)."""
    full = (1 << len(b)) - 1
    places: dict[int, int] = {}
    for place, word in enumerate(b):
        places[word] = places.get(word, 0) | 1 << place
    row, rows = full, []
    for word in a:
        matched = row & places.get(word, 0)
        row = (row + matched | row - matched) & full
        rows.append(row)
    found = []
    i, j = len(a), len(b)
    while i and j:
        if rows[i - 1] >> (j - 1) & 1:
            j -= 1
        elif i > 1 and not rows[i - 2] >> (j - 1) & 1:
            i -= 1
        else:
            i, j = i - 1, j - 1
            found.append((i, j))
    return found[::-1]


# -- from the same tokens to what a reader can use ---------------------------------------------------------------------
def _runs(pairs: Iterable[tuple[int, int]]) -> list[Run]:
    found: list[Run] = []
    for i, j in pairs:
        if found and (found[-1][0] + found[-1][2], found[-1][1] + found[-1][2]) == (i, j):
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + 1)
        else:
            found.append((i, j, 1))
    return found


def _without_islands(old: _Tokens, new: _Tokens, runs: list[Run]) -> list[Run]:
    """Few kept words between two changes that are larger than they are belong to the change."""
    while True:
        kept: list[Run] = []
        for number, (i, j, n) in enumerate(runs):
            words = _count(old.words[i : i + n])
            if words <= _ISLAND_WORDS and i + j and number < len(runs) - 1:
                last = kept[-1] if kept else (0, 0, 0)
                following = runs[number + 1]
                before = max(_count(old.words[last[0] + last[2] : i]), _count(new.words[last[1] + last[2] : j]))
                after = max(_count(old.words[i + n : following[0]]), _count(new.words[j + n : following[1]]))
                if (words < before and words < after) or (words == 0 and before and after):
                    continue
            kept.append((i, j, n))
        if len(kept) == len(runs):
            return _without_last_sign(old, new, kept)
        runs = kept


def _without_last_sign(old: _Tokens, new: _Tokens, runs: list[Run]) -> list[Run]:
    """The full stop after two last sentences that have nothing in common belongs to each of them."""
    (i, j, n), before = runs[-1], runs[-2] if len(runs) > 1 else (0, 0, 0)
    is_sign = n > 1 and not _count(old.words[i : i + n])
    changed = min(_count(old.words[before[0] + before[2] : i]), _count(new.words[before[1] + before[2] : j]))
    return [*runs[:-1], (i + n - 1, j + n - 1, 1)] if is_sign and changed > _ISLAND_WORDS else runs


def _slid(old: _Tokens, new: _Tokens, runs: list[Run]) -> list[Run]:
    """A cut or an addition that could begin a little earlier ("[x. B] x." or "x. [B x.]") begins where a sentence does."""
    slid = list(runs)
    for number in range(len(slid) - 1):
        (i, j, n), (next_i, next_j, next_n) = slid[number], slid[number + 1]
        if next_i == i + n:
            side, start, end = new, j + n, next_j
        elif next_j == j + n:
            side, start, end = old, i + n, next_i
        else:
            continue
        best, shift = _beginning(side, start), 0
        for back in range(1, n + 1):
            if side.words[start - back] != side.words[end - back] or best == 2:
                break
            if (score := _beginning(side, start - back)) > best:
                best, shift = score, back
        if shift:
            slid[number] = (i, j, n - shift)
            slid[number + 1] = (next_i - shift, next_j - shift, next_n + shift)
    return [run for run in slid if run[2]]


def _beginning(side: _Tokens, place: int) -> int:
    """2 where a paragraph begins, 1 where a sentence does, else 0."""
    if place == 0 or "\n" in side.spaces[place]:
        return 2
    return int(side.words[place - 1] in _SENTENCE_ENDS)


def _pieces(old: _Tokens, new: _Tokens, runs: Sequence[Run]) -> Iterator[Piece]:
    """The pieces in order, neighbours of one kind joined."""
    parts: list[tuple[PieceKind, str]] = []
    i = j = 0
    for own, other, n in runs:
        cut, added = old.text(i, own), new.text(j, other)
        for step in range(n):
            space, others = old.spaces[own + step], new.spaces[other + step]
            same = space == others
            parts += [(PieceKind.CUT, cut if same else cut + space), (PieceKind.ADDED, added if same else added + others)]
            parts.append((PieceKind.KEPT, (space if same else "") + old.words[own + step]))
            cut = added = ""
        i, j = own + n, other + n
    joined: list[tuple[PieceKind, list[str]]] = []
    for kind, text in parts:
        if not text:
            continue
        if joined and joined[-1][0] is kind:
            joined[-1][1].append(text)
        else:
            joined.append((kind, [text]))
    return (Piece(kind=kind, text="".join(texts)) for kind, texts in joined)


def _numbers(old: _Tokens, new: _Tokens, runs: Sequence[Run]) -> Iterator[NumberChange]:
    """Numbers of each replaced passage that is short enough, those that both sides have left out."""
    i = j = 0
    for own, other, n in runs:
        cut, added = old.words[i:own], new.words[j:other]
        if cut and added and max(_count(cut), _count(added)) <= _REPLACED_WORDS:
            before, after = ([word for word in words if word[0].isdigit()] for words in (cut, added))
            both = Counter(before) & Counter(after)
            around = new.text(max(0, j - _AROUND_WORDS), min(len(new.words), other + _AROUND_WORDS))
            for one, two in zip_longest(_less(before, both), _less(after, both)):
                yield NumberChange(before=one, after=two, around=" ".join(around.split()))
        i, j = own + n, other + n


def _less(words: Iterable[str], taken: Counter[str]) -> list[str]:
    left = Counter(taken)
    found = []
    for word in words:
        if left[word]:
            left[word] -= 1
        else:
            found.append(word)
    return found
