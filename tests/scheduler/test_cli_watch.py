"""What a person types about watches: added, listed, tested, paused, removed; a text of one's own is watched too. A real webhook hears it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from crawler.config import find_locations, store_url
from crawler.filing import file_article
from crawler.model.page import Page
from crawler.store.database import open_database
from scheduler.command import app
from tests.indexer.watches.webhook import Webhook, serving

RELEASE = (
    "Spółka Wodna z Zawady otworzy wiosną nową przepompownię, która osuszy łąki po obu stronach rzeki i ochroni trzy wsie przed powodzią. "
    "Budowa kosztowała jedenaście milionów złotych, z czego połowę zapłaciło województwo, a resztę mieszkańcy w składkach przez osiem lat. "
    "Prezes zapowiada, że pompy ruszą w drugim tygodniu marca, gdy tylko inspektorzy skończą próby wałów i odbiorą ostatni odcinek kanału."
)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with serving() as hook:
        yield hook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "depesza.toml").write_text('[watches]\nallow_hosts = ["127.0.0.1"]\n', encoding="utf-8")
    return tmp_path


def depesza(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["--data-dir", str(folder), *words])


def file(folder: Path, make_article: Any, number: int, title: str, text: str) -> None:
    now = datetime.now(UTC)
    one = make_article(f"https://kresy.example/{number}", text, title=title, published_at=now, first_seen_at=now)
    database = open_database(store_url(find_locations(folder, None, {})))
    with database.write() as connection:
        file_article(connection, one, Page(requested_url=one.url, final_url=one.url, status=200, fetched_at=now, outlet="kresy"))
    database.close()


def test_a_watch_lives_through_its_commands(folder: Path, make_article: Any, webhook: Webhook) -> None:
    assert depesza(folder, "watch", "list").exit_code == 0
    added = depesza(folder, "watch", "add", "Pumps", "przepompownia", "--to", webhook.url, "--json")
    assert added.exit_code == 0 and json.loads(added.stdout)["query"] == "przepompownia" and "secret=" not in added.stdout
    assert depesza(folder, "watch", "add", "Pumps", "inna", "--to", webhook.url).exit_code == 2
    assert depesza(folder, "watch", "test", "Pumps").exit_code == 0 and webhook.bodies.pop()["is_test"]
    file(folder, make_article, 1, "Nowa przepompownia w Zawadzie", "Łąki będą suche, mówi prezes spółki.")
    assert depesza(folder, "index", "push").exit_code == 0
    assert json.loads(depesza(folder, "watch", "deliver", "--json").stdout) == {"sent": 1, "failed": 0, "waiting": 0}
    assert webhook.titles == ["Nowa przepompownia w Zawadzie"]
    shown = json.loads(depesza(folder, "watch", "show", "Pumps", "--json").stdout)
    assert [one["status"] for one in shown["deliveries"]] == ["sent"] and "secret=" not in json.dumps(shown)
    assert "paused" not in depesza(folder, "watch", "list").stdout
    assert depesza(folder, "watch", "pause", "Pumps").exit_code == 0 and "paused" in depesza(folder, "watch", "list").stdout
    assert depesza(folder, "watch", "resume", "Pumps").exit_code == 0
    assert depesza(folder, "watch", "remove", "Pumps").exit_code == 0
    assert depesza(folder, "watch", "show", "Pumps").exit_code == 2


def test_a_text_of_ones_own_is_watched_and_a_short_one_is_refused(folder: Path, make_article: Any, webhook: Webhook) -> None:
    release = folder / "release.txt"
    release.write_text(RELEASE, encoding="utf-8")
    assert depesza(folder, "watch", "add", "Ours", "--text", str(release), "--to", webhook.url).exit_code == 0
    first, second, _ = RELEASE.split(". ")
    file(folder, make_article, 1, "Przepompownia", f"{first}. {second}. Tyle komunikat spółki, którą założono przed wojną.")
    file(
        folder,
        make_article,
        2,
        "Pociągi",
        "Pociągi do Zawady będą jeździć co godzinę, a bilety nie zdrożeją do końca przyszłego roku.",
    )
    depesza(folder, "index", "push")
    assert json.loads(depesza(folder, "watch", "deliver", "--json").stdout)["sent"] == 1
    [article] = webhook.bodies[0]["articles"]
    assert article["title"] == "Przepompownia" and "% of the text" in article["detail"]
    short = folder / "short.txt"
    short.write_text("Za mało słów.", encoding="utf-8")
    assert depesza(folder, "watch", "add", "Short", "--text", str(short), "--to", webhook.url).exit_code == 2
    assert depesza(folder, "watch", "add", "Neither", "--to", webhook.url).exit_code == 2
