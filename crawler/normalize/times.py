"""Written times become datetimes: ISO 8601, RFC 2822, epochs, and the ways newsrooms write a day in ten languages.

Not here: where on a page the time stands (`dates.py`). No clock: the year is always written or the text is no time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from crawler.text import clean_line, fold

_MONTHS = {
    1: "january jan stycznia styczen stycznia sty januar jannuar janner sichnia sichen ledna leden led janvier enero gennaio janeiro januari",
    2: "february feb lutego luty lut februar februari unora unor fevrier febrero febbraio fevereiro",
    3: "march mar marca marzec marz brezna brezen mars marzo marco maart",
    4: "april apr kwietnia kwiecien kwi dubna duben avril abril aprile",
    5: "may maja maj mai kvetna kveten kve mayo maggio maio mei",
    6: "june jun czerwca czerwiec cze juni cervna cerven juin junio giugno junho",
    7: "july jul lipca lipiec lip juli cervence cervenec juillet julio luglio julho",
    8: "august aug sierpnia sierpien sie srpna srpen aout agosto augustus augusti",
    9: "september sep sept wrzesnia wrzesien wrz zari septembre septiembre settembre setembro",
    10: "october oct pazdziernika pazdziernik paz oktober okt rijna rijen octobre octubre ottobre outubro",
    11: "november nov listopada listopad lis novembre noviembre novembro",
    12: "december dec grudnia grudzien gru dezember dez prosince prosinec decembre diciembre dicembre dezembro",
}
_CYRILLIC = {
    1: "января январь янв сiчня сiчень січня січень січ", 2: "февраля февраль фев лютого лютии лютий лют",
    3: "марта март мар березня березень бер", 4: "апреля апрель апр квiтня квітня квітень кві", 5: "мая маи май травня травень тра",
    6: "июня июнь июн червня червень чер", 7: "июля июль июл липня липень лип", 8: "августа август авг серпня серпень сер",
    9: "сентября сентябрь сен вересня вересень вер", 10: "октября октябрь окт жовтня жовтень жов",
    11: "ноября ноябрь ноя листопада листопад лис", 12: "декабря декабрь дек грудня грудень гру",
}  # fmt: skip

_ISO = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[T\s_]+(\d{1,2})[:.]?(\d{2})(?:[:.]?(\d{2}))?(?:[.,](\d+))?\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2}|[A-Z]{2,5})?)?(?!\d)"
)
_CLOCK = re.compile(
    r"(?<![\d.:])(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*(a\.?m\.?|p\.?m\.?)?\s*\(?(Z\b|(?:GMT|UTC)[+-]\d{1,2}|[+-]\d{2}:?\d{2}|[A-Z]{2,4}\b)?(?![\d.]\d)",
    re.IGNORECASE,
)
_DAY_MONTH_YEAR = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|\. )?\s*(?:de |of )?[\s\-/]*([^\W\d_]{3,12})\.?,?[\s\-/]+(?:de |del )?(\d{4})(?!\d)"
)
_MONTH_DAY_YEAR = re.compile(r"(?<!\w)([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})([./-])\s?(\d{1,2})\2\s?(\d{4})(?!\d)")
_EPOCH = re.compile(r"(\d{10})(\d{3})?")
_EAST_ASIAN = re.compile(r"(\d{4})\s*[年년.]\s*(\d{1,2})\s*[月월.]\s*(\d{1,2})\s*[日일.]?")

_OFFSETS_H = {
    "Z": 0.0, "UTC": 0, "GMT": 0, "UT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "SEC": 1, "SELC": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "SAST": 2, "SGT": 8, "HKT": 8, "PKT": 5, "NZST": 12, "NZDT": 13, "WAT": 1, "EAT": 3, "CAT": 2,
}  # fmt: skip
"""Abbreviations with one meaning in news. "CET" is not UTC (SAFETY.md). IST (India, Ireland, Israel) is left to the outlet's zone."""
_NAMED_ZONES = {
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "UK": "Europe/London",
}


