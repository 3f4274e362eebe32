"""Whose page is it: addresses that move, claims that are false, two articles that turn out to be one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from crawler.filing import file_article
from crawler.model.article import AddressKind, Article, ArticleAddress
from crawler.model.page import Page
from crawler.model.run import Outcome
from crawler.store import articles, outbox, stories
from crawler.store.database import Database

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MakeArticle = Callable[..., Article]
BRIDGE = (
    "Prezydent Warszawy otworzył nowy most nad Wisłą. Budowa trwała cztery lata i kosztowała miliard złotych. Most ma dwie jezdnie, "
    "tory tramwajowe i drogę dla rowerów. Pierwsi przeszli po nim mieszkańcy Pragi, którzy czekali od świtu. Kierowcy wjadą na "
    "most w poniedziałek po południu, kiedy skończą się próby obciążenia."
)
SNOW = (
    "W Tatrach spadł pierwszy śnieg. Ratownicy ostrzegają przed lawinami i radzą zostać w schroniskach, bo widoczność jest słaba. "
    "Na Kasprowym Wierchu leży dwadzieścia centymetrów, a synoptycy zapowiadają dalsze opady przez całą noc oraz silny wiatr halny, "
    "który może łamać drzewa w dolinach i zrywać linie energetyczne."
)
HEADLINES = {BRIDGE: "Otwarto nowy most", SNOW: "Pierwszy śnieg w Tatrach"}
SITE = "https://kresy.example"


def read(make: MakeArticle, text: str, canonical: str, **met: AddressKind) -> Article:
    """A reading of `text` at the canonical path, met under further paths."""
    kinds = {canonical: AddressKind.CANONICAL} | met
    addresses = tuple(ArticleAddress(url=f"{SITE}/{path}", kind=kind) for path, kind in kinds.items())
    return make(f"{SITE}/{canonical}", text, title=HEADLINES[text], addresses=addresses)


def file(database: Database, article: Article, hours: int = 0) -> Outcome:
    at = NOON + hours * HOUR
    page = Page(requested_url=article.url, final_url=article.url, status=200, body=b"<p>", fetched_at=at, outlet="kresy")
    with database.write() as connection:
        return file_article(connection, article, page)


def holder(database: Database, path: str) -> Article:
    with database.read() as connection:
        found = articles.read_article(connection, articles.find_id(connection, [f"{SITE}/{path}"]) or "")
    assert found is not None
    return found


def test_a_canonical_address_that_every_page_claims_makes_no_two_texts_one(database: Database, make_article: MakeArticle) -> None:
    bridge, snow = (
        read(make_article, text, "wszystko", **{path: AddressKind.ENTRY}) for text, path in ((BRIDGE, "most"), (SNOW, "snieg"))
    )
    for hours in range(3):
        outcomes = [file(database, one, hours) for one in (bridge, snow)]
        assert outcomes == [Outcome.UNCHANGED if hours else Outcome.NEW] * 2
    assert holder(database, "most").text == BRIDGE and holder(database, "snieg").text == SNOW
    assert holder(database, "most").removed_at is None and holder(database, "snieg").url == f"{SITE}/snieg"


def test_an_entry_s_address_that_leads_to_another_article_takes_nothing_from_the_first(
    database: Database, make_article: MakeArticle
) -> None:
    file(database, read(make_article, BRIDGE, "2026/most", live=AddressKind.ENTRY))
    assert file(database, read(make_article, SNOW, "2026/snieg", live=AddressKind.ENTRY), 1) is Outcome.NEW
    assert holder(database, "live").text == SNOW
    bridge = holder(database, "2026/most")
    assert bridge.text == BRIDGE and bridge.removed_at is None


def test_two_known_articles_that_turn_out_to_be_one_are_one(database: Database, make_article: MakeArticle) -> None:
    article, amp = (
        read(make_article, BRIDGE, "most", most=AddressKind.ENTRY),
        read(make_article, BRIDGE, "m", m=AddressKind.ENTRY),
    )
    file(database, article)
    file(database, amp)
    with database.write() as connection:
        outbox.acknowledge(connection, {article.id: 9, amp.id: 9})
    assert file(database, read(make_article, BRIDGE, "most", m=AddressKind.ENTRY), 1) is Outcome.UNCHANGED
    assert holder(database, "m").id == holder(database, "most").id == article.id
    with database.read() as connection:
        twin = articles.read_article(connection, amp.id)
        assert twin is not None and twin.removed_at == NOON + HOUR
        assert articles.due_visits(connection, "kresy", NOON + timedelta(days=30)) == [(article.id, article.url)]
        story = stories.story_of(connection, article.id)
        assert story is not None and [one.article_id for one in story.members] == [article.id]
        waiting = {one.article_id for one in outbox.take_outbox(connection, 9, NOON + HOUR)}
        assert waiting == {article.id, amp.id}


def test_an_address_that_redirects_to_another_known_article_is_gone_and_its_article_stays_in_its_story(
    database: Database, make_article: MakeArticle
) -> None:
    bridge, snow = (read(make_article, text, path, **{path: AddressKind.ENTRY}) for text, path in ((BRIDGE, "a"), (SNOW, "b")))
    file(database, bridge)
    file(database, snow)
    assert file(database, read(make_article, SNOW, "b", a=AddressKind.ENTRY, b=AddressKind.REDIRECT), 1) is Outcome.UNCHANGED
    with database.read() as connection:
        gone = articles.read_article(connection, bridge.id)
        assert gone is not None and gone.removed_at == NOON + HOUR and stories.story_id_of(connection, bridge.id)
    assert file(database, bridge, 2) is Outcome.UNCHANGED, "it stands there again"
    assert holder(database, "a").id == bridge.id and holder(database, "a").removed_at is None
    assert holder(database, "b").id == snow.id and holder(database, "b").removed_at is None


def test_an_article_under_the_former_address_of_a_removed_one_gets_an_id_of_its_own(
    database: Database, make_article: MakeArticle
) -> None:
    bridge = read(make_article, BRIDGE, "a", e=AddressKind.ENTRY)
    file(database, bridge)
    file(database, read(make_article, SNOW, "e", a=AddressKind.REDIRECT, e=AddressKind.ENTRY), 1)
    with database.write() as connection:
        articles.give_addresses_away(connection, holder(database, "a").id, {f"{SITE}/a"})
    assert file(database, bridge, 2) is Outcome.UNCHANGED, "no address is known, but the id is"
    assert holder(database, "a").id == bridge.id


def test_a_text_that_comes_back_at_another_address_stands_there_and_is_gone_when_that_is_taken_too(
    database: Database, make_article: MakeArticle
) -> None:
    bridge = read(make_article, BRIDGE, "a", a=AddressKind.ENTRY)
    snow = read(make_article, SNOW, "a", a=AddressKind.ENTRY)
    file(database, bridge)
    file(database, snow, 1)
    moved = read(make_article, BRIDGE, "b", b=AddressKind.ENTRY, a=AddressKind.AMP)
    assert file(database, moved, 2) is Outcome.UNCHANGED
    assert holder(database, "b").id == bridge.id and holder(database, "b").url == f"{SITE}/b"
    file(database, read(make_article, SNOW, "b", b=AddressKind.ENTRY, a=AddressKind.REDIRECT), 3)
    with database.read() as connection:
        gone = articles.read_article(connection, bridge.id)
        assert gone is not None and gone.removed_at == NOON + 3 * HOUR and gone.addresses == ()
