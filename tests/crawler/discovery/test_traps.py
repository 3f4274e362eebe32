"""`crawler.discovery.traps`: addresses without end (SAFETY.md, A19)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.traps import PatternBudget, pattern_of, trap_reason


@pytest.mark.parametrize(
    "path",
    [
        "a/b/" * 20,
        "x/y/x/y/x/y/x/y",
        "kalendarz/2031/12/",
        "lista?page=10001",
        "lista?" + "&".join(f"p{n}=1" for n in range(12)),
        "a" * 3000,
    ],
)
def test_a19_an_address_of_a_trap_is_recognised(path: str) -> None:
    assert trap_reason(f"https://gazeta.example/{path}")


@pytest.mark.parametrize("path", ["kraj/zima-wraca", "2026/11/24/most", "wiadomosci/7,114884,30000001.html", "x?id=5&page=2", ""])
def test_a19_an_address_of_an_article_is_no_trap(path: str) -> None:
    assert trap_reason(f"https://gazeta.example/{path}") is None


def test_a19_addresses_of_one_shape_have_a_budget() -> None:
    budget = PatternBudget(limit=3)
    assert [budget.takes(f"https://gazeta.example/kalendarz/2026/{day}") for day in range(5)] == [True, True, True, False, False]
    assert budget.takes("https://gazeta.example/kraj/zima-wraca")


def test_the_shape_of_an_address_forgets_numbers_and_slugs() -> None:
    assert pattern_of("https://gazeta.example/2026/11/zima-w-gorach-123?id=5&utm_source=x") == "gazeta.example/N/N/S?id"
    assert pattern_of("https://gazeta.example/0123456789abcdef0123") == "gazeta.example/H"
    assert pattern_of("nothing") == ""


@given(st.text(max_size=60))
def test_no_address_breaks_the_trap_detector(text: str) -> None:
    trap_reason(text)
    trap_reason("https://gazeta.example/" + text)
    pattern_of("https://gazeta.example/" + text)
