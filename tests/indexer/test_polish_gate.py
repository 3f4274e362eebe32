"""The gate for Polish: people's annotations as the judge, a real embedded index, real queries through the search service.

The figures stand in indexer/README.md; the floors below them are pinned to a digest of the judge's files.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.model.article import Article, PublishedFrom, article_id
from crawler.text import fold
from indexer.document import Names, to_document
from indexer.engines.embedded import EmbeddedEngine
from indexer.expansion import Expander
from indexer.nodes import Everything, Node
from indexer.query import parse_query

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DIGEST = "1a7caae5a999c50e1bec223f3ff40deef93901830a6552599e6998d76a29e678"
FLOORS = {"as typed": (0.990, 0.930, 0.93), "without diacritics": (0.985, 0.915, 0.93)}
"""recall, precision, names"""


@pytest.fixture(scope="module")
def judge(evaluation_data: Path) -> Any:
    spec = importlib.util.spec_from_file_location("score_polish", evaluation_data / "score_polish.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def read(judge: Any, evaluation_data: Path) -> Any:
    return judge.read(str(evaluation_data / "polish"))


@pytest.fixture(scope="module")
def engine(read: Any, tmp_path_factory: pytest.TempPathFactory) -> EmbeddedEngine:
    """Every form is a document of one word."""
    _, lemmas, names = read
    forms = sorted(set(lemmas) | {form for given in names.values() for form in given})
    made = EmbeddedEngine(tmp_path_factory.mktemp("polish") / "index")
    documents = [
        to_document(
            Article(
                id=article_id(form), url=f"https://x.example/{number}", outlet="x", title="—", text=form, language="pl",
                published_at=NOON, published_from=PublishedFrom.PAGE, first_seen_at=NOON, content_sha256="", normalizer_version=1,
            ), None, Names(),
        ) for number, form in enumerate(forms)
    ]  # fmt: skip
    made.forms.add({"pl": forms})
    made.push(documents)
    assert made.count(Everything()) == len(forms)
    return made


@pytest.mark.slow
def test_the_judge_is_the_one_that_the_floors_were_measured_with(evaluation_data: Path) -> None:
    found = hashlib.sha256(b"".join((evaluation_data / "polish" / name).read_bytes() for name in ("names.tsv", "tokens.tsv")))
    assert found.hexdigest() == DIGEST


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("typed", "change"), [("as typed", str), ("without diacritics", fold)])
def test_inflected_forms_are_found(
    read: Any, engine: EmbeddedEngine, typed: str, change: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    weight, lemmas, names = read
    found = {query: _find(engine, change(query)) for query in sorted({lemma for _, lemma in weight} | set(names))}
    recall, precision, names_found = _score(weight, lemmas, names, found)
    with capsys.disabled():
        print(f"\nPolish, {typed}: recall {recall:.4f}  precision {precision:.4f}  names {names_found:.4f}")
    floors = FLOORS[typed]
    assert recall >= floors[0]
    assert precision >= floors[1]
    assert names_found >= floors[2]


def _find(engine: EmbeddedEngine, query: str) -> set[str]:
    node: Node = Expander(engine.forms, NOON, UTC).expand(parse_query(query).node)
    searcher, builder = engine._reader()
    hits = searcher.search(builder.build(node), limit=5000, count=False, order_by_field="order").hits
    return {_text(searcher, address) for _, address in hits}


def _text(searcher: Any, address: Any) -> str:
    from indexer.engines.embedded_schema import read_entry

    return str(read_entry(searcher.doc(address))["text"])


def _score(weight: Any, lemmas: Any, names: Any, found: dict[str, set[str]]) -> tuple[float, float, float]:
    """The measure of score_polish.py, which only prints."""
    of_form: dict[str, int] = {}
    for (form, _), count in weight.items():
        of_form[form] = of_form.get(form, 0) + count
    total = sum(weight.values())
    hit = sum(count for (form, lemma), count in weight.items() if form in found[lemma])
    pairs = [(lemma, form) for lemma in {lemma for _, lemma in weight} for form in found[lemma] if form in lemmas]
    right = sum(of_form[form] for lemma, form in pairs if lemma in lemmas[form])
    everything = sum(of_form[form] for _, form in pairs)
    known = [(name, form) for name, forms in names.items() for form in forms]
    return hit / total, right / everything, sum(form in found[name] for name, form in known) / len(known)
