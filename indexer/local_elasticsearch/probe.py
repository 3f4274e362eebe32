"""What can be seen of a server from outside: the colour of its cluster, its port, the last lines it wrote."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from pathlib import Path

from indexer.local_elasticsearch.configuration import CLUSTER, LOOPBACK

_ASK_WITHIN_S = 5.0
_LINES_TOLD = 8
_STACK = re.compile(r"\s+(at |\.\.\. \d+ more)")
"""What Java adds below an error: its first lines say more."""


def health_at(url: str) -> str | None:
    """The colour of the cluster at a local address; "protected" if it asks who we are; None if nothing answers."""
    scheme, _, address = url.partition("://")
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # our own server on loopback, only asked if it lives
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(address, timeout=_ASK_WITHIN_S, context=context)
    else:
        connection = http.client.HTTPConnection(address, timeout=_ASK_WITHIN_S)
    try:
        connection.request("GET", "/_cluster/health")
        answer = connection.getresponse()
        body = answer.read()
        if answer.status in (401, 403):
            return "protected"
        return str(json.loads(body)["status"]) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def port_trouble(port: int) -> str | None:
    """Why a server could not listen there, or None."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a just closed port is free
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def last_words(home: Path) -> str:
    """The last lines of the log of the server in `home`; empty if it wrote none."""
    try:
        return "\n".join(tail((home / "logs" / f"{CLUSTER}.log").read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return ""


def tail(text: str) -> list[str]:
    """The last lines that say something to a person."""
    lines = [line[:300] for line in text.splitlines() if line.strip() and not _STACK.match(line)]
    return lines[-_LINES_TOLD:]
