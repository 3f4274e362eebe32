"""What an alarm says: a title, a text, an HTML mail, and JSON for a webhook. Pure.

An incident is told as it stands when the message is made: one that is over by then is told with its end. Not here: which incidents
(`alarms`), when and how it is sent (`delivering`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from crawler.store.incidents import EVERY_OUTLET, Incident
from crawler.text import clean_line
from indexer.watches.clipping import sheet
from indexer.watches.message import Message, Reader
from indexer.watches.wording import Wording
from indexer.web.sentences import told
from indexer.web.translations import translator

SHOWN = 40
"""Incidents that a message for people lists; the rest are counted. A webhook gets all."""


def compose_alarm(
    key: str, watch: Mapping[str, str], incidents: Sequence[Incident] | None, names: Mapping[str, str], reader: Reader
) -> Message:
    """`watch`: its id, name and what it asks for. `names`: slug -> name of the outlets. None for incidents: a test."""
    words = Wording(reader.language)
    order = sorted(incidents or (), key=lambda one: (one.outlet != EVERY_OUTLET, one.closed_at is not None, one.began_at, one.id))
    lines = [_line(one, names, words, reader) for one in order[:SHOWN]] or [
        words.say("test alarm" if incidents is None else "gone")
    ]
    if len(order) > SHOWN:
        lines.append(words.say("more", len(order) - SHOWN))
    headline = words.say("a test") if incidents is None else _headline(order, names, words)
    title = f"{watch['name']}: {headline}"
    return Message(
        key=key,
        title=clean_line(title),
        text="\n".join(lines),
        html=_html(watch, title, lines, words, reader),
        payload={
            "key": key, "kind": "alarm", "watch": dict(watch), "count": len(order), "is_test": incidents is None,
            "incidents": [_fields(one, names, reader.page_url) for one in order],
        },
    )  # fmt: skip


def span(length: timedelta) -> str:
    """ "3 h 10 min", "2 d 4 h", "5 min": in both languages."""
    minutes = max(0, round(length.total_seconds() / 60))
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d" + (f" {hours} h" if hours else "")
    return f"{hours} h" + (f" {rest} min" if rest else "") if hours else f"{rest} min"


def _headline(order: Sequence[Incident], names: Mapping[str, str], words: Wording) -> str:
    if not order:
        return words.say("alarm")
    if order[0].outlet == EVERY_OUTLET:
        return words.say("reached title" if order[0].closed_at else "this side title")
    if len(order) == 1:
        name = _name(order[0], names)
        ended = words.say("unwatched title" if order[0].is_unwatched else "ok again", name)
        return ended if order[0].closed_at else f"{name}: {words.say(order[0].verdict)}"
    begun, left = sum(one.closed_at is None for one in order), sum(one.is_unwatched for one in order)
    counts = [("trouble", begun), ("well", len(order) - begun - left), ("left", left)]
    return ", ".join(words.count(what, number) for what, number in counts if number)


def _line(one: Incident, names: Mapping[str, str], words: Wording, reader: Reader) -> str:
    began, name = _clock(one.began_at, reader), _name(one, names)
    reason = told(translator(words.language), one.reason)[0]
    if one.is_unwatched:
        return clean_line(words.say("unwatched", name, words.say(one.verdict), began))
    if one.closed_at is not None:
        length, ended = span(one.closed_at - one.began_at), _clock(one.closed_at, reader)
        if one.outlet == EVERY_OUTLET:
            return clean_line(words.say("reached", length, began, ended))
        return clean_line(words.say("again", name, length, words.say(one.verdict), began, ended))
    if one.outlet == EVERY_OUTLET:
        said = words.say("this side", began) + (f" – {reason}" if reason else "")
        return clean_line(f"{said}. {words.say('this side hint')}")
    return clean_line(words.say("since", name, words.say(one.verdict), began) + (f" – {reason}" if reason else ""))[:600]


def _fields(one: Incident, names: Mapping[str, str], page_url: str | None) -> dict[str, Any]:
    """Times are ISO 8601, UTC."""
    is_one = one.outlet != EVERY_OUTLET
    return {
        "id": one.id, "state": "open" if one.closed_at is None else "closed", "outlet": one.outlet if is_one else None,
        "outlet_name": _name(one, names) if is_one else None, "verdict": one.verdict, "reason": one.reason,
        "began_at": one.began_at.isoformat(), "opened_at": one.opened_at.isoformat(),
        "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        "page": f"{page_url.rstrip('/')}/outlets" + (f"/{quote(one.outlet, safe='')}" if is_one else "") if page_url else None,
    }  # fmt: skip


def _html(watch: Mapping[str, str], title: str, lines: Sequence[str], words: Wording, reader: Reader) -> str:
    made = reader.now.astimezone(reader.zone)
    facts = f"{words.say('made', words.day(made.date()), f'{made:%H:%M}')} · {words.say('times', reader.zone)}"
    head = (
        f"<div class='head'><p class='kind'>Depesza · {_safe(words.say('alarm'))}</p><h1 dir='auto'>{_safe(title)}</h1>"
        f"<p class='facts'>{_safe(facts)}</p></div>"
    )
    ours = f"{reader.page_url.rstrip('/')}/outlets" if reader.page_url else ""
    link = f"<p class='links'><a href='{_safe(ours)}'>{_safe(ours)}</a></p>" if ours else ""
    return sheet(words.language, watch["name"], head + "".join(f"<p class='text'>{_safe(one)}</p>" for one in lines) + link)


def _name(one: Incident, names: Mapping[str, str]) -> str:
    return names.get(one.outlet, one.outlet)


def _clock(at: datetime, reader: Reader) -> str:
    """On the reader's clock; with the day when it is not today."""
    local, now = at.astimezone(reader.zone), reader.now.astimezone(reader.zone)
    return f"{local:%H:%M}" if local.date() == now.date() else f"{local:%Y-%m-%d %H:%M}"


def _safe(text: str) -> str:
    return html.escape(clean_line(text), quote=True)
