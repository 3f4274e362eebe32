"""`depesza export`: every format read again by its own reader, what a licence forbids left out."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest
from typer.testing import CliRunner, Result
from warcio.archiveiterator import ArchiveIterator

from crawler.model.article import article_id
from crawler.store.database import open_database
from crawler.store.pages import keep_page, read_page
from indexer.engines.embedded import EmbeddedEngine
from indexer.export_rows import csv_cell
from scheduler.command import app

from .api.newsroom import SCRIPT, Room

Export = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    database, engine = open_database(f"sqlite:///{tmp_path / 'depesza.sqlite'}"), EmbeddedEngine(tmp_path / "index")
    Room(database, engine)
    engine.close()
    database.close()
    yield tmp_path


@pytest.fixture
def export(folder: Path) -> Export:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["--data-dir", str(folder), "export", *arguments])

    return run


def test_every_copy_is_written_as_a_line_of_json_with_its_evidence(export: Export) -> None:
    result = export("prezydent")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [row["role"] for row in rows] == ["edited", "verbatim", "original"]
    assert rows[0]["text"].endswith("300 milionów złotych.")
    assert rows[0]["attributions"][0]["evidence"][0]["quote"] == "PAP"
    assert (result.exit_code, result.stderr) == (0, "3 articles written.\n")


def test_pages_of_results_follow_one_another(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.export.PAGE_LIMIT", 2)
    ids = [json.loads(line)["id"] for line in export("").stdout.splitlines()]
    assert len(ids) == len(set(ids)) == 5
    assert [json.loads(line)["id"] for line in export("", "--limit", "3").stdout.splitlines()] == ids[:3]


def test_a_query_that_finds_nothing_says_so(export: Export) -> None:
    result = export("nieistniejące", "--format", "csv")
    assert result.exit_code == 1
    assert result.stdout.count("\n") == 1, "the head of the table"


def test_a06_a_table_of_hostile_articles_has_no_formula(export: Export) -> None:
    result = export("zatrute", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert row["title"].startswith("'=HYPERLINK")
    assert row["byline"].startswith("'@SUM")
    assert SCRIPT in row["text"], "the text itself is not changed"
    assert [csv_cell(one) for one in ("\t=1", "＝1", "a=1", -5, None, ["-1", "b"])] == [
        "'\t=1",
        "'＝1",
        "a=1",
        "-5",
        "",
        "'-1; b",
    ]


def test_parquet_is_read_again_with_its_types(export: Export, tmp_path: Path) -> None:
    file = tmp_path / "out.parquet"
    assert json.loads(export("prezydent", "--format", "parquet", "-o", str(file), "--json").stdout)["written"] == 3
    table = parquet.read_table(file)
    assert str(table.schema.field("published_at").type) == "timestamp[us, tz=UTC]"
    row = table.to_pylist()[0]
    assert (row["agency_names"], row["copies"], row["is_origin"]) == (["Polska Agencja Prasowa"], 3, False)
    assert not list(tmp_path.glob("*.part"))


def test_warc_holds_the_pages_that_are_kept(export: Export, tmp_path: Path) -> None:
    file = tmp_path / "out.warc.gz"
    result = export("", "--format", "warc", "-o", str(file), "--json")
    said = json.loads(result.stdout)
    assert (said["written"], said["without_page"]) == (1, 4)
    with file.open("rb") as stream:
        kinds = [
            (one.rec_type, one.rec_headers["WARC-Target-URI"], one.content_stream().read()) for one in ArchiveIterator(stream)
        ]
    assert kinds[0][0] == "warcinfo"
    assert kinds[1] == ("response", "https://kresy.example/alone", b"<html>Kot</html>")


def test_where_a_licence_forbids_it_no_text_leaves(export: Export, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPESZA_INDEXER_ALLOW_FULLTEXT_EXPORT", "false")
    for kind in ("jsonl", "csv"):
        result = export("prezydent", "--format", kind)
        assert "allow_fulltext_export" in result.stderr
        assert "Prezydent w Warszawie" in result.stdout
        assert "milionów" not in result.stdout
    refused = export("", "--format", "warc", "-o", str(folder / "x.warc.gz"))
    assert (refused.exit_code, (folder / "x.warc.gz").exists()) == (2, False)


def test_texts_whose_pages_reserve_text_mining_stay_here_unless_the_setting_lets_them_go(
    export: Export, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(f"sqlite:///{folder / 'depesza.sqlite'}")
    with database.write() as connection:
        page = read_page(connection, article_id("https://kresy.example/alone"))
        assert page is not None
        keep_page(connection, article_id("https://kresy.example/alone"), replace(page, headers=(("tdm-reservation", "1"),)))
    database.close()
    result = export("")
    rows = {row["url"]: row for row in map(json.loads, result.stdout.splitlines())}
    closed = rows.pop("https://kresy.example/alone")
    assert (closed["text"], closed["lead"], closed["text_reserved"]) == (None, None, True) and closed["title"]
    assert all(row["text"] and not row["text_reserved"] for row in rows.values())
    assert "Of 1 the text was left out" in result.stderr and "allow_reserved_export" in result.stderr
    said = json.loads(export("", "--format", "warc", "-o", str(folder / "x.warc.gz"), "--json").stdout)
    assert (said["written"], said["text_reserved"], said["without_page"]) == (0, 1, 4)
    monkeypatch.setenv("DEPESZA_INDEXER_ALLOW_RESERVED_EXPORT", "true")
    result = export("", "--format", "csv")
    assert "left out" not in result.stderr and "Kot" in result.stdout
    said = json.loads(export("", "--format", "warc", "-o", str(folder / "x.warc.gz"), "--json").stdout)
    assert (said["written"], said["text_reserved"]) == (1, 0)


@pytest.mark.parametrize(("kind", "module"), [("parquet", "pyarrow"), ("warc", "warcio")])
def test_a_missing_extra_is_named(export: Export, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str, module: str) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    result: Any = export("", "--format", kind, "-o", str(folder / "out"))
    assert result.exit_code == 2
    assert f"depesza[{kind}]" in result.stderr
    assert not (folder / "out").exists()
    assert not (folder / "out.part").exists()
