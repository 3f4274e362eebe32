"""What is cut out of the tree before the text is read: reply forms, comments, "read also" frames, share bars, subscription boxes.

By roles that themes of all makers name alike in class and id, never by site. Not here: lines of the text (`cleaning.py`).
"""

from __future__ import annotations

from lxml.html import HtmlElement

from crawler.normalize.inserts import cut_inserts
from crawler.normalize.parsing import drop, elements, holders_of_the_headline, tokens, visible_text, visible_words
from crawler.normalize.phrases import READ_ALSO

_COMMENT_IDS = frozenset(
    {"respond", "comments", "commentform", "disqus_thread", "komentarze", "kommentare", "reply-title", "comment-list"}
)
_FORM_TAGS = ("form", "input", "textarea", "select", "button", "dialog")
_ALWAYS = (
    {"comment", "respond"}, {"comment", "form"}, {"comments", "area"}, {"comment", "list"}, {"comments", "list"}, {"read", "also"},
    {"related", "posts"}, {"related", "articles"}, {"related", "links"}, {"related", "content"}, {"related", "stories"}, {"newsletter", "signup"},
    {"newsletter", "box"}, {"newsletter", "form"}, {"cookie", "banner"}, {"cookie", "notice"}, {"cookie", "consent"}, {"share", "buttons"},
    {"social", "share"}, {"sharing", "buttons"}, {"author", "bio"}, {"author", "box"}, {"paywall", "offer"}, {"screen", "reader", "text"},
    {"tag", "list"}, {"post", "tags"}, {"recommended", "articles"}, {"most", "read"}, {"av", "share", "box"},
    {"share", "button"}, {"share", "bar"}, {"share", "container"}, {"share", "stats"}, {"share", "count"}, {"share", "links"}, {"author", "card"},
    {"app", "promo"}, {"support", "box"}, {"next", "article"}, {"next", "post"},
    {"ad", "slot"}, {"td", "a", "rec"}, {"ads", "wrapper"}, {"adspot"},
)  # fmt: skip
"""Words that make a box when one element's class and id hold all of a set."""
_SIGN_UP = frozenset(
    {
        "signup",
        "newsletter",
        "newsletters",
        "subscribe",
        "subscription",
        "newsletterbox",
        "newslettersignup",
        "mailchimp",
        "mc4wp",
    }
)
_APPEAL = frozenset(
    {"donate", "donation", "donations", "spenden", "spendenbox", "spendenaufruf", "darowizna", "darowizny", "wesprzyj", "zrzutka"}
)
"""Boxes that ask for money, by one word."""
_BESIDE = frozenset(
    {
        "sidebar",
        "recommend",
        "recommended",
        "recommendations",
        "related",
        "polecane",
        "empfehlungen",
        "weather",
        "pogoda",
        "wetter",
        "pocasi",
    }
)
"""Columns and lists beside an article, where they do not hold its headline."""
_NOT_BESIDE = frozenset(
    {"has", "with", "without", "no", "enabled", "disabled", "true", "false", "main", "content", "article", "body"}
)
"""Words that make a class speak of the article: "has-sidebar-right", "sidebar-enabled--false"."""
_POLL = frozenset(
    {
        "poll",
        "polls",
        "totalpoll",
        "kepoll",
        "democracy",
        "survey",
        "quiz",
        "sonda",
        "ankieta",
        "umfrage",
        "anketa",
        "opros",
        "sondage",
    }
)
_COMMENTS = frozenset(
    {
        "komentarze",
        "komentarz",
        "kommentare",
        "komentare",
        "diskuse",
        "diskussion",
        "commentaires",
        "comentarios",
        "commenti",
        "commentlist",
    }
)
"""Readers' comments by one word. Not the German "kommentar", which is an opinion piece; nor "comments", which themes set on the body."""
_FIELD_LABEL = frozenset({"field", "label"})
"""Drupal's "field__label": "Category" above a value. Not "field--label-above", which is the field itself."""
_FEW_WORDS = 80
_MAX_SHARE = 0.35
"""A "box" with more of the page's text than this is the page itself under an unlucky name, and stays."""


