"""What is cut out of the tree before the text is read: reply forms, comments, "read also" frames, share bars, subscription boxes.

By roles that themes of all makers name alike in class and id, never by site. Not here: lines of the text (`cleaning.py`).
"""

from __future__ import annotations

from lxml.html import HtmlElement

from crawler.normalize.parsing import drop, elements, tokens, visible_words

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
)  # fmt: skip
"""Words that make a box when one element's class and id hold all of a set."""
_SIGN_UP = frozenset(
    {"signup", "newsletter", "newsletters", "subscribe", "subscription", "newsletterbox", "newslettersignup", "mailchimp"}
)
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
    for element in list(elements(tree)):
        if element.getparent() is None or element.tag in ("html", "body", "article", "main", "head"):
            continue
        if _is_box(element) and visible_words(element) <= _MAX_SHARE * whole:
            drop(element)
    return tree


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
    if (
        words & _SIGN_UP
        and element.tag in ("div", "section", "aside", "figure", "p")
        and element.xpath(".//form | .//input | .//button")
    ):
        return visible_words(element) < _FEW_WORDS
    return any(box <= words for box in _ALWAYS)
