"""Agencies as data: names are found, errors name file and key, the look-up travels to workers, `agency_of` is careful."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from crawler.errors import ConfigError
from crawler.model.attribution import Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.outlet import Outlet, OutletKind
from crawler.outlets.agencies import AGENCY_FILE, Agencies, agency_of, load_agencies, read_agencies

WANTED = (
    "reuters pap ap afp dpa tass interfax ria-novosti ukrinform unian iar isbnews ctk tasr apa ansa efe xinhua kyodo anadolu bloomberg upi "
    "pa-media belta bns elta leta mti agerpres tanjug hina sta belga anp ntb tt ritzau stt yonhap pti"
)


def outlet(slug: str, name: str, **more: object) -> Outlet:
    return Outlet(
        slug=slug,
        name=name,
        homepage=f"https://{slug}.example/",
        country="PL",
        languages=("pl",),
        timezone="Europe/Warsaw",
        **{"domains": (f"{slug}.example",), **more},  # type: ignore[arg-type]  # values of every kind
    )


@pytest.fixture(scope="module")
def agencies() -> Agencies:
    return load_agencies(
        [
            outlet("nowiny", "Nowiny Dnia", domains=("nowiny.example", "www.nowinydnia.pl"), aliases=("nowinydnia.pl", "ND24")),
            outlet("urzad", "Urząd Miasta", kind=OutletKind.INSTITUTION),
            outlet("pap-serwis", "Serwis PAP", kind=OutletKind.AGENCY, agency="pap"),
        ]
    )


def test_at_least_forty_agencies_are_known_and_every_one_asked_for(agencies: Agencies) -> None:
    assert set(WANTED.split()) <= set(agencies.agencies)
    assert sum(not agency.mostly_photo for agency in agencies.agencies.values()) >= 40
    for agency in agencies.agencies.values():
        assert agency.names or agency.frame_only, agency.slug
        assert len(agency.country) == 2 and agency.domains, agency.slug


def test_no_form_belongs_to_two_agencies(agencies: Agencies) -> None:
    owner: dict[str, str] = {}
    for agency in agencies.agencies.values():
        for form in {*agency.frame_only, *(form for group in agency.names.values() for form in group)}:
            assert owner.setdefault(form, agency.slug) == agency.slug, form


@pytest.mark.parametrize(
    ("element", "slug"),
    [
        ("Reutera", "reuters"), ("agencji Reutera", "reuters"), ("REUTERS", "reuters"), ("Polskiej Agencji Prasowej", "pap"),
        ("The Associated Press", "ap"), ("THE ASSOCIATED PRESS", "ap"), ("AP", "ap"), ("ČTK", "ctk"), ("Інтерфакс-Україна", "interfax-ukraine"),
        ("РИА Новости", "ria-novosti"), ("dpa", "dpa"), ("reuters.com", "reuters"), ("Nowiny Dnia", "nowiny"), ("NOWINYDNIA.PL", "nowiny"),
        ("sport.nowinydnia.pl", "nowiny"), ("nd24", "nowiny"), ("Urząd Miasta", "urzad"), ("Serwis PAP", "pap"), ("Tvp.info", "Tvp.info"),
    ],
)  # fmt: skip
def test_a_name_is_found_inflected_in_capitals_and_as_a_site(agencies: Agencies, element: str, slug: str) -> None:
    source = agencies.find(element)
    assert source is not None and source.slug == slug


@pytest.mark.parametrize(
    "element", ["ap", "pap", "aa", "Agencja Bezpieczeństwa Wewnętrznego", "wk.zol", "SYRIA", "SEPA", "", " / ", "Pap", "3.14"]
)
def test_initials_homonyms_and_numbers_are_nobody(agencies: Agencies, element: str) -> None:
    assert agencies.find(element) is None


def test_an_unknown_site_is_an_outlet_and_one_of_the_state_an_institution(agencies: Agencies) -> None:
    kinds = {
        host: source.kind
        for host in ("nieznany.pl", "kremlin.ru", "gov.pl", "mon.gov.pl", "www.gouvernement.gouv.fr")
        if (source := agencies.find(host))
    }
    assert kinds == {
        "nieznany.pl": NamedSourceKind.OUTLET, "kremlin.ru": NamedSourceKind.INSTITUTION, "gov.pl": NamedSourceKind.INSTITUTION,
        "mon.gov.pl": NamedSourceKind.INSTITUTION, "www.gouvernement.gouv.fr": NamedSourceKind.INSTITUTION,
    }  # fmt: skip


def test_mentions_stand_alone_and_the_longest_name_wins(agencies: Agencies) -> None:
    text = "Jak podaje agencja Reutera i ITAR-TASS, w SYRII; PAPIER, x@afp.com, AFP-owski, Interfax-Ukraine."
    assert [(text[start:end], source.slug) for start, end, source in agencies.mentions(text)] == [
        ("agencja Reutera", "reuters"), ("ITAR-TASS", "tass"), ("Interfax-Ukraine", "interfax-ukraine"),
    ]  # fmt: skip


def test_the_look_up_travels_to_a_worker_unchanged(agencies: Agencies) -> None:
    assert pickle.loads(pickle.dumps(agencies)) == agencies


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        (
            '[nowa]\nname = "Nowa"\ncountry = "PL"\ndomians = ["nowa.pl"]',
            "[nowa] has no key 'domians' (did you mean \"domains\"?)",
        ),
        ('[nowa]\nname = "Nowa"', "[nowa] country"),
        ('[nowa]\nname = 5\ncountry = "PL"', "[nowa] name"),
        ('[nowa]\nname = "N"\ncountry = "PL"\n[nowa.names]\npl = "Nowa"', "[nowa] names.pl"),
        ('["Nowa Agencja"]\nname = "N"', "a slug is lower-case letters"),
        ("nowa = 3", "a table [nowa] is wanted"),
        ("[nowa", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_file_slug_key_and_suggestion(tmp_path: Path, toml: str, complaint: str) -> None:
    path = tmp_path / "agencies.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_agencies(extra_files=[path])
    assert str(path) in str(caught.value) and complaint in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_agencies(tmp_path / "none.toml")


def test_a_users_own_file_adds_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[nowa]\nname = "Nowa"\ncountry = "PL"\ndomains = ["nowa.pl"]\n[nowa.names]\npl = ["Nowej Agencji"]\n', encoding="utf-8"
    )
    source = load_agencies(extra_files=[path]).find("Nowej Agencji")
    assert source is not None and source.slug == "nowa"
    assert len(load_agencies(extra_files=[path]).agencies) == len(read_agencies(AGENCY_FILE)) + 1


def attribution(
    slug: str, weight: float, kind: EvidenceKind = EvidenceKind.BYLINE, role: SourceRole = SourceRole.ORIGIN
) -> Attribution:
    evidence = Evidence(kind=kind, where="byline", quote=slug, start=0, end=len(slug), weight=weight)
    return Attribution(source=slug, source_kind=NamedSourceKind.AGENCY, role=role, confidence=weight, evidence=(evidence,))


def test_one_agency_is_named_two_alike_are_not() -> None:
    assert agency_of([attribution("pap", 0.95)]) == ("pap", 0.95)
    assert agency_of([attribution("reuters", 0.465), attribution("pap", 0.465)])[0] is None
    assert agency_of([attribution("reuters", 0.465), attribution("pap", 0.465), attribution("pap", 0.9)])[0] == "pap"
    assert agency_of([attribution("reuters", 0.95), attribution("pap", 0.95)])[0] is None


def test_cited_and_photo_name_nobody_and_an_own_site_settles_it() -> None:
    assert agency_of([]) == (None, 0.0)
    assert agency_of([attribution("pap", 0.9, role=SourceRole.CITED), attribution("epa", 0.9, role=SourceRole.PHOTO)]) == (
        None,
        0.0,
    )
    assert agency_of([attribution("pap", 0.95), attribution("reuters", 0.98, EvidenceKind.OWN_SITE)]) == ("reuters", 0.98)


@pytest.mark.parametrize("initials", ["ap", "afp", "Afp", "pap", "dpa ", "bbc", "faz"])
def test_initials_of_an_editor_find_no_agency_whose_outlet_has_a_short_slug(initials: str) -> None:
    known = load_agencies(
        [
            outlet(slug, name, kind=OutletKind.AGENCY, agency=slug)
            for slug, name in (("ap", "AP News"), ("afp", "AFP"), ("pap", "PAP"))
        ]
        + [outlet("bbc", "BBC"), outlet("faz", "FAZ")]
    )
    found = known.find(initials)
    assert found is None or initials.strip() == "dpa"  # dpa writes itself so


def test_short_names_of_outlets_count_as_they_are_spelt_and_in_a_frame_only() -> None:
    known = load_agencies([outlet("bbc", "BBC", aliases=("BBC News",))])
    short, long = known.find("BBC"), known.find("bbc news")
    assert short is not None and short.slug == "bbc" and short.frame_only
    assert long is not None and long.slug == "bbc" and not long.frame_only
