"""The headline: which of the page's statements is believed, and what is cut off it. Not here: the body (`extract.py`)."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Sequence

from lxml.html import HtmlElement

from crawler.normalize.parsing import drop, elements, tokens, visible_text
from crawler.normalize.structured import Facts
from crawler.text import clean_line, fold

_SEPARATOR = re.compile(
    r"\s+[|\-\u2013\u2014\u00b7\u2022\u00bb\u00ab:~/\u203a\u2039\u2503]+\s+|\s*\|\s*|\s*::\s*|\s+[\u00bb\u203a]\s*|:\s+(?=[A-Z][\w.]*$)"
)
_WORD = re.compile(r"\w+")
_HEADLINE_WORDS = frozenset({"title", "headline", "entry", "heading", "article", "post", "titel", "tytul", "nadpis"})
KICKERS = frozenset(
    {
        "kicker",
        "overline",
        "topline",
        "dachzeile",
        "eyebrow",
        "roofline",
        "toptitle",
        "supertitle",
        "suptitle",
        "pretitle",
        "badge",
        "nadtytul",
        "overtitle",
        "topheader",
        "occhiello",
        "antetitulo",
        "surtitre",
        "spitzmarke",
        "rubric",
    }
)
_INLINE = ("span", "small", "div", "em", "strong", "a", "p")
_ENOUGH = 0.2
_SECTION_WORDS = 3
"""Words of the name of a section ("Details", "M&A Updates"), which some themes set as the page's `h1`."""
_CHROME = frozenset(
    {"logo", "brand", "menu", "nav", "navbar", "masthead", "sidebar", "widget", "footer", "cookie", "modal", "related"}
)


def read_title(tree: HtmlElement, facts: Facts, names: Sequence[str]) -> str | None:
    """The headline as a reader sees it, without the outlet's name. None when the page has none.

    `names`: how the outlet may be called (its name, aliases, host). An `h1` that agrees with og:title, the JSON-LD headline
    or `<title>` wins (EXTRACTION.md: exact from .68 to .90 by that rule); then what two of them agree on; then the first.
    """
    known = [*names, *facts.site_names]
    stated = [text for raw in _statements(tree, facts) if (text := without_site_name(raw, known))]
    headings = [
        head for head in _headings(tree) if (text := visible_text(head)) and len(text) < 400 and not _is_name(text, known)
    ]
    if agreed := _unanimous(tree, facts, known, headings):
        return agreed
    by_key = {fold_title(text): text for text in reversed(stated)}
    for read in (_without_kicker, visible_text):
        for head in headings:
            if same := by_key.get(fold_title(read(head))):
                return same
    heads = [text for head in headings if (text := _without_kicker(head))]
    best = max(heads, key=lambda head: max((_agreement(head, text) for text in stated), default=0.0), default=None)
    if best and (len(heads) == 1 or not stated or max(_agreement(best, text) for text in stated) >= _ENOUGH):
        return _inner(best, stated, known)
    folded = [fold_title(text) for text in stated]
    agreed = next((text for text, key in zip(stated, folded, strict=True) if folded.count(key) > 1), None)
    return agreed or (_piece(stated[0], tree) if stated else next(iter(heads), None))


def without_site_name(title: str, names: Iterable[str]) -> str:
    """`title` without the parts at its end or start that are one of `names` or an address: "Tide falls | Coast News" -> "Tide falls".

    Only parts set off by a separator go, and never the whole title.
    """
    title = clean_line(title)
    known = {_squash(name) for name in names if _squash(name)}
    while True:
        places = list(_SEPARATOR.finditer(title))
        if not places:
            return title
        first, last = places[0], places[-1]
        if _is_site(title[last.end() :], known) and title[: last.start()].strip():
            title = title[: last.start()].rstrip()
        elif _is_site(title[: first.start()], known) and title[first.end() :].strip():
            title = title[first.end() :].lstrip()
        else:
            return title


def fold_title(title: str) -> str:
    """Words of a title alone, folded: for comparing."""
    return " ".join(_WORD.findall(fold(title)))


