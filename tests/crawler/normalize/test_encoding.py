"""Bytes to text: the HTML standard's priority, and the lies that pages tell (fault F21)."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.normalize.encoding import decode_page

POLISH = "Zażółć gęślą jaźń: wójt Łukasz Źrebiec ogłosił, że święto przełożono. "
UKRAINIAN = "Її Євген з’їв їжака й ґудзик, але ніхто не помітив жодної зміни в розкладі поїздів. "
RUSSIAN = "Жители посёлка получили новую машину, и каждый двор теперь ближе к больнице. "
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy, řekl starosta a odešel. "
GERMAN = "Die Bürgermeisterin eröffnete die Straße über die Brücke, größer als früher. "


def page(text: str, declared: str | None = None) -> str:
    meta = f'<meta charset="{declared}">' if declared else ""
    return f"<!DOCTYPE html><html><head>{meta}<title>x</title></head><body><p>{text * 3}</p></body></html>"


@pytest.mark.parametrize(
    ("text", "encoding", "header", "meta"),
    [
        (POLISH, "utf-8", "text/html; charset=utf-8", None),
        (POLISH, "iso8859-2", "text/html; charset=iso-8859-2", None),
        (POLISH, "iso8859-2", None, "ISO-8859-2"),
        (POLISH, "cp1250", 'text/html; charset="windows-1250"', None),
        (UKRAINIAN, "koi8-u", "text/html", "koi8-u"),
        (UKRAINIAN, "cp1251", None, "windows-1251"),
        (RUSSIAN, "koi8-r", None, "koi8-r"),
        (GERMAN, "cp1252", None, "iso-8859-1"),
    ],
)
def test_f21_a_true_declaration_is_followed_without_suspicion(
    text: str, encoding: str, header: str | None, meta: str | None
) -> None:
    decoded = decode_page(page(text, meta).encode(encoding, "xmlcharrefreplace"), header, ("pl",) if text is POLISH else ())
    assert text.replace("’", "&#8217;" if encoding == "koi8-u" else "’") in decoded.text
    assert not decoded.suspect


def test_f21_the_header_goes_before_the_meta_and_a_byte_order_mark_before_both() -> None:
    body = page(POLISH, "iso-8859-1").encode("iso8859-2")
    assert POLISH in decode_page(body, "text/html; charset=iso-8859-2", ("pl",)).text
    marked = codecs.BOM_UTF8 + page(POLISH, "iso-8859-2").encode()
    decoded = decode_page(marked, "text/html; charset=windows-1250")
    assert POLISH in decoded.text
    assert not decoded.text.startswith("\ufeff")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_f21_utf_16_is_read_with_and_without_a_mark(encoding: str) -> None:
    assert POLISH in decode_page(page(POLISH).encode(encoding), "text/html; charset=utf-8").text


def test_f21_a_meta_that_says_utf_16_is_read_as_utf_8() -> None:
    assert POLISH in decode_page(page(POLISH, "utf-16").encode()).text


@pytest.mark.parametrize(
    ("text", "encoding", "language"),
    [(POLISH, "cp1250", "pl"), (POLISH, "iso8859-2", "pl"), (CZECH, "cp1250", "cs"), (GERMAN, "cp1252", "de"), (RUSSIAN, "cp1251", "ru"),
     (RUSSIAN, "koi8-r", "ru"), (UKRAINIAN.replace("’", "'"), "koi8-u", "uk"), (UKRAINIAN, "cp1251", "uk")],
)  # fmt: skip
def test_f21_a_single_byte_encoding_under_the_name_of_utf_8_is_found_and_marked(text: str, encoding: str, language: str) -> None:
    decoded = decode_page(page(text, "utf-8").encode(encoding), "text/html; charset=utf-8", (language,))
    assert text in decoded.text
    assert decoded.suspect


@pytest.mark.parametrize("declared", ["iso-8859-2", "windows-1250", "windows-1252", "koi8-r"])
def test_f21_utf_8_under_another_name_is_found_and_marked(declared: str) -> None:
    decoded = decode_page(page(POLISH).encode(), f"text/html; charset={declared}", ("pl",))
    assert POLISH in decoded.text
    assert decoded.suspect


def test_f21_latin_2_under_the_name_of_cp1250_is_found_and_marked() -> None:
    decoded = decode_page(page(POLISH, "windows-1250").encode("iso8859-2"), None, ("pl",))
    assert POLISH in decoded.text
    assert decoded.suspect


@pytest.mark.parametrize(("inner", "text"), [("cp1252", GERMAN), ("cp1250", POLISH), ("latin-1", POLISH), ("latin-1", RUSSIAN)])
def test_f21_utf_8_encoded_twice_is_undone_and_marked(inner: str, text: str) -> None:
    twice = page(text).encode().decode(inner, "ignore" if inner == "cp1250" else "strict").encode()
    decoded = decode_page(twice, "text/html; charset=utf-8")
    assert decoded.suspect
    if inner != "cp1250":  # cp1250 has holes: what fell into them is lost
        assert text in decoded.text


def test_f21_one_stray_byte_does_not_turn_a_page_over() -> None:
    decoded = decode_page(page(POLISH, "utf-8").encode().replace(b"</body>", b"\xb3</body>"), None, ("pl",))
    assert POLISH in decoded.text
    assert decoded.encoding == "utf-8"
    assert decoded.suspect


def test_f21_a_page_that_declares_nothing_is_read_by_its_language() -> None:
    decoded = decode_page(page(POLISH).encode("iso8859-2"), None, ("pl",))
    assert POLISH in decoded.text
    assert not decoded.suspect


def test_f21_a_declaration_in_a_comment_and_a_name_nobody_knows_do_not_count() -> None:
    commented = page(POLISH).replace("<head>", '<head><!-- <meta charset="koi8-r"> --><meta charset="no-such-charset">')
    assert POLISH in decode_page(commented.encode()).text


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=40)))
@settings(deadline=None)
def test_f21_no_bytes_and_no_header_ever_raise(body: bytes, header: str | None) -> None:
    decoded = decode_page(body, header, ("pl",))
    decoded.text.encode("utf-8", "surrogatepass")
