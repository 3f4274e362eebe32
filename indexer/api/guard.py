"""What stands before every handler, of pages and API alike: host, pace, token, origin, size, time; and the headers behind it.

Plain ASGI: no thread and no copy of a response. Refusals are problems (RFC 9457). Not here: what a token allows (`access`).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from crawler.errors import BackendUnavailable
from indexer.api.access import READ, WRITE, Access, shown_token
from indexer.api.pace import Pace
from indexer.api.problems import RETRY_S, problem
from indexer.api.settings import WebSettings
from indexer.api.traffic import Traffic

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_LIMIT = 1_000_000
"""Bytes of a request's body."""
MOST_AT_ONCE = 64
"""Requests that are worked on at once; more are sent away (503) before they cost anything."""
OPEN_PATHS = frozenset(["/healthz", "/readyz"])
"""Answered without a token and at any pace: whoever watches the service has none."""
SAFE = frozenset(["GET", "HEAD", "OPTIONS"])
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
# Referrer "same-origin" and not "no-referrer": with that, browsers send "Origin: null" with our own forms (Fetch, 3.2).
HEADERS = (
    (b"content-security-policy", POLICY.encode()), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"), (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"private, no-cache"),
)  # fmt: skip
"""Of every answer that has not its own."""
_UNHEEDED = frozenset([b"range", b"if-range"])
"""Nothing here is long enough to be asked for in pieces (SAFETY A17: CVE-2025-62727)."""
_log = structlog.get_logger(__name__)


