"""Figures for indexer/watches/README.md, not a test: many watches against new articles in one pass.

`python tests/indexer/watches/measure_matching.py [WATCHES] [ARTICLES]` (10,000 and 1,000) makes articles of some 250 Polish words
(morfeusz2's own inflected forms, frequent ones often) and watches of the kinds people write, fills a real table of seen forms, and
prints seconds for compiling and matching, matches, and the memory of the process.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parent.parent.parent.parent
sys.path.insert(0, str(ROOT))

from crawler.model.article import article_id  # noqa: E402 - the path comes first
from indexer.document import DOCUMENT_VERSION  # noqa: E402 - as above
from indexer.forms import SeenForms  # noqa: E402 - as above
from indexer.watches.matching import Matcher  # noqa: E402 - as above
from indexer.watches.terms import Compiler  # noqa: E402 - as above

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WARSAW = ZoneInfo("Europe/Warsaw")


def words(rng: random.Random, count: int = 30_000) -> list[str]:
    """Inflected Polish forms, from the lemmas of morfeusz2's dictionary that random syllables hit, else the syllables themselves."""
    import morfeusz2

    morfeusz = morfeusz2.Morfeusz(generate=True)
    syllables = [
        "ko",
        "ra",
        "po",
        "za",
        "mi",
        "sta",
        "wy",
        "ro",
        "ka",
        "li",
        "do",
        "ma",
        "pra",
        "na",
        "wa",
        "cie",
        "szko",
        "dro",
        "rze",
        "mo",
        "bu",
        "ty",
        "no",
        "ga",
        "le",
        "pi",
        "se",
        "to",
        "wi",
        "ja",
    ]
    found: dict[str, None] = {}
    while len(found) < count:
        base = "".join(rng.choices(syllables, k=rng.randint(2, 3)))
        generated = [row[0] for row in morfeusz.generate(base)][:12] or [base, base + "m", base + "ch"]
        found.update(dict.fromkeys(generated))
    return list(found)[:count]


def make_document(rng: random.Random, number: int, known: list[str], weights: list[float]) -> dict[str, Any]:
    """A document of some 250 words."""
    url = f"https://outlet{number % 200}.example/{number}"
    text = " ".join(rng.choices(known, cum_weights=weights, k=250))
    return {
        "id": article_id(url), "url": url, "title": " ".join(rng.choices(known, cum_weights=weights, k=8)), "lead": None, "text": text, "language": "pl",
        "authors": ["Anna Lis"], "byline": "", "section": "Kraj", "image_url": None, "outlet": f"outlet{number % 200}", "outlet_name": f"Outlet {number % 200}",
        "country": "PL", "group": "portale", "tags": [], "agency": "pap", "agencies": ["pap"], "agency_names": ["PAP"], "published_at": NOW.isoformat(),
        "modified_at": None, "first_seen_at": NOW.isoformat(), "removed_at": None, "access": "free", "story": None, "role": None, "copies": 1,
        "is_origin": False, "index_version": 1, "document_version": DOCUMENT_VERSION,
    }  # fmt: skip


def make_query(rng: random.Random, known: list[str]) -> str:
    """A query as people write them: names of two words, phrases, alternatives, fields, negations, beginnings."""
    one, two, three = rng.choices(known[200:], k=3)
    return rng.choice(
        [f"{one} {two}", f'"{one} {two}"', f"({one} OR {two}) {three}", f"{one} outlet:outlet{rng.randrange(200)}", f"{one} -{two}",
         f"{one[:5]}* {two}", f"title:{one}", f"agency:pap {one} {two}", one]
    )  # fmt: skip


def main() -> None:
    """Print the figures."""
    watches, articles = (
        (int(one) for one in (*sys.argv[1:], "10000", "1000")[:2]) if len(sys.argv) < 3 else map(int, sys.argv[1:3])
    )
    rng = random.Random(5)
    known = words(rng)
    total, weights = 0.0, []
    for place in range(len(known)):
        total += 1 / (place + 20)
        weights.append(total)
    documents = [make_document(rng, number, known, weights) for number in range(articles)]
    with tempfile.TemporaryDirectory() as folder:
        forms = SeenForms(Path(folder) / "forms.sqlite")
        forms.add({"pl": [text for one in documents for text in (one["title"], one["text"])]})
        queries = [make_query(rng, known) for _ in range(watches)]
        started = time.process_time()
        compiler = Compiler(forms, NOW, WARSAW)
        matcher = Matcher({str(number): compiler.compile(query) for number, query in enumerate(queries)}, WARSAW)
        compiled = time.process_time()
        found = [pair for start in range(0, articles, 500) for pair in matcher.match(documents[start : start + 500], forms, NOW)]
        done = time.process_time()
        forms.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{watches:,} watches, {articles:,} articles: compiled in {compiled - started:.1f} s, matched in {done - compiled:.1f} s of CPU time, "
        f"{len(found):,} matches, at most {peak_mb:.0f} MB"
    )


if __name__ == "__main__":
    main()
