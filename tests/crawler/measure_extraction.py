"""Figures for crawler/normalize/README.md, not a test: our extraction and trafilatura's on the labelled pages, by halves.

`python tests/crawler/measure_extraction.py ../shared/data --others FILE` scores half A, on which rules may be tuned; `--kept` scores
half B too, which is looked at once, at the end. FILE keeps trafilatura's answers (outside the repository: they hold the pages'
texts), so that the next run asks only the chain. `--answers FILE` keeps the chain's answers of half A for reading; never those of B.

A record is in half A when the first byte of the sha256 of its site is even. The site is the host without "www."; of a record
without a web address it is the id. So all pages of one site stand in one half. Scoring is done by the functions of
`score_extraction.py` in the data folder. Gains are paired by page; intervals hold 95 % of 1,000 draws of whole sites with replacement.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from crawler.batch_extract import extract_record, page_of  # noqa: E402 - the path comes first
from crawler.errors import NormalizeError  # noqa: E402 - as above
from crawler.normalize.encoding import decode_page  # noqa: E402 - as above
from crawler.workers import PagePool  # noqa: E402 - as above

Record = dict[str, Any]
FIGURES = ("text", "title", "date", "authors", "invented")
DRAWS = 1000
SEED = 5
"""Of the draws, so that a figure can be repeated."""
SHARED = ("wcxb", "fundus")
"""Sets whose labels say that a page has no author (as in score_extraction.py)."""


@dataclass
class Scores:
    """What one extractor got, summed by site, so that sites can be drawn: (set, figure) -> site -> (sum, pages)."""

    sums: dict[tuple[str, str], dict[str, tuple[float, float]]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, key: tuple[str, str], site: str, value: float, weight: float = 1.0) -> None:
        before = self.sums[key].get(site, (0.0, 0.0))
        self.sums[key][site] = (before[0] + value, before[1] + weight)

    def by_set(self, weights: Counter[str] | None = None) -> dict[str, dict[str, float]]:
        """Figure -> set -> mean over pages, each site counted as often as `weights` says (None: once)."""
        means: dict[str, dict[str, float]] = defaultdict(dict)
        for (name, figure), sites in self.sums.items():
            pairs = [(value * times, count * times) for site, (value, count) in sites.items() if (times := _times(weights, site))]
            total = sum(count for _, count in pairs)
            if total:
                means[figure][name] = sum(value for value, _ in pairs) / total
        found = means.pop("found", {})
        for name, recall in found.items():  # passages: F1 of wanted ones found and unwanted ones kept
            precision = means["clean"].get(name, 0.0)
            means["text"][name] = 2 * precision * recall / max(1e-9, precision + recall)
        means.pop("clean", None)
        return means

    def mean(self, weights: Counter[str] | None = None) -> dict[str, float]:
        """Figure -> mean over sets."""
        return {figure: sum(sets.values()) / len(sets) for figure, sets in self.by_set(weights).items()}


def _times(weights: Counter[str] | None, site: str) -> int:
    return 1 if weights is None else weights[site]


def site_of(record: Record) -> str:
    """The record's host without "www.", or its id."""
    url = record.get("url") or ""
    host = (urlsplit(url).hostname or "") if url.startswith(("http://", "https://")) else ""
    return host.removeprefix("www.") or record["id"]


def half_of(record: Record) -> str:
    """ "A" or "B"."""
    return "AB"[sha256(site_of(record).encode()).digest()[0] & 1]


def ask_trafilatura(record: Record, folder: str, now: datetime) -> Record:
    """trafilatura's answer with its defaults, metadata included, to the text we decode. Runs in a worker."""
    from trafilatura import bare_extraction

    page, setting = page_of(record, Path(folder), None, now)
    html = decode_page(page.body, None, setting.outlet.languages).text
    found = bare_extraction(
        html, url=record.get("url") if str(record.get("url")).startswith("http") else None, with_metadata=True
    )
    row = found.as_dict() if found is not None else {}
    authors = [name for name in (row.get("author") or "").split("; ") if name]
    return {
        "id": record["id"],
        "text": row.get("text"),
        "title": row.get("title"),
        "authors": authors,
        "published_at": row.get("date"),
    }


def score(judge: Any, records: Iterable[Record], answers: dict[str, Record]) -> Scores:
    """By the measures of score_extraction.py, `judge`."""
    scores = Scores()
    for record in records:
        answer, site, name = answers.get(record["id"], {}), site_of(record), record["set"]
        text = judge.predicted_text(record, answer)
        if record.get("text"):
            scores.add((name, "text"), site, judge.bag_f1(text, record["text"]))
        elif record.get("with") or record.get("without"):
            _score_passages(judge, record, judge.squeeze(text), scores)
        if record.get("title"):
            scores.add((name, "title"), site, judge.fold(answer.get("title")) == judge.fold(record["title"]))
        if record.get("date"):
            written = str(answer.get("published_at") or "")
            scores.add((name, "date"), site, written[: len(record["date"])] == record["date"])
        wanted, given = judge.persons(record.get("authors")), judge.persons(answer.get("authors"))
        if wanted:
            scores.add((name, "authors"), site, given == wanted)
        elif name in SHARED:
            scores.add((name, "invented"), site, bool(given))
    return scores


