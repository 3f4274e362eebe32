"""What this server answered: how many requests by kind, method and status, and how long they took. In memory, since its start."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

_KINDS = {
    "api": "api", "feed.atom": "feed", "feed.rss": "feed", "feed.json": "feed", "opml": "feed", "static": "static",
    "healthz": "health", "readyz": "health", "metrics": "metrics",
}  # fmt: skip
_METHODS = frozenset(["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Traffic:
    """Counts. For many threads; one a process, which is what Prometheus asks."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "depesza_http_requests", "Requests that this server answered.", ("kind", "method", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "depesza_http_request_seconds", "How long an answer took until it began.", ("kind",), buckets=_BUCKETS_S,
            registry=self.registry,
        )  # fmt: skip

    def note(self, path: str, method: str, status: int, seconds: float) -> None:
        """One answer. Strangers choose path and method: whatever is none of ours counts as "page" and "other"."""
        kind = _KINDS.get(path.lstrip("/").partition("/")[0], "page")
        self._requests.labels(kind, method if method in _METHODS else "other", str(status)).inc()
        self._seconds.labels(kind).observe(seconds)
