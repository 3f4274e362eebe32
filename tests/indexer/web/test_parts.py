"""The parts of the pages that need no page: filters, marks, differences, pictures, translations."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2.ext import babel_extract
from markupsafe import Markup

from crawler.model.article import Access, AddressKind, PublishedFrom
from crawler.model.attribution import Evidence, EvidenceKind, SourceRole
from crawler.model.story import LinkKind, MemberRole
from crawler.store.health import Verdict
from crawler.store.incidents import THIS_SIDE
from crawler.text_diff import diff_texts
from indexer.buckets import Step, choose_edges, fill_buckets
from indexer.dates import read_period
from indexer.engine import Sort
from indexer.nodes import FIELDS
from indexer.query import parse_query
from indexer.web import chips, words
from indexer.web.formats import Writer
from indexer.web.marking import direction, marked, paragraphs, quoted, web_address
from indexer.web.query_help import ROWS, coded
from indexer.web.search_page import bucket_period
from indexer.web.side_by_side import passages, rows
from indexer.web.svg import Bar, histogram_svg
from indexer.web.translations import choose_language, translator

ROOM = Path(__file__).parent.parent.parent.parent / "indexer"
WARSAW = ZoneInfo("Europe/Warsaw")
text_of = st.text(st.sampled_from("aZ<>&\"' \nł„é"), max_size=40)


# -- filters -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "piece", "wanted"),
    [
        ("most", "agency:pap", "most agency:pap"),
        ("", "agency:pap", "agency:pap"),
        ("most OR kot", "agency:pap", "(most OR kot) agency:pap"),
        ("(most OR kot) -sport", "agency:pap", "(most OR kot) -sport agency:pap"),
        ('most "otwarty', "agency:pap", "most otwarty agency:pap"),
    ],
)
def test_a_filter_more_keeps_what_was_asked(query: str, piece: str, wanted: str) -> None:
    assert chips.narrowed(parse_query(query), piece) == wanted


def test_each_condition_is_a_chip_that_can_be_taken_away() -> None:
    query = parse_query('most -outlet:kresy title:"nowy most" date:P7D (a OR b) copies:>3')
    found = {(one.field, one.value, one.is_negated): one.without for one in chips.chips(query)}
    assert found == {
        ("outlet", "kresy", True): 'most title:"nowy most" date:P7D (a OR b) copies:4..',
        ("title", "nowy most", False): "most -outlet:kresy date:P7D (a OR b) copies:4..",
        ("date", "P7D", False): 'most -outlet:kresy title:"nowy most" (a OR b) copies:4..',
        ("copies", "4..", False): 'most -outlet:kresy title:"nowy most" date:P7D (a OR b)',
    }


@pytest.mark.parametrize(
    ("query", "period", "wanted"),
    [("most", "2026-11", "most date:2026-11"), ("most date:P7D -sport", "2026-11-24", "most -sport date:2026-11-24"), ("date:P7D", "", ""), ("a OR b", "2026", "(a OR b) date:2026")],
)  # fmt: skip
def test_another_period_replaces_the_one_before(query: str, period: str, wanted: str) -> None:
    assert chips.dated(parse_query(query), period) == wanted


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [("agency", "pap", "agency:pap"), ("section", "Kraj", "section:=Kraj"), ("section", "Nowy Targ (gmina)", 'section:="Nowy Targ (gmina)"'), ("outlet", "OR", 'outlet:"OR"'), ("tag", '"', None), ("section", "–", None)],
)  # fmt: skip
def test_a_facet_s_value_becomes_a_condition(field: str, value: str, wanted: str | None) -> None:
    assert chips.condition(field, value) == wanted


pieces = st.lists(
    st.sampled_from(["most", "-kot", '"nowy most"', "mias*", "agency:pap", '-tag:"a b"', "date:P7D", "(a OR b)", "title:(a OR b)", "-(a b)", "=Kot", "AND", "OR", "role:ver*", '"', "copies:>3", ")"]),
    max_size=6,
).map(" ".join)  # fmt: skip


@given(pieces)
@example('most OR " "')
def test_a_condition_that_is_put_in_can_be_taken_out_and_means_the_same(text: str) -> None:
    query = parse_query(text)
    more = parse_query(chips.narrowed(query, "outlet:kresy"))
    assert chips.holds(more, "outlet:kresy") and not more.hints
    before, after = chips.without(query, "outlet:kresy"), chips.without(more, "outlet:kresy")
    assert parse_query(before).node == parse_query(after).node


# -- marks and differences ---------------------------------------------------------------------------------------------
@given(text_of, st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=5))
def test_a_marked_text_is_the_text_whatever_the_marks(text: str, marks: list[tuple[int, int]]) -> None:
    found = str(marked(text, marks)).replace("<mark>", "").replace("</mark>", "")
    assert Markup(found).unescape() == text
    assert "<" not in found and '"' not in found


@given(text_of, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=3))
def test_paragraphs_hold_every_word(text: str, marks: list[tuple[int, int]]) -> None:
    shown = " ".join(Markup(one).striptags() for one in paragraphs(text, marks))
    assert "".join(Markup(shown).unescape().split()) == "".join(Markup(Markup.escape(text)).striptags().split())


def test_a_quote_stands_in_its_surroundings_while_the_kept_string_still_has_it() -> None:
    kept = "a" * 200 + " Jak podaje <b>Reuters</b>, most stoi."
    start = kept.index("Reuters")
    proof = Evidence(kind=EvidenceKind.MENTION, where="text", quote="Reuters", start=start, end=start + 7)
    assert str(quoted(proof, kept)) == "… Jak podaje &lt;b&gt;<mark>Reuters</mark>&lt;/b&gt;, most stoi."
    assert str(quoted(proof, "another text")) == str(quoted(proof, None)) == "<mark>Reuters</mark>"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", None, " http://a.example", "file:///etc"])  # fmt: skip
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert web_address(url) is None
    assert web_address("HTTPS://a.example/") == "HTTPS://a.example/"


def test_the_direction_of_a_language() -> None:
    assert [direction(one) for one in ("pl", "ar", "he-IL", "und", "")] == ["ltr", "rtl", "rtl", "auto", "auto"]


@given(text_of, text_of)
def test_side_by_side_holds_both_texts(before: str, after: str) -> None:
    found = rows(diff_texts(before, after))
    for side, text in (("before", before), ("after", after)):
        shown = "".join("".join(getattr(row, side)) for row in found)
        plain = re.sub("</?(?:del|ins)>", "", shown)
        assert "".join(Markup(plain).unescape().split()) == "".join(text.split())


def test_passages_leave_out_what_is_far_from_a_change() -> None:
    long = " ".join(f"słowo{number}" for number in range(100))
    found = [str(one) for one in passages(diff_texts(f"Kot. {long} koniec 5", f"Pies. {long} koniec 6"))]
    assert len(found) == 2
    assert found[0].startswith("<del>Kot</del><ins>Pies</ins>") and found[0].endswith(" …")
    assert found[1].startswith("… ") and found[1].endswith("<del>5</del> <ins>6</ins>")
    assert passages(diff_texts(long, long)) == []


# -- pictures and numbers ----------------------------------------------------------------------------------------------
def test_the_histogram_is_sound_xml_whose_bars_are_links() -> None:
    bars = [Bar(count=count, label=f'"{count}" <b>', when="x", href=f"/?q=a&b={count}") for count in (0, 1, 1000)]
    root = ElementTree.fromstring(histogram_svg(bars, "Title <", "Desc &"))
    links = root.findall("a")
    assert [one.get("href") for one in links] == ["/?q=a&b=1", "/?q=a&b=1000"]
    assert [one.find("rect[@class='bar']").get("height") for one in links] == ["2", "64"]  # type: ignore[union-attr]  # each has one
    assert root.findtext("title") == "Title <"


@pytest.mark.parametrize("step", [Step.HOUR, Step.DAY, Step.WEEK, Step.MONTH, Step.YEAR])
def test_a_bar_s_query_is_exactly_its_bucket(step: Step) -> None:
    """Over a night on which the clock is put back, an hour comes twice."""
    first = datetime(2026, 10, 24, 20, tzinfo=UTC)
    used, edges = choose_edges(step, first, first + timedelta(hours=12), WARSAW)
    found = fill_buckets(used, edges, [1] * (len(edges) - 1), WARSAW)
    for bucket in found.buckets:
        period = read_period(bucket_period(found.step, bucket), first, WARSAW)
        assert period.start is not None and period.end is not None
        assert (period.start.astimezone(UTC), period.end.astimezone(UTC)) == (
            bucket.start.astimezone(UTC),
            bucket.end.astimezone(UTC),
        )


def test_times_delays_and_names_in_both_languages() -> None:
    at = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)
    polish, english = (Writer(translator(one), WARSAW) for one in ("pl", "en"))
    assert (polish.moment(at), english.moment(at)) == ("24 lis 2026, 12:05", "24 Nov 2026, 12:05")
    assert 'datetime="2026-11-24T11:05:00+00:00"' in english.clock(at) and polish.clock(None) == ""
    assert [english.delay(one) for one in (None, 20, 840, -300, 6540, 183_600)] == ["", "+0 min", "+14 min", "−5 min", "+1 h 49 min", "+2 d 3 h"]  # fmt: skip
    assert [english.share(one) for one in (0.999, 1.0, 0.0, 0.614)] == ["99 %", "100 %", "0 %", "61 %"]
    assert (polish.country("pl"), polish.language("pl"), english.language("und")) == ("Polska", "polski", "Unknown language")
    assert english.ago(at, at + timedelta(hours=2)) == "2 h ago" and polish.ago(at, at) == "przed chwilą"


# -- words -------------------------------------------------------------------------------------------------------------
def used_texts() -> set[str | tuple[str, str]]:
    """Every text of templates and modules that is shown in a reader's language."""
    found: set[str | tuple[str, str]] = set()
    for path in (ROOM / "web" / "templates").glob("*.html"):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ("_", "gettext", "ngettext"), (), {"trim_blocks": "true"}):
                told = [one for one in message if one] if isinstance(message, tuple) else [message]
                found.add((told[0], told[1]) if len(told) > 1 else told[0])
    for path in (ROOM / "web").glob("*.py"):
        with path.open("rb") as file:
            for _, message, _, _ in extract("python", file, {"_": None, "gettext": None, "ngettext": (1, 2)}, (), {}):
                found.add(tuple(message) if isinstance(message, tuple) else message)  # type: ignore[arg-type]  # two texts
    return found


