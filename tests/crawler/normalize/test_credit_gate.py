"""The gate before the readers of credits: it turns away most prose, and never a line that they would read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from crawler.model.outlet import Outlet
from crawler.normalize import credit_places
from crawler.normalize.credit_chain import Names
from crawler.normalize.credit_gate import may_credit
from crawler.normalize.credit_places import find_credits
from crawler.outlets.agencies import load_agencies

FORMS = Path(__file__).with_name("credit_forms.tsv")
PROSE = "Budowa trwała trzy lata i kosztowała więcej, niż planowano, bo robotnicy natrafili w dnie na stare fundamenty rzeki."
OUTLET = Outlet(
    slug="glos-gor", name="Głos Gór", homepage="https://glosgor.example/", domains=("glosgor.example",), country="PL", languages=("pl",),
    timezone="Europe/Warsaw",
)  # fmt: skip
AGENCIES = load_agencies([OUTLET])


def test_the_gate_never_changes_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with FORMS.open(encoding="utf-8") as lines:
        forms = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    texts = [
        text for row in forms for text in (f"{row['form']}\n\n{PROSE}", f"{PROSE}\n\n{row['form']}", f"{PROSE} {row['form']}")
    ]

    def found() -> list[object]:
        return [find_credits(text, "", "pl", Names(AGENCIES, "glos-gor", "glosgor.example")) for text in texts]

    gated = found()
    monkeypatch.setattr(credit_places, "may_credit", lambda text, names: True)
    assert gated == found()
    assert sum(map(bool, gated)) > 300


@pytest.mark.parametrize(
    "line",
    [
        "wk/ zol/PAP", "JANE DOE Associated Press", "Jane DoeReuters", "źródło: GŁOS  GÓR", "Glos gor", "tvp.info", "Tygodnik Zatoki", "KNF",
        "Policja Miasta", "glosgor.example", "dpa",
    ],
)  # fmt: skip
def test_a_name_of_any_kind_passes(line: str) -> None:
    assert may_credit(line, Names(AGENCIES))


def test_the_outlet_that_is_read_passes_though_no_catalogue_has_it() -> None:
    assert may_credit("wk / NIZINA", Names(AGENCIES, "nizina"))
    assert not may_credit("wk / NIZINA", Names(AGENCIES))


def test_prose_is_turned_away() -> None:
    assert not may_credit(PROSE, Names(AGENCIES))