class Guard:
    """The application behind its guard."""

    def __init__(self, app: App, settings: WebSettings, access: Access, traffic: Traffic) -> None:
        self._app, self._settings, self._access, self._traffic = app, settings, access, traffic
        self._pace = Pace(settings.requests_per_s, settings.burst, time.monotonic)
        self._hosts = settings.hosts
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. Web sockets are refused by saying nothing."""
        if scope["type"] != "http":
            return
        begun = time.monotonic()
        answer = _Answer(
            send, lambda status: self._traffic.note(scope["path"], scope["method"], status, time.monotonic() - begun)
        )
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused_at_the_door(scope, headers) or await self._refused_by_token(scope, headers)
        if refused is None and scope["method"] not in SAFE:
            refused, receive = await self._read_body(receive)
        if refused is not None:
            await refused(scope, receive, answer.send)
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] not in _UNHEEDED]
        await self._work(scope, receive, answer)

    def _refused_at_the_door(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        host = headers.get("host", "").lower()
        if not _is_trusted(host, self._hosts):
            return problem(400, "this service is not reached under that name (Host); see [web] trusted_hosts")
        if scope["method"] not in SAFE and not _is_same_origin(scope, headers, host):
            return problem(403, "the request comes from another site (Origin)")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > BODY_LIMIT:
            return problem(413, f"a request has at most {BODY_LIMIT:,} bytes")
        if scope["path"] in OPEN_PATHS:
            return None
        wait_s = self._pace.wait_s(scope["client"][0] if scope.get("client") else "")
        if wait_s:
            return problem(429, "too many requests: ask again later", headers={"Retry-After": str(math.ceil(wait_s))})
        if self._busy >= MOST_AT_ONCE:
            return problem(503, "too many requests at once: ask again later", headers={"Retry-After": str(RETRY_S)})
        return None

    async def _refused_by_token(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        """Reading needs a token where one is set, writing through the API always."""
        shown = shown_token(headers.get("authorization", ""))
        allowed: frozenset[str] = frozenset()
        if shown:
            try:
                allowed = await run_in_threadpool(self._access.scopes, shown)
            except BackendUnavailable as error:
                return problem(503, str(error), headers={"Retry-After": str(RETRY_S)})
        scope.setdefault("state", {})["scopes"] = allowed
        writes = scope["method"] not in SAFE and scope["path"].startswith("/api/")
        if scope["path"] in OPEN_PATHS or (WRITE if writes else READ) in allowed:
            return None
        if not writes and not self._access.reading_needs_token:
            return None
        if allowed:
            return problem(403, "this token allows reading only")
        kind = "Bearer" if writes else 'Basic realm="Depesza", charset="UTF-8"'
        return problem(401, "a token is needed: Authorization: Bearer TOKEN", headers={"WWW-Authenticate": kind})

    async def _read_body(self, receive: Receive) -> tuple[Response | None, Receive]:
        """The whole body first, so that a handler meets no other trouble than its own."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.time_limit_s):
                while True:
                    message = await receive()
                    body += message.get("body", b"")
                    if len(body) > BODY_LIMIT:
                        return problem(413, f"a request has at most {BODY_LIMIT:,} bytes"), receive
                    if message["type"] != "http.request" or not message.get("more_body"):
                        break
        except TimeoutError:
            return problem(408, "the request took too long to arrive"), receive
        pending = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def again() -> Message:
            return pending.pop() if pending else await receive()

        return None, again

    async def _work(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        """Let the handler work. One that takes too long is answered for; what it says afterwards is dropped.

        A thread cannot be stopped, so such a handler still counts as busy until it ends.
        """
        self._busy += 1
        task = asyncio.ensure_future(self._app(scope, receive, answer.send))
        task.add_done_callback(self._ended)
        done, _ = await asyncio.wait({task}, timeout=self._settings.time_limit_s)
        if done or answer.is_begun:
            try:
                await task
            except asyncio.CancelledError:
                task.cancel()
                raise
            except Exception as error:
                await self._broken(scope, receive, answer, error)
            return
        late = problem(
            503, f"the answer took longer than {self._settings.time_limit_s:g} s", headers={"Retry-After": str(RETRY_S)}
        )
        await late(scope, receive, answer.send)
        answer.is_over = True

    async def _broken(self, scope: Scope, receive: Receive, answer: _Answer, error: Exception) -> None:
        _log.error("web.broken", path=scope["path"], traceback="".join(traceback.format_exception(error)))
        if not answer.is_begun:
            with contextlib.suppress(Exception):
                await problem(500, "this should not have happened; the log has the details")(scope, receive, answer.send)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._busy -= 1
        if not task.cancelled():
            task.exception()  # it was told, or its answer is over


class _Answer:
    """The way out: adds our headers, and knows whether an answer has begun."""

    def __init__(self, send: Send, note: Callable[[int], None]) -> None:
        """`note` is told the status once the answer begins."""
        self._send, self._note = send, note
        self.is_begun = self.is_over = False

    async def send(self, message: Message) -> None:
        if self.is_over:
            return
        if message["type"] == "http.response.start":
            self.is_begun = True
            self._note(message["status"])
            own = {name.lower() for name, _ in message.get("headers", ())}
            message = {**message, "headers": [*message.get("headers", ()), *(pair for pair in HEADERS if pair[0] not in own)]}
        await self._send(message)


def _is_trusted(host: str, trusted: tuple[str, ...]) -> bool:
    """Whether a Host header, lower case, has one of these names, at any port."""
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, ""
    if port and not (port.isdecimal() and port.isascii()):
        return False
    return any(name == one or (one.startswith("*.") and name.endswith(one[1:]) and len(name) > len(one) - 1) for one in trusted)


def _is_same_origin(scope: Scope, headers: dict[str, str], host: str) -> bool:
    """Whether a request that changes something comes from our own page, or from a program, which shows its token (SAFETY A10).

    Browsers send Origin with every POST; where both are missing, no browser asks. Pages, which need no token on loopback,
    want one of them.
    """
    site = headers.get("sec-fetch-site", "")
    if origin := headers.get("origin"):
        return origin.lower() in (f"http://{host}", f"https://{host}") and site in ("", "same-origin")
    if site:
        return site == "same-origin"
    return bool(scope["path"].startswith("/api/"))
