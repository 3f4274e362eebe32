"""A real webhook on loopback that keeps what it received."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Webhook:
    """What a webhook received, and how it behaves."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    status: int = 204
    hang: threading.Event | None = None

    @property
    def titles(self) -> list[str]:
        """Titles of the articles received, message by message."""
        return [article["title"] for body in self.bodies for article in body["articles"]]


@contextmanager
def serving() -> Iterator[Webhook]:
    """The webhook, until the block ends."""
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if hook.hang is not None:
                hook.hang.wait(20)
            if 200 <= hook.status < 300:
                hook.bodies.append(body)
                hook.keys.append(self.headers["Idempotency-Key"])
            self.send_response(hook.status)
            self.send_header("location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook.url = f"http://127.0.0.1:{server.server_port}/hook?secret=abc"
    yield hook
    if hook.hang is not None:
        hook.hang.set()
    server.shutdown()
    server.server_close()
