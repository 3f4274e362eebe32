"""What the scheduler's commands print for people: a run's report, the state of things. Results only; no decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crawler.model.run import Outcome, OutletReport, RunReport
from crawler.terminal import line, out, out_table, say
from scheduler.health import failed, is_skipped

if TYPE_CHECKING:
    from indexer.push import PushReport
    from scheduler.status import Status

_SHOWN = (Outcome.NEW, Outcome.REVISED, Outcome.UNCHANGED, Outcome.SEEN, Outcome.LATER)
"""Outcomes with a column of their own; the rest stands in words at the end of the line."""


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
    out(f"Store     {status.store}: {status.articles} articles, {status.waiting_entries} entries wait for their page")
    waiting = f", the oldest since {line(status.outbox_oldest_at)}" if status.outbox_oldest_at else ""
    out(f"Index     {status.outbox} articles wait to be pushed{waiting}")
    letters = ", ".join(f"{count} at stage {stage}" for stage, count in status.dead_letters.items()) or "none"
    out(f"Dead      {letters}")
    out(f"Service   {status.service or 'not running (`depesza run`)'}")
    for run in status.runs[:3]:
        new = sum(one.outcomes.get(Outcome.NEW, 0) for one in run.report.outlets) if run.report else 0
        out(f"Run       {line(run.started_at)}  {run.status.value}, {new} new")
    troubled = [one for one in status.outlets if one.verdict != "ok"]
    out(f"Outlets   {len(status.outlets)} crawled so far, {len(troubled)} with trouble")
    rows = [(one.outlet, one.verdict, one.failures_in_a_row, one.last_success_at, one.reason) for one in troubled]
    out_table(["outlet", "verdict", "failures", "last success", "reason"], rows)


def _row(one: OutletReport) -> Sequence[object]:
    rest = [f"{count} {outcome.value}" for outcome, count in one.outcomes.items() if outcome not in _SHOWN]
    note = one.error if is_skipped(one) else failed(one) or ", ".join(rest)
    return [one.outlet, *(one.outcomes.get(outcome, 0) for outcome in _SHOWN), one.pages_fetched, note or ""]
