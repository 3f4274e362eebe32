"""Every fault and attack that the house answers for has a test with its number in its name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
FAULTS = [7, 8, 9, 12, *range(14, 20), *range(21, 27), 30, 31, 32, 33]
ATTACKS = [*range(1, 18), 19]
NAMED = {
    name for path in TESTS.rglob("test_*.py") for name in re.findall(r"def test_([fa]\d\d)_", path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("row", [f"f{number:02}" for number in FAULTS] + [f"a{number:02}" for number in ATTACKS])
def test_a_row_of_the_list_of_faults_and_attacks_has_a_test(row: str) -> None:
    assert row in NAMED
