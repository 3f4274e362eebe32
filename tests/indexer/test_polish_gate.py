"""The gate for Polish: people's annotations as the judge, real indices of both engines, real queries as the search service asks them.

The figures stand in indexer/README.md; the floors below them are pinned to a digest of the judge's files.
"""

from __future__ import annotations

import hashlib
import importlib.util
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.model.article import Article, PublishedFrom, article_id
from crawler.store.database import open_database
from crawler.text import fold
from indexer.config import IndexerSettings
from indexer.document import Names, to_document
from indexer.engine import EngineRequest, SearchEngine
from indexer.engines.elastic import ElasticEngine
from indexer.engines.embedded import EmbeddedEngine
from indexer.expansion import Expander
from indexer.nodes import Everything, Node
from indexer.query import parse_query
from indexer.store_forms import StoreForms

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


def embedded(request: pytest.FixtureRequest, folder: Path) -> Iterator[SearchEngine]:
    engine = EmbeddedEngine(folder / "index")
    yield engine
    engine.close()


def elasticsearch(request: pytest.FixtureRequest, folder: Path) -> Iterator[SearchEngine]:
    """As an installation has it: the forms stand in the store."""
    from tests.elasticsearch_server import clean_up

    url, prefix = request.getfixturevalue("elasticsearch_url"), f"t{secrets.token_hex(6)}"
    database = open_database(f"sqlite:///{folder / 'store' / 'depesza.sqlite'}")
    settings = IndexerSettings(engine="elasticsearch", url=url, index=prefix)
    engine = ElasticEngine(settings, lambda: StoreForms(database))
    yield engine
    engine.close()
    clean_up(url, prefix)


@pytest.fixture(scope="module", params=[embedded, pytest.param(elasticsearch, marks=pytest.mark.elasticsearch)])
def engine(request: pytest.FixtureRequest, read: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchEngine]:
    """Every form is a document of one word."""
    for made in request.param(request, tmp_path_factory.mktemp("polish")):
        fill(made, read)
        yield made


def fill(made: SearchEngine, read: Any) -> None:
    _, lemmas, names = read
    forms = sorted(set(lemmas) | {form for given in names.values() for form in given})
    documents = [
        to_document(
            Article(
                id=article_id(form), url=f"https://x.example/{number}", outlet="x", title="—", text=form, language="pl",
                published_at=NOON, published_from=PublishedFrom.PAGE, first_seen_at=NOON, content_sha256="", normalizer_version=1,
            ), None, Names(),
        ) for number, form in enumerate(forms)
    ]  # fmt: skip
    made.forms.add({"pl": forms})
    for start in range(0, len(documents), 500):
        result = made.push(documents[start : start + 500])
        assert len(result.written) == len(documents[start : start + 500])
    made.refresh()
    assert made.count(Everything()) == len(forms)


@pytest.mark.slow
def test_the_judge_is_the_one_that_the_floors_were_measured_with(evaluation_data: Path) -> None:
    found = hashlib.sha256(b"".join((evaluation_data / "polish" / name).read_bytes() for name in ("names.tsv", "tokens.tsv")))
    assert found.hexdigest() == DIGEST


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("typed", "change"), [("as typed", str), ("without diacritics", fold)])
def test_inflected_forms_are_found(
    read: Any, engine: SearchEngine, typed: str, change: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    weight, lemmas, names = read
    found = {query: _find(engine, change(query)) for query in sorted({lemma for _, lemma in weight} | set(names))}
    recall, precision, names_found = _score(weight, lemmas, names, found)
    with capsys.disabled():
        print(f"\nPolish, {engine.name}, {typed}: recall {recall:.4f}  precision {precision:.4f}  names {names_found:.4f}")
    floors = FLOORS[typed]
    assert recall >= floors[0]
    assert precision >= floors[1]
    assert names_found >= floors[2]


def _find(engine: SearchEngine, query: str) -> set[str]:
    node: Node = Expander(engine.forms, NOON, UTC).expand(parse_query(query).node)
    return {hit.document["text"] for hit in engine.search(EngineRequest(query=node, limit=5000))}


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
