"""What the parts of a run share: the plan and the tools of this process. Made once by `crawler.run`, passed down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crawler.model.run import CrawlPlan
from crawler.outlets.agencies import Agencies
from crawler.spiders.fetching import Fetcher
from crawler.spiders.filing_queue import FilingQueue
from crawler.spiders.hold import Hold
from crawler.spiders.ledger import Ledger
from crawler.workers import PagePool, Shared

PAGES_AT_ONCE = 200
"""Pages under way in the process, those that wait for their outlet's delay included; 200 usual ones are 40 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """The tools of one run."""

    plan: CrawlPlan
    fetcher: Fetcher
    ledger: Ledger
    filing: FilingQueue
    pool: PagePool
    agencies: Agencies
    names: Shared[Agencies]
    """The same for the workers."""
    now: Callable[[], datetime]
    stopping: asyncio.Event
    """Set when the run is to end: nothing new is begun."""
    hold: Hold
    """Until when the leases are surely ours."""
    room: asyncio.Semaphore
    """Pages under way at once."""
