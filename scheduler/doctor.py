"""What is missing or wrong on this machine, and what to do about it. Only store and search engine are asked, nothing is changed."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec

from crawler.config import Locations, crawler_settings, store_url
from crawler.errors import ConfigError, DepeszaError
from crawler.model.outlet import Outlet
from crawler.outlets.choosing import choose_outlets, open_catalogue
from crawler.store.database import SCHEMA_REVISION, connect_database, read_address, schema_revision
from scheduler import clock_checks
from scheduler.check import Check
from scheduler.config import scheduler_settings
from scheduler.crawling import contact_for
from scheduler.settings_text import ROOM_SETTINGS, mask_address, read_room
from scheduler.timetable import build_timetable, read_slots

LITTLE_SPACE_BYTES = 2 << 30
WIDEST = 100
"""Of what was found at most these characters are shown in a line; an error that is longer ends with what to do."""


def examine(locations: Locations) -> list[Check]:
    """Every check, the most basic first. Never raises: a check that fails on its own account is bad."""
    checks: list[tuple[str, Callable[[Locations], Check]]] = [
        ("Python", _python), ("clock", clock_checks.clock), ("time zones", clock_checks.zones), ("configuration", _configuration), ("contact address", _contact),
        ("outlets", _outlets), ("data folder", _data_folder), ("disk", _disk), ("store", _store), ("index", _index),
        ("Polish morphology", _morphology), ("service", clock_checks.service),
    ]  # fmt: skip
    if _wants_elasticsearch(locations):
        checks.insert([name for name, _ in checks].index("index"), ("Elasticsearch", _elasticsearch))
    if _wants_local_elasticsearch(locations):
        checks.append(("local Elasticsearch", _local_elasticsearch))
    return [_try(name, check, locations) for name, check in checks]


def configuration_faults(locations: Locations) -> list[str]:
    """Each fault of settings, outlets, agencies, schedules and contact in one sentence; empty when all is in order."""
    return list(dict.fromkeys(_faults(locations)))


def _faults(locations: Locations) -> Iterator[str]:
    steps: list[Callable[[], object]] = [partial(read_room, room, locations) for room in ROOM_SETTINGS]
    steps += [
        lambda: read_address(store_url(locations)),
        lambda: _read_groups(locations),
        lambda: _read_outlets(locations),
        lambda: contact_for(locations, _watched(locations)),
    ]
    for step in steps:
        try:
            step()
        except DepeszaError as error:
            yield str(error)


def _read_groups(locations: Locations) -> None:
    """Each group's schedule, also of groups that no outlet is in yet."""
    for group, when in scheduler_settings(locations).groups.items():
        read_slots(when, "UTC", f"{locations.config_path}: [scheduler.groups] {group}")


def _read_outlets(locations: Locations) -> int:
    from crawler.outlets.agencies import load_agencies

    catalogue = open_catalogue(locations)
    load_agencies(catalogue.values())
    outlets = _watched(locations)
    build_timetable(outlets, scheduler_settings(locations))
    return len(outlets)


def _watched(locations: Locations) -> tuple[Outlet, ...]:
    return choose_outlets(open_catalogue(locations), (), crawler_settings(locations).outlets)


def _try(name: str, check: Callable[[Locations], Check], locations: Locations) -> Check:
    try:
        return check(locations)
    except DepeszaError as error:
        text = str(error)
        return Check(name=name, state="bad", found=text, hint=text if len(text) > WIDEST else "")
    except Exception as error:  # a broken machine is what we are here to describe
        return Check(name=name, state="bad", found=f"{type(error).__name__}: {error}")


def _python(locations: Locations) -> Check:
    found = f"{sys.version.split()[0]} at {sys.prefix}"
    return Check(name="Python", state="ok" if sys.version_info >= (3, 11) else "bad", found=found, hint="")


def _configuration(locations: Locations) -> Check:
    for room in ROOM_SETTINGS:
        read_room(room, locations)
    if locations.config_path.exists():
        return Check(name="configuration", state="ok", found=str(locations.config_path))
    hint = "`depesza init` writes a commented one"
    return Check(name="configuration", state="note", found=f"no file {locations.config_path}: defaults", hint=hint)


def _contact(locations: Locations) -> Check:
    try:
        return Check(name="contact address", state="ok", found=contact_for(locations, _watched(locations)))
    except ConfigError as error:
        return Check(name="contact address", state="bad", found="missing: nothing can be crawled", hint=str(error))


def _outlets(locations: Locations) -> Check:
    watched = _read_outlets(locations)
    state = "ok" if watched else "note"
    return Check(name="outlets", state=state, found=f"{watched} watched, {len(open_catalogue(locations))} in the catalogue")


def _data_folder(locations: Locations) -> Check:
    folder = locations.data_dir
    if not folder.exists():
        return Check(name="data folder", state="note", found=f"{folder} does not exist yet", hint="`depesza init` makes it")
    if not os.access(folder, os.W_OK | os.X_OK):
        return Check(
            name="data folder",
            state="bad",
            found=f"{folder} is not writable for this user",
            hint="choose another with --data-dir",
        )
    return Check(name="data folder", state="ok", found=str(folder))


def _disk(locations: Locations) -> Check:
    folder = next(one for one in (locations.data_dir, *locations.data_dir.parents) if one.exists())
    free = shutil.disk_usage(folder).free
    little = free < LITTLE_SPACE_BYTES
    hint = "make room, or keep raw pages for a shorter time ([store] keep_pages)" if little else ""
    return Check(
        name="disk",
        state="bad" if free < LITTLE_SPACE_BYTES // 8 else "note" if little else "ok",
        found=f"{free / 1e9:.1f} GB free",
        hint=hint,
    )


