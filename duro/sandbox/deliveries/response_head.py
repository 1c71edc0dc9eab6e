"""Head of the usual response of an endpoint, parsed without the work that the unusual ones need."""

from __future__ import annotations

import re
from typing import Final

from attrs import frozen

__all__ = ["ResponseHead", "parse_usual_head"]

_STATUS_LINE: Final = re.compile(rb"http/1\.1 ([2-5][0-9]{2})(?: [^\r\n]*)?(?=\r\n)")
_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,6})[ \t]*(?=\r\n)")
# Headers that change the form of the body or end the connection, and lines that are not valid.
_UNUSUAL: Final = re.compile(
    rb"\r\n(?:transfer-encoding:|content-encoding:|connection:(?! *keep-alive\r)|[^:\r]*[ \t\r])"
)
NO_CONTENT: Final = 204
NOT_MODIFIED: Final = 304


@frozen
class ResponseHead:
    """Head of a response.

    Attributes:
        status: HTTP status.
        size: Bytes of the status line and the headers.
        length: Bytes of the body.
    """

    status: int
    size: int
    length: int

    @property
    def end(self) -> int:
        """Bytes of the whole response."""
        return self.size + self.length


def parse_usual_head(data: bytes) -> ResponseHead | None:
    r"""Parse the head of a response with ``Content-Length`` or status 204 that keeps its connection open.

    Args:
        data: First bytes of the response.

    Returns:
        The head. ``None`` for a response that needs a complete parser, and for an incomplete head.

    Example:
        >>> parse_usual_head(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        ResponseHead(status=200, size=38, length=2)
        >>> parse_usual_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") is None
        True
    """
    size = data.find(b"\r\n\r\n") + 4
    head = data[: size - 2].lower()
    line = _STATUS_LINE.match(head)
    if size < 4 or line is None or _UNUSUAL.search(head, line.end()):
        return None
    status, lengths = int(line[1]), _LENGTH.findall(head)
    if status == NO_CONTENT and b"content-length" not in head:
        return ResponseHead(status, size, 0)
    if status in (NO_CONTENT, NOT_MODIFIED) or len(lengths) != 1 or head.count(b"content-length") != 1:
        return None
    return ResponseHead(status, size, int(lengths[0]))
