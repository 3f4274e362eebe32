"""How alike two texts are, by all their 3-grams: what each holds of the other, and whether that is more than a quotation.

Fingerprints only tell who may have copied whom; a heavily edited copy shares too few of them to be judged by (heavy edits
found .92 by fingerprints, .99 by all grams, November 2026). Pure. Not here: which texts are compared (`matching`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crawler.fingerprints import GRAM_WORDS, Grams

Places = NDArray[np.int64]
HEAD_WORDS = 40
"""The lead of a text: its first 40 words, or its first third when that is more."""
QUOTED = 0.30
"""Where neither text has so much of the other, and ..."""
PASSAGES = 0.40
"""... what they share stands in passages that make up less than this of both, it is a quotation or a common background, not a
copy: a heavy edit leaves shreds all over the text. Halves false pairs by quotation; any pair of values from .25/.35 to .40/.50
does (November 2026)."""
TOP = 6
"""Where one text stands in a much longer one, it is an abridged copy of it only when that begins with it: within the first HEAD_WORDS
words or the first sixth. Of abridged copies 95 % do, of texts that share a quotation few (edited texts, November 2026)."""
GAP = 12
"""Shared grams at most so many words apart, in both texts and in one order, are one passage: a sentence may be reworded."""

GISTS_KEPT = 2048
"""Leaders kept ready for comparing, 5 kB each; what is asked for again is asked for soon."""


@dataclass(frozen=True, slots=True)
class Gist:
    """The live grams of a text, made ready for comparing."""

    hashes: Grams
    """Each once, ascending."""
    places: Places
    """Where each stands first, in words."""
    words: int
    head: int
    """How many stand in the lead."""

    @classmethod
    def of(cls, grams: Grams) -> Gist:
        """Of all grams in text order, 0 where one is a template's."""
        hashes, places = np.unique(grams, return_index=True)
        if len(hashes) and hashes[0] == 0:
            hashes, places = hashes[1:], places[1:]
        words = len(grams) + GRAM_WORDS - 1
        return cls(hashes, places, words, int(np.count_nonzero(places < head_words(words))))


@lru_cache(maxsize=GISTS_KEPT)
def gist_of(grams: bytes) -> Gist:
    """The same of packed grams (little-endian u32): a leader is compared with many newcomers."""
    return Gist.of(np.frombuffer(grams, dtype="<u4"))


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two texts hold of one another, as shares of their live grams."""

    containment: float
    """Share of the first text that stands in the second."""
    other_containment: float
    """Share of the second that stands in the first."""
    lead: float
    """The same within the two leads, the smaller of both."""
    is_part: bool = False
    """They share a quotation, a background, a part of one that is a small part of the other: no copies by that alone."""

    @property
    def whole(self) -> float:
        """0 to 3."""
        return self.containment + self.other_containment + self.lead

    @property
    def score(self) -> float:
        """0 to 3; half as much where only a part is shared."""
        return self.whole / 2 if self.is_part else self.whole


NOTHING = Likeness(0.0, 0.0, 0.0)


def head_words(words: int) -> int:
    """Words of the lead of a text of so many words."""
    return max(HEAD_WORDS, words // 3)


def likeness(one: Gist, two: Gist) -> Likeness:
    """Compare two texts."""
    if not len(one.hashes) or not len(two.hashes):
        return NOTHING
    found = np.searchsorted(one.hashes, two.hashes)
    found[found == len(one.hashes)] = 0
    same = one.hashes[found] == two.hashes
    own, theirs = one.places[found[same]], two.places[same]
    if not len(own):
        return NOTHING
    shares = len(own) / len(one.hashes), len(own) / len(two.hashes)
    in_head = np.count_nonzero(own < head_words(one.words)) / max(1, one.head)
    in_their_head = np.count_nonzero(theirs < head_words(two.words)) / max(1, two.head)
    return Likeness(shares[0], shares[1], min(in_head, in_their_head), _is_part(shares, (own, theirs), (one.words, two.words)))


def _is_part(shares: tuple[float, float], places: tuple[Places, Places], words: tuple[int, int]) -> bool:
    if max(shares) < QUOTED:
        return max(passages(*places, *words)) < PASSAGES
    if min(shares) >= QUOTED:
        return False
    longer = 0 if shares[0] < shares[1] else 1
    return int(places[longer].min()) > max(HEAD_WORDS, words[longer] // TOP)


def passages(own: Places, theirs: Places, words: int, other_words: int) -> tuple[float, float]:
    """Shares of two texts that their common passages span, given the places of the grams they share."""
    order = np.argsort(own)
    steps, their_steps = np.diff(own[order]), np.diff(theirs[order])
    within = (steps <= GAP) & (their_steps > 0) & (their_steps <= GAP)
    ends = GRAM_WORDS * (1 + len(within) - int(np.count_nonzero(within)))
    return (int(steps[within].sum()) + ends) / words, (int(their_steps[within].sum()) + ends) / other_words
