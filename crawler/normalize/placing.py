"""Addresses, section, tags and image of an article. Not here: the one spelling of an address (`crawler.addresses`)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urljoin

from lxml.html import HtmlElement

from crawler.addresses import amp_to_article, belongs_to, canonical_address, host_of
from crawler.errors import NormalizeError
from crawler.model.article import AddressKind, ArticleAddress
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.jsonld import text_of
from crawler.normalize.parsing import elements, tokens, visible_text
from crawler.text import clean_line

_MAX_TAGS = 30
_CRUMBS = frozenset({"breadcrumb", "breadcrumbs", "crumbs", "crumb", "drobecky", "okruszki", "brotkrumen"})
_TAG_WORDS = frozenset(
    {"tags", "tag", "tagi", "tagy", "topics", "keywords", "schlagworte", "stichworte", "temata", "tematy", "taglist"}
)
_TAG_PATH = re.compile(
    r"/(?:tags?|tagi|temat[ay]?|tema|topics?|keywords?|labels?|schlagwort|stichwort|thema|temy|tegi)/[^/?#]+", re.IGNORECASE
)
_ELSEWHERE = frozenset({"sidebar", "widget", "cloud", "menu", "nav", "related", "header"})


def read_addresses(draft: Draft, setting: Setting) -> None:
    """Fill `url` (canonical) and `addresses`: entry, redirect, AMP, canonical, each address once.

    `rel=canonical` (then og:url) is believed only within the outlet's domains, and never when it names a front page: a
    theme's mistake, or an attack, would make all articles one. Raises NormalizeError("broken") for a page without a web address.
    """
    keep = setting.outlet.keep_query
    page = draft.page
    met: dict[str, AddressKind] = {}
    final = canonical_address(page.final_url, keep) or canonical_address(page.requested_url, keep)
    if final is None:
        raise NormalizeError("broken", f"no web address: {page.final_url[:200]!r}")
    url = canonical_address(amp_to_article(final), keep) or final
    entry = page.entry.url if page.entry else page.requested_url
    for raw, kind in (
        (entry, AddressKind.ENTRY),
        (page.requested_url, AddressKind.ENTRY),
        (page.final_url, AddressKind.REDIRECT),
    ):
        if address := canonical_address(raw, keep):
            met.setdefault(address, kind if amp_to_article(address) == address else AddressKind.AMP)
    for raw in _stated_addresses(draft):
        address = canonical_address(amp_to_article(urljoin(page.final_url, raw)), keep)
        if address and _is_believed(address, url, setting):
            url = address
            break
    for link in draft.tree.xpath("//link[@rel='amphtml']/@href")[:1]:
        if (address := canonical_address(urljoin(page.final_url, str(link)), keep)) and _is_believed(address, url, setting):
            met.setdefault(address, AddressKind.AMP)
    met.setdefault(url, AddressKind.CANONICAL)
    draft.url = url
    draft.addresses = tuple(ArticleAddress(url=address, kind=kind) for address, kind in met.items())


def read_placing(draft: Draft, setting: Setting) -> None:
    """Fill `section`, `tags` and `image_url`."""
    del setting
    facts = draft.facts
    entry = draft.page.entry
    stated = facts.ld("articleSection") or facts.tag(
        "article:section", "og:article:section", "parsely-section", "cxenseparse:category", "section"
    )
    stated = stated or facts.item("articlesection", "genre")
    draft.section = (
        clean_line(stated or _crumb(draft) or _category(draft) or (entry.section if entry and entry.section else "") or "")[:200]
        or None
    )
    draft.tags = tuple(dict.fromkeys(tag for tag in _tags(draft) if 1 < len(tag) <= 80 and tag != draft.section))[:_MAX_TAGS]
    image = _image(draft)
    draft.image_url = canonical_address(urljoin(draft.page.final_url, image)) if image else None


def _stated_addresses(draft: Draft) -> Iterator[str]:
    yield from (str(link) for link in draft.tree.xpath("//link[translate(@rel,'CANONIL','canonil')='canonical']/@href")[:1])
    if url := draft.facts.tag("og:url"):
        yield url


def _is_believed(address: str, final: str, setting: Setting) -> bool:
    own = setting.outlet.domains or (host_of(final) or "",)
    front = re.sub(r"^https?://[^/]+/?", "", address) == "" and re.sub(r"^https?://[^/]+/?", "", final) != ""
    return belongs_to(address, own) and not front


def _crumb(draft: Draft) -> str | None:
    """The last step of the bread crumbs that is not the article itself."""
    boxes = [
        box
        for box in elements(draft.tree, "div", "nav", "ul", "ol", "p", "section", "td")
        if tokens(box) & _CRUMBS or "BreadcrumbList" in (box.get("itemtype") or "")
    ]
    crumbs = [link for box in boxes[:1] for link in elements(box, "a")]
    texts = [text for crumb in crumbs[:6] if (text := visible_text(crumb)) and len(text) < 40]
    texts = [text for text in texts if text != draft.title]
    return texts[-1] if len(texts) > 1 else None


def _category(draft: Draft) -> str | None:
    """WordPress marks the link to an article's category."""
    links = draft.tree.xpath("//a[contains(concat(' ', @rel, ' '), ' category ')]")[:1]
    return next((text for link in links if (text := visible_text(link)) and len(text) < 40), None)


