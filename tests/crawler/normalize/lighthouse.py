"""A small paper of three designs, for the tests of templates: articles of made-up words, boxes that vary, a list, a table."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crawler.model.outlet import Outlet
from crawler.model.page import Page

OUTLET = Outlet(
    slug="latarnia", name="Latarnia Morska", homepage="https://latarnia.example/", domains=("latarnia.example",), country="PL",
    languages=("pl",), timezone="Europe/Warsaw",
)  # fmt: skip
START = datetime(2026, 10, 1, 8, 0, tzinfo=UTC)
_NOUNS = (
    "port falochron kuter sieć latarnia burmistrz rada most przystań nabrzeże boja rybak statek dok wydma plaża stocznia muzeum"
)
_VERBS = "otwiera zamyka buduje remontuje ogląda przenosi kupuje zapowiada liczy mierzy chwali opisuje przegląda obiecuje"
_REST = (
    "jesienią wieczorem wkrótce spokojnie razem szybko nad zatoką przed zimą po sezonie bez zwłoki zgodnie z planem jak co roku"
)
NEVER = ("Czytaj także", "newsletter", "Zaloguj się", "Wesprzyj latarnię", "Polecamy wieczorem", "Reklama morska")


@dataclass(frozen=True)
class Printed:
    """A page and what a reader takes from it."""

    page: Page
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    author: str

    @property
    def text(self) -> str:
        return "\n\n".join((self.lead, *self.paragraphs))


def printed(number: int, design: str = "first") -> Printed:
    """Article number `number` in a design: "first", "soft" (new boxes and names inside), "hard" (everything anew)."""
    chance = random.Random(number)
    title = _sentence(chance, 7).rstrip(".")
    lead = " ".join(_sentence(chance, 12) for _ in range(2))
    paragraphs = [" ".join(_sentence(chance, 11) for _ in range(4)) for _ in range(chance.randint(5, 8))]
    items = [_sentence(chance, 6) for _ in range(3)] if number % 3 == 0 else []
    head = _sentence(chance, 4).rstrip(".") if number % 2 else ""
    author = chance.choice(("Anna Lis", "Jan Kos", "Ewa Mróz"))
    at = START + timedelta(hours=7 * number)
    parts = [f"<p>{text}</p>" for text in paragraphs]
    shown = list(paragraphs)
    if head:
        parts.insert(2, f"<h2>{head}</h2>")
        shown.insert(2, head)
    if items:
        parts.insert(4, "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>")
        shown[4:4] = [f"- {item}" for item in items]
    design_of = {"first": _first, "soft": _soft, "hard": _hard}[design]
    others = [_sentence(chance, 6).rstrip(".") for _ in range(6)]
    html = design_of(title, lead, parts, author, at, others, number)
    url = f"https://latarnia.example/wiadomosci/{number}-tekst"
    page = Page(
        requested_url=url, final_url=url, status=200, headers=(("content-type", "text/html; charset=utf-8"),),
        body=html.encode(), fetched_at=at + timedelta(minutes=20), outlet="latarnia",
    )  # fmt: skip
    return Printed(page, title, lead, tuple(shown), author)


def _sentence(chance: random.Random, words: int) -> str:
    rest = _REST.split()
    chosen = [chance.choice((_NOUNS.split(), _VERBS.split(), rest)[place % 3]) for place in range(words)]
    return f"{' '.join(chosen).capitalize()} {chance.randint(1, 900)}."


def _links(others: list[str]) -> str:
    return "".join(f'<li><a href="/wiadomosci/{place}-x">{text}</a></li>' for place, text in enumerate(others))


def _first(title: str, lead: str, parts: list[str], author: str, at: datetime, others: list[str], number: int) -> str:
    chance = random.Random(number)
    also = f'<p><strong>Czytaj także:</strong> <a href="/wiadomosci/7-x">{others[0]}</a></p>'
    frame = f'<div class="promo-{number} box-promo"><p>Polecamy wieczorem</p><ul>{_links(others[1:3])}</ul></div>'
    appeal = f"<p>Wesprzyj latarnię kwotą {10 * chance.randint(1, 9)} zł, a będzie świecić dłużej.</p>"
    body = [*parts[:2], also, *parts[2:4], *([frame] if number % 2 else []), *parts[4:], appeal]
    return f"""<!doctype html><html lang="pl"><head><title>{title} - Latarnia Morska</title></head>
<body class="single postid-{number}"><div class="menu"><a href="/">Start</a> <a href="/sport">Sport</a></div>
<main><article id="post-{number}" class="post-{number} post hentry category-{chance.choice(("port", "miasto"))}">
<h1 class="entry-title">{title}</h1><div class="meta"><span class="author">{author}</span>
<time class="entry-date" datetime="{at.isoformat()}">{at:%d.%m.%Y %H:%M}</time></div>
<p class="lead">{lead}</p><div class="entry-content css-{number:x}ab12">{"".join(body)}</div>
<div class="signup"><p>Zapisz się na newsletter</p><form><input name="email"></form></div></article></main>
<aside class="sidebar"><ul>{_links(others)}</ul></aside><footer>Latarnia Morska, ul. Portowa 1</footer></body></html>"""


def _soft(title: str, lead: str, parts: list[str], author: str, at: datetime, others: list[str], number: int) -> str:
    page = _first(title, lead, parts, author, at, others, number)
    box = f'<div class="inline-login"><p>Zaloguj się, aby czytać wygodniej i bez przerw</p><p>{others[4]}. Reklama morska.</p></div>'
    return page.replace("<h2>", box + "<h2>", 1) if "<h2>" in page else page.replace("</p><p>", f"</p>{box}<p>", 1)


def _hard(title: str, lead: str, parts: list[str], author: str, at: datetime, others: list[str], number: int) -> str:
    also = f'<div class="also"><b>Czytaj także</b><a href="/wiadomosci/7-x">{others[0]}</a></div>'
    body = [*parts[:3], also, *parts[3:], '<div class="give"><p>Wesprzyj latarnię.</p></div>']
    return f"""<!doctype html><html lang="pl"><head><title>{title} - Latarnia Morska</title></head>
<body><header><a href="/">Latarnia</a></header><section class="story"><div class="story__top"><h1>{title}</h1>
<p class="story__intro">{lead}</p><p class="story__by">{author}</p><time datetime="{at.isoformat()}">{at:%d.%m.%Y}</time></div>
<div class="story__text">{"".join(body)}</div></section><div class="rail"><h3>Polecamy wieczorem</h3><ul>{_links(others)}</ul></div>
</body></html>"""
