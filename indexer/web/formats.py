"""Times, numbers and delays as a reader of a language and a time zone writes them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from babel.dates import format_datetime
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
_HOUR_S, _DAY_S = 3600, 86_400


class Writer:
    """Writes for one language and one time zone."""

    def __init__(self, said: Translator, zone: tzinfo) -> None:
        self._said, self._zone, self._locale = said, zone, said.locale

    def moment(self, at: datetime, pattern: str = "d MMM y, HH:mm") -> str:
        """ "24 Nov 2026, 12:05" in the reader's zone."""
        local = at.astimezone(self._zone).replace(tzinfo=None)
        return format_datetime(local, pattern, locale=self._locale)

    def clock(self, at: datetime | str | None) -> Markup:
        """A `<time>` element, with the instant as the outlet wrote it in its attribute; "" for None."""
        if at is None:
            return Markup("")
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        zone = at.astimezone(self._zone).tzname() or ""
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.isoformat(), self.moment(at, "EEEE, d MMMM y, HH:mm:ss") + f" {zone}", self.moment(at)
        )

    def number(self, value: float) -> str:
        """ "12,345" or "12 345"."""
        return format_decimal(value, locale=self._locale)

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


def joined(parts: list[str]) -> Markup:
    """Parts with a dot between them, each escaped."""
    return Markup(" · ").join(escape(part) for part in parts if part)
