"""Which part of an outlet's pages is enough: the excerpt is learned by trying, element by element outwards from the article.

An element is enough when each page of the sample gives the very same article from the excerpt as from the whole page. Not
here: the cut itself (`excerpt.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from lxml.html import HtmlElement

from crawler.model.template import Excerpt, Template
from crawler.normalize.encoding import plain_text
from crawler.normalize.template.excerpt import WALL_SIGNS, cut_element
from crawler.normalize.template.places import Sample
from crawler.normalize.template.selectors import first

_CODE = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_LAST_VALUE = re.compile(r"(?<=\")\s+[^\s\"=]+=\"[^\"]*$")
_NAMES_ONE = frozenset({"article", "main", "body"})
"""Tags that may mark the element without an attribute."""
_MOST_TRIED = 12
"""Elements. One that is not enough is mostly told by the first page."""


def find_excerpt(template: Template, samples: Sequence[Sample], is_enough: Callable[[Excerpt], bool]) -> Excerpt | None:
    """The smallest excerpt that is enough on all pages of the sample; None where none is, or where the element bears no mark."""
    rows = zip(*(list(_holders(one.tree, template)) for one in samples), strict=False)
    for row in islice(rows, _MOST_TRIED):
        plan = _plan(row, samples)
        if plan is not None and is_enough(plan):
            return plan
    return None


def _holders(tree: HtmlElement, template: Template) -> Iterator[HtmlElement]:
    """The smallest element that holds root and headline, and those around it."""
    root = first(tree, template.root)
    if root is None:
        return
    title = first(tree, template.title) if template.title else None
    around = set(title.iterancestors()) if title is not None else None
    for element in (root, *root.iterancestors()):
        if (around is None or element in around) and element.tag != "html":
            yield element


def _plan(row: Sequence[HtmlElement], samples: Sequence[Sample]) -> Excerpt | None:
    tag = row[0].tag
    if any(element.tag != tag for element in row):
        return None
    sources = [plain_text(one.draft.page.body, one.draft.page.header("content-type"))[0] for one in samples]
    mark = _mark([_source_tag(html, element) for html, element in zip(sources, row, strict=True)], tag)
    behind: list[str] = []
    for html in sources if mark else ():
        found = cut_element(html, html.find(mark), tag) if mark in html else None
        if found is None:
            return None
        behind.append(html[found[1] :])
    if not behind:
        return None
    no_walls = tuple(sign for sign in WALL_SIGNS if not any(sign in rest for rest in behind))
    return Excerpt(mark=mark, paragraphs=max(rest.count("</p>") for rest in behind), no_walls=no_walls)


def _source_tag(html: str, element: HtmlElement) -> str:
    """The element's tag as it stands in the source; "" when it is not found."""
    place = sum(1 for _ in element.xpath(f"preceding::{element.tag} | ancestor::{element.tag}"))
    found = re.finditer(rf"<{element.tag}(?=[\s/>])[^<>]*>", _CODE.sub("", html), re.IGNORECASE)
    return next((match[0] for match in islice(found, place, place + 1)), "")


def _mark(tags: Sequence[str], name: str) -> str:
    """How all of these tags begin; "" when that is no more than the bare name.

    Where they differ, the value that differs is cut off, and what begins alike in it by chance: all of it but for the first one.
    """
    first_tag, last_tag = min(tags), max(tags)  # what these two begin with alike, all between them do
    mark = first_tag[
        : next((at for at, (one, other) in enumerate(zip(first_tag, last_tag, strict=False)) if one != other), len(first_tag))
    ]
    if any(tag != mark for tag in tags):
        mark = _LAST_VALUE.sub("", mark).rstrip("0123456789")
    return mark if name in _NAMES_ONE or '="' in mark else ""
