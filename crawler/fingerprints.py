"""Fingerprints of texts: what copies of one dispatch have in common.

Here: cleaning for comparison, word 3-grams hashed to 64 bit, winnowing. Not here: comparing, storing and deciding
(`crawler.stories`), cleaning for readers (`crawler.normalize.cleaning`). Pure; a text gives the same fingerprint on
every machine.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from numpy.typing import NDArray

from crawler.model.article import Article, Fingerprint
from crawler.text import fold, unescape

GRAM_WORDS = 3
"""Words of one hashed gram. 3 instead of 4 finds heavily edited copies (.84 -> .94, SYNDICATION, November 2026)."""
WINDOW_GRAMS = 4
"""Winnowing window: any shared run of GRAM_WORDS + WINDOW_GRAMS - 1 = 6 words shares a hash (Schleimer, Wilkerson, Aiken,
"Winnowing", SIGMOD 2003)."""
FURNITURE_WORDS = 25
"""Only a line shorter than this can be a credit, a teaser or a caption."""
FRAGMENT_WORDS = 8
"""A line of so few words that does not end a sentence is a heading, a place, a button."""
FIGURES = 3
"""Unless one word in so many is a number: a line of results, of which whole texts are made (truncated copies found .98 -> .996,
SYNDICATION's edited texts, November 2026)."""
KEPT_SHARE = 0.25
MAX_WORDS = 20_000
"""Words read of one text: a bound on cost, four times the longest article measured."""

Grams = NDArray[np.uint32]
_Hashes = NDArray[np.uint64]
_WORD = re.compile(r"\w+")
_CAPTION_END = re.compile(
    r"""\( (?: [^()]{0,80} \bphotos?\b [^()]{0,80} | [^\W\d_]+\.?\ [^()/]{2,60} / [^()]{2,80} | [^()]{2,60} \ via\ [^()]{2,60} ) \)
    \W{0,3}$""",
    re.VERBOSE,
)
"""A picture credit in brackets at a line's end: a full name before the slash, "photo" or "via" (CREDITS, section 2)."""
_SENTENCE_END = re.compile(r"""[.!?…:;]["')\]]*$""")
_FURNITURE = re.compile(
    r"""[\W_]*(?:
    # credits
    (?:zrodlo|zrodla|zrodlo\ informacji|source|sources|quelle|credit|fot|foto|photo|photos|picture|grafika|
    zdjecie|image|bild|autor|author|oprac|opracowal|opracowala|opracowanie|redakcja|red|copyright|reporting\ by|writing\ by|
    editing\ by|additional\ reporting|джерело|источник|фото)\b |
    by\ (?:the\ )?\w+(?:\ \w+){0,4}\W*$ |
    .{0,80}\bcontributed\ to\ this\ (?:report|story|article)\b |
    # read also
    (?:czytaj|przeczytaj|zobacz|sprawdz|read\ (?:also|more|next)|see\ also|related|more\ from|more\ on|also\ read|lesen\ sie|
    mehr\ zum|читайте|читати|polecamy|polecane|watch|wideo|video|ogladaj|sluchaj|posluchaj)\b |
    # the page speaking of itself
    (?:reklama|advertisement|story\ continues|dalsza\ czesc|ciag\ dalszy|follow\ us|sign\ up|subscribe|zapisz\ sie|dolacz|
    polub|obserwuj|udostepnij|share\ this|masz\ dla\ nas|napisz\ do\ nas|skomentuj|komentarze|comments|leave\ a\ reply|
    zostaw\ odpowiedz|all\ rights\ reserved|wszelkie\ prawa|this\ material\ may\ not|click\ here|kliknij|newsletter)\b
    )""",
    re.VERBOSE,
)


def fingerprint(title: str, text: str) -> Fingerprint:
    """The winnowed 3-grams of `text`, in text order, each hash once (its first place).

    `title` is left out where the text repeats it as a line, for outlets re-headline what they copy. A text without three
    words gives an empty fingerprint.
    """
    return fingerprint_and_grams(title, text)[0]


def fingerprint_and_grams(title: str, text: str) -> tuple[Fingerprint, Grams]:
    """The fingerprint, and all the 3-grams it was chosen from: the upper 32 bits of each, in text order.

    The fingerprint finds who may have copied whom, the grams tell how much.
    """
    words = _words(title, text)
    if len(words) < GRAM_WORDS:
        return Fingerprint(words=len(words)), np.zeros(0, dtype=np.uint32)
    grams = _gram_hashes(_word_hashes(words))
    places = _winnow(grams)
    hashes = grams[places]
    _, first = np.unique(hashes, return_index=True)
    first.sort()
    upper = (grams >> np.uint64(32)).astype("<u4")
    found = Fingerprint(
        hashes=tuple(hashes[first].tolist()), positions=tuple(places[first].tolist()), words=len(words), grams=upper.tobytes()
    )
    return found, upper


def grams_of(article: Article) -> Grams:
    """All 3-grams of an article: those its fingerprint was handed on with, or cut anew (an article from the store)."""
    handed = article.fingerprint.grams
    return np.frombuffer(handed, dtype="<u4") if handed else fingerprint_and_grams(article.title, article.text)[1]


def comparable_lines(title: str, text: str) -> list[str]:
    """The folded lines of `text` that carry its content: without the title, credits, teasers, captions and fragments.

    Where less than KEPT_SHARE of the words would be left, all lines are kept: a brief of one line is a text too, and a
    gallery is its captions.
    """
    return [line for line, _ in _parted(title, text)]


def _parted(title: str, text: str) -> list[tuple[str, list[str]]]:
    """The same lines, each with its words."""
    folded = (part.strip() for part in fold(unescape(text)).split("\n"))
    lines: list[tuple[str, list[str]]] = [(line, _WORD.findall(line)) for line in folded if line]
    heading = " ".join(_WORD.findall(fold(title)))
    kept = [one for one in lines if not _is_furniture(*one, heading)]
    return kept if _chars(kept) > KEPT_SHARE * _chars(lines) else lines


def _chars(lines: list[tuple[str, list[str]]]) -> int:
    return sum(len(line) for line, _ in lines)


def _is_furniture(line: str, words: list[str], heading: str) -> bool:
    """Whether a folded line is no running text."""
    if len(line) > 400:
        return False
    if len(words) >= FURNITURE_WORDS:
        return False
    if len(words) <= FRAGMENT_WORDS and not _SENTENCE_END.search(line):
        figures = sum(word[0].isdigit() for word in words)
        return figures * FIGURES < max(1, len(words))
    return _FURNITURE.match(line) is not None or _CAPTION_END.search(line) is not None or " ".join(words) == heading


def _words(title: str, text: str) -> list[str]:
    words: list[str] = []
    for _, found in _parted(title, text):
        words += found
        if len(words) >= MAX_WORDS:
            return words[:MAX_WORDS]
    return words


def _word_hashes(words: list[str]) -> _Hashes:
    """One 64-bit hash a word: a multilinear hash of its code points (Lemire and Kaser, 2014), mixed."""
    joined = " ".join(words)
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words)) + 1
    starts = np.zeros(len(words), dtype=np.int64)
    np.cumsum(lengths[:-1], out=starts[1:])
    place = np.arange(len(codes), dtype=np.int64) - np.repeat(starts, lengths)[: len(codes)]
    products = codes * _factors().take(place, mode="wrap")
    return _mix(np.add.reduceat(products, starts) + lengths.astype(np.uint64))


