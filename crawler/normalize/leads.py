"""The lead (standfirst) as a field of its own, and put before the text where the extractor lost it.

Not here: the headline (`titles.py`), the body (`extract.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml.html import HtmlElement

from crawler.normalize.cleaning import is_boilerplate, is_read_also
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.labels import split_caption
from crawler.normalize.parsing import elements, holders_of_the_headline, tokens, visible_text
from crawler.normalize.template.selectors import find_all
from crawler.normalize.titles import fold_title

_LEAD_WORDS = frozenset(
    {"lead", "lede", "standfirst", "intro", "introduction", "perex", "zajawka", "dek", "deck", "excerpt", "subhead", "subheadline", "subtitle",
     "subheading", "abstract", "summary", "teaser", "desc", "chapo", "sommario", "catenaccio", "entradilla", "ingress", "anleser", "anreisser", "vorspann", "einleitung", "chapeau", "sapo", "anons", "strapline", "abstrakt", "wstep"}
)  # fmt: skip
_ELSEWHERE = frozenset(
    {"related", "sidebar", "footer", "comment", "comments", "widget", "nav", "menu", "card", "list", "most", "popular", "recommended", "carousel", "grid", "item",
     "caption", "photo", "author", "bio", "newsletter", "box", "more", "latest", "promo", "stories", "tile", "feed", "slider"}
)  # fmt: skip
_ITEM = frozenset({"item"})
"""Of a list, but for Drupal, whose every value is a "field__item"."""
_BOLD = frozenset({"bold", "strong", "fett", "gras", "tucne"})
_LEAST, _MOST = 40, 900
"""Characters of a standfirst."""
_MOST_PARAGRAPHS = 2
"""Of a standfirst; a block with more is the body under a name like "text-with-summary" (Drupal)."""


def read_lead(draft: Draft, setting: Setting) -> None:
    """Fill `lead`; begin `text` with it when a reader meets it above the text and the extractor left it out."""
    del setting
    text, title = fold_title(draft.text), fold_title(draft.title)
    chosen = draft.layout is not None and draft.layout.lead is not None
    for lead in _set_apart(draft):
        folded = fold_title(lead)
        if (
            not folded
            or (not chosen and not _LEAST <= len(lead) <= _MOST)
            or folded == title
            or is_boilerplate(lead)
            or is_read_also(lead)
            or split_caption(lead)
        ):
            continue
        if folded in text[: len(folded) + 400]:
            draft.lead = lead
            return
        if folded not in text:
            draft.lead = lead
            draft.text = f"{lead}\n\n{draft.text}"
            return
    draft.lead = _bold_opening(draft)


def _set_apart(draft: Draft) -> Iterator[str]:
    """Blocks above the text that the layout, microdata or class words call a lead, then one that repeats og:description."""
    if draft.layout and draft.layout.lead:
        yield from (visible_text(element) for element in find_all(draft.tree, draft.layout.lead)[:1])
        return
    described = {
        fold_title(text) for text in (draft.facts.tag("og:description", "description"), draft.facts.ld("description")) if text
    }
    opening = fold_title(draft.text[:200])[:60]
    repeating: list[str] = []
    around = holders_of_the_headline(draft.tree)
    for element in elements(draft.tree, "p", "div", "h2", "h3", "h4", "span", "section", "strong", "em", "header"):
        words = tokens(element)
        named = words & _LEAD_WORDS or "description" in (element.get("itemprop") or "").lower().split()
        if not named and element.tag not in ("p", "h2", "h3", "h4", "div"):
            continue
        if not named and len(element) > 3:
            continue
        text = visible_text(element) if named or (element.text and element.text.strip()) or element.tag == "p" else ""
        if opening and fold_title(text)[:60] == opening and not named:
            break  # the body begins here: no standfirst above it
        if not _LEAST <= len(text) <= _MOST:
            continue
        if _is_elsewhere(element, around) and not (named and not _is_elsewhere(element, around | _around_the_text(draft))):
            continue
        if sum(1 for _ in elements(element, "p")) > _MOST_PARAGRAPHS or (opening and opening in fold_title(text)[1:]):
            continue
        if named and not any(True for _ in elements(element, "h1")):
            yield text
            break
        if fold_title(text) in described:
            repeating.append(text)
    yield from repeating[:1]


def _is_elsewhere(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    nodes = [
        element,
        *(
            node
            for node, _ in zip(element.iterancestors(), range(6), strict=False)
            if node.tag not in ("body", "html", "article", "main") and node not in around
        ),
    ]
    return any(
        node.tag in ("nav", "aside", "footer", "li", "figure", "figcaption", "a")
        or ((words := tokens(node) & _ELSEWHERE) and not (words == _ITEM and "field" in tokens(node)))
        for node in nodes
    )


def _around_the_text(draft: Draft) -> frozenset[HtmlElement]:
    """All elements around the first paragraph: none of them is a box beside the article ("region grid-full")."""
    opening = draft.text[:_LEAST]
    found = (part for part in elements(draft.tree, "p") if visible_text(part).startswith(opening))
    return frozenset(next(found, draft.tree).iterancestors())


def _bold_opening(draft: Draft) -> str | None:
    """The first paragraph when it stands wholly in bold type."""
    first = draft.text.split("\n\n", 1)[0]
    if not _LEAST <= len(first) <= _MOST:
        return None
    wanted = fold_title(first)
    for element in elements(draft.tree, "strong", "b", "p", "div"):
        if (element.tag in ("strong", "b") or tokens(element) & _BOLD) and fold_title(visible_text(element)) == wanted:
            return first
    return None
