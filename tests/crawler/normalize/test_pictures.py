"""Who took the lead picture: told from captions in several languages, from JSON-LD and microdata; what it gives as attribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from crawler.model.attribution import SourceRole
from crawler.normalize.credit_chain import Names
from crawler.normalize.credits import CreditReading, attribute
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.picture_credits import split_credit
from crawler.normalize.pictures import read_pictures
from crawler.normalize.placing import read_placing
from crawler.outlets.agencies import load_agencies

MakeDraft = Callable[..., Draft]
AGENCIES = load_agencies(())
NAMES = Names(AGENCIES)


@pytest.mark.parametrize(
    ("caption", "credit"),
    [
        ("Pogłębiarka na redzie. Fot. Jan Kos / PAP", "Fot. Jan Kos / PAP"),
        ("Fot. Anna Lis/PAP", "Fot. Anna Lis/PAP"),
        ("Premier podczas spotkania z rolnikami Źródło: PAP / Leszek Mak", "Źródło: PAP / Leszek Mak"),
        ("Widok z wieży, fot. materiały prasowe", "fot. materiały prasowe"),
        ("Die Schleuse am Morgen. Foto: dpa", "Foto: dpa"),
        ("Foto: Max Stern/dpa | Die Laternen von Birkenau bleiben dunkel", "Foto: Max Stern/dpa"),
        ("The old pier at dawn. (Photo: Jane Doe)", "Photo: Jane Doe"),
        ("The president at the port on Monday, May 4. (AP Photo/John Doe, File)", "AP Photo/John Doe, File"),
        ("Photo: AP/John Doe", "Photo: AP/John Doe"),
        ("A ship leaves Oslo (Jane Doe/Reuters)", "Jane Doe/Reuters"),
        ("Le phare de la Vieille-Anse, le 3 juin. ANNE KERVELLA / AFP", "ANNE KERVELLA / AFP"),
        ("Vista del puerto. © Getty Images", "© Getty Images"),
        ("Маяк на мысе. Фото: Ольга Крумс", "Фото: Ольга Крумс"),
        ("Těžní věž dolu | foto: Jan Novotný, ČTK", "foto: Jan Novotný, ČTK"),
        ("Picture by Jameel Springer", "Picture by Jameel Springer"),
    ],
)
def test_the_credit_is_told_from_the_caption(caption: str, credit: str) -> None:
    assert split_credit(caption, NAMES) == credit


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "Plac budowy w Brzezinie",
        "Foto radaru na moście zniknęło w nocy i nikt go nie szuka.",
        "Reuters reporters at the port on Monday",
        "A crane (left) and a ship (right)",
        "© 2005-2026 Example Ltd",
        "Rozmowa z prezesem PAP trwała dwie godziny.",
    ],
)
def test_a_caption_without_a_credit_gives_none(caption: str) -> None:
    assert split_credit(caption, NAMES) == ""


PAGE = (
    '<html><head><meta property="og:image" content="https://echo.example/img/most-1200x675.jpg">{head}</head><body><article>'
    "<h1>Most zamknięty</h1>{figure}<p>Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta.</p>"
    "{below}</article>{beside}</body></html>"
)


def credit_of(make_draft: MakeDraft, setting: Setting, **parts: str) -> Draft:
    html = PAGE.format(**{"head": "", "figure": "", "below": "", "beside": ""} | parts)
    draft = make_draft(html)
    draft.text = "Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta."
    read_placing(draft, setting)
    read_pictures(draft, setting)
    return draft


OWN = '<img src="/img/most-300x200.jpg" alt="">'


@pytest.mark.parametrize(
    ("figure", "credit"),
    [
        (f"<figure>{OWN}<figcaption>Most. Fot. Jan Kos</figcaption></figure>", "Fot. Jan Kos"),
        (f"<figure>{OWN}<figcaption>Most<span class='a__figsource'>Jan Kos/PAP</span></figcaption></figure>", "Jan Kos/PAP"),
        (f"<div class='f'><a href='#'>{OWN}</a><p class='wp-caption-text'>Most. Fot. Jan Kos</p></div>", "Fot. Jan Kos"),
        (f"<p>{OWN}<br><span style='font-size:8pt'>fot. Jan Kos</span></p>", "fot. Jan Kos"),
        ("<img data-src='/cache/640/most.webp' data-credit='Jan Kos'>", "Jan Kos"),
        ("<figure><img src='/x/8812.jpg'><figcaption>Most. Fot. Jan Kos</figcaption></figure>", "Fot. Jan Kos"),
        (f"<figure>{OWN}<figcaption>Most przed zamknięciem</figcaption></figure>", ""),
        (f"<div class='head'>{OWN}<span class='author'>Anna Nowak</span></div>", ""),
    ],
)
def test_the_caption_of_the_lead_picture_says_who_took_it(
    make_draft: MakeDraft, setting: Setting, figure: str, credit: str
) -> None:
    assert credit_of(make_draft, setting, figure=figure).image_credit == credit


def test_the_credit_of_another_picture_is_not_the_lead_s(make_draft: MakeDraft, setting: Setting) -> None:
    below = "<figure><img src='/img/objazd.jpg'><figcaption>Objazd. Fot. Jan Kos/PAP</figcaption></figure>"
    beside = "<aside><figure><img src='/img/zamek.jpg'><figcaption>Zamek. Fot. Ewa Lis</figcaption></figure></aside>"
    draft = credit_of(make_draft, setting, figure=OWN, below=below, beside=beside)
    assert (draft.image_credit, draft.picture_credits) == ("", ("Fot. Jan Kos/PAP",))


@pytest.mark.parametrize(
    ("image", "credit"),
    [
        ('{"@type": "ImageObject", "url": "/img/most.jpg", "creditText": "Jan Kos / PAP"}', "Jan Kos / PAP"),
        (
            '{"@type": "ImageObject", "url": "/img/most.jpg", "copyrightHolder": {"@type": "Person", "name": "Jan Kos"}}',
            "Jan Kos",
        ),
        ('{"@type": "ImageObject", "url": "/img/most.jpg", "caption": "Most. Fot. Jan Kos"}', "Fot. Jan Kos"),
        ('{"@id": "#i"}', "Ewa Lis"),
        ('"/img/most.jpg"', ""),
    ],
)
def test_json_ld_says_who_took_it_where_the_page_does_not(
    make_draft: MakeDraft, setting: Setting, image: str, credit: str
) -> None:
    other = '{"@type": "ImageObject", "@id": "#i", "creator": {"name": "Ewa Lis"}}'
    graph = f'{{"@graph": [{{"@type": "NewsArticle", "headline": "Most zamknięty", "image": {image}}}, {other}]}}'
    head = f'<script type="application/ld+json">{graph}</script>'
    assert credit_of(make_draft, setting, head=head).image_credit == credit


def test_microdata_say_who_took_it(make_draft: MakeDraft, setting: Setting) -> None:
    image = (
        '<div itemprop="image" itemscope itemtype="https://schema.org/ImageObject"><meta itemprop="url" content="/img/most.jpg">'
    )
    figure = f'<div itemscope itemtype="https://schema.org/Article"><b itemprop="headline">Most</b>{image}<meta itemprop="creator" content="Jan Kos"></div></div>'
    assert credit_of(make_draft, setting, figure=figure).image_credit == "Jan Kos"


def test_agencies_of_a_picture_are_its_sources_and_never_the_text_s() -> None:
    reading = CreditReading(text="Most nad Wartą będzie zamknięty.", pictures=("Fot. Jan Kos/PAP", "Foto: Ewa Lis"))
    found = attribute(reading, AGENCIES)
    assert [(item.source, item.role) for item in found] == [("pap", SourceRole.PHOTO)]
    evidence = found[0].evidence[0]
    assert (evidence.where, evidence.quote) == ("page", "Fot. Jan Kos/PAP")
    both = attribute(replace(reading, credits="(AFP)"), AGENCIES)
    assert [(item.source, item.role) for item in both] == [("afp", SourceRole.ORIGIN), ("pap", SourceRole.PHOTO)]
