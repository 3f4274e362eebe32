"""Records as the plain JSON that `models` describes. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from crawler.model.article import Article, Revision
from crawler.model.story import StoryMember
from crawler.store.story_view import MemberView, StoryView
from crawler.text_diff import NumberChange, TextDiff
from indexer.desk import ArticleView, CopyView, DiffView, OutletView
from indexer.search import SearchPage

_OF_ARTICLE = (
    "id", "url", "outlet", "title", "lead", "text", "language", "authors", "byline", "credits", "section", "tags", "image_url", "image_credit",
    "published_at", "published_from", "modified_at", "first_seen_at", "removed_at", "access", "access_reason", "encoding_suspect",
)  # fmt: skip
_OF_OUTLET = (
    "slug", "name", "homepage", "country", "language", "kind", "group", "tags", "articles", "last_success_at",
    "last_new_article_at", "verdict", "since", "reason", "disabled_because",
)  # fmt: skip
_OF_MEMBER = (
    "outlet", "role", "similarity", "containment", "leader_containment", "published_at", "first_seen_at", "delay_s",
)  # fmt: skip


def search_shape(page: SearchPage) -> dict[str, Any]:
    """A SearchAnswer. How long it took is no part of it: the same answer has the same tag."""
    found = page.as_json()
    del found["took_ms"]
    found["facets"] = {
        name: [{"value": value, "articles": count} for value, count in values] for name, values in page.facets.items()
    }
    return found


def article_shape(view: ArticleView) -> dict[str, Any]:
    """An ArticleAnswer."""
    return {
        **article_fields(view.article),
        "addresses": [asdict(one) for one in view.article.addresses],
        "outlet_name": view.outlet_name,
        "attributions": [
            {**asdict(one), "source_name": view.names.get(one.source, one.source)} for one in view.article.attributions
        ],
        "revisions": len(view.revisions),
        "story": view.story.id if view.story else None,
        "copies": len(view.copies) or 1,
    }


def article_fields(article: Article) -> dict[str, Any]:
    """What an article says of itself."""
    return {name: getattr(article, name) for name in _OF_ARTICLE}


def revision_shape(one: Revision) -> dict[str, Any]:
    """A RevisionShape."""
    return {name: getattr(one, name) for name in ("number", "title", "lead", "text", "content_sha256", "seen_at")}


def copy_shape(one: CopyView) -> dict[str, Any]:
    """A CopyShape."""
    return {
        **_member(one.member), "outlet_name": one.outlet_name, "title": one.title, "url": one.url, "is_origin": one.is_origin,
        "headline_changed": one.headline_changed,
    }  # fmt: skip


def story_shape(view: StoryView) -> dict[str, Any]:
    """A StoryAnswer."""
    story = view.story
    return {
        "id": story.id, "title": view.title, "origin": story.origin_article_id, "origin_reason": story.origin_reason,
        "agency": story.agency, "agency_name": view.agency_name, "agency_confidence": story.agency_confidence,
        "first_published_at": story.first_published_at, "first_seen_at": story.first_seen_at,
        "members": [_story_member(one, story.origin_article_id) for one in view.members],
        "links": [
            {"article": one.article_id, "other": one.other_id, "kind": one.kind, "containment": one.containment}
            for one in story.links
        ],
    }  # fmt: skip


def diff_shape(view: DiffView) -> dict[str, Any]:
    """A DiffAnswer."""
    return {
        "before": view.before.id, "after": view.after.id, "title": _text_diff(view.title), "text": _text_diff(view.text),
    }  # fmt: skip


def outlet_shape(one: OutletView) -> dict[str, Any]:
    """An OutletShape."""
    counts = {name: getattr(one.profile, name) if one.profile else None for name in ("agency_copy", "other_copy", "own")}
    return {name: getattr(one, name) for name in _OF_OUTLET} | counts


def _member(one: StoryMember) -> dict[str, Any]:
    return {"article": one.article_id} | {name: getattr(one, name) for name in _OF_MEMBER}


def _story_member(one: MemberView, origin: str | None) -> dict[str, Any]:
    return {
        **_member(one.member), "outlet_name": one.outlet_name, "title": one.title, "url": one.url,
        "is_origin": one.member.article_id == origin, "headline_changed": one.headline_changed, "date_is_told": one.date_is_told,
        "kept": one.kept, "cut": one.cut, "added": one.added, "numbers": [_number(each) for each in one.numbers],
    }  # fmt: skip


def _text_diff(diff: TextDiff) -> dict[str, Any]:
    return {
        "pieces": [{"kind": one.kind, "text": one.text} for one in diff.pieces], "kept": diff.kept, "cut": diff.cut,
        "added": diff.added, "numbers": [_number(one) for one in diff.numbers],
    }  # fmt: skip


def _number(one: NumberChange) -> dict[str, Any]:
    return {"before": one.before, "after": one.after, "around": one.around}
