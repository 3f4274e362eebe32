"""What only the embedded engine has: files, a lock, kills."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import BackendUnavailable, IndexLater
from indexer.engine import EngineRequest
from indexer.engines.embedded import EmbeddedEngine
from indexer.nodes import AnyOf, Everything

WORD = AnyOf(("prezydent",))


def test_f10_a_truncated_file_is_detected_and_the_way_out_is_named(tmp_path: Path, make_document: Any) -> None:
    folder = tmp_path / "index"
    made = EmbeddedEngine(folder)
    made.push([make_document(number) for number in range(5)])
    made.close()
    kept = {file: file.read_bytes() for file in (folder / "generation-000001").iterdir() if file.stat().st_size}
    assert len(kept) >= 8
    for file, whole in kept.items():
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BackendUnavailable, match="depesza index rebuild"):
            engine = EmbeddedEngine(folder)
            _ = engine.forms
            engine.search(EngineRequest(query=WORD))
        file.write_bytes(whole)
    assert EmbeddedEngine(folder).count(WORD) == 5


@pytest.mark.parametrize("name", ["meta.json", "forms.sqlite", "about.json"])
def test_f10_a_missing_file_is_detected(tmp_path: Path, make_document: Any, name: str) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    engine.push([make_document()])
    engine.close()
    (tmp_path / "index" / "generation-000001" / name).unlink()
    with pytest.raises(BackendUnavailable, match="depesza index rebuild"):
        _ = engine.forms
        engine.search(EngineRequest(query=WORD))


def test_what_another_process_commits_is_counted_at_once(tmp_path: Path, make_document: Any) -> None:
    reader, writer = EmbeddedEngine(tmp_path / "index"), EmbeddedEngine(tmp_path / "index")
    edges = [datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)]
    for number in range(1, 4):
        writer.push([make_document(number)])
        for _ in range(2):
            assert reader.count(WORD) == number
            assert reader.facets(WORD, ["language"]) == {"language": [("pl", number)]}
            assert reader.histogram(WORD, edges) == [number]
            assert len(reader.search(EngineRequest(query=WORD))) == number
    rebuilt = writer.begin_rebuild()
    rebuilt.push([make_document(7)])
    rebuilt.finish_rebuild()
    assert (reader.count(WORD), reader.histogram(WORD, edges)) == (1, [1])


def test_an_index_of_older_documents_asks_for_a_rebuild(tmp_path: Path, make_document: Any) -> None:
    engine = EmbeddedEngine(tmp_path / "index")
    engine.push([make_document()])
    engine.close()
    (tmp_path / "index" / "generation-000001" / "about.json").write_text(json.dumps({"document_version": 0}), encoding="utf-8")
    with pytest.raises(BackendUnavailable, match=r"version 0.*depesza index rebuild"):
        engine.search(EngineRequest(query=WORD))


def test_one_writer_at_a_time_the_other_is_told_to_come_later(tmp_path: Path, make_document: Any) -> None:
    one, other = EmbeddedEngine(tmp_path / "index"), EmbeddedEngine(tmp_path / "index")
    one.push([make_document(1)])
    fresh = one.begin_rebuild()
    with pytest.raises(IndexLater, match="stays queued"):
        other.push([make_document(2)])
    with pytest.raises(IndexLater):
        other.begin_rebuild()
    assert other.count(Everything()) == 1
    fresh.close()
    assert other.push([make_document(2)]).written


def test_an_open_reader_sees_what_another_process_pushed_and_rebuilt(tmp_path: Path, make_document: Any) -> None:
    writer, reader = EmbeddedEngine(tmp_path / "index"), EmbeddedEngine(tmp_path / "index")
    writer.push([make_document(1)])
    assert reader.count(Everything()) == 1
    writer.push([make_document(2)])
    assert reader.count(Everything()) == 2
    fresh = writer.begin_rebuild()
    fresh.push([make_document(3)])
    fresh.finish_rebuild()
    assert reader.count(Everything()) == 1
    assert len(list((tmp_path / "index").glob("generation-*"))) == 1


_PUSHER = """
import json, sys
from pathlib import Path
from indexer.engines.embedded import EmbeddedEngine
document = json.loads(sys.stdin.readline())
engine = EmbeddedEngine(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 100000):
    batch = [document | {"id": f"{number * 10 + one:032x}", "url": f"https://x.example/{number * 10 + one}"} for one in range(10)]
    engine.forms.add({"pl": [f"słowo{number}"]})
    engine.push(batch)
    print(number, flush=True)
"""


@pytest.mark.slow
def test_f07_killed_while_writing_nothing_acknowledged_is_lost_and_no_lock_stays(tmp_path: Path, make_document: Any) -> None:
    number, seen = 0, -1
    for round_ in range(6):
        pusher = subprocess.Popen(
            [sys.executable, "-c", _PUSHER, str(tmp_path / "index"), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert pusher.stdin
        assert pusher.stdout
        pusher.stdin.write(json.dumps(make_document()) + "\n")
        pusher.stdin.flush()
        seen = int(pusher.stdout.readline())
        time.sleep(0.05 + 0.037 * round_)
        os.kill(pusher.pid, signal.SIGKILL)
        seen = int((pusher.stdout.read().split() or [seen])[-1])
        pusher.wait()
        pusher.stdin.close()
        pusher.stdout.close()
        engine = EmbeddedEngine(tmp_path / "index")
        assert (seen + 1) * 10 <= engine.count(WORD) <= (seen + 2) * 10
        assert set(engine.documents([f"{one:032x}" for one in range((seen + 1) * 10)])) == {
            f"{one:032x}" for one in range((seen + 1) * 10)
        }
        assert f"słowo{seen}" in engine.forms.readings(f"slowo{seen}", "pl")
        engine.close()
        number = seen + 1


def test_an_index_that_this_user_cannot_write_is_not_called_damaged(
    engine: EmbeddedEngine, fill: Any, make_document: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(make_document(1))
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # tests may run as root, who may write everywhere
    with pytest.raises(BackendUnavailable, match="not writable"):
        ask("prezydent")
