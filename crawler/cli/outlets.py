"""The commands `outlets list|show|import|export`. `outlets add|check`, which crawl, stand in `scheduler.outlets_cli`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shared import Json
from crawler.errors import ConfigError
from crawler.terminal import out, out_json, out_table, say, write_utf8

if TYPE_CHECKING:
    from crawler.config import Locations
    from crawler.model.outlet import Outlet
    from crawler.outlets.opml import Locale

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The outlets that are watched: list, check, add.")
Country = Annotated[str | None, typer.Option("--country", help="Where they are at home, e.g. PL.", show_default=False)]
Language = Annotated[str | None, typer.Option("--language", help="Their language, e.g. pl.", show_default=False)]
Zone = Annotated[str | None, typer.Option("--timezone", help="Zone of their newsrooms, e.g. Europe/Warsaw.", show_default=False)]


@app.command("list", epilog="Example: depesza outlets list --country PL --all")
def list_outlets(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Disabled ones too, with the reason.")] = False,
    country: Annotated[str | None, typer.Option("--country", help="Only of this country, e.g. PL.", show_default=False)] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Only with this tag or of this group.", show_default=False)] = None,
    json: Json = False,
) -> None:
    """List the outlets of the catalogue, shipped and your own. Exit code 1 when none fits."""
    from crawler.outlets.choosing import open_catalogue

    found = [
        one
        for one in open_catalogue(ctx.obj).values()
        if (everything or one.disabled_because is None)
        and (country is None or one.country == country.upper())
        and (tag is None or tag in (*one.tags, one.group))
    ]
    if json:
        out_json(found)
    else:
        rows = [(one.slug, one.name, one.country, ",".join(one.languages), len(one.sources), _note(one)) for one in found]
        out_table(["slug", "name", "country", "languages", "sources", "note"], rows, widest=70)
        say(f"{len(found)} outlets" + ("" if everything else "; --all shows the disabled ones too"))
    raise typer.Exit(0 if found else 1)


@app.command("show", epilog="Example: depesza outlets show kresy")
def show_outlet(ctx: typer.Context, slug: Annotated[str, typer.Argument(help="The outlet's slug.")], json: Json = False) -> None:
    """Show an outlet as its file says it."""
    from crawler.outlets.choosing import find_outlet, open_catalogue
    from crawler.outlets.writing import outlet_toml

    outlet = find_outlet(open_catalogue(ctx.obj), slug)
    if json:
        out_json(outlet)
    else:
        out(outlet_toml(outlet).rstrip())


@app.command("import", epilog="Example: depesza outlets import feeds.opml --country PL --language pl --timezone Europe/Warsaw")
def import_outlets(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A list of feeds in OPML, as feed readers export it.")],
    country: Country = None,
    language: Language = None,
    timezone: Zone = None,
    json: Json = False,
) -> None:
    """Write an outlet file for each site of an OPML list. Sites of the catalogue are left alone. Nothing is fetched.

    Exit code 1 when the list holds no feed.
    """
    from datetime import UTC, datetime

    from crawler.outlets.choosing import open_catalogue
    from crawler.outlets.opml import outlets_of, read_opml, split_known

    feeds = read_opml(_read(file))
    catalogue = open_catalogue(ctx.obj)
    new, known = split_known(feeds, catalogue.values())
    found = outlets_of(new, locale_of(country, language, timezone), f"{datetime.now(UTC):%Y-%m}")
    taken = set(catalogue)
    written = [add_file(ctx.obj, one, taken) for one in found]
    if json:
        out_json({"feeds": len(feeds), "written": written, "known": known})
    else:
        for path in written:
            out(f"written  {path}")
        for slug in known:
            out(f"known    {slug}")
        sites = f"{len(feeds)} feeds of {len(written) + len(known)} sites, {len(written)} new."
        out(f"{sites} Next: depesza outlets check" if written else sites)
    raise typer.Exit(0 if feeds else 1)


@app.command("export", epilog="Example: depesza outlets export > depesza.opml")
def export_outlets(
    ctx: typer.Context,
    slugs: Annotated[
        list[str] | None, typer.Argument(metavar="[SLUG]...", help="Outlets; none means all that are enabled.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the outlets' feeds as OPML, which feed readers import."""
    from crawler.outlets.choosing import choose_outlets, open_catalogue
    from crawler.outlets.opml import write_opml

    outlets = choose_outlets(open_catalogue(ctx.obj), slugs or ())
    if json:
        out_json(outlets)
    else:
        write_utf8()
        typer.echo(write_opml(outlets), nl=False)


def add_file(locations: Locations, outlet: Outlet, taken: set[str]) -> Path:
    """Write the outlet into the user's own folder and return the file; its slug gets a number when it is taken.

    An existing file is never overwritten. Raises ConfigError when the file cannot be written.
    """
    import dataclasses

    from crawler.outlets.writing import outlet_toml

    slug, number = outlet.slug, 1
    while slug in taken:
        number += 1
        slug = f"{outlet.slug}-{number}"
    taken.add(slug)
    path = locations.outlets_dir / outlet.country.lower() / f"{slug}.toml"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(outlet_toml(dataclasses.replace(outlet, slug=slug)))
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    return path


def locale_of(country: str | None, language: str | None, timezone: str | None) -> Locale | None:
    """The three options together, or None when none was given. Raises ConfigError when some are missing or wrong."""
    import zoneinfo

    from crawler.outlets.opml import Locale

    if country is None and language is None and timezone is None:
        return None
    if not country or not language or not timezone:
        raise ConfigError("--country, --language and --timezone go together: give all three")
    try:
        zoneinfo.ZoneInfo(timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(f'--timezone {timezone!r} is no time zone; write one such as "Europe/Warsaw"') from None
    if len(country) != 2 or len(language) != 2 or not (country + language).isascii() or not (country + language).isalpha():
        raise ConfigError("--country and --language are two letters each, such as PL and pl")
    return Locale(country=country.upper(), language=language.lower(), timezone=timezone)


def _note(outlet: Outlet) -> str:
    if outlet.disabled_because:
        return f"disabled: {outlet.disabled_because}"
    return f"unverified since {outlet.unverified}" if outlet.unverified else ""


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
