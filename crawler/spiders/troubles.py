"""What can go wrong on the wire, in our words and with what to do next (SAFETY F17, F25, F26)."""

from __future__ import annotations

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

from crawler.addresses import host_of
from crawler.errors import FetchLater, FetchNever


class PassingTrouble(FetchLater):
    """Worth another try within this run."""


def in_our_words(error: Exception, url: str) -> Exception:
    """Scrapy's and Twisted's errors as FetchLater or FetchNever; an error of our own code as it is."""
    if isinstance(error, CannotResolveHostError):
        return PassingTrouble(f"DNS: the name {host_of(url)} does not resolve")
    if isinstance(error, DownloadTimeoutError):
        return PassingTrouble("time-out: no whole answer in time")
    if isinstance(error, ValueError) and "invalid hostname" in str(error):
        return FetchNever(f"not a web address: {url[:80]}")
    if isinstance(error, UnsupportedURLSchemeError | NotSupported):
        return FetchNever(f"neither http nor https: {url[:80]}")
    if isinstance(error, DownloadConnectionRefusedError):
        return PassingTrouble("connection refused")
    if reason := _tls_reason(error):
        return FetchLater(f"TLS: {reason}")
    if isinstance(error, ResponseDataLossError):
        return PassingTrouble("the body was cut short on the way")
    if isinstance(error, DownloadFailedError) or type(error).__module__.startswith(("twisted.", "scrapy.")):
        return PassingTrouble(f"connection broken: {_innermost(error)}")
    return error


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what is inside it: causes, and the failures that Twisted lists in `reasons`."""
    found: list[BaseException] = []
    queue: list[BaseException | None] = [error]
    while queue and len(found) < 20:
        one = queue.pop(0)
        if one is None or one in found:
            continue
        found.append(one)
        queue.append(one.__cause__)
        queue.extend(getattr(reason, "value", None) for reason in getattr(one, "reasons", ()) or ())
    return found


def _tls_reason(error: BaseException) -> str | None:
    for one in _causes(error):
        module = type(one).__module__
        if module.startswith("service_identity"):
            return "the certificate is for another host"
        if module.startswith("OpenSSL"):
            details = one.args[0] if one.args else ""
            said = ", ".join(str(part[-1]) for part in details if part) if isinstance(details, list) else str(details)
            return said or "the handshake failed"
    return None


def _innermost(error: BaseException) -> str:
    last = _causes(error)[-1]
    return (str(last) or type(last).__name__)[:200]
