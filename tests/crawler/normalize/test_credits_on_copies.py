"""Agencies named from one article's own credit, measured on the labelled copies beside the project (`../shared/data/copies`).

Only what the article itself carries: no look at other members of its story. A copy without a credit, with only a picture's or
with a chain of two agencies names nobody, so the share of right ones has its ceiling there; a wrong one is the fault.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from crawler.model.attribution import EvidenceKind, SourceRole
from crawler.normalize.credits import CreditReading, agency_of, attribute
from crawler.outlets.agencies import load_agencies

COPIES = Path(__file__).parents[4] / "shared" / "data" / "copies"
PRECISION_FLOOR = 0.99
RIGHT_FLOOR = 0.78
FALSE_AMONG_OTHERS = 0.005
"""Share of background articles given an agency; the four there are carry a real sign-off of their own."""


@pytest.mark.skipif(not COPIES.is_dir(), reason="skipped: ../shared/data/copies is not beside the project")
def test_an_articles_own_credit_names_the_right_agency_of_the_labelled_copies() -> None:
    with (COPIES / "edited-labels.tsv").open(encoding="utf-8", newline="") as file:
        labels = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
    agencies = load_agencies()
    count: Counter[str] = Counter()
    by_kind: dict[EvidenceKind, Counter[bool]] = {}
    with (COPIES / "edited.jsonl").open(encoding="utf-8") as lines:
        for article in map(json.loads, lines):
            label = labels[article["id"]]
            wanted = label["agency"].lower().replace(" ", "-")
            found = attribute(
                CreditReading(
                    title=article["title"], text=article["text"], outlet=article["outlet"], language=article["language"]
                ),
                agencies,
            )
            said, _ = agency_of(found)
            if not wanted:
                count["named among others" if said else "others"] += 1
            elif label["kind"] != "orig" and not label["kind"].startswith("neg_"):
                count["right" if said == wanted else "wrong" if said else "none"] += 1
                for one in found:
                    if one.role == SourceRole.ORIGIN and one.source_kind == "agency":
                        for piece in one.evidence:
                            by_kind.setdefault(piece.kind, Counter())[one.source == wanted] += 1
    copies = count["right"] + count["wrong"] + count["none"]
    print(dict(count), {kind.value: f"{counts[True]}/{counts.total()}" for kind, counts in by_kind.items()})
    assert count["right"] / (count["right"] + count["wrong"]) >= PRECISION_FLOOR
    assert count["right"] / copies >= RIGHT_FLOOR
    assert count["named among others"] / (count["named among others"] + count["others"]) <= FALSE_AMONG_OTHERS
