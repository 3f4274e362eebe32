"""The command `depesza`: joins the commands of the rooms, each loaded only when it is called.

A cold `depesza search` may cost half a second, so this module imports typer and nothing of weight, and a room's `cli` module
is imported when one of its commands is named. Not here: what a command does.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_group

from crawler.config import find_locations
from crawler.errors import AlreadyRunning, BackendUnavailable, ConfigError, DepeszaError, IndexLater, QueryError
from crawler.terminal import say


class Place(NamedTuple):
    """Where a command is made: modules with a typer `app`, and the heading it stands under in the help."""

    heading: str
    modules: tuple[str, ...]


VERBOSE = "depesza.verbose"
"""Key in the context's `meta`: whether --verbose was given."""
START, WATCH, READ, KEEP = "Start here", "Crawl", "Search and read", "Look after it"
COMMANDS: dict[str, Place] = {
    "demo": Place(START, ("scheduler.cli",)),
    "init": Place(START, ("scheduler.cli",)),
    "doctor": Place(START, ("scheduler.cli",)),
    "outlets": Place(WATCH, ("crawler.cli", "scheduler.outlets_cli")),
    "crawl": Place(WATCH, ("scheduler.cli",)),
    "run": Place(WATCH, ("scheduler.cli",)),
    "status": Place(WATCH, ("scheduler.cli",)),
    "search": Place(READ, ("indexer.cli",)),
    "show": Place(READ, ("crawler.cli",)),
    "copies": Place(READ, ("crawler.cli",)),
    "batch": Place(READ, ("crawler.cli",)),
    "index": Place(KEEP, ("indexer.cli",)),
    "dead-letters": Place(KEEP, ("crawler.cli",)),
    "renormalize": Place(KEEP, ("crawler.cli",)),
    "config": Place(KEEP, ("scheduler.upkeep_cli",)),
    "db": Place(KEEP, ("scheduler.upkeep_cli",)),
}


class LazyGroup(TyperGroup):
    """The root: finds a command by name, and turns errors into a line and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All names, without importing anything."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import the modules of one command and hand it out; None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            for module in COMMANDS[cmd_name].modules:
                self._join(cmd_name, module)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As typer does, with every name known for its "did you mean"."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            for name in COMMANDS:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command. An error of the house is told in words with its exit code; no traceback without --verbose."""
        try:
            return super().invoke(ctx)
        except DepeszaError as error:
            _tell(str(error), ctx.params.get("verbose", False))
            raise typer.Exit(exit_code(error)) from None
        except Exception as error:
            if hasattr(error, "exit_code") or isinstance(error, typer.Abort | BrokenPipeError):
                raise  # typer's own way to end
            if isinstance(error, OSError) and error.strerror:
                said, code = f"{error.strerror}: {error.filename}" if error.filename else error.strerror, 3
            else:
                said, code = f"this should not have happened: {type(error).__name__}: {error}", 1
            _tell(said, ctx.params.get("verbose", False))
            raise typer.Exit(code) from None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their headings."""
        for heading in (START, WATCH, READ, KEEP):
            rows = [
                (name, self.get_command(ctx, name).get_short_help_str(limit=90))
                for name, place in COMMANDS.items()
                if place.heading == heading
            ]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def _join(self, name: str, module: str) -> None:
        command = get_group(importlib.import_module(module).app).commands[name]
        known = self.commands.get(name)
        if known is None:
            self.commands[name] = command
        else:
            known.commands.update(command.commands)  # type: ignore[attr-defined]  # both are groups of that name


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

    Exit codes: 0 done, 1 nothing found or some outlets failed, 2 wrong usage or configuration, 3 a database or index is
    unavailable.
    """
    if ctx.resilient_parsing:
        return
    ctx.obj = find_locations(data_dir, config)
    ctx.meta[VERBOSE] = verbose


def exit_code(error: DepeszaError) -> int:
    """The house's exit code for an error."""
    if isinstance(error, AlreadyRunning):
        return 0
    if isinstance(error, ConfigError | QueryError):
        return 2
    return 3 if isinstance(error, BackendUnavailable | IndexLater) else 1


def _tell(said: str, verbose: bool) -> None:
    say(f"depesza: {said}")
    if verbose:
        say(traceback.format_exc())


def main() -> None:
    """Entry point of the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal of another encoding shows ?, it does not end the command
    app()
