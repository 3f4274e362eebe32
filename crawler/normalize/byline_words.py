"""The words and addresses by which a page marks who wrote an article, in the languages of the outlets. Data; no page is seen here.

Not here: what is a name (`names.py`), where bylines stand (`people.py`, `signs.py`).
"""

from __future__ import annotations

import re

BYLINE_WORDS = frozenset(
    {"byline", "author", "authors", "autor", "autorzy", "autoren", "auteur", "auteurs", "writer", "writers", "verfasser", "contributor", "contributors", "producer"}
)  # fmt: skip
"""Words of class or id."""
WRITTEN = re.compile(
    r"(?:[Bb]y|BY|[Ww]ritten by|[Ww]ords by|[Tt]ext by|[Vv]on|VON|Text(?:: von| von)?|Autor(?:ka|in|zy)?:|Author:|Tekst:|Автор:|[Pp]ar|Escribe|Erstellt von|Veröffentlicht von)[:\s]+(?=[^\W\d_a-z])"
)
PICTURE = re.compile(
    r"(?:fot\.|foto|photo|bild|image|zdjęcie|zdjęcia|фото|snímek)\b|.*(?:\b(?:fotos?|photos?|bilder?):|\bpool (?:via|photo)\b|getty images|shutterstock|\bimago\b|\bepa-efe\b|picture[ -]alliance|east news)",
    re.IGNORECASE,
)
"""What begins or is signed like a picture's credit: photographers wrote nothing."""
LABEL = re.compile(
    r"(?:authors?|written by|interview by|geschrieben von|verfasst von|napisane przez|autorstwa|écrit par|escrito por|scritto da|escrito por|geschreven door|skriven av|napsal|автор|написано|by|autor(?:in|en|ka|zy|in/autor|inn?en)?|von|автор[иы]?|auteur)\s*:?",
    re.IGNORECASE,
)
"""A line that says only what follows it."""
AUTHOR_PATH = re.compile(
    r"/(?:authors?|autor(?:zy|en|in|es|i|ka)?|auteurs?|writers?|byline|people|staff|redaktion|redakteure?|korrespondenten|journalists?|reporters?|avtor|profiles?|producers?|meet-the-team|(?:our-|the-)?team|contributors?|columnists?|bloggers?|experts?|our-experts|bios?|autori|autore|autores|firmas?|periodistas?|giornalisti|profils?|av|skribenter?|forfattere?|dziennikarze|redaktorzy|verfasser)/[^/?#]{3,}",
    re.IGNORECASE,
)
"""An address of a writer's own page."""
