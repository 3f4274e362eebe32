"""Known outlets are read several times as fast as at first sight, and as by trafilatura: ratios of CPU time in one run."""

from __future__ import annotations

from tests.crawler.measure_templates import measure
from tests.themes import make_outlet

BY_TRAFILATURA, BY_FIRST_SIGHT = 1.3, 2.2
"""Half of what was measured (README of `crawler/normalize/template`): the machine that tests is busy with other things."""


def test_a_known_page_costs_a_fraction_of_a_page_read_by_trafilatura_or_at_first_sight() -> None:
    cost = measure([make_outlet(slug, 14) for slug in ("glos-zulaw", "saltby-mercury", "muehlbacher-anzeiger", "visti-polissia")])
    assert cost.trafilatura > BY_TRAFILATURA * cost.crawled
    assert cost.first_sight > BY_FIRST_SIGHT * cost.crawled
    assert cost.trafilatura > 0.3 * cost.first_sight
