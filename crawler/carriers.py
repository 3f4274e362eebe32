"""Who printed a text of one's own: every article that carries it or part of it, with what was kept and what was cut.

For a press officer's text, which is no article of the store: nothing is filed. The whole archive is looked through by
fingerprints (stories compare with the last days only), and each find is verified word by word. `carrier_of` is the step for
one article, for whoever watches new ones. Not here: reading a file or an address (`scheduler.copies_cli`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from crawler.fingerprints import fingerprint
from crawler.model.article import Article, PublishedFrom
from crawler.model.story import LinkKind
from crawler.store import articles, stories
from crawler.store.database import Database
from crawler.store.fingerprint_walk import Span, count_in, walk_fingerprints
from crawler.stories.evidence import role_of
from crawler.text import clean_paragraphs, fold, unescape
from crawler.text_diff import NumberChange, diff_texts

LEAST_WORDS = 12
"""A shorter text is found by chance: an utterance that many make."""
MOST_CHARS = 1_000_000
_RUN_WORDS = 5
"""Words count as kept in runs of at least so many; the fingerprint's window finds every run of six
(`crawler.fingerprints`)."""
_KEPT_WORDS, _LONGEST_RUN, _KEPT_SHARE = 10, 8, 0.3
"""An article carries part of a text that has so many of its words, and one run so long, or else that share of it."""
_SHARED_HASHES = 2
_FEW_HASHES = 8
"""Where one of the two texts has fewer, a single common fingerprint is looked into."""
_EDITED_SCORE = 0.70
"""Shares of both texts added: below, what they have in common is a part (as `stories.window.JOIN`, its lead term left out)."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A stretch of one's own text."""

    start: int
    end: int
    words: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """An article that carries the text or part of it."""

    article_id: str
    outlet: str
    title: str
    url: str
    published_at: datetime
    date_is_told: bool
    first_seen_at: datetime
    removed_at: datetime | None
    story_id: str | None
    role: str
    """Of `MemberRole` (verbatim, abridged, extended, edited), or "partly reused"."""
    kept_share: float
    """Of one's own text, by words, in whatever order they stand."""
    article_share: float
    """Of the article's words, those that are one's own."""
    kept: tuple[Passage, ...]
    cut: tuple[Passage, ...]
    numbers: tuple[NumberChange, ...]
    text: str
    """The article's."""


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text made ready for comparing; `of` makes it."""

    text: str
    hashes: NDArray[np.uint64]
    words: tuple[str, ...]
    """Folded."""
    spans: tuple[tuple[int, int], ...]
    """Of each word in `text`."""
    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> OwnText:
        """Raises ValueError, in words, for a text that is too short or too long."""
        if len(text) > MOST_CHARS:
            raise ValueError(f"a text of {len(text):,} characters is no single dispatch; at most {MOST_CHARS:,} are looked for")
        text = unwrapped(text)
        words, spans = _words(text)
        if len(words) < LEAST_WORDS:
            raise ValueError(f"{len(words)} words are too few to be found again; write at least {LEAST_WORDS}")
        hashes = np.array(sorted(fingerprint("", text).hashes), dtype=np.uint64)
        return cls(text, hashes, tuple(words), tuple(spans), frozenset(_runs(words)))


def unwrapped(text: str) -> str:
    """The text cleaned, paragraphs parted by a blank line. Where blank lines part them already, single breaks are a mail
    program's and become blanks."""
    blocks = re.split(r"\n[^\S\n]*\n", unescape(text).replace("\r\n", "\n").replace("\r", "\n").strip())
    if len(blocks) > 1:
        blocks = [" ".join(block.split()) for block in blocks]
    return clean_paragraphs("\n\n".join(blocks))


def find_carriers(
    database: Database, own: OwnText, span: Span, progress: Callable[[int, int], None] | None = None, but: str | None = None
) -> list[Carrier]:
    """Every article published in the span that carries the text or part of it, the earliest first; `but`: not this one.

    The span is read through once, in transactions of a batch each. `progress(done, total)` is called after each. Raises
    BackendUnavailable.
    """
    found: list[Carrier] = []
    with database.read() as connection:
        total, done = count_in(connection, span), 0
        for batch in walk_fingerprints(connection, span):
            ids = [one for one in candidates(own, batch) if one != but]
            for article in articles.read_articles(connection, ids, whole=False):
                carrier = carrier_of(own, article, stories.story_id_of(connection, article.id))
                if carrier is not None:
                    found.append(carrier)
            done += len(batch)
            if progress:
                progress(done, max(done, total))
    return sorted(found, key=lambda one: (one.published_at, one.first_seen_at, one.article_id))


