"""A made-up newsroom for the pages: a story of three, corrections, thirty more articles, other scripts, and attacks in every field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.fingerprints import fingerprint
from crawler.model.article import (
    Access,
    AddressKind,
    Article,
    ArticleAddress,
    PublishedFrom,
    article_id,
    content_digest,
)
from crawler.model.attribution import Agency, Attribution, Evidence, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.feed import FeedState
from crawler.model.outlet import Outlet
from crawler.model.story import LinkKind, StoryLink
from crawler.store.articles import Visit, insert_article, replace_article
from crawler.store.database import Database
from crawler.store.health import OutletHealth, save_health
from crawler.store.incidents import Incident, open_incident
from crawler.store.outbox import put_in_outbox
from crawler.store.outlets import write_agencies, write_outlets
from crawler.store.schema import outlet_turn, story, story_alias, story_member
from crawler.store.sources import save_state
from crawler.store.stories import add_links
from tests.indexer.watched_outlet import make_led, make_watched

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
STORY, OLD_STORY, EVIL_STORY = "5709c0de5709c0de", "01d5709c01d5709c", "e711e711e711e711"
ORIGIN_TEXT = (
    "Prezydent przyjechał do Warszawy i otworzył nowy most na Wiśle.\n\nKosztował 250 milionów złotych i połączył oba brzegi miasta."
    "\n\nKierowcy czekali na niego dziesięć lat."
)
COPY_TEXT = ORIGIN_TEXT.replace("250 milionów", "300 milionów") + "\n\nTo największa inwestycja tej zimy."


def attack(number: int) -> str:
    """What a page would obey if it did not escape it (SAFETY A6); the number says which field failed."""
    return (
        f"""x{number}<script>alert({number})</script>"><img src=x onerror=alert({number})> ' onmouseover=alert({number}) """
        f"""{{{{7*{number}}}}} {{% raw %}} </title></script></style><svg onload=alert({number})> javascript:alert({number})"""
    )


def make(path: str, text: str, **changes: Any) -> Article:
    """An article of kresy.example unless told otherwise."""
    outlet, title = changes.pop("outlet", "kresy"), changes.pop("title", "Prezydent w Warszawie")
    url = changes.pop("url", f"https://{outlet}.example/{path}")
    values: dict[str, Any] = {
        "id": article_id(f"https://{outlet}.example/{path}"), "url": url, "outlet": outlet, "title": title, "text": text,
        "language": "pl", "published_at": NOON, "published_from": PublishedFrom.STRUCTURED_DATA, "first_seen_at": NOON,
        "content_sha256": content_digest(title, text), "fingerprint": fingerprint(title, text), "normalizer_version": 1,
        "addresses": (ArticleAddress(url=url, kind=AddressKind.CANONICAL),),
    }  # fmt: skip
    return Article(**(values | changes))


def said(
    where: str, quote: str, start: int, kind: EvidenceKind, source: str = "pap", role: SourceRole = SourceRole.ORIGIN
) -> Attribution:
    """An attribution to an agency by one quote."""
    evidence = Evidence(kind=kind, where=where, quote=quote, start=start, end=start + len(quote))
    return Attribution(source=source, source_kind=NamedSourceKind.AGENCY, role=role, confidence=0.9, evidence=(evidence,))


ORIGIN = make(
    "origin", ORIGIN_TEXT, outlet="pap", title="Prezydent otworzył most na Wiśle", section="Kraj", published_at=NOON - timedelta(hours=1),
    attributions=(said("page", "pap.example", 0, EvidenceKind.OWN_SITE),),
)  # fmt: skip
COPY = make(
    "copy", ORIGIN_TEXT, outlet="goniec", title="Nowy most w Warszawie", credits="aml/PAP", published_at=NOON - timedelta(minutes=46),
    attributions=(said("credits", "PAP", 4, EvidenceKind.CREDIT_LINE),),
)  # fmt: skip
EDITED = make(
    "edited", COPY_TEXT, title="Most za 300 milionów", lead="Prezydent przyjechał do Warszawy i otworzył nowy most na Wiśle.",
    published_at=NOON - timedelta(minutes=30), byline="Anna Żak", authors=("Anna Żak",), tags=("mosty",), access=Access.METERED,
    image_credit="fot. Jan Nowak/PAP",
    attributions=(said("text", "oba brzegi", COPY_TEXT.index("oba brzegi"), EvidenceKind.MENTION, role=SourceRole.CITED),),
)  # fmt: skip
ALONE = make(
    "alone", "Kot ukradł kiełbasę z miasta i uciekł na dach.", title="Kot na dachu", published_at=NOON - timedelta(hours=30)
)
CORRECTED = "Kot ukradł szynkę z miasta i uciekł na dach."
ARABIC = make("arabic", "افتتح الرئيس الجسر الجديد في وارسو", title="الجسر الجديد", language="ar", published_at=NOON - timedelta(hours=2))  # fmt: skip
EVIL = make(
    "evil", f"Zatrute słowo {attack(1)}", outlet="evil", title=f"Zatruty {attack(2)}", lead=f"{attack(3)}", byline=attack(4),
    credits=attack(5), section=attack(6)[:100], authors=(attack(7),), tags=(attack(8),), url="javascript:alert(9)", access_reason=attack(10),
    access=Access.PAID, published_at=NOON - timedelta(minutes=10), image_url="javascript:alert(11)", image_credit=attack(20),
    attributions=(said("credits", attack(5)[:40], 0, EvidenceKind.CREDIT_LINE, source=f"evil{attack(12)}"),),
)  # fmt: skip
EVIL_COPY = make("evil-copy", f"Zatrute słowo drugie {attack(13)}", outlet="evil", title=f"Inny {attack(14)}", published_at=NOON - timedelta(minutes=5))  # fmt: skip
CITIES = ("Łodzi", "Krakowa", "Gdańska", "Lublina", "Opola")
FILLERS = [
    make(
        f"filler-{number}", f"Dzień dobry z miasta {CITIES[number % 5]}. Pogoda numer {number} jest ładna.", title=f"Pogoda {number}",
        outlet=("kresy", "goniec")[number % 2], section="Pogoda", published_at=NOON - timedelta(hours=3 + 2 * number),
    )
    for number in range(30)
]  # fmt: skip
ARTICLES = [ORIGIN, COPY, EDITED, ALONE, ARABIC, EVIL, EVIL_COPY, *FILLERS]


