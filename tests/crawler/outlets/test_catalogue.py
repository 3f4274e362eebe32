"""`crawler.outlets.catalogue`: outlet files read, their faults named with file, key and likely meaning."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ConfigError
from crawler.model.outlet import SourceKind
from crawler.outlets.catalogue import load_catalogue, read_outlet
from crawler.outlets.checking import cron_fault, is_slug

SOUND = """
slug = "gazeta"
name = "Gazeta Testowa"
homepage = "https://www.gazeta.example/"
domains = ["gazeta.example"]
country = "PL"
languages = ["pl"]
timezone = "Europe/Warsaw"
"""
SOURCE = """
[[sources]]
kind = "feed"
url = "https://gazeta.example/rss"
"""


def write(folder: Path, text: str, name: str = "gazeta") -> Path:
    path = folder / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def fault(tmp_path: Path, text: str, name: str = "gazeta") -> str:
    path = write(tmp_path, text, name)
    with pytest.raises(ConfigError) as caught:
        read_outlet(path)
    message = str(caught.value)
    assert all(line.startswith(f"{path}: ") for line in message.splitlines())
    return message.replace(f"{path}: ", "")


def test_a_sound_file_becomes_an_outlet_with_defaults(tmp_path: Path) -> None:
    outlet = read_outlet(
        write(tmp_path, SOUND + SOURCE + '[schedule]\ncron = "*/10 6-22 * * mon-fri"\n[politeness]\ndelay_s = 2\n')
    )
    assert (outlet.slug, outlet.sources[0].kind, outlet.politeness.delay_s) == ("gazeta", SourceKind.FEED, 2.0)
    assert outlet.revisit == ("1h", "6h", "24h", "7d")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SOUND + 'grup = "x"\n' + SOURCE, 'grup: no such key (did you mean "group"?)'),
        (SOUND + SOURCE.replace("url", "ulr"), 'sources[0].ulr: no such key (did you mean "url"?)'),
        (SOUND + SOURCE.replace('"feed"', '"feeds"'), '(did you mean "feed"?)'),
        (SOUND + SOURCE + "[politeness]\ndelay = 3\n", 'politeness.delay: no such key (did you mean "delay_s"?)'),
        (SOUND + SOURCE + '[politeness]\ndelay_s = "fast"\n', "politeness.delay_s: "),
        (SOUND.replace('country = "PL"\n', "") + SOURCE, "country: is missing"),
        (SOUND.replace('"PL"', '"pl"') + SOURCE, "country: 'pl' must be two capitals"),
        (SOUND.replace("Europe/Warsaw", "Europe/Warszawa") + SOURCE, '(did you mean "Europe/Warsaw"?)'),
        (SOUND.replace('["pl"]', '["polish"]') + SOURCE, "languages[0]: 'polish'"),
        (SOUND.replace('["pl"]', "[]") + SOURCE, "languages: is empty"),
        (SOUND.replace('["gazeta.example"]', '["https://gazeta.example/"]') + SOURCE, "domains[0]: "),
        (
            SOUND.replace('["gazeta.example"]', '["inna.example"]') + SOURCE,
            "homepage: https://www.gazeta.example/ lies outside domains",
        ),
        (SOUND.replace("https://www", "www") + SOURCE, "homepage: 'www.gazeta.example/' is no web address"),
        (SOUND, "sources: is empty; add a [[sources]] table, or say disabled_because"),
        (SOUND + SOURCE + SOURCE, "sources[1].url: https://gazeta.example/rss stands there twice"),
        (
            SOUND + SOURCE.replace("https://gazeta.example/rss", "file:///etc/passwd"),
            "sources[0].url: 'file:///etc/passwd' is no web address",
        ),
        (SOUND + SOURCE + 'link_pattern = "kraj/*"\n', "sources[0].link_pattern: 'kraj/*'"),
        (SOUND + SOURCE + '[schedule]\nevery = "15 minutes"\n', "schedule.every: '15 minutes' is no duration"),
        (SOUND + SOURCE + '[schedule]\nevery = "15m"\ncron = "0 8 * * *"\n', "schedule: has both cron and every"),
        (SOUND + SOURCE + '[schedule]\ncron = "0 8 * *"\n', "schedule.cron: '0 8 * *' has 4 fields"),
        (SOUND + SOURCE + '[schedule]\ncron = "61 8 * * *"\n', "schedule.cron: '61' is no minute"),
        (SOUND + 'revisit = ["1h", "later"]\n' + SOURCE, "revisit[1]: 'later' is no duration"),
        (SOUND + 'unverified = "November"\n' + SOURCE, "unverified: 'November' must be a month"),
        (SOUND + 'disabled_because = " "\n', "disabled_because: is empty"),
        (SOUND + SOURCE + "[politeness]\nconcurrency = 0\n", "politeness.concurrency: 0"),
        (
            SOUND + SOURCE + '[[layouts]]\nbody = "div.text"\n[[layouts]]\nbody = "article"\n',
            "layouts[0].valid_until: is missing",
        ),
        (SOUND + SOURCE + '[[layouts]]\nbody = "div[["\n', "layouts[0].body: 'div[[' is no CSS selector"),
        (SOUND + 'page_class = "../x"\n' + SOURCE, "page_class: '../x'"),
        ("slug = ", "not valid TOML"),
        ("\ufeff\x00", "not valid TOML"),
    ],
)
def test_every_fault_is_named_with_its_key_and_what_to_write(tmp_path: Path, text: str, message: str) -> None:
    assert message in fault(tmp_path, text)


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, SOUND.replace('"PL"', '"P"').replace("Warsaw", "Wars") + SOURCE)
    write(tmp_path, "x = 1", "inna")
    with pytest.raises(ConfigError) as caught:
        load_catalogue([tmp_path])
    assert "country" in str(caught.value)
    assert "timezone" in str(caught.value)
    assert "inna.toml" in str(caught.value)


@pytest.mark.parametrize(
    "slug", ["../x", "a/b", "a\\b", "", ".", "A", "a_b", "a--b", "-a", "a-", "ł", "a\nb", "a" * 61, "..%2f", "a b", "con.x"]
)
def test_a11_a_slug_can_never_lead_out_of_a_folder(tmp_path: Path, slug: str) -> None:
    assert not is_slug(slug)
    escaped = slug.replace("\\", "\\\\").replace("\n", "\\n")
    assert "slug: " in fault(tmp_path, SOUND.replace('"gazeta"', f'"{escaped}"') + SOURCE)


def test_a11_a_slug_that_is_not_the_files_name_is_refused(tmp_path: Path) -> None:
    assert "slug: 'gazeta' is not the file's name; call the file gazeta.toml" in fault(tmp_path, SOUND + SOURCE, "inna")


def test_a_file_of_ones_own_replaces_the_shipped_one_and_a_later_folder_an_earlier(tmp_path: Path) -> None:
    own = SOUND.replace('"gazeta"', '"kresy"') + SOURCE
    write(tmp_path / "a" / "pl", own, "kresy")
    write(tmp_path / "b", own.replace("Gazeta Testowa", "Jeszcze inna"), "kresy")
    catalogue = load_catalogue([tmp_path / "a", tmp_path / "b"])
    assert catalogue["kresy"].name == "Jeszcze inna"
    assert catalogue.path_of("kresy") == tmp_path / "b" / "kresy.toml"
    assert load_catalogue([tmp_path / "a"])["kresy"].name == "Gazeta Testowa"
    assert load_catalogue()["kresy"].name == "Kresy.pl"


def test_two_files_of_one_folder_with_the_same_slug_are_a_fault(tmp_path: Path) -> None:
    write(tmp_path / "pl", SOUND + SOURCE)
    write(tmp_path / "de", SOUND + SOURCE)
    with pytest.raises(ConfigError, match="has the slug 'gazeta' already"):
        load_catalogue([tmp_path])


def test_an_outlet_is_found_by_any_host_of_its_domains() -> None:
    catalogue = load_catalogue()
    assert list(catalogue) == sorted(catalogue)
    for host in ("kresy.pl", "WWW.Kresy.pl", "en.kremlin.ru", "feeds.bbci.co.uk"):
        assert catalogue.by_domain(host) is not None
    assert catalogue.by_domain("notkresy.pl") is None
    assert catalogue.by_domain("") is None
    assert catalogue.by_domain("127.0.0.1") is None


def test_a_disabled_outlet_is_listed_and_not_enabled() -> None:
    catalogue = load_catalogue()
    assert "pap" in catalogue
    assert "pap" not in {outlet.slug for outlet in catalogue.enabled()}


@pytest.mark.parametrize(
    "line", ["* * * * *", "*/10 6-22 * * 1-5", "0 8 1,15 * mon", "@hourly", "5 4 * jan-mar sun", "0 0 * * 7"]
)
def test_a_crontab_line_is_accepted(line: str) -> None:
    assert cron_fault(line) is None


@pytest.mark.parametrize(
    "line", ["", "* * * *", "@often", "@hourl", "a * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/ * * * *"]
)
def test_a_wrong_crontab_line_is_explained(line: str) -> None:
    assert cron_fault(line)


@given(st.text(max_size=30))
def test_no_text_breaks_the_checks(text: str) -> None:
    cron_fault(text)
    is_slug(text)
