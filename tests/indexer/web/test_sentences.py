"""Sentences that other rooms make are recognised where they are made; what is not known stays English and says so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.errors import QueryError
from crawler.model.run import OutletReport, SourceReport, SourceStatus
from crawler.store.health import OutletHealth
from indexer.desk import Desk
from indexer.engine import Sort
from indexer.query import parse_query
from indexer.search import SearchRequest
from indexer.web.sentences import SENTENCES, TAILS, told
from indexer.web.translations import translator
from scheduler.baselines import History
from scheduler.verdicts import judge

ROOM = Path(__file__).parent.parent.parent.parent
BAD = (
    "AND OR", "---", 'kot "pies', "title:", "titel:kot", "kot )", "(kot", "kot OR", "AND kot", "kot NOT", "date:wczoraj", "copies:wiele",
    "k*t", "k*", "*", "data:2026 kot", "title: kot (pies -", "AND (OR) kot* pi*es",
)  # fmt: skip
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def recognised(sentence: str) -> bool:
    english, polish = told(translator("en"), sentence), told(translator("pl"), sentence)
    return english[1] == polish[1] == "" and polish[0] != english[0]


@pytest.mark.parametrize("text", BAD)
def test_every_hint_on_a_query_is_known(text: str) -> None:
    query = parse_query(text)
    assert query.hints or text in ("---", "*")
    assert [one for one in query.hints if not recognised(one)] == []


def test_hints_are_found_again_with_their_values_and_the_word_that_was_meant() -> None:
    [hint] = parse_query("titel:kot").hints
    assert told(translator("pl"), hint) == (
        "Nie ma pola „titel” (znak 1): szukano „titel:kot” jako słów. Czy chodziło o title?",
        "",
    )
    assert told(translator("en"), hint)[0].endswith("was searched as words. Did you mean title?")


def test_a_value_that_no_article_has_is_said_in_the_reader_s_language(desk: Desk) -> None:
    hint = desk.search(SearchRequest(text="outlet:kresyy")).hint
    assert hint is not None
    assert told(translator("pl"), hint) == ("Żaden artykuł nie ma wartości „kresyy” w polu outlet. Czy chodziło o kresy?", "")


@pytest.mark.parametrize("request_", [SearchRequest(text="x" * 3000), SearchRequest(text="(" * 30 + "a"), SearchRequest(text="ab* " * 17), SearchRequest(text="ab " * 200), SearchRequest(text="", after="x")])  # fmt: skip
def test_every_refusal_is_known(desk: Desk, request_: SearchRequest) -> None:
    with pytest.raises(QueryError) as refused:
        desk.search(request_)
    assert recognised(str(refused.value))


def test_a_cursor_of_another_order_is_known(desk: Desk) -> None:
    cursor = desk.search(SearchRequest(text="miasto", limit=3)).next
    with pytest.raises(QueryError) as refused:
        desk.search(SearchRequest(text="miasto", sort=Sort.OLDEST, after=cursor))
    assert recognised(str(refused.value))


def test_verdicts_of_the_scheduler_are_known() -> None:
    before = OutletHealth(outlet="kresy", verdict="ok", updated_at=NOON, last_new_article_at=NOON - timedelta(days=400))
    source = SourceReport(url="https://kresy.example/rss", status=SourceStatus.NOT_MODIFIED)
    signs = {"crawled_at": NOON.isoformat(), "told_at": NOON.isoformat()}
    before = replace(before, detail={"signs": signs})
    health = judge(OutletReport(outlet="kresy", sources=(source,)), before, History(), (), NOON)
    assert health is not None and health.reason and recognised(health.reason)


@pytest.mark.parametrize(
    "reason",
    [
        "does not answer (connection refused) (each of the last 3 times, since 14:20)", "answers 403 Forbidden (at 14:20; not sure yet)",
        "answers but told nothing new for 5 h, since Mon 24.11. 12:00; 12 articles would be usual", "answers with nothing in its sources",
        "leads for good from https://a.example/rss to https://b.example/ (then: slow)", "12 of 14 outlets crawled in the last 30 minutes do not answer",
        "gives pages without a text that can be read: 12 of the last 14, where 2 % is usual", "lacks the date on 9 of its last 9 articles; 99 % have it usually",
    ],
)  # fmt: skip
def test_reasons_of_verdicts_are_told_in_polish(reason: str) -> None:
    said, lang = told(translator("pl"), reason)
    assert lang == "" and said != reason and not any(word in said for word in ("answer", "since", "last", "then"))


def test_reasons_of_verdicts_stand_in_their_modules_as_they_are_known() -> None:
    """A clause that is worded anew there is English on a Polish page until it is known here."""
    modules = [ROOM / "scheduler" / f"{name}.py" for name in ("reach", "content", "verdicts", "alarms", "incidents")]
    source = "".join(path.read_text(encoding="utf-8") for path in modules)
    begin = SENTENCES.index("nothing new since %(day)s")
    for sentence in (*SENTENCES[begin:], *TAILS):
        parts = sorted(re.split(r"%\(\w+\)s", sentence), key=len)
        assert any(part.strip() in source for part in parts[-2:] if part.strip()), sentence


def test_reasons_of_origins_stand_in_their_module_as_they_are_known() -> None:
    source = (ROOM / "crawler" / "stories" / "evidence.py").read_text(encoding="utf-8")
    for begin in ("it stands on the site of the agency (", "other members name its outlet (", "the earliest known article that credits ", "the only known article; it credits nobody", "the earliest known article; nobody is credited"):  # fmt: skip
        assert begin in source
    for made in ("it stands on the site of the agency (pap) itself", "other members name its outlet (kresy) as their source", "the earliest known article that credits pap; the agency's own text is not known"):  # fmt: skip
        assert recognised(made)


def test_what_is_not_known_stays_english_and_says_so() -> None:
    assert told(translator("pl"), "unreachable: connection <b>refused</b>") == ("unreachable: connection <b>refused</b>", "en")
