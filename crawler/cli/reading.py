"""The commands `show` and `copies`: one article, one story, as the store has them."""

from __future__ import annotations

import textwrap
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.shared import Json, opened_store
from crawler.errors import ConfigError
from crawler.terminal import line, out, out_json, out_table, plain, say

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crawler.model.article import Article
    from crawler.model.story import Story

_COLUMNS = 100
Identifier = Annotated[str, typer.Argument(metavar="ID", help="Id of an article (its first letters do), or its address.")]


def show(ctx: typer.Context, identifier: Identifier, json: Json = False) -> None:
    """Show one article: text, dates, who it is from and why, its revisions, its story."""
    from crawler.store import articles, stories

    with opened_store(ctx.obj) as database, database.read() as connection:
        article = _find(connection, identifier)
        revisions = articles.read_revisions(connection, article.id)
        story = stories.story_of(connection, article.id)
    if json:
        out_json({"article": _fields(article, but="fingerprint"), "revisions": revisions, "story": story})
    else:
        _print_article(article, len(revisions), story)


def copies(ctx: typer.Context, identifier: Identifier, json: Json = False) -> None:
    """Show the story of an article: its agency and origin, who copied it, how much of it, how late. Exit code 1: no copies."""
    from crawler.store import articles, stories

    with opened_store(ctx.obj) as database, database.read() as connection:
        story = stories.get_story(connection, identifier) or stories.story_of(connection, _find(connection, identifier).id)
        members = articles.read_articles(connection, [one.article_id for one in story.members]) if story else []
    if story is None:
        say(f"{identifier} is in no story.")
        raise typer.Exit(1)
    by_id = {one.id: one for one in members}
    if json:
        rows = [{**_fields(one), "title": by_id[one.article_id].title, "url": by_id[one.article_id].url} for one in story.members]
        out_json({**_fields(story), "members": rows})
    else:
        _print_story(story, by_id)
    raise typer.Exit(0 if len(story.members) > 1 else 1)


def _find(connection: sa.Connection, identifier: str) -> Article:
    """The article by id, by the first letters of its id, or by address. Raises ConfigError with the choice there is."""
    from crawler.addresses import canonical_address
    from crawler.store import articles

    if identifier.startswith(("http://", "https://")):
        canonical = canonical_address(identifier)
        ids = [found] if (found := articles.find_id(connection, [one for one in (canonical, identifier) if one])) else []
    else:
        ids = articles.find_by_prefix(connection, identifier.lower()) if identifier.isalnum() else []
    if len(ids) > 1:
        raise ConfigError(
            f"several articles begin with {identifier!r}: {', '.join(one[:12] for one in ids)}; write more of the id"
        )
    found_article = articles.read_article(connection, ids[0]) if ids else None
    if found_article is None:
        say(f"No article {identifier}: `depesza search WORDS --json` shows ids.")
        raise typer.Exit(1)
    return found_article


def _print_article(article: Article, revisions: int, story: Story | None) -> None:
    out(article.title)
    out("=" * min(len(article.title), _COLUMNS))
    facts: list[tuple[str, object]] = [
        ("Id", article.id), ("Outlet", article.outlet), ("Address", article.url),
        ("Published", f"{article.published_at.isoformat(timespec='minutes')} (from: {article.published_from.value})"),
        ("Modified", article.modified_at and article.modified_at.isoformat(timespec="minutes")),
        ("First seen", article.first_seen_at), ("Removed", article.removed_at), ("Language", article.language),
        ("Authors", ", ".join(article.authors)), ("Byline", article.byline), ("Section", article.section),
        ("Tags", ", ".join(article.tags)), ("Access", f"{article.access.value} {article.access_reason}".strip()),
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
        out(textwrap.fill(line(paragraph), _COLUMNS))
    if article.credits:
        out()
        out(f"Credits: {line(article.credits)}")


def _print_story(story: Story, by_id: dict[str, Article]) -> None:
    agency = f"{story.agency} ({story.agency_confidence:.0%})" if story.agency else "unknown"
    out(f"Story {story.id}: {len(story.members)} articles, agency {agency}")
    if story.origin_reason:
        out(f"Origin: {story.origin_article_id}, because {story.origin_reason}")
    rows = [
        (
            one.article_id[:8],
            one.outlet,
            one.role.value,
            _delay(one.delay_s),
            f"{one.containment:.0%}",
            by_id[one.article_id].title,
        )
        for one in story.members
    ]
    out_table(["id", "outlet", "role", "after", "of the origin's text", "title"], rows)
    links = [(one.article_id[:8], one.kind.value, one.other_id[:8], f"{one.containment:.0%}") for one in story.links]
    if links:
        out()
        out_table(["id", "link", "to", "common"], links)


def _delay(seconds: float | None) -> str:
    return "-" if seconds is None else str(timedelta(seconds=round(seconds)))


def _fields(record: object, *, but: str = "") -> dict[str, Any]:
    fields: dict[str, Any] = plain(record)
    return {name: value for name, value in fields.items() if name != but}
