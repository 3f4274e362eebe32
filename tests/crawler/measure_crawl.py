"""Pages a second of whole crawls on two cores: outlets seen for the first time, and outlets whose templates are known. No test.

    .venv/bin/python -m tests.crawler.measure_crawl [--first 40] [--known 150] [--rounds 1] [--profile FILE]

Outlets of `tests/themes` stand on loopback, each on a port of its own, served by another process; `crawler.run` crawls them in a
child with two workers, a SQLite store, filing and outbox, and no delay between requests. Each outlet has `--first` pages in the
first crawl and `--known` in the other. In the first crawl no outlet is learned (its standing says that learning failed lately);
in the other each has a template, learned from sixteen earlier pages, and the canaries of an outlet that is known for long.

CPU by part: "filing" is the time of the store's thread, "workers" that of the worker processes, "fetching" the rest of the crawl's
process (Scrapy, event loop, handing pages over) less its start, as the workers' start is taken off theirs. "pages/s" counts from the
start of Scrapy to the end of the crawl, the workers' start included. The server's CPU is not counted, but it shares the cores.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent import futures
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from pydantic import TypeAdapter

from crawler.model.outlet import Outlet, Politeness, Source, SourceKind
from crawler.model.page import Page
from crawler.model.run import CrawlPlan, Outcome, RunReport
from crawler.model.template import Standing
from crawler.normalize.template.check import MOST_FAILED, MOST_PAGES, YOUNG_PAGES
from crawler.normalize.template.lesson import learn_pages
from crawler.outlets.agencies import load_agencies
from crawler.store import articles, outbox, templates
from crawler.store.database import open_database
from tests.themes import OUTLETS, make_outlet

CONCURRENCY = 4
"""Requests at once an outlet."""
REPORT = "MEASURED "


# -- the server --------------------------------------------------------------------------------------------------------
class _Answers(asyncio.Protocol):
    """Whole answers by path, nothing else of HTTP: so that the server costs next to nothing."""

    def __init__(self, known: dict[bytes, bytes]) -> None:
        self._known, self._read = known, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            path = self._read.split(b" ", 2)[1]
            self._read = self._read[end + 4 :]
            self._transport.write(self._known.get(path, _answer(b"", "text/plain", b"404 Not Found")))


def _answer(body: bytes, content_type: str, status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, content_type.encode(), len(body))
    return head + body


def serve(pages: int, told: Any) -> None:
    """In a process of its own: print every outlet's pages, serve them, send the outlets as they stand on loopback."""

    async def run() -> None:
        loop, stands = asyncio.get_running_loop(), []
        for slug in sorted(OUTLETS):
            known: dict[bytes, bytes] = {}
            server = await loop.create_server(lambda known=known: _Answers(known), "127.0.0.1", 0)  # type: ignore[misc]  # its own answers
            stands.append(_stand(slug, pages, server.sockets[0].getsockname()[1], known))
        told.send(stands)
        await asyncio.Event().wait()

    asyncio.run(run())


def _stand(slug: str, pages: int, port: int, known: dict[bytes, bytes]) -> tuple[Outlet, list[Page]]:
    """The outlet on `port`, its answers put into `known`; with the pages it is learned from, which the crawl does not meet."""
    made = make_outlet(slug, pages + MOST_PAGES)
    here, there = f"http://127.0.0.1:{port}", made.outlet.homepage[:-1]
    now = datetime.now(UTC)
    items, lesson = [], []
    for number, one in enumerate(made.pages):
        url, body = one.url.replace(there, here), one.html_bytes.replace(there.encode(), here.encode())
        if number < MOST_PAGES:
            headers = (("content-type", one.content_type),)
            lesson.append(
                Page(requested_url=url, final_url=url, status=200, headers=headers, body=body, fetched_at=now, outlet=slug)
            )
            continue
        known[url.removeprefix(here).encode()] = _answer(body, one.content_type)
        items.append(f"<item><link>{escape(url)}</link><title>{escape(one.truth.title)}</title><guid>{escape(url)}</guid></item>")
    feed = (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{slug}</title>{''.join(items)}</channel></rss>"
    )
    known[b"/feed.xml"] = _answer(feed.encode(), "application/rss+xml")
    gentle = Politeness(delay_s=0.0, concurrency=CONCURRENCY, allow_private=True, max_pages=100_000)
    outlet = dataclasses.replace(
        made.outlet, homepage=f"{here}/", domains=(f"127.0.0.1:{port}",), politeness=gentle,
        sources=(Source(kind=SourceKind.FEED, url=f"{here}/feed.xml"),),
    )  # fmt: skip
    return outlet, lesson


