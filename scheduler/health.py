"""How an outlet fares, judged from the report of its crawl and the verdict before. Pure.

Not here: keeping verdicts (`crawler.store.health`), telling people (`scheduler.cli`: `status`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crawler.model.run import ALREADY_RUNNING, Outcome, OutletReport, SourceStatus
from crawler.store.health import OutletHealth

ANSWERED = {SourceStatus.OK, SourceStatus.NOT_MODIFIED, SourceStatus.SAME_BODY, SourceStatus.EMPTY}
QUIET_AFTER = timedelta(days=7)
"""An outlet whose sources answer but that brought nothing new for so long is worth a look."""
_BAD = {
    SourceStatus.BLOCKED: "blocked", SourceStatus.REFUSED: "blocked", SourceStatus.UNREADABLE: "unreadable",
    SourceStatus.UNREACHABLE: "unreachable", SourceStatus.GONE: "unreachable",
}  # fmt: skip


def is_skipped(report: OutletReport) -> bool:
    """Somebody else crawls the outlet at this moment: nothing was done, nothing is wrong (SAFETY F12)."""
    return report.error == ALREADY_RUNNING


def failed(report: OutletReport) -> str | None:
    """Why the crawl of this outlet counts as failed, in words; None when it does not. One source that answers is enough."""
    if is_skipped(report):
        return None
    if report.error:
        return report.error
    if report.sources and not any(source.status in ANSWERED for source in report.sources):
        worst = report.sources[0]
        return f"{worst.status.value}: {worst.error or worst.url}"
    return None


def judge(report: OutletReport, before: OutletHealth | None, now: datetime) -> OutletHealth | None:
    """The new verdict on an outlet, or None when the crawl says nothing about it (skipped)."""
    if is_skipped(report):
        return None
    last_success_at = before.last_success_at if before else None
    last_new_at = before.last_new_article_at if before else None
    if report.outcomes.get(Outcome.NEW):
        last_new_at = now
    reason = failed(report)
    if reason is not None:
        verdict, failures = _verdict(report), (before.failures_in_a_row if before else 0) + 1
    else:
        last_success_at, failures, verdict, reason = now, 0, "ok", ""
        blocked = report.outcomes.get(Outcome.BLOCKED, 0)
        if blocked and blocked == report.pages_fetched:
            verdict, reason = "blocked", f"every page fetched ({blocked}) was a wall or a challenge"
        elif last_new_at is not None and now - last_new_at > QUIET_AFTER:
            verdict, reason = "quiet", f"nothing new since {last_new_at:%Y-%m-%d}"
    return OutletHealth(
        outlet=report.outlet, last_success_at=last_success_at, last_new_article_at=last_new_at, failures_in_a_row=failures,
        verdict=verdict, reason=reason, updated_at=now,
        detail={
            "entries": report.entries, "pages_fetched": report.pages_fetched,
            "sources": [{"url": one.url, "status": one.status.value, "error": one.error} for one in report.sources],
        },
    )  # fmt: skip


def _verdict(report: OutletReport) -> str:
    found = {_BAD.get(source.status, "failing") for source in report.sources}
    return found.pop() if len(found) == 1 else "failing"
