"""How one crawl of an outlet went, from its report alone. Pure.

Not here: the verdict on the outlet, which looks further back (`scheduler.verdicts`).
"""

from __future__ import annotations

from crawler.model.run import ALREADY_RUNNING, OutletReport, SourceStatus

ANSWERED = {SourceStatus.OK, SourceStatus.NOT_MODIFIED, SourceStatus.SAME_BODY, SourceStatus.EMPTY}


def is_skipped(report: OutletReport) -> bool:
    """Somebody else crawls the outlet at this moment: nothing was done, nothing is wrong (SAFETY F12)."""
    return report.error == ALREADY_RUNNING


def asked_nothing(report: OutletReport) -> bool:
    """Every source rests (back-off, Retry-After, gone) and no page was due: the crawl says nothing about the outlet."""
    return not report.sources and not report.pages_fetched and report.error is None


def answered(report: OutletReport) -> bool:
    """One source that answers is enough."""
    return any(source.status in ANSWERED for source in report.sources)


def failed(report: OutletReport) -> str | None:
    """Why the crawl of this outlet counts as failed, in words; None when it does not."""
    if is_skipped(report):
        return None
    if report.error:
        return report.error
    if report.sources and not answered(report):
        worst = report.sources[0]
        return f"{worst.status.value}: {worst.error or worst.url}"
    return None