def fill_store(database: Database) -> None:
    """Put everything into a store; all of it waits in the outbox."""
    with database.write() as connection:
        write_outlets(connection, _outlets(), NOON)
        agencies = [("pap", "Polska Agencja Prasowa"), (f"evil{attack(12)}", attack(15))]
        write_agencies(connection, [Agency(slug=slug, name=name, country="PL") for slug, name in agencies], NOON)
        save_health(connection, _health())
        make_watched(connection, "pap", NOON)
        make_led(connection, NOON)
        _attack_outlet(connection)
        for one in ARTICLES:
            insert_article(connection, one, Visit(at=NOON, source_updated_at=None, next_visit_at=None))
        for one, text in ((ALONE, CORRECTED), (EVIL, f"Zatrute słowo {attack(16)}")):
            changed = replace(one, text=text, content_sha256=content_digest(one.title, text), index_version=2)
            replace_article(connection, changed, None, revised=True, at=NOON)
        members = [(ORIGIN, "original", 0.0), (COPY, "verbatim", 1.0), (EDITED, "edited", 0.61)]
        _add_story(connection, STORY, ORIGIN, "it stands on the site of the agency (pap) itself", "pap", members)
        _add_story(
            connection, EVIL_STORY, EVIL, attack(17), f"evil{attack(12)}", [(EVIL, "original", 0.0), (EVIL_COPY, "edited", 0.5)]
        )
        connection.execute(story_alias.insert(), [{"old_id": OLD_STORY, "story_id": STORY, "merged_at": NOON}])
        add_links(connection, [StoryLink(article_id=EDITED.id, other_id=ALONE.id, kind=LinkKind.FOLLOW_UP, containment=0.2)])
        put_in_outbox(connection, {one.id: 2 if one in (ALONE, EVIL) else 1 for one in ARTICLES}, NOON)


def _outlets() -> list[Outlet]:
    named = [
        ("kresy", "Kresy.pl", None),
        ("goniec", "Goniec Stołeczny", None),
        ("pap", "Depesze PAP", "pap"),
        ("evil", attack(18), None),
        ("dawny", "Dawny Kurier", None),
    ]
    return [
        Outlet(
            slug=slug, name=name, homepage=f"https://{slug}.example/", domains=(f"{slug}.example",), country="PL", languages=("pl",),
            timezone="Europe/Warsaw", agency=agency, group="dailies",
            disabled_because="closed in 2025" if slug == "dawny" else None,
        )
        for slug, name, agency in named
    ]  # fmt: skip


def _health() -> list[OutletHealth]:
    told = [("kresy", "ok", ""), ("goniec", "unreachable", "no answer for two hours"), ("evil", "blocked", attack(19))]
    return [
        OutletHealth(outlet=slug, verdict=verdict, reason=reason, updated_at=NOON, last_success_at=NOON, last_new_article_at=NOON)
        for slug, verdict, reason in told
    ]


def _attack_outlet(connection: Any) -> None:
    """What strangers say of an outlet: its sources' addresses, headers and errors, the reasons of an incident, its schedule."""
    save_state(
        connection,
        FeedState(
            url=f"javascript:alert(9)//{attack(20)}", outlet="evil", polled_at=NOON, status="unreachable", failures_in_a_row=2, failing_since=NOON,
            last_error=attack(21), last_modified=attack(22), moved_to=attack(23), answered_at=NOON, newest_at=NOON,
        ),
    )  # fmt: skip
    began = NOON - timedelta(hours=3)
    open_incident(
        connection, Incident(outlet="evil", verdict="blocked", reason=attack(24), began_at=began, opened_at=began, seen_at=NOON)
    )
    connection.execute(outlet_turn.insert(), [{"outlet": "evil", "schedule": attack(25), "attempts": 0}])


def _add_story(
    connection: Any, story_id: str, origin: Article, reason: str, agency: str, members: list[tuple[Article, str, float]]
) -> None:
    connection.execute(
        story.insert(),
        [
            {
                "id": story_id, "origin_article_id": origin.id, "origin_reason": reason, "agency": agency, "agency_confidence": 0.9,
                "first_published_at": origin.published_at, "first_seen_at": NOON, "size": len(members), "updated_at": NOON,
            }
        ],
    )  # fmt: skip
    connection.execute(
        story_member.insert(),
        [
            {
                "article_id": one.id, "story_id": story_id, "role": role, "similarity": similarity, "containment": similarity,
                "leader_containment": similarity, "leader_ordinal": None,
            }
            for one, role, similarity in members
        ],
    )  # fmt: skip
