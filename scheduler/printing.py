"""What the scheduler's commands print for people: a run's report, the state of things. Results only; no decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.model.run import Outcome, OutletReport, RunReport
from crawler.store.health import FAULTS
from crawler.terminal import line, out, out_table, say
from indexer.overview import age, troubles
from scheduler.health import failed, is_skipped
from scheduler.status import role_of

if TYPE_CHECKING:
    from datetime import datetime

    from crawler.store.processes import Process
    from indexer.push import PushReport
    from scheduler.status import Status

_SHOWN = (Outcome.NEW, Outcome.REVISED, Outcome.UNCHANGED, Outcome.SEEN, Outcome.LATER)
"""Outcomes with a column of their own; the rest stands in words at the end of the line."""
_NAMED = 5
"""Outlets that a process crawls, by name."""


def print_report(report: RunReport, pushed: PushReport | None) -> None:
    """A line an outlet, then what it comes to."""
    titles = ["outlet", *(outcome.value for outcome in _SHOWN), "pages", ""]
    out_table(titles, [_row(one) for one in report.outlets], widest=90)
    totals = {outcome: sum(one.outcomes.get(outcome, 0) for one in report.outlets) for outcome in Outcome}
    said = ", ".join(f"{count} {outcome.value}" for outcome, count in totals.items() if count) or (
        "nothing was done" if report.error else "nothing to do"
    )
    out(f"Run {report.run_id}: {said}.")
    if report.error:
        say(f"The run ended early: {report.error}")
    if pushed is not None:
        refused = f", {pushed.rejected} refused (`depesza dead-letters list --stage index`)" if pushed.rejected else ""
        out(f"Index: {pushed.written} documents written{refused}.")


def print_status(status: Status) -> None:
    """The state of things on one screen."""
    one, now = status.overview, status.overview.now
    out(f"Store      {status.store}: {one.articles} articles, {one.waiting_entries} entries wait for their page")
    out(f"Index      {one.outbox} articles wait to be pushed{_since(one.outbox_oldest_at, now)}")
    letters = ", ".join(f"{count} at stage {stage}" for stage, count in one.dead_letters.items()) or "none"
    out(f"Dead       {letters}")
    out(f"Service    {one.leader.name if one.leader else 'not running (`depesza run`)' if not one.services else 'none leads'}")
    for process in one.processes:
        out(f"Process    {_process_line(process, now)}")
    out(f"Due        {one.outlets_due} outlets wait for their turn or are being crawled{_since(one.due_oldest_at, now)}")
    for run in status.runs[:3]:
        new = sum(outlet.outcomes.get(Outcome.NEW, 0) for outlet in run.report.outlets) if run.report else 0
        out(f"Run        {line(run.started_at)}  {run.status.value}, {new} new")
    counted = ", ".join(f"{count} {verdict}" for verdict, count in one.verdicts.most_common())
    out(f"Outlets    {len(one.outlets)} crawled so far{f': {counted}' if counted else ''}")
    out(f"Incidents  {len(one.incidents) or 'none'} open")
    for trouble in troubles(one):
        out(f"Look at    {line(trouble)}")
    rows = [
        (health.outlet, health.verdict, health.failures_in_a_row, health.last_success_at, health.reason)
        for health in one.outlets
        if health.verdict in FAULTS
    ]
    out_table(["outlet", "verdict", "failures", "last success", "reason"], rows)


def _since(at: datetime | None, now: datetime) -> str:
    return f", the longest for {age(at, now)}" if at else ""


def _process_line(one: Process, now: datetime) -> str:
    crawling = one.detail.get("crawling", ())
    busy = ", ".join([*crawling[:_NAMED], *(["..."] if len(crawling) > _NAMED else ())]) or "nothing now"
    beat = f"last heartbeat {age(one.heartbeat_at, now)} ago"
    return line(f"{role_of(one)}: {one.name}, since {line(one.started_at)}, {beat}, crawls {busy}")


def _row(one: OutletReport) -> Sequence[object]:
    rest = [f"{count} {outcome.value}" for outcome, count in one.outcomes.items() if outcome not in _SHOWN]
    note = one.error if is_skipped(one) else failed(one) or ", ".join(rest)
    return [one.outlet, *(one.outcomes.get(outcome, 0) for outcome in _SHOWN), one.pages_fetched, note or ""]
