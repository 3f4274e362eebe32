"""deploy/prometheus: its rules name figures that `/metrics` of a served store really has, and Prometheus' own tool accepts the files."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from crawler.store.health import OutletHealth, Verdict, save_health
from tests.conftest import NOON
from tests.house.image import ROOT, missing
from tests.indexer.api.conftest import opened

FOLDER = ROOT / "deploy" / "prometheus"
RULES = [rule for group in yaml.safe_load((FOLDER / "rules.yml").read_text("utf-8"))["groups"] for rule in group["rules"]]
OF_PROMETHEUS = {"up"}


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict[str, str]]]]:
    """Name -> the labels of each of its series, from a real answer."""
    with opened(tmp_path_factory.mktemp("room")) as room:
        with room.desk.database.write() as connection:
            save_health(connection, [OutletHealth(outlet="kresy", verdict="ok", updated_at=NOON)])
        with room.served() as client:
            client.get("/api/v1/search", params={"q": "most"})
            yield _series(client)


def _series(client: httpx.Client) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(client.get("/metrics").text):
        found.setdefault(family.name, [])
        for sample in family.samples:
            found.setdefault(sample.name, []).append(dict(sample.labels))
    return found


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_every_figure_and_label_that_a_rule_names_is_served(
    rule: dict[str, str], series: dict[str, list[dict[str, str]]]
) -> None:
    named = set(re.findall(r"\b(depesza_\w+|up)\b", rule["expr"].replace('job="depesza"', "")))
    assert named and named - set(series) - OF_PROMETHEUS == set()
    for name, label, values in re.findall(r'(depesza_\w+)\{(\w+)=~?"([^"]+)"\}', rule["expr"]):
        there = {one.get(label) for one in series[name]}
        assert set(values.split("|")) <= there, f"{name} never has {label} {values}"


def test_every_verdict_that_needs_a_person_is_in_the_rule_for_it() -> None:
    (rule,) = [one for one in RULES if one["alert"] == "DepeszaOutletsNeedAPerson"]
    named = set(re.findall(r'verdict=~"([^"]+)"', rule["expr"])[0].split("|"))
    assert named <= {verdict.value for verdict in Verdict}


def test_prometheus_s_own_tool_accepts_rules_and_configuration(tmp_path: Path) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        missing("promtool", "rules and configuration are not checked by Prometheus itself")
    for check in (["rules", FOLDER / "rules.yml"], ["config", "--syntax-only", FOLDER / "prometheus.yml"]):
        done = subprocess.run([tool, "check", *check], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert all({"summary"} <= set(rule["annotations"]) and rule["labels"]["severity"] in ("page", "warn") for rule in RULES)


WELL = {
    'up{job="depesza"}': "1x300", "depesza_store_up": "1x300", "depesza_leader": "1x300", "depesza_index_up": "1x300",
    "depesza_last_run_timestamp_seconds": "0+60x300", "depesza_outbox_oldest_age_seconds": "5x300",
    "depesza_outlets_due_oldest_age_seconds": "300x300",
    'depesza_outlets{verdict="ok"}': "80x300", 'depesza_outlets{verdict="unreachable"}': "20x300",
    'depesza_outlets{verdict="moved"}': "0x300", 'depesza_dead_letters{stage="file"}': "1000x300", 'depesza_alerts{status="failed"}': "0x300",
}  # fmt: skip
"""Series, a value a minute for five hours: an installation with nothing to be woken for."""
ILL = {
    "DepeszaAway": {'up{job="depesza"}': "0x300"},
    "DepeszaStoreAway": {"depesza_store_up": "0x300"},
    "DepeszaNoLeader": {"depesza_leader": "0x300"},
    "DepeszaIndexAway": {"depesza_index_up": "0x300"},
    "DepeszaNothingCrawled": {"depesza_last_run_timestamp_seconds": "0x300"},
    "DepeszaTooFewWorkers": {"depesza_outlets_due_oldest_age_seconds": "60+60x300"},
    "DepeszaOutboxOld": {"depesza_outbox_oldest_age_seconds": "3000+60x300"},
    "DepeszaManyOutletsUnreachable": {'depesza_outlets{verdict="unreachable"}': "40x300"},
    "DepeszaOutletsNeedAPerson": {'depesza_outlets{verdict="moved"}': "1x3000"},
    "DepeszaDeadLetters": {'depesza_dead_letters{stage="file"}': "1000x1500 1200x300"},
    "DepeszaAlertsFailed": {'depesza_alerts{status="failed"}': "1x300"},
}
"""What makes each rule speak."""


def test_each_rule_speaks_when_it_should_and_only_then(tmp_path: Path) -> None:
    """By Prometheus itself, over series made up here (a sample a minute)."""
    tool = shutil.which("promtool")
    if tool is None:
        missing("promtool", "rules are not tried by Prometheus itself")
    assert set(ILL) == {rule["alert"] for rule in RULES}
    said = {rule["alert"]: (rule["labels"], rule["annotations"]) for rule in RULES}
    trials = [_trial(WELL, {name: [] for name in ILL}, minutes=299)]
    for name, changed in ILL.items():
        labels, annotations = said[name]
        own = {"job": "depesza"} if name == "DepeszaAway" else {"status": "failed"} if name == "DepeszaAlertsFailed" else {}
        minutes = max(sum(int(part.partition("x")[2]) for part in values.split()) for values in changed.values()) - 1
        spoken = [{"exp_labels": {**labels, **own}, "exp_annotations": annotations}]
        trials.append(_trial(WELL | changed, {name: spoken}, minutes=minutes))
    file = tmp_path / "trial.yml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(FOLDER / "rules.yml")], "evaluation_interval": "1m", "tests": trials}), "utf-8"
    )
    done = subprocess.run([tool, "test", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _trial(series: dict[str, str], expected: dict[str, list[Any]], *, minutes: int) -> dict[str, Any]:
    return {
        "interval": "1m", "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": f"{minutes}m", "alertname": name, "exp_alerts": alerts} for name, alerts in expected.items()],
    }  # fmt: skip


def test_who_is_asked_is_asked_at_the_default_path() -> None:
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    assert job.get("metrics_path", "/metrics") == "/metrics" and job["job_name"] == "depesza"
