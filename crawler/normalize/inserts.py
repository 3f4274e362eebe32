"""What editors and themes insert into a text, told by its shape: embedded posts, polls, the next article of an endless page, hours of updates.

Not here: boxes told by their names (`boxes.py`), lines told by their words (`cleaning.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.html import HtmlElement

from crawler.normalize.parsing import drop, elements, holders_of_the_headline, tokens, visible_text, visible_words
from crawler.normalize.phrases import READ_ALSO
from crawler.text import fold

_EMBEDS = frozenset({"tweet", "embed", "embedded"})
_EMBED_PAIRS = (
    frozenset({"instagram", "media"}), frozenset({"fb", "post"}), frozenset({"reddit", "card"}), frozenset({"telegram", "post"})
)  # fmt: skip
"""Class words that the networks' own embedding code sets on its blockquote, and WordPress on a post of another site."""
_SIGNED = re.compile(r"[\u2014\u2013-] .{1,80}\(@[\w.\-]{1,60}\)")
"""How an embedded post without a class is signed: "- Name (@name)"."""
_FEW_WORDS = 80
_HOUR = re.compile(r"(?:[01]?\d|2[0-3])[:.][0-5]\d(?:\s?(?:uhr|h|hod\.?|a\.?m\.?|p\.?m\.?))?", re.IGNORECASE)
_UPDATES = frozenset({"live", "liveblog", "liveticker", "ticker", "update", "updates", "relacja"})
_LEAST_HOME_WORDS = 40
"""An article of fewer words beside others may be a mere header of one of them."""
_LABEL = re.compile(r"^(?P<label>[^:>\u00bb]{4,40}?)\s*(?P<mark>[:>\u00bb]?)$")
_FRAME_LETTERS = 400
_ALL_LINKED = 0.85
_MENU_LINKS = 5
_PULLED = frozenset({"pullquote", "blockquotepull"})
_PULL_PAIR = frozenset({"pull", "quote"})


def cut_inserts(tree: HtmlElement) -> None:
    """Cut them, in place."""
    for element in [
        *_posts(tree),
        *_polls(tree),
        *_other_articles(tree),
        *_labelled_links(tree),
        *_labelled_lists(tree),
        *_pulled(tree),
        *_hours(tree),
    ]:
        drop(element)


def _posts(tree: HtmlElement) -> Iterator[HtmlElement]:
    for quote in elements(tree, "blockquote"):
        words = tokens(quote)
        if (
            words & _EMBEDS
            or any(pair <= words for pair in _EMBED_PAIRS)
            or (
                next(elements(quote, "a"), None) is not None
                and visible_words(quote) < _FEW_WORDS
                and _SIGNED.search(visible_text(quote))
            )
        ):
            yield quote


def _polls(tree: HtmlElement) -> Iterator[HtmlElement]:
    """A list whose every item is a label: the answers; with them the question above, as far up as there is little text."""
    for answers in elements(tree, "ul", "ol"):
        items = [child for child in answers if child.tag == "li"]
        if len(items) < 2 or any(next(elements(item, "label"), None) is None for item in items):
            continue
        box, above = answers, answers.getparent()
        if above is not None and above.tag in ("div", "section", "aside", "form") and visible_words(above) < _FEW_WORDS:
            box = above if next(elements(above, "h1", "p"), None) is None else box
        yield box


def _other_articles(tree: HtmlElement) -> Iterator[HtmlElement]:
    """Endless pages add the next article below the first, lists add teasers: of several, the one that holds the page's `h1` counts."""
    homes = [article for article in elements(tree, "article") if next(elements(article, "h1"), None) is not None]
    if len(homes) > 1:
        named = fold(" ".join(visible_text(title) for title in list(elements(tree, "title"))[:1]))
        homes = [home for home in homes if fold(visible_text(next(elements(home, "h1")))) in named][:1] if named else []
    if len(homes) != 1 or visible_words(homes[0]) < _LEAST_HOME_WORDS:
        return
    home = homes[0]
    kin = {home, *home.iterancestors(), *home.iterdescendants("article")}
    for other in elements(tree, "article"):
        if other not in kin:
            yield other


def _labelled_links(tree: HtmlElement) -> Iterator[HtmlElement]:
    """One element that is a label and links and nothing else: "<h4>Read also:<br><a>...</a></h4>"."""
    for link in elements(tree, "a"):
        above = link.getparent()
        if above is None or above.tag not in ("p", "h2", "h3", "h4", "h5", "h6", "b", "strong", "em", "i", "span", "li"):
            continue
        whole, linked = visible_text(above), visible_text(link)
        if not linked or not 0 < whole.find(linked) < len(whole) <= _FRAME_LETTERS:
            continue
        label = _LABEL.match(whole[: whole.find(linked)].strip())
        if label is None or not READ_ALSO.fullmatch(label["label"]):
            continue
        rest = len(whole[whole.find(linked) :].split()) - sum(visible_words(one) for one in elements(above, "a"))
        if rest <= 1 and (label["mark"] or above.tag[0] == "h" or link.getprevious() is not None):
            yield above


def _labelled_lists(tree: HtmlElement) -> Iterator[HtmlElement]:
    """A list of links and the label in an element of its own above it."""
    for links in elements(tree, "ul", "ol"):
        label = links.getprevious()
        if label is None or (label.tail or "").strip() or not READ_ALSO.fullmatch(visible_text(label).rstrip(" :.>\u00bb")):
            continue
        if _linked_share(links) >= _ALL_LINKED:
            yield from (label, links)


def cut_menus(tree: HtmlElement) -> HtmlElement:
    """Cut lists and tables of many links and nothing else: menus, "most read" and footers of themes that do not name them."""
    around = holders_of_the_headline(tree)
    for menu in list(elements(tree, "ul", "ol", "table")):
        if menu not in around and sum(1 for _ in elements(menu, "a")) >= _MENU_LINKS and _linked_share(menu) >= _ALL_LINKED:
            drop(menu)
    return tree


def _linked_share(element: HtmlElement) -> float:
    whole = len(visible_text(element))
    return sum(len(visible_text(link)) for link in elements(element, "a")) / whole if whole else 0.0


def _pulled(tree: HtmlElement) -> Iterator[HtmlElement]:
    """A quotation that is set apart and stands word for word in the text too. Where the words stand nowhere else it is text."""
    for quote in elements(tree, "div", "blockquote", "aside", "figure", "p", "section"):
        words = tokens(quote)
        if not (words & _PULLED or words >= _PULL_PAIR):
            continue
        said = visible_text(quote).strip("\"'\u201e\u201d\u201c\u00bb\u00ab\u2013\u2014- .")
        if said and visible_text(tree).count(said) > 1:
            yield quote


def _hours(tree: HtmlElement) -> Iterator[HtmlElement]:
    """The hour that stands in an element of its own above an update of a live blog."""
    for update in elements(tree, "div", "section", "article", "li"):
        if tokens(update) & _UPDATES:
            for label in elements(update, "time", "span", "div", "p", "a"):
                if len(label) <= 1 and _HOUR.fullmatch(visible_text(label)):
                    yield label
