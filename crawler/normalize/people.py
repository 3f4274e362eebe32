"""Who wrote an article: the byline verbatim, and the people in it. Organisations are left to `credits.py`.

Not here: agencies and other sources of a text, which become attributions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml.html import HtmlElement

from crawler.normalize.draft import Draft, Setting
from crawler.normalize.parsing import elements, tokens, visible_text
from crawler.normalize.structured import Name
from crawler.text import clean_line, fold, unescape

_META = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator", "dc.contributor", "byl", "cxenseparse:author")
_BYLINE_WORDS = frozenset({"byline", "author", "authors", "autor", "autorzy", "autoren", "writer", "writers", "verfasser", "auteur", "contributor", "contributors"})
_STRICT_WORDS = frozenset({"name", "byline", "link", "names"})
_ELSEWHERE = frozenset(
    {"comment", "comments", "related", "sidebar", "footer", "teaser", "widget", "recommended", "popular", "card", "nav", "menu", "caption", "photo",
     "respond", "bio", "biography", "avatar", "promo", "most", "latest", "more", "list", "carousel", "social"}
)  # fmt: skip
_BYLINE_TAGS = ("a", "span", "div", "p", "address", "li", "em", "strong", "small", "cite", "h3", "h4", "h5", "h6", "section", "header")
_MOST_AUTHORS = 8
_WRITTEN = re.compile(r"(?:by|written by|words by|text by|von|text(?:: von)?|autor(?:ka|in|zy)?:|tekst:|автор:|par|escribe|erstellt von|veröffentlicht von)[:\s]+[^\W\d_a-z]", re.IGNORECASE)
_LEADING = re.compile(
    r"^(?:(?:(?:written|posted|published|reported|story|text|words|article|review(?:ed)?|analysis|opinion)\s+)?by|(?:text|erstellt|veröffentlicht|geschrieben|publiziert|pressemitteilung|bericht|gastbeitrag)\s+von|von|escribe|vom|par|por|door|di|av|af|autor(?:zy|ka|in|en|es|a)?|author(?:s|\(s\))?|"
    r"tekst|text|opracowa[łl]a?|oprac\.|przygotowa[łl]a?|napisa[łl]a?|redaktor|автор[иы]?|текст|текст подготовил[аи]?|подготовил[аи]?|"
    r"připravil[ai]?|napsal[ai]?|about the author|from|credit|contributed by|eine? \w+ von|ein (?:kommentar|interview|gastbeitrag) von|with)(?:\s*:\s*|\s+|$)",
    re.IGNORECASE,
)  # fmt: skip
_BETWEEN = re.compile(r"\s*(?:[,;/|\u2022\u00b7&\u2013\u2014]|\band\b|\bund\b|\boraz\b|\bet\b|\by\b|\se\s|\si\s|\bta\b|\bи\b|\bі\b|\ba\s(?=[A-Z])|\bwith\b|\s-\s|\bmit\b|\bvia\b|\bfor\b|\bfür\b|\bdla\b)\s*", re.IGNORECASE)  # fmt: skip
_ORGANISATION = re.compile(
    r"\b(?:ap|afp|dpa|pap|apa|ansa|efe|tass|upi|iar|ria|unian|xinhua|reuters?|bloomberg|interfax|ukrinform|associated press|agence|agency|agencies|agencja|agentur|"
    r"redaktion\w*|redakc\w*|editorial|editors?|staff|desk|news\w*|team\w*|press\w*|presse\w*|zeitung|media|tv|radio|online|magazine|correspondents?|reporters?|"
    r"writers?|contributors?|journalists?|admin\w*|администратор|редакц\w*|редакці\w*|webmaster|ceo|inc|ltd|llc|gmbh|university|institute|foundation|service|services|"
    r"group|department|ministry|guest|author|anonymous|unknown|user|community|network|podcast|newsletter|daily|times|post|journal|herald|tribune|gazette|"
    r"weekly|chronicle|wire|today|portal|company|corporation|commission|council|center|centre|association|institut|verlag|rundfunk|fernsehen|"
    r"\w+\.(?:com|de|pl|net|org|ua|ru|cz|eu|at|ch|info|co\.uk))\b",
    re.IGNORECASE,
)  # fmt: skip
_JOBS = re.compile(
    r"\b(?:correspondent|reporter|editor|writer|columnist|producer|journalist|analyst|bureau|chief|director|dziennikarz|dziennikarka|redaktor\w*|korrespondent\w*|"
    r"redakteur\w*|autor\w*|sports?|politics|political|business|health|science|culture|technology|senior|deputy|photograph\w*|minutes?|min|read|updated?|published|"
    r"posted|follow|twitter|email|share|comments?|foto|photo|fot|the|this|that|your|our|more|about|subscribe|view|all|posts?|articles?|stories|profile|contact|"
    r"aktualizacja|data|artykuł|komentarz\w*|uhr|january|february|march|april|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b",
    re.IGNORECASE,
)  # fmt: skip
_PARTICLES = frozenset("de da di du del della der den des van von vom zu zur la le los las el al bin ibn dos do e y und ter ten af av o' mc st ben abu".split())  # noqa: SIM905
_NAME_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.\-])*")


def read_people(draft: Draft, setting: Setting) -> None:
    """Fill `byline` (verbatim: the page's visible one, else what the page or its feed states) and `authors` (people only).

    JSON-LD is asked first, then microdata, meta, the visible byline, the feed. A visible byline that holds all the people
    of structured data and more is believed before it: machines are often told of the first author only.
    """
    facts = draft.facts
    visible = visible_bylines(draft)
    feed = draft.page.entry.author if draft.page.entry and draft.page.entry.author else ""
    stated = [value for name in _META for value in facts.meta.get(name, ()) if not value.lower().startswith(("http", "www.", "@"))]
    draft.byline = _fullest(visible) or ", ".join(dict.fromkeys(name.name for name in facts.authors)) or next(iter(stated), "") or feed

    def people(names: Sequence[Name], *, alone: bool = True) -> tuple[str, ...]:
        found = people_in(names, (setting.outlet.name, *setting.outlet.aliases), alone=alone)
        return tuple(name for name in found if setting.agencies.find(name) is None)

    organisations = {_squash(name.name) for name in facts.authors if name.person is False}
    seen = next((found for text in visible[:4] if (found := people([Name(text, None)], alone=False))), ())
    for group in (facts.authors, _unsaid(facts.microdata.get("author", ())), _unsaid(stated)):
        if found := tuple(name for name in people(group) if _squash(name) not in organisations):
            draft.authors = seen if len(seen) <= _MOST_AUTHORS and {fold(name) for name in found} < {fold(name) for name in seen} else found
            return
    draft.authors = seen or people(_unsaid(visible[:1])) or people(_unsaid([feed]), alone=False) or people(_unsaid(_written_bylines(draft)), alone=False)


def _unsaid(texts: Sequence[str]) -> list[Name]:
    return [Name(text, None) for text in texts]


def people_in(names: Sequence[Name], not_people: Sequence[str] = (), *, alone: bool = True) -> tuple[str, ...]:
    """The people among stated names, each once, in order. A text may hold several ("By Jane Doe and John Roe").

    `alone`: a given name or pen name alone is a person too (where the page states an author; not in running text).

    Organisations, job titles, initials, addresses and those in `not_people` (the outlet's names) are left out.
    """
    refused = {_squash(name) for name in not_people}
    found: dict[str, str] = {}
    for stated in names:
        if stated.person is False:
            continue
        for part in _parts(stated.name):
            if _is_person(part, refused, alone=alone):
                found.setdefault(fold(part), part)
    return tuple(found.values())


def _parts(text: str) -> Iterator[str]:
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]|<[^>]*>|https?://\S+|\S+@\S+|@\w+", " ", clean_line(unescape(text)))
    if re.fullmatch(r"[^\W\d_]+(?:[- ][^\W\d_]+)*, [^\W\d_]+\.?", text) and text.count(" ") == 1:  # "Doe, Jane"
        last, first = text.split(", ")
        if last.istitle() and first.istitle() and not _ORGANISATION.search(text):
            yield f"{first} {last}"
            return
    for part in _BETWEEN.split(text):
        part = _LEADING.sub("", part.strip(" .:;,-|*\u2013\u2014\u2022\"'")).strip(" .:;,-|*")
        part = _LEADING.sub("", part).strip()
        part = re.sub(r"^(?:Dr|Prof|Mgr|Ing|Mr|Mrs|Ms|Sir|Rev|ks|red)\.?\s+(?=\w)|,?\s+(?:PhD|MD|M\.D\.|Ph\.D\.)$", "", part)
        part = re.sub(r"[\s,]+(?:Chefredakteur(?:in)?|Redakteur(?:in)?|Editor|Reporter|Journalist|Correspondent|Contributor|Columnist|dziennikarz|dziennikarka)$", "", part)
        yield _cased(part)


def _cased(name: str) -> str:
    """"JANE DOE" -> "Jane Doe"; names with small letters stay."""
    return " ".join(word if word.lower() in _PARTICLES else word.title() if len(word) > 2 else word for word in name.split()) if name.isupper() else name


def _is_person(name: str, refused: set[str], *, alone: bool) -> bool:
    words = name.split()
    if not name or len(name) > 60 or re.search(r"\d|[@/\\_=<>{}]", name) or _squash(name) in refused:
        return False
    if _ORGANISATION.search(name) or any(len(_squash(name)) > 3 and _squash(name) == other for other in refused):
        return False
    if not any(char.isalpha() for char in name):
        return False
    if re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\u0600-\u06ff\u0900-\u0dff]", name):
        return len(name) <= 30
    if _JOBS.search(name):
        return False
    if len(words) == 1:
        return alone and len(name) >= 3 and name.isalpha() and not name.isupper() and (name[0].isupper() or len(name) > 4)
    if len(words) > 5:
        return False
    big = [word for word in words if word.lower().strip(".'") not in _PARTICLES]
    return bool(big) and all(_NAME_WORD.fullmatch(word) and word[0].isupper() for word in big) and any(len(word) > 2 for word in big)


def visible_bylines(draft: Draft) -> list[str]:
    """Texts of elements that stand for the byline, in page order, those with `rel=author` or itemprop first."""
    if draft.layout and draft.layout.byline:
        return [text for element in draft.tree.cssselect(draft.layout.byline)[:5] if (text := _spaced(element))]
    strong: list[str] = []
    weak: list[str] = []
    for element in elements(draft.tree, *_BYLINE_TAGS):
        words = tokens(element)
        rel = (element.get("rel") or "").lower().split()
        marked = "author" in rel or "author" in (element.get("itemprop") or "").lower().split()
        if not marked and not words & _BYLINE_WORDS:
            continue
        if any(tokens(node) & _ELSEWHERE for node in (element, *_above(element))):
            continue
        text = _spaced(element)
        if 2 < len(text) < 160:
            (strong if marked else weak).append(text)
    return list(dict.fromkeys([*strong, *weak]))


def _written_bylines(draft: Draft) -> list[str]:
    """Short blocks that begin with "By", "Von", "Autor:" and the like, where nothing is marked as a byline."""
    found: list[str] = []
    for element in elements(draft.tree, "p", "div", "span", "li", "em", "small", "h4", "h5", "h6", "strong", "address"):
        if len(element) > 4 or any(tokens(node) & _ELSEWHERE or node.tag in ("nav", "aside", "footer") for node in (element, *_above(element))):
            continue
        text = _spaced(element)
        if 6 < len(text) < 80 and _WRITTEN.match(text) and len(text.split()) <= 9:
            found.append(text)
            if len(found) == 1:
                break
    return found


def _spaced(element: HtmlElement) -> str:
    """The element's text with a blank between its parts: `<b>By</b><a>Jane Doe</a>` is two words."""
    texts = element.xpath(".//text()[not(ancestor::script or ancestor::style or ancestor::noscript)]")
    return clean_line(" ".join(str(text) for text in texts))


def _above(element: HtmlElement) -> list[HtmlElement]:
    return [node for node, _ in zip(element.iterancestors(), range(5), strict=False) if node.tag not in ("body", "html", "article", "main")]


def _fullest(texts: Sequence[str]) -> str:
    """The fullest of the first three visible bylines: nested elements repeat one another."""
    return max(texts[:3], key=len, default="")


def _squash(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))
