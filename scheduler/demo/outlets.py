"""The sample's outlet files for the catalogue, with the addresses of the running server filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from scheduler.demo.texts import DemoOutlet, sample_outlets


def write_outlets(folder: Path, origins: Mapping[str, str], outlets: Sequence[DemoOutlet] | None = None) -> tuple[Path, ...]:
    """Write `folder/<slug>.toml` for each outlet (None: the sample) that has an origin; returns the files.

    Each entry allows private addresses: a crawler never follows the web to loopback otherwise.
    """
    written = []
    for outlet in sample_outlets() if outlets is None else outlets:
        origin = origins.get(outlet.slug)
        if origin is None:
            continue
        text = outlet.entry.replace("{origin}", origin).replace("{host}", urlsplit(origin).hostname or "")
        path = folder / f"{outlet.slug}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return tuple(written)
