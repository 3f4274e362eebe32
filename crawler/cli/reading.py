"""The command `show`: one article as the store has it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import typer

from crawler.cli.finding import Identifier, find_article
from crawler.cli.shared import Json, opened_store
from crawler.terminal import columns, line, out, out_json, plain

if TYPE_CHECKING:
    from crawler.model.article import Article
    from crawler.model.story import Story
    from crawler.store.reservations import Reservation


def show(ctx: typer.Context, identifier: Identifier, json: Json = False) -> None:
    """Show one article: text, dates, who it is from and why, its revisions, its story."""
    from crawler.store import articles, stories
    from crawler.store.reservations import read_reservations

    with opened_store(ctx.obj) as database, database.read() as connection:
        article = find_article(connection, identifier)
        reservation = read_reservations(connection, [article.id]).get(article.id)
        revisions = articles.read_revisions(connection, article.id)
        story = stories.story_of(connection, article.id)
    if json:
        out_json(
            {
                "article": _fields(article, but="fingerprint"),
                "revisions": revisions,
                "story": story,
                "text_reservation": reservation,
            }
        )
    else:
        _print_article(article, len(revisions), story, reservation)


def _print_article(article: Article, revisions: int, story: Story | None, reservation: Reservation | None) -> None:
    out(article.title)
    out("=" * min(len(article.title), columns()))
    facts: list[tuple[str, object]] = [
        ("Id", article.id), ("Outlet", article.outlet), ("Address", article.url),
        ("Published", f"{article.published_at.isoformat(timespec='minutes')} (from: {article.published_from.value})"),
        ("Modified", article.modified_at and article.modified_at.isoformat(timespec="minutes")),
        ("First seen", article.first_seen_at), ("Removed", article.removed_at), ("Language", article.language),
        ("Authors", ", ".join(article.authors)), ("Byline", article.byline), ("Section", article.section),
        ("Tags", ", ".join(article.tags)), ("Picture", article.image_url), ("Credit", article.image_credit), ("Access", f"{article.access.value} {article.access_reason}".strip()),
        ("Text mining", f"reserved, says the page's {reservation.where}" if reservation else None),
        ("Revisions", revisions if revisions > 1 else None),
        ("Story", f"{story.id}, {len(story.members)} articles, agency {story.agency or 'unknown'}" if story else None),
    ]  # fmt: skip
    for name, value in facts:
        if value:
            out(f"{name:<12}{line(value)}")
    for one in article.attributions:
        quote = one.evidence[0]
        out(
            f"{one.role.value:<12}{line(one.source)} ({one.source_kind.value}, {one.confidence:.0%}), {quote.kind.value}: {line(quote.quote)}"
        )
    for paragraph in article.text.split("\n\n"):
        out()
        out(textwrap.fill(line(paragraph), columns()))
    if article.credits:
        out()
        out(f"Credits: {line(article.credits)}")


def _fields(record: object, *, but: str = "") -> dict[str, Any]:
    fields: dict[str, Any] = plain(record)
    return {name: value for name, value in fields.items() if name != but}
