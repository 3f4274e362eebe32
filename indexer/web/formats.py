"""Times, numbers and delays as a reader of a language and a time zone writes them. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from indexer.buckets import Step
from indexer.web.translations import Translator

_PATTERNS = {
    Step.HOUR: "d MMM y, HH:00",
    Step.DAY: "d MMM y",
    Step.WEEK: "d MMM y",
    Step.MONTH: "LLLL y",
    Step.YEAR: "y",
}
_SHORT = "d MMM y, HH:mm"
_HOUR_S, _DAY_S = 3600, 86_400


class Writer:
    """Writes for one language and one time zone."""

    def __init__(self, said: Translator, zone: tzinfo) -> None:
        self._said, self._zone, self._locale = said, zone, said.locale

    def moment(self, at: datetime, pattern: str = _SHORT) -> str:
        """ "24 Nov 2026, 12:05" in the reader's zone."""
        local = at.astimezone(self._zone).replace(tzinfo=None)
        return _moment(local, pattern, self._locale)

    def clock(self, at: datetime | str | None) -> Markup:
        """A `<time>` element, with the instant as the outlet wrote it in its attribute; "" for None."""
        if at is None:
            return Markup("")
        text = at if isinstance(at, str) else at.isoformat()  # equal instants are not written alike: no key is a datetime
        return _clock(text, self._zone, self._locale)

    def number(self, value: float) -> str:
        """ "12,345" or "12 345"."""
        return _number(value, self._locale)

    def share(self, value: float) -> str:
        """A share of 1 in whole percents; what is not quite all is not called all."""
        percent = 99 if 0.985 < value < 0.9995 else round(value * 100)
        return f"{percent} %"

    def delay(self, seconds: float | None) -> str:
        """ "+14 min", "+1 h 49 min", "−5 min"; "" for None."""
        if seconds is None:
            return ""
        minutes = round(abs(seconds) / 60)
        if minutes == 0:
            return "+0 min"
        return ("−" if seconds < 0 else "+") + self._span(minutes)

    def ago(self, at: datetime, now: datetime) -> str:
        """ "3 min ago"; "just now" below a minute, and for a clock that is ahead of ours."""
        seconds = (now - at).total_seconds()
        if seconds < 60:
            return self._said.gettext("just now")
        return self._said.gettext("%(span)s ago") % {"span": self._span(round(seconds / 60))}

    def ahead(self, at: datetime, now: datetime) -> str:
        """ "in 12 min"; "now" below a minute, and for what is past."""
        seconds = (at - now).total_seconds()
        if seconds < 60:
            return self._said.gettext("now")
        return self._said.gettext("in %(span)s") % {"span": self._span(round(seconds / 60))}

    def span(self, seconds: float) -> str:
        """ "90 s", "15 min", "2 h", "1 d 6 h"."""
        return f"{seconds:g} s" if seconds % 60 and seconds < 600 else self._span(round(seconds / 60))

    def weekday(self, number: int) -> str:
        """The short name of a day of the week, Monday 0."""
        return str(self._locale.days["format"]["abbreviated"][number])

    def day(self, one: date) -> str:
        """ "24 Nov 2026"."""
        return str(format_date(one, _PATTERNS[Step.DAY], locale=self._locale))

    def bucket(self, step: Step, start: datetime, end: datetime) -> str:
        """What a bar of a histogram stands for."""
        if step is Step.WEEK:
            last = end - timedelta(days=1)
            return f"{self.moment(start, 'd MMM')} – {self.moment(last, 'd MMM y')}"
        return self.moment(start, _PATTERNS[step])

    def language(self, code: str) -> str:
        """The name of a language; its code where Unicode's data has none."""
        return str(self._locale.languages.get(code.replace("-", "_"), code))

    def country(self, code: str) -> str:
        """The name of a country."""
        return str(self._locale.territories.get(code.upper(), code))

    def _span(self, minutes: int) -> str:
        days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
        if days:
            return f"{days} d" + (f" {hours} h" if hours and days < 10 else "")
        return f"{hours} h" + (f" {rest} min" if rest else "") if hours else f"{rest} min"


@lru_cache(maxsize=8192)
def _clock(text: str, zone: tzinfo, locale: Locale) -> Markup:
    """Kept like `_moment`, since Babel takes 30 µs for a date, and a page shows twenty and its bars."""
    at = datetime.fromisoformat(text)
    local = at.astimezone(zone)
    long = _moment(local.replace(tzinfo=None), "EEEE, d MMMM y, HH:mm:ss", locale)
    short = _moment(local.replace(tzinfo=None), _SHORT, locale)
    return Markup('<time datetime="{}" title="{} {}">{}</time>').format(at.isoformat(), long, local.tzname() or "", short)


@lru_cache(maxsize=8192)
def _moment(local: datetime, pattern: str, locale: Locale) -> str:
    return format_datetime(local, pattern, locale=locale)


@lru_cache(maxsize=8192)
def _number(value: float, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


def joined(parts: list[str]) -> Markup:
    """Parts with a dot between them, each escaped."""
    return Markup(" · ").join(escape(part) for part in parts if part)
