"""The head of an article as a reader sees it: the short runs of text between the headline and the first paragraph.

Not here: what a run says, a day (`dates.py`) or a writer (`signs.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from crawler.normalize.parsing import elements, visible_text
from crawler.normalize.titles import fold_title
from crawler.text import clean_line

MOST_RUNS = 25
"""Runs of text below the headline that are looked at."""
_MOST_CHARS = 140
"""A longer run is a paragraph: the head of the article ends above it."""
_HIDDEN = ("script", "style", "noscript")


def head_lines(tree: HtmlElement, title: str, most: int = MOST_RUNS) -> Iterator[tuple[str, HtmlElement]]:
    """(run of text on one line, the element it stands in) in the order of the page. Nothing where no heading is the title."""
    key = fold_title(title)
    heads = [head for head in elements(tree, "h1", "h2", "h3", "legend") if key and fold_title(visible_text(head)) == key]
    if not heads:
        return
    for raw, holder in islice(runs_behind(heads[-1]), most):
        if holder.tag in _HIDDEN:
            continue
        line = clean_line(raw)
        if len(line) > _MOST_CHARS:
            return
        yield line, holder


def runs_behind(head: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    """Every run of text behind an element in the order of the page, and the element it stands in. Lazy: a page is long."""
    node: HtmlElement | None = head
    while node is not None and (above := node.getparent()) is not None:
        if (node.tail or "").strip():
            yield str(node.tail), above
        for later in node.itersiblings():
            yield from _within(later)
            if (later.tail or "").strip():
                yield str(later.tail), above
        node = above


def _within(element: HtmlElement) -> Iterator[tuple[str, HtmlElement]]:
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if event == "start" and (node.text or "").strip():
            yield str(node.text), node
        elif event == "end" and node is not element and (node.tail or "").strip():
            yield str(node.tail), node.getparent()
