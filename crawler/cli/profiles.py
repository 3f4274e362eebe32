"""The command `outlets profile`: what outlets print, whose it is, and how late they are."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shared import Json, SinceOption, UntilOption, opened_store, read_moment
from crawler.spread import delay_words
from crawler.terminal import columns, line, out, out_json, say, table_lines, width_of

if TYPE_CHECKING:
    from crawler.store.outlet_profiles import OutletProfile

app = typer.Typer(rich_markup_mode=None)
_AGENCIES_SHOWN = 3


@app.callback()
def _group() -> None:
    """Outlets, as what they print shows them."""


@app.command("profile", epilog="Example: depesza outlets profile --since 30d")
def profile(
    ctx: typer.Context,
    slug: Annotated[str | None, typer.Argument(metavar="[SLUG]", help="One outlet; none means all in the store.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    json: Json = False,
) -> None:
    """Show how much of an outlet's articles is agency copy, which agencies', how much its own, and how late it usually is.

    "later" is the median delay of its copies behind the first outlet of each story. Exit code 1: no article in that time.
    """
    from datetime import UTC, datetime

    from crawler.store.outlet_profiles import outlet_profiles
    from crawler.store.reservations import count_reservations

    now = datetime.now(UTC)
    first, last = read_moment(since, now), read_moment(until, now, end=True)
    with opened_store(ctx.obj) as database, database.read() as connection:
        found = outlet_profiles(connection, since=first, until=last, slug=slug)
        reserved = count_reservations(connection, first, last)
    if json:
        rows = [_fields(one) | {"text_reserved": reserved.get(one.outlet, 0)} for one in found]
        out_json({"since": first, "until": last, "outlets": rows})
    elif slug is not None and found:
        _print_one(found[0])
        if count := reserved.get(slug):
            out(f"  {count} reserve text mining: `depesza export` leaves their texts out")
    else:
        _print_all(found)
    if not found:
        say(f"No article of {slug} in that time." if slug else "No article in that time.")
    raise typer.Exit(0 if found else 1)


def _fields(one: OutletProfile) -> dict[str, object]:
    return dataclasses.asdict(one) | {
        "agency_share": _share(one.agency_copy, one), "other_share": _share(one.other_copy, one), "own_share": _share(one.own, one),
        "agencies": dict(one.agencies),
    }  # fmt: skip


def _share(count: int, one: OutletProfile) -> float:
    return round(count / one.articles, 4)


def _print_all(found: list[OutletProfile]) -> None:
    rows = [
        (
            one.outlet, one.articles, *_percents(one), one.first, _late(one) or "-", _agencies(one, _AGENCIES_SHOWN),
        )
        for one in found
    ]  # fmt: skip
    if not rows:
        return
    lines = table_lines([("outlet", "articles", "agency", "copied", "own", "first", "later", "agencies"), *rows], widest=40)
    if max(map(width_of, lines)) <= columns():
        for text in lines:
            out(text)
        return
    for number, one in enumerate(found):
        if number:
            out()
        _print_one(one)


def _print_one(one: OutletProfile) -> None:
    agency, other, own = _percents(one)
    out(f"{line(one.name)} ({one.outlet}): {one.articles} articles")
    out(f"  agency copy  {agency}{f'  {_agencies(one)}' if one.agencies else ''}")
    out(f"  copies of other outlets  {other}")
    out(f"  own reporting  {own}")
    out(f"  first with {one.first} {'story' if one.first == 1 else 'stories'}, later with {one.later}")
    if one.later:
        out(f"  {_late(one)} behind the first in the median")


def _percents(one: OutletProfile) -> tuple[str, str, str]:
    return f"{one.agency_copy / one.articles:.0%}", f"{one.other_copy / one.articles:.0%}", f"{one.own / one.articles:.0%}"


def _late(one: OutletProfile) -> str:
    return delay_words(one.median_delay_s)


def _agencies(one: OutletProfile, most: int | None = None) -> str:
    return ", ".join(f"{agency} {count}" for agency, count in one.agencies[:most])
