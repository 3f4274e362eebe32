"""Which outlets a command is about: the catalogue of this installation, and slugs or addresses typed by a person.

Not here: reading outlet files (`crawler.outlets.catalogue`).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from crawler.config import Locations, crawler_settings
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet
from crawler.outlets.catalogue import Catalogue, load_catalogue
from crawler.settings import suggestion


def open_catalogue(locations: Locations) -> Catalogue:
    """The shipped outlets, the user's own and those of `[crawler] outlet_folders`. Raises ConfigError."""
    return load_catalogue(outlet_folders(locations))


def outlet_folders(locations: Locations) -> tuple[Path, ...]:
    """The user's own folder, where there is one, and those of `[crawler] outlet_folders`. Raises ConfigError for a missing one."""
    folders = [locations.outlets_dir] if locations.outlets_dir.is_dir() else []
    for name in crawler_settings(locations).outlet_folders:
        folder = locations.config_path.parent / Path(name).expanduser()
        if not folder.is_dir():
            raise ConfigError(f"{locations.config_path}: [crawler] outlet_folders: there is no folder {folder}")
        folders.append(folder)
    return tuple(folders)


def find_outlet(catalogue: Catalogue, slug: str) -> Outlet:
    """The outlet of that slug. Raises ConfigError with the likely meaning."""
    if slug not in catalogue:
        hint = suggestion(slug, catalogue) or "; `depesza outlets list` shows all"
        raise ConfigError(f"there is no outlet {slug!r}{hint}")
    return catalogue[slug]


def choose_outlets(catalogue: Catalogue, slugs: Sequence[str], configured: Sequence[str] = ()) -> tuple[Outlet, ...]:
    """The outlets named, else those configured, else all that are enabled; each once, in the order of the names.

    Raises ConfigError for an unknown slug, and for one that is disabled, with the reason its file gives.
    """
    names = list(dict.fromkeys(slugs or configured))
    chosen = [find_outlet(catalogue, slug) for slug in names]
    for outlet in chosen:
        if outlet.disabled_because:
            raise ConfigError(
                f"outlet {outlet.slug} is disabled: {outlet.disabled_because} "
                f"(a file {outlet.slug}.toml of your own in the folder `outlets` replaces the shipped one)"
            )
    return tuple(chosen) if names else tuple(catalogue.enabled())


def outlet_of_address(catalogue: Catalogue, url: str) -> Outlet:
    """The outlet to whose domains the address belongs. Raises ConfigError with the way on."""
    host = urlsplit(url).hostname if url.startswith(("http://", "https://")) else None
    if not host:
        raise ConfigError(f"{url!r} is no web address: write it whole, with https://")
    outlet = catalogue.by_domain(host)
    if outlet is None:
        raise ConfigError(f"no outlet of the catalogue has the domain {host}; add it with `depesza outlets add https://{host}/`")
    return outlet


def is_on_loopback(outlet: Outlet) -> bool:
    """Whether the outlet lives on this machine only (a demo, a test): then nobody outside sees our requests."""
    hosts = {urlsplit(url).hostname for url in (outlet.homepage, *(source.url for source in outlet.sources))}
    return outlet.politeness.allow_private and all(host is not None and _is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