# -- the crawl ---------------------------------------------------------------------------------------------------------
def crawl(folder: Path, stands: list[tuple[Outlet, list[Page]]], *, known: bool, profile: str | None) -> dict[str, float]:
    """One crawl into a new store; what the child measured, with what came of it."""
    url = f"sqlite:///{folder / 'depesza.sqlite'}"
    database = open_database(url)
    now = datetime.now(UTC)
    with database.write() as connection:
        for outlet, lesson in stands:
            if known:
                found = learn_pages(lesson, outlet, load_agencies([outlet]), now, 1)
                assert found.template is not None, f"{outlet.slug}: {found.reason}"
                templates.save_template(connection, found.template)
                templates.save_standing(connection, outlet.slug, Standing(seen=YOUNG_PAGES), now)
            else:
                lately = Standing(failed=MOST_FAILED, fresh=-100_000, why="measured without a template")
                templates.save_standing(connection, outlet.slug, lately, now)
    plan = CrawlPlan(
        run_id="measured", store_url=url, data_dir=folder, report_path=folder / "report.json",
        outlets=tuple(outlet for outlet, _ in stands), user_agent="Depesza/measure", contact="measure@example.org",
        owner="measure", workers=2,
    )  # fmt: skip
    (folder / "plan.json").write_bytes(TypeAdapter(CrawlPlan).dump_json(plan))
    command = [sys.executable, "-m", "tests.crawler.measure_crawl", "--child", str(folder / "plan.json")]
    done = subprocess.run(
        [*command, *(["--profile", profile] if profile else [])],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.partition(REPORT)[2])
    report = TypeAdapter(RunReport).validate_json(plan.report_path.read_bytes())
    outcomes = sum((one.outcomes.get(Outcome.NEW, 0) for one in report.outlets), 0)
    pages = sum(one.pages_fetched for one in report.outlets)
    with database.read() as connection:
        filed, waiting = articles.count_articles(connection), outbox.count_outbox(connection)
        standings = [templates.read_standing(connection, outlet.slug) for outlet, _ in stands]
    database.close()
    assert report.finished and outcomes == filed == waiting, (report, outcomes, filed, waiting)
    fits = sum(one.seen - one.misses - YOUNG_PAGES for one in standings) if known else 0
    return measured | {"pages": pages, "new": outcomes, "fits": fits, "canaries": sum(one.canaries for one in standings)}


