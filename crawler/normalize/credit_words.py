"""The words that credits are made of, per language: labels, photo marks, verbs of saying, months, teasers.

Only word lists and the patterns made of them. Not here: what a credit is (`credit_lines`), names (`crawler.outlets.agencies`).
Source of the lists: CREDITS, the forms seen in 814 labelled articles (November 2026), and the same words in the other languages.
"""

from __future__ import annotations

import re

LABEL = re.compile(
    r"(?:(?:źródł[oa](?: (?:informacji|tekstu|materiału|wiadomości))?|autor(?:zy|ka)?|tekst|za|opracowanie|oprac(?:ował[ay]?|owano)?\.?|opr\."
    r"|sources?|story by|via|quellen?|von|autor|text|zdroje?|джерел[оа]|источник(?:и)?|автор|auteurs?|redaktor)\s*:"
    r"|źródł[oa](?:\s+[-–—])?(?=\s)|(?:materiał(?:y)?|depesza|serwis)(?=\s)|(?:(?:powyższy|ten)\s+)?(?:tekst|materiał|artykuł)?\s*pochodzi\s+z\s+(?:serwisu|depeszy|materiałów)"
    r"|(?:opr(?:ac)?(?:owano|owanie|ował[ay]?)?\b\.?:?\s*(?:[\w]{2,4}\.?,?\s+)?)?na podst(?:awie\b|\.):?(?:\s+(?:depesz(?:y)?|materiałów|informacji|doniesień))?"
    r"|(?:z wykorzystaniem|wykorzystano)\s+(?:depesz[ey]?|materiał(?:y|ów)|informacj[ei])|przy użyciu materiałów"
    r"|\W{0,3}with (?:files|reporting|material|additional reporting|assistance|inputs?) (?:from|by)|(?:with )?information from|with|based on (?:a report|reports|material) (?:by|from)"
    r"|(?:dieser (?:text|artikel|beitrag) (?:basiert|beruht) auf|mit) (?:material|informationen|angaben|agenturmaterial) (?:der|von|des)(?: nachrichtenagentur(?:en)?)?|mit"
    r"|unter verwendung von material (?:der|von)|avec(?: (?:l'|les agences|l'agence))?|d['’]après(?: l'agence)?"
    r"|за (?:матеріалами|інформацією|даними)|по (?:материалам|информации|данным)|s využitím(?: zpráv)?|s použitím(?: zpráv)?)\s*:?\s*",
    re.IGNORECASE,
)
WEAK_LABEL = re.compile(
    r"(?:\W{0,3}with|information from|mit|avec|von|via|za|tekst|text|materiał|depesza|serwis|źródł[oa]|za (?:інформацією|даними)|по (?:информации|данным))\b[^:]*$",
    re.IGNORECASE,
)
"""Labels that also begin ordinary phrases: only with an agency right behind."""
PHOTO = re.compile(
    r"\W*(?:fot(?:o|ografia|ograf)?\b(?:\s*\(c\))?[.:]?|zdj(?:ęci[ea]|\.)|źródło (?:zdjęci[ae]|grafiki|foto|fot\.)|grafika|wideo|film|video"
    r"|photos?\b|photograph|image|picture|file photo|credit|pictured|bild(?:quelle|er)?\b|titelbild|crédits?|foto[:\s]|snímek|фото\w*|зображення|снимок)"
    r"(?=[\s:./(A-ZŁŚŻ©])",
    re.IGNORECASE,
)
PHOTO_INSIDE = re.compile(
    r"\b(?:AP|AFP|EPA|Reuters|REUTERS) (?:Photo|photo|file|File)\b|\bvia (?:AP|AFP|REUTERS|Reuters)\b|\b(?:[Ff]ot\.|Photo:|Foto:|Credit:|Фото:)"
)
TEASER = re.compile(
    r"(?:czytaj|przeczytaj|zobacz|sprawdź|polecamy|posłuchaj|obejrzyj|oglądaj|więcej|dalsza część|masz dla nas|widziałeś|zapisz się|wszelkie prawa"
    r"|skorzystaj|twoja przeglądarka|ładowanie|udostępnij|skomentuj|komentarz|dołącz|obserwuj|śledź|kup |tagi|read (?:more|also|next)|related|see also"
    r"|more:|sign up|subscribe|follow us|story continues|advertisement|our standards|share|copyright|©|all rights|comments?|tags?:|download|click"
    r"|get the latest|join |support |lesen sie|mehr zum|siehe auch|newsletter|abonn|lire aussi|à lire|voir aussi|čtěte|přečtěte|více|sdílet"
    r"|читайте|дивіться|також|підпис|смотрите|также|подпис|\d+ odpowied|zostaw|chcesz|nie krępuj|leave a reply)",
    re.IGNORECASE,
)
LISTEN = re.compile(r"\s*(?:posłuchaj|obejrzyj|zobacz wideo|odtwórz|listen|watch)\b", re.IGNORECASE)
"""After a label: it stood under a picture or player, not under the text."""
TEASER_BEHIND = re.compile(
    r"\s+(?:Czytaj|Przeczytaj|Zobacz|Posłuchaj|Polecamy|Obejrzyj|Sprawdź|Więcej|Read|Related|Tagi|Tags)\b.*$", re.DOTALL
)
PICTURE_BEHIND = re.compile(
    r"\s*[,;|]\s*(?:fot(?:o|\.|ografia)?|zdj(?:ęci[ea]|\.)|photos?|bild|фото)\b.*$", re.IGNORECASE | re.DOTALL
)
"""Behind the text's own source: "Źródło: PAP, fot. Pixabay"."""

