"""The table [web] of `depesza.toml`: where pages and API are served, and who may read. Standard library only."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.settings import read_table, secret, secret_hint, setting
from indexer.zones import LOCAL

LEAST_TOKEN = 20
"""Characters of a read token: 120 bits in base64, nobody guesses it."""
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?")
_OWN = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """Table [web]."""

    host: str = setting(
        "127.0.0.1", "Address that `depesza serve` listens on; any but loopback needs a read token or behind_proxy."
    )
    port: int = setting(8765, "Port that `depesza serve` listens on.")
    trusted_hosts: tuple[str, ...] = setting(
        (), 'Names under which the pages may be reached, beside localhost, e.g. ["news.example.org"]; others are refused.'
    )
    read_token: str | None = secret("Whoever reads pages, API or feeds must show this token (Bearer, or as a password).")
    behind_proxy: bool = setting(False, "A proxy in front says who may read; X-Forwarded-For is believed from `proxies`.")
    proxies: tuple[str, ...] = setting(("127.0.0.1", "::1"), "Addresses of that proxy.")
    time_zone: str | None = setting(
        None,
        'Zone of the readers, e.g. "Europe/Warsaw": in it times are shown and the days of `date:` begin. Unset: this machine\'s.',
    )
    requests_per_s: float = setting(50.0, "Requests a second that one client may go on making.")
    burst: int = setting(200, "Requests that one client may make at once.")
    time_limit_s: float = setting(
        5.0, "Seconds that an answer may take before it is refused (503); an export only until it begins."
    )
    metrics_per_outlet: bool = setting(False, "`/metrics` has five series of each outlet as well.")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def zone(self) -> tzinfo:
        """The readers' time zone."""
        return ZoneInfo(self.time_zone) if self.time_zone else LOCAL

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names that a Host header may have, lower case."""
        own = () if self.host in ("", "0.0.0.0", "::") else (f"[{self.host}]" if ":" in self.host else self.host,)  # noqa: S104 - compared, not bound
        return tuple(dict.fromkeys(name.lower() for name in (*_OWN, *own, *self.trusted_hosts)))


def web_settings(locations: Locations, environ: Mapping[str, str] | None = None) -> WebSettings:
    """Table [web] with the environment over it. Raises ConfigError naming the key and what it may be."""
    settings = read_table(WebSettings, "web", locations.tables, locations.config_path, environ)
    where = f"{locations.config_path}: [web]"
    for name, least, most in (("port", 0, 65_535), ("requests_per_s", 0.1, 1e6), ("burst", 1, 10**6), ("time_limit_s", 0.1, 600)):
        if not least <= getattr(settings, name) <= most:
            raise ConfigError(f"{where} {name}: a number from {least} to {most:,.0f} is wanted, not {getattr(settings, name)}")
    for host in settings.trusted_hosts:
        if not _HOST.fullmatch(host):
            raise ConfigError(f'{where} trusted_hosts: a name like "news.example.org" or "*.example.org" is wanted, not {host!r}')
    try:
        known = settings.zone
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = None
    if known is None:
        raise ConfigError(f'{where} time_zone: a name like "Europe/Warsaw" is wanted, not {settings.time_zone!r}')
    for address in settings.proxies:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            raise ConfigError(f"{where} proxies: an address like 10.0.0.2 or 10.0.0.0/24 is wanted, not {address!r}") from None
    if settings.read_token is not None and (len(settings.read_token) < LEAST_TOKEN or not settings.read_token.isascii()):
        raise ConfigError(
            f"environment: [web] read_token: at least {LEAST_TOKEN} ASCII characters are wanted in {secret_hint('web', 'read_token')}"
        )
    return settings


def refuse_open_door(settings: WebSettings) -> None:
    """Raises ConfigError when others could read without having been let in, or could not reach it by any name."""
    if settings.is_loopback:
        return
    if settings.read_token is None and not settings.behind_proxy:
        raise ConfigError(
            f"[web] host: on {settings.host} anybody who reaches this machine could read. Set {secret_hint('web', 'read_token')}; "
            "or, if a proxy in front lets people in, --behind-proxy; or leave host at 127.0.0.1"
        )
    if settings.hosts == _OWN:
        raise ConfigError(
            f"[web] trusted_hosts: {settings.host} is reached under a name that must be told, e.g. trusted_hosts = "
            '["news.example.org"]'
        )
