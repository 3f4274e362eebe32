"""How often one client may ask: a token bucket each (SAFETY A8). Pure but for the clock that is handed in."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Callable

MOST_CLIENTS = 10_000
"""Buckets that are kept; the one that was used longest ago goes. A flood of addresses costs no more memory than this."""


class Pace:
    """Buckets of `burst` requests that fill again by `per_s` a second. For one thread (an event loop)."""

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float]) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, client: str) -> float:
        """0 when the client may ask now, which counts; else the seconds until it may."""
        key, now = client_key(client), self._clock()
        left, at = self._buckets.pop(key, (float(self._burst), now))
        left = min(self._burst, left + max(0.0, now - at) * self._per_s)
        is_free = left >= 1
        self._buckets[key] = (left - is_free, now)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if is_free else (1 - left) / self._per_s


def client_key(client: str) -> str:
    """The address, or of IPv6 the network of 64 bits: one customer has 2^64 addresses."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return client
