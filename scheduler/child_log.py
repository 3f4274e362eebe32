"""The lines a crawl's child process writes: JSON by structlog, told to a person as progress or logged again by the service.

What is no JSON (a library's warning, a traceback at the child's end) is shown with --verbose only; the launcher keeps the
last of it for the report of a child that died.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pydantic
import structlog

from crawler.model.run import OUTLET_DONE, OutletReport
from crawler.terminal import say

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.ERROR,
}


_OUTLET = pydantic.TypeAdapter(OutletReport)


def read_line(text: str) -> dict[str, Any] | None:
    """The event of one line, or None when it is none."""
    if not text.startswith("{"):
        return None
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def outlet_done(text: str) -> OutletReport | None:
    """The report of an outlet that is done, or None for any other line."""
    if OUTLET_DONE not in text or (event := read_line(text)) is None or event["event"] != OUTLET_DONE:
        return None
    try:
        return _OUTLET.validate_python(event.get("report"))
    except pydantic.ValidationError:  # it is told again at the end of the crawl
        return None


def tell_person(verbose: bool) -> Callable[[str], None]:
    """A listener for `launch_crawl` that says one line an outlet, and warnings."""

    def tell(text: str) -> None:
        event = read_line(text)
        if event is None:
            if verbose:
                say(text)
        elif event["event"] == "outlet" and "outlet" in event:
            say(outlet_words(event))
        elif verbose or _level(event) >= logging.WARNING:
            say(_in_words(event, verbose))

    return tell


def log_again(verbose: bool) -> Callable[[str], None]:
    """A listener for `launch_crawl` that hands the child's events to this process's log, with their level and fields."""
    log = structlog.get_logger("crawler")

    def hand_on(text: str) -> None:
        event = read_line(text)
        if event is None:
            if verbose:
                log.debug(text)
            return
        fields = {name: value for name, value in event.items() if name not in ("event", "level", "timestamp", "exception")}
        if isinstance(fields.get("outcomes"), dict):
            fields["outcomes"] = ", ".join(f"{count} {name}" for name, count in fields["outcomes"].items())
        if verbose and "exception" in event:
            fields["child_exception"] = event["exception"]
        log.log(_level(event), event["event"], **fields)

    return hand_on


def outlet_words(event: dict[str, Any]) -> str:
    """ "kresy: 25 entries, 3 pages: 3 new, 22 seen"."""
    outcomes = event.get("outcomes")
    counts = ", ".join(f"{count} {name}" for name, count in outcomes.items()) if isinstance(outcomes, dict) else ""
    said = f"{event['outlet']}: {event.get('entries', 0)} entries, {event.get('pages', 0)} pages" + (
        f": {counts}" if counts else ""
    )
    return f"{said} ({event['error']})" if event.get("error") else said


def _in_words(event: dict[str, Any], verbose: bool) -> str:
    hidden = {"event", "level", "timestamp", "run_id"} | (set() if verbose else {"exception"})
    fields = " ".join(f"{name}={value}" for name, value in event.items() if name not in hidden and value is not None)
    return f"{event.get('level', 'info')}: {event['event']}" + (f" ({fields})" if fields else "")


def _level(event: dict[str, Any]) -> int:
    return _LEVELS.get(str(event.get("level")), logging.INFO)