def _unanimous(tree: HtmlElement, facts: Facts, known: Sequence[str], headings: Sequence[HtmlElement]) -> str | None:
    """What og:title, the JSON-LD headline and `<title>` all say, or the latter two's match alone beside the name of a section.

    Three statements made apart outweigh an `h1` that says something else: what shows there is a section, a teaser line or a
    variant under test. Not where they only put a kicker before the heading's words or a phrase for search engines behind them. (Half A: right on 4 of 4 such pages, while
    two statements against the heading were wrong on 21 of 33, so two do not.)
    """
    first = facts.tag("og:title")
    if not first or not headings:
        return None
    stated = without_site_name(first, known)
    key = fold_title(stated)
    heads = [fold_title(visible_text(head)) for head in headings]
    if not key or any(key.endswith(head) or key.startswith(head) or head.endswith(key) for head in heads if head):
        return None
    title = fold_title(_page_title(tree))
    others = [title.startswith(key), fold_title(without_site_name(facts.ld("headline") or "", known)) == key]
    section = len(heads) == 1 and len(heads[0].split()) <= _SECTION_WORDS and not set(heads[0].split()) & set(key.split())
    return stated if all(others) or (section and any(others)) else None


def _page_title(tree: HtmlElement) -> str:
    return next((visible_text(element) for element in elements(tree, "title")), "")


def _statements(tree: HtmlElement, facts: Facts) -> list[str]:
    found = [facts.tag("og:title"), facts.ld("headline"), facts.tag("twitter:title"), _page_title(tree)]
    found += [facts.tag("dc.title", "dcterms.title", "parsely-title", "sailthru.title"), facts.ld("name", "alternativeHeadline")]
    if next(elements(tree, "h1"), None) is None:  # an h1 that carries it may hold a kicker too
        found.append(facts.item("headline"))
    return [text for text in found if text]


def _headings(tree: HtmlElement) -> list[HtmlElement]:
    """The page's `h1` that are no logo; its `h2` of a headline's name when it has none."""
    heads = [head for head in elements(tree, "h1") if not _is_chrome(head)]
    return heads or [head for head in elements(tree, "h2", "h3") if _is_headline(head) and not _is_chrome(head)][:1]


def _is_headline(head: HtmlElement) -> bool:
    """A lower heading called the headline; a page of old themes keeps its `h1` for the outlet's name or has none."""
    return (head.tag == "h2" and bool(tokens(head) & {"headline", "title"})) or head.get("itemprop") == "headline"


def _without_kicker(head: HtmlElement) -> str:
    """The heading's text without a kicker inside it."""
    if not any(tokens(child) & KICKERS for child in elements(head, *_INLINE) if child is not head):
        return visible_text(head)
    head = copy.deepcopy(head)
    for child in list(elements(head, *_INLINE)):
        if child is not head and tokens(child) & KICKERS:
            drop(child)
    return visible_text(head).strip(" :|-")


def _piece(title: str, tree: HtmlElement) -> str:
    """The part of a `<title>` that stands as a heading on the page ("Notes » Archive » On tides" over an h3 "On tides"), or all of it."""
    pieces = {fold_title(piece): piece.strip() for piece in _SEPARATOR.split(title) if piece and piece.strip()}
    if len(pieces) < 2:
        return title
    for head in elements(tree, "h1", "h2", "h3", "h4", "strong"):
        if text := pieces.get(fold_title(visible_text(head))):
            return text
    return title


def _agreement(head: str, text: str) -> float:
    """Share of common words, of the longer of the two; 1.0 when one is the beginning or end of the other and no stub."""
    one, two = fold_title(head).split(), fold_title(text).split()
    if not one or not two:
        return 0.0
    return len(set(one) & set(two)) / max(len(set(one)), len(set(two)))


def _inner(head: str, stated: Sequence[str], known: Sequence[str]) -> str:
    """`head`, or the stated title when the heading holds it and a kicker or standfirst beside it."""
    whole = fold_title(head)
    for text in stated:
        part = fold_title(text)
        if len(part) > 20 and part != whole and (whole.startswith(part) or whole.endswith(part)):
            return text
    return without_site_name(head, known)


def _is_chrome(element: HtmlElement) -> bool:
    if element.tag == "h1" and tokens(element) & _HEADLINE_WORDS:
        return False
    return any(tokens(node) & _CHROME for node in (element, *list(element.iterancestors())[:2]))


def _is_name(text: str, names: Iterable[str]) -> bool:
    return _squash(text) in {_squash(name) for name in names}


def _is_site(part: str, known: set[str]) -> bool:
    squashed = _squash(part)
    if not squashed:
        return True
    if squashed in known or re.fullmatch(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,4}", part.strip(), re.IGNORECASE):
        return True
    return len(squashed) >= 4 and any(
        squashed in name or (len(name) >= 4 and name in squashed and len(name) > 0.5 * len(squashed)) for name in known
    )


def _squash(text: str) -> str:
    """Letters and digits alone: "BBC News" and "bbc-news" are one."""
    return "".join(_WORD.findall(fold(text))).replace("_", "")
