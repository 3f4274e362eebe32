"""What is a person's name and what is not: parsing of bylines into people. Data and pure text; no page is seen here.

Not here: where bylines stand (`people.py`), agencies and outlets (`credits.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crawler.normalize.structured import Name
from crawler.text import clean_line, fold, unescape

MOST_PEOPLE = 8
"""More names than this are a list of references or of a whole staff, not a byline."""
_MONTH = (
    r"(?:jan|feb|mar|apr|may|maj|jun|jul|aug|sep|sept|oct|nov|dec|styczeń|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia|"
    r"januar|februar|märz|mai|juni|juli|oktober|dezember|ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince|"
    r"січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря)"
)
DATES = re.compile(
    rf"\b{_MONTH}\w*\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?(?:\s+\d{{4}})?\b|\b\d{{1,2}}\.?\s+{_MONTH}\w*\.?,?(?:\s+\d{{4}})?\b|\b\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}}\b|"
    r"\b\d{1,2}[:.]\d{2}\b(?:\s*(?:[ap]\.?m\.?|uhr|godz\.?))?|\b\d+\s*(?:min(?:ute)?s?\b|hours?\b|days?\b)[^,;|]*",
    re.IGNORECASE,
)
_BY = r"(?:by|von|vom|par|por|door|autor(?:zy|ka|in|en|es|a)?:|author(?:s|\(s\))?:|tekst:|автор[иы]?:?)"
_WRITTEN_BY = re.compile(
    rf"^.{{0,60}}?\b(?:written|posted|published|authored|reported|contributed|created|geschrieben|veröffentlicht|erstellt|publiziert) {_BY}\s+",
    re.IGNORECASE,
)
_INNER_BY = re.compile(r"^(?:[^A-ZĄĆĘŁŃÓŚŹŻÄÖÜ].{0,40}?|.{1,40}?[|·•:])\s+(?:[Bb]y|[Vv]on|[Pp]ar|[Pp]or)\s+(?=[^\W\d_a-z])")
_TAIL = re.compile(
    r"[\s|·•,]*\b(?:(?:medically |fact[- ]?)?(?:reviewed|checked|edited|updated|photographed|illustrated) (?:by|on)?|follow|photo(?:s|graphy)? by|fot\.|foto:|photo:|illustration von|bilder? von)\b.*",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:(?:(?:written|posted|published|reported|story|text|words|article|analysis|opinion)\s+)?by|(?:text|bericht|gastbeitrag|pressemitteilung|kommentar|interview|ein\w* \w+)\s+von|von|vom|"
    r"par|por|przez|escribe|door|di|av|af|autor(?:zy|ka|in|en|es|a)?|author(?:s|\(s\))?|autorin/autor|tekst|text|redaktion(?=\s*:)|redakcja(?=\s*:)|opracowa[łl]a?|oprac\.|przygotowa[łl]a?|napisa[łl]a?|redaktor|"
    r"автор[иы]?|текст|підготува(?:в|ла)|подготовил[аи]?|připravil[ai]?|napsal[ai]?|about the author|from|credit|with|guest post)(?:\s*:\s*|\s+|$)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s*(?:[,;/|\u2022\u00b7&+\u2013\u2014]|\bim gespräch mit\b|\band\b|\bund\b|\boraz\b|\bet\b|\by\b(?!\.)|\se\s|\si\s|\bta\b|\bи\b|\bі\b|(?-i:\b(?:a|og|och|en|ja|ve)\s(?=[^\W\d_a-z]))|\bwith\b|\s-\s|\bmit\b|\bvia\b|\bfor\b|\bfür\b|\bdla\b)\s*",
    re.IGNORECASE,
)
_HONORIFIC = re.compile(
    r"^(?:(?:Dr|Prof|Mgr|Ing|Mr|Mrs|Ms|Sir|Rev|ks|dr|prof|hab)\.?\s+)+(?=\w)|,?\s+(?:Ph\.?D\.?|M\.?D\.?|M\.?A\.?|RD|MS|Jr\.)$"
)
_PLACES = frozenset(
    squashed.replace(" ", "")
    for squashed in (
        "new york", "new york city", "los angeles", "san francisco", "san diego", "san jose", "las vegas", "new delhi", "new orleans", "hong kong", "tel aviv", "cape town",
        "buenos aires", "rio de janeiro", "sao paulo", "mexico city", "kuala lumpur", "abu dhabi", "addis ababa", "saint petersburg", "st petersburg", "st louis", "salt lake city",
        "bielsko biala", "zielona gora", "nowy sacz", "nowy targ", "stalowa wola", "gorzow wielkopolski", "bad homburg", "new jersey", "new mexico", "new hampshire", "new zealand",
        "south africa", "south korea", "north korea", "saudi arabia", "costa rica", "nueva york", "el salvador", "united states", "united kingdom", "great britain", "czech republic",
        "north carolina", "south carolina", "north dakota", "south dakota", "west virginia", "san juan", "santo domingo", "ciudad de mexico", "den haag", "the hague",
    )
)  # fmt: skip
"""Places of two words and more, which look like people behind a byline: "Jane Doe, New York". Squashed."""
_ORGANISATION = re.compile(
    r"\b(?:ap|afp|dpa|pap|apa|ansa|efe|tass|upi|iar|ria|unian|xinhua|reuters?|bloomberg|interfax|ukrinform|agence|agency|agencies|agencia|agencja|agentur|ajansı|"
    r"redaktion\w*|redakc\w*|redacci[oó]n|reda[cç][aã]o|redazione|rédaction|redactie|toimitus|redakt(?:ions|eure)\w*|editorial|editors?|staff|desk|news\w*|team\w*|press\w*|presse\w*|zeitung|media|tv|radio|online|magazine|correspondents?|reporters?|"
    r"writers?|contributors?|journalists?|admin\w*|администратор|редакц\w*|редакці\w*|webmaster|inc|ltd|llc|gmbh|kg|ag|e\.?v\.?|verein|verband|union|university|institute|foundation|services?|"
    r"group|department|ministry|guest|author|anonymous|unknown|user|community|network|podcast|newsletter|daily|times|post|journal|herald|tribune|gazette|"
    r"weekly|chronicle|leader|dispatch|inquirer|enquirer|sentinel|courier|examiner|bulletin|shimbun|customs|protection|police|government|army|wire|today|portal|company|corporation|commission|council|cent(?:er|re)|association|institut|verlag|rundfunk|fernsehen|bank|clinic|school|academy|college|"
    r"\w+\.(?:com|de|pl|net|org|ua|ru|cz|eu|at|ch|info|co\.uk))(?!\w)",
    re.IGNORECASE,
)  # fmt: skip
_NO_NAME = re.compile(
    r"\b(?:correspondent|reporter|editor|writer|columnist|producer|journalist|analyst|bureau|chief|director|dziennikarz|dziennikarka|redaktor\w*|korrespondent\w*|redakteur\w*|chefredakteur\w*|"
    r"autor\w*|sports?|politics|political|business|health|wellness|science|culture|technology|security|senior|deputy|photograph\w*|expert|specialist|manager|marketing|content|coordinator|founder|"
    r"owner|president|officer|licensed|certified|grader|disclosure|advertiser|head of|minutes?|min|read|updated?|published|posted|follow|twitter|facebook|email|share|comments?|foto|photo|fot|"
    r"the|this|that|our|more|about|subscribe|view|all|posts?|articles?|stories|profile|contact|jobs?|hire|home|aktualizacja|data|artykuł|komentarz\w*|uhr|germany|deutschland|polska|nachrichten|"
    r"vice|letzte|aktualisierung|veröffentlicht|publiziert|publié|publicado|artikel|google|scholar|search|pub|med|gründer\w*|autor\*\w+|in touch|get|m\.a\.|journalism|"
    r"monday|tuesday|wednesday|thursday|friday|saturday|sunday|no|yes|by|in|on|at|to)\b",
    re.IGNORECASE,
)  # fmt: skip
_GROUP = re.compile(
    r"\b(?:team|group|department|foundation|institut\w*|union|verein|verband|association|council|commission|compan(?:y|ies)|program(?:me)?|gmbh|inc|ltd|llc|"
    r"leader|dispatch|inquirer|enquirer|sentinel|courier|examiner|bulletin|shimbun|customs|protection|police|government|army|tribune|herald|gazette|chronicle|marketing$)\b",
    re.IGNORECASE,
)
"""Words of a body's own name: "Coast Rankings Team" is no person "Coast Rankings" with a job."""
_PARTICLES = frozenset(
    [
        "de",
        "da",
        "di",
        "du",
        "del",
        "della",
        "der",
        "den",
        "des",
        "van",
        "von",
        "vom",
        "zu",
        "zur",
        "la",
        "le",
        "los",
        "las",
        "el",
        "al",
        "bin",
        "ibn",
        "dos",
        "do",
        "e",
        "y",
        "und",
        "ter",
        "ten",
        "af",
        "av",
        "o'",
        "mc",
        "st",
        "ben",
        "abu",
        "i",
    ]
)
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.\-])*")
_OTHER_SCRIPTS = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\u0600-\u06ff\u0900-\u0dff]")


