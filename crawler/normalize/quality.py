"""The gate: pages that are no article are told apart by kind (fault F31), and never become one.

"blocked": consent wall, challenge, login wall, 401, 403. "gone": 404, 410, soft 404, redirect to the front page.
"no article": index page, list. "no text": nothing to read. Not here: one body under many addresses (needs the store).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from crawler.addresses import belongs_to
from crawler.errors import NormalizeError
from crawler.normalize.cleaning import is_boilerplate
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.parsing import elements, visible_text, visible_words
from crawler.normalize.phrases import in_lower_case

_MANY_WORDS = 250
"""A page with so many words of its own is an article about cookies or robots, not a wall."""
_MOST_OF_IT = 0.45
_FEW_WORDS = 80
_LEAST_WORDS = 8
_CHALLENGE = re.compile(
    r"just a moment|attention required! \| cloudflare|access denied|access to this page has been denied|pardon our interruption|are you a (?:robot|human)|"
    r"verif(?:y|ying) (?:that )?you are (?:a )?human|checking your browser|security check|ddos protection|bot verification|human verification|"
    r"request unsuccessful|please enable (?:js|javascript|cookies)|potwierdź, że jesteś człowiekiem|dostęp zablokowany|nie jestem robotem|sind sie ein mensch|zugriff verweigert|"
    r"перевірка браузера|доступ заборонено|проверка браузера|доступ (?:к сайту )?(?:запрещ|ограничен)|ověřte, že jste člověk|přístup odepřen|one more step|un momento",
    re.IGNORECASE,
)
_CHALLENGE_MARKS = (
    "/cdn-cgi/challenge-platform", "cf-chl-", "_cf_chl_opt", "captcha-delivery.com", "px-captcha", "_incapsula_resource", "g-recaptcha-response",
    "h-captcha", "awswafcookiedomainlist", "ddos-guard", "akamai-bm", "perimeterx",
)  # fmt: skip
_CONSENT = re.compile(
    r"before you continue|we (?:value|care about) your privacy|your privacy (?:choices|matters)|privacy settings|cookie consent|(?:manage|accept)(?: all)? cookies|your consent|"
    r"zanim przejdziesz|szanujemy (?:twoją )?prywatność|cenimy (?:twoją )?prywatność|zgod[aęy] na przetwarzanie|przejdź do serwisu|ustawienia prywatności|\brodo\b|"
    r"bevor sie fortfahren|mit werbung weiterlesen|wir schätzen ihre privatsphäre|datenschutzeinstellungen|zustimmung|einwilligung|cookies? akzeptieren|"
    r"згод[ау] на обробку|файли cookie|політик[аи] конфіденційності|согласи[ея] на обработку|файлы cookie|než budete pokračovat|souhlas(?:ím)? s|soubory cookie|vážíme si vašeho soukromí",
    re.IGNORECASE,
)
_CONSENT_PLACE = re.compile(
    r"(?:^|[./-])(?:consent|privacy-gate|privacywall|cookiewall|zustimmung|guce|cmp|privacy-consent|rodo)(?:[./-]|$)",
    re.IGNORECASE,
)
_LOGIN_PLACE = re.compile(
    r"(?:^|[./_-])(?:login|signin|sign-in|log-in|sso|auth|anmelden|zaloguj|logowanie|prihlaseni|vhod|registration|register)(?:[./_-]|$)",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:log|sign) in|zaloguj się|zarejestruj się|anmelden|einloggen|увійти|увійдіть|войти|войдите|přihlásit|přihlaste",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"(?:error|błąd|fehler|помилка|ошибка|chyba) ?:?404|^404(?=\W|$)|(?:page|article|story|content) (?:was |is |could )?(?:not|no longer|cannot be) (?:be )?(?:found|available)|(?:page|article) (?:doesn['’]t|does not) exist|"
    r"nie znaleziono (?:strony|artykułu)|strona nie (?:została znaleziona|istnieje)|(?:artykuł|strona|treść) (?:nie istnieje|został[ao]? usunięt[aye]|jest niedostępn[ya])|nie ma takiej strony|"
    r"seite (?:wurde )?(?:leider )?nicht gefunden|(?:artikel|seite|inhalt) (?:ist )?(?:leider )?(?:nicht (?:mehr )?(?:verfügbar|vorhanden|gefunden)|existiert nicht)|"
    r"сторінк[ауи] не (?:знайдено|існує)|страниц[аы] не (?:найдена|существует)|(?:stránka|článek) (?:nebyl[ay]? nalezena?|neexistuje)|stránku se nepodařilo najít|nothing (?:was )?found",
    re.IGNORECASE,
)
_LEAST_TEASERS = 6
_TEASERS_SHARE = 0.7
"""Of the text's words: a page whose text is teasers, and which does not call itself an article, is a section's list."""
_NO_ARTICLE = in_lower_case(_CHALLENGE, _NOT_FOUND)
_UNSEEN = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "select", "button"})
_INDEX_PATHS = frozenset({"", "index.html", "index.htm", "index.php", "home", "start", "strona-glowna", "startseite"})


def refuse_by_answer(draft: Draft, setting: Setting) -> None:
    """Refuse what status, final address, title and markers give away, before anything is extracted.

    Raises NormalizeError with the kind of the page.
    """
    page = draft.page
    if page.status in (401, 402, 403, 407, 451):
        raise NormalizeError("blocked", f"the server answered {page.status}")
    if page.status in (404, 410):
        raise NormalizeError("gone", f"the server answered {page.status}")
    _refuse_redirect(draft, setting)
    heads = _headings(draft)
    if draft.excerpt and not any(_NO_ARTICLE.search(head.lower()) for head in heads):
        return  # of an article that holds enough text, which is seen to before an excerpt counts
    words = _words_up_to(draft.tree, 2 * _MANY_WORDS)
    html = draft.html[:400_000].lower() if words < _FEW_WORDS else ""
    marks = [mark for mark in _CHALLENGE_MARKS if mark in html]
    if words < _MANY_WORDS and (marks or _is_said(_CHALLENGE, heads)):
        raise NormalizeError("blocked", f"a challenge to robots: {next(iter(heads), '') or marks[0]!r}")
    if words < 2 * _MANY_WORDS and not draft.facts.article and _is_said(_NOT_FOUND, heads):
        raise NormalizeError("gone", f"the page says that it is not there: {heads[0]!r}")


def refuse_by_text(draft: Draft, setting: Setting) -> None:
    """Refuse what the extracted text gives away: walls, soft 404s, lists, stubs. Raises NormalizeError."""
    del setting
    text, words = draft.text, len(draft.text.split())
    if words < _MANY_WORDS and not draft.facts.article:
        heads = [draft.title, *_headings(draft)]
        if len(_CONSENT.findall(text)) >= 2 or (words < 120 and _is_said(_CONSENT, heads)):
            raise NormalizeError("blocked", f"a consent wall: {draft.title or text[:80]!r}")
        if words < 100 and _LOGIN.search(f"{draft.title} {text}") and draft.tree.xpath("//input[@type='password']"):
            raise NormalizeError("blocked", "a login wall: a short text and a field for a password")
        if _is_said(_CHALLENGE, heads) or (words < 60 and _is_said(_CHALLENGE, text.split("\n\n"))):
            raise NormalizeError("blocked", f"a challenge to robots: {draft.title or text[:80]!r}")
        if words < 120 and _is_said(_NOT_FOUND, [*heads, *text.split("\n\n")[:2]]):
            raise NormalizeError("gone", f"the page says that it is not there: {draft.title or text[:80]!r}")
    if _is_list(draft, words):
        raise NormalizeError("no article", "an index page: headlines of other articles and no text of its own")
    if all(is_boilerplate(line) for line in text.split("\n\n")):
        raise NormalizeError("no text", f"nothing but {text[:80]!r}")
    if words < _LEAST_WORDS and not re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]", text):
        raise NormalizeError("no text", f"only {words} words were found")


def _refuse_redirect(draft: Draft, setting: Setting) -> None:
    page = draft.page
    asked, final = urlsplit(page.requested_url), urlsplit(page.final_url)
    place = f"{final.hostname or ''}{final.path}"
    moved = (asked.hostname, asked.path.rstrip("/")) != (final.hostname, final.path.rstrip("/"))
    if not moved:
        return
    if final.path.strip("/").lower() in _INDEX_PATHS and asked.path.strip("/").lower() not in _INDEX_PATHS and not final.query:
        raise NormalizeError("gone", f"redirected to the front page {page.final_url}")
    if _CONSENT_PLACE.search(place) and not _CONSENT_PLACE.search(asked.path):
        raise NormalizeError("blocked", f"redirected to a consent wall: {page.final_url[:200]}")
    if _LOGIN_PLACE.search(place) and not _LOGIN_PLACE.search(asked.path):
        raise NormalizeError("blocked", f"redirected to a login: {page.final_url[:200]}")
    if setting.outlet.domains and not belongs_to(
        page.final_url, (*setting.outlet.domains, *setting.outlet.politeness.offsite_domains)
    ):
        raise NormalizeError("blocked", f"redirected to another site: {page.final_url[:200]}")


def _words_up_to(tree: HtmlElement, limit: int) -> int:
    """How many words the page shows; `limit` when it has more, which most pages reach in their menus and is seen soon."""
    count = 0
    for element in elements(next(tree.iter("body"), tree)):
        if (text := element.text) and element.tag not in _UNSEEN:
            count += len(text.split())
        if text := element.tail:
            count += len(text.split())
        if count >= limit:
            return limit
    return visible_words(tree)


def _headings(draft: Draft) -> list[str]:
    found = [visible_text(element) for element in elements(draft.tree, "title", "h1")][:4]
    return list(dict.fromkeys(text[:200] for text in found if text))


def _is_said(pattern: re.Pattern[str], lines: Sequence[str]) -> bool:
    """One of the lines says this and little else: "Access denied" is a wall, "Access denied to striking miners" is news."""
    return any(
        sum(len(match[0]) for match in pattern.finditer(line)) >= _MOST_OF_IT * len(line.strip(" .!?\u2026"))
        for line in lines
        if line.strip()
    )


def _is_list(draft: Draft, words: int) -> bool:
    facts = draft.facts
    path = urlsplit(draft.page.final_url).path.strip("/").lower()
    front = path in _INDEX_PATHS and not urlsplit(draft.page.final_url).query
    if facts.article or (facts.tag("og:type") or "").lower() == "article":
        return False
    if (front or facts.is_index()) and _sentences(draft.text) < max(3, words / 60):
        return True
    return _teaser_words(draft) >= _TEASERS_SHARE * words


def _teaser_words(draft: Draft) -> int:
    """Words of the text that stand in teasers, a linked headline with a few sentences below it; 0 where there are few of them."""
    lines = {line.removeprefix("- ") for line in draft.text.split("\n\n")}
    found = []
    for head in elements(draft.tree, "h2", "h3", "h4"):
        below = head.getnext()
        title = visible_text(head)
        if below is None or not title or visible_words(head) != sum(visible_words(link) for link in elements(head, "a")):
            continue
        found += [[text for text in (title, visible_text(below)) if text in lines]]
    teasers = [texts for texts in found if texts]
    return sum(len(text.split()) for texts in teasers for text in texts) if len(teasers) >= _LEAST_TEASERS else 0


def _sentences(text: str) -> int:
    """Paragraphs that are prose: long enough and closed like a sentence."""
    return sum(1 for line in text.split("\n\n") if len(line) > 120 and re.search(r"[.!?\u2026][\"'\u201d\u00bb)]*$", line))
