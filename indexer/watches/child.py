"""The process that sends one round of alerts: `python -P -m indexer.watches.child`, its order as JSON on standard input.

A process of its own, because its sockets are guarded as a whole (`guard`) and because what hangs can be ended. One line of JSON a
message: its number and None, or why it was not taken. Not here: which messages, and what becomes of them (`delivering`).
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from indexer.watches.channels import send
from indexer.watches.guard import AddressRefused, refuse_by_name, stand_guard

AT_ONCE = 8


def main() -> None:
    """Send what standard input orders."""
    order = json.load(sys.stdin)
    proxy_host = urlsplit(order["proxy"]).hostname if order["proxy"] else None
    stand_guard([*order["allow_hosts"], *([proxy_host] if proxy_host else [])])

    def one(number: int, message: dict[str, Any]) -> None:
        try:
            if order["proxy"]:
                refuse_by_name(message["channel"], order["allow_hosts"])
            error = send(message["channel"], message, order["time_limit_s"])
        except (AddressRefused, ValueError) as refused:
            error = str(refused)
        sys.stdout.write(json.dumps({"number": number, "error": error}) + "\n")
        sys.stdout.flush()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(len(order["messages"])), order["messages"]))


if __name__ == "__main__":
    main()
