"""SAFETY F1 from the outside: crawling goes on while Elasticsearch is down, and what waited is found when it is back."""

from __future__ import annotations

import json

import pytest

from tests.indexer.faulty_proxy import faulty_proxy
from tests.scheduler.conftest import SmallOutlet

pytestmark = [pytest.mark.elasticsearch, pytest.mark.timeout(180)]


def test_f01_a_crawl_goes_on_while_the_server_is_down_and_a_later_push_drains_the_outbox(
    small_outlet: SmallOutlet, elasticsearch_url: str, elasticsearch_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty_proxy(elasticsearch_url) as proxy:
        for name, value in {"ENGINE": "elasticsearch", "URL": proxy.url, "INDEX": elasticsearch_index}.items():
            monkeypatch.setenv(f"DEPESZA_INDEXER_{name}", value)
        proxy.down()
        crawled = small_outlet.run("crawl", "jodlowo", "--json")
        assert crawled.exit_code == 0, crawled.stderr
        assert json.loads(crawled.stdout)["run"]["outlets"][0]["outcomes"] == {"new": 3}
        assert "wait in the outbox" in crawled.stderr
        pushed = small_outlet.run("index", "push")
        assert pushed.exit_code == 3
        assert "Elasticsearch" in pushed.stderr
        assert json.loads(small_outlet.run("status", "--json").stdout)["outbox"] == 3
        proxy.up()
        pushed = small_outlet.run("index", "push")
        assert pushed.exit_code == 0, pushed.stderr
        assert "3 documents written" in pushed.stdout
        assert json.loads(small_outlet.run("search", "przetarg", "--all-copies", "--json").stdout)["total"] == 3
        assert json.loads(small_outlet.run("status", "--json").stdout)["outbox"] == 0
