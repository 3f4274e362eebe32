"""deploy/prometheus: its rules name figures that `/metrics` of a served store really has, and Prometheus' own tool accepts the files."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

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


def test_who_is_asked_is_asked_at_the_default_path() -> None:
    (job,) = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))["scrape_configs"]
    assert job.get("metrics_path", "/metrics") == "/metrics" and job["job_name"] == "depesza"
