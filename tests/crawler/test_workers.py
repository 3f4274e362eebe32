"""The pool of workers: limits that hold, workers that are replaced, no page lost (faults F20, F22)."""

from __future__ import annotations

import operator
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.errors import NormalizeError
from crawler.model.article import Article
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.normalize.chain import normalize
from crawler.normalize.parsing import parse_html, visible_text
from crawler.outlets.agencies import Agencies, load_agencies
from crawler.workers import PagePool, Shared

NOW = datetime(2026, 11, 3, tzinfo=UTC)
OUTLET = Outlet(
    slug="echo",
    name="Echo",
    homepage="https://echo.example/",
    domains=("echo.example",),
    country="PL",
    languages=("pl",),
    timezone="Europe/Warsaw",
)
SENTENCE = "Rzecznik poinformował, że most będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta. "
LIMIT_S = 10.0


@pytest.fixture(scope="module")
def agencies() -> Agencies:
    return load_agencies()


@pytest.fixture(scope="module")
def pool() -> Iterator[PagePool]:
    with PagePool(1, time_limit_s=LIMIT_S, memory_limit_bytes=512 << 20) as pool:
        yield pool


def page(html: str) -> Page:
    url = "https://echo.example/wiadomosci/most"
    return Page(
        requested_url=url, final_url=url, status=200, body=html.encode("utf-8", "surrogatepass"), fetched_at=NOW, outlet="echo"
    )


def outcome(pool: PagePool, html: str, agencies: Agencies) -> Article | NormalizeError:
    try:
        return pool.submit(normalize, page(html), OUTLET, agencies, NOW).result(timeout=60)
    except NormalizeError as error:
        return error


HOSTILE = {
    "10 MB in one line": lambda: f"<html><body><p>{SENTENCE * 100_000}</p></body></html>",
    "10 MB of divs in one line": lambda: f"<html><body><article>{f'<div>{SENTENCE}</div>' * 90_000}</article></body></html>",
    "10 MB of opening brackets": lambda: "<html><body>" + "<" * 10_000_000,
    "50,000 nested tags": lambda: f"<html><body>{'<div>' * 50_000}{SENTENCE}{'</div>' * 50_000}</body></html>",
    "50,000 nested spans without an end": lambda: f"<html><body>{'<span>' * 50_000}{SENTENCE}</body></html>",
    "a million attributes": lambda: (
        f"<html><body><p {' '.join(f'a{number}=1' for number in range(1_000_000))}>{SENTENCE * 5}</p></body></html>"
    ),
    "lists nested 100,000 deep in JSON-LD": lambda: (
        f'<html><script type="application/ld+json">{"[" * 100_000}</script><p>{SENTENCE * 5}</p></html>'
    ),
}


KILLED = ("10 MB of divs in one line", "a million attributes")
"""Those that go over the limit, which must leave an ordinary page room on a loaded machine: they cost all of it."""


@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.slow) if one in KILLED else one for one in HOSTILE])
def test_f20_a_hostile_page_ends_within_the_limit_as_an_article_or_a_reason(
    name: str, pool: PagePool, agencies: Agencies
) -> None:
    started = time.monotonic()
    found = outcome(pool, HOSTILE[name](), agencies)
    assert time.monotonic() - started < LIMIT_S + 40
    assert isinstance(found, Article) or found.kind in ("no text", "broken")
    again = outcome(pool, f"<html><body><h1>Most zamknięty</h1><article><p>{SENTENCE * 4}</p></article></body></html>", agencies)
    assert isinstance(again, Article)


