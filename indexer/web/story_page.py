"""The pages of a story and of a difference: who carried a text when, in what shape, and what was changed."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from crawler.spread import Carried, SpreadWords, spread_svg
from crawler.store.story_view import MemberView, StoryView
from indexer.desk import Desk, DiffView
from indexer.web.copies_view import badge
from indexer.web.marking import direction
from indexer.web.renderer import Reader
from indexer.web.sentences import told
from indexer.web.side_by_side import inline, rows
from indexer.web.words import LINKS, ROLES

_LINKS = 20
_NUMBERS = 4
"""Changed numbers shown for a member; the comparison has all."""


def context(desk: Desk, reader: Reader, view: StoryView, compare: str | None) -> dict[str, Any]:
    """What `story.html` shows. `compare`: the member that is put beside the original; the first that changed words unless given."""
    story, said = view.story, reader.said
    origin = next((one for one in view.members if one.member.article_id == story.origin_article_id), None)
    chosen = _chosen(view, compare) if origin else None
    article = desk.article((origin or view.members[0]).member.article_id)
    language = article.article.language if article else "und"
    lang = "" if language == "und" else language
    named = article.article.attributions if article else ()
    why, why_lang = told(said, story.origin_reason)
    seconds = (max(one.member.published_at for one in view.members) - view.first_at).total_seconds()
    return {
        "title": view.title, "lang": lang, "dir": direction(language), "why": why, "why_lang": why_lang,
        "agency": badge(reader, story.agency, view.agency_name or story.agency, named, confidence=story.agency_confidence, lang=lang)
        if story.agency else None,
        "origin_href": f"/article/{origin.member.article_id}" if origin else None, "origin_outlet": origin.outlet_name if origin else "",
        "origin_at": origin.member.published_at if origin else None, "span": reader.write.delay(seconds)[1:] if seconds >= 60 else "",
        "spread": Markup(_spread(desk, reader, view)),  # noqa: S704 - the picture escapes what it is given
        "members": [_member(reader, one, story.id, origin, chosen) for one in view.members],
        "compared": _compared(desk, reader, origin, chosen) if origin and chosen else None,
        "links": _links(desk, reader, view), "said": said,
    }  # fmt: skip


def difference(reader: Reader, view: DiffView, story_id: str | None, names: tuple[str, str]) -> dict[str, Any]:
    """What `diff.html` shows."""
    _ = reader.said.gettext
    before, after = view.before, view.after
    lang = "" if after.language == "und" else after.language
    ways = [
        {"href": f"/article/{before.id}", "name": names[0]},
        {"href": f"/article/{after.id}", "name": names[1]},
        *([{"href": f"/story/{story_id}", "name": _("The whole story")}] if story_id else []),
        {"href": f"/diff/{after.id}/{before.id}", "name": _("The other way round")},
    ]
    return {
        "heading": after.title, "title": inline(view.title.pieces), "words": _counted(reader, view), "ways": ways, "lang": lang,
        "dir": direction(after.language), "numbers": view.text.numbers, "rows": rows(view.text), "is_same": view.text.is_same,
        "before": Markup("{} {}").format(names[0], reader.write.clock(before.published_at)),
        "after": Markup("{} {}").format(names[1], reader.write.clock(after.published_at)),
    }  # fmt: skip


def _chosen(view: StoryView, compare: str | None) -> MemberView | None:
    """The member beside the original: the one asked for, else the first that changed a word of the text."""
    others = [one for one in view.members if one.member.article_id != view.story.origin_article_id]
    asked = next((one for one in others if one.member.article_id == compare), None)
    return asked or next((one for one in others if one.cut or one.added), None)


def _member(
    reader: Reader, one: MemberView, story_id: str, origin: MemberView | None, chosen: MemberView | None
) -> dict[str, Any]:
    is_origin = one is origin
    return {
        "href": f"/article/{one.member.article_id}", "outlet": one.outlet_name, "title": one.title, "role": reader.words(ROLES, one.member.role.value),
        "role_key": one.member.role.value, "delay": "" if is_origin else reader.write.delay(one.after_s),
        "published_at": one.member.published_at, "date_is_told": one.date_is_told, "headline_changed": one.headline_changed,
        "similarity": reader.write.share(one.member.similarity) if origin and not is_origin else "", "cut": one.cut, "added": one.added,
        "numbers": one.numbers[:_NUMBERS], "is_compared": one is chosen,
        "compare_href": f"/story/{story_id}?compare={one.member.article_id}#compared" if origin and not is_origin else None,
    }  # fmt: skip


def _compared(desk: Desk, reader: Reader, origin: MemberView, chosen: MemberView) -> dict[str, Any] | None:
    view = desk.diff(origin.member.article_id, chosen.member.article_id)
    if view is None:
        return None
    return {
        "words": _counted(reader, view), "title": None if view.title.is_same else inline(view.title.pieces), "rows": rows(view.text),
        "before": origin.outlet_name, "after": chosen.outlet_name,
    }  # fmt: skip


def _counted(reader: Reader, view: DiffView) -> str:
    write = reader.write
    return reader.said.gettext("words: %(kept)s kept, %(cut)s cut, %(added)s added") % {
        "kept": write.number(view.text.kept), "cut": write.number(view.text.cut), "added": write.number(view.text.added),
    }  # fmt: skip


def _spread(desk: Desk, reader: Reader, view: StoryView) -> str:
    carried = [
        Carried(
            outlet=one.outlet_name, at=one.member.published_at, role=one.member.role.value, title=one.title,
            at_is_told=one.date_is_told,
        )
        for one in view.members
    ]  # fmt: skip
    said, count = reader.said, len(carried)
    words = SpreadWords(
        title=said.gettext("Who carried it when: %(heading)s"), description=said.gettext("%(articles)s in order of time: %(rows)s."),
        articles=said.ngettext("%(num)s article", "%(num)s articles", count) % {"num": reader.write.number(count)},
        more=said.gettext("and %(count)s more"), first=said.gettext("first"), first_seen=said.gettext("first seen"),
        roles={role: reader.words(ROLES, role) for role in ROLES}, has_heading=False,
    )  # fmt: skip
    return spread_svg(view.title, carried, zone=desk.zone, words=words)


def _links(desk: Desk, reader: Reader, view: StoryView) -> list[dict[str, Any]]:
    """Articles outside of the story that a member reused in part, followed up or took as a second source."""
    members = {one.member.article_id for one in view.members}
    found = []
    for link in view.story.links[:_LINKS]:
        other = link.other_id if link.article_id in members else link.article_id
        article = None if other in members else desk.article(other)
        if article is not None:
            share = reader.write.share(link.containment) if link.containment else ""
            title = f"{article.outlet_name}: {article.article.title}"
            found.append(
                {"href": f"/article/{other}", "title": title, "kind": reader.words(LINKS, link.kind.value), "share": share}
            )
    return found
