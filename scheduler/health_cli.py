"""The command `outlets health`: which outlet is sound, quiet or broken, since when and why. Reads and prints.

Not here: what is told of an outlet (`scheduler.health_view`), how verdicts come about (`scheduler.verdicts`), past faults
(`scheduler.incidents_cli`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from crawler.cli.shared import Json, WatchedSlugs, opened_store
from crawler.terminal import line, out, out_json, out_table, say, table_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.config import Locations
    from indexer.outlet_detail import Due, OutletDetail
    from scheduler.health_view import OutletLine

app = typer.Typer(rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Outlets, as their last crawls were judged."""


@app.command("health", epilog="Example: depesza outlets health kresy")
def health(
    ctx: typer.Context,
    slugs: WatchedSlugs = None,
    json: Json = False,
) -> None:
    """Show each outlet's verdict, since when and why, and its figures beside what is usual there; faults first.

    With one slug its sources, its articles' fields, its next crawl too. Exit code 1 when one has a fault; new and quiet ones have none.
    """
    from crawler.store.leases import shared_now
    from scheduler.health_view import read_lines

    wanted = _wanted(ctx.obj, slugs or ())
    with opened_store(ctx.obj) as database:
        with database.read() as connection:
            now = shared_now(connection, datetime.now(UTC))
            lines = read_lines(connection, wanted, now)
        if json:
            out_json([one.as_json() for one in lines])
        elif len(slugs or ()) == 1:
            from indexer.outlet_detail import read_detail
            from scheduler.plans import CataloguePlans

            _print_one(lines[0], read_detail(database, lines[0].outlet, (now, UTC), CataloguePlans(ctx.obj), None), now)
        else:
            _print_all([one for one in lines if one.health or slugs], now)
    faulty = sum(one.has_fault for one in lines)
    if len(slugs or ()) != 1:
        unknown = sum(one.health is None for one in lines)
        say(f"{len(lines)} outlets, {faulty} with a fault" + (f", {unknown} not crawled yet" if unknown else ""))
    raise typer.Exit(1 if faulty else 0)


def _wanted(locations: Locations, slugs: Sequence[str]) -> list[str]:
    """The slugs named, disabled ones too, or of all outlets that are watched. Raises ConfigError for an unknown one."""
    from crawler.config import crawler_settings
    from crawler.outlets.choosing import choose_outlets, find_outlet, open_catalogue

    catalogue = open_catalogue(locations)
    watched = choose_outlets(catalogue, (), crawler_settings(locations).outlets)
    return list(dict.fromkeys(find_outlet(catalogue, slug).slug for slug in slugs)) or [one.slug for one in watched]


def _print_all(lines: Sequence[OutletLine], now: datetime) -> None:
    """A line an outlet, and below those that are not sound the reason, whole."""
    from crawler.store.outlet_hours import FIELDS

    titles = ["outlet", "verdict", "for", "answered", "failures", "newest", "new in 24 h", "usual", "/".join(FIELDS)]
    table = table_lines([titles, *(_row(one, now) for one in lines)]) if lines else []
    for text, one in zip(table, [None, *lines] if lines else [], strict=True):
        out(text)
        if one is not None and one.health and one.health.reason:
            out(f"    {line(one.health.reason)}")


def _row(one: OutletLine, now: datetime) -> tuple[object, ...]:
    from crawler.store.outlet_hours import FIELDS

    known = one.health
    shares = [one.recent.share_of(name) for name in FIELDS]
    fields = "/".join(f"{100 * share:.0f}" for share in shares if share is not None)
    return (
        one.outlet, one.verdict, _ago(known.since if known else None, now), _ago(known.last_success_at if known else None, now),
        known.failures_in_a_row if known else "-", _ago(one.newest_at, now), one.new,
        "-" if one.usual is None else f"{one.usual:.0f}", f"{fields} %" if fields else "-",
    )  # fmt: skip


def _ago(at: datetime | None, now: datetime) -> str:
    from indexer.overview import age

    return age(at, now) if at else "-"


