"""`depesza init`: a data folder, a commented configuration file, an empty store. Safe to run again: it replaces nothing."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from crawler.config import Locations, store_url
from crawler.errors import ConfigError
from crawler.settings import read_file
from crawler.store.database import open_database
from scheduler.settings_text import example_file, with_contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Initialised:
    """What there is now."""

    data_dir: Path
    config_path: Path
    config: str
    """"written", "contact set" or "kept"."""
    contact: str | None


def init(locations: Locations, contact: str | None) -> Initialised:
    """Make what is missing. An existing file keeps every line but that of the contact, when one is given.

    Raises ConfigError for a folder or file that cannot be written, and for a contact that is no address.
    """
    if contact is not None:
        contact = contact.strip()
        if not ("@" in contact or contact.startswith(("http://", "https://"))) or any(not char.isprintable() for char in contact):
            raise ConfigError(
                f"--contact {contact!r}: a mail address or a web page is wanted, where an outlet's admin reaches you"
            )
    _make_folders(locations)
    path = locations.config_path
    if not path.exists():
        _write(path, example_file(contact))
        config = "written"
    elif contact:
        text = with_contact(path.read_text(encoding="utf-8"), contact)
        tomllib.loads(text)
        _write(path, text)
        config = "contact set"
    else:
        config = "kept"
    locations = replace(locations, tables=read_file(path))
    open_database(store_url(locations)).close()
    known = locations.tables.get("crawler", {}).get("contact")
    return Initialised(data_dir=locations.data_dir, config_path=path, config=config, contact=known)


def _make_folders(locations: Locations) -> None:
    for folder in (locations.data_dir, locations.outlets_dir, locations.runs_dir, locations.config_path.parent):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"the folder {folder} cannot be made: {error.strerror}; choose another with --data-dir") from None


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
