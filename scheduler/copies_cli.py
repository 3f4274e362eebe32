"""The command `copies`: the story of an article, or who carries a text of one's own. That may be fetched, so it stands here."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.diff_printing import diff_fields, numbers_line, print_diff
from crawler.cli.finding import find_story
from crawler.cli.shared import Json, SinceOption, UntilOption, opened_store, read_moment
from crawler.cli.story_printing import counted, print_story, story_fields
from crawler.errors import ConfigError
from crawler.terminal import columns, line, out, out_json, plain, say, table_lines, width_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from crawler.carriers import Carrier
    from crawler.config import Locations
    from scheduler.own_text import Found

_TELL_S = 2.0
_PASSAGE_CHARS = 70


def copies(
    ctx: typer.Context,
    identifier: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Id of an article or a story (its first letters do), or an article's address."),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="Who carries the text in this file (- is standard input)?", show_default=False)
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="Who carries the text of this page?", show_default=False)] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    diff: Annotated[bool, typer.Option("--diff", help="With --text or --url: what each cut and added, word by word.")] = False,
    private: Annotated[
        bool, typer.Option("--private", help="The page of --url is on this machine or in your own network.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the story of an article: its agency and origin, who copied it, how much of it, how late, what each changed.

    With --text or --url: every article of the store that carries a text of your own or part of it, with what was kept and cut;
    the whole archive is looked through, or what was published --since. Exit code 1: no copies.
    """
    if sum(one is not None for one in (identifier, text, url)) != 1:
        raise ConfigError("name one thing: the ID of an article, --text FILE or --url URL")
    if identifier is None:
        raise typer.Exit(_who_printed(ctx, (text, url, private), (since, until), diff, json))
    if since or until or diff:
        raise ConfigError(
            "--since, --until and --diff go with --text or --url; `depesza diff ID` compares a copy and its original"
        )
    raise typer.Exit(_story(ctx.obj, identifier, json))


def _story(locations: Locations, identifier: str, json: bool) -> int:
    from crawler.store.story_view import view_story

    with opened_store(locations) as database, database.read() as connection:
        view = view_story(connection, find_story(connection, identifier))
    if json:
        out_json(story_fields(view))
    else:
        print_story(view)
    return 0 if len(view.members) > 1 else 1


def _who_printed(
    ctx: typer.Context, source: tuple[str | None, str | None, bool], span: tuple[str | None, str | None], diff: bool, json: bool
) -> int:
    from datetime import UTC, datetime

    from crawler.carriers import find_carriers
    from crawler.store.fingerprint_walk import Span
    from scheduler.command import VERBOSE
    from scheduler.own_text import read_address, read_text

    text, url, private = source
    now = datetime.now(UTC)
    wanted = Span(since=read_moment(span[0], now), until=read_moment(span[1], now, end=True))
    with opened_store(ctx.obj) as database:
        if text is not None:
            asked = read_text(text)
        else:
            asked = read_address(ctx.obj, database, url or "", private=private, verbose=ctx.meta.get(VERBOSE, False))
        found = find_carriers(database, asked.own, wanted, _progress(), asked.article_id)
    if json:
        out_json(_fields(asked, found, diff))
    else:
        _print_found(asked, found, diff)
    return 0 if found else 1


def _progress() -> Callable[[int, int], None]:
    last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _TELL_S:
            last = time.monotonic()
            say(f"{done} of {total} articles looked at")

    return tell


def _fields(asked: Found, found: Sequence[Carrier], diff: bool) -> dict[str, Any]:
    from crawler.text_diff import diff_texts

    rows = []
    for one in found:
        row = {name: value for name, value in plain(one).items() if name != "text"}
        if diff:
            row["diff"] = diff_fields(diff_texts(asked.own.text, one.text))
        rows.append(row)
    return {"text": asked.name, "words": len(asked.own.words), "article_id": asked.article_id, "carriers": rows}


def _print_found(asked: Found, found: Sequence[Carrier], diff: bool) -> None:
    from crawler.text_diff import diff_texts

    outlets = len({one.outlet for one in found})
    _wrap(
        f"{line(asked.name)}, {len(asked.own.words)} words: carried by {counted(len(found), 'article')} of {counted(outlets, 'outlet')}"
    )
    if not found:
        return
    rows = [
        (
            one.published_at if one.date_is_told else one.first_seen_at, one.article_id[:8], one.outlet, one.role,
            f"{one.kept_share:.0%}", f"{one.article_share:.0%}",
        )
        for one in found
    ]  # fmt: skip
    lines = table_lines([("published", "id", "outlet", "role", "kept", "of it"), *rows], widest=28)
    fits = max(map(width_of, lines)) <= columns()
    out()
    if fits:
        out(lines[0])
    for text, one in zip(lines[1:], found, strict=True):
        if fits:
            out(text)
        else:
            _wrap(f"{line(one.outlet)}, {one.role}: {one.kept_share:.0%} kept, {one.article_share:.0%} of the article")
            _wrap(f"{line(one.published_at)}, {one.article_id[:8]}", "    ")
        _print_one(one)
        if diff:
            out()
            print_diff(diff_texts(asked.own.text, one.text))
            out()
    out()
    _wrap('"kept": the share of your text that the article has; "of it": the share of the article that is your text.')


def _print_one(one: Carrier) -> None:
    _wrap(one.title + (f" (removed {line(one.removed_at)})" if one.removed_at else ""), "    headline  ")
    is_part = one.kept_share < 0.5
    shown = one.kept if is_part else one.cut
    if shown:
        longest = max(shown, key=lambda passage: passage.words)
        words = sum(passage.words for passage in shown)
        count = "1 passage" if len(shown) == 1 else f"{len(shown)} passages, the longest"
        opening = line(longest.text)
        opening = opening if len(opening) <= _PASSAGE_CHARS else opening[: _PASSAGE_CHARS - 1].rstrip() + "…"
        _wrap(f"{counted(words, 'word')} in {count}: {opening}", "    kept      " if is_part else "    cut       ")
    if one.numbers:
        _wrap(numbers_line(one.numbers[:4]), "    numbers   ")


def _wrap(text: str, head: str = "") -> None:
    for row in textwrap.wrap(head + line(text), columns(), subsequent_indent=" " * len(head)):
        out(row)
