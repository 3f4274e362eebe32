"""The page of the watches: what is watched, what was sent, a form for a new one. Not here: what a watch is (`indexer.watches`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from crawler.errors import ConfigError, QueryError
from crawler.store.watches import Delivery, WatchRow, find_watch, read_deliveries, read_watches
from indexer.desk import Desk
from indexer.watches.channels import masked
from indexer.watches.keeping import add_watch, drop_watch, make_settings, pause_watch, test_watch
from indexer.watches.settings import AlertSettings, WatchSettings
from indexer.web.renderer import Reader, search_address
from indexer.web.words import VERDICTS

FIELDS = ("name", "query", "to", "digest", "quiet")
"""Of the form."""
_LOG = 5


def context(desk: Desk, reader: Reader, given: Mapping[str, str], said: str = "", *, is_error: bool = False) -> dict[str, Any]:
    """What `watches.html` shows. `given`: what the form holds; `said`: what became of the last action."""
    with desk.database.read() as connection:
        rows = [_row(reader, row, read_deliveries(connection, row.id, _LOG)) for row in read_watches(connection)]
    return {"rows": rows, "form": {name: given.get(name, "") for name in FIELDS}, "said": said, "is_error": is_error}


def act(desk: Desk, reader: Reader, form: Mapping[str, str], alerts: AlertSettings) -> tuple[str, bool]:
    """Do what a form asks: (what became of it, whether it failed). Never raises for what a person typed."""
    _ = reader.said.gettext
    try:
        if form.get("do") == "add":
            _add(desk, reader, form)
            return _("The watch was added. It tells of what comes from now on."), False
        with desk.database.read() as connection:
            row = find_watch(connection, form.get("watch", ""))
        if row is None:
            return _("There is no such watch any more."), True
        return _change(desk, reader, row, form.get("do", ""), alerts)
    except (ConfigError, QueryError) as error:
        return str(error), True


def _add(desk: Desk, reader: Reader, form: Mapping[str, str]) -> None:
    zone = desk.zone.key if isinstance(desk.zone, ZoneInfo) else _machine_zone()
    settings = make_settings(
        form.get("to", "").splitlines(),
        digest=form.get("digest") or None,
        zone=zone,
        quiet=form.get("quiet") or None,
        language=reader.said.language,
    )
    add_watch(desk.database, desk.engine, form.get("name", ""), form.get("query", ""), settings, desk.now())


def _change(desk: Desk, reader: Reader, row: WatchRow, what: str, alerts: AlertSettings) -> tuple[str, bool]:
    _ = reader.said.gettext
    if what == "pause":
        pause_watch(desk.database, row, desk.now())
        return _("Paused."), False
    if what == "resume":
        pause_watch(desk.database, row, None)
        return _("It goes on."), False
    if what == "remove":
        drop_watch(desk.database, row)
        return _("Removed."), False
    if what == "test":
        outcomes = test_watch(row, alerts, desk.now())
        refused = [f"{address}: {error}" for address, error in outcomes if error is not None]
        return (" · ".join(refused), True) if refused else (_("A test was sent."), False)
    return _("There is no such watch any more."), True


def _row(reader: Reader, row: WatchRow, deliveries: list[Delivery]) -> dict[str, Any]:
    _, settings = reader.said.gettext, WatchSettings.read(row.settings)
    when = _("daily at %(time)s") % {"time": settings.digest_at} if settings.digest_at else _("at once")
    if settings.quiet:
        when += " · " + _("quiet from %(first)s until %(last)s") % {"first": settings.quiet[0], "last": settings.quiet[1]}
    is_search = row.kind == "search"
    words = {"waiting": _("waiting"), "sending": _("on its way"), "sent": _("sent"), "failed": _("given up")}
    return {
        "id": row.id, "name": row.name, "query": row.query if is_search else _about(reader, row.kind, settings), "when": when,
        "href": search_address(row.query) if is_search else "", "to": [masked(one) for one in settings.to],
        "is_paused": row.paused_at is not None, "since": row.created_at,
        "log": [
            {
                "href": f"/article/{one.article_id}" if one.article_id else "/outlets", "status": words.get(one.status.value, one.status.value),
                "error": one.last_error or "", "at": one.delivered_at or one.created_at,
            }
            for one in deliveries
        ],
    }  # fmt: skip


def _about(reader: Reader, kind: str, settings: WatchSettings) -> str:
    """What is watched that is no query."""
    _ = reader.said.gettext
    if kind != "alarm":
        return _("a text")
    whose = ", ".join((*settings.outlets, *(f"group:{one}" for one in settings.groups))) or _("all outlets")
    said = _("alarms: %(outlets)s") % {"outlets": whose}
    return " · ".join([said, *(reader.words(VERDICTS, one) for one in settings.verdicts)])


def _machine_zone() -> str:
    from tzlocal import get_localzone_name

    return str(get_localzone_name() or "UTC")