def _print_one(one: OutletLine, detail: OutletDetail | None, now: datetime) -> None:
    known = one.health
    name = f"{line(detail.record.row.name)} ({one.outlet})" if detail else one.outlet
    if known is None:
        out(f"{name}: not crawled yet")
        return
    out(f"{name}: {line(known.verdict)}" + (f" for {_ago(known.since, now)}, since {line(known.since)}" if known.since else ""))
    if known.reason:
        out(f"  {line(known.reason)}")
    facts = [
        ("answered", f"{_when(known.last_success_at, now)}; {known.failures_in_a_row} failures in a row since"),
        ("newest", f"published {_when(one.newest_at, now)}, as its sources say" if one.newest_at else "its sources tell no dates"),
        ("filed", _when(known.last_new_article_at, now)),
        ("new", f"{one.new} articles in the last 24 hours{_usual_words(one, known.detail.get('articles_a_day'))}"),
        ("next crawl", _due_words(detail.due, now) if detail else "-"),
        ("robots.txt", known.detail.get("robots") or "-"), ("TLS", known.detail.get("tls") or "-"),
        ("template", _template_words(known.detail.get("template"))), ("letters", f"{known.detail.get('dead_letters', 0)} dead in a day"),
        ("incident", f"{one.incident} is open: `depesza incidents show {one.incident}`" if one.incident else "none is open"),
    ]  # fmt: skip
    for title, said in facts:
        out(f"  {title:<11}{line(said)}")
    out()
    _print_holdings(one)
    out()
    _print_sources(one, detail)


def _usual_words(one: OutletLine, a_day: object) -> str:
    usual = "" if one.usual is None else f", {one.usual:.0f} in the same hours of the weeks before"
    return usual + (f"; its rhythm has {a_day} a day" if a_day is not None else "; its rhythm is not known yet")


def _when(at: datetime | None, now: datetime) -> str:
    return f"{line(at)}, {_ago(at, now)} ago" if at else "never"


def _due_words(due: Due, now: datetime) -> str:
    from indexer.outlet_detail import Waiting
    from scheduler.schedule_view import soon

    said = {
        Waiting.NOTHING: "none: it is not watched", Waiting.CRAWLED: "it is being crawled", Waiting.DUE: f"due since {line(due.at)}",
        Waiting.AGAIN: f"{due.attempts} attempts failed, again {soon(due.at or now, now)}",
        Waiting.NEXT: f"{soon(due.at, now)}" if due.at else "when the service plans it",
    }[due.waiting]  # fmt: skip
    schedule = f" ({due.schedule}{f', by {due.decided_by}' if due.decided_by else ''})" if due.schedule else ""
    return said + schedule + ("" if due.is_led else "; no service runs")


def _template_words(standing: object) -> str:
    if not isinstance(standing, dict) or not standing.get("pages"):
        return "none is learned yet"
    return f"{standing['pages']} pages read by it, {standing.get('misfits', 0)} did not fit it"


def _print_holdings(one: OutletLine) -> None:
    """What new articles hold, of late and before."""
    from crawler.store.outlet_hours import FIELDS

    both = (one.recent, one.before)
    if not any(part.articles or part.pages for part in both):
        out("No new article in five weeks.")
        return

    def percent(share: float | None) -> str:
        return "-" if share is None else f"{share:.0%}"

    rows: list[tuple[object, ...]] = [("articles", *(part.articles for part in both))]
    rows.append(("words each", *("-" if part.words_each is None else f"{part.words_each:.0f}" for part in both)))
    rows += [(f"with {name}", *(percent(part.share_of(name)) for part in both)) for name in FIELDS]
    rows.append(("paid", *(percent(part.share_of("paid")) for part in both)))
    rows.append(("pages without text", *(percent(part.no_text_share) for part in both)))
    out_table(["new articles", "last 7 days", "28 days before"], rows)


def _print_sources(one: OutletLine, detail: OutletDetail | None) -> None:
    kinds = {each.url: each.kind for each in detail.sources} if detail else {}
    states = {each.url: each for each in one.states}
    rows = []
    for url in [*kinds, *(url for url in states if url not in kinds)]:
        state, kind = states.get(url), kinds.get(url) or "no more in its file"
        if state is None:
            rows.append((url, kind, "never asked", *"-----", ""))
            continue
        trouble = f"moved to {state.moved_to}" if state.moved_to else state.last_error or ""
        rows.append(
            (url, kind, state.status or "-", state.answered_at, state.changed_at, state.newest_at, state.failures_in_a_row, state.next_poll_at, trouble)
        )  # fmt: skip
    out_table(["source", "kind", "answer", "answered", "told new", "newest", "failures", "not before", ""], rows, widest=100)
