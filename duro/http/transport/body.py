"""Bodies of requests and responses on their way through an HTTP library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from . import ResponseTooLargeError
from .compression import decompress

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterator

    from ..request import Headers

__all__ = ["BodyBuffer", "RequestBody", "read_body"]


class RequestBody:
    """Body in one chunk. Its iterator is not a generator, of which trio warns when a cancelled request leaves it.

    Args:
        content: Bytes of the body, possibly none.
    """

    def __init__(self, content: bytes) -> None:
        self._chunks = [content] if content else []

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _Chunks(iter(self._chunks))

    async def aclose(self) -> None:
        """Do nothing, because bytes need not be closed."""


class _Chunks:
    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


async def read_body(chunks: AsyncIterable[bytes], headers: Headers, *, limit: int) -> bytes:
    """Receive and decompress the body of a response.

    Args:
        chunks: Body as received, compressed or not.
        headers: Headers of the response.
        limit: Size in bytes at most, compressed and decompressed.

    Returns:
        The decompressed body.

    Raises:
        ResponseTooLargeError: The body is larger than the limit.
        DecompressionError: The body does not match its ``Content-Encoding``.
    """
    buffer = BodyBuffer(headers, limit=limit)
    async for chunk in chunks:
        buffer.add(chunk)
    return buffer.decompress()


class BodyBuffer:
    """Body of a response while it is received.

    Args:
        headers: Headers of the response.
        limit: Size in bytes at most, compressed and decompressed.

    Raises:
        ResponseTooLargeError: The headers announce a larger body.
    """

    def __init__(self, headers: Headers, *, limit: int) -> None:
        if _declared_length(headers) > limit:
            raise ResponseTooLargeError(limit)
        self._headers = headers
        self._limit = limit
        # One buffer, because a server may send single bytes, and each bytes object takes over 30 bytes.
        self._content = bytearray()

    def add(self, chunk: bytes | bytearray) -> None:
        """Add received bytes.

        Args:
            chunk: Next bytes of the body.

        Raises:
            ResponseTooLargeError: The body is larger than the limit.
        """
        if len(self._content) + len(chunk) > self._limit:
            raise ResponseTooLargeError(self._limit)
        self._content += chunk

    def decompress(self) -> bytes:
        """Return the complete body, decompressed.

        Raises:
            ResponseTooLargeError: The decompressed body is larger than the limit.
            DecompressionError: The body does not match its ``Content-Encoding``.
        """
        encoding = (self._headers.get("content-encoding") or "").strip().lower()
        return decompress(bytes(self._content), encoding, limit=self._limit)


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length") or ""
    return int(declared) if re.fullmatch("[0-9]{1,20}", declared) else 0
