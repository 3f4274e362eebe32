"""The part of a page's source that says all a known outlet's pages say: its head without code, and the element around the article.

Cut out of the source before anything is parsed: nine tenths of a page are scripts, styles, menus and teasers. Which element
is learned (`narrow.py`) and stands as the beginning of its tag, to the letter. Not here: whether the cut is good enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from crawler.model.template import Excerpt
from crawler.normalize.encoding import is_undoubted, plain_text

_MORE_PARAGRAPHS = 2
"""Paragraphs behind the excerpt, in times of the most that a page of the sample had ..."""
_FEW_PARAGRAPHS = 10
"""... or so many: beyond both, text may have moved there."""
_CODE = re.compile(r"<(script|style|!--)", re.IGNORECASE)
_ENDS = {"script": "</script", "style": "</style", "!--": "-->"}
WALL_SIGNS = ("paywall", "regwall")
"""The commonest of what `access` tells a wall by: none behind the excerpt unless the sample had it, too."""


def excerpt_of(body: bytes, content_type: str | None, languages: Sequence[str], plan: Excerpt) -> str | None:
    """The part of the page as a small page; None where the page is to be read whole.

    That is: an encoding in doubt, no such element, one that does not end, much more text or a wall behind it.
    """
    html, encoding = plain_text(body, content_type)
    start = html.find(plan.mark)
    found = cut_element(html, start, _tag_of(plan.mark)) if start >= 0 else None
    if found is None:
        return None
    element, end = found
    if html.count("</p>", end) > most_paragraphs(plan) or any(html.find(sign, end) >= 0 for sign in plan.no_walls):
        return None
    small = _head(html, start)
    if "ld+json" not in small and "ld+json" not in element:
        small += _data(html, html.find("<body"), start) + _data(html, end, len(html))
    small += element
    return small if is_undoubted(small, encoding, content_type, languages) else None


def most_paragraphs(plan: Excerpt) -> int:
    """Paragraphs that may stand behind the excerpt."""
    return max(_MORE_PARAGRAPHS * plan.paragraphs, plan.paragraphs + _FEW_PARAGRAPHS)


def cut_element(html: str, start: int, tag: str) -> tuple[str, int] | None:
    """The source of the element that begins at `start`, without scripts, styles and comments, and where it ends; None when it does not."""
    pattern, parts, at, depth = _steps(tag), [], start, 0
    place = start
    while (match := pattern.search(html, place)) is not None:
        place = match.end()
        if (code := match[1]) is not None:
            stop = _end_of_code(html, match, code.lower())
            if stop is None:
                return None
            parts.append(html[at : match.start()])
            if _is_data(html, match):
                parts.append(html[match.start() : stop])
            at = place = stop
            continue
        depth += -1 if match[2] else 1
        if depth == 0:
            end = html.find(">", place) + 1 or len(html)
            parts.append(html[at:end])
            return "".join(parts), end
    return None


def _head(html: str, end: int) -> str:
    """All before the body, or before the element at `end`, without code but JSON-LD."""
    body = html.find("<body", 0, end + 1)
    stop, at = (body if body >= 0 else end), 0
    parts: list[str] = []
    while (match := _CODE.search(html, at, stop)) is not None:
        parts.append(html[at : match.start()])
        at = _end_of_code(html, match, match[1].lower()) or stop
        if _is_data(html, match):
            parts.append(html[match.start() : at])
    parts.append(html[at:stop])
    return "".join(parts)


def _data(html: str, start: int, end: int) -> str:
    """The JSON-LD there."""
    parts: list[str] = []
    at = max(start, 0)
    while (said := html.find("ld+json", at, end)) >= 0:
        opening, closing = html.rfind("<", at, said), html.find("</script", said, end)
        at = closing if closing >= 0 else end
        parts.append(f"{html[max(opening, 0) : at]}</script>")
    return "".join(parts)


def _end_of_code(html: str, match: re.Match[str], code: str) -> int | None:
    closing = html.find(_ENDS[code], match.end())
    if closing < 0:
        return None
    return html.find(">", closing) + 1 or None


def _is_data(html: str, match: re.Match[str]) -> bool:
    """A script of JSON-LD."""
    return match[1].lower() == "script" and html.find("ld+json", match.end(), html.find(">", match.end())) >= 0


def _tag_of(mark: str) -> str:
    """ "div" of `<div class="`."""
    return re.split(r"[\s>]", mark[1:], maxsplit=1)[0]


@lru_cache(maxsize=64)
def _steps(tag: str) -> re.Pattern[str]:
    return re.compile(rf"<(?:(script|style|!--)|(/?){re.escape(tag)}(?=[\s/>]))", re.IGNORECASE)
