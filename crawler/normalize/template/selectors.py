"""CSS selectors: the shortest one that finds the same element on several pages; and asking a tree by one, compiled once.

Not here: which elements are looked for (`places.py`, `learn.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from crawler.normalize.template.blocks import stable_names, step_of

_LEVELS = 4
"""Ancestors that may help to name an element."""
_MARKS = ("itemprop", "property", "rel", "role", "data-testid", "data-qa")
"""Attributes that name a role and stay through redesigns."""
Pair = tuple[HtmlElement, HtmlElement | None]
"""A page's tree and the element that is meant on it; None: the page has none."""


def first(tree: HtmlElement, selector: str) -> HtmlElement | None:
    """The first element that the selector finds. Raises cssselect's SelectorError for a wrong selector."""
    found = find_all(tree, selector)
    return found[0] if found else None


def find_all(tree: HtmlElement, selector: str) -> list[HtmlElement]:
    """All of them in document order; raises as `first` does."""
    return _compiled(selector)(tree)  # type: ignore[return-value]  # a CSS selector finds elements alone


def common_selector(pairs: Sequence[Pair]) -> str | None:
    """The shortest selector whose first find is the meant element on every page, and that finds none where none is meant."""
    meant = [element for _, element in pairs if element is not None]
    if not meant:
        return None
    for candidate in _candidates(meant):
        if all(first(tree, candidate) is element for tree, element in pairs):
            return candidate
    return None


@lru_cache(maxsize=1024)
def _compiled(selector: str) -> CSSSelector:
    return CSSSelector(selector, translator="html")


def _candidates(meant: Sequence[HtmlElement]) -> Iterator[str]:
    own = _names(meant)
    yield from own
    above = list(meant)
    for _ in range(_LEVELS):
        parents = [element.getparent() for element in above]
        if any(parent is None for parent in parents):
            break
        above = [parent for parent in parents if parent is not None]
        for name in _names(above):
            if name != above[0].tag:
                if all(one.getparent() is up for one, up in zip(meant, above, strict=True)):
                    yield from (f"{name} > {inner}" for inner in own)
                yield from (f"{name} {inner}" for inner in own)
    if placed := _placed(meant):
        yield placed


def _names(meant: Sequence[HtmlElement]) -> list[str]:
    """Simple selectors that fit all of these elements, the more telling first, the bare tag last."""
    tags = {element.tag for element in meant}
    if len(tags) != 1:
        return []
    (tag,) = tags
    found = [f'{tag}[{mark}="{value}"]' for mark in _MARKS if (value := _same(meant, mark)) and '"' not in value]
    if (ident := _same(meant, "id")) and step_of(meant[0]).endswith(f"#{ident}"):
        found.append(f"{tag}#{ident}")
    shared = set.intersection(*(set(_written(element)) for element in meant))
    names = sorted(shared, key=lambda name: (-len(name), name))
    found += [f"{tag}.{name}" for name in names]
    found += [f'{tag}[class*="{stem}"]' for stem in sorted(set.intersection(*(set(_stems(element)) for element in meant)))]
    if len(names) > 1:
        found.append(".".join((tag, *sorted(names))))
    return [*found, tag]


def _written(element: HtmlElement) -> Iterator[str]:
    """Class names that are stable as they stand; one that only begins so ("Body_text__3xY1z") cannot be a selector."""
    raw = (element.get("class") or "").split()
    return (name for name in stable_names(" ".join(raw)) if name in raw)


def _stems(element: HtmlElement) -> Iterator[str]:
    """What stays of a name that a build ends anew each time: "Body_text__" of "Body_text__3xY1z"."""
    for name in (element.get("class") or "").split():
        for stem in stable_names(name):
            if stem != name:
                yield stem + name[len(stem) :][: 2 if name[len(stem) :].startswith(("__", "--")) else 1]


def _same(meant: Sequence[HtmlElement], attribute: str) -> str | None:
    values = {element.get(attribute) for element in meant}
    return next(iter(values)) if len(values) == 1 else None


def _placed(meant: Sequence[HtmlElement]) -> str | None:
    """The way down from the body by tags and numbers, for pages without names, where it is the same on all pages."""
    ways = {_way(element) for element in meant}
    return next(iter(ways)) if len(ways) == 1 else None


def _way(element: HtmlElement) -> str:
    steps: list[str] = []
    node: HtmlElement | None = element
    while node is not None and node.tag not in ("body", "html"):
        place = 1 + sum(1 for _ in node.itersiblings(node.tag, preceding=True))
        steps.append(f"{node.tag}:nth-of-type({place})")
        node = node.getparent()
    return " > ".join(("body", *reversed(steps)))
