"""Undoing the content encoding of an answer, within a limit."""

from __future__ import annotations

import zlib
from typing import Final

from . import ResponseTooLargeError

__all__ = ["UnreadableContentError", "decoded"]

_GZIP: Final = 16 + zlib.MAX_WBITS
# A server writes one; what follows a member is copied, so millions of tiny ones would take hours.
_MOST_MEMBERS: Final = 64


class UnreadableContentError(Exception):
    """The content is not what its header says."""


def decoded(content: bytes, encoding: str, *, limit: int) -> bytes:
    """Undo a content encoding.

    Args:
        content: The content as it came.
        encoding: The ``Content-Encoding``, empty for none.
        limit: Bytes that the result may have at most; a few kilobytes can unfold to gigabytes.

    Returns:
        The plain content.

    Raises:
        ResponseTooLargeError: The result would pass the limit.
        UnreadableContentError: The encoding is unknown, or the content breaks it.

    Example:
        >>> import gzip
        >>> decoded(gzip.compress(b"{}"), "gzip", limit=100)
        b'{}'
    """
    if encoding in ("", "identity") or not content:
        return content
    if encoding not in ("gzip", "x-gzip"):
        raise UnreadableContentError("the answer has a content encoding that was not asked for")
    plain = b""
    for _ in range(_MOST_MEMBERS):
        member = zlib.decompressobj(_GZIP)
        try:
            plain += member.decompress(content, limit + 1 - len(plain))
        except zlib.error as error:
            raise UnreadableContentError(f"the answer is no gzip ({error})") from None
        if len(plain) > limit:
            raise ResponseTooLargeError(limit)
        if not member.eof:
            raise UnreadableContentError("the answer's gzip is cut short")
        content = member.unused_data
        if not content:
            return plain
    raise UnreadableContentError("the answer's gzip is cut into too many members")
