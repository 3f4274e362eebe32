"""The words by which boilerplate gives itself away, in Polish, English, German, Ukrainian, Russian, Czech and more: data alone.

Patterns match a whole paragraph (`fullmatch`, folded by nothing but case). Not here: when a paragraph is cut (`cleaning.py`).
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def in_lower_case(*patterns: re.Pattern[str]) -> re.Pattern[str]:
    """One pattern of all of these for text in lower case: twice as fast, as a branch is told by its first letter."""
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern in patterns))


READ_ALSO = _any(
    # pl
    r"(?:prze)?czytaj(?:cie)?(?: (?:też|także|również|więcej|dalej|w|na ten temat|koniecznie|i|o|nasz\w*|wywiad|cały|inne|podobne))*",
    r"zobacz(?:cie)?(?: (?:też|także|również|więcej|koniecznie|wideo|film|galerię|zdjęcia|podobne|i))*",
    r"(?:sprawdź|obejrzyj|posłuchaj|poznaj|dowiedz się)(?: (?:też|także|również|więcej|koniecznie))*", r"(?:polecamy|warto przeczytać|czytaj|więcej)(?: (?:także|też|również|na ten temat|o|w))*",
    r"(?:powiązane|podobne)(?: (?:artykuły|tematy|wpisy))?", r"więcej (?:na ten temat|informacji|o sprawie)",
    # en
    r"(?:read|see|watch|listen)(?: (?:more|also|next|here|too))+", r"(?:also|must) (?:read|see|watch)", r"read(?: more)?(?: (?:about|on|from) [^:]{2,40})?", r"watch(?: now| live| the video)?",
    r"(?:related|recommended)(?: (?:stories|articles|coverage|content|reading|posts|news|topics|links|video))?", r"more (?:from|on|in) [^:.]{2,40}", r"more(?: (?:news|stories))?",
    r"(?:don['’]t miss|trending(?: now)?|you may also like|you might also like|in case you missed it|up next|editors?['’]s? (?:picks?|choice))",
    # de
    r"(?:lesen|sehen|hören) sie (?:auch|mehr|hier|dazu|weiter|jetzt)(?: (?:mehr|auch|dazu|hierzu|zum thema))*", r"mehr (?:zum thema|dazu|lesen|aus [^:.]{2,40}|von [^:.]{2,40}|über [^:.]{2,40})", r"(?:siehe|lies|lesen) auch", r"(?:auch|das könnte sie(?: auch)?) interess(?:ant|ieren)",
    r"passend dazu|im video|zum weiterlesen|weiterlesen|weitere artikel|empfehlung der redaktion|hintergrund zum thema",
    # uk
    r"(?:читайте|дивіться|слухайте|читати|дивись|читай)(?: (?:також|більше|ще|докладніше|детальніше|й|і|за темою|по темі|відео))*", r"(?:більше|докладніше|детальніше) (?:за темою|про це|читайте)?", r"за темою|(?:за|по) темі|вас може зацікавити|вам може бути цікаво",
    # ru
    r"(?:читайте|смотрите|слушайте|читать|смотри|читай)(?: (?:также|ещё|еще|больше|подробнее|далее|по теме|и|видео))*", r"(?:подробнее|больше)(?: (?:по теме|об этом|читайте))?", r"по теме|материалы по теме|вам может быть интересно",
    # cs
    r"(?:čtěte|přečtěte si|podívejte se|sledujte|poslechněte si)(?: (?:také|též|dále|i|více|rovněž|zde|na|video))*", r"(?:více|další) (?:k tématu|čtěte|zde|informací|článků?)", r"(?:související|mohlo by vás (?:také |ještě )?zajímat|k tématu|nepřehlédněte)(?: (?:články|články k tématu))?",
    # fr, it, es
    r"(?:à )?(?:lire|voir|écouter)(?: (?:aussi|également|plus|la suite))+", r"(?:leggi|guarda|ascolta)(?: (?:anche|tutto|qui))+", r"(?:lea|lee|vea|mira)(?: (?:también|más))+",
)  # fmt: skip
"""Labels before the headline of another article; they count with a colon behind them, or as a paragraph of their own."""

REPLY_FORM = _any(
    r"(?:zostaw|dodaj|napisz|pozostaw)(?: swój| swoj[ąa])? (?:odpowiedź|komentarz|opinię)\W*", r"\d+ odpowi?ed?(?:ź|zi|ź na.*|zi na.*|dzi|dzi na.*)", r"\d+ komentarz(?:y|e)?\W*",
    r"anuluj pisanie odpowiedzi", r"chcesz (?:się )?przyłączyć (?:się )?do dyskusji\W*", r"nie krępuj się\W*(?:zapraszamy.*)?", r"twój adres e-?mail nie zostanie opublikowany.*",
    r"leave (?:a|your) (?:reply|comment|response)(?: to .{0,60})?\W*(?:cancel reply)?", r"cancel reply", r"want to join the discussion\W*", r"feel free to contribute\W*", r"\d+ (?:repl(?:y|ies)|responses?|comments?)(?: (?:to|on) .*)?",
    r"(?:post|add|write) (?:a |your )?comment\W*", r"your email address will not be published.*", r"save my name, email.*", r"required fields are marked.*", r"you must be (?:logged|signed) in to (?:post|leave).*", r"join the (?:conversation|discussion)\W*",
    r"(?:schreiben? sie|schreibe?|hinterlass(?:en sie|e)?) (?:einen|deinen|ihren) kommentar\W*", r"antwort abbrechen", r"\d+ (?:antworten?|kommentare?)(?: (?:auf|zu) .*)?", r"(?:ihre|deine) e-?mail-adresse wird nicht veröffentlicht.*", r"kommentar (?:schreiben|verfassen|hinzufügen)\W*", r"dein kommentar\W*", r"an diskussion beteiligen\W*", r"hinterlasse(?:n sie)? uns (?:deinen|ihren) kommentar\W*",
    r"(?:залишити|додати|написати) (?:відповідь|коментар)\W*", r"скасувати відповідь", r"\d+ (?:відповід(?:ь|і|ей)|коментар(?:і|ів)?)(?: .*)?", r"ваша e-?mail адреса не оприлюднюватиметься.*", r"хочете долучитися до обговорення\W*", r"не соромтеся\W*",
    r"(?:оставить|добавить|написать) (?:ответ|комментарий|отзыв)\W*", r"отменить ответ", r"\d+ (?:ответ(?:а|ов)?|комментари(?:й|я|ев))(?: .*)?", r"ваш (?:адрес )?e-?mail не будет опубликован.*", r"хотите присоединиться к обсуждению\W*", r"не стесняйтесь\W*",
    r"(?:napsat|přidat|zanechte|vložit|napište) (?:komentář|odpověď|svůj komentář)\W*", r"zrušit odpověď(?: na komentář)?", r"\d+ (?:odpověd[iíě]|odpovědí|komentář(?:e|ů)?)(?: .*)?", r"vaše e-?mailová adresa nebude zveřejněna.*", r"chcete se připojit k diskus[ei]\W*", r"neváhejte a přispějte\W*", r"pro přidání příspěvku se (?:přihlaste|musíte přihlásit).*", r"(?:portal|redakcja|serwis) nie (?:odpowiada|ponosi odpowiedzialności) za treść komentarzy.*", r"log in or register to post comments.*",
)  # fmt: skip
"""Headings and notes of WordPress's reply form and of Enfold's ("Want to join the discussion?") and their translations."""

SUBSCRIPTION = _any(
    r"(?:zapisz się (?:na|do)|subskrybuj|zaprenumeruj|dołącz do).{0,80}(?:newsletter\w*|kanał\w*|prenumerat\w*|grup\w*|subskrypcj\w*)?.{0,60}", r"(?:wesprzyj|wspieraj) (?:nas|nasz\w*|portal).{0,120}", r"(?:obserwuj|polub|śledź) (?:nas|nasz).{0,100}", r"(?:ta|nasza) strona (?:używa|wykorzystuje|korzysta).{0,40}cookies?.{0,200}", r"dalsz(?:a|y) (?:część|ciąg) (?:artykułu|tekstu).{0,80}", r"ciąg dalszy (?:pod|artykułu|tekstu|materiału).{0,60}", r"dziękujemy,? (?:że|za) przeczyta.{0,160}", r"(?:jeśli |widzisz |zauważył\w* )?(?:zauważysz|błąd w tekście|literówkę).{0,160}(?:ctrl|redakcj|zgłoś).{0,80}", r"(?:reklama|artykuł sponsorowany|materiał promocyjny|koniec reklamy)",
    r"(?:sign up|subscribe|register)(?: (?:now|here|today))? (?:for|to|and).{0,140}", r"get (?:the|our|all) .{0,60}(?:newsletter|inbox|news).{0,80}", r"(?:we|this (?:site|website)) uses? cookies.{0,200}", r"(?:follow|like) us on .{0,100}", r"(?:download|get) (?:the|our) .{0,30}app.{0,80}", r"(?:advertisement|ad|advertising|sponsored(?: content)?|story continues below(?: advertisement)?|article continues (?:below|after).{0,60}|scroll (?:down )?(?:to|for) .{0,60}|continue reading(?: below)?\W*|loading\W*)", r"support (?:our|independent) (?:journalism|work).{0,120}", r"(?:already a subscriber\W*|log in|sign in)(?: (?:here|to).{0,60})?", r"to view this video,? please enable javascript.{0,160}|(?:your|this) browser does(?: not|n['’]t) support .{0,80}",
    r"(?:newsletter|jetzt) (?:abonnieren|anmelden|registrieren|bestellen)\W*", r"(?:abonnieren|melden) sie .{0,140}", r"(?:diese|unsere) (?:web)?seite (?:verwendet|nutzt) cookies.{0,200}", r"(?:anzeige|werbung|advertorial)", r"(?:folgen sie|folge) uns .{0,100}", r"sie haben (?:bereits|noch kein) ein? ?abo.{0,80}", r"externer inhalt|an dieser stelle (?:finden sie|befindet sich|wird).{0,250}|mit (?:dem|ihrem) klick.{0,200}(?:daten|cookies).{0,100}",
    r"(?:підписуйтесь|підписуйтеся|підпишіться|підписатися|приєднуйтесь|стежте).{0,140}", r"(?:реклама|на правах реклами)", r"(?:цей|наш) сайт використовує (?:файли )?cookies?.{0,200}", r"(?:якщо )?(?:ви )?(?:помітили|знайшли|побачили) помилку.{0,200}",
    r"(?:подписывайтесь|подпишитесь|подписаться|присоединяйтесь|следите за).{0,140}", r"(?:на правах рекламы)", r"(?:этот|наш) сайт использует (?:файлы )?cookies?.{0,200}", r"(?:если )?(?:вы )?(?:заметили|нашли|увидели) (?:ошибку|опечатку).{0,200}",
    r"(?:přihlaste se k odběru|odebírejte|přihlásit k odběru|sledujte nás).{0,140}", r"(?:inzerce|reklama pokračuje.{0,40}|článek pokračuje.{0,60})", r"(?:tento|náš) web používá (?:soubory )?cookies?.{0,200}", r"(?:našli jste|všimli jste si) (?:v článku )?chyb.{0,160}",
)  # fmt: skip
"""Whole short paragraphs that ask for a subscription, a click or consent, or mark an advertisement."""

APPEAL = _any(
    # money
    r"(?:wesprzyj|wspieraj|wspomóż) (?:nas|nasz\w*|redakcj\w*|niezależn\w*|portal\w*)\b.{0,200}", r"(?:wpłać|przekaż) (?:dowoln\w+|darowizn\w+|\d|nam|nas|1[.,]5).{0,160}", r"(?:ten|ta|nasz|nasza) (?:tekst|artykuł|gazeta|portal|redakcja) (?:czytasz|jest (?:bezpłatn\w+|za darmo)|powsta\w+|istnieje|działa) .{0,60}(?:dzięki|wpłat|darczyńc|darowizn|wspar|czytelni).{0,120}",
    r"(?:please )?(?:support|help) (?:us|our (?:journalism|newsroom|work|reporting)|independent (?:journalism|news|reporting))\b.{0,200}", r"(?:please )?(?:give|donate|chip in|contribute)\b(?: what you can| today| now| to (?:us|our)| any amount|[^.]{0,40}(?:journalism|reporting|newsroom)).{0,140}", r"(?:you (?:can )?read this|this (?:article|text|story) is)\b.{0,20}\bfree\b.{0,40}(?:donors?|readers|supporters|members|donations).{0,100}",
    r"spenden sie\b.{0,160}", r"(?:bitte )?unterstützen sie (?:uns|unser\w*|unabhängig\w*|diese redaktion)\b.{0,200}", r"sie lesen\b.{0,30}(?:kostenlos|gratis|frei).{0,30}(?:dank|spende).{0,120}",
    r"(?:підтримайте|підтримай) (?:нас|нашу?|редакцію|незалежн\w*|видання)(?!\w).{0,200}", r"(?:зробіть|зроби) (?:внесок|донат|пожертву).{0,160}", r"(?:ви читаєте|цей (?:текст|матеріал)).{0,30}безкоштовн.{0,30}(?:завдяки|жертводав|донат|читач).{0,120}",
    r"(?:поддержите|поддержи) (?:нас|наш\w*|редакцию|независим\w*|издание)(?!\w).{0,200}", r"(?:сделайте|внесите) (?:взнос|пожертвовани\w+|донат).{0,160}", r"(?:вы читаете|этот (?:текст|материал)).{0,30}бесплатн.{0,30}(?:благодаря|жертвовател|донат|читател).{0,120}",
    r"(?:podpořte|podpoř) (?:nás|naši|náš|redakci|nezávisl\w+)\b.{0,200}", r"(?:přispějte|darujte)\b.{0,160}", r"(?:tento|text|článek) (?:text |článek )?čtete .{0,20}(?:zdarma|bezplatně).{0,30}(?:díky|dárc|dar).{0,120}",
    # subscriptions
    r"(?:czytaj(?:cie)? bez (?:ograniczeń|reklam)|(?:wykup|kup|zamów) (?:prenumerat\w+|subskrypcj\w+|dostęp|abonament)).{0,160}", r"(?:prenumeratorzy|subskrybenci) (?:mają|czytają|otrzymują|zyskują).{0,160}",
    r"(?:unlimited (?:reading|access)|read without limits)\b.{0,160}", r"(?:become a (?:subscriber|member|patron)|subscribers (?:read|get|have|enjoy))\b.{0,160}", r"join .{0,60}(?:readers|subscribers|people) who .{0,120}",
    r"(?:unbegrenzt|ohne grenzen|werbefrei) lesen\b.{0,160}", r"(?:abonnenten (?:lesen|erhalten|haben)|jetzt (?:abo|abonnent)\b).{0,160}", r"(?:unser|der) newsletter (?:kommt|erscheint|bringt).{0,160}|schon .{0,40}lesen unseren newsletter.{0,80}",
    r"(?:читайте без обмежень|передплатіть|передплатники (?:читають|мають|отримують)).{0,160}", r"(?:читайте без ограничений|оформите подписку|подписчики (?:читают|получают|имеют)).{0,160}", r"(?:čtěte bez omezení|pořiďte si předplatné|předplatitelé (?:čtou|mají|dostávají)|náš newsletter (?:čte|odebírá|vychází)).{0,160}",
    r"(?:приєднуйтеся|долучайтеся|приєднуйтесь|долучайтесь|присоединяйтесь|přidejte se)\b.{0,120}",
    # apps, tips
    r"(?:pobierz|zainstaluj|ściągnij) (?:naszą|bezpłatną|darmową) aplikacj\w+.{0,120}", r"masz (?:dla nas )?(?:temat|informacj\w+|zdjęci\w+|ciekawy temat)\b.{0,20}\?.{0,160}",
    r"(?:do you have|have you got|got) (?:a|any) (?:story|tip|news)\b.{0,60}\?.{0,160}", r"(?:laden|holen) sie (?:sich )?(?:unsere|die) .{0,30}app\b.{0,120}", r"haben sie (?:ein thema|einen (?:tipp|hinweis))\b.{0,40}\?.{0,160}",
    r"(?:завантажте|встановіть|скачайте|установите) (?:наш|бесплатн|безкоштовн)\w* (?:застосунок|додаток|приложение).{0,120}", r"(?:маєте|є) (?:для нас )?(?:тему|новину|тема|новина)\b.{0,30}\?.{0,160}", r"(?:есть|знаете) (?:для нас )?(?:тема|новость|новости)\b.{0,30}\?.{0,160}",
    r"stáhněte si (?:naši|naší) (?:mobilní )?aplikaci.{0,120}", r"máte (?:pro nás )?(?:tip|téma|zprávu)\b.{0,30}\?.{0,160}",
    # sponsors
    r"(?:artykuł sponsorowany|materiał (?:sponsorowany|partnera|promocyjny)|sponsored|paid content|anzeige|komerční sdělení|на правах реклами|на правах рекламы|advertorial)\s*[:\u2013-]\s?.{0,160}", r"(?:partner|sponsor|mecenas)(?:em|zy|ami)? (?:cyklu|serii|serialu|materiału|artykułu|seriálu|projektu)\b.{0,120}", r"(?:this|the) (?:series|article) is (?:supported|sponsored|brought to you) by .{0,120}",
    r"diese (?:serie|reihe) (?:wird|entsteht).{0,120}", r"(?:партнер|партнёр|спонсор)\w* (?:рубрики|циклу|цикла|проєкту|проекта|серии|серії)(?!\w).{0,120}",
)  # fmt: skip
"""Whole short paragraphs that ask for money, a subscription, an app or news, or name a sponsor."""

_TEXT_PL, _TEXT_EN, _TEXT_DE, _TEXT_CS = (
    "(?:tekst|artykuł|materiał|wywiad)",
    "(?:text|article|story|piece|column)",
    "(?:text|artikel|beitrag)",
    "(?:text|článek|rozhovor)",
)
ORIGIN = _any(
    rf"(?:(?:ten|powyższy|niniejszy) )?{_TEXT_PL} (?:pochodzi|ukazał się|został opublikowany|był publikowany) .{{0,60}}(?:wydani|numer|biuletyn|partner|archiw|papier|drukowan|magazyn|tygodni|miesięczni|kwartalni|dodatk).{{0,160}}",
    rf"(?:this|the above|a version of this) {_TEXT_EN} (?:comes|is taken|(?:first |originally )?appeared|was (?:first |originally )?published) .{{0,60}}(?:print|edition|issue|magazine|newsletter|archive|supplement|partner).{{0,160}}",
    rf"(?:dieser|der) {_TEXT_DE} (?:stammt|kommt|erschien|erscheint|ist) .{{0,60}}(?:ausgabe|gedruckt|heft|magazin|archiv|beilage|partner).{{0,160}}",
    r"(?:цей текст|цей матеріал|текст|матеріал|цю статтю|стаття) (?:узят|взят|опублікован|надрукован|вийш|вийшо)\w* .{0,60}(?:випуск|номер|газет|журнал|архів|видан|партнер).{0,160}",
    r"(?:этот текст|этот материал|текст|материал|статья) (?:взят|опубликован|напечатан|вышел|вышла)\w* .{0,60}(?:номер|выпуск|газет|журнал|архив|издани|партнёр|партнер).{0,160}",
    rf"(?:tento )?{_TEXT_CS} (?:pochází|vyšel|byl (?:převzat|otištěn)) .{{0,60}}(?:vydání|čísl|časopis|archiv|tišt|přílo|partner).{{0,160}}",
)  # fmt: skip
"""Notes that say in which edition, issue or partner's service a text stood: said about the text, no part of it."""

