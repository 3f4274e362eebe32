"""A schedule as the timetable prints it ("every 900 s + 60 s", "5m 06-23, 1h Europe/Warsaw"), as a reader says it. Pure.

What no form fits is shown as it is. Not here: what a schedule means (`scheduler.slots`).
"""

from __future__ import annotations

import re

from indexer.web.formats import Writer
from indexer.web.translations import Translator

_EVERY = re.compile(r"every (\d+(?:\.\d+)?(?:e[+-]?\d+)?) s")
_ADAPTIVE = re.compile(r"adaptive (\S+)-(\S+)")
_LATER = re.compile(r" \+ (\d+(?:\.\d+)?) s$")
_ZONED = re.compile(r"(.+) ([A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*)")
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])(?:\s+(.*))?")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile("|".join(_DAYS))


def schedule_words(said: Translator, write: Writer, text: str) -> str:
    """ "every 15 min", "adaptive: by its own rhythm, every 2 min to 2 h", "5 min 06-23, else 1 h (Europe/Warsaw)"."""
    _ = said.gettext
    later = _LATER.search(text)
    plain = text[: later.start()] if later else text
    if every := _EVERY.fullmatch(plain):
        return _("every %(span)s") % {"span": write.span(float(every[1]))}
    if adaptive := _ADAPTIVE.fullmatch(plain):
        bounds = {"shortest": _length(write, adaptive[1]), "longest": _length(write, adaptive[2])}
        return _("by its own rhythm, every %(shortest)s to %(longest)s") % bounds
    zoned = _ZONED.fullmatch(plain)
    if zoned is None:
        return text
    line, zone = zoned[1], zoned[2]
    if line.startswith("@") or (len(line.split()) >= 5 and not _PART.match(line)):
        return _("by the cron line %(line)s (%(zone)s)") % {"line": line, "zone": zone}
    return _("%(windows)s (%(zone)s)") % {"windows": _windows(said, write, line), "zone": zone}


def _windows(said: Translator, write: Writer, line: str) -> str:
    """The parts with their interval and days in the reader's language."""
    parts = [_window(said, write, part.strip()) for part in line.split(",")]
    return ", ".join(parts)


def _window(said: Translator, write: Writer, part: str) -> str:
    found = _PART.fullmatch(part)
    if found is None:  # it takes the interval before it
        return _named_days(write, part)
    every = said.gettext("every %(span)s") % {"span": write.span(float(found[1]) * _UNITS_S[found[2]])}
    return f"{every} {_named_days(write, found[3])}" if found[3] else said.gettext("else %(every)s") % {"every": every}


def _named_days(write: Writer, text: str) -> str:
    return _DAY.sub(lambda found: write.weekday(_DAYS.index(found[0])), text)


def _length(write: Writer, text: str) -> str:
    found = _PART.fullmatch(text)
    return write.span(float(found[1]) * _UNITS_S[found[2]]) if found else text
