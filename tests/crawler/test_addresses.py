"""`crawler.addresses`: one spelling, whose it is, which IP addresses may be asked."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.addresses import (
    MAX_ADDRESS_LENGTH,
    amp_to_article,
    belongs_to,
    canonical_address,
    host_of,
    is_public_ip,
    literal_ip,
    registrable_domain,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("HTTP://Gazeta.Example:80/a/../b#top", "http://gazeta.example/b"),
        ("https://gazeta.example:443", "https://gazeta.example/"),
        ("https://gazeta.example:8443/x", "https://gazeta.example:8443/x"),
        ("https://gazeta.example./x", "https://gazeta.example/x"),
        ("https://żółw.example/Świat", "https://xn--w-uga1v8h.example/%C5%9Awiat"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://gazeta.example/%c5%82%7ea", "https://gazeta.example/%C5%82~a"),
        ("https://gazeta.example/x?b=2&a=1", "https://gazeta.example/x?a=1&b=2"),
        ("https://gazeta.example/x?b=2&amp;a=1", "https://gazeta.example/x?a=1&b=2"),
        ("https://gazeta.example/x?", "https://gazeta.example/x"),
        ("  https://gazeta.example/x \n", "https://gazeta.example/x"),
        ("https://gazeta.example/x%20", "https://gazeta.example/x"),
        ("https://gazeta.example/x%0A", "https://gazeta.example/x"),
        ('https://gazeta.example/x">', "https://gazeta.example/x"),
        ("https://reader:secret@gazeta.example/x", "https://gazeta.example/x"),
        ("https:\\\\gazeta.example\\x", "https://gazeta.example/x"),
        ("https://gazeta.example/x;jsessionid=0A1B?id=7", "https://gazeta.example/x?id=7"),
        ("https://gazeta.example/(S(lit3py55t21z5v55vlm25s55))/x", "https://gazeta.example/x"),
        ("https://gazeta.example/x?PHPSESSID=abc&id=7", "https://gazeta.example/x?id=7"),
        ("https://gazeta.example/x?sid=0123456789abcdef0", "https://gazeta.example/x"),
        ("https://gazeta.example/article.php?sid=123", "https://gazeta.example/article.php?sid=123"),
        ("http://0x7f.1/x", "http://127.0.0.1/x"),
    ],
)
def test_one_article_has_one_spelling(written: str, canonical: str) -> None:
    assert canonical_address(written) == canonical


@pytest.mark.parametrize(
    "query",
    [
        "utm_source=rss&utm_medium=feed",
        "UTM_Campaign=x",
        "fbclid=IwAR0",
        "gclid=1",
        "at_medium=RSS&at_campaign=news",
        "xtor=RSS-1",
        "CMP=Share_iOSApp_Other",
        "from=rss",
        "source=twitter",
        "ref=newsletter.daily",
        "mc_cid=1&mc_eid=2",
        "srcc=undefined",
        "__twitter_impression=true",
    ],
)
def test_how_a_reader_came_is_no_part_of_an_address(query: str) -> None:
    assert canonical_address(f"https://gazeta.example/x?id=7&{query}") == "https://gazeta.example/x?id=7"


@pytest.mark.parametrize("query", ["from=2020", "page=2", "ref=4711", "source=5", "p=12", "origin=lublin"])
def test_a_parameter_that_may_name_the_article_stays(query: str) -> None:
    assert canonical_address(f"https://gazeta.example/x?{query}") == f"https://gazeta.example/x?{query}"


def test_an_outlets_own_rule_keeps_exactly_its_parameters() -> None:
    url = "https://gazeta.example/news?id=7&view=print&utm_source=rss&ncid=5"
    assert canonical_address(url, ("id",)) == "https://gazeta.example/news?id=7"
    assert canonical_address(url, ("ID", "ncid")) == "https://gazeta.example/news?id=7&ncid=5"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gazeta.example/x",
        "/x",
        "http://",
        "https:///",
        "mailto:a@gazeta.example",
        "http://gazeta.example:0/",
        "http://gazeta.example:99999/",
        "http://gazeta example/",
        "http://256.1.1.1/",
        "http://1.2.3.4.5/",
        "http://[::1/",
        "http://[zz]/",
        "http://-a.example/",
        f"http://{'a' * 64}.example/",
        "http://" + "a." * 200 + "example/",
    ],
)
def test_what_is_no_web_address_gives_none(url: str) -> None:
    assert canonical_address(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)//http://gazeta.example",
        "data:text/html,x",
        "ftp://gazeta.example/x",
        "gopher://gazeta.example/",
        "view-source:http://gazeta.example/",
        "java\nscript:alert(1)",
        "\x00javascript:alert(1)",
    ],
)
def test_a05_only_http_and_https_are_web_addresses(url: str) -> None:
    assert canonical_address(url) is None
    assert not belongs_to(url, ["gazeta.example"])


def test_a19_an_address_longer_than_the_limit_is_none() -> None:
    assert canonical_address("https://gazeta.example/" + "a" * (MAX_ADDRESS_LENGTH - 23)) is not None
    assert canonical_address("https://gazeta.example/" + "a" * (MAX_ADDRESS_LENGTH - 22)) is None
    assert canonical_address("https://gazeta.example/" + "a" * 10_000_000) is None


def test_an_address_belongs_to_its_domain_and_what_is_below() -> None:
    assert belongs_to("https://gazeta.example/x", ["gazeta.example"])
    assert belongs_to("https://WWW.Gazeta.example./x", ["gazeta.example"])
    assert belongs_to("https://żółw.example/", ["xn--w-uga1v8h.example"])
    assert belongs_to("https://xn--w-uga1v8h.example/", ["Żółw.example"])
    assert not belongs_to("https://notgazeta.example/", ["gazeta.example"])
    assert not belongs_to("https://gazeta.example.evil.example/", ["gazeta.example"])
    assert not belongs_to("https://gazeta.example@evil.example/", ["gazeta.example"])
    assert not belongs_to("https://gazeta.example/", [])
    assert not belongs_to("https://gazeta.example/", [""])


def test_a_domain_with_a_port_asks_for_that_port() -> None:
    assert belongs_to("http://127.0.0.1:8081/x", ["127.0.0.1:8081"])
    assert not belongs_to("http://127.0.0.1:8082/x", ["127.0.0.1:8081"])
    assert belongs_to("http://127.0.0.1:8082/x", ["127.0.0.1"])
    assert belongs_to("https://gazeta.example/", ["gazeta.example:443"])
    assert belongs_to("http://[::1]:8080/", ["[::1]:8080"])
    assert not belongs_to("http://5.127.0.0.1/", ["127.0.0.1"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
     "１２７.0.0.1", "127。0。0。1", "%31%32%37.0.0.1", "0x7F.1"],
)  # fmt: skip
def test_a03_odd_spellings_of_loopback_are_seen_through(host: str) -> None:
    assert literal_ip(host) == "127.0.0.1"
    assert not is_public_ip(literal_ip(host) or "")
    assert host_of(f"http://{host}/x") == "127.0.0.1"


@pytest.mark.parametrize("host", ["gazeta.example", "1.2.3.4.5", "256.1.1.1", "08.1.1.1", "", "a.1", "4294967296", "::g", "1..2"])
def test_a_name_is_no_literal_address(host: str) -> None:
    assert literal_ip(host) is None


@pytest.mark.parametrize(
    "ip",
    """
    127.0.0.1 0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.254 169.254.169.254 172.16.0.1 172.31.255.1
    192.168.1.1 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1
    255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::8.8.8.8 64:ff9b::8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1
    2002:7f00:1:: 2002:808:808::1 2001::1 2001:2::1 2001:db8::1 3fff::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0
    fec0::1 ff02::1 100::1 5f00::1 gazeta.example 127.1
    """.split(),  # noqa: SIM905 - a list of addresses
)
def test_a03_an_address_that_is_not_global_unicast_is_not_public(ip: str) -> None:
    assert not is_public_ip(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "1.1.1.1", "193.0.6.139", "2a00:1450:4001:81b::200e", "2606:4700::1111"])
def test_an_address_of_the_open_internet_is_public(ip: str) -> None:
    assert is_public_ip(ip)


@pytest.mark.parametrize(
    ("amp", "article"),
    [
        ("https://www.google.com/amp/s/gazeta.example/kraj/x", "https://gazeta.example/kraj/x"),
        ("https://www.google.co.uk/amp/gazeta.example/x", "http://gazeta.example/x"),
        ("https://www.bing.com/amp/s/gazeta.example/x/amp", "https://gazeta.example/x"),
        ("https://gazeta-example.cdn.ampproject.org/c/s/gazeta.example/x.amp.html", "https://gazeta.example/x.html"),
        ("https://gazeta.example/kraj/x/amp/", "https://gazeta.example/kraj/x"),
        ("https://gazeta.example/kraj/x/amp", "https://gazeta.example/kraj/x"),
        ("https://gazeta.example/x.amp", "https://gazeta.example/x"),
        ("https://gazeta.example/x?amp=1&id=3", "https://gazeta.example/x?id=3"),
        ("https://gazeta.example/x?amp", "https://gazeta.example/x"),
        ("https://gazeta.example/x/?outputType=amp", "https://gazeta.example/x/"),
    ],
)
def test_an_amp_address_leads_to_its_article(amp: str, article: str) -> None:
    assert amp_to_article(amp) == article


@pytest.mark.parametrize(
    "url",
    ["https://gazeta.example/amp/", "https://gazeta.example/guitar-amp.html", "https://gazeta.example/camp", "https://amp.gazeta.example/x",
     "https://www.google.com/search?q=x", "https://evil.example/amp/s/gazeta.example/x", "javascript:amp", ""],
)  # fmt: skip
def test_what_only_looks_like_amp_stays(url: str) -> None:
    assert amp_to_article(url) == url


def test_the_registrable_domain_is_read_from_the_bundled_list() -> None:
    assert registrable_domain("https://wiadomosci.gazeta.pl/x") == "gazeta.pl"
    assert registrable_domain("https://a.b.gov.pl/") == "b.gov.pl"
    assert registrable_domain("https://www.bbc.co.uk/") == "bbc.co.uk"
    assert registrable_domain("http://127.0.0.1/") is None
    assert registrable_domain("no address") is None


_PIECES = st.one_of(
    st.text(max_size=8),
    st.sampled_from([*["a", ".", "?", "&", "#", ";", "@", ":", "[", "]", "/", "'", "1"], " ", '"', "\\", "\x00", "\ud800"]),
    st.sampled_from(
        [
            "..",
            "%20",
            "%2f",
            "%22",
            "%25",
            "%zz",
            "ł",
            "amp",
            "utm_source=x",
            "id=1",
            "&amp;",
            "::1",
            "80",
            "0x7f",
            "www.",
            "pl",
            "sid=",
            ";jsessionid=1",
            "/(S(abc))/",
        ]
    ),
)
_STARTS = st.sampled_from(
    ["http://", "https://", "http:", "https://a.pl/", "http://a.pl/x?", "", "//", "HTTP:\\\\", "https://www.google.com/amp/s/"]
)
_ADDRESSES = st.builds(lambda start, pieces: start + "".join(pieces), _STARTS, st.lists(_PIECES, max_size=10))


@settings(max_examples=500, deadline=None)
@given(_ADDRESSES, st.lists(st.sampled_from(["id", "a"]), max_size=2))
def test_a_canonical_address_is_its_own_canonical_address(url: str, keep: list[str]) -> None:
    canonical = canonical_address(url, keep)
    if canonical is not None:
        assert canonical_address(canonical, keep) == canonical
        assert canonical.isascii()
        assert canonical.startswith(("http://", "https://"))
        assert "#" not in canonical
        assert host_of(canonical) is not None
        assert belongs_to(canonical, [host_of(canonical) or ""])


@settings(max_examples=500, deadline=None)
@given(_ADDRESSES)
def test_nothing_about_addresses_ever_raises(text: str) -> None:
    plain = amp_to_article(text)
    assert amp_to_article(plain) == plain
    belongs_to(text, [text, "a.pl"])
    registrable_domain(text)
    assert literal_ip(text) is None or literal_ip(literal_ip(text) or "") == literal_ip(text)
    assert not is_public_ip(text) or literal_ip(text) is not None
