"""`crawler.discovery.freshness`: what headers say of an answer's freshness."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.discovery.freshness import MAX_FRESH_S, stated_freshness

DATE = "Tue, 24 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("cache_control", "expires", "seconds"),
    [
        ("max-age=300", None, 300), ("public, MAX-AGE=60, must-revalidate", None, 60), ('max-age="90"', None, 90),
        ("max-age=0", None, None), ("no-cache, max-age=300", None, None), ("no-store", None, None), ("private", None, None),
        ("s-maxage=300", None, None), ("max-age=300", "Tue, 24 Nov 2026 14:00:00 GMT", 300),
        (None, "Tue, 24 Nov 2026 12:05:00 GMT", 300), (None, "Tue, 24 Nov 2026 11:00:00 GMT", None), (None, "0", None),
        (None, "-1", None), ("max-age=99999999999999999", None, MAX_FRESH_S), (None, None, None), ("max-age=soon", None, None),
    ],
)  # fmt: skip
def test_the_headers_as_rfc_9111_reads_them(cache_control: str | None, expires: str | None, seconds: int | None) -> None:
    assert stated_freshness(cache_control, expires, DATE) == seconds


@given(st.none() | st.text(max_size=60), st.none() | st.text(max_size=60), st.none() | st.text(max_size=60))
def test_no_header_breaks_it(cache_control: str | None, expires: str | None, date: str | None) -> None:
    seconds = stated_freshness(cache_control, expires, date)
    assert seconds is None or 0 < seconds <= MAX_FRESH_S
