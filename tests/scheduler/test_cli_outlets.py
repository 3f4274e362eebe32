"""`outlets list|show|check|add|import|export`, over real HTTP where they look at a site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ConfigError, DepeszaError
from crawler.model.run import ProbeReport
from crawler.outlets.catalogue import load_catalogue, read_outlet
from crawler.outlets.opml import outlets_of, read_opml, write_opml
from crawler.outlets.writing import outlet_toml
from scheduler.command import exit_code
from scheduler.probing import SiteWish, bare_outlet, found_outlet
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(120)
OPML = """<?xml version="1.0"?><opml version="2.0"><body>
<outline text="Gazety"><outline type="rss" text="Kurier Testowy" xmlUrl="https://kurier-testowy.pl/rss" htmlUrl="https://kurier-testowy.pl/"/>
<outline type="rss" text="Kurier Testowy: sport" xmlUrl="https://kurier-testowy.pl/sport.xml" htmlUrl="https://kurier-testowy.pl/"/></outline>
<outline type="rss" text="Kresy" xmlUrl="https://kresy.pl/feed" htmlUrl="https://kresy.pl/"/>
<outline type="rss" text="bad" xmlUrl="javascript:alert(1)"/><outline type="rss" text="file" xmlUrl="file:///etc/passwd"/>
</body></opml>"""


def test_list_and_show_tell_the_users_own_outlet(small_outlet: SmallOutlet) -> None:
    found = json.loads(small_outlet.run("outlets", "list", "--json", "--all").stdout)
    assert "jodlowo" in {one["slug"] for one in found}
    shown = small_outlet.run("outlets", "show", "jodlowo")
    assert 'slug = "jodlowo"' in shown.stdout
    assert small_outlet.run("outlets", "list", "--tag", "no-such-tag").exit_code == 1


def test_check_reads_three_articles_and_says_ok(small_outlet: SmallOutlet) -> None:
    result = small_outlet.run("outlets", "check", "--json")
    assert result.exit_code == 0, result.stderr
    (report,) = json.loads(result.stdout)
    assert (report["outlet"], report["verdict"]) == ("jodlowo", "ok")
    assert report["probe"]["sources"][0]["entries"] == 3
    assert [article["error"] for article in report["probe"]["articles"]] == [None] * 3
    assert not (small_outlet.locations.data_dir / "depesza.sqlite").exists(), "a look files nothing"


def test_check_names_a_source_that_does_not_answer_and_gives_exit_code_1(small_outlet: SmallOutlet) -> None:
    path = small_outlet.locations.outlets_dir / "jodlowo.toml"
    path.write_text(path.read_text("utf-8").replace("/rss", "/no-feed"), "utf-8")
    result = small_outlet.run("outlets", "check", "jodlowo")
    assert result.exit_code == 1
    assert "/no-feed" in result.stdout


def test_add_shows_how_the_trial_articles_read(small_outlet: SmallOutlet) -> None:
    small_outlet.front = f"<link rel='alternate' type='application/rss+xml' href='{small_outlet.server.url_for('/rss')}'>"
    where = ["--country", "PL", "--language", "pl", "--timezone", "Europe/Warsaw", "--private", "--dry-run"]
    told = small_outlet.run("outlets", "add", small_outlet.server.url_for("/"), *where).stdout
    assert told.count("Rada gminy Jodłowo uchwaliła w czwartek budżet") == 3


def test_add_finds_the_feed_writes_the_file_and_the_outlet_can_be_crawled(small_outlet: SmallOutlet) -> None:
    server = small_outlet.server
    feed = f"<link rel='alternate' type='application/rss+xml' href='{server.url_for('/rss')}'>"
    small_outlet.front = f"<html lang='pl'><head><title>Głos</title>{feed}</head></html>"
    where = ["--country", "PL", "--language", "pl", "--timezone", "Europe/Warsaw"]
    result = small_outlet.run("outlets", "add", server.url_for("/"), "--slug", "new-one", "--private", *where, "--json")
    assert result.exit_code == 0, result.stderr
    written = Path(json.loads(result.stdout)["file"])
    assert read_outlet(written).sources[0].url == server.url_for("/rss")
    written.write_text(written.read_text("utf-8").replace("allow_private = true", "allow_private = true\ndelay_s = 0.0"), "utf-8")
    assert small_outlet.run("crawl", "new-one").exit_code == 0


def test_a03_add_does_not_look_at_an_address_of_this_machine_unless_told_so(small_outlet: SmallOutlet) -> None:
    small_outlet.run("init", "--contact", "me@example.org")
    result = small_outlet.run(
        "outlets", "add", small_outlet.server.url_for("/"), "--country", "PL", "--language", "pl", "--timezone", "UTC"
    )
    assert result.exit_code == 2
    assert "private" in result.stderr
    assert small_outlet.asked == []


def test_import_writes_files_for_new_sites_only_and_export_gives_them_back(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    file = tmp_path / "feeds.opml"
    file.write_text(OPML)
    result = small_outlet.run("outlets", "import", str(file), "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert [Path(path).name for path in said["written"]] == ["kurier-testowy.toml"]
    assert said["known"] == ["kresy"]
    outlet = read_outlet(Path(said["written"][0]))
    assert [source.url for source in outlet.sources] == ["https://kurier-testowy.pl/rss", "https://kurier-testowy.pl/sport.xml"]
    assert (outlet.group, outlet.country, outlet.timezone) == ("gazety", "PL", "Europe/Warsaw")
    exported = small_outlet.run("outlets", "export", "kurier-testowy").stdout
    assert {feed.feed_url for feed in read_opml(exported.encode())} == {source.url for source in outlet.sources}
    again = json.loads(small_outlet.run("outlets", "import", str(file), "--json").stdout)
    assert again["written"] == []


def test_a01_an_opml_list_reads_no_file_of_this_machine(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    body = f'<!DOCTYPE opml [<!ENTITY x SYSTEM "file://{secret}">]><opml><body><outline text="&x;" xmlUrl="https://a.pl/rss"/></body></opml>'
    try:
        found = read_opml(body.encode())
    except ConfigError:
        return
    assert "hunter2" not in repr(found)


@pytest.mark.timeout(10)
def test_a02_an_opml_list_of_a_billion_laughs_ends_at_once() -> None:
    entities = "".join(f'<!ENTITY l{n} "{("&l" + str(n - 1) + ";") * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE opml [<!ENTITY l0 "lol">{entities}]><opml><body><outline text="&l11;" xmlUrl="https://a.pl/rss"/></body></opml>'
    try:
        assert len(repr(read_opml(body.encode()))) < 10_000
    except ConfigError:
        pass


def test_a05_addresses_of_other_schemes_in_a_list_are_left_out() -> None:
    assert {feed.feed_url for feed in read_opml(OPML.encode())} == {
        "https://kurier-testowy.pl/rss", "https://kurier-testowy.pl/sport.xml", "https://kresy.pl/feed",
    }  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"<html></html>", b"\xff\xfe\x00", b"<opml>", b'{"a": 1}'])
def test_what_is_no_opml_is_refused_with_words(body: bytes) -> None:
    with pytest.raises(ConfigError, match="list"):
        read_opml(body)


@given(st.text(max_size=60), st.text(alphabet=st.characters(blacklist_categories=("Cs", "Cc")), max_size=20))
def test_any_title_and_folder_survive_the_way_out_and_in(title: str, group: str) -> None:
    body = f'<opml><body><outline text="a" xmlUrl="https://a.pl/rss" title="{"x" * 3}"/></body></opml>'
    import dataclasses

    (outlet,) = outlets_of(read_opml(body.encode()), None, "2026-11")
    name = "".join(char for char in title if char.isprintable())
    text = write_opml([dataclasses.replace(outlet, name=name, group=group or None)])
    (feed,) = read_opml(text.encode("utf-8", "ignore"))
    assert feed.feed_url == "https://a.pl/rss"


def test_every_shipped_outlet_written_as_toml_reads_back_equal(tmp_path: Path) -> None:
    catalogue = load_catalogue()
    for slug, outlet in catalogue.items():
        path = tmp_path / f"{slug}.toml"
        path.write_text(outlet_toml(outlet), "utf-8")
        assert read_outlet(path) == outlet


def test_the_whole_catalogue_goes_out_and_comes_in_with_nothing_new(small_outlet: SmallOutlet, tmp_path: Path) -> None:
    file = tmp_path / "all.opml"
    file.write_text(small_outlet.run("outlets", "export").stdout, "utf-8")
    result = small_outlet.run("outlets", "import", str(file), "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["written"] == []


def test_import_names_every_site_that_tells_no_country_and_a_list_without_feeds_gives_exit_code_1(
    small_outlet: SmallOutlet, tmp_path: Path
) -> None:
    file = tmp_path / "feeds.opml"
    rows = "".join(f'<outline xmlUrl="https://{name}.example/rss"/>' for name in ("one", "two"))
    file.write_text(f"<opml><body>{rows}</body></opml>")
    result = small_outlet.run("outlets", "import", str(file))
    assert result.exit_code == 2
    assert "one.example, two.example" in result.stderr
    file.write_text("<opml><body><outline text='empty'/></body></opml>")
    assert small_outlet.run("outlets", "import", str(file)).exit_code == 1


def test_a_site_without_a_feed_is_nothing_found_and_a_private_one_a_wrong_use() -> None:
    wish = SiteWish(url="https://nowhere.example/")
    with pytest.raises(DepeszaError, match="no feed or sitemap") as nothing:
        found_outlet(wish, bare_outlet(wish), ProbeReport(outlet="nowhere", homepage=wish.url))
    assert exit_code(nothing.value) == 1
    refused = ProbeReport(outlet="nowhere", homepage=wish.url, error="private address refused: 10.0.0.1")
    with pytest.raises(ConfigError, match="--private"):
        found_outlet(wish, bare_outlet(wish), refused)


@pytest.mark.parametrize("slug", ["../../x", "Duża", "jodlowo", ""])
def test_add_refuses_a_slug_that_is_taken_or_no_slug_before_it_looks_at_the_site(small_outlet: SmallOutlet, slug: str) -> None:
    result = small_outlet.run("outlets", "add", small_outlet.server.url_for("/"), "--private", "--slug", slug)
    assert result.exit_code == 2
    assert "--slug" in result.stderr
    assert small_outlet.asked == []


def test_add_takes_the_name_from_the_site_also_where_the_person_tells_the_country(small_outlet: SmallOutlet) -> None:
    server = small_outlet.server
    feed = f"<link rel='alternate' type='application/rss+xml' href='{server.url_for('/rss')}'>"
    small_outlet.front = f"<html lang='pl'><head><meta property='og:site_name' content='Głos Lipki'>{feed}</head></html>"
    where = ["--country", "PL", "--language", "pl", "--timezone", "Europe/Warsaw"]
    result = small_outlet.run("outlets", "add", server.url_for("/"), "--slug", "lipka", "--private", *where, "--dry-run")
    assert 'name = "Głos Lipki"' in result.stdout
    assert "does not tell its country" not in result.stdout
