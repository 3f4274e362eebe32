"""The commands `outlets check` and `outlets add`: they look at a site from a child process, so they stand here."""

from __future__ import annotations

import typer

app = typer.Typer(rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Outlets, looked at over the network."""
