"""Figures for indexer/api/README.md, not a test: `python tests/indexer/measure_serve.py 100000 [--data FOLDER]` (articles).

A store and an embedded index of made-up articles (words as in measure_index.py, stories of three, one article a minute), served
by `depesza serve` in a process of its own. First 40 requests a second at fixed times, whatever the answers take (so that a slow
answer makes the next one late too, as for people), for the search page, the API and a feed; a hundred queries in turn, which are
answered from memory where that is kept (`indexer.kept_answers`), and the page also with none asked before. Then the
ceiling: `wrk` with eight connections, or without it eight of our own. `--data` keeps the store and the index for the next time.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from crawler.model.article import Article, PublishedFrom, article_id  # noqa: E402 - the path comes first
from crawler.model.outlet import Outlet  # noqa: E402 - as above
from crawler.store.articles import Visit, insert_article  # noqa: E402 - as above
from crawler.store.database import Database, open_database  # noqa: E402 - as above
from crawler.store.outbox import put_in_outbox  # noqa: E402 - as above
from crawler.store.outlets import write_outlets  # noqa: E402 - as above
from crawler.store.schema import story, story_member  # noqa: E402 - as above
from indexer.engines.embedded import EmbeddedEngine  # noqa: E402 - as above
from indexer.push import Pushing, push_pending  # noqa: E402 - as above
from tests.indexer.measure_index import NOON, SHAPES, WORDS, Vocabulary, tell  # noqa: E402 - as above

RATE, SECONDS, CONNECTIONS = 40, 30, 8
QUERIES_A_SHAPE = 14
FRESH = 10_000
"""Queries that are asked once each, so that nothing is answered from memory: a hundred texts, each with a condition of its own."""
LUA = """
local paths = {%s}
local at = 0
request = function() at = at %% #paths + 1; return wrk.format("GET", paths[at]) end
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("articles", type=int, nargs="?", default=5_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    words = Vocabulary()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.data or Path(temporary)
        if not (folder / "depesza.sqlite").exists():
            fill(folder, asked.articles, words)
        with_served(folder, words)


def fill(folder: Path, count: int, words: Vocabulary) -> None:
    database, engine = open_database(f"sqlite:///{folder / 'depesza.sqlite'}"), EmbeddedEngine(folder / "index")
    began = time.perf_counter()
    with database.write() as connection:
        write_outlets(connection, [_outlet(number) for number in range(20)], NOON)
    for start in range(0, count, 5000):
        _file(database, list(_articles(range(start, min(count, start + 5000)), words)), start)
        tell(f"{start + 5000} filed, {time.perf_counter() - began:.0f} s")
    push_pending(database, engine, now=NOON, how=Pushing(progress=lambda done: tell(str(done)) if done % 10_000 == 0 else None))
    tell(f"pushed, {time.perf_counter() - began:.0f} s")
    engine.close()
    database.close()


def _file(database: Database, articles: list[Article], start: int) -> None:
    visit = Visit(at=NOON, source_updated_at=None, next_visit_at=None)
    stories: dict[str, list[Article]] = {}
    for number, one in enumerate(articles, start):
        stories.setdefault(f"{number // 3:016x}", []).append(one)
    with database.write() as connection:
        for one in articles:
            insert_article(connection, one, visit)
        known = set(connection.execute(story.select().with_only_columns(story.c.id)).scalars())
        connection.execute(
            story.insert(),
            [{"id": key, "origin_article_id": members[-1].id, "origin_reason": "first", "agency": None, "size": len(members),
              "updated_at": NOON, "first_published_at": members[-1].published_at, "first_seen_at": NOON}
             for key, members in stories.items() if key not in known],
        )  # fmt: skip
        connection.execute(
            story_member.insert(),
            [{"article_id": one.id, "story_id": key, "role": "verbatim", "similarity": 1.0, "containment": 1.0, "leader_containment": 1.0,
              "leader_ordinal": None} for key, members in stories.items() for one in members],
        )  # fmt: skip
        put_in_outbox(connection, {one.id: 1 for one in articles}, NOON)


def _articles(numbers: range, words: Vocabulary) -> Iterator[Article]:
    import random

    for number in numbers:
        drawn = random.Random(number).choices(words.words, cum_weights=words.weights, k=WORDS)
        if number % 10 == 0:
            drawn[50:52] = words.frequent(number // 10 % 20), words.frequent(number // 10 % 20 + 1)
        url, at = f"https://o{number % 20}.example/{number}", NOON - timedelta(minutes=number)
        yield Article(
            id=article_id(url), url=url, outlet=f"o{number % 20}", title=" ".join(drawn[:8]), text=" ".join(drawn), language="pl",
            published_at=at, published_from=PublishedFrom.PAGE, first_seen_at=at, content_sha256=f"{number:064x}", normalizer_version=1,
        )  # fmt: skip


def _outlet(number: int) -> Outlet:
    return Outlet(
        slug=f"o{number}", name=f"Outlet {number}", homepage=f"https://o{number}.example/", domains=(f"o{number}.example",),
        country="PL", languages=("pl",), timezone="Europe/Warsaw",
    )  # fmt: skip


def with_served(folder: Path, words: Vocabulary) -> None:
    environ = os.environ | {
        "DEPESZA_WEB_REQUESTS_PER_S": "100000",
        "DEPESZA_WEB_BURST": "1000000",
        "DEPESZA_WEB_TIME_LIMIT_S": "60",
    }
    command = [sys.executable, "-m", "scheduler.command", "--data-dir", str(folder), "serve", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        found = re.search(r":(\d+)/", said)
        assert found, said
        measure(int(found[1]), words, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def measure(port: int, words: Vocabulary, pid: int) -> None:
    requests = [shape.make(words, number) for number in range(QUERIES_A_SHAPE) for shape in SHAPES]
    asked = [{"q": one.text, "sort": one.sort.value} for one in requests]
    fresh = [
        {"q": f"{one.text} -outlet:none{number}", "sort": one.sort.value}
        for number, one in zip(range(FRESH), itertools.cycle(requests), strict=False)
    ]
    targets = {
        "search page, each query for the first time": [f"/?{urlencode(one)}" for one in fresh],
        "search page": [f"/?{urlencode(one)}" for one in asked],
        "API, facets and histogram": [f"/api/v1/search?{urlencode(one | {'facets': 'outlet,agency', 'histogram': 'auto'})}" for one in asked],
        "API, hits only": [f"/api/v1/search?{urlencode(one)}" for one in asked],
        "Atom feed": [f"/feed.atom?{urlencode({'q': one['q']})}" for one in asked],
    }  # fmt: skip
    print(
        f"| address | answers at {RATE}/s | p50 ms | p95 ms | largest kB | ceiling, requests/s | CPU s/s at {RATE}/s |\n|---|---|---|---|---|---|---|"
    )
    for name, paths in targets.items():
        asyncio.run(at_rate(port, paths[: 3 * RATE], 3))  # warm
        paths = paths[3 * RATE :] if len(paths) == FRESH else paths
        before, began = _cpu_s(pid), time.perf_counter()
        times, codes, size = asyncio.run(at_rate(port, paths, SECONDS))
        busy = (_cpu_s(pid) - before) / (time.perf_counter() - began)
        p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
        told = ", ".join(f"{codes.count(code)} × {code}" for code in sorted(set(codes)))
        print(
            f"| {name} | {told} | {statistics.median(times):.1f} | {p95:.1f} | {size / 1000:.0f} | {ceiling(port, paths[RATE * SECONDS :] or paths):.0f} | {busy:.2f} |",
            flush=True,
        )


async def at_rate(port: int, paths: list[str], seconds: int) -> tuple[list[float], list[int], int]:
    """Milliseconds from the moment a request was due to the end of its answer, status codes, bytes of the largest answer."""
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    times: list[float] = []
    codes: list[int] = []
    sizes = [0]

    async def ask(path: str, due: float) -> None:
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", port)
        code, size = await _get(reader, writer, path)
        times.append((time.perf_counter() - due) * 1000)
        codes.append(code)
        sizes.append(size)
        idle.append((reader, writer))

    began = time.perf_counter()
    tasks = []
    for number in range(RATE * seconds):
        due = began + number / RATE
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.ensure_future(ask(paths[number % len(paths)], due)))
    await asyncio.gather(*tasks)
    for _, writer in idle:
        writer.close()
    return times, codes, max(sizes)


async def _get(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> tuple[int, int]:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    if length := re.search(r"content-length: (\d+)", head, re.IGNORECASE):
        body = await reader.readexactly(int(length[1]))
    else:
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
    return int(head.split(" ", 2)[1]), len(body)


def ceiling(port: int, paths: list[str]) -> float:
    if wrk := shutil.which("wrk"):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(LUA % ", ".join(f'"{path}"' for path in paths))
            script.flush()
            command = [wrk, "-t1", f"-c{CONNECTIONS}", "-d15s", "-s", script.name, f"http://127.0.0.1:{port}/"]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = re.search(r"Requests/sec:\s+([\d.]+)", said)
        assert found, said
        if "Non-2xx" in said:
            tell(said)
        return float(found[1])
    return asyncio.run(_closed_loop(port, paths))


async def _closed_loop(port: int, paths: list[str]) -> float:
    done, end = 0, time.perf_counter() + 15

    async def go(first: int) -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        number = first
        while time.perf_counter() < end:
            await _get(reader, writer, paths[number % len(paths)])
            number, done = number + CONNECTIONS, done + 1
        writer.close()

    await asyncio.gather(*(go(number) for number in range(CONNECTIONS)))
    return done / 15


def _cpu_s(pid: int) -> float:
    """Processor time of a process, user and system (Linux)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
