"""The command `depesza`: joins the commands of the rooms, each loaded only when it is called.

A cold `depesza search` may cost half a second, so this module imports typer and nothing of weight, and a room's `cli` module
is imported when one of its commands is named. Not here: what a command does.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_group

from crawler.config import find_locations
from crawler.errors import BackendUnavailable, ConfigError, DepeszaError, IndexLater, QueryError, full_disk
from crawler.settings import PREFIX
from crawler.terminal import say


class Place(NamedTuple):
    """Where a command stands in the help, what makes it ("module:function" or "module:typer app"), and how it is used."""

    heading: str
    targets: tuple[str, ...]
    example: str


VERBOSE = "depesza.verbose"
"""Key in the context's `meta`: whether --verbose was given."""
DATA_DIR = "depesza.data_dir"
"""Key in the context's `meta`: the folder that was asked for by option, if one was."""
START, WATCH, READ, KEEP = "Start here", "Crawl", "Search and read", "Look after it"
COMMANDS: dict[str, Place] = {
    "demo": Place(START, ("scheduler.cli:demo",), "depesza demo"),
    "init": Place(START, ("scheduler.cli:init",), "depesza init --contact me@example.org"),
    "doctor": Place(START, ("scheduler.cli:doctor",), "depesza doctor"),
    "outlets": Place(
        WATCH,
        (
            "crawler.cli.outlets:app",
            "crawler.cli.profiles:app",
            "crawler.cli.templates:app",
            "scheduler.outlets_cli:app",
            "scheduler.health_cli:app",
        ),
        "depesza outlets list",
    ),
    "crawl": Place(WATCH, ("scheduler.cli:crawl",), "depesza crawl kresy pap"),
    "run": Place(WATCH, ("scheduler.running_cli:run",), "depesza run"),
    "worker": Place(WATCH, ("scheduler.running_cli:worker",), "depesza worker --children 4"),
    "schedule": Place(WATCH, ("scheduler.schedule_cli:app",), "depesza schedule next"),
    "status": Place(WATCH, ("scheduler.cli:status",), "depesza status --json"),
    "incidents": Place(WATCH, ("scheduler.incidents_cli:app",), "depesza incidents list --open"),
    "search": Place(READ, ("indexer.cli:search_command",), "depesza search 'prezydent AND Warszawa' --limit 5"),
    "serve": Place(READ, ("scheduler.serving:serve",), "depesza serve --port 8765"),
    "export": Place(
        READ, ("indexer.export_cli:export_command",), "depesza export 'prezydent date:P30D' --format csv > prezydent.csv"
    ),
    "tokens": Place(KEEP, ("indexer.serve_cli:tokens_app",), "depesza tokens list"),
    "show": Place(READ, ("crawler.cli.reading:show",), "depesza show 3f2a9c41"),
    "copies": Place(READ, ("scheduler.copies_cli:copies",), "depesza copies 3f2a9c41"),
    "stories": Place(READ, ("crawler.cli.stories:app",), "depesza stories list --since 2d"),
    "diff": Place(READ, ("crawler.cli.comparing:diff",), "depesza diff 3f2a9c41@1 3f2a9c41@2"),
    "revisions": Place(READ, ("crawler.cli.comparing:revisions",), "depesza revisions 3f2a9c41 --diff"),
    "watch": Place(READ, ("scheduler.watch_cli:app",), "depesza watch add Korea '\"Korea Północna\"' --to ntfy://my-topic"),
    "batch": Place(READ, ("crawler.cli.batch:app",), "depesza batch extract records.jsonl > articles.jsonl"),
    "index": Place(KEEP, ("indexer.cli:index_app",), "depesza index status"),
    "elasticsearch": Place(KEEP, ("indexer.elasticsearch_cli:app",), "depesza elasticsearch start"),
    "dead-letters": Place(KEEP, ("crawler.cli.letters:app",), "depesza dead-letters list"),
    "renormalize": Place(KEEP, ("crawler.cli.letters:renormalize",), "depesza renormalize --outlet kresy"),
    "config": Place(KEEP, ("scheduler.upkeep_cli:config_app",), "depesza config check"),
    "db": Place(KEEP, ("scheduler.upkeep_cli:db_app",), "depesza db upgrade"),
    "tidy": Place(KEEP, ("scheduler.upkeep_cli:tidy",), "depesza tidy --json"),
    "backup": Place(KEEP, ("scheduler.backup_cli:backup",), "depesza backup /var/backups/depesza --keep 14"),
    "restore": Place(KEEP, ("scheduler.backup_cli:restore",), "depesza restore /var/backups/depesza"),
}
_ANYWHERE_WITH_VALUE, _ANYWHERE = ("--data-dir", "--config"), ("--verbose",)


