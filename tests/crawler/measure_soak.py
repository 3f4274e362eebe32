"""A soak: thousands of pages through the pool of workers, hostile ones among them. Is each worker's memory flat, is no page lost?

    .venv/bin/python -m tests.crawler.measure_soak [--pages 20000] [--workers 2] [--hostile 400]      (the whole run: make bench)

Pages of `tests/themes`, read as known outlets (a template learned from the first five pages) with canaries; every `--hostile`th is
one of three that cost more than a page may: they must end as NormalizeError("broken"), and their worker must be replaced. Prints a
table and ends with code 1 when a page is lost, a hostile page passes or a worker's memory grows. No test; needs Linux (/proc).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from crawler.errors import NormalizeError
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.model.template import Template
from crawler.normalize.chain import article_of, read_draft
from crawler.normalize.draft import Setting
from crawler.normalize.template.check import LEAST_PAGES, is_canary
from crawler.normalize.template.lesson import learn_pages
from crawler.outlets.agencies import Agencies, load_agencies
from crawler.workers import PagePool
from tests.crawler.measure_templates import NOW, page_of
from tests.themes import OUTLETS, make_outlet

TIME_LIMIT_S, MEMORY_LIMIT = 10.0, 512 << 20
"""A page's limits here: the crawl's time; half its memory, so that a leak would show as a refusal too."""
AHEAD = 8
"""Pages submitted per worker and not yet done: a crawl does not read its whole web into memory either."""
SETTLED = 200
"""Pages after which a worker has met every outlet: its caches are full, and memory is compared from here on."""
MOST_GROWTH = 0.10
"""Of a worker's memory between that page and its last: more is a leak."""
SENTENCE = "The ferry was late again, said the harbour master, and nobody on the pier was surprised by it. "
HOSTILE = {
    "killed: time": lambda: f"<html><body><article>{f'<div>{SENTENCE}</div>' * 240_000}</article></body></html>",
    "killed: attributes": lambda: (
        f"<html><body><p {' '.join(f'a{n}=1' for n in range(1_000_000))}>{SENTENCE * 5}</p></body></html>"
    ),
    "refused: nested": lambda: f"<html><body>{'<div>' * 50_000}{SENTENCE}</body></html>",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A page and all that is needed to read it; `hostile`: the kind of trouble, "" for a sound page."""

    page: Page
    outlet: Outlet
    template: Template | None
    hostile: str = ""


@dataclass(slots=True)
class Seen:
    """What became of the run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    memory: dict[int, list[int]] = field(default_factory=dict)
    """Worker's process id -> resident kilobytes after each page."""
    wrong: list[str] = field(default_factory=list)


def read_one(task: Task, agencies: Agencies) -> tuple[int, int, int]:
    """In a worker: (process id, resident kB afterwards, characters of the text)."""
    canary = task.template is not None and is_canary(task.page.final_url, 10_000, ())
    draft = read_draft(task.page, Setting(task.outlet, agencies, NOW, task.template, canary))
    article = article_of(draft, task.outlet)
    resident = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return os.getpid(), resident, len(article.text)


def tasks(number: int, every: int) -> Iterator[Task]:
    """Sound pages of all theme outlets in turn, a hostile one after every `every`."""
    sound: list[Task] = []
    for slug in sorted(OUTLETS):
        outlet = make_outlet(slug, pages=20)
        pages = [page_of(one, outlet) for one in outlet.pages]
        found = learn_pages(pages[:LEAST_PAGES], outlet.outlet, load_agencies([outlet.outlet]), NOW, 1)
        sound += [Task(page, outlet.outlet, found.template) for page in pages[LEAST_PAGES:]]
    sound = [task for group in range(15) for task in sound[group::15]]  # outlets mixed, as in a crawl
    hostile = cycle([_hostile(kind, make(), sound[0].outlet) for kind, make in HOSTILE.items()])
    for place, task in enumerate(islice(cycle(sound), number), 1):
        yield next(hostile) if place % every == 0 else task


def _hostile(kind: str, html: str, outlet: Outlet) -> Task:
    url = f"https://{outlet.domains[0]}/hostile/{kind.split()[-1]}"
    when = datetime(2026, 11, 1, tzinfo=UTC)
    body = html.encode()
    return Task(
        Page(requested_url=url, final_url=url, status=200, body=body, fetched_at=when, outlet=outlet.slug), outlet, None, kind
    )


def soak(pool: PagePool, work: Iterator[Task], agencies: Agencies) -> Seen:
    """Every page through the pool, a few ahead; each answer noted."""
    seen = Seen()
    under_way: dict[Future[tuple[int, int, int]], Task] = {}
    for task in work:
        under_way[pool.submit(read_one, task, agencies)] = task
        if len(under_way) >= AHEAD * len(pool):
            _note(under_way, seen)
    while under_way:
        _note(under_way, seen)
    return seen


def _note(under_way: dict[Future[tuple[int, int, int]], Task], seen: Seen) -> None:
    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
    for future in done:
        task = under_way.pop(future)
        try:
            pid, resident, _ = future.result()
        except NormalizeError as error:
            outcome = f"{error.kind}: {task.hostile or 'sound'}"
            if not task.hostile or error.kind != "broken":
                seen.wrong.append(f"{task.page.final_url}: {error.kind}: {error}")
        else:
            outcome = f"article: {task.hostile or 'sound'}"
            seen.memory.setdefault(pid, []).append(resident)
            if task.hostile:
                seen.wrong.append(f"{task.page.final_url}: passed")
        seen.outcomes[outcome] += 1


def report(seen: Seen, asked: int, seconds: float) -> list[str]:
    """Print the table; the reasons why the run failed."""
    done = seen.outcomes.total()
    print(
        f"{done} of {asked} pages answered in {seconds:.0f} s, {done / seconds:.1f} pages/s; {len(seen.memory)} workers in turn\n"
    )
    for outcome, number in sorted(seen.outcomes.items()):
        print(f"  {outcome:32}{number:>7}")
    print(f"\n  {'worker':>8}{'pages':>8}{'MB at page ' + str(SETTLED):>18}{'MB at the end':>16}{'most':>8}{'growth':>9}")
    failed = list(seen.wrong[:10])
    for pid, sizes in seen.memory.items():
        begin = _middle(sizes[SETTLED : SETTLED + 50])
        end = _middle(sizes[-50:])
        growth = (end - begin) / begin if len(sizes) >= 2 * SETTLED else 0.0
        print(f"  {pid:>8}{len(sizes):>8}{begin / 1024:>18.0f}{end / 1024:>16.0f}{max(sizes) / 1024:>8.0f}{100 * growth:>8.1f}%")
        if growth > MOST_GROWTH:
            failed.append(f"worker {pid} grew by {100 * growth:.0f} %")
    if done != asked:
        failed.append(f"{asked - done} pages were lost")
    return failed


def _middle(sizes: Sequence[int]) -> int:
    return sorted(sizes)[len(sizes) // 2] if sizes else 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--hostile", type=int, default=400, help="every so many pages a hostile one")
    options = parser.parse_args()
    work = tasks(options.pages, options.hostile)
    agencies = load_agencies()
    with PagePool(options.workers, TIME_LIMIT_S, MEMORY_LIMIT) as pool:
        started = time.monotonic()
        seen = soak(pool, work, agencies)
        seconds = time.monotonic() - started
    failed = report(seen, options.pages, seconds)
    for reason in failed:
        print(f"FAILED: {reason}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    from tests.crawler import measure_soak  # a worker finds functions by their module's name, and "__main__" is another one there

    measure_soak.main()
