"""The settings of all rooms as a person sees them: the commented file that `init` writes, and `config show`.

Not here: reading settings (each room's `config.py`), checking an installation (`scheduler.doctor`).
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import textwrap
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from crawler.config import CrawlerSettings, Locations, StoreSettings
from crawler.settings import PREFIX, is_secret, read_table, secret_hint
from indexer.api.settings import WebSettings, web_settings
from indexer.config import IndexerSettings, indexer_settings
from indexer.watches.settings import AlertSettings, alert_settings
from scheduler.config import SchedulerSettings, scheduler_settings

ROOM_SETTINGS: dict[str, type] = {
    "store": StoreSettings, "crawler": CrawlerSettings, "indexer": IndexerSettings, "web": WebSettings, "watches": AlertSettings, "scheduler": SchedulerSettings,
}  # fmt: skip
_SECRET = re.compile(r"password|secret|token|api_?key", re.IGNORECASE)
_SECRET_QUERY = re.compile(r"((?:password|secret|token|key)[^=&#]*)=[^&#]*", re.IGNORECASE)
_CONTACT = re.compile(r"^[ \t]*#?[ \t]*contact[ \t]*=.*$", re.MULTILINE)
_CRAWLER = re.compile(r"^[ \t]*\[crawler\][ \t]*(?:#.*)?$", re.MULTILINE)
_HEAD = """\
# Depesza's configuration. A line that begins with # shows a setting's default.
# Any setting can also be given as DEPESZA_TABLE_KEY, e.g. DEPESZA_STORE_URL, or from a file: DEPESZA_STORE_URL_FILE.
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ShownSetting:
    """One setting as `config show` tells it."""

    table: str
    key: str
    value: Any
    """Secrets masked."""
    source: str
    """"default", "file" or "environment"."""
    help: str


def example_file(contact: str | None = None) -> str:
    """The whole file, every setting with its sentence, all but `contact` commented out."""
    parts = [_HEAD]
    for room, cls in ROOM_SETTINGS.items():
        parts.append(f"[{room}]")
        for field in dataclasses.fields(cls):
            if field.name != "groups":
                parts.append(textwrap.fill(field.metadata["help"], 120, initial_indent="# ", subsequent_indent="# "))
                parts.append(_example_line(room, field, contact) + "\n")
    parts.append("# " + SchedulerSettings.__dataclass_fields__["groups"].metadata["help"])
    parts.append('# [scheduler.groups]\n# public-media = "5m"\n')
    return "\n".join(parts)


def with_contact(text: str, contact: str) -> str:
    """The file's text with the contact address set; every other line stays as it is."""
    line = f"contact = {json.dumps(contact, ensure_ascii=False)}"
    head = _CRAWLER.search(text)
    if head is None:
        return f"{text.rstrip()}\n\n[crawler]\n{line}\n".lstrip()
    end = text.find("\n[", head.end())
    table = text[head.end() : end if end >= 0 else len(text)]
    table = _CONTACT.sub(lambda _: line, table, count=1) if _CONTACT.search(table) else f"\n{line}{table}"
    return text[: head.end()] + table + (text[end:] if end >= 0 else "")


def show_settings(locations: Locations, environ: Mapping[str, str] | None = None) -> list[ShownSetting]:
    """Every setting of every room, with where it comes from; secrets are masked (SAFETY A13). Raises ConfigError."""
    environ = os.environ if environ is None else environ
    shown = []
    for room, cls in ROOM_SETTINGS.items():
        values = read_room(room, locations, environ)
        for field in dataclasses.fields(cls):
            variable = f"{PREFIX}{room.upper()}_{field.name.upper()}"
            in_file = field.name in locations.tables.get(room, {})
            source = "environment" if variable in environ or f"{variable}_FILE" in environ else "file" if in_file else "default"
            value = getattr(values, field.name)
            value = None if value is None else "***" if is_secret(field) else mask(field.name, value)
            shown.append(ShownSetting(table=room, key=field.name, value=value, source=source, help=field.metadata["help"]))
    return shown


def read_room(room: str, locations: Locations, environ: Mapping[str, str] | None = None) -> Any:
    """The settings of one room. Raises ConfigError."""
    if room == "scheduler":
        return scheduler_settings(locations, environ)
    if room == "indexer":
        return indexer_settings(locations, environ)
    if room == "web":
        return web_settings(locations, environ)
    if room == "watches":
        return alert_settings(locations, environ)
    return read_table(ROOM_SETTINGS[room], room, locations.tables, locations.config_path, environ)


def mask(name: str, value: Any) -> Any:
    """The value, or `***` where it is or holds a secret: a key that says so, a password in an address."""
    if isinstance(value, list | tuple):
        return [mask(name, item) for item in value]
    if not isinstance(value, str) or not value:
        return value
    return "***" if _SECRET.search(name) else mask_address(value)


def mask_address(text: str) -> str:
    """An address without its password; any other text unchanged."""
    if "://" not in text:
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return "***"
    user, at, _ = parts.netloc.rpartition("@")
    if ":" in user:
        text = text.replace(f"{user}{at}", f"{user.partition(':')[0]}:***@", 1)
    return _SECRET_QUERY.sub(r"\1=***", text)


def _example_line(room: str, field: dataclasses.Field[Any], contact: str | None) -> str:
    if is_secret(field):
        return f"# Not in this file: {secret_hint(room, field.name)}."
    if field.name == "contact":
        return f"contact = {json.dumps(contact, ensure_ascii=False)}" if contact else '# contact = "you@example.org"'
    default = field.default
    if default is None:
        return f'# {field.name} = "..."'
    return f"# {field.name} = {json.dumps(list(default) if isinstance(default, tuple) else default, ensure_ascii=False)}"
