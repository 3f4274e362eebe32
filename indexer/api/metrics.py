"""`/metrics`: the state of the installation in the text format of Prometheus, made from the store at each scrape.

So it is right whichever processes run, on one machine or many; only the HTTP figures are this process's own (`traffic`). The figures
are at most KEPT_S old. Names are in `README.md`. Not here: what a figure means (`crawler.store.overview`).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from crawler.errors import DepeszaError
from crawler.store.dead_letters import Stage
from crawler.store.health import FAULTS, Verdict
from crawler.store.incidents import THIS_SIDE
from crawler.store.leases import shared_now
from crawler.store.overview import Overview, read_overview, size_bytes
from crawler.store.runs import RunStatus
from indexer.api.traffic import Traffic
from indexer.desk import Desk
from indexer.engine import EngineStatus

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
KEPT_S = 10.0
"""Several who scrape, or one in haste, cost one reading."""


def make_router(desk: Desk, traffic: Traffic, *, per_outlet: bool) -> APIRouter:
    """The address. `per_outlet`: five series an outlet as well."""
    router = APIRouter(tags=["health"])
    registry = CollectorRegistry()
    registry.register(StateCollector(desk, per_outlet=per_outlet))

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
    def metrics() -> Response:
        """For Prometheus. Answers also when store or index is away: `depesza_store_up` and `depesza_index_up` say so."""
        text = generate_latest(registry) + generate_latest(traffic.registry)
        return Response(text, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    return router


class StateCollector(Collector):
    """Reads the store when it is collected."""

    def __init__(self, desk: Desk, *, per_outlet: bool) -> None:
        self._desk, self._per_outlet = desk, per_outlet
        self._kept: tuple[float, list[Metric]] = (float("-inf"), [])

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: registering must not read the store."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The families, at most KEPT_S old. Two threads may read at once; either answer is right."""
        if time.monotonic() - self._kept[0] > KEPT_S:
            self._kept = time.monotonic(), list(self._read())
        return self._kept[1]

    def _read(self) -> Iterator[Metric]:
        yield gauge("build_info", "Version of the server.", {(version("depesza"),): 1}, ("version",))
        try:
            with self._desk.database.read() as connection:
                overview = read_overview(connection, shared_now(connection, self._desk.now()))
                size = size_bytes(connection)
        except DepeszaError:
            yield gauge("store_up", "Whether the store answers.", {(): 0})
        else:
            yield gauge("store_up", "Whether the store answers.", {(): 1})
            yield gauge("store_size_bytes", "What the store takes on disk.", {(): size})
            yield from state_metrics(overview)
            if self._per_outlet:
                yield from outlet_metrics(overview)
        yield from index_metrics(self._index())

    def _index(self) -> EngineStatus | None:
        try:
            status = self._desk.engine.status()
        except DepeszaError:
            return None
        return None if status.document_version is None else status


def index_metrics(status: EngineStatus | None) -> Iterator[Metric]:
    """Of the search index; None: it does not answer, or is not there."""
    yield gauge("index_up", "Whether the search index answers.", {(): int(status is not None)})
    if status is not None:
        yield gauge("index_documents", "Documents in the search index.", {(): status.documents})
        yield gauge("index_size_bytes", "What the search index takes on disk.", {(): status.size_bytes})


