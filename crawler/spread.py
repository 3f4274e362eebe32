"""Who carried a story when: as an SVG picture and as places on a line of text. Pure; for the command and for the web page.

The picture needs no style sheet and no script (a page's security policy may forbid both), takes the colour of the text
around it, tells roles by shape as well as by word, and says everything in its description too. Not here: finding the
members (`crawler.store.story_view`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape

from crawler.text import clean_line

MAX_ROWS = 100
"""Rows of a picture; what came later stands together in one last row."""
_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 860, 210, 640, 26, 74
_HEADING = 36
_LABEL_LETTERS, _HEADING_LETTERS = 28, 90
_ACCENT = "#c2571a"
"""Of the original: 4.6 to 1 on white, 4.5 to 1 on black (WCAG 2.2, 1.4.11 asks for 3 of a graphic)."""
_STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000, 2592000)
_MOST_TICKS = 7
_DAY_S = 86400
_SHAPES = {
    "original": "M0 -7L7 0L0 7L-7 0Z",
    "verbatim": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z",
    "abridged": "M-6 -5H6L0 6Z",
    "extended": "M-6 5H6L0 -6Z",
    "edited": "M-5 -5H5V5H-5Z",
}
_OTHER_SHAPE = "M-5 -1.5H5V1.5H-5Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One article of a story, as the picture shows it."""

    outlet: str
    """The name to show."""
    at: datetime
    role: str
    """Of `crawler.model.story.MemberRole`."""
    title: str
    at_is_told: bool = True
    """False: the page gave no date, and `at` is when it was first seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadWords:
    """What the picture says, for a page in another language."""

    title: str = "Who carried it when: %(heading)s"
    description: str = "%(articles)s, in order of time: %(rows)s."
    articles: str | None = None
    """ "3 articles" in that language."""
    more: str = "and %(count)s more"
    first: str = "first"
    first_seen: str = "first seen"
    roles: Mapping[str, str] = field(default_factory=dict)
    has_heading: bool = True
    """False: the page says it above the picture."""


_ENGLISH = SpreadWords()


def delay_words(seconds: float | None) -> str:
    """ "+14 min", "+1 h 49 min", "+2 d 3 h", "−5 min"; "" for None, "0 min" at the same minute."""
    if seconds is None:
        return ""
    minutes = round(abs(seconds) / 60)
    sign = "−" if seconds < 0 else "+"
    if minutes == 0:
        return "0 min"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{sign}{days} d" + (f" {hours} h" if hours else "")
    return f"{sign}{hours} h" + (f" {rest} min" if rest else "") if hours else f"{sign}{rest} min"


def places(rows: Sequence[Carried], columns: int) -> list[int]:
    """The column of each row on a line of time, 0 to `columns` - 1. All 0 when they came at once."""
    if not rows:
        return []
    first, last = min(one.at for one in rows), max(one.at for one in rows)
    span = (last - first).total_seconds()
    return [round((one.at - first).total_seconds() / span * (columns - 1)) if span else 0 for one in rows]


def spread_svg(
    heading: str, rows: Sequence[Carried], *, zone: tzinfo = UTC, key: str = "spread", words: SpreadWords = _ENGLISH
) -> str:
    """A picture of the rows (at least one), the earliest on top. `key`: begins the ids in it, one a picture of a page."""
    ordered = sorted(rows, key=lambda one: one.at)
    shown, rest = (ordered, []) if len(ordered) <= MAX_ROWS else (ordered[: MAX_ROWS - 1], ordered[MAX_ROWS - 1 :])
    scale = _Scale(ordered[0].at, ordered[-1].at, zone)
    bottom = _TOP + _ROW * (len(shown) + bool(rest))
    above = 0 if words.has_heading else _HEADING
    roles = list(dict.fromkeys(one.role for one in ordered))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {above} {_WIDTH} {bottom + 44 - above}" width="{_WIDTH}" height="{bottom + 44 - above}" '
        f'role="img" aria-labelledby="{_text(key)}-title {_text(key)}-desc" font-family="system-ui, sans-serif" font-size="13" '
        f'fill="currentColor">',
        f'<title id="{_text(key)}-title">{_text(words.title % {"heading": heading})}</title>',
        f'<desc id="{_text(key)}-desc">{_text(_description(ordered, zone, words))}</desc>',
        *(
            [f'<text x="16" y="28" font-size="15" font-weight="600">{_text(_cut(heading, _HEADING_LETTERS))}</text>']
            if words.has_heading
            else []
        ),
        f'<text x="16" y="{_TOP - 20}" font-size="11" fill-opacity="0.75" aria-hidden="true">{_text(f"{scale.first.astimezone(zone):%Z}")}</text>',
        *_axis(scale, bottom),
        *(part for number, one in enumerate(shown) for part in _row(one, number, ordered[0].at, scale, words)),
    ]
    if rest:
        parts += _last_row(rest, _TOP + _ROW * len(shown), scale, words)
    return "\n".join([*parts, *_legend(roles, bottom + 26, words), "</svg>", ""])


class _Scale:
    """From a time to a place on the picture."""

    def __init__(self, first: datetime, last: datetime, zone: tzinfo) -> None:
        self.first, self.zone = first, zone
        self.span_s = max(60.0, (last - first).total_seconds())

    def x(self, at: datetime) -> float:
        return round(_LEFT + (at - self.first).total_seconds() / self.span_s * (_RIGHT - _LEFT), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """(place, label) at round local times."""
        step = next((one for one in _STEPS_S if self.span_s / one <= _MOST_TICKS), None)
        step = step or math.ceil(self.span_s / _MOST_TICKS / _DAY_S) * _DAY_S
        local = self.first.astimezone(self.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight + timedelta(seconds=math.ceil((local - midnight).total_seconds() / step) * step)
        found: list[tuple[float, str]] = []
        day = None
        while (at - self.first).total_seconds() <= self.span_s:
            new_day = at.date() != day
            label = f"{at:%Y-%m-%d}" if step >= _DAY_S else f"{at:%m-%d %H:%M}" if new_day else f"{at:%H:%M}"
            found.append((self.x(at), label))
            day, at = at.date(), at + timedelta(seconds=step)
        return found


def _axis(scale: _Scale, bottom: int) -> list[str]:
    parts = ['<g stroke="currentColor" stroke-opacity="0.25" stroke-width="1" aria-hidden="true">']
    ticks = scale.ticks()
    parts += [f'<line x1="{x}" y1="{_TOP - 14}" x2="{x}" y2="{bottom - 6}"/>' for x, _ in ticks]
    parts += ["</g>", '<g font-size="11" text-anchor="middle" fill-opacity="0.75" aria-hidden="true">']
    parts += [f'<text x="{x}" y="{_TOP - 20}">{label}</text>' for x, label in ticks]
    return [*parts, "</g>"]


def _row(one: Carried, number: int, first: datetime, scale: _Scale, words: SpreadWords) -> list[str]:
    y = _TOP + _ROW * number
    x = scale.x(one.at)
    role = words.roles.get(one.role, one.role)
    told = f"{_when(one, scale.zone, words)}, {one.outlet}, {role}: {one.title}"
    note = f"{delay_words((one.at - first).total_seconds()) if one.at > first else words.first}, {role}"
    return [
        f"<g><title>{_text(told)}</title>",
        f'<text x="{_LEFT - 18}" y="{y + 4}" text-anchor="end">{_text(_cut(one.outlet, _LABEL_LETTERS))}</text>',
        f'<line x1="{_LEFT}" y1="{y}" x2="{x}" y2="{y}" stroke="currentColor" stroke-opacity="0.25"/>',
        _marker(one.role, x, y, hollow=not one.at_is_told),
        f'<text x="{_RIGHT + 18}" y="{y + 4}" fill-opacity="0.75">{_text(note)}</text></g>',
    ]


def _last_row(rest: Sequence[Carried], y: int, scale: _Scale, words: SpreadWords) -> list[str]:
    marks = [_marker(one.role, scale.x(one.at), y, hollow=not one.at_is_told) for one in rest]
    return [
        f'<g><text x="{_LEFT - 18}" y="{y + 4}" text-anchor="end">{_text(words.more % {"count": len(rest)})}</text>',
        *marks,
        "</g>",
    ]


def _marker(role: str, x: float, y: float, *, hollow: bool = False) -> str:
    colour = _ACCENT if role == "original" else "currentColor"
    fill = f'fill="none" stroke="{colour}" stroke-width="1.5"' if hollow else f'fill="{colour}"'
    return f'<path d="{_SHAPES.get(role, _OTHER_SHAPE)}" transform="translate({x} {y})" {fill}/>'


def _legend(roles: Sequence[str], y: int, words: SpreadWords) -> list[str]:
    parts = ['<g font-size="11" fill-opacity="0.75" aria-hidden="true">']
    for number, role in enumerate(roles):
        x = _LEFT + number * 86
        parts += [_marker(role, x, y - 4), f'<text x="{x + 12}" y="{y}">{_text(words.roles.get(role, role))}</text>']
    return [*parts, "</g>"]


def _description(rows: Sequence[Carried], zone: tzinfo, words: SpreadWords) -> str:
    """Everything the picture shows, in words."""
    said = [f"{_when(one, zone, words)} {one.outlet} ({words.roles.get(one.role, one.role)})" for one in rows[:MAX_ROWS]]
    more = f"; {words.more % {'count': len(rows) - MAX_ROWS}}" if len(rows) > MAX_ROWS else ""
    count = "1 article" if len(rows) == 1 else f"{len(rows)} articles"
    return words.description % {"articles": words.articles or count, "rows": "; ".join(said) + more}


def _when(one: Carried, zone: tzinfo, words: SpreadWords) -> str:
    return f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}" + ("" if one.at_is_told else f" ({words.first_seen})")


def _cut(text: str, letters: int) -> str:
    text = clean_line(text)
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def _text(text: str) -> str:
    """For content and attributes alike: control characters off (XML has no place for them), markup escaped (SAFETY A6)."""
    return escape(clean_line(text))
