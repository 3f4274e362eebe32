"""Whole sentences that other rooms say in English (hints on a query, why an article is the origin), in the reader's language.

They are recognised by their pattern; what no pattern fits stays English, and says so with its `lang`. A test makes the sentences
where they are made and looks whether they are recognised.
"""

from __future__ import annotations

import re

from indexer.web.translations import Translator


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


SENTENCES = (
    # hints of indexer.query and indexer.unknown_values
    _("AND, OR and NOT have nothing to join here: they were searched as words."),
    _("The query holds no word that can be searched, so everything is shown."),
    _("The quotation mark at character %(at)s is never closed: the words after it were searched one by one."),
    _("Nothing stands after '%(word)s' at character %(at)s: it was searched as a word."),
    _("There is no field '%(field)s' (character %(at)s): '%(word)s' was searched as words."),
    _("The bracket at character %(at)s was never opened: it was left out."),
    _("The bracket at character %(at)s is never closed: it was taken to reach the end."),
    _("%(operator)s at character %(at)s joins nothing: it was left out."),
    _("The negation at character %(at)s has nothing to negate: it was left out."),
    _("'%(word)s' at character %(at)s is no date (%(accepted)s): it was searched as a word."),
    _("'%(word)s' at character %(at)s is no number of copies (write >3, 3 or 3..10): it was searched as a word."),
    _("A star counts only at the end of a word ('%(word)s', character %(at)s): it was left out."),
    _("Before the star at character %(at)s at least %(least)s letters are needed: it was left out."),
    _("No article has the %(field)s '%(value)s'."),
    # refusals
    _("the query is too long: %(length)s characters, at most %(most)s"),
    _("the query is too deep: groups and negations stand more than %(most)s inside one another"),
    _("the query has too many words with a star: at most %(most)s"),
    _("the query has too many words: at most %(most)s"),
    _("the cursor is not one that a search gave: leave it out to begin at the top"),
    _("the cursor belongs to a search in another order than %(order)s: leave it out to begin at the top"),
    # crawler.stories.evidence
    _("it stands on the site of the agency (%(agency)s) itself"),
    _("other members name its outlet (%(outlet)s) as their source"),
    _("the earliest known article that credits %(agency)s; the agency's own text is not known"),
    _("the only known article; it credits nobody"),
    _("the earliest known article; nobody is credited"),
    # indexer.web.pages
    _("No page has this address."),
    _("The log of the service has the details."),
    _("No article and no story has this address. It may have been left out of the store."),
    _("No outlet has this address. The list has every outlet that was crawled."),
    # scheduler.verdicts, .reach and .content: clauses whose subject is the outlet
    _("nothing new since %(day)s"),
    _("does not answer (%(said)s)"),
    _("sends a challenge for browsers"),
    _("answers with nothing in its sources"),
    _("answers but told nothing new for %(span)s, since %(when)s; %(count)s articles would be usual"),
    _("answers %(status)s where %(url)s was"),
    _("answers %(status)s"),
    _("leads from %(url)s to another domain (%(said)s)"),
    _("leads for good from %(url)s to %(other)s"),
    _("forbids %(url)s in its robots.txt"),
    _("sends something at %(url)s that cannot be read as its kind (%(said)s)"),
    _("cannot be crawled: %(said)s"),
    _("shows a wall or a challenge instead of articles: on %(bad)s of the last %(seen)s pages"),
    _("gives pages without a text that can be read: %(bad)s of the last %(seen)s, where %(usual)s is usual"),
    _("asks money for %(bad)s of its last %(seen)s articles, where %(usual)s is usual"),
    _("lacks the %(field)s on %(bad)s of its last %(seen)s articles; %(usual)s have it usually"),
    _("gives texts of %(words)s words on its last %(seen)s articles, where %(usual)s are usual"),
    _("takes %(now)s s for an answer, where %(usual)s s is usual"),
    _("told nothing new for %(span)s, since %(when)s; %(count)s articles would be usual"),
    # scheduler.alarms
    _("%(bad)s of %(all)s outlets crawled in the last %(minutes)s minutes do not answer"),
)
TAILS = (
    _("each of the last %(count)s times, since %(when)s"),
    _("at %(when)s; not sure yet"),
    _("at %(when)s"),
    _("then: %(verdict)s"),
)
"""What may stand in brackets at the end of a clause: when it was so."""
_TAIL = re.compile(r" \(((?:each of the last \d+ times, since|at|then:) [^()]*)\)$")
_MEANT = re.compile(r' \(did you mean "([^"]*)"\?\)')
_PLACE = re.compile(r"%\((\w+)\)s")


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _PLACE.split(sentence)
    return re.compile(
        "".join(f"(?P<{part}>.*)" if number % 2 else re.escape(part) for number, part in enumerate(parts)), re.DOTALL
    )


_PATTERNS = tuple((_pattern(sentence), sentence) for sentence in SENTENCES)
_TAILS = tuple((_pattern(sentence), sentence) for sentence in TAILS)


def told(said: Translator, sentence: str) -> tuple[str, str]:
    """(the sentence in the reader's language, "") or, where it is not known, (as it is, "en"): the text and its `lang`."""
    if (tail := _TAIL.search(sentence)) and (when := _found(said, tail[1], _TAILS)):
        text, lang = told(said, sentence[: tail.start()])
        return (sentence, lang) if lang else (f"{text} ({when})", "")
    meant = _MEANT.search(sentence)
    plain = sentence[: meant.start()] + sentence[meant.end() :] if meant else sentence
    if text := _found(said, plain, _PATTERNS):
        return (text + " " + said.gettext("Did you mean %(word)s?") % {"word": meant[1]} if meant else text), ""
    return sentence, "en"


def _found(said: Translator, plain: str, patterns: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    """In the reader's language by the first pattern that fits; "" where none does."""
    for pattern, known in patterns:
        if found := pattern.fullmatch(plain):
            return said.gettext(known) % found.groupdict()
    return ""
