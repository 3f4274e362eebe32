"""Texts with marks as HTML. Every piece is escaped; only `<mark>`, `<ins>`, `<del>` and `<p>` are ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from crawler.model.attribution import Evidence

_RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})
_AROUND = 70
"""Characters shown on either side of a quote."""
_BREAK = re.compile(r"\n\s*\n|\n")

Mark = tuple[int, int]


def marked(text: str, marks: Iterable[Mark] = ()) -> Markup:
    """The text, escaped, with its marks (start, end in characters) in `<mark>`. What overlaps or lies outside is left out."""
    parts: list[Markup] = []
    at = 0
    for start, end in sorted(marks):
        if at <= start < end <= len(text):
            parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
            at = end
    return Markup("").join([*parts, escape(text[at:])])


def paragraphs(text: str, marks: Sequence[Mark] = ()) -> list[Markup]:
    """The paragraphs of a text with marks that count in the whole text; a mark that runs over a break is parted."""
    found = []
    at = 0
    for gap in [*_BREAK.finditer(text), None]:
        end = gap.start() if gap else len(text)
        if text[at:end].strip():
            inside = [(max(start, at) - at, min(stop, end) - at) for start, stop in marks if start < end and stop > at]
            found.append(marked(text[at:end], inside))
        at = gap.end() if gap else end
    return found


def quoted(evidence: Evidence, kept: str | None) -> Markup:
    """A piece of evidence in its surroundings, the quote marked. `kept`: the string it was found in, where that is kept.

    The quote alone where the string has changed since, or is none that an article keeps ("page", "structured data").
    """
    if kept is None or kept[evidence.start : evidence.end] != evidence.quote or not evidence.quote:
        return marked(evidence.quote, [(0, len(evidence.quote))])
    start, end = max(0, evidence.start - _AROUND), min(len(kept), evidence.end + _AROUND)
    while 0 < start < evidence.start and not kept[start - 1].isspace():
        start += 1
    while evidence.end < end < len(kept) and not kept[end].isspace():
        end -= 1
    piece = marked(kept[start:end], [(evidence.start - start, evidence.end - start)])
    return Markup("{}{}{}").format("… " if start else "", piece, " …" if end < len(kept) else "")


def direction(language: str | None) -> str:
    """The `dir` of a text in a language: "auto" where it is unknown."""
    if not language or language == "und":
        return "auto"
    return "rtl" if language.partition("-")[0] in _RIGHT_TO_LEFT else "ltr"


def web_address(url: str | None) -> str | None:
    """The address if it may stand in a link: http and https only, so that no `javascript:` is ever clicked (SAFETY A5, A6)."""
    return url if url and re.match(r"https?://", url, re.IGNORECASE) else None
