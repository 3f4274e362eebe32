"""The address guard: nothing but public addresses is ever connected to (SAFETY A3, A4).

It stands in the name resolver of the process: an address that it hands on is the address that is connected to, so there is
no moment between check and connection (rebinding), and every odd spelling of an IP address ends here too. Calls made
outside Scrapy (webhooks) have their own guard. What an outlet may be asked for at all is `crawler.spiders.fetching`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from scrapy.resolver import CachingHostnameResolver

from crawler.addresses import belongs_to, host_of, is_public_ip, literal_ip
from crawler.errors import FetchNever
from crawler.model.outlet import Outlet


class Guard:
    """Knows the hosts that outlets with `allow_private` opened for themselves, and what was refused in this process."""

    def __init__(self, outlets: Iterable[Outlet]) -> None:
        self._private = {one.slug: one.domains for one in outlets if one.politeness.allow_private}
        self.refused: dict[str, str] = {}
        """Host -> the address it resolved to; the connection error says only that the name does not resolve."""

    def check(self, url: str, outlet: Outlet) -> None:
        """Raise FetchNever when this outlet may not ask this address, as far as its spelling tells.

        A host that another outlet opened stays closed here: `allow_private` opens an outlet's own hosts for itself.
        """
        host = host_of(url)
        if host is None:
            raise FetchNever(f"not a web address: {url[:200]}")
        own = belongs_to(url, self._private.get(outlet.slug, ()))
        ip = literal_ip(host)
        if not own and ((ip is not None and not is_public_ip(ip)) or self._opened_by_any(url)):
            raise FetchNever(f"private address refused: {host}")

    def allows(self, host: str, ip: str, port: int) -> bool:
        """Whether a connection to `ip`, found under the name `host`, may be made; a refusal is remembered."""
        name = f"[{host}]" if ":" in host else host
        if is_public_ip(ip) or self._opened_by_any(f"http://{name}:{port}/" if port else f"http://{name}/"):
            return True
        self.refused[host_of(f"http://{name}/") or host] = ip
        return False

    def why_refused(self, url: str) -> str | None:
        """The non-public address that the host of `url` resolved to, if that is why it could not be reached."""
        return self.refused.get(host_of(url) or "")

    def _opened_by_any(self, url: str) -> bool:
        return any(belongs_to(url, domains) for domains in self._private.values())


class _OnlyAllowed:
    """Stands between the resolver and the connection: addresses that the guard refuses do not pass."""

    def __init__(self, receiver: Any, guard: Guard, host: str, port: int) -> None:
        self._receiver, self._guard, self._host, self._port = receiver, guard, host, port

    def resolutionBegan(self, resolution: Any) -> None:
        self._receiver.resolutionBegan(resolution)

    def addressResolved(self, address: Any) -> None:
        if self._guard.allows(self._host, str(getattr(address, "host", "")), self._port):
            self._receiver.addressResolved(address)

    def resolutionComplete(self) -> None:
        self._receiver.resolutionComplete()


def guarded_resolver(guard: Guard) -> type[CachingHostnameResolver]:
    """A resolver class for Scrapy's TWISTED_DNS_RESOLVER that asks `guard` about every address, cached ones included.

    Names are asked once a process (the cache pins their addresses); IPv4 and IPv6.
    """

    class GuardedResolver(CachingHostnameResolver):
        def resolveHostName(
            self,
            resolutionReceiver: Any,
            hostName: str,
            portNumber: int = 0,
            addressTypes: Sequence[Any] | None = None,
            transportSemantics: str = "TCP",
        ) -> Any:
            only: Any = _OnlyAllowed(resolutionReceiver, guard, hostName, portNumber)
            return super().resolveHostName(only, hostName, portNumber, addressTypes, transportSemantics)

    return GuardedResolver
