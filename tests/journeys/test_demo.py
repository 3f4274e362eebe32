"""`depesza demo` as a person starts it: a real process, real HTTP on loopback, then a search in what it left."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler.text import fold
from indexer.local_elasticsearch.server import LocalElasticsearch

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

COMMAND = [sys.executable, "-c", "from scheduler.command import main; main()"]
ROOT = Path(__file__).parent.parent.parent


def depesza(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    done = depesza("demo", "--json", "--data-dir", str(folder), DEPESZA_STORE_URL="sqlite:////nowhere/else.sqlite")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def runs_of(told: dict[str, Any], slug: str) -> list[dict[str, Any]]:
    return [next(one for one in run["outlets"] if one["outlet"] == slug) for run in told["runs"]]


def members(story: dict[str, Any]) -> dict[str, str]:
    return {member["outlet"]: member["role"] for member in story["members"]}


def test_the_three_stories_have_the_right_agency_origin_and_members(told: dict[str, Any]) -> None:
    polish = {"depesze-pap", "goniec-stoleczny", "kurier-nadwislanski", "kresowiak", "glos-podlasia"}
    found = [(story["agency"], story["origin_outlet"], set(members(story))) for story in told["stories"]]
    assert sorted(found, key=str) == sorted(
        [
            ("pap", "depesze-pap", polish),
            ("pap", "depesze-pap", polish),
            ("reuters", "harbour-courier", {"harbour-courier", "northern-ledger", "pennine-post"}),
        ],
        key=str,
    )
    for story in told["stories"]:
        assert story["origin"] in [member["id"] for member in story["members"]]


def test_every_role_is_told_as_the_outlets_played_it(told: dict[str, Any]) -> None:
    tramwaje, kable, docks = told["stories"]
    assert members(tramwaje) == {
        "depesze-pap": "original",
        "goniec-stoleczny": "verbatim",
        "kurier-nadwislanski": "abridged",
        "kresowiak": "abridged",
        "glos-podlasia": "extended",
    }
    assert members(kable)["kresowiak"] == "edited"
    assert members(docks) == {"harbour-courier": "original", "northern-ledger": "abridged", "pennine-post": "extended"}


def test_the_delays_are_those_of_the_publication_times(told: dict[str, Any]) -> None:
    tramwaje, kable, docks = ({one["outlet"]: one["delay_s"] for one in story["members"]} for story in told["stories"])
    assert tramwaje["goniec-stoleczny"] == 14 * 60
    assert tramwaje["kurier-nadwislanski"] == 31 * 60
    assert kable["glos-podlasia"] == 49 * 60
    assert docks["pennine-post"] == 109 * 60


def test_searches_in_the_nominative_find_and_mark_inflected_forms(told: dict[str, Any]) -> None:
    marked = {search["query"]: {fold(word) for word in search["marked"]} for search in told["searches"]}
    assert marked["Warszawa"] >= {"warszawie", "warszawy"}
    assert marked["prezydent"] >= {"prezydent", "prezydenci", "prezydentow", "prezydentem"}
    assert marked["Brzeskwicki"] >= {"brzeskwicki", "brzeskwickiego"}
    assert all(search["hits"] for search in told["searches"])
    assert all(len(set(search["hits"])) == len(search["hits"]) for search in told["searches"])


def test_the_second_crawl_fetches_only_what_changed_or_was_due(told: dict[str, Any]) -> None:
    pages = {one["outlet"]: one["pages_fetched"] for one in told["runs"][1]["outlets"] if one["pages_fetched"]}
    assert pages == {"goniec-stoleczny": 5, "pennine-post": 2}
    assert runs_of(told, "goniec-stoleczny")[1]["revisits"] == 5
    assert runs_of(told, "kresowiak")[1]["sources"][0]["status"] == "not modified"


def test_the_silent_correction_is_found_by_a_revisit_and_the_title_by_the_feed(told: dict[str, Any]) -> None:
    revisions = {one["outlet"]: one for one in told["revisions"]}
    assert set(revisions) == {"goniec-stoleczny", "pennine-post"}
    assert "120" in revisions["goniec-stoleczny"]["before"] and "210" in revisions["goniec-stoleczny"]["after"]
    assert not revisions["goniec-stoleczny"]["announced"]
    assert runs_of(told, "goniec-stoleczny")[1]["outcomes"] == {"revised": 1, "unchanged": 4}
    assert runs_of(told, "pennine-post")[1]["outcomes"] == {"new": 1, "revised": 1, "seen": 2}


def test_the_spread_of_a_story_a_copy_beside_its_original_and_the_versions_are_told(told: dict[str, Any]) -> None:
    assert [(one["outlet"], one["after_s"] / 60, one["role"]) for one in told["spread"]] == [
        ("depesze-pap", 0, "original"),
        ("goniec-stoleczny", 14, "verbatim"),
        ("kurier-nadwislanski", 31, "abridged"),
        ("kresowiak", 47, "abridged"),
        ("glos-podlasia", 53, "extended"),
    ]
    diff = told["diff"]
    assert (diff["role"], diff["headline_changed"], diff["numbers"]) == ("edited", True, [["680", "860"]])
    assert diff["cut_words"] > 100 and diff["added_words"] > 80 and diff["kept_words"] > 140
    assert [one["versions"] for one in told["revisions"]] == [[1, 2], [1, 2]]


def test_a_broken_feed_and_a_page_behind_robots_are_told_and_stop_nothing(told: dict[str, Any], folder: Path) -> None:
    first = runs_of(told, "visnyk-dnipra")[0]
    assert [source["status"] for source in first["sources"]] == ["unreadable", "ok"]
    assert first["outcomes"] == {"new": 3}
    assert runs_of(told, "glos-podlasia")[0]["outcomes"] == {"new": 5, "refused": 1}
    assert "/tylko-dla-ludzi/" not in (folder / "access.tsv").read_text(encoding="utf-8")


def test_outcomes_sum_to_entries_revisits_and_what_was_carried(told: dict[str, Any]) -> None:
    for run in told["runs"]:
        assert run["finished"]
        for one in run["outlets"]:
            assert sum(one["outcomes"].values()) == one["entries"] + one["revisits"] + one["carried"]


def test_the_command_that_goes_on_finds_what_the_demo_left(told: dict[str, Any], folder: Path) -> None:
    done = depesza("search", "Brzeskwicki", "--json", "--data-dir", str(folder))
    assert done.returncode == 0, done.stderr
    expected = next(search["hits"] for search in told["searches"] if search["query"] == "Brzeskwicki")
    assert [hit["id"] for hit in json.loads(done.stdout)["hits"]] == expected


def test_the_demo_wants_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("my work", encoding="utf-8")
    done = depesza("demo", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "not empty" in done.stderr
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "my work"


def test_for_a_person_it_prints_the_stories_the_marks_and_the_next_command(tmp_path: Path) -> None:
    done = depesza("demo", "--data-dir", str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    for expected in (
        "Polska Agencja Prasowa",
        "Reuters",
        "verbatim",
        "aml/PAP",
        "[Warszawie]",
        "+14 min",
        "depesza search",
        "[-680-]",
        "●",
        "210",
    ):
        assert expected in done.stdout
    assert "\x1b" not in done.stdout
    assert "Traceback" not in done.stderr


def go_on(printed: str) -> list[list[str]]:
    """The commands that the demo says may follow, as words after `depesza`."""
    lines = printed.partition("Go on from here")[2].split("\n")
    return [shlex.split(line)[1:] for line in lines if line.strip()]


def serves_the_demo(words: list[str]) -> None:
    """The command shows the pages until Ctrl-C; on any free port, since the usual one may be taken."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    command = [*COMMAND, *words, "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            lines = []
            while (line := process.stdout.readline()) and line != "}\n":
                lines.append(line)
            address = json.loads("".join([*lines, "}"]))["address"]
            with urllib.request.urlopen(f"{address}?q=Brzeskwicki", timeout=60) as answer:
                page = answer.read().decode()
            assert "<mark>Brzeskwicki</mark>" in page and "agency:pap" in page
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def test_every_command_that_it_says_may_follow_works(tmp_path: Path) -> None:
    commands = go_on(depesza("demo", "--data-dir", str(tmp_path / "it's new")).stdout)
    assert [words[0] for words in commands] == ["search", "status", "serve"]
    for words in commands[:2]:
        done = depesza(*words)
        assert done.returncode == 0, (words, done.stderr)
    serves_the_demo(commands[2])


