"""`depesza serve` with the catalogue at hand: pages and API of an outlet tell its next slot and the kinds of its sources.

Not here: serving (`indexer.serve_cli`, which may not read the catalogue).
"""

from __future__ import annotations

import functools
from typing import Any

import typer

from indexer.plans import PLANS
from indexer.serve_cli import serve as serve_pages


@functools.wraps(serve_pages)
def serve(ctx: typer.Context, **options: Any) -> None:
    """As `indexer.serve_cli.serve`, whose options and help it has."""
    from scheduler.plans import CataloguePlans

    ctx.meta[PLANS] = CataloguePlans(ctx.obj)
    serve_pages(ctx, **options)