class LazyGroup(TyperGroup):
    """The root: finds a command by name, and turns errors into a line and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, without importing anything."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import what makes one command and hand it out; None for an unknown name."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name, COMMANDS[cmd_name])
        return self.commands.get(cmd_name)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As typer does, with the global options allowed after the command too."""
        return super().parse_args(ctx, guard_words(hoist(args)))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As typer does, with every name known for its "did you mean"."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            for name in COMMANDS:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command. An error of the house is told in words with its exit code; no traceback without --verbose."""
        verbose = ctx.params.get("verbose", False)
        try:
            return super().invoke(ctx)
        except DepeszaError as error:
            _tell(str(error), verbose)
            raise typer.Exit(exit_code(error)) from None
        except Exception as error:
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort | BrokenPipeError):
                raise  # typer's own way to end
            if isinstance(error, OSError) and error.strerror:
                said, code = _trouble_with_file(error, ctx), 3
            else:
                said, code = f"this should not have happened: {type(error).__name__}: {error}", 1
            _tell(said, verbose)
            raise typer.Exit(code) from None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their headings."""
        for heading in (START, WATCH, READ, KEEP):
            names = [name for name, place in COMMANDS.items() if place.heading == heading]
            with formatter.section(heading):
                formatter.write_dl([(name, self.get_command(ctx, name).get_short_help_str(limit=90)) for name in names])


app = typer.Typer(
    cls=LazyGroup,
    name="depesza",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: depesza demo",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # 50 ms that a cold search need not pay

        typer.echo(f"depesza {version('depesza')}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Folder of the store and the index (else DEPESZA_DATA_DIR).", show_default=False),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="Configuration file (else DEPESZA_CONFIG).", show_default=False)
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more; show tracebacks of errors.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version and end.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Depesza watches news outlets, finds the copies of one dispatch, names its agency, and makes it all searchable.

    --data-dir, --config and --verbose may stand before or after the command. Exit codes: 0 done, 1 nothing found or some
    outlets failed, 2 wrong usage or configuration, 3 a database or index is unavailable.
    """
    ctx.obj = find_locations(data_dir, config)
    asked_for = config or os.environ.get(f"{PREFIX}CONFIG")
    if asked_for and not ctx.obj.config_path.exists() and ctx.invoked_subcommand not in ("init", "doctor"):
        raise ConfigError(f"there is no file {ctx.obj.config_path}: correct --config, or let `depesza init` write it")
    ctx.meta[VERBOSE] = verbose
    ctx.meta[DATA_DIR] = data_dir


def hoist(args: list[str]) -> list[str]:
    """The arguments with the global options brought to the front, from anywhere before `--`."""
    front: list[str] = []
    rest = list(args)
    place = 0
    while place < len(rest) and rest[place] != "--":
        name, equals, _ = rest[place].partition("=")
        count = 2 if name in _ANYWHERE_WITH_VALUE and not equals else 1
        if name in _ANYWHERE_WITH_VALUE or rest[place] in _ANYWHERE:
            front += rest[place : place + count]
            del rest[place : place + count]
        else:
            place += 1
    return front + rest


def guard_words(args: list[str]) -> list[str]:
    """The arguments with each `-word` of a search kept from being read as options: a space goes before it.

    The query language knows `-word` as NOT; `-h` and long options stay options, and so does the value after one.
    """
    place = next((number for number, arg in enumerate(args) if arg == "search"), len(args))
    end = args.index("--") if "--" in args else len(args)
    kept = list(args)
    for number in range(place + 1, end):
        is_value = args[number - 1] in ("--sort", "--limit", "--after")
        if len(args[number]) > 2 and args[number][0] == "-" != args[number][1] and not is_value:
            kept[number] = f" {args[number]}"
    return kept


def exit_code(error: DepeszaError) -> int:
    """The house's exit code for an error."""
    if isinstance(error, ConfigError | QueryError):
        return 2
    return 3 if isinstance(error, BackendUnavailable | IndexLater) else 1


def _load(name: str, place: Place) -> Any:
    """The command of that name; several targets are groups whose commands are put together."""
    shell = typer.Typer(rich_markup_mode=None)
    shell.callback()(lambda: None)
    for number, target in enumerate(place.targets):
        module, _, attribute = target.partition(":")
        made = getattr(importlib.import_module(module), attribute)
        if isinstance(made, typer.Typer):
            shell.add_typer(made, name=name if number == 0 else f"{name}+{number}", epilog=f"Example: {place.example}")
        else:
            shell.command(name, epilog=f"Example: {place.example}")(made)
    commands = get_group(shell).commands
    command: Any = commands.pop(name)
    for further in commands.values():
        command.commands.update(further.commands)  # type: ignore[attr-defined]  # targets after the first are groups
    return command


def _trouble_with_file(error: OSError, ctx: Any) -> str:
    folder = Path(error.filename).parent if error.filename else getattr(ctx.obj, "data_dir", Path.cwd())
    return full_disk(folder, error) or (f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror))


def _tell(said: str, verbose: bool) -> None:
    with contextlib.suppress(OSError):  # the disk of a log may be full: the exit code says it still
        say(f"depesza: {said}")
        if verbose:
            say(traceback.format_exc())


def main() -> None:
    """Entry point of the command."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller (`>&-`): nobody wants to read it
            setattr(sys, name, io.StringIO())
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal of another encoding shows ?, it does not end the command
    app()


if __name__ == "__main__":
    main()
