"""`depesza batch stories` without the command: any file of articles, in any order, gives the same stories."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crawler import batch_stories
from crawler.batch_stories import BatchCount
from crawler.errors import ConfigError

FIELDS = {"id", "story", "role", "origin", "agency", "attributions", "similarity", "containment", "links"}


def words(seed: int, count: int) -> str:
    """Sentences of made-up words."""
    chance = random.Random(seed)
    made = ["".join(chance.choice("abdeiklmnoprstuwz") for _ in range(chance.randint(3, 9))) for _ in range(count)]
    return " ".join(word + ("." if place % 11 == 10 else "") for place, word in enumerate(made)) + "."


def record(name: str, text: str, hour: float, outlet: str = "kurier.pl", **more: Any) -> dict[str, Any]:
    day, hours = 1 + int(hour // 24), hour % 24
    at = f"2026-03-{day:02}T{int(hours):02}:{int(hours * 60 % 60):02}:00+01:00"
    return {"id": name, "outlet": outlet, "published_at": at, "language": "pl", "text": text} | more


def run(folder: Path, records: list[Any]) -> tuple[dict[Any, dict[str, Any]], BatchCount]:
    file = folder / "articles.jsonl"
    lines = (one if isinstance(one, str) else json.dumps(one) for one in records)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = io.StringIO()
    count = batch_stories.run(file, out)
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    return {row["id"]: row for row in rows}, count


@pytest.fixture
def dispatch() -> list[dict[str, Any]]:
    body = words(1, 140)
    short = ". ".join(body.split(". ")[:5]) + "."
    return [
        record("own", f"WARSZAWA (PAP) - {body}", 8, "PAP"),
        record("cut", f"{short}\n\nŹródło: PAP", 9, "goniec.pl"),
        record("copy", body, 10, "echo.pl", byline="aml/PAP"),
        record("longer", f"{body} {words(2, 90)}", 11, "kurier.pl"),
        record("other", words(3, 140), 9.5, "kurier.pl"),
    ]


def test_a_story_is_written_with_role_origin_agency_and_containment(tmp_path: Path, dispatch: list[dict[str, Any]]) -> None:
    rows, count = run(tmp_path, dispatch)
    assert all(set(row) == FIELDS for row in rows.values())
    assert len({rows[name]["story"] for name in ("own", "cut", "copy", "longer")}) == 1
    assert rows["other"]["story"] != rows["own"]["story"]
    assert {name: row["role"] for name, row in rows.items()} == {
        "own": "original", "cut": "abridged", "copy": "verbatim", "longer": "extended", "other": "original",
    }  # fmt: skip
    assert {row["origin"] for row in rows.values()} == {"own", "other"}
    assert [rows[name]["agency"] for name in ("own", "cut", "copy", "longer", "other")] == ["pap"] * 4 + [None]
    assert rows["copy"]["attributions"][0]["source"] == "pap"
    assert rows["copy"]["attributions"][0]["evidence"][0]["quote"] == "aml/PAP"
    assert rows["longer"]["attributions"] == []
    assert rows["longer"]["containment"] < 0.8 < rows["cut"]["containment"]
    assert count == BatchCount(articles=5, stories=2, errors=0, lines=5)


def test_the_order_of_the_file_does_not_matter(tmp_path: Path, dispatch: list[dict[str, Any]]) -> None:
    more = [record(f"m{number}", words(number // 3 + 10, 120), number * 5) for number in range(60)]
    expected, _ = run(tmp_path, dispatch + more)
    for seed in range(3):
        shuffled = [*dispatch, *more]
        random.Random(seed).shuffle(shuffled)
        assert run(tmp_path, shuffled)[0] == expected


def test_links_name_the_other_article_with_kind_and_containment(tmp_path: Path) -> None:
    body = words(4, 130)
    half = " ".join(body.split()[:65])
    rows, _ = run(tmp_path, [record("first", body, 8), record("update", f"{half} {words(5, 70)}", 34)])
    [link] = rows["update"]["links"]
    assert (link["id"], link["kind"]) == ("first", "follow-up")
    assert 0.3 < link["containment"] < 0.7


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{not json", "not JSON"),
        ("[1, 2]", "no object"),
        ('{"id": "x", "outlet": "a", "published_at": "2026-03-01T08:00:00Z"}', 'no "text"'),
        ('{"id": "x", "text": "a", "published_at": "2026-03-01T08:00:00Z"}', 'no "outlet"'),
        ('{"outlet": "a", "text": "a", "published_at": "2026-03-01T08:00:00Z"}', 'no "id"'),
        ('{"id": "x", "outlet": "a", "text": "a"}', "neither"),
        ('{"id": "x", "outlet": "a", "text": "a", "published_at": "yesterday"}', "neither"),
        ('{"id": "x", "outlet": "a", "text": "a", "published_at": "0001-01-01T00:00:00+14:00"}', "neither"),
        ("[" * 20_000, "not JSON"),
    ],
)
def test_a_bad_line_gives_an_error_and_the_next_goes_on(tmp_path: Path, bad: str, reason: str) -> None:
    rows, count = run(tmp_path, [bad, record("good", words(6, 50), 8)])
    assert rows["good"]["role"] == "original"
    [error] = [row["error"] for row in rows.values() if "error" in row]
    assert reason in error
    assert (count.errors, count.articles) == (1, 1)


def test_odd_but_usable_lines_are_used(tmp_path: Path) -> None:
    odd = [
        {
            "id": 7,
            "outlet": "a",
            "seen_at": "2026-03-01T08:00:00",
            "text": words(7, 60),
            "title": None,
            "language": 3,
            "byline": ["x"],
        },
        {"id": 8, "outlet": "b", "published_at": "2026-03-01", "text": words(7, 60) + "\x00\ud800"},
        {"id": 8, "outlet": "c", "published_at": "2026-03-01", "text": "Nie."},
    ]
    rows, count = run(tmp_path, [*odd, ""])
    assert rows.keys() == {7, 8}
    assert (count.articles, count.errors) == (3, 0)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        batch_stories.run(tmp_path / "nothing.jsonl", io.StringIO())


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    assert run(tmp_path, [])[0] == {}


def test_progress_is_told_article_by_article(tmp_path: Path, dispatch: list[dict[str, Any]]) -> None:
    run(tmp_path, dispatch)
    told: list[BatchCount] = []
    batch_stories.run(tmp_path / "articles.jsonl", io.StringIO(), told.append)
    assert [one.articles for one in told] == [1, 2, 3, 4, 5, 5]
    assert told[-1].stories == 2
    assert {one.lines for one in told} == {5}


def test_a_story_is_written_as_soon_as_it_is_complete(tmp_path: Path) -> None:
    """Bounded memory: what has left the window is neither kept nor waited for."""
    run(tmp_path, [record(f"m{day}", words(day, 60), day * 24) for day in range(25)])
    out, open_stories = io.StringIO(), []
    batch_stories.run(tmp_path / "articles.jsonl", out, lambda count: open_stories.append(count.articles - count.stories))
    assert max(open_stories) <= 7


def many(folder: Path) -> Path:
    """360 articles over 20 days, copies and bad lines among them, out of order."""
    records: list[Any] = [
        record(f"m{number}", f"{words(number // 3 + 10, 50)} {words(number, 6)}", number * 7 % 480, f"outlet{number % 7}.pl")
        for number in range(360)
    ]
    records[100:100] = ["{no json", '{"id": "nobody"}']
    run(folder, records)
    return folder / "articles.jsonl"


def run_and_be_killed(file: Path, out: Path, after: int) -> None:
    """A process that keeps its state whenever it may, and is killed when it read so many articles."""
    code = (
        "import os, signal, sys; from pathlib import Path; from crawler import batch_stories\n"
        "def tell(count):\n    if count.articles == int(sys.argv[3]): os.kill(os.getpid(), signal.SIGKILL)\n"
        "batch_stories.run_to_file(Path(sys.argv[1]), Path(sys.argv[2]), tell, keep_s=0.0)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file), str(out), str(after)], check=False)
    assert done.returncode == -signal.SIGKILL


def test_f07_a_run_that_was_killed_goes_on_and_gives_the_same_bytes_as_one_without_a_break(tmp_path: Path) -> None:
    file, out, whole = many(tmp_path), tmp_path / "out.jsonl", io.StringIO()
    expected = batch_stories.run(file, whole)
    told: list[BatchCount] = []
    for after in (40, 200, 359):
        run_and_be_killed(file, out, after)
        assert not out.exists()
    count = batch_stories.run_to_file(file, out, told.append)
    assert out.read_text("utf-8") == whole.getvalue()
    assert count == replace(expected, taken_up=count.taken_up)
    assert told[0].articles == count.taken_up + 1
    assert {one.name for one in tmp_path.iterdir()} == {"articles.jsonl", "out.jsonl"}


def test_a_kept_state_is_of_one_input_and_holds_no_code(tmp_path: Path) -> None:
    file, out, whole = many(tmp_path), tmp_path / "out.jsonl", io.StringIO()
    expected = batch_stories.run(file, whole)
    run_and_be_killed(file, out, 200)
    state = tmp_path / "out.jsonl.state"
    kept = state.read_bytes()
    strange = pickle.dumps(os.getcwd, protocol=4)
    for broken in (b"", kept[: len(kept) // 2], strange, kept[: kept.index(b".") + 1] + strange):
        state.write_bytes(broken)
        assert batch_stories.run_to_file(file, out) == expected
        assert out.read_text("utf-8") == whole.getvalue()
    run_and_be_killed(file, out, 200)
    with file.open("a", encoding="utf-8") as more:
        more.write(json.dumps(record("late", words(9999, 80), 3)) + "\n")
    assert batch_stories.run_to_file(file, out).taken_up == 0
    assert len(out.read_text("utf-8").splitlines()) == expected.articles + expected.errors + 1


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    run(tmp_path, [])
    with pytest.raises(ConfigError, match=r"nowhere/out\.part: cannot be written"):
        batch_stories.run_to_file(tmp_path / "articles.jsonl", tmp_path / "nowhere" / "out")


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "articles.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for number in range(6000):
            at = f"{1950 + number // 60}-01-{1 + number % 28:02}T08:00:00Z"
            out.write(
                json.dumps({"id": number, "outlet": "a", "published_at": at, "language": "en", "text": words(number, 90)}) + "\n"
            )
    code = (
        "import sys, io, resource; from pathlib import Path; from crawler import batch_stories\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "class Nowhere(io.StringIO):\n    def write(self, text): return len(text)\n"
        "batch_stories.run(Path(sys.argv[1]), Nowhere())\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 60


@pytest.mark.slow
@pytest.mark.parametrize(
    ("labels", "mode", "floors"),
    [
        (
            "edited-labels.tsv",
            "edited",
            {"F1": 0.985, "B-cubed F1": 0.993, "right": 0.95, "'brief':": 0.94, "'heavyedit':": 0.93, "'truncated':": 0.99},
        ),
        ("english-pairs.tsv", "pairs", {"stories  P": 0.95, "R": 0.92, "links  P": 0.90}),
    ],
)
def test_gate_copies_are_found_as_well_as_the_readme_says(
    evaluation_data: Path, tmp_path: Path, labels: str, mode: str, floors: dict[str, float]
) -> None:
    folder = evaluation_data / "copies"
    with (tmp_path / "out.jsonl").open("w", encoding="utf-8") as out:
        batch_stories.run(folder / (labels.split("-")[0] + ".jsonl"), out)
    score = [sys.executable, str(evaluation_data / "score_copies.py"), mode, str(folder / labels), str(tmp_path / "out.jsonl")]
    said = subprocess.run(score, check=True, capture_output=True, text=True).stdout
    for name, floor in floors.items():
        figure = float(said.split(f"{name} ", 1)[1].split()[0].strip(",}"))
        assert figure >= floor, said
