"""What one watch is set to (kept in its row as JSON), and the table [watches] of `depesza.toml`. Standard library only."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any

from crawler.config import Locations
from crawler.errors import ConfigError
from crawler.settings import parse_duration, read_table, setting

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """Where and when a watch tells of what it found."""

    to: tuple[str, ...] = ()
    """Addresses of apprise ("mailto://...", "slack://...", "ntfy://...") or of a webhook ("https://..."). They may hold secrets."""
    digest_at: str | None = None
    """Time of day, "08:00": one message a day with all that was found; None: at once."""
    zone: str = "UTC"
    """Where that time, the quiet hours and the days of `date:` are told, e.g. "Europe/Warsaw"."""
    quiet: tuple[str, str] | None = None
    """From and until when nothing is sent, e.g. ("22:00", "07:00")."""
    throttle_s: float = 0.0
    """At least so long between two messages to one address; what is found meanwhile goes together."""
    share: float = 0.3
    """Of a watched text: the least share of it that an article carries."""
    language: str = "en"
    """Of the messages' own words; one of `wording.LANGUAGES`."""
    outlets: tuple[str, ...] = ()
    """Of alarms: these outlets' and those of `groups` only; none of both: all."""
    groups: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    """Of alarms: with these verdicts only; none: all."""

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> WatchSettings:
        """From a row's JSON."""
        quiet = row.get("quiet")
        lists = {name: tuple(row.get(name, ())) for name in ("to", "outlets", "groups", "verdicts")}
        return cls(**{**row, **lists, "quiet": tuple(quiet) if quiet else None})


@dataclass(frozen=True, kw_only=True)
class AlertSettings:
    """Table [watches]."""

    page_url: str | None = setting(
        None, 'Where people reach the pages of `depesza serve`, for links in alerts, e.g. "https://news.example.org".'
    )
    allow_hosts: tuple[str, ...] = setting(
        (),
        'Hosts of the own network that alerts may be sent to, e.g. ["localhost", "10.0.0.5"]; other private addresses are refused.',
    )
    proxy: str | None = setting(None, "Proxy for alerts over HTTP; the environment's own proxy settings are not used.")
    time_limit: str = setting("60s", "What one message may take; what hangs longer is ended and tried again.")
    give_up_after: str = setting("5d", "How long a message is tried again before it counts as failed.")
    gather_alarms: str = setting("2m", "How long an alarm waits for others, to go with them in one message.")

    def __post_init__(self) -> None:
        for name in ("time_limit", "give_up_after", "gather_alarms"):
            try:
                parse_duration(getattr(self, name))
            except ValueError as error:
                raise ConfigError(f"[watches] {name}: {error}") from None
        for name in ("page_url", "proxy"):
            if (given := getattr(self, name)) is not None and not re.match(r"https?://[^\s/]+", given):
                raise ConfigError(f"[watches] {name}: an address that begins with http:// or https:// is wanted, not {given!r}")


def alert_settings(locations: Locations, environ: Mapping[str, str] | None = None) -> AlertSettings:
    """Table [watches] with the environment over it. Raises ConfigError."""
    return read_table(AlertSettings, "watches", locations.tables, locations.config_path, environ)


def read_name(text: str) -> str:
    """A watch's name, blanks evened out. Raises ValueError in words."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= _NAME_LENGTH or any(not char.isprintable() for char in name):
        raise ValueError(f"a watch's name has 1 to {_NAME_LENGTH} printable characters")
    return name


def read_clock(text: str) -> str:
    """ "8:00" as "08:00". Raises ValueError in words."""
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is no time of day; write it like 08:00")
    return f"{int(match[1]):02}:{match[2]}"


def read_quiet(text: str) -> tuple[str, str]:
    """ "22:00-07:00" as a pair of times. Raises ValueError in words."""
    first, _, last = text.partition("-")
    pair = read_clock(first), read_clock(last)
    if pair[0] == pair[1]:
        raise ValueError(f"{text!r} is a whole day; pause the watch instead")
    return pair


def read_zone(text: str) -> str:
    """A time zone's name. Raises ValueError in words."""
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {text!r}; write it like Europe/Warsaw") from None
    return text


def clock_time(text: str) -> time:
    """ "08:00" as a time of day."""
    hour, _, minute = text.partition(":")
    return time(int(hour), int(minute))


def without_repeats(channels: Sequence[str]) -> tuple[str, ...]:
    """Addresses without blanks, each once."""
    return tuple(dict.fromkeys(one.strip() for one in channels if one.strip()))
