"""The commands `depesza serve` (pages, API and feeds over HTTP) and `depesza tokens`. `scheduler.command` joins them.

Imports stand inside the functions, as in `cli`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.terminal import out, out_json, out_table, say

if TYPE_CHECKING:
    import socket

    from crawler.store.database import Database
    from indexer.api.settings import WebSettings
    from indexer.desk import Desk
    from indexer.watches.settings import AlertSettings


tokens_app = typer.Typer(
    name="tokens", help="Tokens of the API: who may write, and read where that is guarded.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Scope(StrEnum):
    """What a token allows."""

    READ = "read"
    WRITE = "write"


@tokens_app.command("add", epilog="Example: depesza tokens add alerts --scope write")
def add_command(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="What it is for; only people read it.")],
    scope: Annotated[Scope, typer.Option(help="read, or write, which may read too.")] = Scope.READ,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it once; the store keeps a digest of it."""
    from crawler.store import tokens
    from crawler.text import clean_line

    with _store(ctx) as database, database.write() as connection:
        secret, made = tokens.add_token(connection, clean_line(name)[:100], [scope.value], datetime.now(UTC))
    if as_json:
        out_json({"token": secret, "id": made.id, "name": made.name, "scopes": made.scopes})
    else:
        out(secret)
        say("Keep it: nobody can show it again. Send it as `Authorization: Bearer TOKEN`.")


@tokens_app.command("list", epilog="Example: depesza tokens list")
def list_command(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show the tokens, without their secrets."""
    from crawler.store import tokens

    with _store(ctx) as database, database.read() as connection:
        found = tokens.list_tokens(connection)
    if as_json:
        out_json(found)
    else:
        rows = [(one.id, one.name, ", ".join(one.scopes), one.created_at, one.last_used_at, one.revoked_at) for one in found]
        out_table(["id", "name", "scopes", "made", "last used", "revoked"], rows)


@tokens_app.command("revoke", epilog="Example: depesza tokens revoke 1f2e3d4c")
def revoke_command(
    ctx: typer.Context,
    token: Annotated[str, typer.Argument(help="Its id, as `depesza tokens list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """End a token; a running service forgets it within five seconds. Exit code 1 when there is none of that id."""
    from crawler.store import tokens

    with _store(ctx) as database, database.write() as connection:
        was_good = tokens.revoke_token(connection, token, datetime.now(UTC))
    if as_json:
        out_json({"id": token, "revoked": was_good})
    else:
        say(f"Token {token} is revoked." if was_good else f"There is no token {token} that is still good.")
    raise typer.Exit(0 if was_good else 1)


def serve(
    ctx: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; [web] host unless given.", show_default=False)] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port; [web] port unless given, 0 takes any free one.", show_default=False),
    ] = None,
    behind_proxy: Annotated[bool, typer.Option("--behind-proxy", help="A proxy in front says who may read.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the address as JSON on standard output when it listens.")
    ] = False,
) -> None:
    """Serve the search page, the API and the feeds until Ctrl-C.

    Only this machine reaches them unless told otherwise; another address needs a read token (DEPESZA_WEB_READ_TOKEN) or
    --behind-proxy.
    """
    from indexer.api.settings import refuse_open_door, web_settings
    from indexer.watches.settings import alert_settings

    settings, alerts = web_settings(ctx.obj), alert_settings(ctx.obj)
    settings = dataclasses.replace(
        settings, host=host or settings.host, port=settings.port if port is None else port,
        behind_proxy=behind_proxy or settings.behind_proxy,
    )  # fmt: skip
    refuse_open_door(settings)
    from indexer.desk import Desk
    from indexer.plans import PLANS

    with closing(_listen(settings)) as listening, closing(Desk.open(ctx.obj, zone=settings.zone)) as desk:
        desk.plans = ctx.meta.get(PLANS)
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{name}:{listening.getsockname()[1]}/"
        if as_json:
            out_json({"address": address})
            sys.stdout.flush()  # whoever started it waits for this line
        say(f"Serving {address} until Ctrl-C.")
        _run(desk, settings, alerts, listening)


@contextmanager
def _store(ctx: typer.Context) -> Iterator[Database]:
    from crawler.config import store_url
    from crawler.store.database import open_database

    with closing(open_database(store_url(ctx.obj))) as database:
        yield database


def _listen(settings: WebSettings) -> socket.socket:
    """The socket, listening: a port that is taken is said before anything is opened. Raises ConfigError."""
    import socket

    from crawler.errors import ConfigError

    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=256)
    except OSError as error:
        raise ConfigError(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror or error}): choose another --host or --port"
        ) from None
    # What is accepted inherits it. asyncio sets it for sockets of TCP by number only, and without it a body waits 40 ms for the
    # reader to acknowledge the head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _run(desk: Desk, settings: WebSettings, alerts: AlertSettings, listening: socket.socket) -> None:
    import uvicorn

    from indexer.api.app import make_app
    from indexer.api.server import log_to_standard_error, server_config

    log_to_standard_error()
    uvicorn.Server(server_config(make_app(desk, settings, alerts), settings)).run(sockets=[listening])
