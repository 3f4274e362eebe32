"""The commands `outlets learn` and `outlets template`: what was learned of an outlet's pages, shown and explained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shared import Json, opened_store
from crawler.terminal import line, out, out_json, out_table, say

if TYPE_CHECKING:
    from crawler.model.template import Standing, Template
    from crawler.store.templates import Kept

app = typer.Typer(rich_markup_mode=None)
Slug = Annotated[str, typer.Argument(help="The outlet's slug.")]
_LEARN_LIMIT_S = 120.0
"""Learning reads up to sixteen pages; a crawl gives it the time of one page, a person may wait longer."""


@app.callback()
def _group() -> None:
    """What was learned of outlets."""


@app.command("learn", epilog="Example: depesza outlets learn kresy")
def learn(
    ctx: typer.Context,
    slug: Slug,
    pages: Annotated[int, typer.Option("--pages", min=5, max=16, help="Learn from so many of the newest kept pages.")] = 16,
    json: Json = False,
) -> None:
    """Learn now, from kept pages, where an outlet's texts, titles and dates stand, and use it from the next page on.

    A crawl learns by itself; this is for looking, and for after a change of the program. Exit code 1, with the reason, when
    the pages do not suffice.
    """
    from datetime import UTC, datetime

    from crawler.learning import learn_outlet
    from crawler.outlets.agencies import load_agencies
    from crawler.outlets.choosing import find_outlet, open_catalogue
    from crawler.workers import PagePool

    catalogue = open_catalogue(ctx.obj)
    outlet = find_outlet(catalogue, slug)
    order = (pages, datetime.now(UTC))
    with opened_store(ctx.obj) as database, PagePool(1, time_limit_s=_LEARN_LIMIT_S) as pool:
        learned = learn_outlet(database, pool, outlet, load_agencies(catalogue.values()), order)
    if json:
        out_json(learned)
    elif learned.template is not None:
        _print_template(learned.template)
    if learned.template is None:
        say(f"{slug} was not learned: {learned.reason}")
    raise typer.Exit(0 if learned.template else 1)


@app.command("template", epilog="Example: depesza outlets template kresy")
def show_template(
    ctx: typer.Context,
    slug: Slug,
    forget: Annotated[bool, typer.Option("--forget", help="Drop what was learned: the outlet is read at first sight.")] = False,
    json: Json = False,
) -> None:
    """Show what was learned of an outlet: where things stand and why, since when, and how it does.

    Exit code 1 when there is no template, with the reason if there is one.
    """
    from crawler.outlets.choosing import find_outlet, open_catalogue
    from crawler.store import templates

    find_outlet(open_catalogue(ctx.obj), slug)
    with opened_store(ctx.obj) as database:
        if forget:
            with database.write() as connection:
                dropped = templates.forget_templates(connection, slug)
            say(f"What was learned of {slug} is dropped." if dropped else f"Nothing was learned of {slug}.")
            raise typer.Exit(0 if dropped else 1)
        with database.read() as connection:
            versions, standing = templates.read_versions(connection, slug), templates.read_standing(connection, slug)
    used = next((one.template for one in versions if one.retired_at is None), None)
    if json:
        out_json({"template": used, "standing": standing, "versions": [_fields(one) for one in versions]})
    else:
        _print_all(slug, used, standing, versions)
    raise typer.Exit(0 if used else 1)


def _fields(one: Kept) -> dict[str, object]:
    found = one.template
    return {
        "version": found.version, "learned_at": found.learned_at, "pages": found.pages, "agreement": found.agreement,
        "retired_at": one.retired_at, "retired_why": one.retired_why,
    }  # fmt: skip


def _print_all(slug: str, used: Template | None, standing: Standing, versions: list[Kept]) -> None:
    if used is None:
        why = (
            f": {line(standing.why)}" if standing.why else f" yet; {standing.fresh} pages were kept since it was last looked for"
        )
        out(f"{slug} has no template{why}. Its pages are read at first sight.")
    else:
        _print_template(used)
        out()
        fits = standing.seen - standing.misses
        out(f"It fits {fits} of {standing.seen} pages since; of {standing.canaries} canaries {standing.low} agreed too little.")
        for sighting in standing.recent:
            if sighting.why:
                out(f"  {'new on' if sighting.fits else 'does not fit'} a recent page: {line(sighting.why)}")
    if len(versions) > (used is not None):
        out()
        rows = [(one.template.version, one.template.learned_at, one.template.pages, one.retired_at or "in use", line(one.retired_why or "")) for one in versions]  # fmt: skip
        out_table(["version", "learned", "pages", "until", "why"], rows, widest=90)


def _print_template(template: Template) -> None:
    out(f"{template.outlet}: version {template.version}, learned {line(template.learned_at)} from {template.pages} pages")
    out(f"Agreement with first sight: {template.agreement:.3f}, at least {template.least_agreement:.3f}")
    for sentence in template.why:
        out(f"  - {line(sentence)}")
    out(f"Text:    {line(', '.join(template.keep))}")
    out(f"No text: {line(', '.join(template.drop)) or '-'}")
