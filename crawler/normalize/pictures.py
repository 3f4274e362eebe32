"""The credit of the lead picture, verbatim, and the credits of all pictures of the article.

Read in the tree, because extraction leaves most captions out. The lead picture is the one that the page states (`placing.py`): its caption,
then JSON-LD and microdata; where no `img` of the page is it (an address of its own for cards), the first with a credit above the text;
where the page states none, the first with a credit.
Not here: how a credit looks in prose (`picture_credits.py`), what agencies follow from it (`credits.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice
from urllib.parse import unquote, urlsplit

from lxml import etree
from lxml.html import HtmlElement

from crawler.normalize.credit_chain import Names
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.jsonld import text_of
from crawler.normalize.parsing import elements, holders_of_the_headline, tokens, visible_text
from crawler.normalize.picture_credits import LONGEST_CREDIT, split_credit
from crawler.text import clean_line

_MAYBE = re.compile("aption|redit|opis|opyright|egend|hotograph")
"""In the classes of captions: a first sieve, because most elements of a page are none."""
_SHOWN = etree.XPath(
    ".//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::button)]", smart_strings=False
)
_CAPTION_WORDS = frozenset(
    {"figcaption", "caption", "captions", "credit", "credits", "copyright", "podpis", "popisek", "legende", "legenda", "bildunterschrift", "photographer", "imagecaption"}
)  # fmt: skip
_CREDIT_WORDS = frozenset(
    {"credit", "credits", "copyright", "figsource", "fot", "photographer", "bildnachweis", "attribution"}
)  # fmt: skip
_OF_A_CAPTION = frozenset({"source", "src", "author", "autor", "quelle", "zrodlo", "rights"})
_ELSEWHERE = frozenset(
    {"related", "sidebar", "widget", "teaser", "footer", "recommended", "popular", "most", "latest", "promo", "comment", "comments", "nav", "menu", "bio", "avatar"}
)  # fmt: skip
_SOURCES = ("src", "data-src", "srcset", "data-srcset", "data-lazy-src", "data-original")
_CREDIT_ATTRIBUTES = ("data-credit", "data-copyright", "data-photographer", "data-author")
_CREDIT_KEYS = ("creditText", "credit", "copyrightNotice", "copyrightHolder", "creator", "author")
"""Of an ImageObject (schema.org), the most literal first."""
_SIZE = re.compile(r"(?:[-_]\d{2,4}x\d{2,4}|-scaled|@\dx)+$")
_NO_CAPTIONS = frozenset({"body", "html", "figure", "img", "article", "main"})
_LEAST_STEM = 4
_LEVELS = 4
"""Elements between a picture and what holds it with its caption."""
_LONGEST_CAPTION = 400
_MOST_CAPTIONS, _MOST_IMAGES = 60, 20
_ABOVE_THE_TEXT = 60
"""Characters of a paragraph that is text; a picture behind it is no longer the lead."""


def read_pictures(draft: Draft, setting: Setting) -> None:
    """Fill `image_credit` and `picture_credits`, the lead picture's first. Never raises."""
    names = Names(setting.agencies, setting.outlet.slug)
    region = _Region(draft)
    captions = _captions(draft, region)
    shown = _shown_credit(draft, region, captions, names)
    if shown in (draft.byline, *draft.authors):  # a frame around the writer's portrait; a writer's own picture is labelled
        shown = ""
    draft.image_credit = shown or (_stated_credit(draft, names) if draft.image_url else "")
    found = [draft.image_credit, *(_credit_in(caption, names) for caption in captions)]
    draft.picture_credits = tuple(dict.fromkeys(credit for credit in found if credit))


class _Region:
    """Where the article's own pictures stand: not in boxes beside it, nor in another article of the page."""

    __slots__ = ("around", "home")

    def __init__(self, draft: Draft) -> None:
        self.around = holders_of_the_headline(draft.tree)
        self.home = next((above for above in self.around if above.tag == "article"), None)

    def holds(self, element: HtmlElement) -> bool:
        """No element around `element` says otherwise."""
        above = list(element.iterancestors())
        if self.home is not None and self.home not in above and any(node.tag == "article" for node in above):
            return False
        near = [node for node in above if node not in self.around and node.tag not in ("body", "html")]
        return not any(node.tag in ("nav", "aside", "footer") or tokens(node) & _ELSEWHERE for node in near)


def _captions(draft: Draft, region: _Region) -> list[HtmlElement]:
    """The captions of the article, outermost element each, in document order."""
    found: dict[HtmlElement, None] = {}
    for element in draft.nodes:
        if element.tag != "figcaption":
            named = element.get("class")
            if not named or not _MAYBE.search(named) or element.tag in _NO_CAPTIONS or not tokens(element) & _CAPTION_WORDS:
                continue
        inner = any(other in found for other, _ in zip(element.iterancestors(), range(_LEVELS), strict=False))
        if not inner and region.holds(element):
            found[element] = None
        if len(found) >= _MOST_CAPTIONS:
            break
    return list(found)


