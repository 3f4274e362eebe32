"""What was learned of outlets, version by version, and how the one in use fares. Not here: learning (`crawler.normalize.template`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.model.template import Standing, Template
from crawler.store.rows import from_json, to_json, upsert
from crawler.store.schema import template, template_standing

LEARNED_ANEW = "learned anew"
"""Why a version was retired that the next one replaced."""
_VERSIONS_KEPT = 20
"""Of an outlet; the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A version and its end."""

    template: Template
    retired_at: datetime | None
    retired_why: str | None


def read_template(connection: sa.Connection, outlet: str) -> Template | None:
    """The version in use; None when there is none."""
    body = connection.execute(_IN_USE, {"outlet": outlet}).scalar()
    return from_json(body, Template) if body else None


_OUTLET: sa.BindParameter[str] = sa.bindparam("outlet")
_IN_USE = (
    sa.select(template.c.body)
    .where(template.c.outlet == _OUTLET, template.c.retired_at.is_(None))
    .order_by(template.c.version.desc())
    .limit(1)
)
_STANDING = sa.select(template_standing.c.body).where(template_standing.c.outlet == _OUTLET)


def read_templates(connection: sa.Connection) -> dict[str, Template]:
    """Slug -> the version in use, of every outlet that has one."""
    rows = connection.execute(
        sa.select(template.c.body).where(template.c.retired_at.is_(None)).order_by(template.c.outlet, template.c.version)
    )
    return {one.outlet: one for one in (from_json(body, Template) for body in rows.scalars())}


def read_versions(connection: sa.Connection, outlet: str) -> list[Kept]:
    """All kept versions of an outlet, newest first."""
    rows = connection.execute(sa.select(template).where(template.c.outlet == outlet).order_by(template.c.version.desc()))
    return [Kept(template=from_json(row.body, Template), retired_at=row.retired_at, retired_why=row.retired_why) for row in rows]


def next_version(connection: sa.Connection, outlet: str) -> int:
    """The number that the next learning gets."""
    newest: int | None = connection.execute(
        sa.select(sa.func.max(template.c.version)).where(template.c.outlet == outlet)
    ).scalar()
    return (newest or 0) + 1


def save_template(connection: sa.Connection, one: Template) -> None:
    """Put a version into use; the one before it is retired, very old ones are dropped."""
    retire_template(connection, one.outlet, LEARNED_ANEW, one.learned_at)
    row = {
        "outlet": one.outlet, "version": one.version, "body": to_json(one, Template), "learned_at": one.learned_at,
        "retired_at": None, "retired_why": None,
    }  # fmt: skip
    upsert(connection, template, [row])
    connection.execute(
        template.delete().where(template.c.outlet == one.outlet, template.c.version <= one.version - _VERSIONS_KEPT)
    )


def retire_template(connection: sa.Connection, outlet: str, why: str, at: datetime) -> None:
    """The version in use, if any, is used no more."""
    used = (template.c.outlet == outlet) & template.c.retired_at.is_(None)
    connection.execute(template.update().where(used).values(retired_at=at, retired_why=why))


def forget_templates(connection: sa.Connection, outlet: str) -> bool:
    """Drop every version and the standing, so that the outlet is new again. False when there was nothing."""
    dropped = connection.execute(template.delete().where(template.c.outlet == outlet)).rowcount
    dropped += connection.execute(template_standing.delete().where(template_standing.c.outlet == outlet)).rowcount
    return dropped > 0


def read_standing(connection: sa.Connection, outlet: str) -> Standing:
    """How the outlet fares; a new one where nothing was noted."""
    body = connection.execute(_STANDING, {"outlet": outlet}).scalar()
    return from_json(body, Standing) if body else Standing()


def save_standing(connection: sa.Connection, outlet: str, standing: Standing, at: datetime) -> None:
    """Write or overwrite it."""
    upsert(connection, template_standing, [{"outlet": outlet, "body": to_json(standing, Standing), "updated_at": at}])