def _gram_hashes(words: _Hashes) -> _Hashes:
    factors = _factors()
    grams: _Hashes = words[:-2] * factors[0] + words[1:-1] * factors[1] + words[2:] * factors[2]
    return _mix(grams)


def _winnow(grams: _Hashes) -> NDArray[np.int64]:
    """Places of the smallest hash of every window of four grams, the rightmost where they tie."""
    if len(grams) <= WINDOW_GRAMS:
        return np.array([len(grams) - 1 - int(np.argmin(grams[::-1]))], dtype=np.int64)
    count = len(grams) - WINDOW_GRAMS + 1
    least, places = grams[:count], np.arange(count, dtype=np.int64)
    for further in range(1, WINDOW_GRAMS):
        other = grams[further : further + count]
        lower = other <= least
        least = np.where(lower, other, least)
        places[lower] = np.flatnonzero(lower) + further
    return places[np.concatenate(([True], places[1:] != places[:-1]))]  # places of windows one behind the other never go back


def _mix(values: _Hashes) -> _Hashes:
    """The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014): every input bit moves every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@cache
def _factors() -> _Hashes:
    """64 fixed odd factors from splitmix64, the same for ever: kept fingerprints depend on them."""
    counter = np.arange(1, 65, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return _mix(counter) | np.uint64(1)
