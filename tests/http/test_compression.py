from __future__ import annotations

import gzip
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro.http.transport import ResponseTooLargeError
from duro.http.transport.compression import DecompressionError, decompress

COMPRESSED = gzip.compress(b'{"a": 1}', mtime=0)


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_content_without_encoding_is_returned_unchanged(encoding):
    assert decompress(COMPRESSED, encoding, limit=10) == COMPRESSED


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_gzip_is_decompressed(encoding):
    assert decompress(COMPRESSED, encoding, limit=8) == b'{"a": 1}'
    assert decompress(b"", encoding, limit=8) == b""


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "utf-8"])
def test_encoding_that_was_not_requested_is_rejected(encoding):
    with pytest.raises(DecompressionError, match="not requested"):
        decompress(COMPRESSED, encoding, limit=10)


@pytest.mark.parametrize(
    "content",
    [b"hello", COMPRESSED[:-1], COMPRESSED[:10], COMPRESSED + b"more", COMPRESSED[:-8] + bytes(8)],
    ids=["other", "truncated", "header only", "trailing data", "wrong checksum"],
)
def test_corrupt_gzip_is_rejected(content):
    with pytest.raises(DecompressionError, match="gzip"):
        decompress(content, "gzip", limit=1_000)


@pytest.mark.parametrize("members", [1, 2, 64])
def test_limit_applies_to_the_sum_of_all_members(members):
    compressed = gzip.compress(b"0123456789") * members
    assert decompress(compressed, "gzip", limit=10 * members) == b"0123456789" * members
    with pytest.raises(ResponseTooLargeError, match="max_response_bytes"):
        decompress(compressed, "gzip", limit=10 * members - 1)


def test_thousands_of_tiny_members_are_rejected_quickly():
    started = time.process_time()
    for text in (b"", b"x"):
        with pytest.raises(DecompressionError, match="too many"):
            decompress(gzip.compress(text) * 200_000, "gzip", limit=10**9)
    assert time.process_time() - started < 5


def test_decompression_bomb_stops_at_the_limit():
    compressor = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    beginning = compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    layer = compressor.compress(bytes(1 << 20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    started = time.process_time()
    with pytest.raises(ResponseTooLargeError):
        decompress(beginning + layer * 10_000, "gzip", limit=1 << 20)
    assert time.process_time() - started < 5


@given(
    st.binary() | st.binary().map(gzip.compress) | st.binary().map(lambda rest: COMPRESSED[:10] + rest),
    st.integers(1, 50),
)
def test_any_content_is_decompressed_or_rejected(content, limit):
    try:
        plain = decompress(content, "gzip", limit=limit)
    except (ResponseTooLargeError, DecompressionError):
        return
    assert len(plain) <= limit
