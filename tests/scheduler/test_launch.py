"""The crawl as a child process: only its report counts, and a child that dies leaves nothing open."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crawler.config import store_url
from crawler.model.run import CrawlPlan, Outcome
from crawler.outlets.choosing import find_outlet, open_catalogue
from crawler.store import articles, leases, runs
from crawler.store.database import open_database
from crawler.store.runs import RunStatus
from scheduler.crawling import CrawlRequest, make_plan
from scheduler.launch import launch_crawl
from tests.scheduler.conftest import SmallOutlet

pytestmark = pytest.mark.timeout(120)


def plan_of(outlet: SmallOutlet, token: str = "0a0b0c0d") -> CrawlPlan:
    found = find_outlet(open_catalogue(outlet.locations), "jodlowo")
    open_database(store_url(outlet.locations)).close()
    return make_plan(outlet.locations, CrawlRequest(outlets=(found,)), datetime.now(UTC), token)


def test_the_report_of_the_child_comes_back_and_its_plan_was_private_and_is_gone(small_outlet: SmallOutlet) -> None:
    plan = plan_of(small_outlet)
    modes: set[int] = set()

    def look(line: str) -> None:
        modes.update(path.stat().st_mode & 0o777 for path in plan.report_path.parent.glob("*.plan.json"))

    report = launch_crawl(plan, 60, on_line=look)
    assert report.finished
    assert report.run_id == plan.run_id
    assert report.outlets[0].outcomes == {Outcome.NEW: 3}
    assert modes == {0o600}
    assert [path.name for path in plan.report_path.parent.iterdir()] == [plan.report_path.name]


def test_a_crawl_over_its_time_is_stopped_in_order_and_says_so(
    small_outlet: SmallOutlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour passes with the first page: how long a child takes to start on a loaded machine is nothing to bet on."""
    small_outlet.slow_s = 1
    plan = plan_of(small_outlet)
    real = time.monotonic
    monkeypatch.setattr("scheduler.launch.time.monotonic", lambda: real() + 3600 * ("/art/1" in small_outlet.asked))
    report = launch_crawl(plan, 600, stop_within_s=25)
    assert not report.finished
    assert report.error == "stopped by SIGTERM"
    with open_database(store_url(small_outlet.locations)).read() as connection:
        assert runs.list_runs(connection)[0].status is RunStatus.INTERRUPTED


def test_f07_a_child_that_dies_gives_a_report_and_its_run_and_leases_are_closed(small_outlet: SmallOutlet) -> None:
    small_outlet.slow_s = 8
    plan = plan_of(small_outlet)
    stop = threading.Event()
    threading.Thread(target=lambda: (_wait_for_page(small_outlet), stop.set()), daemon=True).start()
    report = launch_crawl(plan, 60, stop=stop, stop_within_s=0)
    assert not report.finished
    assert report.error is not None
    assert "without a report (killed by signal 9: it was stopped)" in report.error
    with open_database(store_url(small_outlet.locations)).read() as connection:
        assert runs.list_runs(connection)[0].status is RunStatus.DIED
        assert leases.holder(connection, "outlet:jodlowo", datetime.now(UTC)) is None
        assert articles.count_articles(connection) == 0


def test_a_child_that_cannot_write_its_report_is_told_by_its_last_line(small_outlet: SmallOutlet) -> None:
    plan = plan_of(small_outlet)
    plan.report_path.mkdir(parents=True)
    report = launch_crawl(plan, 60)
    assert not report.finished
    assert report.error is not None
    assert "exit code 3" in report.error
    assert "its last line:" in report.error


def test_a_folder_named_crawler_in_the_working_directory_is_not_taken_for_ours(
    small_outlet: SmallOutlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap" / "crawler"
    trap.mkdir(parents=True)
    (trap / "__init__.py").write_text("raise SystemExit('the wrong crawler')")
    monkeypatch.chdir(trap.parent)
    assert launch_crawl(plan_of(small_outlet), 60).finished


def _wait_for_page(outlet: SmallOutlet) -> None:
    deadline = time.monotonic() + 60
    while not any(path.startswith("/art/") for path in outlet.asked) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_credit_line_may_name_an_outlet_of_a_further_folder_that_the_run_does_not_crawl(
    small_outlet: SmallOutlet, tmp_path: Path
) -> None:
    from crawler.run import known_names

    further = tmp_path / "further"
    further.mkdir()
    own = small_outlet.locations.outlets_dir / "jodlowo.toml"
    text = (
        own.read_text("utf-8")
        .replace('slug = "jodlowo"', 'slug = "gazeta-lipczanska"')
        .replace("Głos Jodłowa", "Gazeta Lipczańska")
    )
    (further / "gazeta-lipczanska.toml").write_text(text, "utf-8")
    tables = {"crawler": {"outlet_folders": [str(further)]}}
    plan = plan_of(replace(small_outlet, locations=replace(small_outlet.locations, tables=tables)))
    assert further in plan.outlet_folders
    assert known_names(plan).find("Gazeta Lipczańska") is not None
