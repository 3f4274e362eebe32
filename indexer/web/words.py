"""Words of the records (roles, kinds of evidence, verdicts, fields of a query) as a page says them, marked to be translated.

The records keep English words; `locale/pl.po` has the Polish ones. A test holds this page to the enumerations.
"""

from __future__ import annotations


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


ROLES = {
    "original": _("original"),
    "verbatim": _("verbatim"),
    "abridged": _("abridged"),
    "extended": _("extended"),
    "edited": _("edited"),
}
SOURCE_ROLES = {
    "origin": _("origin of the text"),
    "co-origin": _("joint origin"),
    "own": _("own report"),
    "cited": _("cited"),
    "photo": _("picture only"),
}
EVIDENCE = {
    "own site": _("stands on its own site"),
    "structured data": _("structured data of the page"),
    "byline": _("byline"),
    "dateline": _("dateline"),
    "credit line": _("credit line"),
    "sign-off": _("sign-off at the end"),
    "label": _("label “source”"),
    "copy of a credited text": _("copy of a credited text"),
    "in-text mention": _("mention in the text"),
    "image credit": _("picture credit"),
}
PUBLISHED_FROM = {
    "structured data": _("from structured data of the page"),
    "meta": _("from a meta tag of the page"),
    "visible page": _("from the visible page"),
    "feed": _("from the feed"),
    "address": _("from the address"),
    "first fetch": _("the page tells no date: when it was fetched first"),
}
ACCESS = {
    "free": _("free to read"),
    "metered": _("metered: some articles a month are free"),
    "paid": _("for subscribers"),
    "unknown": _("not known"),
}
ADDRESSES = {
    "entry": _("in the feed"),
    "redirect": _("redirect"),
    "canonical": _("canonical"),
    "amp": _("AMP"),
}
LINKS = {
    "partly reused": _("partly reused"),
    "follow-up": _("follow-up"),
    "second source": _("second source"),
    "replaces": _("stands under the same address now"),
}
VERDICTS = {
    "ok": _("fine"),
    "quiet": _("quiet"),
    "unreachable": _("unreachable"),
    "blocked": _("blocked"),
    "new": _("new"),
    "moved": _("moved"),
    "feed frozen": _("feed frozen"),
    "parser broken": _("parser broken"),
    "paywalled": _("paywalled"),
    "slow": _("slow"),
    "this side": _("this side"),
}
SOURCES = {
    "feed": _("feed"),
    "news sitemap": _("news sitemap"),
    "sitemap": _("sitemap"),
    "section": _("section page"),
}
ANSWERS = {
    "ok": _("answers"),
    "not modified": _("nothing new since"),
    "same body": _("the same as before"),
    "empty": _("holds nothing"),
    "unreadable": _("cannot be read"),
    "unreachable": _("does not answer"),
    "blocked": _("refuses us"),
    "gone": _("is gone for good"),
    "refused": _("not asked by our own rules"),
}
DECIDED = {
    "its own [schedule]": _("its own schedule"),
    "[scheduler] every": _("the schedule of all"),
}
HELD = {
    "authors": _("with authors"),
    "date": _("with a date"),
    "lead": _("with a lead"),
    "image": _("with a picture"),
}
FIELDS = {
    "outlet": _("Outlet"),
    "agency": _("Agency"),
    "language": _("Language"),
    "country": _("Country"),
    "section": _("Section"),
    "role": _("Role"),
    "group": _("Group"),
    "tag": _("Tag"),
    "date": _("Date"),
    "title": _("Headline"),
    "author": _("Author"),
    "copies": _("Copies"),
    "story": _("Story"),
}
SORTS = {
    "newest": _("Newest"),
    "oldest": _("Oldest"),
    "relevance": _("Most relevant"),
    "most-copied": _("Most copied"),
}
