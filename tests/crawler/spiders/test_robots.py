"""robots.txt by RFC 9309, without a network."""

from __future__ import annotations

import asyncio

import pytest

from crawler.spiders.robots import MAX_ROBOTS_BYTES, Robots, RobotsAnswer, interpret, product_token

RULES = "User-agent: *\nDisallow: /private\nCrawl-delay: 7\n\nUser-agent: Depesza\nDisallow: /wire/\nCrawl-delay: 3"


class Kept:
    """Copies with their age in seconds."""

    def __init__(self, body: str | None = None, age_s: float = 0.0) -> None:
        self.body, self.age_s = body, age_s

    async def read(self, origin: str, max_age_s: float) -> str | None:
        return self.body if self.body is not None and self.age_s <= max_age_s else None

    async def keep(self, origin: str, body: str) -> None:
        self.body, self.age_s = body, 0.0


def why_not(answer: RobotsAnswer, path: str, kept: Kept | None = None, product: str = "Depesza") -> str | None:
    async def ask(url: str) -> RobotsAnswer:
        assert url == "https://kurier.example/robots.txt"
        return answer

    async def find() -> str | None:
        rules = await Robots(ask, kept or Kept(), product).rules("https://kurier.example")
        return rules.why_not(f"https://kurier.example{path}")

    return asyncio.run(find())


def test_f24_our_own_group_holds_and_not_the_one_for_everybody() -> None:
    answer = RobotsAnswer(200, RULES.encode())
    assert why_not(answer, "/wire/1") == "robots.txt forbids it"
    assert why_not(answer, "/private/1") is None
    assert why_not(answer, "/private/1", product="Other") is not None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 310])
def test_f24_a_missing_robots_txt_opens_everything(status: int) -> None:
    assert why_not(RobotsAnswer(status, b"Disallow: /"), "/a") is None


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504])
def test_f24_an_unreachable_robots_txt_closes_everything_for_this_run(status: int) -> None:
    assert "RFC 9309" in (why_not(RobotsAnswer(status, b""), "/a") or "")


def test_f24_the_last_good_copy_helps_for_a_day_and_no_longer() -> None:
    down = RobotsAnswer(503, b"")
    assert why_not(down, "/wire/1", Kept(RULES, 23 * 3600)) == "robots.txt forbids it"
    assert why_not(down, "/open", Kept(RULES, 23 * 3600)) is None
    assert why_not(down, "/open", Kept(RULES, 25 * 3600)) is not None


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + RULES.encode(), RULES.replace("\n", "\r\n").encode(), RULES.replace("\n", "\r").encode(),
        b"\x00\xff\xfe junk\n" + RULES.encode(), RULES.encode() + b"\n" + b"# fill\n" * 20_000_000,
    ],
    ids=["byte order mark", "windows line ends", "old mac line ends", "binary junk first", "140 MB"],
)  # fmt: skip
def test_f24_odd_files_are_read_as_far_as_they_go(body: bytes) -> None:
    assert why_not(RobotsAnswer(200, body), "/wire/1") == "robots.txt forbids it"


def test_f24_an_html_page_as_robots_txt_forbids_nothing() -> None:
    assert why_not(RobotsAnswer(200, b"<!doctype html><title>Front</title><p>Disallow: everything you like"), "/a") is None


def test_f24_no_more_than_512_kib_are_read() -> None:
    text, closed = interpret(RobotsAnswer(200, b"#" * MAX_ROBOTS_BYTES + b"\nUser-agent: *\nDisallow: /"))
    assert closed is None and text is not None and "Disallow" not in text


def test_f24_each_file_is_asked_for_once_a_run_and_a_fresh_copy_not_at_all() -> None:
    asked: list[str] = []

    async def ask(url: str) -> RobotsAnswer:
        asked.append(url)
        await asyncio.sleep(0.01)
        return RobotsAnswer(200, b"")

    async def many(kept: Kept) -> None:
        robots = Robots(ask, kept, "Depesza")
        await asyncio.gather(*(robots.rules("https://kurier.example") for _ in range(5)))

    asyncio.run(many(Kept()))
    assert len(asked) == 1
    asyncio.run(many(Kept("", 60.0)))
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("agent", "token"), [("Depesza/1.0 (+x@example.org)", "Depesza"), ("my-bot", "my-bot"), ("(odd)", "Depesza")]
)
def test_the_name_searched_for_is_the_product_token(agent: str, token: str) -> None:
    assert product_token(agent) == token
