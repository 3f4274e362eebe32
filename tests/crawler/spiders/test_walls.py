"""What an answer is before its text is read (SAFETY F31), and how outcomes are counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.model.run import Outcome
from crawler.spiders.fetching import Answer
from crawler.spiders.tally import Tally
from crawler.spiders.walls import judge

ASKED = "https://kurier.example/wiadomosci/most-123.html"


def outcome(final: str = ASKED, status: int = 200, body: bytes = b"<p>text", **headers: str) -> Outcome | None:
    pairs = tuple({"content-type": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}.items())
    verdict = judge(
        Answer(
            requested_url=ASKED, final_url=final, status=status, headers=pairs, body=body, cut=False, moved_to=None,
            fetched_at=datetime(2026, 11, 24, tzinfo=UTC),
        )
    )  # fmt: skip
    return verdict.outcome if verdict else None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"final": "https://kurier.example/wiadomosci/most-123-otwarty.html"}, None),
        ({"final": "https://www.kurier.example/wiadomosci/most-123.html"}, None),
        ({"final": "https://kurier.example/"}, Outcome.GONE),
        ({"final": "https://kurier.example/pl/"}, Outcome.GONE),
        ({"final": "https://kurier.example/index.php"}, Outcome.GONE),
        ({"final": "https://kurier.example/404"}, Outcome.GONE),
        ({"final": "https://kurier.example/not-found.html"}, Outcome.GONE),
        ({"final": "https://kurier.example/?p=123"}, None),
        ({"final": "https://consent.kurier.example/wiadomosci/most-123.html"}, Outcome.BLOCKED),
        ({"final": "https://kurier.example/login?next=/x"}, Outcome.BLOCKED),
        ({"final": "https://kurier.example/zaloguj"}, Outcome.BLOCKED),
        ({"final": "https://kurier.example/subskrypcje-rosna-w-sile-77"}, None),
        ({"final": "https://kurier.example/loginy-ministrow-wykradzione-99"}, None),
        ({"status": 404}, Outcome.GONE), ({"status": 410}, Outcome.GONE),
        ({"status": 401}, Outcome.BLOCKED), ({"status": 403}, Outcome.BLOCKED), ({"status": 451}, Outcome.BLOCKED),
        ({"status": 400}, Outcome.FAILED), ({"status": 304}, Outcome.FAILED), ({"status": 501}, Outcome.FAILED),
        ({"cf_mitigated": "challenge"}, Outcome.BLOCKED), ({"x_amzn_waf_action": "captcha"}, Outcome.BLOCKED),
        ({"content_type": "application/pdf"}, Outcome.NO_ARTICLE), ({"content_type": "image/jpeg"}, Outcome.NO_ARTICLE),
        ({"content_type": "application/xhtml+xml; charset=utf-8"}, None), ({"content_type": ""}, None),
        ({"body": b" \n"}, Outcome.NO_TEXT),
    ],
)  # fmt: skip
def test_f31_the_answer_tells(given: dict[str, Any], expected: Outcome | None) -> None:
    assert outcome(**given) is expected


@given(st.text(max_size=60), st.integers(100, 599))
def test_f31_no_address_and_no_status_raises(path: str, status: int) -> None:
    outcome(f"https://kurier.example/{path}", status)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(list(Outcome))), max_size=60), st.integers(0, 30), st.integers(0, 10)
)
def test_outcomes_sum_to_entries_revisits_and_carried(ends: list[tuple[int, Outcome]], queued: int, seen: int) -> None:
    tally = Tally("kurier")
    fresh = {str(number) for number in range(queued)}
    tally.add_entries(len(fresh) + seen + 2, fresh, refused=1, later=1)
    tally.add_revisits({"revisit"})
    for number, end in dict(ends).items():
        tally.settle(str(number), end)
    report = tally.report()
    assert sum(report.outcomes.values()) == report.entries + report.revisits + report.carried
    assert all(report.outcomes.values())
