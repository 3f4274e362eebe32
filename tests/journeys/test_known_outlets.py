"""A crawl learns the outlets it meets, the next one uses what was learned, and the commands show it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crawler.store import articles, templates
from scheduler.command import app
from scheduler.demo.server import DemoServer
from tests.journeys.newsroom import Newsroom

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def server() -> Iterator[DemoServer]:
    with DemoServer() as running:
        yield running


def test_a_second_crawl_reads_by_what_the_first_one_taught(server: DemoServer, tmp_path: Path) -> None:
    newsroom = Newsroom(server, tmp_path)
    newsroom.with_revisits("1s", "24h")
    newsroom.crawl()
    with newsroom.open().read() as connection:
        known = templates.read_templates(connection)
        texts = {slug: article_texts(connection, slug) for slug in known}
    assert known, "the demo has outlets of five pages and more"
    server.advance()
    newsroom.crawl()
    with newsroom.open().read() as connection:
        fared = {slug: (templates.read_standing(connection, slug), templates.read_versions(connection, slug)) for slug in known}
        # a version that has seen as many pages as it was learned from is learned anew, and its standing with it
        assert any(standing.seen > 0 or len(versions) > 1 for standing, versions in fared.values())
        assert sum(standing.misses for standing, _ in fared.values()) == 0, fared
        assert {one.retired_why for _, versions in fared.values() for one in versions} <= {None, templates.LEARNED_ANEW}
        for slug, before in texts.items():
            after = article_texts(connection, slug)
            kept = sum(after[url] == text for url, text in before.items())
            assert kept >= len(before) - 2, slug  # the demo changes an article or two of an outlet
    check_commands(tmp_path, next(iter(known)))


def check_commands(data_dir: Path, slug: str) -> None:
    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["--data-dir", str(data_dir), "outlets", *words])
        return result.exit_code, result.output

    code, shown = run("template", slug)
    assert code == 0
    assert "the body stands in" in shown
    code, shown = run("learn", slug)
    assert code == 0
    assert "version" in shown
    assert run("template", slug, "--json")[0] == 0
    assert run("template", slug, "--forget")[0] == 0
    code, shown = run("template", slug)
    assert code == 1
    assert "no template" in shown


def article_texts(connection: object, slug: str) -> dict[str, str]:
    """Address -> text of an outlet's articles."""
    import sqlalchemy as sa

    from crawler.store.schema import article

    assert isinstance(connection, sa.Connection)
    rows = connection.execute(sa.select(article.c.id).where(article.c.outlet == slug)).scalars()
    return {one.url: one.text for one in articles.read_articles(connection, list(rows))}
