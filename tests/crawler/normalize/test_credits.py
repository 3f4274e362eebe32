"""Who a text is from: the founding chain, roles, evidence, cutting credits out, and what must never be taken for authorship."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.model.attribution import Attribution, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.outlet import Outlet, OutletKind
from crawler.normalize.credits import CreditReading, agency_of, attribute, split_credits
from crawler.outlets.agencies import load_agencies

SEED = Path(__file__).parents[4] / "shared" / "seed" / "kresy-putin-trump-2017-05-02.txt"
BODY = (
    "Prezydenci dwóch państw rozmawiali we wtorek przez telefon o granicy, moście i wspólnych ćwiczeniach straży, które mają się odbyć jesienią.\n\n"
    "Jak podaje agencja Reutera, rozmowa trwała godzinę, a obie strony uznały ją za rzeczową i zapowiedziały kolejną jeszcze w tym miesiącu."
)
AGENCIES = load_agencies()


def catalogue_outlet(slug: str, name: str, domain: str, kind: OutletKind = OutletKind.MEDIA) -> Outlet:
    return Outlet(
        slug=slug,
        name=name,
        homepage=f"https://{domain}/",
        domains=(domain,),
        country="PL",
        languages=("pl",),
        timezone="Europe/Warsaw",
        kind=kind,
    )


CATALOGUE = load_agencies(
    [
        catalogue_outlet("kresy", "Kresy.pl", "kresy.pl"),
        catalogue_outlet("tvp-info", "TVP Info", "tvp.info"),
        catalogue_outlet("kremlin", "Kreml", "kremlin.ru", OutletKind.INSTITUTION),
    ]
)


def rows(found: tuple[Attribution, ...]) -> list[tuple[str, str, str, int]]:
    return [(one.source, one.source_kind.value, one.role.value, one.position) for one in found]


def kept(reading: CreditReading, where: str) -> tuple[str, ...]:
    """The strings that an evidence's offsets may count in."""
    return {
        "byline": (reading.byline,),
        "credits": (reading.credits,),
        "text": (reading.text,),
        "title": (reading.title,),
        "structured data": ("\n".join(reading.structured),),
        "page": (reading.url, reading.outlet),
    }[where]


FOUNDING = [
    ("reuters", "agency", "origin", 1), ("pap", "agency", "origin", 2), ("tvp-info", "outlet", "co-origin", 3),
    ("kremlin", "institution", "co-origin", 4), ("kresy", "outlet", "own", 5), ("reuters", "agency", "cited", 1),
]  # fmt: skip


def test_the_founding_chain_gives_agencies_outlet_institution_own_and_the_citation_in_order() -> None:
    text = f"{BODY}\n\nReuters / PAP / Tvp.info/ kremlin.ru / Kresy.pl"
    found = attribute(CreditReading(text=text, outlet="kresy", url="https://kresy.pl/rozmowa/", language="pl"), CATALOGUE)
    assert rows(found) == FOUNDING
    assert found[0].evidence[0].kind == EvidenceKind.CREDIT_LINE and found[0].evidence[0].quote == "Reuters"
    assert found[-1].evidence[0].quote == "Jak podaje agencja Reutera"


def test_the_founding_chain_is_read_the_same_from_credits_cut_out_of_the_text() -> None:
    text, credits = split_credits(f"{BODY}\n\nReuters / PAP / Tvp.info/ kremlin.ru / Kresy.pl\n\nZostaw odpowiedź", CATALOGUE)
    assert credits == "Reuters / PAP / Tvp.info/ kremlin.ru / Kresy.pl"
    assert text == f"{BODY}\n\nZostaw odpowiedź"
    found = attribute(
        CreditReading(text=text, credits=credits, outlet="kresy", url="https://kresy.pl/rozmowa/", language="pl"), CATALOGUE
    )
    assert rows(found) == FOUNDING
    assert (found[0].evidence[0].where, found[0].evidence[0].start, found[0].evidence[0].end) == ("credits", 0, 7)


def test_without_a_catalogue_sites_are_named_as_written_and_the_own_one_is_known_by_its_address() -> None:
    found = attribute(
        CreditReading(credits="Reuters / PAP / Tvp.info/ kremlin.ru / Kresy.pl", url="https://kresy.pl/x", language="pl"),
        AGENCIES,
    )
    assert rows(found)[2:] == [
        ("Tvp.info", "outlet", "co-origin", 3), ("kremlin.ru", "institution", "co-origin", 4), ("kresy.pl", "outlet", "own", 5),
    ]  # fmt: skip