def parse_time(text: str, zone: tzinfo, *, month_first: bool = False) -> tuple[datetime, bool] | None:
    """The aware time that `text` names and whether it has a clock time; None when it names no day.

    An offset or zone that is written stays; else the time is one of `zone`. `month_first`: read 03/04/2021 as March 4.
    Day names, "published", commas and the like around it are passed over; impossible days (30 February) are none.
    """
    text = clean_line(text)[:300]
    if match := _EPOCH.fullmatch(text):
        moment = datetime.fromtimestamp(int(match[1]), UTC)
        return (moment, True) if moment.year >= 1990 else None
    if match := _ISO.search(text):
        return _from_iso(match, text, zone)
    for pattern, order in ((_EAST_ASIAN, "ymd"), (_DAY_MONTH_YEAR, "dmy"), (_MONTH_DAY_YEAR, "mdy"), (_NUMBERS, "")):
        for match in pattern.finditer(text):
            if day := _day(match, order, month_first=month_first):
                rest = text[match.end() :] + " " + text[: match.start()]
                return _with_clock(day, rest, zone)
    return None


def zone_named(name: str | None, moment: datetime, default: tzinfo) -> tzinfo:
    """The zone of an offset ("+02:00", "GMT+3") or abbreviation ("CEST", "ET"); `default` for an unknown one.

    `moment` is naive; it decides between the summer and winter of a named zone.
    """
    label = (name or "").strip().upper()
    if match := re.fullmatch(r"(?:GMT|UTC)?([+-])(\d{1,2}):?(\d{2})?", label):
        minutes = int(match[2]) * 60 + int(match[3] or 0)
        if minutes <= 14 * 60:
            return timezone(timedelta(minutes=minutes if match[1] == "+" else -minutes))
        return default
    if label in _NAMED_ZONES:
        return timezone(moment.replace(tzinfo=ZoneInfo(_NAMED_ZONES[label])).utcoffset() or timedelta())
    if label in ("Z", "UTC", "GMT", "UT"):
        return UTC
    return timezone(timedelta(hours=_OFFSETS_H[label])) if label in _OFFSETS_H else default


def _from_iso(match: re.Match[str], text: str, zone: tzinfo) -> tuple[datetime, bool] | None:
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    try:
        if match[4] is None:
            return _with_clock(datetime(year, month, day), text[match.end() :], zone)  # noqa: DTZ001 - zoned below
        moment = datetime(year, month, day, int(match[4]) % 24, int(match[5]), min(int(match[6] or 0), 59))  # noqa: DTZ001 - zoned below
    except ValueError:
        return None
    return _zoned(moment, zone_named(match[8], moment, zone)), True


def _with_clock(day: datetime, rest: str, zone: tzinfo) -> tuple[datetime, bool] | None:
    match = _CLOCK.search(rest)
    if match is None:
        return _zoned(day, zone), False
    hour, half = int(match[1]), (match[4] or "").lower().replace(".", "")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        moment = day.replace(hour=hour, minute=int(match[2]), second=min(int(match[3] or 0), 59))
    except ValueError:
        return _zoned(day, zone), False
    return _zoned(moment, zone_named(match[5], moment, zone)), True


def _zoned(moment: datetime, zone: tzinfo) -> datetime:
    """`moment` with the fixed offset that `zone` had then."""
    zoned = moment.replace(tzinfo=zone)
    try:
        return zoned if zone is UTC else zoned.replace(tzinfo=timezone(zoned.utcoffset() or timedelta()))
    except OverflowError:  # the years 1 and 9999 have no neighbours
        return moment.replace(tzinfo=UTC)


def _day(match: re.Match[str], order: str, *, month_first: bool) -> datetime | None:
    try:
        if order == "ymd":
            year, month, day = int(match[1]), int(match[2]), int(match[3])
        elif order == "dmy":
            year, month, day = int(match[3]), _month(match[2]), int(match[1])
        elif order == "mdy":
            year, month, day = int(match[3]), _month(match[1]), int(match[2])
        else:
            first, second, year = int(match[1]), int(match[3]), int(match[4])
            swap = second > 12 or (month_first and first <= 12 and match[2] != ".")
            day, month = (second, first) if swap else (first, second)
        return datetime(year, month, day)  # noqa: DTZ001 - zoned by the caller
    except ValueError:
        return None


def month_number(word: str) -> int | None:
    """1 to 12, or None for a word that is no month in any of the ten languages."""
    return _month_names().get(fold(word))


def _month(word: str) -> int:
    """1 to 12. Raises ValueError for a word that is no month."""
    number = month_number(word)
    if number is None:
        raise ValueError(word)
    return number


@cache
def _month_names() -> dict[str, int]:
    names = {name: number for number, words in _MONTHS.items() for name in words.split()}
    return names | {fold(name): number for number, words in _CYRILLIC.items() for name in words.split()}