def people_in(names: Sequence[Name], not_people: Sequence[str] = (), *, alone: bool = True) -> tuple[str, ...]:
    """The people among stated names, each once, in order. A text may hold several ("By Jane Doe and John Roe").

    Organisations, job titles, initials, addresses, dates and those in `not_people` are left out. `alone`: a given name or
    pen name alone is a person too (where the page states an author; not in running text).
    """
    refused = {squash(name) for name in not_people}
    found: dict[str, str] = {}
    for stated in names:
        if stated.person is False or squash(stated.name) in refused:
            continue
        parts = list(_parts(stated.name))
        whole = sum(bool(part) for part in parts) < 2  # one word among others is a place or a department: "Echo, Berlin, Germany"
        for part in parts:
            name = part.title() if stated.person and part.islower() and " " in part else part
            if stated.person and re.fullmatch(r"[^\W\d_]{2,} [^\W\d_]{2,}", name) and name[0].isupper():
                name = f"{name.split()[0]} {name.split()[1][0].upper()}{name.split()[1][1:]}"  # "Jan kos", said to be a person
            key = squash(name)
            if key not in refused and key not in _PLACES and is_person(name, alone=alone and whole):
                found.setdefault(fold(name), name)
    return tuple(found.values())


def is_person(name: str, *, alone: bool = False) -> bool:
    """`name` is written like a person's: two to five words with capitals, no title, organisation, digit. One word if `alone`."""
    words = name.split()
    if _GROUP.search(name):
        return False
    if not name or len(name) > 60 or re.search(r"\d|[@/\\_=<>{}:?!]", name) or _ORGANISATION.search(name):
        return False
    if _OTHER_SCRIPTS.search(name):
        return len(name) <= 30
    if not words or len(words) > 5 or _NO_NAME.search(name):
        return False
    if len(words) == 1:
        return alone and len(name) >= 3 and name.isalpha() and not name.isupper() and (name[0].isupper() or len(name) > 4)
    big = [word for word in words if word.lower().strip(".'") not in _PARTICLES]
    return (
        bool(big) and all(_NAME_WORD.fullmatch(word) and word[0].isupper() for word in big) and any(len(word) > 2 for word in big)
    )


