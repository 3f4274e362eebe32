"""What the outlets' server sends: article pages in three designs, a redesign without text, a paywall, feeds, a news sitemap."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from tests.scheduler.month.newsrooms import Newsroom

_WHO = (
    "Rada gminy",
    "Zarząd powiatu",
    "Straż pożarna",
    "Dyrekcja szpitala",
    "Wójt",
    "Prokuratura",
    "Klub sportowy",
    "Komisja budżetowa",
    "Spółka wodna",
    "Muzeum",
)
_DID = (
    "ogłosiła przetarg na",
    "zapowiada remont",
    "chce zamknąć",
    "rozlicza",
    "pokazała projekt",
    "wycofuje się z",
    "broni",
    "sprawdza",
    "dostała pieniądze na",
    "odracza",
)
_WHAT = (
    "mostu nad Lipką",
    "szkoły w Jodłowie",
    "oczyszczalni",
    "linii autobusowej",
    "dworca",
    "biblioteki",
    "drogi powiatowej",
    "basenu",
    "ośrodka zdrowia",
    "rynku",
)
_MORE = (
    "Mieszkańcy dowiedzieli się o tym na spotkaniu w świetlicy, na które przyszło ponad sto osób.",
    "Prace mają potrwać {n} miesięcy i kosztować {m} tysięcy złotych, z czego część pokryje województwo.",
    "Radni spierali się o to do późna, a głosowanie przełożono dwa razy.",
    "Podobny pomysł odrzucono {n} lat temu, bo brakowało pieniędzy i zgody konserwatora.",
    "Do końca roku urząd chce zebrać opinie i przedstawić nowy harmonogram.",
    "Przeciwnicy wskazują na hałas, zwolennicy na {m} nowych miejsc pracy w okolicy.",
    "Ekspertyza, którą zamówiono wiosną, liczy {m} stron i nie rozstrzyga sporu.",
    "Następne posiedzenie zwołano na czwartek o godzinie {n}.",
)  # fmt: skip


def title_of(room: Newsroom, number: int) -> str:
    """The headline of its `number`th article."""
    dice = random.Random(f"{room.slug}/{number}")
    return f"{dice.choice(_WHO)} {dice.choice(_DID)} {dice.choice(_WHAT)} ({number})"


def paragraphs(room: Newsroom, number: int) -> list[str]:
    """Its text: five to nine paragraphs, no two articles the same."""
    dice, title = random.Random(f"{room.slug}:{number}"), title_of(room, number)
    made = [f"{title.rpartition(' (')[0]}, jak podaje redakcja {room.slug} w notatce numer {number}."]
    for _ in range(dice.randrange(4, 9)):
        picked = dice.sample(_MORE, 3)
        made.append(" ".join(text.format(n=dice.randrange(2, 19), m=dice.randrange(20, 900)) for text in picked))
    return made


def article_html(room: Newsroom, number: int, at: datetime, look: str) -> str:
    """The page. `look`: "usual", "redesign" (the text comes by a script that nobody here runs) or "paywall" (an opening, then an offer)."""
    title, zone = title_of(room, number), ZoneInfo(room.zone)
    published = at.astimezone(zone).isoformat()
    facts: dict[str, object] = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": title, "datePublished": published,
        "author": {"@type": "Person", "name": "Anna Lipska"}, "image": f"/{room.slug}/img/{number}.jpg",
    }  # fmt: skip
    if look == "redesign":
        return (
            f"<html lang='pl'><head><meta charset='utf-8'><title>{room.slug}</title></head><body><div id='app'></div>"
            f"<script src='/{room.slug}/app.js'></script><noscript>JavaScript</noscript></body></html>"
        )
    texts = paragraphs(room, number)
    if look == "paywall":
        facts["isAccessibleForFree"] = False
        texts = texts[:2]
    body = "".join(f"<p>{text}</p>" for text in texts)
    offer = "<div class='paywall'><p>Czytaj dalej z prenumeratą.</p></div>" if look == "paywall" else ""
    head = (
        f"<html lang='pl'><head><meta charset='utf-8'><title>{title}</title><meta property='og:type' content='article'>"
        f"<script type='application/ld+json'>{json.dumps(facts, ensure_ascii=False)}</script></head><body>"
    )
    menu = "<nav><a href='/'>Start</a><a href='/sport'>Sport</a><a href='/kultura'>Kultura</a></nav>"
    foot = "<footer><p>Wszystkie prawa zastrzeżone.</p></footer></body></html>"
    if room.design == 0:
        return f"{head}{menu}<article><h1>{title}</h1><p class='autor'>Anna Lipska</p>{body}{offer}</article>{foot}"
    if room.design == 1:
        return f"{head}{menu}<main><h1>{title}</h1><div class='meta'><span class='author'>Anna Lipska</span></div><div class='tresc'>{body}{offer}</div></main>{foot}"
    return f"{head}{menu}<div id='content'><h1 class='tytul'>{title}</h1><section class='article-body'>{body}{offer}</section></div>{foot}"


def feed_body(room: Newsroom, home: str, articles: Sequence[tuple[int, datetime]]) -> tuple[bytes, str]:
    """The feed and its media type. `articles`: numbers and instants, the newest first."""
    if room.form == "json":
        items = [
            {"id": f"{home}/a/{n}", "url": f"{home}/a/{n}", "title": title_of(room, n), "date_published": at.isoformat()} for n, at in articles
        ]  # fmt: skip
        made = {"version": "https://jsonfeed.org/version/1.1", "title": room.slug, "home_page_url": f"{home}/", "items": items}
        return json.dumps(made, ensure_ascii=False).encode(), "application/feed+json"
    items_xml = "".join(
        f"<item><title>{title_of(room, n)}</title><link>{home}/a/{n}</link><guid>{home}/a/{n}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate></item>"
        for n, at in articles
    )
    ttl = f"<ttl>{room.ttl_min}</ttl>" if room.ttl_min else ""
    text = f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{room.slug}</title><link>{home}/</link>{ttl}{items_xml}</channel></rss>"
    return text.encode(), "application/rss+xml"


def sitemap_body(room: Newsroom, home: str, articles: Sequence[tuple[int, datetime]]) -> tuple[bytes, str]:
    """The same as a news sitemap."""
    items = "".join(
        f"<url><loc>{home}/a/{n}</loc><n:news><n:publication><n:name>{room.slug}</n:name><n:language>pl</n:language></n:publication>"
        f"<n:publication_date>{at.isoformat()}</n:publication_date><n:title>{title_of(room, n)}</n:title></n:news></url>"
        for n, at in articles
    )
    text = (
        "<?xml version='1.0' encoding='utf-8'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
        f"xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'>{items}</urlset>"
    )
    return text.encode(), "application/xml"
