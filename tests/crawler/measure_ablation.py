"""Figures for tests/crawler/README.md, not a test: what each part of first sight contributes, on half A of the labelled pages.

`python tests/crawler/measure_ablation.py ../shared/data` runs the chain once whole and once without each part, all others on, in one
process (about a minute and a half each). `--part NAME` (repeated) takes only those. Halves and measures are those of `measure_extraction.py`.
A part is switched off by putting a function that does nothing in its place; the chain itself has no such switches.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

from crawler.batch_extract import extract_record  # noqa: E402 - the path comes first
from crawler.errors import NormalizeError  # noqa: E402 - as above
from tests.crawler.measure_extraction import FIGURES, Record, _load_judge, half_of, score  # noqa: E402 - as above

_CLEANING, _EXTRACT, _CHAIN = "crawler.normalize.cleaning", "crawler.normalize.extract", "crawler.normalize.chain"


def _same(first: Any, *_: Any, **__: Any) -> Any:
    return first


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _never(*_: Any, **__: Any) -> bool:
    return False


PARTS: dict[str, tuple[tuple[str, Callable[..., Any]], ...]] = {
    "boxes and inserts cut from the tree": ((f"{_EXTRACT}.cut_boxes", _same),),
    "inserts alone (posts, polls, labelled links)": (("crawler.normalize.boxes.cut_inserts", _nothing),),
    "a second look without menus": ((f"{_EXTRACT}._is_menu", _never),),
    "a text on one line parted": ((f"{_EXTRACT}._parted", _same),),
    "subheads and lists put back": ((f"{_EXTRACT}.with_siblings", _same),),
    "updates of live blogs joined": ((f"{_EXTRACT}._joined_updates", _same),),
    "tables that only place things": ((f"{_EXTRACT}._without_layout_tables", _same),),
    "reply forms below the text": ((f"{_CLEANING}._without_tail_form", _same),),
    "labels, read also, subscriptions": ((f"{_CLEANING}._without_labels", _same),),
    "headline, byline, date above the text": ((f"{_CLEANING}._without_head", _same),),
    "paragraphs said twice": ((f"{_CLEANING}._without_repeats", _same),),
    "credits cut out": ((f"{_CHAIN}.split_credits", lambda text, *_: (text, "")),),
    "picture credits cut out": ((f"{_CHAIN}.split_pictures", lambda text: (text, "")),),
    "a lead set apart": ((f"{_CHAIN}.read_lead", _nothing),),
}


@contextmanager
def without(part: str) -> Iterator[None]:
    """The chain with `part` switched off. The steps are looked up by name, so `STEPS` is made anew."""
    from crawler.normalize import chain

    patches = [patch(target, new) for target, new in PARTS[part]]
    for each in patches:
        each.start()
    steps = tuple(getattr(chain, step.__name__, step) for step in chain.STEPS)
    with patch.object(chain, "STEPS", steps):
        try:
            yield
        finally:
            for each in patches:
                each.stop()


def answer(records: Sequence[Record], folder: str, now: datetime) -> dict[str, Record]:
    """Answers by id, all in this process."""
    answers: dict[str, Record] = {}
    for record in records:
        try:
            bare = {key: record.get(key) for key in ("id", "url", "page", "language")}
            answers[record["id"]] = extract_record(bare, folder, None, now)
        except NormalizeError as error:
            answers[record["id"]] = {"id": record["id"], "error": str(error)}
    return answers


def main() -> None:
    """Print one line a part: each figure without it, and what it gives."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with score_extraction.py and extraction/")
    parser.add_argument("--part", action="append", choices=sorted(PARTS), help="only this one; may be repeated")
    options = parser.parse_args()
    judge, folder, now = _load_judge(options.data), options.data / "extraction", datetime.now(UTC)
    with (folder / "records.jsonl").open(encoding="utf-8") as lines:
        records = [record for line in lines if half_of(record := json.loads(line)) == "A"]
    whole = score(judge, records, answer(records, str(folder), now)).mean()
    print(f"{'with all parts':48}" + "".join(f"{name} {whole[name]:.4f}   " for name in FIGURES), flush=True)
    for part in options.part or PARTS:
        with without(part):
            found = score(judge, records, answer(records, str(folder), now)).mean()
        print(
            f"{part:48}" + "".join(f"{name} {found[name]:.4f} ({whole[name] - found[name]:+.4f})   " for name in FIGURES),
            flush=True,
        )


if __name__ == "__main__":
    main()