def _score_passages(judge: Any, record: Record, flat: str, scores: Scores) -> None:
    wanted = [judge.squeeze(passage) in flat for passage in record.get("with", ())]
    unwanted = [judge.squeeze(passage) in flat for passage in record.get("without", ())]
    site, name = site_of(record), record["set"]
    scores.add((name, "found"), site, sum(wanted), len(wanted))
    scores.add((name, "clean"), site, sum(wanted), sum(wanted) + sum(unwanted))


def intervals(ours: Scores, theirs: Scores, sites: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    """Figure -> gain and the ends of its 95 % interval, by draws of whole sites."""
    chance = random.Random(SEED)
    drawn: dict[str, list[float]] = defaultdict(list)
    for _ in range(DRAWS):
        weights = Counter(chance.choices(sites, k=len(sites)))
        one, two = ours.mean(weights), theirs.mean(weights)
        for figure in one:
            drawn[figure].append(one[figure] - two[figure])
    one, two = ours.mean(), theirs.mean()
    cut = DRAWS // 40
    return {
        figure: (one[figure] - two[figure], sorted(values)[cut], sorted(values)[-cut - 1]) for figure, values in drawn.items()
    }


def ask_all(records: Sequence[Record], function: Callable[..., Record], workers: int, *rest: object) -> dict[str, Record]:
    """Answers by id; a page that is refused or too dear counts as empty."""
    answers: dict[str, Record] = {}
    with PagePool(workers) as pool:
        asked = [(record["id"], pool.submit(function, _bare(record), *rest)) for record in records]
        for ident, future in asked:
            try:
                answers[ident] = future.result()
            except NormalizeError as error:
                answers[ident] = {"id": ident, "error": str(error)}
    return answers


def _bare(record: Record) -> Record:
    """Without the labels: what `batch extract` sees of a record."""
    return {key: record.get(key) for key in ("id", "url", "page", "language")}


def _print(half: str, ours: Scores, theirs: Scores, sites: Sequence[str]) -> dict[str, tuple[float, float, float]]:
    print(f"half {half}, {len(sites)} sites")
    print(f"{'set':16}" + "".join(f"{figure:>17}" for figure in FIGURES) + "   (trafilatura's behind it)")
    one, two = ours.by_set(), theirs.by_set()
    for name in sorted({name for sets in one.values() for name in sets}):
        cells = [(one[figure].get(name), two[figure].get(name)) for figure in FIGURES]
        print(f"{name:16}" + "".join(f"{'-':>17}" if a is None or b is None else f"{a:>10.4f} {b:.4f}" for a, b in cells))
    mean, other = ours.mean(), theirs.mean()
    print(f"{'mean over sets':16}" + "".join(f"{mean[figure]:>10.4f} {other[figure]:.4f}" for figure in FIGURES))
    gains = intervals(ours, theirs, sites)
    print(f"{'gain':16}" + "".join(f"{gains[figure][0]:>+17.4f}" for figure in FIGURES))
    print(f"{'95 % of draws':16}" + "".join(f"{gains[figure][1]:>+9.3f} {gains[figure][2]:+.3f} " for figure in FIGURES) + "\n")
    return gains


def _load_judge(data: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score_extraction", data / "score_extraction.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{data}: no score_extraction.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _others(cache: Path | None, records: Sequence[Record], workers: int, folder: str, now: datetime) -> dict[str, Record]:
    """trafilatura's answers, from the file where it has them."""
    from tests.crawler.measure_extraction import ask_trafilatura as by_name  # a worker finds it by its module's name

    known: dict[str, Record] = json.loads(cache.read_text("utf-8")) if cache and cache.exists() else {}
    missing = [record for record in records if record["id"] not in known]
    if missing:
        known |= ask_all(missing, by_name, workers, folder, now)
        if cache:
            cache.write_text(json.dumps(known), "utf-8")
    return known


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with score_extraction.py and extraction/")
    parser.add_argument("--others", type=Path, help="where trafilatura's answers are kept")
    parser.add_argument("--answers", type=Path, help="where the chain's answers of half A are written")
    parser.add_argument("--kept", action="store_true", help="score half B too")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    judge, folder, now = _load_judge(options.data), options.data / "extraction", datetime.now(UTC)
    with (folder / "records.jsonl").open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    gains = {}
    for half in "AB" if options.kept else "A":
        chosen = [record for record in records if half_of(record) == half]
        others = _others(options.others, chosen, options.workers, str(folder), now)
        answers = ask_all(chosen, extract_record, options.workers, str(folder), None, now)
        if half == "A" and options.answers:
            options.answers.write_text("".join(json.dumps(row, default=str) + "\n" for row in answers.values()), "utf-8")
        sites = sorted({site_of(record) for record in chosen})
        gains[half] = _print(half, score(judge, chosen, answers), score(judge, chosen, others), sites)
    if options.kept:
        print(
            "gain of B as a share of A's: "
            + ", ".join(f"{name} {gains['B'][name][0] / gains['A'][name][0]:.2f}" for name in FIGURES)
        )


if __name__ == "__main__":
    main()
