"""Where headline, lead, byline and date stand: the selector that gives on every page what first sight found on it.

Not here: the body (`learn.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from lxml.html import HtmlElement

from crawler.model.article import PublishedFrom
from crawler.normalize.draft import Draft
from crawler.normalize.parsing import elements, visible_text
from crawler.normalize.template.selectors import Pair, common_selector
from crawler.normalize.times import parse_time
from crawler.text import clean_line

_STATED = frozenset({PublishedFrom.STRUCTURED_DATA, PublishedFrom.META})
_TRIED = 3
"""Elements with the right text that are tried for each page: nested ones repeat one another."""
_DATE_CHARS = 120
_DATE_TAGS = ("time", "span", "div", "p", "small", "li", "abbr", "em", "a", "td", "strong", "font")


@dataclass(frozen=True, slots=True)
class Sample:
    """A page and what first sight made of it; `draft.raw` is the text before cleaning."""

    draft: Draft
    zone: tzinfo

    @property
    def tree(self) -> HtmlElement:
        """The page, as parsed."""
        return self.draft.tree


def title_place(samples: Sequence[Sample]) -> str | None:
    """The heading whose whole text is the title on every page."""
    return _place(samples, lambda one: _with_text(one.tree, one.draft.title, ("h1", "h2", "h3")))


def lead_place(samples: Sequence[Sample]) -> str | None:
    """The element whose whole text is the lead; "" when no page has a lead."""
    if all(one.draft.lead is None for one in samples):
        return ""
    tags = ("p", "div", "h2", "h3", "h4", "section", "span", "strong", "header", "b", "em")
    return _place(samples, lambda one: _with_text(one.tree, one.draft.lead or "", tags))


def byline_place(samples: Sequence[Sample]) -> str | None:
    """The element whose whole text is the byline; "" when no page has a byline at all."""
    if all(not one.draft.byline for one in samples):
        return ""
    return _place(samples, lambda one: _with_text(one.tree, one.draft.byline, (), blanks=True))


def date_place(samples: Sequence[Sample]) -> str | None:
    """The element that says the time of publication; "" when JSON-LD or meta say it on every page."""
    if all(one.draft.published_from in _STATED for one in samples):
        return ""
    if any(one.draft.published_from is not PublishedFrom.PAGE for one in samples):
        return None
    return _place(samples, lambda one: list(_dated(one)))


def _place(samples: Sequence[Sample], find: Callable[[Sample], list[HtmlElement]]) -> str | None:
    """One selector for all pages. The elements of a page that have the right text are tried from the outside in."""
    found = [(one.tree, find(one)) for one in samples]
    for number in range(_TRIED):
        pairs: list[Pair] = [(tree, some[min(number, len(some) - 1)] if some else None) for tree, some in found]
        if selector := common_selector(pairs):
            return selector
    return None


def _with_text(tree: HtmlElement, text: str, tags: Iterable[str], *, blanks: bool = False) -> list[HtmlElement]:
    """Elements whose whole visible text this is, at most `_TRIED`. `blanks`: a blank between all parts, as bylines are read."""
    found: list[HtmlElement] = []
    wanted = clean_line(text)
    for element in elements(tree, *tags) if wanted else ():
        if len(found) == _TRIED:
            break
        if element.tag in ("html", "head", "body", "title", "meta", "script"):
            continue
        if (clean_line(" ".join(element.itertext())) if blanks else visible_text(element)) == wanted:
            found.append(element)
    return found


def _dated(one: Sample) -> Iterator[HtmlElement]:
    count = 0
    for element in elements(one.tree, *_DATE_TAGS):
        text = element.get("datetime") or ""
        if not text and (len(element) > _TRIED or len(text := visible_text(element)) > _DATE_CHARS):
            continue
        if not any(map(str.isdigit, text)):
            continue
        parsed = parse_time(text, one.zone)
        if parsed is not None and parsed[0] == one.draft.published_at:
            yield element
            count += 1
            if count == _TRIED:
                return
