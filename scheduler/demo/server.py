"""The sample's web server: real HTTP on loopback, a host per outlet, conditional requests, an access log.

Also used by the journeys: `DemoServer` takes any outlets, may answer slowly, and remembers every request. Not here: what is
served (`site`). It listens on loopback only.
"""

from __future__ import annotations

import errno
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from scheduler.demo.site import Resource, build_site, changed_site
from scheduler.demo.texts import DemoOutlet, sample_outlets

PORT_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One answered request."""

    at: datetime
    """UTC."""
    outlet: str
    path: str
    """With the query."""
    status: int


class DemoServer:
    """The sample's outlets on loopback while the `with` block runs.

    On Linux each outlet has an address of its own (127.0.0.2, 127.0.0.3, ...) on one port, so that robots.txt, domains and
    cookies are per outlet as on the web. Where only 127.0.0.1 answers (macOS), each has a port of its own instead.
    """

    def __init__(
        self,
        outlets: Sequence[DemoOutlet] | None = None,
        *,
        latency_s: float = 0.0,
        log_path: Path | None = None,
        started_at: datetime | None = None,
        one_address: bool = False,
    ) -> None:
        """`latency_s`: every answer waits so long. `started_at`: publication times count back from it (None: now).

        `one_address`: everything on 127.0.0.1, a port each, even where more addresses answer.
        """
        self.outlets = tuple(sample_outlets() if outlets is None else outlets)
        self.latency_s = latency_s
        self.started_at = started_at or datetime.now(UTC)  # a process starts here: the sample is always an hour old
        self.origins: dict[str, str] = {}
        """Slug -> "http://127.0.0.2:40123"."""
        self.sites: dict[str, dict[str, Resource]] = {}
        """Slug -> path -> what is served now. Tests may change it."""
        self._one_address = one_address
        self._log: list[Access] = []
        self._log_path = log_path
        self._lock = threading.Lock()
        self._servers: list[_OutletServer] = []

    @property
    def log(self) -> list[Access]:
        """Every request answered so far, in order (a copy)."""
        with self._lock:
            return list(self._log)

    def __enter__(self) -> Self:
        self._servers = _listen_on_ports(self) if self._one_address else _listen(self)
        for outlet, server in zip(self.outlets, self._servers, strict=True):
            server.slug = outlet.slug
            host, port = server.server_address[:2]
            self.origins[outlet.slug] = f"http://{host!s}:{port}"
            self.sites[outlet.slug] = build_site(outlet, self.origins[outlet.slug], self.started_at)
        for server in self._servers:
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        self._servers = []

    def advance(self) -> None:
        """The second state: corrections are made, a title changes, a late copy appears."""
        changed_at = datetime.now(UTC).replace(microsecond=0)  # the web server's own clock
        for outlet in self.outlets:
            after = build_site(outlet, self.origins[outlet.slug], self.started_at, changed_at)
            self.sites[outlet.slug] = changed_site(self.sites[outlet.slug], after, changed_at)

    def article_urls(self, *, second: bool = False, behind_robots: bool = False) -> dict[str, str]:
        """Address -> slug of every article that a source names in the first or second state.

        Those behind robots.txt only when asked for.
        """
        return {
            self.origins[outlet.slug] + article.path: outlet.slug
            for outlet in self.outlets
            for article in outlet.articles
            if article.at(second) is not None and (behind_robots or not article.behind_robots)
        }

    def record(self, outlet: str, path: str, status: int) -> None:
        """One line more in the access log."""
        access = Access(at=datetime.now(UTC), outlet=outlet, path=path, status=status)
        with self._lock:
            self._log.append(access)
            if self._log_path is not None:
                with self._log_path.open("a", encoding="utf-8") as file:
                    file.write(f"{access.at.isoformat()}\t{outlet}\t{path}\t{status}\n")


class _OutletServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    slug = ""

    def __init__(self, address: tuple[str, int], demo: DemoServer) -> None:
        self.demo = demo
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """As TCPServer does: HTTPServer would ask the DNS for the host's name, which may take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of our errors; any other is shown as usual."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on as it came


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "DepeszaDemo"
    sys_version = ""
    timeout = 30
    wbufsize = -1
    server: _OutletServer

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on stderr: the access log is `DemoServer.log`."""

    def _answer(self, *, with_body: bool) -> None:
        demo, slug = self.server.demo, self.server.slug
        if demo.latency_s:
            time.sleep(demo.latency_s)
        site = demo.sites[slug]
        resource = site.get(self.path) or site.get(self.path.partition("?")[0])
        if resource is None:
            status, body = 404, b"Not found\n"
        elif not_modified(resource, self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")):
            status, body = 304, b""
        else:
            status, body = 200, resource.body
        demo.record(slug, self.path, status)
        self.send_response(status)
        if resource is not None:
            self.send_header("ETag", resource.etag)
            self.send_header("Last-Modified", format_datetime(resource.modified_at.astimezone(UTC), usegmt=True))
        if status != 304:
            self.send_header("Content-Type", resource.content_type if resource else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def not_modified(resource: Resource, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether 304 is the answer: If-None-Match decides when it is there (RFC 9110, section 13.2.2), else the date."""
    if if_none_match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in tags or resource.etag in tags
    if if_modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since)
    except ValueError:
        return False
    return resource.modified_at.replace(microsecond=0) <= (since if since.tzinfo else since.replace(tzinfo=UTC))


def _listen(demo: DemoServer) -> list[_OutletServer]:
    """One server per outlet: addresses of their own on one port, else ports of their own."""
    for _ in range(PORT_ATTEMPTS):
        servers: list[_OutletServer] = []
        port = 0
        try:
            for number in range(len(demo.outlets)):
                servers.append(_OutletServer((f"127.0.0.{number + 2}", port), demo))
                port = servers[0].server_port
            return servers
        except OSError as error:
            for server in servers:
                server.server_close()
            if error.errno == errno.EADDRINUSE:
                continue
            if error.errno == errno.EADDRNOTAVAIL:
                break
            raise
    return _listen_on_ports(demo)


def _listen_on_ports(demo: DemoServer) -> list[_OutletServer]:
    return [_OutletServer(("127.0.0.1", 0), demo) for _ in demo.outlets]