@pytest.mark.parametrize("tag", ["div", "b"])
@pytest.mark.parametrize("deep", [255, 300, 900])
def test_f20_text_below_hundreds_of_nested_elements_is_read(tag: str, deep: int, agencies: Agencies) -> None:
    inside = f"{f'<{tag}>' * deep}{SENTENCE * 4}{f'</{tag}>' * deep}"
    html = f"<html><body><h1>Most zamknięty</h1><article><p>{SENTENCE * 3}</p>{inside}<p>Tyle na dziś z budowy.</p></article></body></html>"
    tree = parse_html(html)
    assert visible_text(tree).count("Rzecznik") == 7
    if deep < 900:  # the whole chain at 900 costs seconds: the test of outcomes has deeper ones
        assert normalize(page(html), OUTLET, agencies, NOW).text.count("Rzecznik") == 7


@pytest.mark.parametrize("deep", [1001, 2047, 2048, 50_000])
def test_f20_a_page_nested_beyond_the_limit_is_broken_and_never_half_read(deep: int) -> None:
    with pytest.raises(NormalizeError, match="1000 elements nested") as refused:
        parse_html(f"<html><body><p>{SENTENCE * 5}</p>{'<div>' * deep}{SENTENCE}{'</div>' * deep}<p>{SENTENCE}</p></body></html>")
    assert refused.value.kind == "broken"


def test_f20_a_page_that_takes_too_long_is_killed_and_its_worker_replaced() -> None:
    with PagePool(1, time_limit_s=1.0) as pool:
        before = pool.submit(os.getpid).result(timeout=60)
        with pytest.raises(NormalizeError, match="took longer than 1 s") as stopped:
            pool.submit(time.sleep, 60).result(timeout=30)
        assert stopped.value.kind == "broken"
        after = pool.submit(os.getpid).result(timeout=60)
        assert (after,) == pool.pids() and after != before


def test_f20_a_page_that_eats_memory_ends_with_the_limit_in_the_reason(pool: PagePool) -> None:
    with pytest.raises(NormalizeError, match="needed more than 512 MB"):
        pool.submit(bytes, 2 << 30).result(timeout=30)


def test_f20_a_worker_that_crashes_says_how_and_the_next_page_goes_on(pool: PagePool) -> None:
    with pytest.raises(NormalizeError, match="SIGSEGV"):
        pool.submit(signal.raise_signal, signal.SIGSEGV).result(timeout=30)
    with pytest.raises(NormalizeError, match="exit code 3"):
        pool.submit(os._exit, 3).result(timeout=30)
    assert pool.submit(len, "abc").result(timeout=30) == 3


def test_f20_a_worker_killed_while_idle_loses_no_page(pool: PagePool) -> None:
    pid = pool.submit(os.getpid).result(timeout=30)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert pool.submit(len, "abcd").result(timeout=30) == 4


def test_f20_no_page_is_lost_when_workers_die_all_the_time() -> None:
    with PagePool(2, time_limit_s=1.0) as pool:
        calls = [pool.submit(os._exit, 1) if number % 7 == 3 else pool.submit(abs, -number) for number in range(30)]
        answers = [call.exception(timeout=60) or call.result() for call in calls]
    assert len(answers) == 30
    for number, answer in enumerate(answers):
        if number % 7 == 3:
            assert isinstance(answer, NormalizeError)
        else:
            assert answer == number


def test_f20_a_new_worker_has_loaded_everything_before_its_first_page_so_that_no_sound_page_pays_for_it() -> None:
    with PagePool(1) as fresh:
        loaded = fresh.submit(
            eval, "__import__('crawler.normalize.language').normalize.language._identifier.cache_info().currsize"
        )
        assert loaded.result(timeout=60) == 1
        modules = fresh.submit(eval, "{'trafilatura.core', 'htmldate.core'} <= set(__import__('sys').modules)")
        assert modules.result(timeout=60)


def test_an_error_of_the_function_arrives_as_it_was_raised(pool: PagePool) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "ten").result(timeout=30)
    error = outcome(pool, "", {})  # type: ignore[arg-type]  # never looked at: the page is empty
    assert isinstance(error, NormalizeError)
    assert error.kind == "no text"


