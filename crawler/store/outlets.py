"""The catalogue as the other rooms see it: names, countries and kinds of outlets and agencies, written when a run starts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.model.attribution import Agency
from crawler.model.outlet import Outlet
from crawler.store.rows import upsert
from crawler.store.schema import agency, outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletRow:
    """What everybody past the crawler knows of an outlet."""

    slug: str
    name: str
    homepage: str
    country: str
    language: str
    timezone: str
    kind: str
    agency: str | None
    group: str | None
    tags: tuple[str, ...]
    disabled_because: str | None


def write_outlets(connection: sa.Connection, outlets: Iterable[Outlet], now: datetime) -> None:
    """Write or refresh outlets. None is dropped: its articles stay."""
    rows = [
        {
            "slug": one.slug, "name": one.name, "homepage": one.homepage, "country": one.country, "language": one.languages[0],
            "timezone": one.timezone, "kind": one.kind.value, "agency": one.agency, "group_name": one.group,
            "tags": list(one.tags), "domains": list(one.domains), "aliases": list(one.aliases),
            "disabled_because": one.disabled_because, "updated_at": now,
        }
        for one in outlets
    ]  # fmt: skip
    upsert(connection, outlet, rows)


def write_agencies(connection: sa.Connection, agencies: Iterable[Agency], now: datetime) -> None:
    """Write or refresh agencies."""
    rows = [
        {
            "slug": one.slug, "name": one.name, "country": one.country, "updated_at": now,
            "names": {language: list(names) for language, names in one.names.items()},
        }
        for one in agencies
    ]  # fmt: skip
    upsert(connection, agency, rows)


def read_outlets(connection: sa.Connection) -> dict[str, OutletRow]:
    """Slug -> outlet, of every outlet ever crawled."""
    return {
        row.slug: OutletRow(
            slug=row.slug, name=row.name, homepage=row.homepage, country=row.country, language=row.language, timezone=row.timezone,
            kind=row.kind, agency=row.agency, group=row.group_name, tags=tuple(row.tags), disabled_because=row.disabled_because,
        )
        for row in connection.execute(sa.select(outlet).order_by(outlet.c.slug))
    }  # fmt: skip


def read_agency_names(connection: sa.Connection) -> dict[str, str]:
    """Slug -> full name of every agency."""
    return {row.slug: row.name for row in connection.execute(sa.select(agency.c.slug, agency.c.name).order_by(agency.c.slug))}
