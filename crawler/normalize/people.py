"""Who wrote an article: the byline verbatim, and the people in it. Organisations are left to `credits.py`.

Not here: what is a name (`names.py`), agencies and other sources of a text, which become attributions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml import etree
from lxml.html import HtmlElement

from crawler.addresses import host_of
from crawler.normalize.byline_words import AUTHOR_PATH, BYLINE_WORDS, LABEL, PICTURE, WRITTEN
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.names import MOST_PEOPLE, is_person, people_in, squash
from crawler.normalize.parsing import elements, holders_of_the_headline, tokens, visible_text, visible_words
from crawler.normalize.signs import is_below, marked_in_the_head, signed
from crawler.normalize.structured import Facts, Name
from crawler.normalize.template.selectors import find_all
from crawler.text import clean_line, fold

_META = (
    "author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "dc.contributor", "byl", "cxenseparse:author", "article:author_name",
    "citation_author", "creator",
)  # fmt: skip
_BYLINE_TAGS = (
    "a",
    "span",
    "div",
    "p",
    "address",
    "li",
    "em",
    "strong",
    "small",
    "cite",
    "dd",
    "h3",
    "h4",
    "h5",
    "h6",
    "section",
    "header",
)
_ROLES = frozenset({"rel", "property", "itemprop"})
"""Attributes that may call an element the author."""
_ELSEWHERE = frozenset(
    {"comment", "comments", "related", "sidebar", "footer", "teaser", "widget", "recommended", "popular", "card", "nav", "menu", "caption", "photo",
     "respond", "bio", "biography", "avatar", "promo", "most", "latest", "carousel", "copyright", "photographer"}
)  # fmt: skip
_AUTHOR_BOXES = tuple(
    map(frozenset, ({"author", "box"}, {"authorbox"}, {"author", "bio"}, {"author", "card"}, {"about", "author"}))
)
_FOOTER = frozenset({"footer"})
_SIGNED_LINE = re.compile(r"\d.*\b(?:By|BY|[Vv]on|Autor(?:ka|in|zy)?:|Author:|Tekst:|Автор:|[Pp]ar)[:\s]")
"""A day and a byline in one element."""
_LEAST_SAID = 3
"""Words in small letters that make a sentence of a biography; "Halina Mrozek writes about rivers." has three."""
_RUNNING = 40
"""Words of an element that is running text."""
_OTHER_SCOPE = "ancestor-or-self::*[contains(@itemtype, 'ImageObject') or contains(@itemtype, 'Comment') or contains(@itemtype, 'VideoObject')]"
_SHOWN = etree.XPath(".//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]", smart_strings=False)
_STAMPED = re.compile(
    r"[^|\u2022\u00b7]*\d{4}[^|\u2022\u00b7]*[|\u2022\u00b7](?:[^|\u2022\u00b7]*[|\u2022\u00b7])?\s*([^|\u2022\u00b7\d]{5,40})"
)
"""A day, perhaps a section, and a name: "2 maja 2026, 8:15 | Kraj | Anna Nowak" on plain old pages."""
_ACCOUNT = re.compile(r"[a-z]+")
"""The account of an editorial system ("akowalska"), which no reader sees; a pen name is written on the page, too."""
_SIGNED = re.compile(r"\b(?:by|von|par|por|przez|autor(?:ka|in)?:?|door|автор:?)\s*$", re.IGNORECASE)
_NAMED = frozenset({"name", "fullname"})
_LONGEST = 40
"""Characters of a full name."""
_MOST_STATED = 20
"""Names that structured data may give: a running report has more writers than a byline holds."""


def read_people(draft: Draft, setting: Setting) -> None:
    """Fill `byline` (verbatim: the page's visible one, else what the page or its feed states) and `authors` (people only).

    JSON-LD is asked first, then microdata, meta, the visible byline, the feed. A visible byline that holds all the people
    of structured data and more is believed before it: machines are often told of the first author only.
    """
    facts = draft.facts
    visible = visible_bylines(draft)
    by_layout = bool(draft.layout and draft.layout.byline)
    head = "" if by_layout else marked_in_the_head(draft)
    feed = draft.page.entry.author if draft.page.entry and draft.page.entry.author else ""
    stated = [
        value
        for name in _META
        for value in facts.meta.get(name, ())
        if not value.lower().startswith(("http", "www.", "@")) and not _ACCOUNT.fullmatch(value)
    ]
    labelled = _labelled(facts)
    draft.byline = (
        _fullest(visible)
        or head
        or ", ".join(dict.fromkeys(name.name for name in facts.authors))
        or next(iter(stated), "")
        or feed
    )
    seen = _seen(draft, setting, visible, head)
    own = {squash(name) for name in facts.site_names}
    for group in (facts.authors, _unsaid(facts.microdata.get("author", ())), _unsaid(labelled), _unsaid(stated)):
        found = people_of(group, draft, setting)
        if 0 < len(found) <= (_MOST_STATED if group is facts.authors else MOST_PEOPLE):
            more = 0 < len(seen) <= MOST_PEOPLE and (
                {fold(name) for name in found} < {fold(name) for name in seen} or all(squash(name) in own for name in found)
            )
            draft.authors = seen if more else _in_full(found, draft)
            return
    pen_name = [text for text, _ in visible[:1] if len(text.split()) <= 2]
    for said, alone in (
        ([feed], False),
        (_linked(draft), False),
        (_written_bylines(draft), False),
        (_signed_link(draft), True),
        (pen_name, True),
    ):
        if seen:
            break
        if seen := people_of(said, draft, setting, alone=alone):
            draft.byline = draft.byline or said[0]
    if (
        not seen
        and not by_layout
        and not any(setting.agencies.find(leaf) for _, leaves in visible[:2] for leaf in leaves.split(", "))
    ):
        seen = _by_signs(draft, setting)
    draft.authors = seen


def _seen(draft: Draft, setting: Setting, visible: Sequence[tuple[str, str]], head: str) -> tuple[str, ...]:
    """The people of the byline in the head of the article, or of the first visible one that names any; of both the fuller."""
    said = (text for text, leaves in visible[:4] for text in (leaves, text))
    found = next((found for text in said if (found := people_of([text], draft, setting, alone=False))), ())
    first = people_of([head], draft, setting, alone=False)
    return found if {fold(name) for name in first} <= {fold(name) for name in found} else first


def _in_full(names: tuple[str, ...], draft: Draft) -> tuple[str, ...]:
    """A given name alone with the family name that the page's only element called a name gives it: "Todd" -> "Todd Bates"."""
    if len(names) != 1 or " " in names[0]:
        return names
    called = (
        visible_text(element) for element in elements(draft.tree, "p", "span", "div", "h4", "h5") if tokens(element) & _NAMED
    )
    full = {text for text in called if len(text) < _LONGEST and text.startswith(f"{names[0]} ") and is_person(text)}
    return tuple(full) if len(full) == 1 else names


def _by_signs(draft: Draft, setting: Setting) -> tuple[str, ...]:
    for said in signed(draft):
        if found := people_of([said], draft, setting, alone=False):
            draft.byline = draft.byline or ("" if is_below(draft, said) else said)
            return found
    return ()


def visible_bylines(draft: Draft) -> list[tuple[str, str]]:
    """(text, its parts joined by commas) of elements that stand for the byline, those with `rel=author` or itemprop first."""
    if draft.layout and draft.layout.byline:
        return [
            (text, _parted(element)) for element in find_all(draft.tree, draft.layout.byline)[:5] if (text := _spaced(element))
        ]
    strong: dict[str, str] = {}
    weak: dict[str, str] = {}
    boxes: dict[str, str] = {}
    around = holders_of_the_headline(draft.tree)
    for element in elements(draft.tree, *_BYLINE_TAGS):
        attributes = dict(element.items())
        if not attributes:
            continue
        marked = not attributes.keys().isdisjoint(_ROLES) and _is_marked(attributes)
        if (not marked and not tokens(element) & BYLINE_WORDS) or _is_elsewhere(element, around):
            continue
        text = _spaced(element)
        if 2 < len(text) < 160 and not PICTURE.match(text) and not element.xpath(_OTHER_SCOPE):
            if _is_biography(text) or _is_boxed(element):
                name = next((leaf for raw in _texts(element) if is_person(leaf := clean_line(raw))), text)
                boxes.setdefault(name, name)
            else:
                (strong if marked else weak).setdefault(text, _parted(element))
    return list((strong | weak or boxes).items())


def _is_biography(text: str) -> bool:
    """A sentence about the writer, the name perhaps before it: what a box below the article says, which is asked where no byline is."""
    return text[-1] in ".!?" and sum(1 for word in text.split() if word[0].islower()) >= _LEAST_SAID


def _is_boxed(element: HtmlElement) -> bool:
    """Themes call the box below the article "author-box", "about-author" and the like."""
    near = (element, *(above for above, _ in zip(element.iterancestors(), range(3), strict=False)))
    return any(box <= words for part in near if (words := tokens(part)) for box in _AUTHOR_BOXES)


def _is_marked(attributes: Mapping[str, str]) -> bool:
    """rel, RDFa's property ("schema:author") or itemprop call the element the author."""
    rel = f"{attributes.get('rel', '')} {attributes.get('property', '')}".lower().split()
    return any(word.rpartition(":")[2] in ("author", "creator") for word in rel) or (
        "author" in attributes.get("itemprop", "").lower().split()
    )


def people_of(said: Sequence[Name] | Sequence[str], draft: Draft, setting: Setting, *, alone: bool = True) -> tuple[str, ...]:
    """The people in what was said who are not the outlet, an agency or an organisation of the page's own structured data."""
    names = [item if isinstance(item, Name) else Name(item, None) for item in said]
    host = (host_of(draft.url) or "").removeprefix("www.").split(".")[0]
    site = {squash(name) for name in draft.facts.site_names}
    bodies = (name.name for name in draft.facts.authors if name.person is False)
    own = (
        setting.outlet.name,
        *setting.outlet.aliases,
        *(name for name in bodies if squash(name) in site or not is_person(name) or not _is_linked(name, draft)),
    )
    sure = {squash(name.name) for name in draft.facts.authors if name.person}
    found = people_in(names, own, alone=alone)
    return tuple(
        name
        for name in found
        if setting.agencies.find(name) is None
        and (squash(name) in sure or (squash(name) not in site | {squash(host)} or _is_twice(name, draft, names)))
    )


def _is_linked(name: str, draft: Draft) -> bool:
    """The page links the name to an author's own page: a person, though a template called every author an organisation."""
    links = (link for link in elements(draft.tree, "a") if AUTHOR_PATH.search(link.get("href") or ""))
    return any(squash(_spaced(link)) == squash(name) for link in links)


def _is_twice(name: str, draft: Draft, names: Sequence[Name]) -> bool:
    """A blog called after its author: two words, stated by the page as an author, and nowhere an organisation."""
    organisations = {squash(text) for text in draft.facts.organisations}
    return (
        len(name.split()) == 2 and squash(name) not in organisations and any(squash(name) in squash(item.name) for item in names)
    )


def _labelled(facts: Facts) -> list[str]:
    """The author among the labelled facts for cards (`twitter:label1` "Written by", `twitter:data1` the name), as WordPress plugins write."""
    return [
        value
        for number in (1, 2, 3)
        if LABEL.fullmatch(facts.tag(f"twitter:label{number}") or "")
        for value in facts.meta.get(f"twitter:data{number}", ())[:1]
    ]


def _unsaid(texts: Sequence[str]) -> list[Name]:
    return [Name(text, None) for text in texts]


def _linked(draft: Draft) -> list[str]:
    """The text of the first link to an author's page that stands with the article."""
    around = holders_of_the_headline(draft.tree)
    for link in draft.tree.xpath("//a[@href]"):
        if AUTHOR_PATH.search(link.get("href")) and not _is_elsewhere(link, around) and 4 < len(text := _spaced(link)) < 60:
            return [text]
    return []


def _signed_link(draft: Draft) -> list[str]:
    """The text of a link to an author's page right behind "by", "von" and the like: there a given name alone is enough."""
    around = holders_of_the_headline(draft.tree)
    for link in draft.tree.xpath("//a[@href]"):
        if AUTHOR_PATH.search(link.get("href")) and not _is_elsewhere(link, around):
            before, above = link.getprevious(), link.getparent()
            said = (before.tail if before is not None else above.text if above is not None else None) or ""
            if _SIGNED.search(said) and 2 < len(text := _spaced(link)) < 60:
                return [text]
    return []


def _written_bylines(draft: Draft) -> list[str]:
    """The first short block that begins with "By", "Von", "Autor:" and the like, or follows such a label."""
    around = holders_of_the_headline(draft.tree)
    for element in elements(
        draft.tree, "p", "div", "span", "li", "em", "small", "h3", "h4", "h5", "h6", "strong", "b", "dt", "font"
    ):
        if len(element) > 4 or not 2 <= len(element.text_content().strip()) < 80:
            continue
        text = _spaced(element)
        if _SIGNED_LINE.search(text) and (line := _signed_line(element)) and not _is_elsewhere(element, around):
            return [line]
        if (
            not 2 <= len(text) < 80
            or len(text.split()) > 9
            or not (WRITTEN.match(text) or LABEL.fullmatch(text) or _STAMPED.fullmatch(text))
            or _is_elsewhere(element, around)
        ):
            continue
        if WRITTEN.match(text):
            return [text]
        if stamped := _STAMPED.fullmatch(text):
            return [stamped[1]]
        behind = element.getnext()
        return [_spaced(behind) if behind is not None else clean_line(element.tail or "")]
    return []


def _signed_line(element: HtmlElement) -> str:
    """ "Autor: Jan Kos" on a line of its own below the day: old pages part the two by `br` alone."""
    if next(element.iter("br"), None) is None:
        return ""
    return next((line for raw in _texts(element) if WRITTEN.match(line := clean_line(raw))), "")


def _is_elsewhere(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    nodes = [
        node
        for node, _ in zip(element.iterancestors(), range(5), strict=False)
        if node.tag not in ("body", "html", "article", "main") and node not in around
    ]
    return any(
        node.tag in ("nav", "aside")
        or (
            (words := tokens(node) & _ELSEWHERE) and "elementor" not in tokens(node) and not (words == _FOOTER and _goes_on(node))
        )
        for node in (element, *nodes)
    )


def _goes_on(footer: HtmlElement) -> bool:
    """Running text stands behind it: TYPO3 calls the line below the headline a footer."""
    return any(visible_words(node) >= _RUNNING for node in footer.itersiblings() if isinstance(node.tag, str))


def _spaced(element: HtmlElement) -> str:
    """The element's text with a blank between its parts: `<b>By</b><a>Jane Doe</a>` is two words."""
    return clean_line(" ".join(_texts(element)))


def _parted(element: HtmlElement) -> str:
    """The same with commas between: three names in three spans are three people."""
    return ", ".join(text for raw in _texts(element) if (text := clean_line(raw)))


def _texts(element: HtmlElement) -> list[str]:
    return [str(text) for text in _SHOWN(element)]  # type: ignore[union-attr]  # this path gives a list of texts


def _fullest(visible: Sequence[tuple[str, str]]) -> str:
    """The fullest of the first three visible bylines: nested elements repeat one another."""
    return max((text for text, _ in visible[:3]), key=len, default="")
