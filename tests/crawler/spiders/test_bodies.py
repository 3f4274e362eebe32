"""Content-Encoding off within a limit."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from crawler.spiders.bodies import decode

PACKERS = {
    "gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}  # fmt: skip


@given(st.binary(max_size=5000), st.lists(st.sampled_from(sorted(PACKERS)), max_size=3), st.integers(1, 6000))
def test_what_was_packed_comes_out_whole_or_cut_at_the_limit(data: bytes, layers: list[str], limit: int) -> None:
    packed = data
    for name in layers:
        packed = PACKERS[name](packed)
    if any(len(packed) > limit for _ in layers) and len(layers) > 1:
        return  # an inner layer longer than the limit is cut too, and then may be no valid stream
    body = decode(packed, [", ".join(layers)], limit)
    assert body.data == data[: len(body.data)] and len(body.data) <= limit
    if len(data) <= limit and len(layers) < 2:
        assert body == (data, False)


@given(st.binary(max_size=2000), st.sampled_from(sorted(PACKERS)))
def test_bytes_that_are_no_such_encoding_are_a_value_error_or_some_bytes(data: bytes, name: str) -> None:
    try:
        assert len(decode(data, [name], 10_000).data) <= 10_000
    except ValueError as error:
        assert name in str(error)


def test_bare_deflate_and_several_gzip_members_are_read() -> None:
    packer = zlib.compressobj(wbits=-15)
    assert decode(packer.compress(b"text") + packer.flush(), ["deflate"], 100).data == b"text"
    assert decode(gzip.compress(b"one ") + gzip.compress(b"two"), ["GZIP"], 100).data == b"one two"


@pytest.mark.parametrize("encodings", [["gzip, gzip, gzip, gzip"], ["sdch"], ["br", "compress"]])
def test_a15_unknown_encodings_and_deep_nests_are_refused(encodings: list[str]) -> None:
    with pytest.raises(ValueError, match="encod"):
        decode(b"data", encodings, 100)


@pytest.mark.parametrize("name", sorted(PACKERS))
def test_a15_a_bomb_costs_no_more_memory_than_the_limit(name: str) -> None:
    import tracemalloc

    packed = PACKERS[name](b"\0" * 50_000_000)
    tracemalloc.start()
    body = decode(packed, [name], 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert body.cut and len(body.data) == 1_000_000
    assert peak < 20_000_000
