"""What the service logs and what a person reads of the child's lines: harmless text, one line an event."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.child_log import outlet_words, read_line, tell_person
from scheduler.logging_setup import harmless


def test_a07_values_of_strangers_are_logged_as_one_harmless_line() -> None:
    event = {"event": "outlet", "reason": "\x1b[31mgone\r\nlevel=error fake\x07", "empty": None}
    logged = harmless(None, "info", dict(event))
    assert logged == {"event": "outlet", "reason": "[31mgone level=error fake"}


def test_an_outlets_line_is_told_in_words() -> None:
    event = {"event": "outlet", "level": "info", "outlet": "kresy", "entries": 25, "pages": 3, "outcomes": {"new": 3, "seen": 22}}
    assert outlet_words(event) == "kresy: 25 entries, 3 pages: 3 new, 22 seen"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (json.dumps({"event": "slow", "level": "warning", "host": "a\x1b[2Jb"}), "warning: slow (host=a[2Jb)"),
        (json.dumps({"event": "detail", "level": "info"}), ""),
        (json.dumps({"event": "broke", "level": "error", "exception": "Traceback ..."}), "error: broke"),
        ("Traceback (most recent call last):", ""),
    ],
)
def test_without_verbose_only_warnings_are_told_and_never_a_traceback(
    line: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_person(False)(line)
    assert capsys.readouterr().err.strip() == said


def test_with_verbose_everything_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell_person(True)("Traceback (most recent call last):")
    assert "Traceback" in capsys.readouterr().err


@given(st.text(max_size=80))
def test_any_line_of_a_child_is_read_or_passed_over(text: str) -> None:
    read_line(text)
    read_line("{" + text)