def test_a_closed_pool_takes_no_pages_and_ends_its_workers() -> None:
    pool = PagePool(1)
    waiting = pool.submit(len, "ab")
    pool.close()
    pool.close()
    assert waiting.result(timeout=1) == 2
    assert pool.pids() == ()
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(len, "ab")


def test_a_killed_pool_gives_every_page_an_answer_at_once() -> None:
    pool = PagePool(1, time_limit_s=30)
    pool.submit(len, "warm").result(timeout=30)
    calls = [pool.submit(time.sleep, 20) for _ in range(3)]
    started = time.monotonic()
    pool.kill()
    assert time.monotonic() - started < 15
    assert all(isinstance(call.exception(timeout=1), NormalizeError) for call in calls)


def test_a_pool_refuses_limits_of_nothing() -> None:
    for size, seconds in ((0, 1.0), (1, 0.0)):
        with pytest.raises(ValueError, match="at least one worker"):
            PagePool(size, seconds)


def test_a_worker_imports_no_scrapy(pool: PagePool) -> None:
    assert (
        pool.submit(eval, "'scrapy' in __import__('sys').modules or 'twisted' in __import__('sys').modules").result(timeout=30)
        is False
    )


def test_a_worker_ends_when_its_parent_is_killed() -> None:
    code = (
        "import os, sys, time\nfrom crawler.workers import PagePool\npool = PagePool(1, time_limit_s=1)\n"
        "print(pool.submit(os.getpid).result(), flush=True)\npool.submit(time.sleep, 60)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and alive(worker):
        time.sleep(0.2)
    assert not alive(worker)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    "dirt",
    [
        "\x00",
        "\x1b[31mred\x1b[0m",
        "\ud800",
        "&#xD800;",
        "\uffff",
        "\u202e",
        "\u200b",
        "a" + "\u0301" * 100_000,
        "&#0;",
        "\x85\x9f",
    ],
    ids=[
        "NUL",
        "terminal escape",
        "surrogate",
        "surrogate reference",
        "noncharacter",
        "override",
        "zero width",
        "marks",
        "NUL reference",
        "C1",
    ],
)
def test_f22_dirt_in_a_page_never_reaches_the_article(dirt: str, pool: PagePool, agencies: Agencies) -> None:
    found = outcome(
        pool,
        f"<html><head><title>Most{dirt} zamknięty</title></head><body><h1>Most{dirt} zamknięty</h1><article><p>{SENTENCE}{dirt}{SENTENCE * 3}</p></article></body></html>",
        agencies,
    )
    assert isinstance(found, Article)
    for text in (found.title, found.text):
        text.encode("utf-8")
        assert not any(char in text for char in "\x00\x1b\ud800\uffff\u202e\u200b\x85\x9f")
        assert "\u0301" * 9 not in text


def test_a_shared_value_goes_to_a_worker_once_and_to_its_successor_again(pool: PagePool) -> None:
    shared = Shared(("kurier", 7))
    assert [pool.submit(operator.getitem, shared, place).result(timeout=60) for place in (0, 1, 0)] == ["kurier", 7, "kurier"]
    with pytest.raises(NormalizeError):
        pool.submit(os._exit, 3).result(timeout=30)
    assert pool.submit(operator.getitem, shared, 1).result(timeout=60) == 7
    assert pool.submit(max, Shared(3), shared.value[1], Shared(5)).result(timeout=60) == 7


_KEPT: list[bytearray] = []


def keep_memory(megabytes: int) -> int:
    _KEPT.append(bytearray(b"x") * (megabytes << 20))
    return os.getpid()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells what another process holds")
def test_f20_a_worker_that_a_page_left_swollen_is_replaced_before_the_next(pool: PagePool) -> None:
    small = [pool.submit(keep_memory, 1).result(timeout=60) for _ in range(2)]
    swollen = pool.submit(keep_memory, 350).result(timeout=60)
    assert small == [swollen, swollen]
    assert pool.submit(keep_memory, 1).result(timeout=60) != swollen
