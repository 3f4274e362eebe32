"""What trafilatura left out between the paragraphs that it took: subheads and lists of the same parent.

Where a page has no container that it knows, it takes paragraphs alone.
Not here: the extraction (`extract.py`), boxes (`boxes.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from crawler.normalize.parsing import elements, tokens, visible_text
from crawler.text import fold

_LEAST_KEPT = 3
"""Paragraphs of one parent that make it the container of the body."""
_LINKED = 0.4
_OTHERS = frozenset(
    {"related", "ad", "ads", "advert", "promo", "newsletter", "share", "social", "caption", "author", "byline", "tags", "meta", "recommended", "more", "popular"}
)  # fmt: skip


def with_siblings(lines: Sequence[str], tree: HtmlElement) -> list[str]:
    """`lines` and the lost siblings of them, each at its place. `tree`: what was extracted from, boxes cut."""
    places = {_key(line): number for number, line in reversed(list(enumerate(lines)))}
    container = _container(tree, places)
    if container is None:
        return list(lines)
    lost: dict[int, list[str]] = {}
    last = -1
    waiting: list[str] = []
    for child in container:
        if not isinstance(child.tag, str):
            continue
        kept = [places[key] for key in _keys(child) if key in places]
        if kept:
            lost.setdefault(last, []).extend(waiting)
            last, waiting = max(kept), []
        elif last >= 0:
            waiting += _missing(child)
    found: list[str] = []
    for number, line in enumerate(lines):
        found.append(line)
        found += lost.get(number, ())
    return found


def _container(tree: HtmlElement, places: dict[str, int]) -> HtmlElement | None:
    parents: Counter[HtmlElement] = Counter()
    for paragraph in elements(tree, "p"):
        above = paragraph.getparent()
        if above is not None and _key(visible_text(paragraph)) in places:
            parents[above] += 1
    best = parents.most_common(1)
    return best[0][0] if best and best[0][1] >= _LEAST_KEPT else None


def _missing(child: HtmlElement) -> Iterator[str]:
    """The lines of a lost child: a subhead or a list. Paragraphs that were dropped had a reason (measured: they lose more than they gain)."""
    text = visible_text(child)
    linked = sum(len(visible_text(link)) for link in elements(child, "a"))
    if not text or linked > _LINKED * len(text) or tokens(child) & _OTHERS:
        return
    if child.tag in ("h2", "h3", "h4") and 3 <= len(text) <= 120:
        yield text
    elif child.tag in ("ul", "ol"):
        yield from (f"- {item}" for item in map(visible_text, elements(child, "li")) if item)


def _keys(child: HtmlElement) -> Iterator[str]:
    yield _key(visible_text(child))
    if child.tag not in ("p", "h2", "h3", "h4"):
        for inner in elements(child, "p", "li", "h2", "h3", "h4"):
            yield _key(visible_text(inner))


def _key(line: str) -> str:
    return "".join(char for char in fold(line.removeprefix("- ")) if char.isalnum())