@pytest.fixture(scope="module")
def polish() -> Catalog:
    with (ROOM / "web" / "locale" / "pl.po").open("rb") as file:
        return read_po(file, locale="pl")


def test_every_text_is_translated_and_no_translation_is_left_over(polish: Catalog) -> None:
    known = {message.id if isinstance(message.id, str) else tuple(message.id) for message in polish if message.id}
    used = used_texts()
    assert (used - known, known - used) == (set(), set())
    for message in polish:
        forms = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(forms), message.id
        wanted = (
            set(re.findall(r"%\(\w+\)s", message.id if isinstance(message.id, str) else message.id[1])) if message.id else set()
        )
        assert all(set(re.findall(r"%\(\w+\)s", form)) <= wanted for form in forms if message.id), message.id
        assert not message.id or wanted - set(re.findall(r"%\(\w+\)s", forms[-1])) <= {"%(accepted)s"}, message.id


def test_polish_counts_in_three_forms() -> None:
    said = translator("pl")
    forms = [said.ngettext("%(num)s article", "%(num)s articles", count) for count in (1, 2, 4, 5, 12, 22, 25, 112)]
    few, many = "%(num)s artykuły", "%(num)s artykułów"
    assert forms == ["%(num)s artykuł", few, few, many, many, few, many, many]


