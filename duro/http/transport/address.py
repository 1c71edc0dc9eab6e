"""Address of the API, in the parts that a connection needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from attrs import frozen

if TYPE_CHECKING:
    from ..request import Request

__all__ = ["Address"]

_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
# Without the empty line at its end. A line break in a value would match as the begin of another line.
_HEAD: Final = re.compile(rb"[A-Z]+ [!-~]+ HTTP/1\.1(?:\r\n[A-Za-z0-9!#$%&'*+.^_`|~-]+: [^\r\n\0]*)*")


@frozen
class Address:
    """Address of the API.

    Attributes:
        prefix: Scheme, host and port as in the URLs of requests.
        host: Host name or IP address.
        port: TCP port.
        is_secure: Whether the connections use TLS.
        host_line: Header line ``Host``.
    """

    prefix: str
    host: str
    port: int
    is_secure: bool
    host_line: tuple[bytes, bytes]

    @classmethod
    def parse(cls, base_url: str) -> Address:
        """Parse the base URL of a client.

        Args:
            base_url: Valid URL.

        Example:
            >>> Address.parse("https://api.useduro.com").port
            443
        """
        parts = urlsplit(base_url)
        is_secure = parts.scheme == "https"
        return cls(
            prefix=f"{parts.scheme}://{parts.netloc}",
            host=parts.hostname or "",
            port=parts.port or (443 if is_secure else 80),
            is_secure=is_secure,
            host_line=(b"host", parts.netloc.encode("ascii")),
        )

    def find_target(self, request: Request) -> str:
        """Return the path and the query of a request."""
        return request.url.removeprefix(self.prefix) or "/"

    def list_headers(self, request: Request) -> list[tuple[bytes, bytes]]:
        """Return the header lines of a request, with those that its connection adds."""
        lines = [self.host_line, *request.headers]
        if request.content is not None or request.method in _BODY_METHODS:
            lines.append((b"content-length", b"%d" % len(request.content or b"")))
        return lines

    def serialize(self, request: Request) -> bytes:
        """Return the bytes of a request.

        Raises:
            ValueError: The method, the path or a header line is invalid, and could change the request.
        """
        lines = [b"%b: %b" % line for line in self.list_headers(request)]
        target = self.find_target(request)
        head = b"\r\n".join([f"{request.method} {target} HTTP/1.1".encode("ascii"), *lines])
        if not _HEAD.fullmatch(head) or head.count(b"\n") != len(lines):
            raise ValueError("a request must have a valid method, path and header lines")
        return b"".join((head, b"\r\n\r\n", request.content or b""))
