"""The commands `revisions` and `diff`: how an article changed, and what a copy made of its original."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.diff_printing import counts_line, diff_fields, numbers_line, print_diff, print_headlines
from crawler.cli.finding import Identifier, find_article
from crawler.cli.shared import Json, opened_store
from crawler.errors import ConfigError
from crawler.terminal import columns, line, out, out_json, out_table, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import sqlalchemy as sa

    from crawler.model.article import Article, Revision
    from crawler.text_diff import TextDiff

VERSION_HELP = "An article: id, its first letters, or address. ID@2 is its second version."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """A text to compare, and how it is called."""

    article: Article
    number: int | None
    title: str
    text: str
    at: datetime

    @property
    def name(self) -> str:
        version = f"@{self.number}, seen {line(self.at)}" if self.number else f", published {line(self.at)}"
        return f"{self.article.outlet} {self.article.id[:8]}{version}"

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "id": self.article.id, "revision": self.number, "outlet": self.article.outlet, "url": self.article.url,
            "title": self.title, "at": self.at,
        }  # fmt: skip


def revisions(
    ctx: typer.Context,
    identifier: Identifier,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changed from each version to the next, word by word.")] = False,
    json: Json = False,
) -> None:
    """List the versions of an article: when each was first seen, and how much changed. Exit code 1: it never changed."""
    from crawler.store import articles

    with opened_store(ctx.obj) as database, database.read() as connection:
        article = find_article(connection, identifier)
        versions = articles.read_revisions(connection, article.id)
    steps = _steps(versions)
    if json:
        rows = [_row(one, steps.get(one.number), diff) for one in versions]
        out_json({"id": article.id, "url": article.url, "outlet": article.outlet, "revisions": rows})
    else:
        _print_versions(versions, steps)
        for before, after in itertools.pairwise(versions) if diff else ():
            out()
            out(f"From @{before.number} to @{after.number}, seen {line(after.seen_at)}")
            _print(before.title, after.title, steps[after.number], whole=False)
    raise typer.Exit(0 if len(versions) > 1 else 1)


def diff(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help=VERSION_HELP)],
    second: Annotated[
        str | None, typer.Argument(metavar="[B]", help="Another one; left out: A beside the original of its story.")
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Show the kept text too, not only what is around a change.")] = False,
    json: Json = False,
) -> None:
    """Compare two versions of an article, two copies, or a copy and its original: words cut and added, numbers, the headline.

    Exit code 1 when title and text are the same.
    """
    from crawler.text_diff import diff_texts

    with opened_store(ctx.obj) as database, database.read() as connection:
        if second is None:
            after = _version(connection, first)
            before = _original(connection, after)
        else:
            before, after = _version(connection, first), _version(connection, second)
    found = diff_texts(before.text, after.text)
    same = found.is_same and before.title == after.title
    if json:
        headline = before.title != after.title
        out_json({"before": before.fields, "after": after.fields, "headline_changed": headline, **diff_fields(found)})
    else:
        out(f"From {before.name}")
        out(f"to   {after.name}")
        _print(before.title, after.title, found, whole=whole)
    raise typer.Exit(1 if same else 0)


def _steps(versions: Sequence[Revision]) -> dict[int, TextDiff]:
    """Number of a version -> what differs from the one before it."""
    from crawler.text_diff import diff_texts

    return {after.number: diff_texts(before.text, after.text) for before, after in itertools.pairwise(versions)}


def _print_versions(versions: Sequence[Revision], steps: Mapping[int, TextDiff]) -> None:
    from crawler.text_diff import count_words

    rows = []
    for one in versions:
        step = steps.get(one.number)
        rows.append(
            (f"@{one.number}", one.seen_at, count_words(one.text), *((step.cut, step.added) if step else ("", "")), one.title)
        )
    out_table(["version", "seen", "words", "cut", "added", "title"], rows, widest=max(24, columns() - 50))


def _print(title: str, new_title: str, found: TextDiff, *, whole: bool) -> None:
    print_headlines(title, new_title)
    out(f"Text     {counts_line(found.kept, found.cut, found.added)}")
    if found.numbers:
        out(f"Numbers  {line(numbers_line(found.numbers))}")
    if not found.is_same or whole:
        out()
        print_diff(found, whole=whole)


def _row(one: Revision, step: TextDiff | None, diff: bool) -> dict[str, Any]:
    from crawler.text_diff import count_words

    row: dict[str, Any] = {
        "number": one.number, "seen_at": one.seen_at, "title": one.title, "lead": one.lead, "words": count_words(one.text),
        "content_sha256": one.content_sha256,
    }  # fmt: skip
    if step is not None:
        fields = diff_fields(step)
        row["change"] = fields if diff else {name: value for name, value in fields.items() if name != "pieces"}
    return row


def _version(connection: sa.Connection, reference: str) -> _Version:
    """What "ID" or "ID@2" means. Raises ConfigError for a version that there is not."""
    from crawler.store import articles

    identifier, _, number = reference.rpartition("@")
    if not identifier or not number.isdecimal():
        article = find_article(connection, reference)
        return _Version(article=article, number=None, title=article.title, text=article.text, at=article.published_at)
    article = find_article(connection, identifier)
    versions = articles.read_revisions(connection, article.id)
    for one in versions:
        if one.number == int(number):
            return _Version(article=article, number=one.number, title=one.title, text=one.text, at=one.seen_at)
    raise ConfigError(f"{identifier} has no version {number}: `depesza revisions {identifier}` lists {len(versions)}")


def _original(connection: sa.Connection, copy: _Version) -> _Version:
    from crawler.store import stories

    story = stories.story_of(connection, copy.article.id)
    if story is None or not story.origin_article_id:
        say(f"{copy.article.id[:8]} is in no story: name what to compare it with.")
        raise typer.Exit(1)
    if story.origin_article_id == copy.article.id:
        others = len(story.members) - 1
        hint = f"it has {others} copies (`depesza copies {copy.article.id[:8]}`)" if others else "it has no copies"
        say(f"{copy.article.id[:8]} is the original of its story, {hint}: name what to compare it with.")
        raise typer.Exit(1)
    return _version(connection, story.origin_article_id)
