"""Who may read the whole text: free, metered, paid or unknown, with the reason. Not here: login walls (`quality.py`)."""

from __future__ import annotations

from lxml.html import HtmlElement

from crawler.model.article import Access
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.parsing import elements, tokens
from crawler.normalize.structured import Facts

_TIERS = {
    "free": Access.FREE, "open": Access.FREE, "frei": Access.FREE, "metered": Access.METERED, "registration": Access.METERED,
    "locked": Access.PAID, "paid": Access.PAID, "premium": Access.PAID, "plus": Access.PAID, "subscription": Access.PAID, "subscriber": Access.PAID,
    "subscribers": Access.PAID, "member": Access.PAID, "paywall": Access.PAID,
}  # fmt: skip
_TIER_TAGS = (
    "article:content_tier",
    "og:article:content_tier",
    "content_tier",
    "content-tier",
    "article:access",
    "cxenseparse:accesslevel",
    "access-level",
    "paywall",
)
_WALLS = (
    {"paywall"},
    {"piano", "offer"},
    {"premium", "content", "gate"},
    {"subscribe", "wall"},
    {"regwall"},
    {"subscriber", "only"},
    {"paid", "content", "offer"},
)


def tell_access(draft: Draft, setting: Setting) -> None:
    """Fill `access` and `access_reason`, from isAccessibleForFree (schema.org), the content tier in meta, or a wall on the page."""
    del setting
    draft.access, draft.access_reason = _stated(draft.facts) or _walled(draft.tree) or (Access.UNKNOWN, "")


def _stated(facts: Facts) -> tuple[Access, str] | None:
    for tag in _TIER_TAGS:
        value = (facts.tag(tag) or "").lower()
        if value in _TIERS:
            return _TIERS[value], f"meta {tag}: {value}"
    stated = facts.article.get("isAccessibleForFree", facts.item("isaccessibleforfree"))
    flag = _flag(stated)
    if flag is None:
        return None
    parts = facts.article.get("hasPart")
    closed = any(
        _flag(part.get("isAccessibleForFree")) is False
        for part in (parts if isinstance(parts, list) else [parts])
        if isinstance(part, dict)
    )
    if flag:
        return (
            (Access.METERED, "isAccessibleForFree is true, a part of the page is not")
            if closed
            else (Access.FREE, "isAccessibleForFree is true")
        )
    return Access.PAID, "isAccessibleForFree is false"


def _walled(tree: HtmlElement) -> tuple[Access, str] | None:
    for element in elements(tree, "div", "section", "aside"):
        words = tokens(element)
        if words and any(wall <= words for wall in _WALLS):
            return Access.METERED, f'an element named "{(element.get("class") or element.get("id") or "")[:60]}"'
    return None


def _flag(value: object) -> bool | None:
    if isinstance(value, list):
        value = value[0] if value else None
    text = str(value).strip().lower().rsplit("/", 1)[-1]
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text)
