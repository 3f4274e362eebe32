"""The page of one article: its text, facts with their provenance, whom it is from, corrections, copies."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from crawler.model.article import Article, Revision
from crawler.model.attribution import Attribution, NamedSourceKind
from crawler.text_diff import diff_texts
from indexer.desk import ArticleView, Desk
from indexer.web.copies_view import badge, copy_line, evidence_lines
from indexer.web.formats import joined
from indexer.web.marking import direction, paragraphs, web_address
from indexer.web.renderer import Reader, search_address
from indexer.web.side_by_side import inline, passages
from indexer.web.words import ACCESS, ADDRESSES, PUBLISHED_FROM, SOURCE_ROLES

_VERSIONS = 6
"""Corrections compared on the page, the newest first: each is a diff of two whole texts."""
_PASSAGES = 12


def context(desk: Desk, reader: Reader, view: ArticleView) -> dict[str, Any]:
    """What `article.html` shows."""
    article, said = view.article, reader.said
    lang = "" if article.language == "und" else article.language
    origin = view.story.origin_article_id if view.story else None
    compared = origin is not None and origin != article.id and any(one.is_origin for one in view.copies)
    return {
        "article": article, "outlet": view.outlet_name, "outlet_href": search_address(f"outlet:{article.outlet}"), "lang": lang,
        "dir": direction(article.language), "original_href": web_address(article.url),
        "agency": _agency(desk, reader, view, lang), "sources": [_source(reader, view, one) for one in article.attributions],
        "story_href": f"/story/{view.story.id}" if view.story and len(view.copies) > 1 else None, "copies": _copies(reader, view),
        "origin_diff_href": f"/diff/{origin}/{article.id}" if compared else None,
        "story_words": said.ngettext("%(num)s text in this story", "%(num)s texts in this story", len(view.copies))
        % {"num": reader.write.number(len(view.copies))},
        **_text(article), **_revisions(reader, view.revisions), "facts": _facts(reader, article),
    }  # fmt: skip


def _text(article: Article) -> dict[str, Any]:
    """The text with the quotes marked that say whom it is from; its lead set apart where the page did so."""
    marks = [
        (proof.start, proof.end)
        for one in article.attributions
        for proof in one.evidence
        if proof.where == "text" and article.text[proof.start : proof.end] == proof.quote
    ]
    lead = (article.lead or "").strip()
    if lead and article.text.lstrip().startswith(lead):
        start = article.text.index(lead) + len(lead)
        moved = [(begin - start, end - start) for begin, end in marks if begin >= start]
        return {"lead": lead, "text": paragraphs(article.text[start:], moved)}
    return {"lead": "", "text": paragraphs(article.text, marks)}


def _agency(desk: Desk, reader: Reader, view: ArticleView, lang: str) -> dict[str, Any] | None:
    """The story's agency, else the first that the article's own credits name as its origin."""
    own = (
        one for one in view.article.attributions if one.source_kind is NamedSourceKind.AGENCY and one.role in ("origin", "own")
    )
    slug = view.story.agency if view.story and view.story.agency else next((one.source for one in own), None)
    if slug is None:
        return None
    name = view.names.get(slug) or desk.names("agency").get(slug, slug)
    return badge(reader, slug, name, view.article.attributions, lang=lang)


def _source(reader: Reader, view: ArticleView, one: Attribution) -> dict[str, Any]:
    article = view.article
    kept = {"text": article.text, "title": article.title, "byline": article.byline, "credits": article.credits}
    field = {NamedSourceKind.AGENCY: "agency", NamedSourceKind.OUTLET: "outlet"}.get(one.source_kind)
    return {
        "name": view.names.get(one.source, one.source), "role": reader.words(SOURCE_ROLES, one.role.value),
        "confidence": reader.write.share(one.confidence), "evidence": evidence_lines(reader, one, kept),
        "href": search_address(f"{field}:{one.source}") if field and one.source in view.names else None,
    }  # fmt: skip


def _copies(reader: Reader, view: ArticleView) -> list[dict[str, Any]]:
    origin = next((one.member.article_id for one in view.copies if one.is_origin), None)
    return [
        copy_line(
            reader, article_id=one.member.article_id, outlet=one.outlet_name, role=one.member.role.value,
            similarity=one.member.similarity, delay_s=one.member.delay_s, is_origin=one.is_origin,
            is_this=one.member.article_id == view.article.id, title=one.title if one.title != view.article.title else None,
            origin_id=origin,
        )
        for one in view.copies
    ]  # fmt: skip


def _revisions(reader: Reader, found: tuple[Revision, ...]) -> dict[str, Any]:
    """The newest corrections, each with the passages that it changed."""
    pairs = list(pairwise(found))[::-1]
    return {"revisions": [_revision(reader, *pair) for pair in pairs[:_VERSIONS]], "older": max(0, len(pairs) - _VERSIONS)}


def _revision(reader: Reader, before: Revision, after: Revision) -> dict[str, Any]:
    said = reader.said
    text, title = diff_texts(before.text, after.text), diff_texts(before.title, after.title)
    changed = passages(text)
    words = said.gettext("words: %(cut)s cut, %(added)s added") % {
        "cut": reader.write.number(text.cut + title.cut), "added": reader.write.number(text.added + title.added),
    }  # fmt: skip
    return {
        "number": after.number, "seen_at": after.seen_at, "words": words, "title": None if title.is_same else inline(title.pieces),
        "passages": changed[:_PASSAGES], "more": max(0, len(changed) - _PASSAGES),
    }  # fmt: skip


def _facts(reader: Reader, article: Article) -> list[dict[str, Any]]:
    """Every fact that is known, with where it comes from."""
    _, write = reader.said.gettext, reader.write
    facts: list[tuple[str, Any, str]] = [
        (_("Published"), write.clock(article.published_at), reader.words(PUBLISHED_FROM, article.published_from.value)),
        (_("Changed"), write.clock(article.modified_at), _("as the page says")),
        (_("First seen"), write.clock(article.first_seen_at), _("by us")),
        (_("Removed"), write.clock(article.removed_at), _("seen by us")),
        (_("Authors"), ", ".join(article.authors), ""),
        (_("Byline"), article.byline, _("as written")),
        (_("Credit lines"), article.credits, _("as written")),
        (_("Picture"), article.image_credit or "", _("as written")),
        (_("Section"), article.section or "", ""),
        (_("Tags"), ", ".join(article.tags), ""),
        (_("Language"), write.language(article.language), ""),
        (_("Access"), reader.words(ACCESS, article.access.value), ""),
        (_("Addresses"), _addresses(reader, article), ""),
        (_("Characters"), write.number(len(article.text)), _("encoding is suspect") if article.encoding_suspect else ""),
        (_("Id"), Markup("<code>{}</code>").format(article.id), ""),
    ]
    told = [
        {"name": name, "value": value, "provenance": provenance, "lang": "", "provenance_lang": ""}
        for name, value, provenance in facts
        if value
    ]
    if article.access_reason:
        access = next(one for one in told if one["name"] == _("Access"))
        access |= {"provenance": article.access_reason, "provenance_lang": "en"}
    return told


def _addresses(reader: Reader, article: Article) -> Markup:
    known = article.addresses or ()
    lines = [joined([one.url, reader.words(ADDRESSES, one.kind.value)]) for one in known] or [escape(article.url)]
    return Markup("\n").join(lines)