@pytest.mark.skipif(not SEED.exists(), reason="the founding sample is not beside the project")
def test_the_founding_sample_itself() -> None:
    reading = CreditReading(text=SEED.read_text(encoding="utf-8"), outlet="kresy", url="https://kresy.pl/x", language="pl")
    assert rows(attribute(reading, CATALOGUE)) == FOUNDING


def test_a_chain_of_two_agencies_alone_names_no_single_agency_but_a_second_credit_does() -> None:
    chain = CreditReading(credits="Reuters / PAP / Kresy.pl", language="pl")
    assert agency_of(attribute(chain, AGENCIES))[0] is None
    both = CreditReading(credits="Reuters / PAP / Kresy.pl", text=f"WARSZAWA (PAP) - {BODY}", language="pl")
    assert agency_of(attribute(both, AGENCIES))[0] == "pap"


def test_evidence_of_several_places_is_gathered_and_raises_confidence() -> None:
    reading = CreditReading(byline="wk/PAP", text=f"{BODY}\n\n(PAP)", structured=("PAP", "Kurier"), language="pl")
    (pap, *_) = attribute(reading, AGENCIES)
    assert {piece.where for piece in pap.evidence} == {"byline", "text", "structured data"}
    assert pap.evidence[0].kind == EvidenceKind.STRUCTURED_DATA and 0.95 < pap.confidence <= 0.99


def test_an_agencys_own_site_is_its_origin_by_address_or_by_outlet() -> None:
    by_address = attribute(CreditReading(text=BODY, url="https://www.reuters.com/world/x", outlet="reuters-en"), AGENCIES)
    by_name = attribute(CreditReading(text=BODY, outlet="PA Media"), AGENCIES)
    assert by_address[0].source == "reuters" and by_address[0].evidence[0].kind == EvidenceKind.OWN_SITE
    assert by_address[0].evidence[0].quote == "www.reuters.com" or by_address[0].evidence[0].quote == "reuters.com"
    assert agency_of(by_name)[0] == "pa-media"


def test_a_picture_credit_is_reported_as_photo_and_nothing_else() -> None:
    for form in ("fot. PAP/EPA", "Jan Kos/PAP", "(AP Photo/Jane Doe)", "Foto: dpa", "PAP/EPA/JAN KOS"):
        found = attribute(CreditReading(text=f"{BODY}\n\n{form}", language="pl"), AGENCIES)
        assert {one.role for one in found} <= {SourceRole.PHOTO, SourceRole.CITED} and any(
            one.role == SourceRole.PHOTO for one in found
        ), form


def test_institutions_called_agency_and_homonyms_are_no_press_agencies() -> None:
    text = f"Agencja Bezpieczeństwa Wewnętrznego i Polska Agencja Kosmiczna milczą. EPA zbadała wodę, a statek BNS wypłynął.\n\n{BODY}\n\nABW, WK"
    assert [
        one.source for one in attribute(CreditReading(text=text, language="pl"), AGENCIES) if one.role != SourceRole.CITED
    ] in ([], ["ABW"])


def test_the_label_under_the_text_is_a_credit_and_the_same_label_under_a_picture_is_none() -> None:
    first, second = BODY.split("\n\n")
    under_text = attribute(CreditReading(text=f"{BODY}\n\nŹródło: AFP\n\nCzytaj też: Pożar", language="pl"), AGENCIES)
    under_picture = attribute(CreditReading(text=f"{first}\n\nŹródło: AFP\n\n{second}", language="pl"), AGENCIES)
    assert agency_of(under_text)[0] == "afp" and agency_of(under_picture)[0] is None


def test_a_page_of_teasers_with_many_datelines_has_no_agency() -> None:
    text = "\n".join(
        f"{city} ({agency}) - {BODY[:140]}"
        for city, agency in (("OSLO", "AP"), ("PARIS", "AFP"), ("BERLIN", "dpa"), ("LONDON", "Reuters"))
    )
    assert agency_of(attribute(CreditReading(text=text, language="en"), AGENCIES))[0] is None