def candidates(own: OwnText, packed: Sequence[tuple[str, bytes]]) -> list[str]:
    """Ids of the articles whose packed fingerprints share enough with the text to be looked into."""
    counts = np.array([int.from_bytes(data[4:8], "little") for _, data in packed], dtype=np.int64)
    known = counts > 0
    if not known.any():
        return []
    joined = b"".join(data[8 : 8 + 8 * int(count)] for (_, data), count in zip(packed, counts, strict=True))
    hits = np.isin(np.frombuffer(joined, dtype="<u8"), own.hashes)
    counts = counts[known]
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    shared = np.add.reduceat(hits.astype(np.int64), starts)
    few = np.minimum(counts, len(own.hashes)) < _FEW_HASHES
    wanted = (shared >= _SHARED_HASHES) | (few & (shared >= 1))
    ids = [one for (one, _), is_known in zip(packed, known, strict=True) if is_known]
    return [one for one, is_wanted in zip(ids, wanted, strict=True) if is_wanted]


def carrier_of(own: OwnText, article: Article, story_id: str | None = None) -> Carrier | None:
    """What an article has of the text; None when it has nothing of it that is more than chance."""
    theirs, _ = _words(article.text)
    kept = _covered(own.words, frozenset(_runs(theirs)))
    share, longest = sum(kept) / len(kept), _longest(kept)
    if not (share >= _KEPT_SHARE or (sum(kept) >= _KEPT_WORDS and longest >= _LONGEST_RUN)):
        return None
    article_share = sum(_covered(theirs, own.runs)) / max(1, len(theirs))
    return Carrier(
        article_id=article.id, outlet=article.outlet, title=article.title, url=article.url, published_at=article.published_at,
        date_is_told=article.published_from is not PublishedFrom.FIRST_FETCH, first_seen_at=article.first_seen_at,
        removed_at=article.removed_at, story_id=story_id, role=_role(share, article_share), kept_share=round(share, 4),
        article_share=round(article_share, 4), kept=tuple(_passages(own, kept, True)), cut=tuple(_passages(own, kept, False)),
        numbers=diff_texts(own.text, article.text).numbers, text=article.text,
    )  # fmt: skip


def _role(share: float, article_share: float) -> str:
    role = role_of(article_share, share)
    is_part = share + article_share < _EDITED_SCORE or (share < _KEPT_SHARE and article_share < _EDITED_SCORE)
    return LinkKind.PARTLY_REUSED.value if is_part else role.value


def _words(text: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The folded words of a text and where they stand in it."""
    places = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    return [fold(text[start:end]) for start, end in places], places


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return zip(*(words[shift:] for shift in range(_RUN_WORDS)), strict=False)


def _covered(words: Sequence[str], others: frozenset[tuple[str, ...]]) -> list[bool]:
    """Of each word: whether it stands in a run that the other text has."""
    found = [False] * len(words)
    end = 0
    for place, run in enumerate(_runs(words)):
        if run in others:
            for number in range(max(place, end), place + _RUN_WORDS):
                found[number] = True
            end = place + _RUN_WORDS
    return found


def _longest(kept: Iterable[bool]) -> int:
    best = row = 0
    for one in kept:
        row = row + 1 if one else 0
        best = max(best, row)
    return best


def _passages(own: OwnText, kept: Sequence[bool], wanted: bool) -> Iterable[Passage]:
    """Stretches of the text that were kept (or cut), with the signs that follow them."""
    place = 0
    while place < len(kept):
        if kept[place] is not wanted:
            place += 1
            continue
        first = place
        while place < len(kept) and kept[place] is wanted:
            place += 1
        start = own.spans[first][0]
        end = own.spans[place][0] if place < len(kept) else len(own.text)
        text = own.text[start:end].rstrip()
        yield Passage(start=start, end=start + len(text), words=place - first, text=text)
