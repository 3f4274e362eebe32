"""One story for people and as JSON: `copies ID`, `stories show`, `stories spread`. Columns where there is room, else one below the other."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from crawler.cli.diff_printing import counts_line, numbers_line
from crawler.spread import Carried, delay_words, places
from crawler.terminal import columns, line, out, plain, table_lines, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.store.story_view import MemberView, StoryView

_LEAST_TIMELINE, _MOST_TIMELINE = 12, 40
_NUMBERS_SHOWN = 4


def print_story(view: StoryView) -> None:
    """Head, members with what each changed, links."""
    story = view.story
    outlets = len({one.member.outlet for one in view.members})
    _wrap(view.title)
    agency = f"{view.agency_name} ({story.agency}, {story.agency_confidence:.0%})" if story.agency else "unknown"
    facts = [
        ("Story", f"{story.id}: {counted(len(view.members), 'article')} of {counted(outlets, 'outlet')}"),
        ("Agency", agency),
        ("First", f"published {line(story.first_published_at)}, seen {line(story.first_seen_at)}"),
        ("Origin", f"{(story.origin_article_id or '-')[:8]}: {story.origin_reason}"),
    ]
    for name, value in facts:
        _wrap(value, f"{name:<8}")
    out()
    _print_members(view.members)
    links = [(one.article_id[:8], one.kind.value, one.other_id[:8], f"{one.containment:.0%}") for one in story.links]
    if links:
        out()
        for text in table_lines([("id", "link", "to", "common"), *links]):
            out(text)


def print_spread(view: StoryView) -> None:
    """Who carried it when: time, delay behind the first, outlet, role and, where there is room, a line of time."""
    first = view.first_at
    rows = [
        (
            one.member.published_at, delay_words((one.member.published_at - first).total_seconds()), one.outlet_name,
            one.member.role.value, "" if one.date_is_told else "first seen",
        )
        for one in view.members
    ]  # fmt: skip
    titles = ("published", "after", "outlet", "role", "")
    lines = table_lines([titles, *rows], widest=28)
    room = columns() - max(map(width_of, lines)) - 4
    if room < _LEAST_TIMELINE:
        for text in lines:
            out(text)
        return
    span = min(room, _MOST_TIMELINE)
    widest = max(map(width_of, lines))
    drawn = ["", *("─" * place + "●" for place in places(carried(view), span))]
    for text, spot in zip(lines, drawn, strict=True):
        out(f"{text}{' ' * (widest - width_of(text))}  {spot}".rstrip())


def carried(view: StoryView) -> list[Carried]:
    """The members as the picture wants them."""
    return [
        Carried(
            outlet=one.outlet_name, at=one.member.published_at, role=one.member.role.value, title=one.title, at_is_told=one.date_is_told
        )
        for one in view.members
    ]  # fmt: skip


def story_fields(view: StoryView) -> dict[str, Any]:
    """A story as JSON has it: what the store knows, members with what each changed."""
    fields = plain(view.story) | {"title": view.title, "agency_name": view.agency_name}
    fields["members"] = [
        plain(one.member) | {
            "outlet_name": one.outlet_name, "title": one.title, "url": one.url, "date_is_told": one.date_is_told,
            "headline_changed": one.headline_changed, "kept_words": one.kept, "cut_words": one.cut, "added_words": one.added,
            "numbers": one.numbers,
        }
        for one in view.members
    ]  # fmt: skip
    return dict(fields)


def _print_members(members: Sequence[MemberView]) -> None:
    rows: list[tuple[object, ...]] = [
        (
            one.member.published_at, delay_words(one.after_s), one.member.article_id[:8], one.outlet_name, one.member.role.value,
            f"{one.member.similarity:.0%}",
        )
        for one in members
    ]  # fmt: skip
    lines = table_lines([("published", "after", "id", "outlet", "role", "similar"), *rows], widest=28)
    fits = max(map(width_of, lines)) <= columns()
    if fits:
        out(lines[0])
    for text, row, one in zip(lines[1:], rows, members, strict=True):
        if fits:
            out(text)
        else:
            out(f"{line(row[3])}, {row[4]}")
            _wrap(f"{line(row[0])}{', ' if row[1] else ''}{row[1]}, {row[2]}, similar {row[5]}", "    ")
        _print_changes(one)


def _print_changes(one: MemberView) -> None:
    if one.headline_changed:
        _wrap(one.title, "    headline  ")
    if one.kept or one.cut or one.added:
        _wrap(counts_line(one.kept, one.cut, one.added), "    text      ")
    if one.numbers:
        more = len(one.numbers) - _NUMBERS_SHOWN
        said = numbers_line(one.numbers[:_NUMBERS_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        _wrap(said, "    numbers   ")


def _wrap(text: str, head: str = "") -> None:
    for row in textwrap.wrap(head + line(text), columns(), subsequent_indent=" " * len(head), drop_whitespace=True):
        out(row)


def counted(number: int, noun: str) -> str:
    """ "1 article", "3 articles"."""
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"