def _store(locations: Locations) -> Check:
    url = store_url(locations)
    shown = mask_address(url)
    if url.startswith("sqlite") and not (locations.data_dir / "depesza.sqlite").exists() and str(locations.data_dir) in url:
        return Check(name="store", state="note", found="does not exist yet", hint="the first command that needs it makes it")
    database = connect_database(url)
    try:
        revision = schema_revision(database)
    finally:
        database.close()
    if revision != SCHEMA_REVISION:
        newer = revision is not None and revision > SCHEMA_REVISION
        hint = "it is of a newer Depesza: upgrade Depesza, or restore a backup" if newer else "run `depesza db upgrade`"
        return Check(name="store", state="bad", found=f"{shown}: schema {revision}, {SCHEMA_REVISION} is wanted", hint=hint)
    return Check(name="store", state="ok", found=f"{shown}, schema {revision}")


def _wants_elasticsearch(locations: Locations) -> bool:
    """Whether it is chosen, or somebody set it up and forgot to choose it."""
    from indexer.config import ELASTICSEARCH_ONLY, IndexerSettings, indexer_settings

    try:
        settings = indexer_settings(locations)
    except ConfigError:  # the check of the configuration tells
        return False
    unused = IndexerSettings()
    return settings.engine == "elasticsearch" or any(getattr(settings, key) != getattr(unused, key) for key in ELASTICSEARCH_ONLY)


def _elasticsearch(locations: Locations) -> Check:
    """Whether the cluster is reached as its settings say; what the index in it is like is the next check's."""
    from indexer.config import indexer_settings
    from indexer.engines.elastic_client import make_client, place, said, server_version

    name = "Elasticsearch"
    settings = indexer_settings(locations)
    if settings.engine != "elasticsearch":
        hint = '[indexer] engine = "elasticsearch" turns to it; or take its settings out of file and environment'
        return Check(name=name, state="note", found="set up, but not used", hint=hint)
    with make_client(settings) as client:
        address = place(client)
        with said(client):
            version = server_version(client)
    trust = "its fingerprint" if settings.fingerprint else str(settings.ca_file) if settings.ca_file else "the system's CAs"
    secured = f"certificate checked by {trust}" if address.startswith("https:") else "not encrypted"
    who = "by an API key" if settings.api_key else "by user and password" if settings.user else "without credentials"
    found = f"{address}: version {version or 'unknown, this user may not ask'}, {secured}, {who}"
    if settings.user or settings.api_key:
        return Check(name=name, state="ok", found=found)
    hint = "whoever reaches it can change everything: turn its security on (deploy/elasticsearch/README.md), unless it is for trying things"
    return Check(name=name, state="note", found=found, hint=hint)


def _index(locations: Locations) -> Check:
    from indexer.config import indexer_settings
    from indexer.engines.choose import open_engine

    settings = indexer_settings(locations)
    if settings.engine == "embedded" and not locations.index_dir.exists():
        return Check(name="index", state="note", found="does not exist yet", hint="the first push makes it")
    engine = open_engine(settings, locations)
    try:
        status = engine.status()
    finally:
        engine.close()
    found = f"{status.documents} documents, {status.engine} at {status.where}"
    if status.trouble:
        return Check(name="index", state="bad", found=found, hint=status.trouble)
    if status.document_version is None:
        return Check(name="index", state="note", found=f"{status.where} does not exist yet", hint="the first push makes it")
    if status.rebuilding:
        hint = "if no rebuild runs, one was killed: the next `depesza index rebuild` clears up"
        return Check(name="index", state="note", found=f"{found}; {status.rebuilding} is being filled", hint=hint)
    return Check(name="index", state="ok", found=found)


def _wants_local_elasticsearch(locations: Locations) -> bool:
    """Whether it is any of this user's business: the extra is installed, or the engine chosen without a cluster's address."""
    from indexer.config import LOCAL_ELASTICSEARCH, indexer_settings

    try:
        settings = indexer_settings(locations)
    except ConfigError:  # the check of the configuration tells
        return False
    is_chosen = settings.engine == "elasticsearch" and settings.url == LOCAL_ELASTICSEARCH and settings.cloud_id is None
    return is_chosen or find_spec("jgo") is not None


def _local_elasticsearch(locations: Locations) -> Check:
    from indexer.local_elasticsearch import check_platform

    check_platform()
    from indexer.local_elasticsearch.distribution import VERSION, is_unpacked, obstacles
    from indexer.local_elasticsearch.server import LocalElasticsearch

    name = "local Elasticsearch"
    status = LocalElasticsearch(locations.data_dir / "elasticsearch").status()
    if status.running:
        return Check(name=name, state="ok", found=f"{VERSION} runs at {status.url} ({status.health or 'does not answer'})")
    if why := obstacles():
        hint = "only needed for development: a cluster of your own is set with [indexer] url"
        return Check(name=name, state="note", found="cannot be started: " + "; ".join(why), hint=hint)
    fetched = "" if is_unpacked() else "; the first start fetches 99 MB"
    return Check(name=name, state="ok", found=f"does not run, `depesza elasticsearch start` starts one{fetched}")


def _morphology(locations: Locations) -> Check:
    try:
        importlib.import_module("morfeusz2")
    except ImportError as error:
        hint = "searches still find Polish forms by rules, fewer of them; morfeusz2 has no wheel for every machine"
        return Check(name="Polish morphology", state="note", found=f"morfeusz2 cannot be loaded ({error})", hint=hint)
    return Check(name="Polish morphology", state="ok", found="morfeusz2")