@pytest.mark.parametrize(
    ("cookie", "accepted", "wanted"),
    [(None, "pl-PL,pl;q=0.9,en;q=0.8", "pl"), (None, "de, en;q=0.3, pl;q=0.4", "pl"), ("en", "pl", "en"), ("xx", "", "en"), (None, "pl;q=0", "en"), (None, "pl;q=x,,;;", "en"), (None, "*" * 10_000, "en")],
)  # fmt: skip
def test_the_language_that_a_browser_wants(cookie: str | None, accepted: str, wanted: str) -> None:
    assert choose_language(cookie, accepted) == wanted


def test_there_are_words_for_every_value_of_the_records() -> None:
    assert set(words.ROLES) == set(MemberRole)
    assert set(words.SOURCE_ROLES) == set(SourceRole)
    assert set(words.EVIDENCE) == set(EvidenceKind)
    assert set(words.PUBLISHED_FROM) == set(PublishedFrom)
    assert set(words.ACCESS) == set(Access)
    assert set(words.ADDRESSES) == set(AddressKind)
    assert set(words.LINKS) == set(LinkKind)
    assert set(words.FIELDS) == set(FIELDS)
    assert set(words.SORTS) == set(Sort)
    assert set(words.VERDICTS) == {*Verdict, THIS_SIDE}


def test_the_help_page_has_the_table_of_the_readme() -> None:
    lines = (ROOM / "README.md").read_text(encoding="utf-8").partition("| write | to find |")[2].partition("\n\n")[0]
    table = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines.splitlines()[2:] if line]
    assert [tuple(row) for row in ROWS] == table
    assert str(coded("see `a<b` and *c*")) == "see <code>a&lt;b</code> and <i>c</i>"