def squash(text: str) -> str:
    """Letters and digits alone, folded: for comparing names."""
    return re.sub(r"[\W_]+", "", fold(text))


def _parts(text: str) -> Iterator[str]:
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]|<[^>]*>|https?://\S+|\S+@\S+|@\w+", " , ", clean_line(unescape(text))[:400])
    if re.fullmatch(r"[^\W\d_]+(?:-[^\W\d_]+)?, [^\W\d_]+\.?", text) and not _ORGANISATION.search(text):  # "Doe, Jane"
        last, first = text.split(", ")
        if last.istitle() and first.istitle():
            yield f"{first} {last}"
            return
    day = DATES.search(text)
    before = list(_split(text[: day.start()])) if day else []
    if any(is_person(part) for part in before):
        yield from before  # what stands behind the day is no more of the byline
    else:
        yield from _split(DATES.sub(" , ", text))


def _split(text: str) -> Iterator[str]:
    text = _TAIL.sub("", text)
    text = _INNER_BY.sub("", _WRITTEN_BY.sub("", text, count=1), count=1)
    for raw in _BETWEEN.split(text):
        part = raw.strip(" .:;,-|*\u2013\u2014\u2022\"'✉")
        part = _LEADING.sub("", _LEADING.sub("", part).strip()).strip(" .:;,-|*")
        yield _cased(_without_title(_HONORIFIC.sub("", part)))


def _without_title(part: str) -> str:
    """ "Jane Doe Content Manager" -> "Jane Doe": what stands before the first word of a job, when that is a name."""
    if _GROUP.search(part):
        return part
    match = _NO_NAME.search(part) or _ORGANISATION.search(part)
    before = part[: match.start()].strip(" ,-") if match else ""
    return before if len(before.split()) in (2, 3) and is_person(before) else part


def _cased(name: str) -> str:
    """ "JANE DOE" -> "Jane Doe"; one word in capitals is an abbreviation and stays."""
    words = name.split()
    if len(words) < 2 or not name.isupper():
        return name
    return " ".join(
        word.lower() if word.lower() in _PARTICLES else word.title() if len(word.strip(".")) > 1 else word for word in words
    )
