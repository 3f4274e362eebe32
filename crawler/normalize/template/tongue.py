"""In which language an outlet writes, by its own commonest words: a page that has them as often as the sample is in it.

A hundred times cheaper than the detector, which is asked where the words are fewer. Not here: the detector (`language.py`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from crawler.model.template import Tongue

_WORD = re.compile(r"[^\W\d_]+")
_READ = 1000
"""Characters of a text that are read."""
_COMMONEST = 40
_LEAST = 0.85
"""Of the least share that the words had on a page of the sample: .27 to .29 of the words then, while texts in the neighbour's language
have .16 at most (Russian in Ukrainian's words; Czech in Polish's .15; `tests/themes`, 29 November 2026)."""
_ENOUGH_WORDS = 40


def learn_tongue(texts: Sequence[str], languages: Sequence[str]) -> Tongue | None:
    """From the sample's texts and their languages; None where these differ or the texts are short."""
    if len(set(languages)) != 1 or languages[0] == "und":
        return None
    pages = [_words(text) for text in texts]
    counts = Counter(word for words in pages for word in words)
    common = frozenset(word for word, _ in counts.most_common(_COMMONEST))
    shares = [_share(words, common) for words in pages if len(words) >= _ENOUGH_WORDS]
    if len(shares) < len(pages):
        return None
    return Tongue(language=languages[0], words=tuple(sorted(common)), share=round(_LEAST * min(shares), 3))


def is_spoken(text: str, tongue: Tongue) -> bool:
    """Whether a text is surely in the outlet's language."""
    words = _words(text)
    return len(words) >= _ENOUGH_WORDS and _share(words, tongue.words) >= tongue.share


def _words(text: str) -> list[str]:
    return _WORD.findall(text[:_READ].casefold())


def _share(words: Sequence[str], common: Sequence[str] | frozenset[str]) -> float:
    known = frozenset(common)
    return sum(word in known for word in words) / max(1, len(words))
