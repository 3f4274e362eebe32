"""Content-Encoding off, within a limit (SAFETY F19, A15): what comes out is never larger than asked for, however deep the nest.

Own code, because Scrapy's middleware refuses a body that is too large as a whole, while a feed's first 10 MiB are wanted.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import brotli
import zstandard

ACCEPTED = "gzip, deflate, br, zstd"
MAX_LAYERS = 3
"""Encodings on top of one another; real servers use one, a proxy may add a second."""
_ZSTD_WINDOW_BYTES = 8 << 20
"""RFC 8878 section 3.1.1.1.2: decoders should accept windows up to 8 MiB; more is refused."""


class Body(NamedTuple):
    """A body without content encoding. `cut`: it was longer than the limit and ends there."""

    data: bytes
    cut: bool


def decode(data: bytes, encodings: Sequence[str], limit: int) -> Body:
    """Undo the encodings (values of Content-Encoding, in header order), keeping at most `limit` bytes.

    A stream that breaks off gives what could be read. Raises ValueError with the reason for bytes that are not of the
    encoding they claim, for an unknown encoding and for more than three layers.
    """
    layers = [name.strip().lower() for value in encodings for name in value.split(",")]
    layers = [name for name in layers if name and name != "identity"]
    if len(layers) > MAX_LAYERS:
        raise ValueError(f"the body is encoded {len(layers)} times over")
    cut = False
    for name in reversed(layers):
        decoder = _DECODERS.get(name)
        if decoder is None:
            raise ValueError(f"the body has an unknown encoding: {name[:40]}")
        try:
            data = decoder(data, limit + 1) if data else b""
        except (zlib.error, brotli.error, zstandard.ZstdError) as error:
            raise ValueError(f"the body is no valid {name}: {error}") from None
        cut = cut or len(data) > limit
    return Body(data[:limit], cut or len(data) > limit)


def _gunzip(data: bytes, limit: int) -> bytes:
    """All members of a gzip file one after the other, as RFC 1952 section 2.2 has it; other bytes after them are ignored."""
    out = bytearray()
    while data and len(out) < limit:
        decoder = zlib.decompressobj(wbits=31)
        try:
            out += decoder.decompress(data, limit - len(out))
        except zlib.error:
            if not out:
                raise
            break
        data = decoder.unused_data
    return bytes(out)


def _inflate(data: bytes, limit: int) -> bytes:
    """Deflate in its zlib wrapper, or bare as some servers send it."""
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error:
        return zlib.decompressobj(wbits=-15).decompress(data, limit)


def _unbrotli(data: bytes, limit: int) -> bytes:
    decoder = brotli.Decompressor()
    out = bytearray(decoder.process(data, output_buffer_limit=limit))
    while len(out) < limit and not decoder.is_finished():
        more = decoder.process(b"", output_buffer_limit=limit - len(out))
        if not more:
            break
        out += more
    return bytes(out[:limit])


def _unzstd(data: bytes, limit: int) -> bytes:
    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES)
    with decoder.stream_reader(data, read_across_frames=True) as reader:
        return bytes(reader.read(limit))


_DECODERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gunzip, "x-gzip": _gunzip, "deflate": _inflate, "br": _unbrotli, "zstd": _unzstd,
}  # fmt: skip
