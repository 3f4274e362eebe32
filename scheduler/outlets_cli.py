"""The commands `outlets check` and `outlets add`: they look at a site from a child process, so they stand here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.outlets import Country, Language, Zone, add_file, locale_of
from crawler.cli.shared import Json, WatchedSlugs
from crawler.terminal import line, out, out_json, out_table, say

if TYPE_CHECKING:
    from crawler.model.run import ProbeReport

app = typer.Typer(rich_markup_mode=None)
_OPENING_CHARS = 100
"""Of a trial article's text: whether it is the text, a reader sees at once."""


@app.callback()
def _group() -> None:
    """Outlets, looked at over the network."""


@app.command("check", epilog="Example: depesza outlets check kresy pap")
def check(
    ctx: typer.Context,
    slugs: WatchedSlugs = None,
    json: Json = False,
) -> None:
    """Ask the outlets' sources, read three articles of each for a trial, and say what was found. Files nothing.

    Exit code 1 when something is wrong with one of them.
    """
    from crawler.config import crawler_settings
    from crawler.outlets.choosing import choose_outlets, open_catalogue
    from scheduler.command import VERBOSE
    from scheduler.probing import probe, verdict

    outlets = choose_outlets(open_catalogue(ctx.obj), slugs or (), crawler_settings(ctx.obj).outlets)
    reports = probe(ctx.obj, outlets, ctx.meta.get(VERBOSE, False))
    verdicts = {one.outlet: verdict(one) for one in reports}
    if json:
        out_json([{"outlet": one.outlet, "verdict": verdicts[one.outlet], "probe": one} for one in reports])
    else:
        for one in reports:
            out(f"{one.outlet}: {verdicts[one.outlet]}")
            _print_probe(one)
    bad = [slug for slug, words in verdicts.items() if words != "ok"]
    say(f"{len(reports)} outlets looked at, {len(bad)} with trouble")
    raise typer.Exit(1 if bad else 0)


@app.command("add", epilog="Example: depesza outlets add https://kresy.pl/")
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="Address of the site's front page.")],
    slug: Annotated[
        str | None, typer.Option("--slug", help="Its short name; else made of the domain.", show_default=False)
    ] = None,
    country: Country = None,
    language: Language = None,
    timezone: Zone = None,
    private: Annotated[bool, typer.Option("--private", help="The site is on this machine or in your own network.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the file, do not write it.")] = False,
    json: Json = False,
) -> None:
    """Find the feeds and sitemaps of a site, read three articles for a trial, and write the outlet's file.

    The file goes into the folder `outlets` of the data folder, for you to look at and correct. Exit code 1 when no feed or
    sitemap is found.
    """
    from crawler.outlets.choosing import open_catalogue
    from crawler.outlets.writing import outlet_toml
    from scheduler.command import VERBOSE
    from scheduler.probing import SiteWish, bare_outlet, check_slug, found_outlet, probe

    wish = SiteWish(url=url, slug=slug, locale=locale_of(country, language, timezone), private=private)
    bare = bare_outlet(wish)
    catalogue = open_catalogue(ctx.obj)
    check_slug(slug, catalogue)
    if (known := catalogue.by_domain(bare.domains[0])) is not None and not private:
        say(f"Note: {known.slug} of the catalogue has this domain already (`depesza outlets show {known.slug}`).")
    (report,) = probe(ctx.obj, [bare], ctx.meta.get(VERBOSE, False))
    if not json:
        _print_probe(report)
    outlet = found_outlet(wish, bare, report)
    path = None if dry_run else add_file(ctx.obj, outlet, set(catalogue))
    if json:
        out_json({"outlet": outlet, "file": path, "probe": report})
        return
    out()
    out(outlet_toml(outlet).rstrip())
    out()
    out(f"Written: {path}. Next: depesza crawl {path.stem}" if path else "Not written (--dry-run).")


def _print_probe(report: ProbeReport) -> None:
    if report.error:
        out(f"  {line(report.error)}")
    rows = [
        (
            "source",
            one.kind or one.source.kind.value,
            one.status.value,
            one.entries,
            one.newest_at,
            one.source.url,
            one.error or "",
        )
        for one in report.sources
    ]
    out_table(["", "kind", "answer", "entries", "newest", "address", ""], rows, widest=80)
    for article in report.articles:
        if article.error:
            out(f"  article  {line(article.url)}: {line(article.error)}")
            continue
        dated = f"{line(article.published_at)} ({article.published_from})"
        whom = f", from {', '.join(article.sources)}" if article.sources else ""
        out(f"  article  {line(article.title)}: {article.words} words, {article.language}, {dated}{line(whom) if whom else ''}")
        out(f"           {line(article.opening[:_OPENING_CHARS])} ...")
    for note in report.notes:
        out(f"  note     {line(note)}")
