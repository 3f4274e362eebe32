"""Addresses that alerts go to: what is one, how it is shown without its secrets, and sending to it. No store, no guard.

Webhooks ("https://...") get our JSON; everything else is apprise's (a hundred services by address).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_HTML = ("mailto", "mailtos")
"""Services that get the HTML; chats get the text."""


def check_channel(address: str) -> None:
    """Raises ValueError in words when nothing can be sent to `address`."""
    if len(address) > 2_000 or any(char.isspace() or not char.isprintable() for char in address):
        raise ValueError("an address for alerts has no blanks and at most 2,000 characters")
    if is_webhook(address):
        parts = urlsplit(address)
        if not parts.hostname:
            raise ValueError(f"{masked(address)} names no host")
        return
    if "://" not in address or _service(address) is None:
        raise ValueError(
            f"{masked(address)!r} is no address for alerts: write a webhook (https://...) or an address of apprise, e.g. "
            "mailto://user:password@example.org, ntfy://topic, slack://token/#channel"
        )


def is_webhook(address: str) -> bool:
    """Whether our own JSON is posted there."""
    return address.lower().startswith(("http://", "https://"))


def masked(address: str) -> str:
    """`address` without passwords, tokens, path and query: what may be shown and logged (SAFETY A13)."""
    if is_webhook(address):
        try:
            parts = urlsplit(address)
            host = parts.hostname or ""
            return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{parts.port}' if parts.port else ''}/..."
        except ValueError:
            return address.partition("://")[0] + "://..."
    service = _service(address) if "://" in address else None
    return (
        str(service.url(privacy=True))
        if service is not None
        else address.partition("://")[0] + ("://..." if "://" in address else "")
    )


def send(address: str, message: Mapping[str, Any], time_limit_s: float) -> str | None:
    """Send now; None when it was taken, else why not. May hang in a library: the caller ends the process."""
    try:
        return _post(address, message, time_limit_s) if is_webhook(address) else _notify(address, message)
    except Exception as error:  # the edge of one message: whatever a service's client raises is its outcome
        return f"{type(error).__name__}: {error}"[:500]


def _post(address: str, message: Mapping[str, Any], time_limit_s: float) -> str | None:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        if message.get("proxy"):
            session.proxies = {"http": message["proxy"], "https": message["proxy"]}
        answer = session.post(
            address, json=message["payload"], timeout=time_limit_s, allow_redirects=False,
            headers={"Idempotency-Key": message["key"], "User-Agent": "Depesza"}, stream=True,
        )  # fmt: skip
        answer.close()
    return None if 200 <= answer.status_code < 300 else f"the webhook answered {answer.status_code}"


def _notify(address: str, message: Mapping[str, Any]) -> str | None:
    import logging

    import apprise

    box = apprise.Apprise()
    if not box.add(address):
        return "apprise does not know this address"
    is_mail = address.partition("://")[0].lower() in _HTML
    body, kind = (message["html"], apprise.NotifyFormat.HTML) if is_mail else (message["text"], apprise.NotifyFormat.TEXT)
    said = io.StringIO()
    with apprise.LogCapture(level=logging.WARNING, name="apprise", fmt="%(message)s") as log:  # type: ignore[no-untyped-call]  # apprise has no types there
        taken = box.notify(title=message["title"], body=body, body_format=kind)
        said.write(log.getvalue())
    lines = [line.strip() for line in said.getvalue().splitlines() if line.strip()]
    return None if taken else (" ".join(lines)[-500:] or "the service did not take it")


def _service(address: str) -> Any:
    import apprise

    return apprise.Apprise.instantiate(address, suppress_exceptions=True)
