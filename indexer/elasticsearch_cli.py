"""`depesza elasticsearch start|stop|status`: a local server for development and CI. `scheduler.command` joins it.

`ctx.obj` holds the `Locations`. Imports stand inside the functions: the help must not wait for them. Errors are raised as
they are (ConfigError 2, BackendUnavailable 3). Not here: how documents get into a server (`index`), which may be any.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.terminal import out, out_json, say
from indexer.local_elasticsearch.configuration import DEFAULT_HEAP, DEFAULT_PORT

if TYPE_CHECKING:
    from indexer.local_elasticsearch.server import ServerStatus

app = typer.Typer(
    name="elasticsearch",
    help="A local Elasticsearch for development and tests, without Docker (extra local-elasticsearch).",
    no_args_is_help=True,
)

DataFolder = Annotated[
    Path | None,
    typer.Option(
        "--data-folder", help="Folder of the server's data (else `elasticsearch` in the data folder).", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("start", epilog="Example: depesza elasticsearch start --port 9201 --heap 1g")
def start_command(
    ctx: typer.Context,
    data_folder: DataFolder = None,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; it listens nowhere else.")] = DEFAULT_PORT,
    heap: Annotated[str, typer.Option(help="Memory of its Java heap; the process takes about 300 MB more.")] = DEFAULT_HEAP,
    run_as: Annotated[
        str | None, typer.Option("--run-as", help="User that runs it when root starts it (else nobody).", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start it, wait until it answers, and show the lines of depesza.toml that use it; the first time it is fetched (99 MB).

    Elastic's test distribution with the core modules only: for development and CI, never for production.
    """
    from indexer.local_elasticsearch import check_platform

    check_platform()
    from indexer.local_elasticsearch.configuration import ServerOptions
    from indexer.local_elasticsearch.distribution import VERSION, is_unpacked
    from indexer.local_elasticsearch.server import LocalElasticsearch

    server = LocalElasticsearch(_folder(ctx, data_folder), ServerOptions(port=port, heap=heap), run_as=run_as)
    if not is_unpacked():
        say(f"Elasticsearch {VERSION} (99 MB) is fetched from Maven Central, once, if it is not there.")
    started = server.start()
    status = server.status()
    if as_json:
        out_json(_facts(status) | {"started": started})
        return
    if not started:
        out("It runs already; other options take effect after `depesza elasticsearch stop`.")
    _tell(status)
    out("In depesza.toml, under its [indexer]:")  # init wrote that table: a second one is bad TOML
    out('engine = "elasticsearch"')
    out(f'url = "{status.url}"')


@app.command("stop", epilog="Example: depesza elasticsearch stop")
def stop_command(ctx: typer.Context, data_folder: DataFolder = None, as_json: AsJson = False) -> None:
    """Stop it; its data stay."""
    from indexer.local_elasticsearch import check_platform

    check_platform()
    from indexer.local_elasticsearch.server import LocalElasticsearch

    server = LocalElasticsearch(_folder(ctx, data_folder))
    stopped = server.stop()
    if as_json:
        out_json(_facts(server.status()) | {"stopped": stopped})
    else:
        out("Stopped; its data stay." if stopped else "It does not run.")


@app.command("status", epilog="Example: depesza elasticsearch status --json")
def status_command(ctx: typer.Context, data_folder: DataFolder = None, as_json: AsJson = False) -> None:
    """Show whether it runs, where, as whom, with how much memory, and how its cluster is."""
    from indexer.local_elasticsearch import check_platform

    check_platform()
    from indexer.local_elasticsearch.server import LocalElasticsearch

    status = LocalElasticsearch(_folder(ctx, data_folder)).status()
    if as_json:
        out_json(_facts(status))
    else:
        _tell(status)


def _folder(ctx: typer.Context, asked_for: Path | None) -> Path:
    folder: Path = asked_for or ctx.obj.data_dir / "elasticsearch"
    return folder


def _facts(status: ServerStatus) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(status)


def _tell(status: ServerStatus) -> None:
    for name, value in _facts(status).items():
        if name != "note":
            shown = {True: "yes", False: "no", None: "-"}.get(value, value) if isinstance(value, bool | None) else value
            out(f"{name.replace('_', ' '):14} {shown}")
    say(status.note)