def state_metrics(one: Overview) -> Iterator[Metric]:
    """Of the installation as a whole: a bounded number of series."""
    now = one.now
    heartbeats = [(now - service.heartbeat_at).total_seconds() for service in one.services]
    verdicts = dict.fromkeys((verdict.value for verdict in Verdict), 0) | one.verdicts
    incidents = dict.fromkeys((*sorted(fault.value for fault in FAULTS), THIS_SIDE), 0)
    incidents |= Counter(incident.verdict for incident in one.incidents)
    kinds = {kind: sum(process.kind == kind for process in one.processes) for kind in ("service", "worker")}
    yield gauge("leader", "Whether a service keeps time.", {(): int(one.leader is not None)})
    yield gauge("processes", "Processes that live.", _labelled(kinds), ("kind",))
    yield gauge(
        "service_heartbeat_age_seconds",
        "Age of the youngest heartbeat of a service.",
        {(): min(heartbeats)} if heartbeats else {},
    )
    yield gauge("outlets", "Outlets by verdict.", _labelled(verdicts), ("verdict",))
    yield gauge(
        "incidents_open",
        'Open incidents by verdict; "this side" is no outlet\'s: most are silent at once.',
        _labelled(incidents),
        ("verdict",),
    )
    yield gauge("outlets_due", "Outlets that wait for their turn or are being crawled.", {(): one.outlets_due})
    yield gauge("outlets_due_oldest_age_seconds", "How long the longest of them waits.", {(): _age(one.due_oldest_at, now)})
    yield gauge("articles", "Articles in the store.", {(): one.articles})
    yield gauge(
        "articles_new_last_day", "Articles filed for the first time in the last 24 hours.", {(): sum(one.new_articles.values())}
    )
    yield gauge("frontier_entries", "Entries whose page is still to be fetched.", {(): one.waiting_entries})
    yield gauge("outbox_articles", "Articles that wait for the search index.", {(): one.outbox})
    yield gauge("outbox_oldest_age_seconds", "How long the longest of them waits.", {(): _age(one.outbox_oldest_at, now)})
    letters = dict.fromkeys((stage.value for stage in Stage), 0) | dict(one.dead_letters)
    yield gauge("dead_letters", "What could not go on, by stage.", _labelled(letters), ("stage",))
    runs = dict.fromkeys((status.value for status in RunStatus), 0) | dict(one.runs)
    yield gauge("runs_last_day", "Runs begun in the last 24 hours.", _labelled(runs), ("status",))
    yield gauge("crawl_seconds_last_day", "What they took together.", {(): one.run_seconds})
    yield gauge("last_run_timestamp_seconds", "When the newest run ended.", _stamp(one.last_run_at))
    yield gauge("alerts", "Messages of watches that wait, or failed in the last seven days.", _labelled(one.alerts), ("status",))


def outlet_metrics(one: Overview) -> Iterator[Metric]:
    """Five series an outlet."""
    slugs = {health.outlet: health for health in one.outlets}
    up = {(slug, health.verdict): int(health.failures_in_a_row == 0) for slug, health in slugs.items()}
    yield gauge("outlet_up", "Whether its sources answered the last time, with its verdict.", up, ("outlet", "verdict"))
    failures = {(slug,): health.failures_in_a_row for slug, health in slugs.items()}
    yield gauge("outlet_failures_in_a_row", "Crawls in a row of which no source answered.", failures, ("outlet",))
    answered = {(slug,): health.last_success_at.timestamp() for slug, health in slugs.items() if health.last_success_at}
    yield gauge("outlet_last_success_timestamp_seconds", "Last crawl that a source answered.", answered, ("outlet",))
    told = {(slug,): health.last_new_article_at.timestamp() for slug, health in slugs.items() if health.last_new_article_at}
    yield gauge("outlet_last_new_article_timestamp_seconds", "Last crawl that brought a new article.", told, ("outlet",))
    new = {(slug,): one.new_articles.get(slug, 0) for slug in slugs}
    yield gauge("outlet_articles_new_last_day", "Articles filed for the first time in the last 24 hours.", new, ("outlet",))


def gauge(name: str, about: str, values: Mapping[Any, float], labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    """A family "depesza_..."; a value by its labels, a tuple as long as `labels`."""
    family = GaugeMetricFamily(f"depesza_{name}", about, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _labelled(counts: Mapping[str, int]) -> dict[tuple[str, ...], float]:
    return {(name,): count for name, count in counts.items()}


def _age(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0


def _stamp(at: datetime | str | None) -> dict[tuple[str, ...], float]:
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return {(): moment.timestamp()} if moment else {}