BULLETIN = _any(
    r"(?:pogoda|weather|wetter|počasí|погода)\s*:.{0,40}\d.{0,60}", r"(?:kursy? walut|exchange rates?|markets?|wechselkurse|börse|kurzy měn|курси? валют|курсы валют|биржа|біржа|notowania)\s*:.{0,40}\d.{0,60}",
)  # fmt: skip
"""The weather and the rates of the day, in one line."""

SHARE_BAR = _any(
    r"(?:(?:share|tweet|email|e-mail|print|copy link|facebook|twitter|x|whatsapp|linkedin|pinterest|reddit|telegram|viber|messenger|comments?|save|pocket|flipboard|bluesky|threads|xing|pocket|skopiuj link|link kopiert)[\s,|/·•+\-]*(?:this|article|story|on|via|by|page|0)?[\s,|/·•+\-]*)+",
    r"(?:udostępnij|podziel się|drukuj|wyślij|skomentuj|lubię to)[^.!?]{0,50}!?", r"(?:komentarze|kommentare|komentáře|коментарі|комментарии)\W*\d*\W*", r"(?:teilen|drucken|merken|artikel teilen|per e-?mail|auf facebook teilen|auf twitter teilen|zur startseite|vorlesen|artikel anhören)[^.!?]{0,30}", r"(?:поширити|поділитися|роздрукувати|надіслати)[^.!?]{0,40}", r"(?:поделиться|распечатать|отправить)[^.!?]{0,40}", r"(?:sdílet|vytisknout|poslat)[^.!?]{0,40}",
    r"\d+ ?(?:shares?|views?|comments?)", r"(?:listen to this article|posłuchaj artykułu|artikel hören)\W*(?:\d+ min\w*)?", r"(?:back to top|nach oben|do góry|наверх|nahoru)",
)  # fmt: skip

