"""How the application is run by uvicorn. Not here: which socket, until when (`serve_cli`)."""

from __future__ import annotations

import sys
from typing import Any

import structlog
import uvicorn

from indexer.api.settings import WebSettings

_WAIT_S = 5
"""How long requests may go on when the service is told to end."""


def server_config(app: Any, settings: WebSettings) -> uvicorn.Config:
    """X-Forwarded-For counts only from the proxy, and only when there is one: anybody can send it (SAFETY A10)."""
    return uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, lifespan="off", proxy_headers=settings.behind_proxy,
        forwarded_allow_ips=list(settings.proxies), timeout_graceful_shutdown=_WAIT_S, timeout_keep_alive=30, backlog=256,
    )  # fmt: skip


def log_to_standard_error() -> None:
    """One line of JSON an event, so that nothing of a request reaches a terminal as it came (SAFETY A7)."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )  # fmt: skip
