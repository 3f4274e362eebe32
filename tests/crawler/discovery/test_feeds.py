"""`crawler.discovery.feeds`: every kind of feed into the same entries, and bad ones into a reason."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery.feeds import read_feed
from crawler.discovery.reading import MAX_ENTRIES, MAX_FEED_BYTES, MAX_SUMMARY, FeedReading, UnreadableSource

NOW = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Europe/Warsaw"))
URL = "https://gazeta.example/rss"


def read(text: str | bytes, content_type: str | None = None, languages: tuple[str, ...] = ("pl",)) -> FeedReading:
    body = text if isinstance(text, bytes) else text.encode()
    return read_feed(body, URL, content_type, languages, NOW)


def rss(items: str, declaration: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{declaration}<rss version="2.0"><channel><title>Gazeta</title><link>https://gazeta.example/</link>{items}</channel></rss>'


def item(number: int = 1, extra: str = "") -> str:
    return f"<item><title>Tytuł {number}</title><link>https://gazeta.example/a-{number}</link>{extra}</item>"


def test_an_rss_entry_carries_all_that_the_feed_says() -> None:
    reading = read(
        rss(
            "<ttl>15</ttl><item><title>Śnieg w Tatrach &amp; okolicach</title><link>/kraj/snieg</link>"
            "<description>&lt;p&gt;Spadło &lt;b&gt;pół metra&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;Drogi stoją.&lt;/p&gt;</description>"
            '<author>redakcja@gazeta.example (Anna Nowak)</author><category>Kraj</category><guid isPermaLink="false">17</guid>'
            "<pubDate>Tue, 24 Nov 2026 10:00:00 +0100</pubDate></item>"
        )
    )
    entry = reading.entries[0]
    assert (reading.kind, reading.title, reading.ttl_s, reading.truncated) == ("rss20", "Gazeta", 900.0, False)
    assert entry.url == "https://gazeta.example/kraj/snieg"
    assert entry.title == "Śnieg w Tatrach & okolicach"
    assert entry.summary == "Spadło pół metra.\n\nDrogi stoją."
    assert "Anna Nowak" in (entry.author or "")
    assert (entry.section, entry.guid, entry.position, entry.source) == ("Kraj", "17", 0, URL)
    assert entry.published_at is not None
    assert entry.published_at.isoformat() == "2026-11-24T10:00:00+01:00"
    assert entry.updated_at is None


def test_an_atom_entry_tells_published_and_updated_apart() -> None:
    reading = read(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title type="html">Mróz &amp;amp; wiatr</title>'
        '<link rel="self" href="https://gazeta.example/api/1"/><link href="https://gazeta.example/mroz"/><id>urn:1</id>'
        "<published>2026-11-24T08:00:00Z</published><updated>2026-11-24T09:30:00Z</updated>"
        "<author><name>Jan Lis</name></author><author><name>Ewa Kot</name></author><summary>Zimno.</summary></entry></feed>"
    )
    entry = reading.entries[0]
    assert (reading.kind, entry.url, entry.title) == ("atom10", "https://gazeta.example/mroz", "Mróz & wiatr")
    assert entry.published_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert entry.updated_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert entry.author == "Jan Lis, Ewa Kot"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('<rss version="0.91"><channel><title>x</title>{}</channel></rss>', "rss091u"),
        ('<rss version="0.92"><channel><title>x</title>{}</channel></rss>', "rss092"),
        ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
         "<channel><title>x</title></channel>{}</rdf:RDF>", "rss090"),
        ('<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
         'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>x</title></channel>{}</rdf:RDF>', "rss10"),
    ],
)  # fmt: skip
def test_old_kinds_of_rss_are_read(text: str, kind: str) -> None:
    date = "<dc:date>2026-11-24T10:00:00+01:00</dc:date>" if kind == "rss10" else ""
    reading = read(text.replace("{}", item(1, date) + item(2, date)))
    assert reading.kind == kind
    assert [entry.url for entry in reading.entries] == ["https://gazeta.example/a-1", "https://gazeta.example/a-2"]
    assert (reading.entries[0].published_at is not None) == (kind == "rss10")


def test_a_json_feed_is_read() -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Gazeta",
        "items": [
            {"id": "1", "url": "/a", "title": "Tytuł", "content_html": "<p>Treść</p>", "date_published": "2026-11-24T10:00:00+01:00",
             "authors": [{"name": "Jan Lis"}], "tags": ["Kraj"]},
            {"id": "https://gazeta.example/b", "title": 5, "authors": "x", "tags": {}},
            {"id": 7, "external_url": "javascript:alert(1)"},
            "nothing",
        ],
    }  # fmt: skip
    reading = read(json.dumps(feed), "application/feed+json")
    assert [entry.url for entry in reading.entries] == ["https://gazeta.example/a", "https://gazeta.example/b"]
    assert reading.kind == "json11"
    first = reading.entries[0]
    assert (first.title, first.summary, first.author, first.section) == ("Tytuł", "Treść", "Jan Lis", "Kraj")
    assert reading.warnings == ("2 entries without a web address",)


def test_feedburners_original_address_is_preferred() -> None:
    text = rss(
        "<item><link>https://feeds.example/~r/1</link><feedburner:origLink>https://gazeta.example/a</feedburner:origLink></item>"
    )
    text = text.replace("<rss ", '<rss xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" ')
    assert read(text).entries[0].url == "https://gazeta.example/a"


def test_an_update_shared_by_all_entries_is_the_feeds_own_time() -> None:
    entries = "".join(
        f'<entry><title>T{n}</title><link href="https://gazeta.example/{n}"/><published>2026-11-2{n % 4}T08:00:00Z</published>'
        "<updated>2026-11-24T09:00:00Z</updated></entry>"
        for n in range(12)
    )
    reading = read(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>{entries}</feed>')
    assert all(entry.updated_at is None and entry.published_at is not None for entry in reading.entries)


def test_f14_a_feed_of_100000_entries_is_cut_to_the_newest_2000_in_less_than_five_seconds(memory_peak: Any) -> None:
    start = datetime(2026, 9, 1, tzinfo=timezone(timedelta(hours=1)))
    items = "".join(
        item(number, f"<pubDate>{start + timedelta(minutes=number):%a, %d %b %Y %H:%M:%S %z}</pubDate>")
        for number in range(100_000)
    )
    body = rss(items).encode()
    assert len(body) > MAX_FEED_BYTES
    before = time.process_time()
    with memory_peak() as peak:
        reading = read(body)
    assert time.process_time() - before < 5
    assert peak.mb < 200
    assert len(reading.entries) == MAX_ENTRIES
    assert reading.truncated
    assert any("newest" in warning for warning in reading.warnings)
    numbers = [int(entry.url.rpartition("-")[2]) for entry in reading.entries]
    assert numbers == list(range(numbers[0], numbers[0] + MAX_ENTRIES))
    assert numbers[-1] > 70_000


def test_f14_a_feed_cut_in_the_middle_of_an_entry_keeps_the_whole_ones() -> None:
    body = rss("".join(item(number) for number in range(50))).encode()
    reading = read(body[: body.index(b"a-40<") + 3])
    assert [entry.url for entry in reading.entries] == [f"https://gazeta.example/a-{number}" for number in range(40)]
    assert "broken XML, repaired" in reading.warnings


def test_f15_one_guid_for_all_entries_and_no_guid_make_no_difference() -> None:
    same = "<guid isPermaLink='false'>1</guid>"
    reading = read(rss(item(1, same) + item(2, same) + item(3)))
    assert [entry.url.rpartition("/")[2] for entry in reading.entries] == ["a-1", "a-2", "a-3"]
    assert [entry.guid for entry in reading.entries] == ["1", "1", None]


def test_f15_a_guid_that_is_an_address_stands_in_for_a_missing_link() -> None:
    reading = read(
        rss("<item><title>x</title><guid>https://gazeta.example/a</guid></item><item><title>y</title><guid>5</guid></item>")
    )
    assert [entry.url for entry in reading.entries] == ["https://gazeta.example/a"]
    assert reading.warnings == ("1 entries without a web address",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "an empty answer"),
        (b"  \n ", "an empty answer"),
        (b"\xef\xbb\xbf", "an empty answer"),
        (
            b"<!DOCTYPE html><html><head><title>Awaria</title></head><body>503</body></html>",
            'an HTML page titled "Awaria" instead of a feed',
        ),
        (b"<!-- x --><HTML><body>no</body></HTML>", "an HTML page instead of a feed"),
        (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>', "a sitemap, not a feed"),
        (b"<opml version='2.0'/>", "an OPML list, not a feed"),
        (b"<note><to>x</to></note>", "XML, but no feed"),
        (b"Internal server error", "neither XML nor JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither XML nor JSON"),
        (b"{}", "JSON, but no JSON Feed"),
        (b"[" * 500_000, "broken JSON"),
        (b'{"items": ', "broken JSON"),
        (b"\x1f\x8b\x08\x00junk", "a broken gzip file"),
        (b"<rss><channel><item><a <a", "XML too broken to read"),
    ],
)
def test_f16_what_is_no_feed_is_unreadable_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read(body)
    assert caught.value.reason == reason


def test_f16_a_feed_without_entries_is_no_error() -> None:
    assert read(rss("")).entries == ()


def test_f19_a_gzip_bomb_is_cut_at_the_limit(memory_peak: Any) -> None:
    bomb = gzip.compress(rss(item() + " " * 200_000_000).encode(), 1)
    with memory_peak() as peak:
        reading = read(bomb)
    assert reading.truncated
    assert [entry.url for entry in reading.entries] == ["https://gazeta.example/a-1"]
    assert peak.mb < 100


@pytest.mark.parametrize(
    ("encoded", "content_type"),
    [
        (lambda t: t.replace("utf-8", "utf-16").encode("utf-16"), None),
        (lambda t: t.replace("utf-8", "utf-16").encode("utf-16-be"), "text/xml"),
        (lambda t: b"\xef\xbb\xbf" + t.encode(), "text/xml; charset=iso-8859-1"),
        (lambda t: t.encode(), "text/xml; charset=us-ascii"),
        (lambda t: t.replace("utf-8", "iso-8859-2").encode("iso-8859-2"), None),
        (lambda t: t.replace("utf-8", "windows-1250").encode("cp1250"), "text/xml"),
        (lambda t: t.replace(' encoding="utf-8"', "").encode("iso-8859-2"), "text/xml; charset=ISO-8859-2"),
        (lambda t: t.encode("cp1250"), None),
        (lambda t: t.encode().decode("latin-1").encode(), None),
        (lambda t: b"\n\n  " + t.encode(), None),
    ],
)  # fmt: skip
def test_f21_the_letters_come_out_right_whatever_the_labels_say(encoded: object, content_type: str | None) -> None:
    text = rss("<item><title>Łódź, żółw, gęś</title><link>https://gazeta.example/a</link></item>")
    reading = read(encoded(text), content_type)  # type: ignore[operator]  # a function of each row
    assert reading.entries[0].title == "Łódź, żółw, gęś"


def test_f21_cyrillic_without_a_label_is_read_by_the_outlets_language() -> None:
    text = rss("<item><title>Київ сьогодні</title><link>https://gazeta.example/a</link></item>")
    assert read(text.encode("cp1251"), None, ("uk",)).entries[0].title == "Київ сьогодні"


def test_f22_characters_that_no_store_takes_are_cleaned_away() -> None:
    text = rss(
        "<item><title>A&#xD800;B&#0;C\x00D\x1b[31mE\u202eF&#x202E;G\uffffH</title><link>https://gazeta.example/a</link>"
        f"<description>a{chr(0x301) * 100_000}</description></item>"
    )
    entry = read(text.encode("utf-8", "surrogatepass")).entries[0]
    assert entry.title == "ABCD[31mEFGH"
    assert entry.summary is not None
    assert len(entry.summary) < 20


def test_f22_html_entities_and_bare_ampersands_do_not_break_a_feed() -> None:
    entry = read(
        rss("<item><title>Tom&nbsp;&amp; Jerry &copy; R&D &bogus;</title><link>https://gazeta.example/a?x=1&y=2</link></item>")
    ).entries[0]
    assert entry.title == "Tom & Jerry © R&D &bogus;"
    assert entry.url == "https://gazeta.example/a?x=1&y=2"


@pytest.mark.parametrize(
    ("date", "instant"),
    [
        ("Tue, 24 Nov 2026 10:00:00 CET", "2026-11-24T10:00:00+01:00"),
        ("Tue, 24 Nov 2026 10:00:00 GMT", "2026-11-24T10:00:00+00:00"),
        ("Tue, 24 Nov 2026 10:00:00", "2026-11-24T10:00:00+01:00"),
        ("2026-11-24 10:00", "2026-11-24T10:00:00+01:00"),
        ("24 listopada 2026, 10:00", "2026-11-24T10:00:00+01:00"),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("1763-02-15", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None),
        ("Thu, 26 Nov 2026 10:00:00 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("Mon, 30 Feb 2026 10:00:00 GMT", None),
        ("wczoraj", None),
    ],
)
def test_f23_a_date_is_believed_or_there_is_none(date: str, instant: str | None) -> None:
    published = read(rss(item(1, f"<pubDate>{date}</pubDate>"))).entries[0].published_at
    assert (published.isoformat() if published else None) == instant


def test_a01_an_external_entity_is_not_resolved() -> None:
    for target in ("file:///etc/hostname", "http://127.0.0.1:9/x"):
        text = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>' + rss(
            item(1, "<description>-&x;-</description>"), ""
        )
        assert read(text).entries[0].summary in ("-&x;-", "--", None)


def test_a02_a_billion_laughs_cost_less_than_a_second() -> None:
    entities = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    before = time.process_time()
    reading = read(
        f"<!DOCTYPE rss [{entities}]>" + rss("<item><title>&l9;</title><link>https://gazeta.example/a</link></item>", "")
    )
    assert time.process_time() - before < 1
    assert len(reading.entries[0].title or "") < 100


@pytest.mark.parametrize(
    "body",
    [
        "<rss><channel><item>" + "<a " * 1_000_000,
        "<rss><channel><item><title>" + "&a;" * 1_000_000,
        "<rss><channel>" + "<b>" * 1_000_000,
        "<rss><channel>" + "<![CDATA[" * 300_000,
        "<rss><channel>" + "<!--" * 500_000,
        "<!-- -->" * 500_000,
        "<rss><channel>" + "<item>" * 500_000,
        "<!DOCTYPE r [" + '<!ENTITY a "b">' * 200_000 + "]><rss><channel/></rss>",
        "<rss version='2.0'><channel>" + "<item><title>a<b<c</title><link>https://gazeta.example/x</link></item>" * 2000,
    ],
)
def test_a02_hostile_xml_costs_less_than_five_seconds(body: str) -> None:
    before = time.process_time()
    try:
        read(body)
    except UnreadableSource:
        pass
    assert time.process_time() - before < 5


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ftp://gazeta.example/x", "http://", ""]
)
def test_a05_an_entry_that_leads_to_no_web_address_is_dropped(link: str) -> None:
    reading = read(rss(f"<item><title>x</title><link>{link}</link></item>" + item(2)))
    assert [entry.url for entry in reading.entries] == ["https://gazeta.example/a-2"]
    atom = read(
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title>x</title><link href="{link}"/></entry></feed>'
    )
    assert atom.entries == ()


def test_a06_markup_and_scripts_never_reach_a_title_or_summary() -> None:
    text = rss(
        "<item><title>&lt;script&gt;alert(1)&lt;/script&gt;Ważne &lt;b&gt;dziś&lt;/b&gt;</title><link>https://gazeta.example/a</link>"
        "<description>&lt;img src=x onerror=alert(1)&gt;Tekst&lt;style&gt;p{}&lt;/style&gt;</description></item>"
    )
    entry = read(text).entries[0]
    assert (entry.title, entry.summary) == ("Ważne dziś", "Tekst")


def test_a_title_may_speak_of_less_and_more() -> None:
    assert (
        read(rss("<item><title>3 &lt; 5, AT&amp;amp;T</title><link>https://gazeta.example/a</link></item>")).entries[0].title
        == "3 < 5, AT&T"
    )


def test_a_parameter_that_looks_like_a_letters_name_stays_a_parameter() -> None:
    link = "https://gazeta.example/a?x=1&amp;amp;copy=2&amp;sect=3&amp;reg=4"
    assert read(rss(f"<item><link>{link}</link></item>")).entries[0].url == "https://gazeta.example/a?x=1&copy=2&sect=3&reg=4"


def test_a_summary_is_cut_between_words() -> None:
    summary = read(rss(item(1, f"<description>{'słowo ' * 5000}</description>"))).entries[0].summary or ""
    assert MAX_SUMMARY - 10 < len(summary) <= MAX_SUMMARY
    assert summary.endswith("słowo")


_OPENERS = [
    "<rss>",
    "<channel>",
    "<item>",
    "<feed xmlns='http://www.w3.org/2005/Atom'>",
    "<entry>",
    "<rdf:RDF>",
    "<title>",
    "<x:y>",
]
_CLOSERS = ["</item>", "</title>", "</channel></rss>", "]]>", "]>", "}", ">"]
_CONTENT = [
    "<link>https://a.pl/x</link>",
    "<link href='//a'/>",
    "<pubDate>x</pubDate>",
    "&",
    "&#xD800;",
    "ł",
    " a='b'",
    "\x00",
    "<",
]
_STARTS = ["<![CDATA[", "<!--", "<?xml version='1.0'?>", '{"items":[', "<!DOCTYPE a ["]
_BITS = st.sampled_from([*_OPENERS, *_CLOSERS, *_CONTENT, *_STARTS])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(st.one_of(_BITS, st.text(max_size=5)), max_size=25).map("".join)))
def test_a_feed_gives_entries_or_a_reason_and_nothing_else(body: bytes | str) -> None:
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    try:
        reading = read(data)
    except UnreadableSource as error:
        assert error.reason
    else:
        assert all(entry.url.startswith(("http://", "https://")) for entry in reading.entries)


@pytest.mark.parametrize(
    ("said", "ttl_s"),
    [
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", 900.0),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", 86400.0),
        ("<ttl>60</ttl>", 3600.0),
    ],
)
def test_the_update_period_that_wordpress_writes_into_every_feed_says_nothing(said: str, ttl_s: float | None) -> None:
    text = f'<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>t</title>{said}{item()}</channel></rss>'
    assert read(text).ttl_s == ttl_s