def test_datelines_and_picture_labels_stay_in_the_text_that_is_cut() -> None:
    whole = f"WARSZAWA (PAP) - {BODY}\n\nŹródło: AFP\n\n{BODY} wk/ zol / PAP\n\nfot. PAP"
    text, credits = split_credits(whole, AGENCIES)
    assert credits.split("\n") == ["wk/ zol / PAP", "fot. PAP"]
    assert text.startswith("WARSZAWA (PAP) - ") and "Źródło: AFP" in text and text.endswith("w tym miesiącu.")


def test_a_text_without_credits_is_returned_as_it_is() -> None:
    assert split_credits(BODY, AGENCIES) == (BODY, "")


@pytest.mark.parametrize(
    "sentence",
    [
        "Film o dziennikarzach Reutera wejdzie do kin w piątek, zapowiedział dystrybutor.",
        "Photos from Reuters show the bridge lying in the river after the storm.",
        "Autor książki o Polskiej Agencji Prasowej spotka się z czytelnikami w bibliotece.",
        "Za Reuterem stoi kapitał kanadyjski, przypomniał minister na koniec rozmowy.",
        "Zdaniem burmistrza PAP pomyliła dwie miejscowości o tej samej nazwie.",
        "The Associated Press moved its office across the street in 2004.",
        "W sali obok czekali Jan Kos, Ewa Lis i wysłannik AFP.",
    ],
)
def test_a_last_sentence_that_names_an_agency_stays_in_the_text_and_is_no_credit(sentence: str) -> None:
    whole = f"{BODY}\n\n{sentence}"
    assert split_credits(whole, AGENCIES) == (whole, "")
    assert agency_of(attribute(CreditReading(text=whole, language="pl"), AGENCIES)) == (None, 0.0)


def test_a_long_hostile_line_is_read_in_linear_time() -> None:
    for piece in (
        "A/",
        "wk, ",
        "Źródło: ",
        "by A ",
        "(AP ",
        "contributed ",
        "Jan Kos ",
        "© ",
        "PAP ",
        "A, (",
        "a-",
        "AAA ",
        "1.1.",
        "A. ",
        ". A",
    ):
        for text in (piece * 60_000, (piece * 90 + "\n") * 400):
            attribute(CreditReading(text=text, language="pl"), AGENCIES)
            split_credits(text, AGENCIES)


pieces = st.sampled_from(
    ["PAP", "Reuters", "AP", "(AP)", " / ", "/", "//", ", ", "\n", "\n\n", "wk", "Źródło: ", "fot. ", "By ", "Jan Kos", "kremlin.ru", "OSLO (AP) — ", ". ", "©",
     "Copyright 2018 ", "contributed to this report.", "podaje ", "(", ")", "The Associated Press", "May 3, 2018", "\u00a0", "EPA", BODY, "ł", "İ", "ß"]
)  # fmt: skip
strings = st.one_of(st.lists(pieces, max_size=12).map("".join), st.text(max_size=80))


@settings(max_examples=300, deadline=None)
@given(
    strings, strings, strings, strings, st.lists(strings, max_size=3), st.sampled_from(["", "kresy", "AP", "PA Media", "İ"]),
    st.sampled_from(["", "https://apnews.com/x", "http://[bad", "https://kresy.pl"]), st.sampled_from(["pl", "en", "und"]),
)  # fmt: skip
def test_attribute_never_raises_and_every_quote_stands_where_it_says(
    title: str, text: str, byline: str, credits: str, structured: list[str], outlet: str, url: str, language: str
) -> None:
    reading = CreditReading(
        title=title,
        text=text,
        byline=byline,
        credits=credits,
        structured=tuple(structured),
        outlet=outlet,
        url=url,
        language=language,
    )
    found = attribute(reading, AGENCIES)
    for one in found:
        assert one.evidence and 0.0 < one.confidence <= 1.0 and one.position >= 1 and one.source
        for piece in one.evidence:
            assert any(piece.quote == string[piece.start : piece.end] for string in kept(reading, piece.where)) and piece.quote
    chain = [one.position for one in found if one.role in (SourceRole.ORIGIN, SourceRole.CO_ORIGIN, SourceRole.OWN)]
    assert chain == list(range(1, len(chain) + 1))
    assert len({(one.source, one.role) for one in found}) == len(found)
    assert agency_of(found)[0] in {None, *(one.source for one in found if one.source_kind == NamedSourceKind.AGENCY)}
    rest, cut_out = split_credits(text, AGENCIES)
    assert sorted("".join(text.split())) == sorted("".join((rest + cut_out).split()))
