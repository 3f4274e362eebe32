"""A web server that misbehaves on purpose: raw sockets, a thread a connection, loopback only.

A test says what each path of each host answers. `Answer` is a well-behaved one; a function gets the connection and does as
it likes. Everything asked is logged with its host, so that a test can say what was never asked.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A plain HTTP answer. `headers` win over the usual ones; a value of None drops a header."""

    body: bytes | str = b""
    status: int = 200
    type: str | None = "text/html; charset=utf-8"
    headers: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    at: float
    host: str
    path: str
    headers: Mapping[str, str]


Behaviour = Callable[[socket.socket, Asked], None]
Route = Answer | Behaviour | list[Answer]


class HostileServer:
    """Listens on 127.0.0.1 to 127.0.0.4 (and [::1] if it can) on one port until closed."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[Asked] = []
        self._context = context
        self._closing = threading.Event()
        first = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = first.getsockname()[1]
        self._listeners = [first, *(self._also_at(f"127.0.0.{last}") for last in (2, 3, 4)), self._also_at("::1")]
        for listener in filter(None, self._listeners):
            threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _also_at(self, ip: str) -> socket.socket | None:
        with contextlib.suppress(OSError):
            family = socket.AF_INET6 if ":" in ip else socket.AF_INET
            return socket.create_server((ip, self.port), family=family, backlog=100)
        return None

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        scheme = "https" if self._context else "http"
        return f"{scheme}://{host}:{self.port}{path}"

    def serve(self, path: str, route: Route) -> str:
        """What `path` answers from now on; a list answers one after the other, the last for ever. Returns its address."""
        self.routes[path] = route
        return self.url(path)

    def asked_for(self, prefix: str = "/", host: str | None = None) -> list[str]:
        """Paths that were asked for and begin so, in order."""
        return [one.path for one in self.asked if one.path.startswith(prefix) and host in (None, one.host)]

    def close(self) -> None:
        self._closing.set()
        for listener in filter(None, self._listeners):
            listener.close()

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError), contextlib.closing(connection):
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            connection.settimeout(90)
            pending = b""
            while not self._closing.is_set():
                while b"\r\n\r\n" not in pending:
                    got = connection.recv(65536)
                    if not got:
                        return
                    pending += got
                head, _, pending = pending.partition(b"\r\n\r\n")
                asked = _read(head)
                self.asked.append(asked)
                if not self._answer(connection, asked):
                    return

    def _answer(self, connection: socket.socket, asked: Asked) -> bool:
        route = self.routes.get(f"{asked.host.partition(':')[0]}{asked.path}") or self.routes.get(asked.path)
        if route is None and asked.path == "/robots.txt":
            route = Answer("", 404)
        if route is None:
            route = Answer("<html><title>Not found</title></html>", 404)
        if isinstance(route, list):
            route = route.pop(0) if len(route) > 1 else route[0]
        if isinstance(route, Answer):
            connection.sendall(plain(route))
            return True
        route(connection, asked)
        return False


def _read(head: bytes) -> Asked:
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Asked(time.monotonic(), headers.get("host", ""), first.split(" ")[1], headers)


def plain(answer: Answer) -> bytes:
    """The bytes of a well-formed answer."""
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    headers: dict[str, str | None] = {"Content-Type": answer.type, "Content-Length": str(len(body)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    return f"HTTP/1.1 {answer.status} Some\r\n{lines}\r\n".encode("latin-1") + body


# -- misbehaviour ----------------------------------------------------------------------------------------------------
def redirect(to: str, status: int = 302, **headers: str) -> Answer:
    """A redirect."""
    return Answer("", status, headers={"Location": to, **headers})


def slow_headers(connection: socket.socket, asked: Asked) -> None:
    """One letter of a header at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _drip(connection)


def slow_body(connection: socket.socket, asked: Asked) -> None:
    """One letter of the body at a time, for ever."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100000\r\n\r\n")
    _drip(connection)


def stalled(connection: socket.socket, asked: Asked) -> None:
    """No answer at all, and the connection stays open."""
    with contextlib.suppress(OSError):
        connection.settimeout(90)
        connection.recv(1)


def reset(connection: socket.socket, asked: Asked) -> None:
    """A TCP reset in the middle of the body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<html>")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def truncated(connection: socket.socket, asked: Asked) -> None:
    """Fewer bytes than Content-Length promised."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<html>half")


def chunked_garbage(connection: socket.socket, asked: Asked) -> None:
    """A chunk size that is no number."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\nxyzzy\r\nnonsense\r\n")


def no_http(connection: socket.socket, asked: Asked) -> None:
    """Something that is not HTTP."""
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def endless(connection: socket.socket, asked: Asked) -> None:
    """A body without end, as fast as it is taken."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>")
    block = b"<p>word word word</p>" * 50_000
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(block)


def huge_promise(connection: socket.socket, asked: Asked) -> None:
    """Content-Length of five gigabytes, and it begins to keep the promise."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000000000\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            connection.sendall(b"a" * 1_000_000)


def bomb(kind: str, megabytes: int = 200) -> Answer:
    """A small body that unpacks to `megabytes`. Kinds: gzip, deflate, br, zstd, and "gzip, gzip" for a nest."""
    return Answer(_bomb(kind, megabytes), headers={"Content-Encoding": kind})


def _bomb(kind: str, megabytes: int) -> bytes:
    import zlib

    import brotli
    import zstandard

    block = b"\0" * 1_000_000
    if kind == "gzip, gzip":
        return gzip.compress(_bomb("gzip", megabytes), 9)
    if kind in ("gzip", "deflate"):
        packer: Any = zlib.compressobj(9, wbits=31 if kind == "gzip" else 15)
        return b"".join(packer.compress(block) for _ in range(megabytes)) + bytes(packer.flush())
    if kind == "zstd":
        packer = zstandard.ZstdCompressor(level=3).compressobj()
        return b"".join(packer.compress(block) for _ in range(megabytes)) + bytes(packer.flush())
    packer = brotli.Compressor(quality=5)
    return b"".join(packer.process(block) for _ in range(megabytes)) + bytes(packer.finish())


def _drip(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        for _ in range(900):
            connection.sendall(b"x")
            time.sleep(0.1)
