"""Pages and feeds for the tests of crawling: well-formed, each with a text of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from html import escape

_SUBJECTS = ["Rada miasta", "Zarząd dróg", "Straż pożarna", "Komisja śledcza", "Załoga statku", "Klub sportowy", "Sąd okręgowy"]
_VERBS = ["przedstawiła plan", "odwołała spotkanie", "zbadała sprawę", "zamknęła most", "ogłosiła przetarg", "przyjęła raport"]
_OBJECTS = [
    "o budowie szpitala",
    "dotyczący portu",
    "po długiej naradzie",
    "mimo protestów",
    "na wniosek mieszkańców",
    "bez uzasadnienia",
]
_ENDS = ["w poniedziałek rano", "późnym wieczorem", "po raz trzeci w tym roku", "ku zdziwieniu radnych", "przed końcem miesiąca"]


def sentences(seed: str, count: int) -> list[str]:
    """Sentences that depend on nothing but `seed`."""
    made = []
    for number in range(count):
        digits = hashlib.sha256(f"{seed}/{number}".encode()).digest()
        words = [words[digit % len(words)] for words, digit in zip((_SUBJECTS, _VERBS, _OBJECTS, _ENDS), digits, strict=False)]
        made.append(
            f"{' '.join(words)}, a {_SUBJECTS[digits[4] % 7].lower()} numer {digits[5] * 256 + digits[6]} czeka na decyzję."
        )
    return made


def article(seed: str, title: str | None = None, head: str = "") -> str:
    """A page with an article of its own."""
    paragraphs = "".join(f"<p>{' '.join(sentences(f'{seed}-{part}', 3))}</p>" for part in range(5))
    title = title or f"Wiadomość {seed} z ostatniej chwili"
    return (
        f'<!doctype html><html lang="pl"><head><meta charset="utf-8"><title>{escape(title)}</title>{head}'
        f'<meta property="article:published_time" content="2026-11-20T10:00:00+01:00"></head>'
        f"<body><main><article><h1>{escape(title)}</h1>{paragraphs}</article></main></body></html>"
    )


def rss(entries: Iterable[tuple[str, str]], extra: str = "") -> str:
    """A feed of (address, title)."""
    items = "".join(
        f"<item><title>{escape(title)}</title><link>{escape(url)}</link><description>Opis: {escape(title)}</description></item>"
        for url, title in entries
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Kanał</title>{extra}{items}</channel></rss>'
