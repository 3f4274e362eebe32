"""What the service logs and what a person reads of the child's lines: harmless text, one line an event."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ConfigError
from scheduler.child_log import outlet_words, read_line, tell_person
from scheduler.logging_setup import LogFile, harmless, set_up_logging


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


@pytest.fixture
def log_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(handlers):
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("log_as_before")
def test_a_log_file_holds_json_lines_is_rotated_by_size_and_so_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "depesza.log"
    set_up_logging(file=LogFile(path=path, max_bytes=2000, kept=3))
    log = logging.getLogger("scheduler")
    for number in range(100):
        log.info("pushed %s żółw", number)
    files = sorted(path.parent.iterdir())
    assert [one.name for one in files] == ["depesza.log", "depesza.log.1", "depesza.log.2"]
    assert all(one.stat().st_size <= 2000 for one in files)
    lines = [json.loads(line) for one in reversed(files) for line in one.read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines][-1] == "pushed 99 żółw"
    assert lines[-1]["level"] == "info"
    assert len(lines) < 100


@pytest.mark.usefixtures("log_as_before")
def test_a_log_file_that_cannot_be_written_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"the log file .*file.x\.log cannot be written"):
        set_up_logging(file=LogFile(path=tmp_path / "file" / "x.log", max_bytes=2000, kept=3))
