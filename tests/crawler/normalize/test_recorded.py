"""Every recorded page, through the whole chain: tests/recorded/<slug>/<date>-<topic>/ with page, expected values and the trap."""

from __future__ import annotations

import gzip
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from crawler.errors import NormalizeError
from crawler.model.article import Article
from crawler.model.outlet import Outlet
from crawler.model.page import Page
from crawler.normalize.chain import normalize
from crawler.outlets.agencies import load_agencies

RECORDED = Path(__file__).parents[2] / "recorded"
FOLDERS = sorted(path.parent for path in RECORDED.glob("*/*/expected.json"))


FAULTY = [folder for folder in FOLDERS if "known_fault" in json.loads((folder / "expected.json").read_text(encoding="utf-8"))]


FACTS = {
    "url", "title", "lead", "language", "authors", "byline", "published_at", "published_from", "modified_at", "section", "tags", "image_url", "image_credit",
    "access",
}  # fmt: skip
"""What a page of which all facts are pinned says in `expected`, beside its text, sources and words that must not be there."""


def name_of(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_recorded_page_gives_the_expected_article(folder: Path) -> None:
    wanted = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    wrong = differences(folder, wanted)
    assert {name: said for name, said in wrong.items() if name not in wanted.get("fault_in", ())} == {}


@pytest.mark.parametrize("folder", FAULTY, ids=name_of)
@pytest.mark.xfail(strict=True, reason="known faults: whoever mends one takes its name out of the page's `fault_in`")
def test_a_known_fault_of_a_recorded_page_is_still_there(folder: Path) -> None:
    wanted = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    mended = set(wanted["fault_in"]) - set(differences(folder, wanted))
    assert mended, f"not yet mended: {wanted['known_fault']}"


def differences(folder: Path, wanted: dict[str, Any]) -> dict[str, object]:
    """What is not as expected: "error", "text", "never", "sources", "addresses" or a field -> what was found."""
    try:
        article = article_of(folder, wanted)
    except NormalizeError as refused:
        return {} if refused.kind == wanted.get("error") else {"error": refused.kind}
    if "error" in wanted:
        return {"error": None}
    found = plain(article)
    wrong: dict[str, object] = {name: found[name] for name, value in wanted["expected"].items() if found[name] != value}
    if (paragraphs := article.text.split("\n\n")) != wanted["text"]:
        wrong["text"] = [line for line in paragraphs if line not in wanted["text"]] or paragraphs
    if held := [words for words in wanted.get("never", ()) if words in article.text]:
        wrong["never"] = held
    named = [[item.source, str(item.source_kind), str(item.role)] for item in article.attributions]
    if named[: len(wanted.get("sources", ()))] != wanted.get("sources", []):
        wrong["sources"] = named
    met = [[item.url, str(item.kind)] for item in article.addresses]
    if missing := [address for address in wanted.get("addresses", ()) if address not in met]:
        wrong["addresses"] = missing
    check_evidence(article)
    return wrong


def test_the_founding_sample_names_its_sources_by_the_credit_line() -> None:
    folder = RECORDED / "kresy" / "2017-05-02-putin-trump"
    article = article_of(folder, json.loads((folder / "expected.json").read_text(encoding="utf-8")))
    assert len(article.text.split("\n\n")) == 9
    for item in article.attributions[:5]:
        assert [evidence.where for evidence in item.evidence] == ["credits"]
    cited = next(item for item in article.attributions if item.role == "cited")
    assert cited.evidence[0].quote == "Jak podaje agencja Reutera"


def test_every_recorded_page_says_what_its_trap_is() -> None:
    assert len(FOLDERS) >= 60
    for folder in FOLDERS:
        assert (folder / "about.md").read_text(encoding="utf-8").startswith("# "), folder


def test_the_polish_pages_pin_every_fact() -> None:
    """The founding sample's page and at least thirty more, in at least ten outlets' themes (each has a theme of its own)."""
    wanted = {folder: json.loads((folder / "expected.json").read_text(encoding="utf-8")) for folder in FOLDERS}
    polish = {folder: one for folder, one in wanted.items() if "pl" in one["outlet"]["languages"] and "expected" in one}
    assert not any("known_fault" in one for one in wanted.values())
    assert {
        name_of(folder): FACTS - one["expected"].keys() for folder, one in polish.items() if not one["expected"].keys() >= FACTS
    } == {}
    assert RECORDED / "kresy" / "2017-05-02-putin-trump" in polish
    assert len(polish) > 30 and len({folder.parent for folder in polish}) >= 10


def article_of(folder: Path, wanted: dict[str, Any]) -> Article:
    outlet = TypeAdapter(Outlet).validate_python(wanted["outlet"])
    now = datetime.fromisoformat(wanted["now"])
    page = Page(
        requested_url=wanted["url"],
        final_url=wanted["url"],
        status=200,
        headers=(("content-type", wanted["content_type"]),),
        body=gzip.decompress((folder / "page.html.gz").read_bytes()),
        fetched_at=now,
        outlet=outlet.slug,
    )
    return normalize(page, outlet, load_agencies([outlet]), now)


def plain(article: Article) -> dict[str, Any]:
    """The article as JSON would hold it."""
    values = asdict(article)
    for name in ("published_at", "modified_at", "first_seen_at"):
        values[name] = values[name].isoformat() if values[name] else None
    return {
        key: list(value) if isinstance(value, tuple) else str(value) if key in ("access", "published_from") else value
        for key, value in values.items()
    }


def check_evidence(article: Article) -> None:
    """Every quote stands in the kept string at its offsets."""
    kept = {"byline": article.byline, "credits": article.credits, "text": article.text, "title": article.title}
    for item in article.attributions:
        for evidence in item.evidence:
            if evidence.where in kept:
                assert kept[evidence.where][evidence.start : evidence.end] == evidence.quote
