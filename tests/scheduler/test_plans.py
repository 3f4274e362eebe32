"""The catalogue as `depesza serve` tells it: schedules, next slots and the kinds of sources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from indexer import serve_cli
from indexer.desk import Desk
from scheduler.plans import CataloguePlans

if TYPE_CHECKING:
    from tests.scheduler.conftest import SmallOutlet

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_an_outlet_s_schedule_next_slot_and_sources_are_those_of_its_file(small_outlet: SmallOutlet) -> None:
    small_outlet.write(schedule='[schedule]\ncron = "30 14 * * *"')
    plan = CataloguePlans(small_outlet.locations).plan("jodlowo", NOON)
    assert plan is not None
    assert (plan.schedule, plan.decided_by) == ("30 14 * * * Europe/Warsaw", "its own [schedule]")
    assert plan.next_slot_at == NOON + timedelta(minutes=90), "14:30 in Warsaw"
    assert list(plan.kinds.values()) == ["feed"] and all(url.startswith("http") for url in plan.kinds)


def test_an_adaptive_outlet_has_no_slot(small_outlet: SmallOutlet) -> None:
    small_outlet.write(schedule="[schedule]\nadaptive = true")
    plan = CataloguePlans(small_outlet.locations).plan("jodlowo", NOON)
    assert plan is not None and plan.next_slot_at is None and plan.schedule.startswith("adaptive ")


def test_what_is_not_watched_or_cannot_be_read_has_no_plan(small_outlet: SmallOutlet) -> None:
    assert CataloguePlans(small_outlet.locations).plan("unknown", NOON) is None
    small_outlet.write(schedule='[schedule]\ncron = "a line that is none"')
    assert CataloguePlans(small_outlet.locations).plan("jodlowo", NOON) is None


def test_serve_gives_the_desk_the_catalogue(small_outlet: SmallOutlet, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Any] = []

    def note(desk: Desk, *_: Any) -> None:
        plan = desk.plans.plan("jodlowo", NOON) if desk.plans else None
        served.append(plan.schedule if plan else None)

    monkeypatch.setattr(serve_cli, "_run", note)
    result = small_outlet.run("serve", "--port", "0")
    assert result.exit_code == 0, result.output
    assert served == ["every 900 s"]
