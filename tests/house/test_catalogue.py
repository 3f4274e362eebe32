"""The shipped catalogue: every file sound, in its country's folder, honest about what was never tried."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import pytest

from crawler.addresses import belongs_to
from crawler.model.outlet import Layout, Outlet, OutletKind, Politeness, Schedule, Source
from crawler.outlets.agencies import load_agencies
from crawler.outlets.catalogue import SHIPPED, load_catalogue, read_outlet

CATALOGUE = load_catalogue()
LIST = Path(__file__).parents[3] / "shared" / "data" / "outlets.tsv"


def test_the_founding_five_are_shipped() -> None:
    assert {"kresy", "tvp-info", "pap", "reuters", "kremlin"} <= set(CATALOGUE)
    assert CATALOGUE["kremlin"].kind is OutletKind.INSTITUTION
    assert (CATALOGUE["pap"].agency, CATALOGUE["reuters"].agency) == ("pap", "reuters")


def test_every_outlet_stands_in_the_folder_of_its_country() -> None:
    for slug, outlet in CATALOGUE.items():
        assert CATALOGUE.path_of(slug).parent == SHIPPED / outlet.country.lower(), slug


def test_every_outlet_says_since_when_it_waits_to_be_tried() -> None:
    assert [slug for slug, outlet in CATALOGUE.items() if outlet.unverified is None] == []


def test_every_outlet_has_a_group_and_no_odd_fences() -> None:
    for slug, outlet in CATALOGUE.items():
        assert outlet.group, slug
        assert outlet.politeness.obey_robots, slug
        assert outlet.politeness.verify_tls, slug
        assert not outlet.politeness.allow_private, slug


def test_an_agency_outlet_names_an_agency_that_is_known() -> None:
    agencies = load_agencies(CATALOGUE.values()).agencies
    for slug, outlet in CATALOGUE.items():
        assert (outlet.agency is not None) == (outlet.kind is OutletKind.AGENCY), slug
        assert outlet.agency is None or outlet.agency in agencies, slug


def test_the_sources_of_an_outlet_lie_within_its_domains() -> None:
    for slug, outlet in CATALOGUE.items():
        assert all(belongs_to(source.url, outlet.domains) for source in outlet.sources), slug


def test_no_short_alias_can_be_taken_for_the_initials_of_an_author() -> None:
    for slug, outlet in CATALOGUE.items():
        assert all(len(alias) > 3 or alias in ("BBC", "FAZ", "ТСН") for alias in outlet.aliases), slug


def test_the_names_of_the_founding_credit_line_are_understood() -> None:
    agencies = load_agencies(CATALOGUE.values())
    found = [agencies.find(name) for name in ("Reuters", "PAP", "Tvp.info", "kremlin.ru", "Kresy.pl")]
    assert [source.slug if source else None for source in found] == ["reuters", "pap", "tvp-info", "kremlin", "kresy"]


@pytest.mark.skipif(not LIST.exists(), reason="the list of known facts about outlets is not beside the project")
def test_what_is_known_to_refuse_us_is_disabled() -> None:
    with LIST.open(encoding="utf-8", newline="") as file:
        rows = {row["homepage"]: row["note"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    for slug, outlet in CATALOGUE.items():
        note = rows.get(outlet.homepage, "")
        if any(
            word in note
            for word in ("refuse bots", "refuses bots", "refuses non-browser", "refused bots", "licensed", "reservation")
        ):
            assert outlet.disabled_because, slug


@pytest.mark.parametrize("record", [Outlet, Source, Schedule, Politeness, Layout])
def test_every_key_of_an_outlets_file_is_described(record: type) -> None:
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [field.name for field in dataclasses.fields(record) if f"`{field.name}`" not in guide] == []


def test_the_file_in_the_guide_is_a_sound_outlet(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    path = tmp_path / "gazeta.toml"
    path.write_text(guide.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    assert read_outlet(path).slug == "gazeta"


def test_the_groups_in_the_guide_are_those_of_the_catalogue() -> None:
    guide = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = guide.partition("`group:` queries: ")[2].partition(" |")[0].split(", ")
    assert set(named) == {outlet.group for outlet in CATALOGUE.values()}
