"""Decompression of response bodies, with a limit on the result."""

from __future__ import annotations

import zlib
from typing import Final

from . import ResponseTooLargeError

__all__ = ["DecompressionError", "decompress"]

_GZIP: Final = 16 + zlib.MAX_WBITS
# Servers send one member. zlib copies all bytes after a member, so that millions of tiny members would take hours.
_MAX_MEMBERS: Final = 64


class DecompressionError(Exception):
    """Response body that does not match its ``Content-Encoding``."""


def decompress(content: bytes, encoding: str, *, limit: int) -> bytes:
    """Decompress a response body.

    Args:
        content: Body as received.
        encoding: Value of ``Content-Encoding``, empty without one.
        limit: Size of the result in bytes at most. A few kilobytes can decompress to gigabytes.

    Returns:
        The decompressed body.

    Raises:
        ResponseTooLargeError: The result would exceed the limit.
        DecompressionError: The encoding is unknown, or the body is corrupt.

    Example:
        >>> import gzip
        >>> decompress(gzip.compress(b"{}"), "gzip", limit=100)
        b'{}'
    """
    if encoding in ("", "identity") or not content:
        return content
    if encoding not in ("gzip", "x-gzip"):
        raise DecompressionError("the response has a content encoding that was not requested")
    plain = b""
    for _ in range(_MAX_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            plain += member.decompress(content, limit + 1 - len(plain))
        except zlib.error as error:
            raise DecompressionError(f"the response is not valid gzip ({error})") from None
        if len(plain) > limit:
            raise ResponseTooLargeError(limit)
        if not member.eof:
            raise DecompressionError("the gzip data of the response is truncated")
        content = member.unused_data
        if not content:
            return plain
    raise DecompressionError("the gzip data of the response has too many members")
