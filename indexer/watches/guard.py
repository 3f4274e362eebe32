"""No alert reaches the own network unless it was allowed to: the address is checked at the moment of connecting (SAFETY A3, A4).

`stand_guard` changes the sockets of the whole process, so only the process that sends alerts calls it (`child`): the libraries that
send know nothing of it, and a name that resolves to another address a second later is checked again. Crawls have their own guard.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from crawler.addresses import is_public_ip, literal_ip


class AddressRefused(OSError):
    """The alert would have gone to the own network."""


def refuse_by_name(address: str, allow_hosts: Iterable[str]) -> None:
    """For what goes through a proxy, whose sockets are not ours to guard: the host in `address` is looked at before.

    Raises AddressRefused for an address of the own network, for a name of this machine, and for a name that leads to such an
    address here; a name that is not known here is the proxy's to find.
    """
    host = (urlsplit(address).hostname or "").rstrip(".").lower()
    if host in {one.strip("[]").lower() for one in allow_hosts}:
        return
    try:
        found = [literal_ip(host)] if literal_ip(host) else [str(one[4][0]) for one in socket.getaddrinfo(host, None)]
    except (OSError, UnicodeError):
        found = []
    if (
        host == "localhost"
        or host.endswith((".localhost", ".local", ".internal"))
        or not all(is_public_ip(ip or "") for ip in found)
    ):
        raise AddressRefused(f"{host} is no public address; if it is meant, add the host to [watches] allow_hosts")


def stand_guard(allow_hosts: Iterable[str]) -> None:
    """From now on this process connects to public addresses and to `allow_hosts` (names or addresses) only."""
    names = {host.strip("[]").lower() for host in allow_hosts}
    allowed = {address for host in names if (address := literal_ip(host))}
    resolve, connect, connect_ex, send_to = (
        socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto,
    )  # fmt: skip

    def getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
        found = resolve(host, *rest, **named)
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
        if name.strip("[]").lower() in names:
            allowed.update(str(one[4][0]).partition("%")[0] for one in found)
        return found

    def check(one: socket.socket, address: Any) -> None:
        if one.family not in (socket.AF_INET, socket.AF_INET6):
            raise AddressRefused("a local socket is no place for an alert")
        ip = literal_ip(str(address[0])) if isinstance(address, tuple) else None
        if ip is None or not (ip in allowed or is_public_ip(ip)):
            raise AddressRefused(
                f"{address[0] if isinstance(address, tuple) else address} is no public address; if it is meant, add the host to [watches] allow_hosts"
            )

    def guarded_connect(one: socket.socket, address: Any) -> None:
        check(one, address)
        connect(one, address)

    def guarded_connect_ex(one: socket.socket, address: Any) -> int:
        check(one, address)
        return connect_ex(one, address)

    def guarded_sendto(one: socket.socket, data: Any, *rest: Any) -> int:
        check(one, rest[-1])
        return send_to(one, data, *rest)

    socket.getaddrinfo = getaddrinfo
    for name, function in (("connect", guarded_connect), ("connect_ex", guarded_connect_ex), ("sendto", guarded_sendto)):
        setattr(socket.socket, name, function)