def cut_boxes(tree: HtmlElement, remove: tuple[str, ...] = ()) -> HtmlElement:
    """Cut the boxes out of `tree` (in place) and give it back. `remove`: further CSS selectors, of the outlet's layout."""
    whole = max(1, visible_words(tree))
    for selector in remove:
        for element in tree.cssselect(selector):
            drop(element)
    cut_inserts(tree)
    around = holders_of_the_headline(tree)
    for element in [*_around_addresses(tree), *_frames(tree)]:  # before the loop, which takes the fields away
        if visible_words(element) < _FEW_WORDS:
            drop(element)
    for element in list(elements(tree)):
        if element.getparent() is None or element.tag in ("html", "body", "article", "main", "head"):
            continue
        if (_is_box(element) or (element not in around and _is_beside(element))) and visible_words(element) <= _MAX_SHARE * whole:
            drop(element)
    return tree


def _around_addresses(tree: HtmlElement) -> list[HtmlElement]:
    """Boxes that ask for an e-mail address, whatever their name: as far up from the field as there is little text."""
    found = []
    for field in tree.xpath(".//input[translate(@type,'EMAIL','email')='email' or contains(@name,'email')]"):
        box = None
        for above, _ in zip(field.iterancestors(), range(3), strict=False):
            if above.tag not in ("div", "section", "aside", "form", "fieldset") or visible_words(above) > _FEW_WORDS // 2:
                break
            box = above
        found += [box] if box is not None and next(elements(box, "h1"), None) is None else []
    return found


def _frames(tree: HtmlElement) -> list[HtmlElement]:
    """Frames of links to other articles: an element whose whole text is "Read also" and links; the label stands in an element of its own."""
    found = []
    for label in elements(tree, "span", "strong", "b", "p", "div", "h2", "h3", "h4", "h5", "h6", "em"):
        if len(label) > 1 or next(elements(label, "a"), None) is not None or not 4 < len(text := visible_text(label)) < 40:
            continue
        if not READ_ALSO.fullmatch(text.rstrip(" :.>»")):
            continue
        frame = None
        for above, _ in zip(label.iterancestors(), range(3), strict=False):
            links = " ".join(visible_text(link) for link in elements(above, "a"))
            if (
                above.tag not in _FRAME_TAGS
                or not links
                or len(visible_text(above).split()) > len(text.split()) + len(links.split()) + 1
            ):
                break
            frame = above
        found += [frame] if frame is not None else []
    return found


_FRAME_TAGS = ("div", "aside", "section", "p", "figure", "blockquote", "ul", "li")


def _is_beside(element: HtmlElement) -> bool:
    if element.tag == "nav" or (element.get("role") or "").lower() == "navigation":
        return True
    words = tokens(element)
    if element.tag in ("div", "section", "aside", "ul", "p", "td") and words & _APPEAL:
        return visible_words(element) < _FEW_WORDS
    return bool(words & _BESIDE) and not words & _NOT_BESIDE and element.tag in ("div", "section", "aside", "ul", "p", "td")


def _is_box(element: HtmlElement) -> bool:
    if element.tag in _FORM_TAGS:
        return element.tag != "form" or not element.xpath(".//article | .//h1")
    if (element.get("id") or "").lower() in _COMMENT_IDS:
        return True
    if element.get("hidden") is not None or (element.get("aria-hidden") == "true" and element.tag not in ("div", "section")):
        return element.tag not in ("div", "section", "article", "main") or element.get("hidden") is not None
    words = tokens(element)
    if words == _FIELD_LABEL:
        return True
    if words & _COMMENTS and element.tag in ("div", "section", "ul", "ol", "li", "aside", "table", "td"):
        return next(elements(element, "h1"), None) is None
    if words & _POLL and element.tag in ("div", "section", "aside") and element.xpath(".//form | .//input | .//button"):
        return visible_words(element) < _FEW_WORDS
    if (
        words & _SIGN_UP
        and element.tag in ("div", "section", "aside", "figure", "p")
        and element.xpath(".//form | .//input | .//button")
    ):
        return visible_words(element) < _FEW_WORDS
    return any(box <= words for box in _ALWAYS)