def child(plan: str, profile: str | None) -> None:
    """The crawl's process: `crawler.run` with clocks beside it."""
    from crawler import run
    from crawler.spiders import ledger
    from crawler.workers import PagePool

    with PagePool(2) as pool:
        futures.wait([pool.submit(time.sleep, 0.5) for _ in range(2)])
    idle = _cpu_of_children()
    clock = {"filing": 0.0}
    do = ledger.Ledger._in

    def timed(transaction: Callable[[], object], work: Callable[[Any], Any]) -> Any:
        began = time.thread_time()
        try:
            return do(transaction, work)
        finally:
            clock["filing"] += time.thread_time() - began

    ledger.Ledger._in = staticmethod(timed)  # type: ignore[method-assign]  # a clock around the store's thread
    engine = run.run_engine

    def started(*arguments: Any, **more: Any) -> None:
        clock.update(start=time.process_time(), began=time.monotonic())
        engine(*arguments, **more)
        clock.update(wall=time.monotonic() - clock["began"], own=time.process_time() - clock["start"])

    run.run_engine = started
    if profile:
        _profile_threads(profile)
    code = run.main([plan])
    if profile:
        _write_profile(profile)
    assert code == 0, code
    figures = {
        "wall": clock["wall"], "start": clock["start"], "filing": clock["filing"], "fetching": clock["own"] - clock["filing"],
        "workers": _cpu_of_children() - 2 * idle, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
    sys.stdout.write(REPORT + json.dumps(figures))
    sys.stdout.flush()


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _profile_threads(name: str) -> None:
    """cProfile for the loop's thread and for the store's, each into a file."""
    import cProfile

    global _profiles
    _profiles = {"loop": cProfile.Profile()}
    from crawler.spiders import ledger

    do = ledger.Ledger._in
    store = cProfile.Profile()
    _profiles["store"] = store

    def profiled(transaction: Callable[[], object], work: Callable[[Any], Any]) -> Any:
        return store.runcall(do, transaction, work)

    if name.startswith("store"):
        ledger.Ledger._in = staticmethod(profiled)  # type: ignore[method-assign]  # as above
    else:
        _profiles["loop"].enable()


def _write_profile(name: str) -> None:
    for kind, one in _profiles.items():
        if name.startswith(kind):
            one.disable()
            one.dump_stats(name)


_profiles: dict[str, Any] = {}


# -- the table ---------------------------------------------------------------------------------------------------------
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=40, help="pages an outlet in the crawl without templates")
    parser.add_argument("--known", type=int, default=150, help="pages an outlet in the crawl with templates")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--profile", help="loopFILE or storeFILE: a cProfile of that thread")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.profile)
        return
    rates: dict[bool, list[float]] = {False: [], True: []}
    print(
        f"{'':12}{'pages':>7}{'new':>7}{'fit':>7}{'canaries':>9}{'s':>7}{'pages/s':>9}   CPU ms a page: {'workers':>8}{'fetching':>9}{'filing':>8}{'sum':>7}{'MB':>6}"
    )
    for _ in range(options.rounds):
        for known, pages in ((False, options.first), (True, options.known)):
            if not pages:
                continue
            found = _measure(pages, known=known, profile=options.profile)
            rates[known].append(found["pages"] / found["wall"])
            _print("known" if known else "first sight", found)
    if rates[True] and rates[False]:
        best = [sorted(rates[kind])[len(rates[kind]) // 2] for kind in (True, False)]
        print(f"\nknown outlets: {best[0] / best[1]:.2f} times first sight (medians of {options.rounds} rounds)")


def _measure(pages: int, *, known: bool, profile: str | None) -> dict[str, float]:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("fork").Process(target=serve, args=(pages, theirs), daemon=True)
    server.start()
    try:
        stands = ours.recv()
        with tempfile.TemporaryDirectory() as folder:
            return crawl(Path(folder), stands, known=known, profile=profile)
    finally:
        server.terminate()
        server.join()


def _print(name: str, found: dict[str, float]) -> None:
    pages = found["pages"]
    parts = {part: 1000 * found[part] / pages for part in ("workers", "fetching", "filing")}
    print(
        f"{name:12}{pages:>7.0f}{found['new']:>7.0f}{found['fits']:>7.0f}{found['canaries']:>9.0f}{found['wall']:>7.1f}"
        f"{pages / found['wall']:>9.1f}{'':18}{parts['workers']:>8.2f}{parts['fetching']:>9.2f}{parts['filing']:>8.2f}"
        f"{sum(parts.values()):>7.2f}{found['megabytes']:>6.0f}", flush=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