MONTHS = (
    "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia"
    "|january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
    "|januar|februar|märz|mai|juni|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    "|січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|грудня"
    "|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
    "|ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince|mag|gen|giu|lug|ago|set|ott|dic|enero|febrero|marzo|abril"
    "|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
)
DATE_WORD = re.compile(
    rf"(?:{MONTHS}|\d{{1,4}}(?:st|nd|rd|th)?|\d[\d.:/-]*(?:[ap]\.?m)?|[ap]\.?m|[-–—•|]|est|edt|et|gmt|utc|pst|cet|bst|posted|updated|published|at|on|of|ago|hours?|mins?|minutes?"
    r"|(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?|wed|sat|dnia|godz|r|um|uhr)\.?",
    re.IGNORECASE,
)
MONTH = re.compile(rf"(?:{MONTHS})\.?", re.IGNORECASE)
PARTICLE = frozenset(
    re.findall(r"\w+", "de la le les du am an der im und and upon of the nad i w en sur près y el pod na в на і di da")
)
JOB = re.compile(
    r"(?:(?:[A-Z][\w&]+ )*(?:Writers?|Reporters?|Correspondents?|Editors?|Staff|Sportswriters?|Columnist|Analyst|Producer|journalists?)|[Ww]ire|Service|Korrespondent\w*|"
    r"dziennikarz|korespondent\w*)\b"
)
OUTLET_WORD = re.compile(
    r"\b(?:radi[oa]|tv\w*|telewizja|kanał|gazet[ay]|tygodnik|dziennik|miesięcznik|nowiny|wiadomości|kurier|głos|echo|express|ekspres|portal|polsat|polskie|"
    r"news\w*|times|post|herald|tribune|journal|chronicle|today|daily|gazette|star|press|media|magazine|channel|zeitung|tagblatt|spiegel|welt|bild|"
    r"rundfunk|nachrichten|kurier|figaro|monde|libération|правда|новини|новости|газета|радіо|радио|канал|вісті|noviny|deník|zprávy|televize|rozhlas)\b",
    re.IGNORECASE,
)
INSTITUTION_WORD = re.compile(
    r"^(?:policj|straż|ministerstw|urząd|urzęd|kancelari|komend|prokuratur|sąd |sejm|senat|wojewod|"
    r"państwow|generaln|główny|rzeczni|uniwersytet|instytut|fundacj|ministry|police|government|office of|department|white house|kreml|kremlin|biały dom|"
    r"ministerium|polizei|bundes|ministère|préfecture|міністерств|мвс|мзс|генштаб|поліці|дснс|офіс президент|мвд|мид|министерств|полици|кремль|policie|ministerstvo)",
    re.IGNORECASE,
)
INSTITUTIONS = frozenset(
    re.findall(
        r"\w+",
        "ABW AW BBN CBA CBŚP CBOS GDDKiA GOPR GUS IMGW KNF KPRM MEN MON MSWiA MSZ NASK NBP NIK OSP PKW PSP RCB SKW TOPR UOKiK ZUS",
    )
)
"""Short names of Polish institutions that would pass for initials."""
AGENCY_WORD = re.compile(
    r"(?:agencj[aięąy]|news agency|agence|nachrichtenagentur|agentur[aouy]?|агент[сц]тв[оаі])\s+", re.IGNORECASE
)
"""Before an agency's name: "agencji Anadolu"."""
DESK = re.compile(r"(?:redakcja|redaktion|rédaction|redakce|редакция|редакція)\s+(?:(?:portalu|serwisu)\s+)?", re.IGNORECASE)
"""Before the name of an outlet that wrote something itself."""
AUTHOR_LABEL = re.compile(r"(?:autor(?:ka|zy)?|auteurs?|автор(?:и|ы)?|tekst|opr(?:ac)?\b\.?)[^:]{0,12}:?", re.IGNORECASE)
"""Labels that may stand above the text; "Źródło:" there is a picture's."""
SAYING = re.compile(
    r"\b(?:poda[łjl]\w*|poda|informuj\w*|poinform\w*|przekaz\w*|donos\w*|donios\w*|napisa\w*|pisz[eą]\w*|zauważ\w*|przypomni\w*|przypomin\w*|powiedzia\w*|mówi\w*|"
    r"powołuj\w*|powoła\w*|cytowan\w*|cytuj\w*|cytat\w*|według|zdaniem|ustali\w*|rozmow\w*|rozmawia\w*|wywiad\w*|relacj\w*|odnotow\w*|oceni\w*|opisuj\w*|wynika|wskazuj\w*|"
    r"dodaj\w*|dodał\w*|zaznacz\w*|podkreśl\w*|wyjaśni\w*|ogłosi\w*|opublikow\w*|źródł\w*|dowiedzia\w*|za|"
    r"report\w*|said|says|say|told|tells|according|quot\w+|cit\w+|publish\w*|obtained|wrote|writes|interview\w*|seen by|noted|notes|asked|announc\w*|poll|"
    r"bericht\w*|meld\w*|zufolge|laut|angaben|sagte\w*|teilte|gegenüber|zitier\w*|schreib\w*|selon|rapport\w*|indiqu\w*|déclar\w*|dit|après|affirm\w*|cité\w*|confi\w+|"
    r"повідом\w*|переда\w*|розпов\w*|даними|інформацією|інформує|пиш\w*|посиланням|сообща\w*|сообщ[иа]\w*|данным|рассказ\w*|ссылкой|заяви\w*|сказа\w*|"
    r"uvedl\w*|uvád\w*|inform\w*|podle|řek\w*|sděl\w*|napsal\w*|hlás\w*|citov\w*|odkaz\w*)\b",
    re.IGNORECASE,
)