RIGHTS = _any(
    r"(?:©|\(c\)|copyright)\s.{0,200}", r"(?:all rights reserved|wszelkie prawa zastrzeżone|alle rechte vorbehalten|всі права захищено|все права защищены|všechna práva vyhrazena)\W?.{0,60}",
)  # fmt: skip
"""Notices of copyright; they are kept as credits before they are cut."""

PICTURE_LABEL = _any(
    r"fot(?:o|ografia|ograf)?\b\.?:?", r"zdjęci[ea]:", r"źródło (?:zdjęci[ae]|foto|fot\.|grafiki)[^:]{0,20}:", r"(?:photos?|pictures?|images?)(?: (?:by|credits?))?:", r"(?:bild(?:er|quelle)?|titelbild|fotos?):",
    r"(?:фото|снимок|зображення):", r"(?:foto|snímek|zdroj foto):", r"(?:crédits?(?: photo)?|photo)s?\s?:",
)  # fmt: skip
"""What stands before the name of who took a picture."""

WRITER_LABEL = _any(r"(?:autor(?:zy|ka|in|en|es)?|author|tekst|автори?|text|opracowa[łl]a?|oprac\.|przygotowa[łl]a?)\s*:")
"""What stands before a writer's name on a line of its own below a text."""

STAMP_WORDS = _any(
    r"data (?:publikacji|dodania|aktualizacji)", r"(?:ostatnia )?(?:aktualizacja|aktualizowano|modyfikacja)", r"opublikowano|dodano|utworzono|publikacja|godz|dnia|roku?|r", r"(?:first )?(?:published|posted|created)(?: (?:on|at))?|(?:last )?(?:updated|modified)(?: (?:on|at))?|at|on|am|pm",
    r"(?:zuletzt |letzte )?(?:aktualisiert|aktualisierung)|veröffentlicht|erstellt|stand|uhr|um|am|vom", r"опубліковано|оновлено|додано|опубликовано|обновлено|року|рік|года|г|о|в", r"(?:naposledy )?aktualizov[áa]no|publikováno|zveřejněno|vydáno|v", r"publié(?: le)?|modifié(?: le)?|mis à jour(?: le)?|le|à|h", r"pubblicato(?: il)?|modifica(?:to)?(?: il)?|aggiornato(?: il)?|il|ore|alle",
    r"poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela", r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun", r"(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch", r"понеділок|вівторок|середа|четвер|п['’]ятниця|субота|неділя|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье", r"pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle", r"lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche", r"gmt|utc|cest|cet|mez|mesz|msk|[ecmp][sd]?t",
)  # fmt: skip
"""Words that stand beside a day or an hour and say nothing else; months are not among them (`times.py` knows them)."""

UPDATED = re.compile(
    r"(?:(?:ostatnia )?(?:aktualizacja|aktualizowano|modyfikacja)|(?:last )?(?:updated|modified)|(?:zuletzt |letzte )?aktualisier(?:t|ung)|оновлено|обновлено|(?:naposledy )?aktualizov[áa]no|modifié|mis à jour|modifica(?:to)?|aggiornato|actualizado)\b(?: (?:on|at|am|le|il|el|dnia))?\W*",
    re.IGNORECASE,
)
"""What stands before the day of a change."""
