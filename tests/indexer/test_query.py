"""The query language. The parser never fails but for length, depth and number of words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import QueryError
from indexer.nodes import And, Copies, DateRange, Everything, Filter, Node, Not, Or, Phrase, Prefix, Word, render
from indexer.query import DEPTH_LIMIT, LENGTH_LIMIT, STAR_LIMIT, TERM_LIMIT, parse_query

A, B, C = Word("a"), Word("b"), Word("c")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a OR b c", Or((A, And((B, C))))),
        ("(a OR b) c", And((Or((A, B)), C))),
        ("a NOT b", And((A, Not(B)))),
        ("a -b", And((A, Not(B)))),
        ("-a", Not(A)),
        ("-(-a)", A),
        ("a - b", And((A, B))),
        ("a-b", Phrase((A, B))),
        ("a and b", And((A, Word("and"), B))),
        ('"a b"', Phrase((A, B))),
        ("„a b”", Phrase((A, B))),
        ("«a b»", Phrase((A, B))),
        ('"a"', A),
        ('="a"', Word("a", exact=True)),
        ("=a", Word("a", exact=True)),
        ('-="a b"', Not(Phrase((Word("a", exact=True), Word("b", exact=True))))),
        ("pre*", Prefix("pre")),
        ('"a pre*"', Phrase((A, Prefix("pre")))),
        ("title:a", Word("a", "title")),
        ("TITLE:a", Word("a", "title")),
        ("title:(a OR b)", Or((Word("a", "title"), Word("b", "title")))),
        ("title:=a", Word("a", "title", exact=True)),
        ("outlet:Kresy.pl", Filter("outlet", "kresy.pl")),
        ('agency:"Agencja  Żółta"', Filter("agency", "agencja zolta")),
        ("tag:spo*", Filter("tag", "spo", is_prefix=True)),
        ("-outlet:(a OR b)", Not(Or((Filter("outlet", "a"), Filter("outlet", "b"))))),
        ("date:2026-11-01..2026-11-24", DateRange("2026-11-01..2026-11-24")),
        ("date:P7D", DateRange("P7D")),
        ("copies:>3", Copies(4, None)),
        ("copies:>=3", Copies(3, None)),
        ("copies:<3", Copies(None, 2)),
        ("copies:3", Copies(3, 3)),
        ("copies:3..10", Copies(3, 10)),
        ("tvp.info", Phrase((Word("tvp"), Word("info")))),
        ("", Everything()),
    ],
)
def test_a_query_becomes_this_tree(text: str, node: Node) -> None:
    query = parse_query(text)
    assert query.node == node
    assert query.hint is None


@pytest.mark.parametrize(
    ("text", "node", "hint"),
    [
        ('a "b c', And((A, B, C)), "quotation mark at character 3 is never closed"),
        ("a (b", And((A, B)), "bracket at character 3 is never closed"),
        ("a) b", And((A, B)), "bracket at character 2 was never opened"),
        ("a OR", A, "OR at character 3 joins nothing"),
        ("AND a", A, "AND at character 1 joins nothing"),
        ("a NOT", A, "negation at character 3"),
        ("OR", Word("OR"), "searched as words"),
        ("*abc", Word("abc"), "star counts only at the end"),
        ("ab*cd", Phrase((Word("ab"), Word("cd"))), "star counts only at the end"),
        ("a*", A, "at least 2 letters"),
        ("/.*.*/ a", A, None),
        ("a~2", Phrase((A, Word("2"))), None),
        ("titel:b", Phrase((Word("titel"), B)), 'did you mean "title"'),
        ("_exists_:b", Phrase((Word("exists"), B)), "There is no field '_exists_'"),
        ("title:", Word("title"), "Nothing stands after 'title:'"),
        ("date:wczoraj", Word("wczoraj"), "is no date"),
        ("date:2026-02-30", Phrase((Word("2026"), Word("02"), Word("30"))), "is no date"),
        ("date:2026-11-24..2026-11-01", None, "is no date"),
        ("()", Everything(), "everything is shown"),
        ("***", Everything(), "everything is shown"),
        ('"} , "script"', Word("script"), None),
    ],
)
def test_what_cannot_be_read_is_searched_literally_with_a_hint(text: str, node: Node | None, hint: str | None) -> None:
    query = parse_query(text)
    assert node is None or query.node == node
    assert hint is None or hint in (query.hint or "")


def test_an_address_is_searched_as_a_phrase_without_complaint() -> None:
    query = parse_query("https://kresy.example/a")
    assert isinstance(query.node, Phrase)
    assert query.hint is None


@pytest.mark.parametrize(
    "text",
    [
        "a" * (LENGTH_LIMIT + 1),
        "a" * 10_000_000,
        "(" * (DEPTH_LIMIT + 1) + "a",
        "NOT " * (DEPTH_LIMIT + 1) + "a",
        "title:" * (DEPTH_LIMIT + 1) + "a",
        "a " * (TERM_LIMIT + 1),
        '"' + "a " * (TERM_LIMIT + 1) + '"',
        "ab* " * (STAR_LIMIT + 1),
        "outlet:a* " * (STAR_LIMIT + 1),
        "outlet:x " * (TERM_LIMIT + 1),
    ],
    ids=lambda text: f"{text[:9]}-{len(text)}",
)
def test_a08_what_would_cost_too_much_is_refused_with_the_limit(text: str) -> None:
    with pytest.raises(QueryError, match=r"at most|more than"):
        parse_query(text)


def test_a08_queries_at_the_limits_are_read() -> None:
    parse_query("(" * (DEPTH_LIMIT - 1) + "a" + ")" * (DEPTH_LIMIT - 1))
    parse_query("a " * TERM_LIMIT)
    parse_query("a" * LENGTH_LIMIT)


@pytest.mark.parametrize("text", ["_id:x", "source:x", "id:x", "order:1", "index:other", "text:a"])
def test_a09_no_field_but_the_listed_ones_can_be_named(text: str) -> None:
    assert isinstance(parse_query(text).node, Phrase)


def test_f22_control_characters_never_reach_the_tree() -> None:
    query = parse_query("a\x00\x1b[31m\ud800 \u202eb outlet:k\x07x")
    assert query.text == "a[31m b outlet:kx"


_PIECES = (*'ab"„()-=*: ', "AND", " OR ", " NOT ", "title:", "outlet:", "date:", "2026", "P7D", "..")


@given(st.lists(st.sampled_from(_PIECES), max_size=60).map("".join))
def test_any_text_is_read_or_refused_by_a_limit(text: str) -> None:
    try:
        query = parse_query(text)
    except QueryError:
        return
    assert isinstance(query.node, Node)
    again = parse_query(text)
    assert again == query


@given(st.text(max_size=200))
def test_any_unicode_is_read_or_refused_by_a_limit(text: str) -> None:
    try:
        parse_query(text)
    except QueryError:
        pass


_WORDS = st.sampled_from(["a", "Łódź", "kot", "AND", "2026", "日", "x1"])
_FIELD = st.sampled_from(["", "title", "author", "section"])
_LEAVES = st.one_of(
    st.builds(Word, _WORDS, _FIELD, st.booleans()),
    st.builds(Prefix, st.sampled_from(["ab", "Łódź"]), _FIELD),
    _FIELD.flatmap(
        lambda field: st.booleans().flatmap(
            lambda exact: st.lists(st.builds(Word, _WORDS, st.just(field), st.just(exact)), min_size=2, max_size=4).map(
                lambda parts: Phrase(tuple(parts), field)
            )
        )
    ),
    st.builds(Filter, st.sampled_from(["outlet", "agency", "tag"]), st.sampled_from(["kresy.pl", "a b", "x-y"]), st.booleans()),
    st.builds(DateRange, st.sampled_from(["2026", "P7D", "2026-11-01.."])),
    st.sampled_from([Copies(2, 2), Copies(None, 4), Copies(4, None), Copies(2, 9)]),
)
_TREES = st.recursive(
    _LEAVES,
    lambda children: st.one_of(
        st.lists(children, min_size=2, max_size=3).map(lambda nodes: And(tuple(nodes))),
        st.lists(children, min_size=2, max_size=3).map(lambda nodes: Or(tuple(nodes))),
        children.filter(lambda node: not isinstance(node, Not)).map(Not),
    ),
    max_leaves=8,
)


@given(_TREES)
def test_a_rendered_tree_parses_to_itself(node: Node) -> None:
    query = parse_query(render(node))
    assert query.node == node
    assert query.hint is None
