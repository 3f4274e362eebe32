"""The morning digest: through a real SMTP server, as a mail that a person would show; looked at with a real browser, on paper too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html
from playwright.sync_api import Browser

from crawler.errors import ConfigError
from crawler.store.database import Database
from indexer.engines.embedded import EmbeddedEngine
from indexer.watches.delivering import DeliverReport, deliver_due
from indexer.watches.keeping import add_watch, make_settings
from indexer.watches.settings import AlertSettings
from indexer.watches.wording import Wording
from tests.indexer.watches.mailbox import Mailbox, receiving
from tests.indexer.web.stage import NOON, STORY, fill_store

PAGE = "https://news.example.org"
MORNING = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # 08:00 in Warsaw
QUERY = "prezydent OR kot OR pogoda OR zatrute OR outlet:evil OR language:ar"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with receiving() as box:
        yield box


@pytest.fixture
def digest(database: Database, engine: EmbeddedEngine, mailbox: Mailbox, push: Any) -> Any:
    """The made-up newsroom's day, as the morning's mail."""

    def send(language: str = "en") -> EmailMessage:
        address = f"mailto://desk:hunter2@127.0.0.1:{mailbox.port}?from=desk@newsroom.example&to=editor@newsroom.example"
        settings = make_settings([address], digest="08:00", zone="Europe/Warsaw", quiet=None, language=language)
        add_watch(database, engine, "Mosty i koty", QUERY, settings, NOON - timedelta(days=1))
        fill_store(database)
        push(NOON)
        alerts = AlertSettings(allow_hosts=("127.0.0.1", "localhost"), time_limit="20s", page_url=PAGE)
        assert deliver_due(database, engine, alerts, MORNING - timedelta(minutes=1)).sent == 0
        assert deliver_due(database, engine, alerts, MORNING) == DeliverReport(sent=1)
        [mail] = mailbox.mails
        return mail

    return send


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_the_digest_arrives_as_one_mail_with_html_and_text(digest: Any, mailbox: Mailbox) -> None:
    mail = digest()
    assert mailbox.recipients == ["editor@newsroom.example"] and mailbox.logins == [("desk", "hunter2")]
    assert mail["subject"].startswith("Mosty i koty: ") and "articles" in mail["subject"]
    assert mail.get_content_type() == "multipart/alternative"
    plain = mail.get_body(("plain",)).get_content()
    assert "Prezydent otworzył most na Wiśle" in plain and "{margin" not in plain, "no style sheet in the text"


def test_the_digest_tells_outlet_local_time_agency_copies_and_links_of_each_article(digest: Any) -> None:
    text = html_of(digest())
    page = lxml_html.document_fromstring(text)
    [article] = [one for one in page.iter("article") if "Prezydent otworzył most" in one.text_content()]
    assert article.find("h3").get("lang") == "pl"
    facts = article.xpath("p[@class='facts']")[0].text_content()
    assert facts == "Depesze PAP · 12:00 · from Polska Agencja Prasowa · 3 copies"
    assert [one.text_content() for one in article.iter("mark")][:1] == ["Prezydent"]
    copies = [one.text_content() for one in article.xpath("ul/li")]
    assert copies == [
        "Goniec Stołeczny, 12:14, verbatim: Nowy most w Warszawie",
        "Kresy.pl, 12:30, edited: Most za 300 milionów",
    ]
    assert {"https://pap.example/origin", "https://goniec.example/copy", f"{PAGE}/story/{STORY}"} <= set(
        article.xpath(".//a/@href")
    )
    assert page.find("body//h1").text_content() == "Mosty i koty"
    assert "Wednesday 25 November 2026 08:00 · Times in Europe/Warsaw" in page.text_content().replace(",", "")
    assert next(one.text_content().replace(",", "") for one in page.iter("h2")) == "Tuesday 24 November 2026"
    assert re.search(r"Kresy\.pl\s\d+ · ", page.text_content()), "counts by outlet"


def test_a_story_stands_once_and_days_stand_apart(digest: Any) -> None:
    page = lxml_html.document_fromstring(html_of(digest()))
    titles = [one.text_content() for one in page.iter("h3")]
    assert len(titles) == len(set(titles)) and "Nowy most w Warszawie" not in titles
    assert len(list(page.iter("h2"))) >= 2


def test_a06_in_the_mail_strangers_markup_and_addresses_are_harmless(digest: Any) -> None:
    page = lxml_html.document_fromstring(html_of(digest()))
    assert not list(page.iter("script", "img", "svg", "iframe", "object")) and "Zatruty" in page.text_content()
    assert all(one.startswith(("https://", "http://")) for one in page.xpath("//@href"))
    assert not [one for one in page.xpath("//@*") if getattr(one, "attrname", "").startswith("on")]


def test_the_digest_speaks_polish_when_asked(digest: Any) -> None:
    mail = digest("pl")
    page = lxml_html.document_fromstring(html_of(mail))
    assert page.get("lang") == "pl" and "Wtorek, 24 listopada 2026" in page.text_content()
    assert (
        "Przegląd prasy" in page.text_content()
        and "3 kopie" in page.text_content()
        and "za: Polska Agencja" in page.text_content()
    )
    assert re.search(r"\d+ artykuł", mail["subject"])


@pytest.mark.parametrize(("number", "said"), [(1, "1 kopia"), (2, "2 kopie"), (5, "5 kopii"), (12, "12 kopii"), (22, "22 kopie")])
def test_polish_counts_have_their_plurals(number: int, said: str) -> None:
    assert Wording("pl").count("copy", number) == said


def test_a_language_that_messages_do_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="en or pl"):
        make_settings(["https://hooks.example.net/x"], digest=None, zone="UTC", quiet=None, language="de")


@pytest.mark.parametrize(("scheme", "width"), [("light", 820), ("dark", 820), ("light", 360)])
def test_the_digest_is_readable_light_dark_on_a_phone_and_on_paper(
    digest: Any,
    browser: Browser,
    tmp_path: Path,
    scheme: Any,
    width: int,
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 1000})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html_of(digest()))
    page.screenshot(path=tmp_path / f"digest-{scheme}-{width}.png", full_page=True)
    page.pdf(path=tmp_path / "digest.pdf", format="A4", prefer_css_page_size=True)
    assert not [one for one in asked if not one.startswith("about:")], "a mail fetches nothing"
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is wider than the window"
    assert (tmp_path / "digest.pdf").read_bytes().startswith(b"%PDF")
    page.close()
