"""What the demo found, printed for a person: quiet, in columns, nothing from an outlet taken for markup."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from crawler.model.run import OutletReport, RunReport, SourceStatus
from crawler.model.story import Story, StoryMember
from crawler.text import clean_line
from scheduler.demo.changes import print_copy, print_revision, print_spread
from scheduler.demo.result import DemoResult, DemoSearch, Marked

_QUIET = "dim"
_MARK = "bold yellow"
_HITS_SHOWN = 5
_WIDTH = 100
"""Columns where no terminal says its own width."""
_CRAWLS = ("First crawl", "Second crawl, after the outlets changed something")


def open_console(stream: TextIO) -> Console:
    """A console on `stream` that colours nothing by itself."""
    return Console(file=stream, highlight=False, width=None if stream.isatty() else _WIDTH)


def print_demo(result: DemoResult, console: Console) -> None:
    """The whole account on `console`: crawls, stories, searches, corrections, and the command that goes on."""
    for title, run in zip(_CRAWLS, result.runs, strict=False):
        _heading(console, title + _took(run))
        console.print(_run_table(run, result))
    if len(result.runs) > 1:
        told = f"By the outlets' own access logs {result.unchanged_feeds} sources answered 304 (not modified)"
        _note(console, f"{told} and {result.second_crawl_pages} article pages were fetched in the second crawl;")
        _note(console, f"pages that robots.txt keeps for people: {result.left_alone} named in a feed, none asked for.")
    _heading(console, f"{len(result.stories)} stories that several outlets carried")
    for story in result.stories:
        _print_story(console, story, result)
    if result.spread:
        print_spread(console, result.spread)
    if result.copy:
        print_copy(console, result.copy, result)
    _heading(console, f"{len(result.searches)} searches ({result.engine})")
    for search in result.searches:
        _print_search(console, search, result)
    _heading(console, "Corrections found")
    for revision in result.revisions:
        print_revision(console, revision, result)
    _heading(console, "Go on from here")
    for command in result.next_commands:
        console.print(Text(f"  {command}"), soft_wrap=True)
    console.print()


def _run_table(run: RunReport, result: DemoResult) -> Padding:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=_QUIET, show_edge=False)
    table.add_column("outlet", no_wrap=True)
    for name in ("entries", "pages"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("what became of them")
    for outlet in run.outlets:
        name = result.outlet_names.get(outlet.outlet, outlet.outlet)
        table.add_row(_plain(name), str(outlet.entries), str(outlet.pages_fetched), _outcomes(outlet))
    if run.error:
        table.add_row(Text("error", style="red"), "", "", _plain(run.error))
    return Padding(table, (0, 0, 0, 2), expand=False)


def _outcomes(outlet: OutletReport) -> Text:
    text = Text(", ".join(f"{count} {outcome.value}" for outcome, count in outlet.outcomes.items() if count))
    if outlet.revisits:
        text.append(f" ({outlet.revisits} visited again because it was time)")
    fine = {SourceStatus.OK, SourceStatus.SAME_BODY}
    for source in outlet.sources:
        if source.status not in fine:
            reason = f": {clean_line(source.error)}" if source.error else ""
            text.append(f"{'; ' if text else ''}source {source.status.value}{reason}", style=_QUIET)
    if outlet.error:
        text.append(f"{'; ' if text else ''}{clean_line(outlet.error)}", style="red")
    return text


def _print_story(console: Console, story: Story, result: DemoResult) -> None:
    origin = result.articles.get(story.origin_article_id or "")
    head = Text("  ")
    agency = result.agency_names.get(story.agency, story.agency) if story.agency else "agency unknown"
    head.append(clean_line(agency), style="bold")
    head.append("  " + clean_line(origin.title if origin else story.id))
    console.print(head, soft_wrap=True)
    if origin:
        name = result.outlet_names.get(origin.outlet, origin.outlet)
        _note(console, f"origin {name}, {_clock(origin.published_at)}: {clean_line(story.origin_reason)}")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, show_edge=False)
    for justify in ("right", "left", "left", "left"):
        table.add_column(justify=justify, no_wrap=justify == "right")
    for member in sorted(story.members, key=lambda one: (one.published_at, one.article_id)):
        article = result.articles.get(member.article_id)
        name = result.outlet_names.get(member.outlet, member.outlet)
        credit = clean_line(article.credits or article.byline) if article else ""
        table.add_row(_delay(member), _plain(name), member.role.value, Text(credit, style=_QUIET))
    console.print(Padding(table, (0, 0, 1, 4), expand=False))


def _print_search(console: Console, search: DemoSearch, result: DemoResult) -> None:
    head = Text("  ")
    head.append(search.query, style="bold")
    texts = "1 text" if len(search.hits) == 1 else f"{len(search.hits)} texts"
    head.append(f"  {search.total} articles with {texts}; forms: {', '.join(search.forms)}", style=_QUIET)
    console.print(head, soft_wrap=True)
    plain = not console.is_terminal
    for number, hit in enumerate(search.hits[:_HITS_SHOWN]):
        copies = f", and {hit.copies} more with this text" if hit.copies else ""
        line = Text("    ").append_text(_marked(hit.title, plain))
        line.append(f"  {result.outlet_names.get(hit.outlet, hit.outlet)}{copies}", style=_QUIET)
        console.print(line, soft_wrap=True)
        for piece in hit.snippets[: 1 if number else 2]:
            for row in _marked(piece, plain).wrap(console, console.width - 8):
                row.rstrip()
                console.print(Text("      ").append_text(row), soft_wrap=True)
    console.print()


def _marked(piece: Marked, plain: bool) -> Text:
    """The text with its marks set off: by colour, or in brackets where there is none, since nobody would see them."""
    text = Text()
    end = 0
    for start, stop in piece.marks:
        text.append(_one_line(piece.text[end:start]))
        text.append(f"[{piece.text[start:stop]}]" if plain else piece.text[start:stop], style=_MARK)
        end = stop
    text.append(_one_line(piece.text[end:]))
    return text


def _one_line(text: str) -> str:
    """Harmless, runs of blanks as one, but a blank at the ends stays: it parts this piece from its neighbours."""
    body = clean_line(text)
    if not body:
        return " " if text else ""
    return (" " if text[0].isspace() else "") + body + (" " if text[-1].isspace() else "")


def _took(run: RunReport) -> str:
    return f"  ({(run.finished_at - run.started_at).total_seconds():.1f} s)" if run.finished_at else ""


def _delay(member: StoryMember) -> str:
    if member.delay_s is None:
        return ""
    minutes = round(abs(member.delay_s) / 60)
    return f"{'−' if member.delay_s < 0 else '+'}{minutes} min"


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M}"


def _plain(text: str) -> Text:
    return Text(clean_line(text))


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _note(console: Console, text: str) -> None:
    console.print(Text("  " + text, style=_QUIET), soft_wrap=True)
