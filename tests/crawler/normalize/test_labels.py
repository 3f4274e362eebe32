"""Lines that label something else: captions, days, signatures, links behind a sentence; and the frames cut out of the tree."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.normalize.boxes import cut_boxes
from crawler.normalize.dates import date_article
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.labels import is_initials, is_stamp, signer, split_caption, without_shortcodes, without_trailing_link
from crawler.normalize.parsing import visible_text
from crawler.normalize.placing import read_placing
from crawler.normalize.siblings import with_siblings

MakeDraft = Callable[..., Draft]
ONE = "Most nad Wartą będzie zamknięty do wiosny, a objazd poprowadzi przez centrum miasta."
WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(
    ("line", "stays", "credit"),
    [
        ("fot. PAP/Jan Kos", "", "fot. PAP/Jan Kos"),
        ("Szpital w Żabińcu, fot. PAP/Jan Kos", "", "fot. PAP/Jan Kos"),
        ("Těžní věž dolu | foto: Jan Novotný, ČTK", "", "foto: Jan Novotný, ČTK"),
        ("The old pier at dawn. (Photo: Jane Doe)", "", "Photo: Jane Doe"),
        ("Pożar wybuchł o świcie. Gasiło go pięć zastępów straży. Fot. Anna Lis", "Pożar wybuchł o świcie. Gasiło go pięć zastępów straży.", "Fot. Anna Lis"),
        ("Skutki trzęsienia ziemiŹródło: Reuters", "", ""),
    ],
)  # fmt: skip
def test_a_caption_goes_and_its_credit_is_kept(line: str, stays: str, credit: str) -> None:
    assert split_caption(line) == (stays, credit)


@pytest.mark.parametrize(
    "line",
    [
        ONE,
        "Keep in mind when selecting extra images:",
        "Foto radaru na moście zniknęło w nocy.",
        "Źródło: Reuters",
        "Na wystawie jest jedno foto: czarno-białe i bardzo stare.",
    ],
)
def test_a_sentence_about_pictures_and_a_credit_of_the_text_stay(line: str) -> None:
    assert split_caption(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "4 września 2026, 13:12 Ostatnia aktualizacja: 4 września 2026, 14:40",
        "суббота, 18 апреля 2026 г.",
        "3 maggio 2026 (modifica il 3 maggio 2026 | 11:05)",
        "Publié le 11 juin 2026 à 17h45, modifié le 12 juin 2026 à 08h10",
        "Data publikacji: sobota, 6 czerwca 2026 r., godz. 10:35",
        "20. Mai 2026, 19:45 Uhr",
    ],
)
def test_a_day_and_the_words_beside_it_are_a_stamp(line: str) -> None:
    assert is_stamp(line, WARSAW)


@pytest.mark.parametrize("line", ["Wybory 10 maja 2026 bez kworum", "Umowa z 4 września 2026 wygasła", "Sobota", "13:12", ""])
def test_words_that_say_more_are_no_stamp(line: str) -> None:
    assert not is_stamp(line, WARSAW)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"{ONE} Czytaj także: Nowe tory na Zawodziu", ONE),
        (f"{ONE} [Zobacz też: Nowe tory]", ONE),
        (f"{ONE} Lesen Sie auch: Neue Gleise", ONE),
        (f"{ONE} Czytaj: to znaczy nic nie rób.", f"{ONE} Czytaj: to znaczy nic nie rób."),
        (f"{ONE} Dodał wprost: nie ma na to pieniędzy.", f"{ONE} Dodał wprost: nie ma na to pieniędzy."),
    ],
)
def test_a_link_to_another_article_behind_the_last_sentence_goes(line: str, kept: str) -> None:
    assert without_trailing_link(line) == kept


def test_who_signs_below_a_text_is_a_person_and_no_sentence() -> None:
    assert signer("autor: Anna Lis", "") == signer("Anna Lis", ONE) == "Anna Lis"
    assert signer("Anna Lis", "Skład drużyny:") is None
    assert signer("Brak sił i czasu", ONE) is None and signer("Anna", ONE) is None
    assert is_initials("(kd)") and is_initials("afp/aa") and is_initials("szb/ jann/") and is_initials("wk, zol")
    assert not is_initials("Koniec") and not is_initials("do domu")


def test_shortcodes_leave_their_inner_text() -> None:
    assert without_shortcodes("[dropcap]W[/dropcap]oda [1] i [b]") == "Woda [1] i [b]"


@given(st.text(max_size=300))
def test_no_line_makes_a_label_fail(line: str) -> None:
    split_caption(line), is_stamp(line, WARSAW), without_trailing_link(line), signer(line, line), without_shortcodes(line)


@pytest.mark.parametrize(
    "box",
    [
        '<div class="x"><span>Читайте также</span><a href="/a">Порт ждёт</a></div>',
        '<div class="x"><h3>Brief</h3><p>Sign up now.</p><input type="email"><button>Go</button></div>',
        '<div class="sonda"><h3>Czy wystarczy?</h3><ul><li>Tak</li></ul><button>Głosuj</button></div>',
        '<div class="komentarze-box"><p>Nareszcie!</p></div>',
    ],
)
def test_frames_sign_ups_polls_and_comments_go_whatever_they_are_called(box: str, make_draft: MakeDraft) -> None:
    draft = make_draft(f"<body><h1>Most</h1><div><p>{ONE}</p><p>{ONE * 4}</p>{box}<p>{ONE}</p></div></body>")
    assert visible_text(cut_boxes(draft.tree)) == f"Most {ONE} {ONE * 4} {ONE}"


def test_a_sentence_with_a_link_is_no_frame(make_draft: MakeDraft) -> None:
    draft = make_draft(
        f'<body><h1>Most</h1><div><p>{ONE} <strong>Więcej o</strong> <a href="/a">moście</a> mówi radny.</p></div></body>'
    )
    assert "mówi radny" in visible_text(cut_boxes(draft.tree))


def test_lost_subheads_and_lists_stand_again_between_the_paragraphs(make_draft: MakeDraft) -> None:
    html = "<body><div><h2>Nad</h2><p>Pierwszy.</p><h2>Woda</h2><p>Drugi.</p><ul><li>a</li></ul><p>Trzeci.</p><h2>Pod</h2></div></body>"
    lines = ["Pierwszy.", "Drugi.", "Trzeci."]
    assert with_siblings(lines, make_draft(html).tree) == ["Pierwszy.", "Woda", "Drugi.", "- a", "Trzeci."]
    assert with_siblings(lines[:1], make_draft(html).tree) == lines[:1]


@pytest.mark.parametrize(
    ("html", "published", "modified"),
    [
        ("<h1>Most</h1><small>Napisane przez admin, 30 października 2026 w kategorii</small>", "2026-10-30T00:00", None),
        ('<h1>Most</h1><div class="date">30 października 2026, 9:05</div><i>Ostatnia aktualizacja: 31 października 2026, 10:00</i>', "2026-10-30T09:05", "2026-10-31T10:00"),
        ('<script type="application/ld+json">{"@type": "VideoObject", "uploadDate": "2026-10-30T09:05:00+01:00"}</script><h1>Most</h1>', "2026-10-30T09:05", None),
        ('<div itemscope itemtype="http://schema.org/BlogPosting"><abbr itemprop="datePublished" title="2026-10-30T09:05:00+01:00">9:05</abbr></div>', "2026-10-30T09:05", None),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "articleBody": "On "x" said", "datePublished": "2026-10-30T09:05:00+01:00"}</script>', "2026-10-30T09:05", None),
    ],
)  # fmt: skip
def test_days_beside_the_headline_of_videos_abbreviations_and_broken_blocks_are_read(
    html: str, published: str, modified: str | None, make_draft: MakeDraft, setting: Setting
) -> None:
    draft = make_draft(f"<html><head></head><body>{html}<p>{ONE}</p></body></html>")
    draft.title = "Most"
    date_article(draft, setting)
    assert draft.published_at is not None and draft.published_at.isoformat()[:16] == published
    assert (draft.modified_at.isoformat()[:16] if draft.modified_at else None) == modified


def test_tags_and_section_are_read_from_lists_and_crumbs_that_are_called_so(make_draft: MakeDraft, setting: Setting) -> None:
    draft = make_draft(
        '<body><div class="td-crumb-container"><a href="/">Start</a> <a href="/k">Miasto</a></div><h1>Most</h1>'
        '<ul class="td-tags"><li>TAGI</li><li><a href="/tag/most">most</a></li></ul><div class="sidebar tags"><a href="/tag/x">inny</a></div></body>'
    )
    read_placing(draft, setting)
    assert (draft.section, draft.tags) == ("Miasto", ("most",))