def _shown_credit(draft: Draft, region: _Region, captions: list[HtmlElement], names: Names) -> str:
    """The credit beside the lead picture."""
    own = [image for image in _own_images(draft) if region.holds(image)]
    for image in own[:3]:
        if credit := _beside(image, names):
            return credit
    if own:
        return ""
    found = ((caption, credit) for caption in captions if (credit := _credit_in(caption, names)))
    bare = (
        (image, credit)
        for image in islice(elements(draft.tree, "img", "amp-img"), _MOST_IMAGES)
        if region.holds(image) and (credit := _beside(image, names))
    )
    place, credit = next(chain(found, bare), (None, ""))
    return credit if place is not None and (draft.image_url is None or _is_above_the_text(place, draft)) else ""


def _own_images(draft: Draft) -> Iterator[HtmlElement]:
    """The `img`s that show the stated picture, in whatever size."""
    stem = _stem(draft.image_url or "")
    if len(stem) < _LEAST_STEM:
        return
    for image in elements(draft.tree, "img", "amp-img"):
        if any(stem in unquote(given) for name in _SOURCES if (given := image.get(name))):
            yield image


def _stem(address: str) -> str:
    """The picture's file name without size and ending: "/2026/05/most-1200x675.jpg" -> "most"."""
    name = unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]
    return _SIZE.sub("", name.rpartition(".")[0] or name)


def _beside(image: HtmlElement, names: Names) -> str:
    """As far up from the picture as there is one picture and little text: what is said there of who took it."""
    for name in _CREDIT_ATTRIBUTES:
        if given := clean_line(image.get(name) or ""):
            return given[:LONGEST_CREDIT]
    for box, _ in zip(image.iterancestors(), range(_LEVELS), strict=False):
        if box.tag in ("article", "main", "body") or sum(1 for _ in box.iter("img", "amp-img")) > 1:
            break
        text = _spaced(box)
        if len(text) > _LONGEST_CAPTION:
            break
        if credit := _credit_in(box, names) if text else "":
            return credit
        below = box.getnext()
        if below is not None and tokens(below) & _CAPTION_WORDS and (credit := _credit_in(below, names)):
            return credit
    return ""


def _credit_in(caption: HtmlElement, names: Names) -> str:
    """The text of an element that is called a credit, else the credit that the caption's prose ends in.

    "author" and "source" are a picture's only in its caption; around a picture alone they may be the article's.
    """
    text = _spaced(caption)
    if not text or len(text) > _LONGEST_CAPTION:
        return ""
    words = _CREDIT_WORDS | _OF_A_CAPTION if caption.tag == "figcaption" or tokens(caption) & _CAPTION_WORDS else _CREDIT_WORDS
    for part in elements(caption, "span", "small", "cite", "em", "i", "p", "div", "a", "strong", "figcaption"):
        if tokens(part) & words and 2 < len(said := _spaced(part)) <= LONGEST_CREDIT:
            return split_credit(said, names) or ("" if tokens(part) & _CAPTION_WORDS - _CREDIT_WORDS else said)
    return split_credit(text, names)


def _is_above_the_text(place: HtmlElement, draft: Draft) -> bool:
    """No running paragraph of the text stands before it. The text's lead may."""
    before = place.xpath("preceding::p")
    opening = [line for line in draft.text.split("\n\n") if line != draft.lead and len(line) > _ABOVE_THE_TEXT][:1]
    return bool(opening) and not any(visible_text(part) == opening[0] for part in before)


def _stated_credit(draft: Draft, names: Names) -> str:
    """What JSON-LD or microdata say of the picture."""
    for node in draft.facts.pictures:
        for key in _CREDIT_KEYS:
            if said := clean_line(text_of(node.get(key)) or ""):
                return said if len(said) <= LONGEST_CREDIT else ""
        if credit := split_credit(clean_line(text_of(node.get("caption")) or "")[:_LONGEST_CAPTION], names):
            return credit
    return next(_microdata_credits(draft), "")


def _microdata_credits(draft: Draft) -> Iterator[str]:
    if not draft.facts.microdata:
        return
    for scope in draft.tree.xpath("//*[@itemprop='image' and @itemscope]")[:3]:
        for key in _CREDIT_KEYS:
            for part in scope.xpath(f".//*[@itemprop='{key}']"):
                if said := clean_line(part.get("content") or visible_text(part)):
                    yield said[:LONGEST_CREDIT]


def _spaced(element: HtmlElement) -> str:
    """Its text with a blank between the parts: caption and credit often touch. Code and buttons are none."""
    return clean_line(" ".join(_SHOWN(element)))  # type: ignore[arg-type]  # this path gives a list of texts
