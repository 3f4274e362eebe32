"""What texts became, printed for a person: a story's spread, a copy beside its original, an article's versions."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.cli.diff_printing import counts_line, diff_rows, numbers_line, shortened
from crawler.cli.story_printing import carried
from crawler.model.article import Revision
from crawler.spread import delay_words, places
from crawler.store.story_view import StoryView
from crawler.text import clean_line
from crawler.text_diff import Piece, PieceKind, TextDiff, diff_texts
from scheduler.demo.result import DemoCopy, DemoResult, DemoRevision

_QUIET = "dim"
_STYLES = {PieceKind.KEPT: "default", PieceKind.CUT: "red strike", PieceKind.ADDED: "green underline"}
_LINE_COLUMNS, _LEAST_LINE_COLUMNS, _OTHER_COLUMNS = 36, 12, 52
_CHANGED_WORDS = 14
"""Of a paragraph that was cut or added whole, so many words tell which one it is."""


def print_spread(console: Console, view: StoryView) -> None:
    """Who carried a story when, on a line of time."""
    _heading(console, "Who carried it when")
    console.print(Text("  " + clean_line(view.title), style="bold"), soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    room = console.width - _OTHER_COLUMNS
    drawn = places(carried(view), min(room, _LINE_COLUMNS)) if room >= _LEAST_LINE_COLUMNS else [None] * len(view.members)
    for one, place in zip(view.members, drawn, strict=True):
        after = delay_words((one.member.published_at - view.first_at).total_seconds())
        line = Text() if place is None else Text("─" * place, style=_QUIET).append("●", style="default")
        table.add_row(Text(f"    {after:>10}"), Text(clean_line(one.outlet_name)), Text(one.member.role.value), line)
    console.print(table)


def print_copy(console: Console, found: DemoCopy, result: DemoResult) -> None:
    """What a copy made of its original, word by word."""
    names = [clean_line(result.outlet_names.get(one.outlet, one.outlet)) for one in (found.original, found.copy)]
    _heading(console, f"What a copy made of its original ({found.role}): {names[1]} beside {names[0]}")
    _print_titles(console, found.original.title, found.copy.title)
    _print_counts(console, found.diff)
    _print_diff(console, found.diff.pieces)


def print_revision(console: Console, revision: DemoRevision, result: DemoResult) -> None:
    """An article's versions, and what changed from each to the next."""
    name = clean_line(result.outlet_names.get(revision.article.outlet, revision.article.outlet))
    how = "its feed said so" if revision.announced else "not a word in the feed: a revisit found it"
    console.print(Text(f"  {name}, {how}", style=_QUIET), soft_wrap=True)
    if len(revision.versions) < 2:
        _print_titles(console, revision.before, revision.after)
    for before, after in zip(revision.versions, revision.versions[1:], strict=False):
        _print_step(console, before, after)


def _print_step(console: Console, before: Revision, after: Revision) -> None:
    seen = f"version {before.number}, seen {before.seen_at:%H:%M:%S} UTC; version {after.number}, {after.seen_at:%H:%M:%S}"
    console.print(Text(f"    {seen}", style=_QUIET), soft_wrap=True)
    _print_titles(console, before.title, after.title)
    if before.text != after.text:
        diff = diff_texts(before.text, after.text)
        _print_counts(console, diff)
        _print_diff(console, diff.pieces)


def _print_titles(console: Console, before: str, after: str) -> None:
    if before != after:
        console.print(Text("    − ", style="red").append(clean_line(before), style="default"), soft_wrap=True)
        console.print(Text("    + ", style="green").append(clean_line(after), style="default"), soft_wrap=True)


def _print_counts(console: Console, diff: TextDiff) -> None:
    numbers = f"; numbers: {clean_line(numbers_line(diff.numbers))}" if diff.numbers else ""
    console.print(Text(f"    {counts_line(diff.kept, diff.cut, diff.added)}{numbers}", style=_QUIET), soft_wrap=True)


def _print_diff(console: Console, pieces: Sequence[Piece]) -> None:
    for row in diff_rows(shortened(pieces, _CHANGED_WORDS), console.width - 8, colour=console.is_terminal):
        if row:
            text = Text("      ")
            for kind, part in row:
                text.append(part, style=_STYLES[kind])
            console.print(text, soft_wrap=True)


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))
