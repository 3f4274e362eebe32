"""A real HTTP proxy in front of Elasticsearch that misbehaves as told: what networks and busy clusters do to a pusher.

A fault is a function that is given one exchange and decides what to forward and what to answer; `FaultyProxy.choose` picks one
for each request (None: pass it on). Connections are kept open as a server keeps them, and `down()` refuses new ones.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

ELASTICSEARCH = {"X-Elastic-Product": "Elasticsearch", "Content-Type": "application/vnd.elasticsearch+json;compatible-with=9"}
"""Without the first header the client takes the answer for somebody else's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Exchange:
    """One request and what becomes of it."""

    def __init__(self, proxy: FaultyProxy, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self._proxy = proxy
        self._handler = handler
        self.method = handler.command
        self.path = handler.path
        self.body = body

    def forward(self, body: bytes | None = None) -> Answer:
        """Let the server do it (with another body, perhaps)."""
        sent = self.body if body is None else body
        headers = {
            name: value
            for name, value in self._handler.headers.items()
            if name.lower() not in ("host", "content-length", "connection")
        }
        target = urlsplit(self._proxy.target)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
        try:
            connection.request(self.method, self.path, sent, headers)
            answer = connection.getresponse()
            found = answer.read()
            kept = {
                name: value
                for name, value in answer.getheaders()
                if name.lower() not in ("content-length", "transfer-encoding", "connection")
            }
            return Answer(answer.status, kept, found)
        finally:
            connection.close()

    def reply(self, answer: Answer) -> None:
        """Answer the client."""
        self._handler.send_response(answer.status)
        for name, value in answer.headers.items():
            self._handler.send_header(name, value)
        self._handler.send_header("Content-Length", str(len(answer.body)))
        self._handler.end_headers()
        if self.method != "HEAD":
            self._handler.wfile.write(answer.body)

    def cut(self) -> None:
        """Close the connection without a word."""
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)

    def cut_halfway(self, answer: Answer) -> None:
        """Begin to answer, then close the connection."""
        self._handler.send_response(answer.status)
        self._handler.send_header("Content-Length", str(len(answer.body)))
        self._handler.end_headers()
        self._handler.wfile.write(answer.body[: len(answer.body) // 2])
        self._handler.wfile.flush()
        self.cut()


Fault = Callable[[Exchange], None]


def passes(exchange: Exchange) -> None:
    """No fault."""
    exchange.reply(exchange.forward())


def cuts(exchange: Exchange) -> None:
    """The connection breaks before anything is done."""
    exchange.cut()


def dies_after(exchange: Exchange) -> None:
    """Everything is done, and nobody hears of it."""
    exchange.forward()
    exchange.cut()


def dies_while_answering(exchange: Exchange) -> None:
    """Everything is done, and half an answer arrives."""
    exchange.cut_halfway(exchange.forward())


def answers(status: int, kind: str = "", reason: str = "") -> Fault:
    """The server refuses the whole request."""
    body = json.dumps({"error": {"type": kind, "reason": reason}, "status": status}).encode()
    return lambda exchange: exchange.reply(Answer(status, ELASTICSEARCH, body))


def delays(seconds: float) -> Fault:
    """The request arrives late: beyond the client's time-out it is done when nobody expects it any more."""

    def fault(exchange: Exchange) -> None:
        time.sleep(seconds)
        passes(exchange)

    return fault


def delays_answer(seconds: float) -> Fault:
    """Everything is done at once, and the answer comes late."""

    def fault(exchange: Exchange) -> None:
        answer = exchange.forward()
        time.sleep(seconds)
        exchange.reply(answer)

    return fault


def refuses_items(is_refused: Callable[[str], bool], status: int = 429, kind: str = "es_rejected_execution_exception") -> Fault:
    """The bulk request is taken, but for some of its items (by id)."""

    def fault(exchange: Exchange) -> None:
        lines = exchange.body.splitlines()
        ids = [json.loads(line)["index"]["_id"] for line in lines[::2]]
        kept = [line for place, one in enumerate(ids) if not is_refused(one) for line in lines[2 * place : 2 * place + 2]]
        answer = exchange.forward(b"\n".join([*kept, b""])) if kept else Answer(200, ELASTICSEARCH, b'{"items": []}')
        found: list[Any] = json.loads(answer.body)["items"]
        refused = {"index": {"status": status, "error": {"type": kind, "reason": "said by the proxy"}}}
        items = [refused if is_refused(one) else found.pop(0) for one in ids]
        exchange.reply(Answer(200, answer.headers, json.dumps({"errors": True, "items": items}).encode()))

    return fault


class FaultyProxy:
    """The proxy before `target`, at `url`. `requests` counts those for `_bulk`."""

    def __init__(self, target: str) -> None:
        self.target = target.rstrip("/")
        self.choose: Callable[[Exchange], Fault | None] = lambda exchange: None
        self.bulks = 0
        self._busy = 0
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self.up()

    @property
    def url(self) -> str:
        """Where clients find it; the same after `down` and `up`."""
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Listen."""
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:  # the client left, or we cut the connection
                    self.close_connection = True

            def do_GET(self) -> None:
                proxy._serve(self)

            do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Silence."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Silence: connections that break are what it is for."""

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def settle(self, within_s: float = 30.0) -> None:
        """Wait until no request is under way: late ones, too, have arrived."""
        until = time.monotonic() + within_s
        while self._busy and time.monotonic() < until:
            time.sleep(0.02)
        assert not self._busy, "requests are still under way"

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        exchange = Exchange(self, handler, body)
        with self._lock:
            self._busy += 1
            self.bulks += "_bulk" in exchange.path
            fault = self.choose(exchange)
        try:
            (fault or passes)(exchange)
        finally:
            with self._lock:
                self._busy -= 1


def on_bulk(*faults: Fault | None) -> Callable[[Exchange], Fault | None]:
    """These faults for the first bulk requests, one after the other; then none."""
    left = list(faults)
    return lambda exchange: left.pop(0) if left and "_bulk" in exchange.path else None


def always_on_bulk(fault: Fault) -> Callable[[Exchange], Fault | None]:
    """This fault for every bulk request."""
    return lambda exchange: fault if "_bulk" in exchange.path else None


@contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    """A proxy that is closed at the end."""
    proxy = FaultyProxy(target)
    try:
        yield proxy
    finally:
        proxy.down()