def _listed_tags(draft: Draft) -> Iterator[str]:
    """Links to pages of tags inside a list that is called so, for themes that do not mark them with `rel=tag`."""
    for box in elements(draft.tree, "div", "ul", "p", "section", "footer", "aside"):
        if not tokens(box) & _TAG_WORDS or _is_beside(box):
            continue
        links = [link for link in elements(box, "a") if _TAG_PATH.search(link.get("href") or "")]
        if 0 < len(links) <= _MAX_TAGS:
            yield from (visible_text(link).lstrip("#") for link in links)
            return


def _is_beside(box: HtmlElement) -> bool:
    """In a column or frame beside the article. What body and html are called speaks of the whole page ("has-sidebar-right")."""
    return any(tokens(above) & _ELSEWHERE for above in box.iterancestors() if above.tag not in ("body", "html"))


def _tags(draft: Draft) -> Iterator[str]:
    facts = draft.facts
    yield from facts.meta.get("article:tag", ())
    words = facts.article.get("keywords")
    for item in words if isinstance(words, list) else [words]:
        yield from re.split(r"\s*[,;]\s*", clean_line(text_of(item) or ""))
    if not words and not facts.meta.get("article:tag"):
        yield from re.split(r"\s*[,;]\s*", facts.tag("news_keywords", "keywords", "parsely-tags", "sailthru.tags") or "")
        for link in draft.tree.xpath("//a[contains(concat(' ', @rel, ' '), ' tag ')]")[:_MAX_TAGS]:
            if "category" not in (link.get("rel") or ""):
                yield visible_text(link)
        yield from _listed_tags(draft)


def _image(draft: Draft) -> str | None:
    found = draft.facts.article.get("image")
    for item in found if isinstance(found, list) else [found]:
        raw = item.get("url") or item.get("contentUrl") if isinstance(item, dict) else item
        if isinstance(raw, str) and raw.strip():
            return draft.facts.tag("og:image", "og:image:url", "og:image:secure_url") or raw.strip()
    return draft.facts.tag("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src") or next(
        _microdata_images(draft), None
    )


def _microdata_images(draft: Draft) -> Iterator[str]:
    """The picture that microdata names: an `img`, or the address inside an ImageObject."""
    if not draft.facts.microdata:
        return
    for element in draft.tree.xpath("//*[@itemprop='image']")[:5]:
        inner = element.xpath(".//*[@itemprop='url' or @itemprop='contentUrl'] | .//img") if element.tag != "img" else []
        for part in (element, *inner):
            if address := (part.get("src") or part.get("content") or part.get("href") or "").strip():
                yield address
                break