def plain(told: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What is told without what differs from run to run: times, ports, the folder.

    Ids become outlet and path (an id is made of the address); hits of the same minute, which stand by id, stand by path.
    """
    with contextlib.closing(sqlite3.connect(folder / "depesza.sqlite")) as connection:
        rows = connection.execute("SELECT id, outlet, url, published_at FROM article").fetchall()
    names = {one: f"{outlet}{urlsplit(url).path}" for one, outlet, url, _ in rows}
    ages = {names[one]: at for one, _, _, at in rows}
    text = json.dumps({name: told[name] for name in ("stories", "searches", "revisions", "spread", "diff")})
    for one, name in names.items():
        text = text.replace(one, name)
    found: dict[str, Any] = json.loads(text)
    for story in found["stories"]:
        del story["id"]
    for search in found["searches"]:
        order = [ages[name] for name in search["hits"]]
        assert order == sorted(order, reverse=True)
        search["hits"] = sorted(search["hits"], key=lambda name: (ages[name], name), reverse=True)
    counted = ("outlet", "entries", "pages_fetched", "revisits", "carried", "outcomes", "error")
    found["runs"] = [[{name: one[name] for name in counted} for one in run["outlets"]] for run in told["runs"]]
    return found


def indices(url: str) -> set[str]:
    with urllib.request.urlopen(f"{url}/_all?expand_wildcards=all&features=aliases", timeout=30) as answer:
        return {name for name in json.load(answer) if name.startswith("depesza_demo")}


@pytest.mark.elasticsearch
def test_elasticsearch_tells_the_same_by_one_setting_and_the_demo_leaves_nothing_in_the_cluster(
    told: dict[str, Any], folder: Path, elasticsearch_url: str, tmp_path: Path
) -> None:
    address = {"DEPESZA_INDEXER_URL": elasticsearch_url, "DEPESZA_INDEXER_INDEX": "somebodys"}
    other = tmp_path / "other"
    done = depesza("demo", "--engine", "elasticsearch", "--json", "--data-dir", str(other), **address)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (told["engine"], answer["engine"]) == ("embedded", "elasticsearch")
    assert set(answer) == set(told)
    assert plain(answer, other) == plain(told, folder)
    assert indices(elasticsearch_url) == set()


@pytest.mark.elasticsearch
def test_without_an_address_it_starts_an_elasticsearch_and_every_command_that_may_follow_works(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    done = depesza("demo", "--engine", "elasticsearch", "--data-dir", str(folder))
    if done.returncode == 3 and os.environ.get("DEPESZA_TEST_REQUIRE") != "all":
        pytest.skip(f"NO ELASTICSEARCH: the demo could not start one ({done.stderr.strip()})")
    assert done.returncode == 0, done.stderr
    server = LocalElasticsearch(folder / "elasticsearch")
    assert not server.status().running
    commands = go_on(done.stdout)
    assert [words[:2] for words in commands[:2]] == [["elasticsearch", "start"], ["index", "push"]]
    try:
        for words in commands:
            if words[0] == "serve":
                serves_the_demo(words)
                continue
            done = depesza(*words)
            assert done.returncode == 0, (words, done.stderr)
            if words[0] == "search":
                assert "Brzeskwicki" in done.stdout
        assert not server.status().running
    finally:
        server.delete()


def test_an_engine_that_there_is_not_is_refused(tmp_path: Path) -> None:
    done = depesza("demo", "--engine", "solr", "--data-dir", str(tmp_path / "new"))
    assert done.returncode == 2
    assert "embedded, elasticsearch" in done.stderr
