"""How the service and the commands log: structlog over the standard library, one line an event, on standard error or in a file.

A file gets JSON, and is rotated by size so that it fills no disk; a disk that is full costs lines, never the service.

`model/` and `normalize/` do not log. Values come from strangers: each is cleaned to one harmless line (SAFETY A7).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import structlog

from crawler.errors import ConfigError
from crawler.terminal import line

_QUIET = ("apscheduler", "urllib3", "tantivy", "alembic", "trafilatura", "elastic_transport")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """Where to log instead of standard error."""

    path: Path
    max_bytes: int
    """A new file is begun after so many."""
    kept: int
    """Files, the one in use among them."""


def set_up_logging(*, verbose: bool = False, file: LogFile | None = None) -> None:
    """Once a process, at its start. `verbose` adds DEBUG and the libraries' own lines. Raises ConfigError for a file that
    cannot be written."""
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        harmless,
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler: logging.Handler = logging.StreamHandler(sys.stderr) if file is None else _file_handler(file)
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    if file is not None:
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.ERROR)
    logging.getLogger("elastic_transport.node").setLevel(logging.INFO)  # its DEBUG lines hold whole requests, documents and all


def _file_handler(file: LogFile) -> logging.Handler:
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        return RotatingFileHandler(
            file.path, maxBytes=file.max_bytes, backupCount=file.kept - 1, encoding="utf-8", errors="replace"
        )
    except OSError as error:
        raise ConfigError(f"the log file {file.path} cannot be written: {error.strerror}") from None


def harmless(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: texts become one line without control characters; a traceback keeps its lines. None is left out."""
    for key, value in list(event.items()):
        if value is None:
            del event[key]
        elif isinstance(value, str) and key != "exception":
            event[key] = line(value)
    return event
