"""Run as a child: fetches what a JSON order says with the real fetcher, engine, guard and resolver, and prints what came of it.

Order: {"wanted": [{"key", "url", "outlet": {...politeness...}, "domains", "max_bytes"?}], "time_limit_s", "names"?, "public"?}.
`names` is the DNS of the test: name -> list of answers, each a list of addresses, "none" or "slow" (then the last for ever).
`public` are loopback addresses that count as public, so that rebinding can be tried without a public address.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ORDER: dict[str, Any] = json.loads(sys.stdin.read())
REAL = socket.getaddrinfo


def answer_names(host: str, port: Any, *args: Any, **more: Any) -> Any:
    """The test's own DNS in front of the system's."""
    answers = ORDER.get("names", {}).get(host)
    if not answers:
        return REAL(host, port, *args, **more)
    answer = answers.pop(0) if len(answers) > 1 else answers[0]
    if answer == "slow":
        time.sleep(6)
    if answer in ("none", "slow"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [found for ip in answer for found in REAL(ip, port, *args, **more)]


socket.getaddrinfo = answer_names

from scrapy.crawler import AsyncCrawlerProcess  # noqa: E402 - the names above must be in place first

import crawler.spiders.guard as guard_module  # noqa: E402 - the same for all below
from crawler.errors import FetchLater, FetchNever  # noqa: E402 - as above
from crawler.model.outlet import Outlet, Politeness  # noqa: E402 - as above
from crawler.spiders.fetching import PAGE_BYTES, Client, Fetcher, Wanted  # noqa: E402 - as above
from crawler.spiders.guard import Guard  # noqa: E402 - as above
from crawler.spiders.ledger import ForgottenRobots  # noqa: E402 - as above
from crawler.spiders.outlet_spider import Engine, OutletSpider  # noqa: E402 - as above
from crawler.spiders.scrapy_settings import scrapy_settings  # noqa: E402 - as above

if ORDER.get("public"):
    is_public = guard_module.is_public_ip
    guard_module.is_public_ip = lambda ip: ip in ORDER["public"] or is_public(ip)


def outlet_of(one: dict[str, Any]) -> Outlet:
    """An outlet of its own for each address: nothing but it can spoil its slot."""
    return Outlet(
        slug=one["key"], name=one["key"], homepage=one["url"], domains=tuple(one.get("domains", ("127.0.0.1",))), country="PL",
        languages=("pl",), timezone="Europe/Warsaw",
        politeness=Politeness(**{"delay_s": 0.0, "allow_private": True, "obey_robots": False, **one.get("outlet", {})}),
    )  # fmt: skip


def peak_mb() -> float:
    """The largest resident size of this very process (getrusage would count what it inherited from the test run)."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]  # it is always there


def main() -> None:
    """Fetch everything side by side."""
    outlets = {one["key"]: outlet_of(one) for one in ORDER["wanted"]}
    guard = Guard(outlets.values())
    results: dict[str, Any] = {}

    async def work(engine: Engine) -> None:
        client = Client(
            download=engine.download, slow_down=engine.slow_down, keeper=ForgottenRobots(), guard=guard,
            user_agent="Depesza/test (+tests@example.org)", now=lambda: datetime.now(UTC), time_limit_s=ORDER["time_limit_s"],
        )  # fmt: skip
        fetcher = Fetcher(client)

        async def one(order: dict[str, Any]) -> None:
            started = time.monotonic()
            wanted = Wanted(
                url=order["url"], outlet=outlets[order["key"]], max_bytes=order.get("max_bytes", PAGE_BYTES),
                headers=order.get("headers", {}), also_from=tuple(order.get("also_from", ())),
            )  # fmt: skip
            try:
                for _ in range(order.get("times", 1)):
                    answer = await fetcher.fetch(wanted)
                result: dict[str, Any] = {
                    "status": answer.status, "final_url": answer.final_url, "size": len(answer.body), "cut": answer.cut,
                    "body": answer.body[:200].decode("latin-1"), "headers": len(answer.headers), "moved_to": answer.moved_to,
                }  # fmt: skip
            except (FetchLater, FetchNever) as error:
                result = {"error": type(error).__name__, "reason": error.reason}
                result["retry_after_s"] = getattr(error, "retry_after_s", None)
            except Exception as error:
                result = {"error": type(error).__name__, "reason": repr(error)}
            results[order["key"]] = {**result, "took_s": time.monotonic() - started}

        await asyncio.gather(*(one(order) for order in ORDER["wanted"]))

    process = AsyncCrawlerProcess(scrapy_settings(tuple(outlets.values()), guard))
    process.crawl(OutletSpider, work=work)
    process.start(install_signal_handlers=False)
    results["rss_mb"] = peak_mb()
    sys.stdout.write(json.dumps(results))


main()
