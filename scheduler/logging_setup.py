"""How the service and the commands log: structlog over the standard library, one line an event, on standard error.

`model/` and `normalize/` do not log. Values come from strangers: each is cleaned to one harmless line (SAFETY A7).
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from crawler.terminal import line

_QUIET = ("apscheduler", "urllib3", "tantivy", "alembic", "trafilatura", "elastic_transport")


def set_up_logging(*, verbose: bool = False) -> None:
    """Once a process, at its start. `verbose` adds DEBUG and the libraries' own lines."""
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.ERROR)
    logging.getLogger("elastic_transport.node").setLevel(logging.INFO)  # its DEBUG lines hold whole requests, documents and all


def harmless(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: texts become one line without control characters; a traceback keeps its lines. None is left out."""
    for key, value in list(event.items()):
        if value is None:
            del event[key]
        elif isinstance(value, str) and key != "exception":
            event[key] = line(value)
    return event
